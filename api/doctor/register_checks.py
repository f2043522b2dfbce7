"""What a register must have of its own: settings that say what they mean, keys and copies of them, answers, a provider.

`tests/api/test_doctor.py` shows it.
"""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from api.doctor.checks import Answer, Check, Level, failed
from api.doctor.clock_checks import log_times
from api.doctor.home_check import home
from api.doctor.projection_check import projections
from api.register.folder import folder_of
from api.settings import Settings, unknown_variables
from ledger.errors import LedgerError

KEY_BACKUP_DAYS: Final = 7


def register_checks(settings: Settings) -> list[Check]:
    """Everything that can be asked of a register before the service starts."""
    return [
        Check("settings", variables),
        Check("master_key", partial(master_key, settings)),
        Check("signing_keys", partial(signing_keys, settings)),
        Check("key_backup", partial(key_backup, settings)),
        Check("rulebooks", partial(rulebooks, settings)),
        Check("projections", partial(projections, settings)),
        Check("home", partial(home, folder_of(settings))),
        Check("log_time", partial(log_times, settings)),
        *([Check("sign_on", partial(sign_on, settings))] if settings.sign_on_issuer else []),
    ]


def variables() -> Answer:
    """An environment variable that looks like a setting and is none is most likely a slip."""
    strangers = unknown_variables()
    if not strangers:
        return Level.OK, "环境变量中的设置均有效", ""
    cure = "；".join(f"{name} 应为 {near}" if near else f"去掉 {name}" for name, near in strangers.items())
    return Level.WARN, f"不认识的环境变量：{'、'.join(strangers)}", cure


def master_key(settings: Settings) -> Answer:
    """There, nobody else's to read or to write, and the one that opens the vault: a start refuses all else."""
    from api.register.vault_place import has_vault, lost_of, people_of
    from ledger.keys.makes import make_of, open_master
    from ledger.keys.ring import demand_opened_by

    try:
        people, folder = people_of(settings), folder_of(settings)
        if not (has_vault(settings) or folder.ledger.exists() or folder.published.exists()):
            return Level.OK, "密钥库尚未建立", ""
        if lost := lost_of(settings):
            return Level.FAIL, f"有账本而没有{'和'.join(lost)}", "；".join(lost.values())
        make = make_of(people, settings.master_key)
        with closing(open_master(make, folder.keys)) as master:
            demand_opened_by(master, people)
    except LedgerError as error:
        told, _, cure = str(error).partition("。")
        return Level.FAIL, told, cure.rstrip("。") + "。见运维手册（api/operators-guide.md）“失去什么，意味着什么”"
    return Level.OK, f"主密钥 {make}", ""


def signing_keys(settings: Settings) -> Answer:
    """Those of both logs, each of its form and its log's name: a start refuses all else."""
    from api.register.register import ACCESS
    from ledger.signing.signer import load_keys

    folder = folder_of(settings)
    if not (folder.ledger.exists() or folder.published.exists()):
        return Level.OK, "账本尚未建立", ""
    try:
        for name, origin in (("ledger", settings.origin), ("access", settings.origin + ACCESS)):
            load_keys(folder.keys / f"{name}.signing.key", origin)
    except LedgerError as error:
        told, _, cure = str(error).partition("。")
        return Level.FAIL, told, cure.rstrip("。") + "：xueshi log continue-as 新名称 --why key_lost"
    return Level.OK, "账本和查阅日志的签名密钥都在", ""


def key_backup(settings: Settings) -> Answer:
    """A copy of the vault that is young enough, and none that should be gone."""
    from api.register.vault_place import has_vault, people_of
    from ledger.keys.file import copies_in
    from ledger.keys.ring import open_keys

    try:
        if not has_vault(settings):
            return Level.OK, "密钥库尚未建立", ""
        if isinstance(people := people_of(settings), Path):
            copies = copies_in(people)
        else:
            with closing(open_keys(people)) as tables:
                copies = tables.copies()
    except LedgerError as error:
        return failed(error, "请核对设置 key_database，并运行 xueshi migrate")
    kept, now = [each for each in copies if each.removed is None], time.time_ns() // 1_000
    if any(each.expires <= now for each in kept):
        return Level.WARN, "有密钥备份已到期而未删除：已销毁的密钥还不能算最终销毁", "xueshi keys expire"
    age = min(((now - each.taken) // 86_400_000_000 for each in kept), default=None)
    if age is None or age > KEY_BACKUP_DAYS:
        state = "没有密钥备份" if age is None else f"最近的密钥备份已有 {age} 天"
        return Level.WARN, f"{state}：密钥库一旦损坏，个人信息无法找回", "xueshi keys backup 文件夹（另一台机器或介质）"
    return Level.OK, f"最近的密钥备份在 {age} 天之内", ""


def rulebooks(settings: Settings) -> Answer:
    """Every rulebook that the ledger cites, with its text: without those bytes nobody's years can be answered."""
    from api.keeping.fsck_beside import check_rulebooks

    cited, problems = check_rulebooks(settings)
    if problems:
        lost, more = problems[0].words.partition("。"), f"等 {len(problems)} 份" if len(problems) > 1 else ""
        return Level.FAIL, f"{lost[0]}{more}", lost[2]
    return Level.OK, "账本尚未引用细则" if not cited else f"账本所引的 {cited} 份细则都在，摘要相符", ""


def sign_on(settings: Settings) -> Answer:
    """Whether the provider of single sign-on answers as one; without it passwords and tokens still open."""
    from api.outside.provider import ProviderAway, provider_of

    try:
        provider_of(settings).demand_there()
    except ProviderAway as away:
        cure = "请核对设置 sign_on_issuer、网络和提供方的 /.well-known/openid-configuration；口令和令牌仍可登录"
        return Level.WARN, f"单点登录的提供方不能用（{away.why}）", cure
    return Level.OK, "单点登录的提供方已答复，公钥可用", ""
