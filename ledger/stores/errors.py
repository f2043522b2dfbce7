"""What can be wrong with a store before anything is asked of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ledger.errors import LedgerError

_HEADER_BYTES: Final = 512  # The smallest page that SQLite knows.


class NotALedger(LedgerError):
    """The file is something else."""

    code = "not_a_ledger"

    def __init__(self, path: Path, *, application_id: int) -> None:
        self.path, self.application_id = path, application_id
        super().__init__(
            f"{path} 不是学时账数据库（application_id {application_id:#x}）。请核对数据文件夹；该文件未被改动。"
        )


class OtherSchema(LedgerError):
    """The file is a ledger whose tables are of another version."""

    code = "ledger_of_other_version"

    def __init__(self, path: Path, *, version: int, expected: int) -> None:
        self.path, self.version, self.expected = path, version, expected
        cure = "请升级本程序后再打开"
        if version < expected:
            cure = "1.0 之前的格式不作转换：请用建立它的程序版本打开或导出"
        super().__init__(
            f"{path} 是另一格式的学时账数据库（格式版本 {version}，本程序使用 {expected}），未被改动。{cure}。"
        )


class Unreadable(LedgerError):
    """The file, or the database, cannot be opened or read."""

    code = "store_unreadable"

    _CURE = "请检查该文件夹是否存在、是否可写、磁盘是否已满；若文件被截断或损坏，请保留原件作为证据，并从备份恢复。"

    def __init__(self, path: Path | str, cause: BaseException, *, cure: str = _CURE) -> None:
        self.path, self.cause = path, cause
        super().__init__(f"无法打开 {path}（{cause}）。{cure}")
        self.told = ("数据库读不出来，没有写入任何内容。请稍后重试；"
                     "一直如此的，请管理员查看服务日志，运行 xueshi doctor。")


class SchemaBehind(LedgerError):
    """The tables are not there, or of an older program; opening makes and changes none."""

    code = "schema_behind"

    def __init__(self, place: str, schema: str, *, number: int, expected: int) -> None:
        self.place, self.schema, self.number, self.expected = place, schema, number, expected
        found = f"是第 {number} 版" if number else "还没有建立"
        super().__init__(
            f"{place} 中的 {schema} {found}，本程序需要第 {expected} 版；数据库未被改动。请先运行 xueshi migrate。"
        )


class SchemaAhead(LedgerError):
    """The tables are of a later program."""

    code = "schema_ahead"

    def __init__(self, place: str, schema: str, *, number: int, expected: int) -> None:
        self.place, self.schema, self.number, self.expected = place, schema, number, expected
        super().__init__(
            f"{place} 中的 {schema} 是第 {number} 版，由更新的程序建立，本程序只认识第 {expected} 版；数据库未被改动。"
            "请升级本程序后再打开。"
        )


class MigrationFailed(LedgerError):
    """A step did not go through: nothing of it stands, everything before it does."""

    code = "migration_failed"

    def __init__(self, place: str, schema: str, step: str, cause: BaseException) -> None:
        self.place, self.schema, self.step, self.cause = place, schema, step, cause
        super().__init__(
            f"{place} 中的 {schema} 未能执行步骤 {step}（{first_line(cause)}），该步骤已全部撤回。"
            "请核对数据库用户的权限、该模式（schema）是否另有用途，排除后再次运行 xueshi migrate。"
        )


class NotDurable(LedgerError):
    """The server acknowledges what a loss of power may undo."""

    code = "store_not_durable"

    def __init__(self, place: str, setting: str) -> None:
        self.place, self.setting = place, setting
        super().__init__(
            f"{place} 的设置 {setting} 是关（off）：断电后，已确认的登记可能丢失，账本不能这样使用。"
            f"请把 {setting} 设为开（on）并重新启动数据库。"
        )


class OtherEncoding(LedgerError):
    """The database could not hold every name, or would take bytes for letters."""

    code = "database_encoding"

    def __init__(self, place: str, encoding: str) -> None:
        self.place, self.encoding = place, encoding
        super().__init__(
            f"{place} 的编码是 {encoding}，不是 UTF8：有些姓名写不进去。数据库未被改动。"
            "请另建一个：createdb --owner 用户 --encoding UTF8 --template template0 库名，并改用它的地址。"
        )


class BadConninfo(LedgerError):
    """What should say where the database is cannot be read. It is not repeated: it may hold a password."""

    code = "database_setting_malformed"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"数据库地址无法解析：{reason}。应为 postgresql://用户:密码@主机:端口/库名；"
            "密码中的 @、:、/、#、?、% 须写作 %40、%3A、%2F、%23、%3F、%25。"
        )


def first_line(error: BaseException) -> str:
    """What an error says first; a driver's further lines quote statements."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def is_cut_off(path: Path) -> bool:
    """Say whether SQLite would take a cut-off database for a new one, and throw its journal away."""
    journal = path.with_name(path.name + "-wal")  # First: whoever makes the file now writes its header before that.
    has_journal = journal.is_file() and journal.stat().st_size > 0
    size = path.stat().st_size if path.is_file() else 0
    return 0 < size < _HEADER_BYTES or (size == 0 and has_journal)


class AbsentTile(LedgerError):
    """A tile that the log does not have, or not so wide."""

    code = "tile_absent"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"日志中没有 {path}：它还没有长到这么大，或宽度写错。请从最新的检查点算出应有的瓦片。")
