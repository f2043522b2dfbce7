"""What a PostgreSQL must offer to a register: asked by `xueshi doctor` where the setting `database` names one.

Everything is asked before anything is judged; where there is nobody to ask, one line says so.
`tests/api/test_doctor.py` shows it.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Final, NamedTuple

from api.doctor.checks import Answer, Check, Level, failed
from api.settings import Settings
from ledger.errors import LedgerError

LEAST: Final = 14
CONNECTIONS_A_WORKER: Final = 24
"""Two logs with eight readers, a writer and a listener each, the keeper's lease, and a few that change places."""
CONNECTIONS_BESIDE: Final = 4
"""Where several hosts serve: the operational tables."""
CLOCKS_WARN_MS: Final = 2_000
CLOCKS_FAIL_MS: Final = 120_000
_SETTINGS: Final = (
    "server_version", "server_version_num", "server_encoding", "fsync", "full_page_writes", "synchronous_commit",
    "max_connections", "data_checksums", "archive_mode", "synchronous_standby_names",
)
_WAY: Final = (
    "coalesce(NOT inet_server_addr() <<= ANY ('{127.0.0.0/8,::1}'::inet[]), false), "
    "(SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())"
)
_SYSTEM: Final = b"SELECT system_identifier FROM pg_control_system()"  # A copy of the whole server is a copy of this.
_NO_DRIVER: Final = (
    Level.FAIL, "没有安装 PostgreSQL 驱动",
    "在程序的文件夹里 make install（用 pip 安装的：pip install 'xueshi-ledger[postgres]'）")
_UNREACHED: Final = "请核对设置 database、数据库服务器是否在运行、用户与密码"


class Facts(NamedTuple):
    """What a server says of itself, and how far its clock is from ours."""

    settings: dict[str, str]
    is_standby: bool
    is_apart: bool       # Reached over a network,
    is_encrypted: bool   # by TLS.
    ahead_ms: int
    round_trip_micros: int
    pending: dict[str, tuple[str, ...]]
    """What is missing, by what a schema is called."""
    confirming: int = 0
    """How many standbys are connected that it waits for."""


def database_checks(settings: Settings, *, for_production: bool = False) -> list[Check]:
    """Every check of the database, also those of a register that is in use; none where there is no database."""
    if not settings.database:
        return []
    try:
        facts = _facts(settings)
    except ImportError:
        return [Check("database", lambda: _NO_DRIVER)]
    except LedgerError as error:
        words, _, cure = str(error).partition("。")
        return [Check("database", lambda: (Level.FAIL, words, cure or _UNREACHED))]
    return [
        Check("database", partial(server, facts)),
        Check("database_schema", partial(schema, facts)),
        Check("database_durable", partial(durable, facts)),
        Check("database_encoding", partial(encoding, facts)),
        Check("database_clock", partial(clocks, facts)),
        *([Check("key_database", partial(keys_apart, settings))] if settings.key_database else []),
        Check("database_room", partial(room, facts, settings.workers, is_shared=bool(settings.shared_folder))),
        *(_of_production(facts) if for_production else ()),
    ]


def _of_production(facts: Facts) -> list[Check]:
    return [Check("database_checksums", partial(checksums, facts)), Check("database_copy", partial(copied, facts)),
            Check("database_way", partial(way, facts))]


