"""What keeps a log from being signed: each says what was found, what was expected and what to do.

`tests/ledger/test_signer.py` shows it.
"""

from __future__ import annotations

from pathlib import Path

from ledger.errors import LedgerError
from ledger.proof.checkpoint import Checkpoint


class LogBehind(LedgerError):
    """The log is shorter than a checkpoint that was published: an older copy was restored."""

    code = "log_behind"

    def __init__(self, *, size: int, published: Checkpoint) -> None:
        self.size, self.published = size, published
        super().__init__(
            f"日志只有 {size} 条，而已公布的检查点是 {published.size} 条：这是一个较旧的副本。"
            f"在补齐到 {published.size} 条并得到同一个根之前，不登记，不签发；查询和核验照常。"
            "请找回较新的备份（xueshi restore）；确实找不回时，须另立新的日志名称，由其首个事件引用最后的检查点"
            "（xueshi log continue-as）。"
        )
        self.told = str(self)


class LogForked(LedgerError):
    """The log at the published size has another root: its history was changed. Both roots are kept as evidence."""

    code = "log_forked"

    def __init__(self, *, published: Checkpoint, computed: bytes) -> None:
        self.published, self.computed = published, computed
        super().__init__(
            f"日志在 {published.size} 条处的根是 {computed.hex()}，"
            f"已公布的检查点是 {published.root.hex()}：历史被改动。"
            "不登记，不签发。请保留数据文件与检查点作为证据，运行 xueshi fsck 找出第一处不同；"
            "若这是恢复的副本，而公布过的那一本已找不回，须另立新的日志名称（xueshi log continue-as）。"
        )
        self.told = str(self)


class SignerElsewhere(LedgerError):
    """Another process holds the lease."""

    code = "signer_elsewhere"

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"另一个进程正在签发检查点（锁 {path}）。同一时间只能有一个；请停止另一个服务后再试。")


class BadSigningKey(LedgerError):
    """The file of signing keys cannot be used."""

    code = "signing_key_malformed"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.cure = "请放回另存的那一份（密钥备份里没有签名密钥）；确实没有时，日志改以新名称继续，见手册“紧急情况”。"
        super().__init__(f"签名密钥文件 {path} 不可用：{reason}。{self.cure}")


class CheckpointDamaged(LedgerError):
    """A checkpoint that was signed before cannot be read any more: what must be extended is not known."""

    code = "checkpoint_damaged"

    def __init__(self, where: str, reason: object) -> None:
        self.where, self.reason = where, reason
        super().__init__(
            f"{where}的上一个检查点不可用（{reason}）。不签发：不知道已公布到哪里。"
            "请从备份或任何收到过检查点的人处取回原文件；若刚更换密钥，须先让新旧两把同时签过一次。"
        )


class OtherKeys(CheckpointDamaged):
    """What the log last said bears its name and no signature of a key that is here: its keys lie elsewhere."""

    code = "log_of_other_keys"

    def __init__(self, where: str, reason: object) -> None:
        super().__init__(where, reason)
        self.args = (
            f"{where}的上一个检查点不是用密钥文件夹（keys）里的任何一把密钥签的：这本账属于另一个数据文件夹。"
            "不打开，不登记，不签发。请核对 --data 与设置 database 指的是不是同一个登记簿；"
            "若只是缺了曾用公钥（*.former），请从任何副本放回；若刚更换密钥，须先让新旧两把同时签过一次。",
        )


class CannotPublish(LedgerError):
    """The folder outside the database cannot be written: nothing is handed out."""

    code = "checkpoint_unpublished"

    def __init__(self, folder: Path, cause: OSError) -> None:
        self.folder, self.cause = folder, cause
        super().__init__(
            f"无法在 {folder} 中保存检查点（{cause.strerror}），本次不签发。"
            "请检查该文件夹是否存在、是否可写、磁盘是否已满。"
        )