def _facts(settings: Settings) -> Facts:
    from api.register.sharing import schemas, statuses
    from ledger.stores.postgres_connections import connect
    from ledger.stores.postgres_errors import reading_clearly
    from ledger.stores.postgres_reading import CONFIRMING
    from ledger.stores.postgres_target import Target

    target = Target(settings.database, schema="ledger", anywhere=True)
    with reading_clearly(target), connect(target) as connection:
        columns = ", ".join(f"current_setting('{name}')" for name in _SETTINGS)
        row = connection.execute(f"SELECT {columns}, pg_is_in_recovery(), {_WAY}, {CONFIRMING}".encode()).fetchone()
        began_ns, began = time.perf_counter_ns(), time.time_ns() // 1_000
        now = connection.execute(b"SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").fetchone()
        took = (time.perf_counter_ns() - began_ns) // 1_000
    assert row is not None and now is not None, "such a query has one row"
    *told_by_server, is_standby, is_apart, is_encrypted, confirming = row
    told = {schema: f"{words}（{schema}）" for schema, (words, *_) in schemas(settings).items()}
    pending = {told[each.schema]: tuple(step.name for step in each.pending)
               for each in ([] if is_standby else statuses(settings))}
    ahead_ms = (now[0] - began - took // 2) // 1_000
    return Facts(dict(zip(_SETTINGS, told_by_server, strict=True)), is_standby, is_apart, bool(is_encrypted), ahead_ms,
                 took, pending, confirming)


def server(facts: Facts) -> Answer:
    """Reached, new enough, and one that takes writes."""
    words = f"PostgreSQL {facts.settings['server_version']}，往返 {facts.round_trip_micros:,} 微秒"
    if int(facts.settings["server_version_num"]) // 10_000 < LEAST:
        return Level.FAIL, words, f"需要 PostgreSQL {LEAST} 或更新的版本"
    if facts.is_standby:
        return Level.FAIL, f"{words}，是只读的备用服务器", "请把设置 database 指向主服务器"
    return Level.OK, words, ""


def schema(facts: Facts) -> Answer:
    """The tables are those of this program."""
    missing = [f"{name}：{'、'.join(steps)}" for name, steps in facts.pending.items() if steps]
    if missing:
        return Level.FAIL, f"还差 {'；'.join(missing)}", "停止服务后运行 xueshi migrate"
    return Level.OK, "各模式的表均适合本程序", ""


def keys_apart(settings: Settings) -> Answer:
    """The vault can be asked, and no copy of the ledger's server is one of the keys."""
    from ledger.keys.database import SCHEMA
    from ledger.stores.postgres_connections import connect
    from ledger.stores.postgres_errors import reading_clearly
    from ledger.stores.postgres_target import Target

    systems = set()
    try:
        for conninfo in (settings.database, settings.key_database):
            with reading_clearly(target := Target(conninfo, SCHEMA)), connect(target) as connection:
                systems.add(connection.execute(_SYSTEM).fetchone())
    except LedgerError as error:
        return failed(error, "请核对设置 key_database")
    if len(systems) == 1:
        cure = "把密钥库放到另一台数据库服务器；或者整台服务器的备份和归档日志都不保留超过 30 天"
        return Level.WARN, "密钥库与账本在同一台数据库服务器上：整台的备份里两者都有，销毁的密钥也在", cure
    return Level.OK, "密钥库在另一台数据库服务器上", ""


def durable(facts: Facts) -> Answer:
    """What is acknowledged outlasts a loss of power. Of `synchronous_commit` our sessions see to it themselves."""
    off = [name for name in ("fsync", "full_page_writes") if facts.settings[name] != "on"]
    if off:
        cure = "在 postgresql.conf 中设为 on 并重新启动数据库；否则断电后已确认的登记可能丢失"
        return Level.FAIL, f"{'、'.join(off)} 为 off", cure
    if (commit := facts.settings["synchronous_commit"]) not in ("on", "remote_apply"):
        cure = "本程序的会话自行改用 on；请在服务器上也设为 on，免得他人误以为可以放宽"
        return Level.WARN, f"synchronous_commit 为 {commit}", cure
    return Level.OK, f"fsync、full_page_writes 为 on，synchronous_commit 为 {commit}", ""


def encoding(facts: Facts) -> Answer:
    """Every name can be written down."""
    found = facts.settings["server_encoding"]
    if found != "UTF8":
        return Level.FAIL, f"数据库的编码是 {found}", "新建一个编码为 UTF8 的数据库：CREATE DATABASE … ENCODING 'UTF8'"
    return Level.OK, "编码 UTF8", ""


def clocks(facts: Facts) -> Answer:
    """Times come from this host; a server that is far off makes its own log unreadable beside ours."""
    apart_ms = abs(facts.ahead_ms)
    words = f"服务器时钟比本机{'快' if facts.ahead_ms >= 0 else '慢'} {apart_ms:,} 毫秒"
    cure = "在两台机器上校准时钟，例如 timedatectl set-ntp true"
    if apart_ms > CLOCKS_FAIL_MS:
        return Level.FAIL, words, cure
    return (Level.WARN, words, cure) if apart_ms > CLOCKS_WARN_MS else (Level.OK, words, "")


def room(facts: Facts, workers: int, *, is_shared: bool = False) -> Answer:
    """Every process may have all the connections that it may want; of other hosts only whoever keeps them knows."""
    each = CONNECTIONS_A_WORKER + (CONNECTIONS_BESIDE if is_shared else 0)
    most, wanted = int(facts.settings["max_connections"]), workers * each
    words = f"max_connections 为 {most}，{'本机 ' if is_shared else ''}{workers} 个进程最多用 {wanted} 个连接"
    if wanted > most:
        return Level.WARN, words, f"把 max_connections 设为 {wanted + 20} 以上，或减少 workers"
    return Level.OK, words, ""


def checksums(facts: Facts) -> Answer:
    """A page that the disk has changed is found when it is read, not when it is missed."""
    if facts.settings["data_checksums"] != "on":
        return Level.WARN, "数据页没有校验和", "停止数据库后 pg_checksums --enable（或新建时 initdb --data-checksums）"
    return Level.OK, "数据页带校验和", ""


def copied(facts: Facts) -> Answer:
    """What was registered since the last backup is on a second machine."""
    if (names := facts.settings["synchronous_standby_names"]) and not facts.confirming:
        cure = "恢复备用服务器；一时恢复不了而必须继续登记的，由负责人决定清空 synchronous_standby_names 并重新载入"
        return Level.FAIL, f"没有连着要等的备用服务器（{names}）：每一次登记都在等它，等不到就是 503", cure
    if names:
        return Level.OK, "有同步的备用服务器", ""
    if facts.settings["archive_mode"] in ("on", "always"):
        return Level.OK, "WAL 归档已打开", ""
    cure = "设同步的备用服务器（synchronous_standby_names），或打开 WAL 归档（archive_mode）"
    return Level.WARN, "最后一次备份之后的登记只在一台机器上", cure


def way(facts: Facts) -> Answer:
    """Names are sealed before they are sent there; its password is not."""
    if facts.is_apart and not facts.is_encrypted:
        cure = "在设置 database 的地址后加 ?sslmode=verify-full，并在服务器上打开 ssl"
        return Level.FAIL, "与数据库之间的连接没有加密", cure
    return Level.OK, "与数据库之间的连接" + ("经 TLS" if facts.is_encrypted else "不出本机"), ""
