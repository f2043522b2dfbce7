"""What this installation is told: each setting with its value and the place the value came from.

Precedence: a command-line option, then the environment (`XUESHI_` and the name in capitals), then one TOML
file (`xueshi.toml` in the data folder, or the file that `XUESHI_CONFIG` names), then the default. An unknown
name in the file is an error, never ignored: a setting that silently does nothing is worse than none.

`tests/api/test_settings.py` shows it.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from environs import Env, EnvError

from api import setting_checks as checks

PREFIX: Final = "XUESHI_"
CONFIG: Final = "XUESHI_CONFIG"
FOR_COMMANDS: Final = ("XUESHI_SERVER", "XUESHI_TOKEN", "XUESHI_TOKEN_FILE")
"""Whom a command asks and as whom: no settings, since a service has no use for them."""

FILE_NAME: Final = "xueshi.toml"
MASK: Final = "********"
WORKERS_ON_POSTGRESQL: Final = 2
HERE: Final = "LEDGER_ARCHIVES"
"""What `ledger.stores.cold` calls the folder: said again, since settings are read before anything of a ledger is."""


class SettingsError(Exception):
    """A setting cannot be used. The text is Chinese: where it stands, what is wrong, what to write."""


def _setting(
    text: str, default: Any, check: Callable[[Any], str | None] | None = None, *, secret: bool = False
) -> Any:
    """A field of `Settings` with its Chinese meaning, its check, and whether it is a secret."""
    return field(default=default, repr=not secret, metadata={"text": text, "check": check, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting. The type of the default is the type of the value."""

    data_folder: Path = _setting("数据文件夹", Path("data"))
    listen_host: str = _setting("监听地址（默认只限本机）", "127.0.0.1", checks.address)
    listen_port: int = _setting("监听端口", 8040, checks.port)
    allow_remote: bool = _setting("允许监听本机以外的地址", False)
    trusted_proxies: str = _setting(
        "别的主机上的反向代理（IP 或网段，逗号分隔），取其 X-Forwarded-For", "", checks.networks)
    database: str = _setting("PostgreSQL 连接串（空：用数据文件夹中的 SQLite 文件）", "", checks.database, secret=True)
    key_database: str = _setting(
        "密钥库的 PostgreSQL 连接串（几台主机共用时；与账本分开备份）", "", checks.database, secret=True)
    shared_folder: str = _setting("几台主机共用的文件夹（签名密钥、证明材料、细则、报告）", "", checks.shared)
    archive_folder: str = _setting(
        "本机读归档的文件夹，各归档按原名在其中（空：在移出时所在之处）", "", checks.archives)
    master_key: str = _setting("主密钥：文件（file），或密钥服务的程序（command:绝对路径）", "file", checks.master_key)
    workers: int = _setting(
        "处理请求的进程数（默认：SQLite 1，PostgreSQL 2）；宜等于处理器核数", 1, checks.positive(64))
    threads: int = _setting("每个进程中处理请求的线程数", 32, checks.positive(512))
    one_core: bool = _setting("每个进程只用一个处理器核（解释器在核之间交接，费时多于第二个核所省）", True)
    replays_at_once: int = _setting("同时进行的重放数（HTTP 提交的，其余排队）", 1, checks.positive(16))
    log_level: str = _setting("日志级别", "info", checks.one_of("debug", "info", "warning", "error"))
    log_format: str = _setting(
        "日志格式（auto：终端上易读，否则 JSON）", "auto", checks.one_of("auto", "json", "console")
    )
    origin: str = _setting("日志账的名称，写入每个检查点", "localhost/xueshi", checks.origin)
    access_months: int = _setting(
        "查阅记录保存几个月（至少 6，网络安全法；默认 36，个人信息保护法第五十六条的三年）", 36,
        checks.between(6, 1_200))
    erasure_rest_days: int = _setting(
        "提议销毁个人信息之后等候几天才能确认（默认 30，与密钥备份的保存期同长：其间撤回，什么都没有失去）", 30,
        checks.between(1, 3_650))
    erasure_keep_years: int = _setting(
        "最后一次登记学时之后满几年才可提议销毁（0：不设；随附的细则没有规定保存年限，由本部门定）", 0,
        checks.between(0, 100))
    erasure_waits_for: str = _setting(
        "销毁须等哪些事项办结，逗号分隔（all：全部）", "all", checks.some_of(
            "claims", "frozen", "appeals", "transfers", "applications", "sanctions", "elsewhere", "kept"))
    bundle_hours: int = _setting("后台做成的移送材料保留几小时（至多；取走即删）", 24, checks.between(1, 168))
    clock_checked: str = _setting(
        "停用一年以上之后，哪一天核对过系统时钟（YYYY-MM-DD；空：时钟远快于账本时不登记；always：不问）", "",
        checks.day_or_always)
    checkpoint_seconds: int = _setting("签发检查点的间隔（秒）", 10, checks.positive(86_400))
    witnesses: str = _setting("见证人的策略文件（C2SP tlog-policy；空：没有见证人）", "", checks.file_name)
    time_stamps: str = _setting("时间戳机构的文件（TOML，RFC 3161；空：不盖时间戳）", "", checks.file_name)
    sqlite_cache_mb: int = _setting("SQLite 缓存（MB）", 64, checks.positive(65_536))
    public_address: str = _setting("本服务对外的网址（单点登录由此返回）", "", checks.public_address)
    sign_on_issuer: str = _setting("单点登录提供方的标识（issuer；空：不用单点登录）", "", checks.issuer)
    sign_on_client: str = _setting("本服务在提供方处登记的编号（client_id）", "", checks.plain)
    sign_on_secret: str = _setting(
        "本服务在提供方处的密钥（client_secret；空：只用 PKCE）", "", checks.plain, secret=True)
    sign_on_acr: str = _setting("单点登录须达到的等级（acr），任一即可，逗号分隔（空：不问）", "", checks.plain)
    sign_on_amr: str = _setting(
        "单点登录须用过的方法（amr，如 otp,hwk），任一即可，逗号分隔（空：不问）", "", checks.plain)
    sign_on_second_factor: bool = _setting("单点登录算作第二因素（须设 sign_on_acr 或 sign_on_amr）", False)
    second_factor: str = _setting(
        "第二因素（动态口令）：部门账号必须有（offices）、人人必须有（everyone）、自愿（optional）、对外时同部门（auto）",
        "auto", checks.one_of("auto", "offices", "everyone", "optional"))
    breached_passwords: str = _setting("泄露口令的清单（按 SHA-1 排序的文件；空：不查）", "", checks.file_name)
    paper_scanner: str = _setting("佐证文件的扫描程序（command:绝对路径；空：不扫描）", "", checks.scanner)
    telemetry_address: str = _setting(
        "调用链（OpenTelemetry，OTLP/HTTP）收集器的地址（空：不发送）", "", checks.collector)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)


NAMES: Final = tuple(each.name for each in fields(Settings) if each.name != "sources")
_FIELDS: Final = {each.name: each for each in fields(Settings) if each.name in NAMES}


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of `xueshi config show`: a secret's value is masked before it gets here."""

    name: str
    value: object
    source: str
    text: str


def load(options: Mapping[str, Any] | None = None) -> Settings:
    """Read options, environment and file. In `options`, from the command line, None means not given."""
    given = {name: value for name, value in (options or {}).items() if value is not None}
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, value in given.items():
        values[name], sources[name] = _checked(name, value, f"命令行选项 {name}"), "命令行选项"
    for name, value in _environment():
        if name not in values:
            values[name], sources[name] = value, f"环境变量 {PREFIX}{name.upper()}"
    path, is_named = _file(values.get("data_folder", _FIELDS["data_folder"].default))
    for name, value, line in _file_values(path, is_named=is_named):
        if name not in values:
            values[name], sources[name] = value, f"{path} 第 {line} 行"
    if values.get("database") and "workers" not in values:
        values["workers"] = WORKERS_ON_POSTGRESQL
    settings = Settings(**values, sources={name: sources.get(name, "默认值") for name in NAMES})
    _demand_agreement(settings)
    os.environ[HERE] = settings.archive_folder  # Whatever process is begun from here reads archives there as well.
    return settings


def _demand_agreement(settings: Settings) -> None:
    """Refuse settings that are each right and do not go together."""
    if not settings.allow_remote and not ipaddress.ip_address(settings.listen_host).is_loopback:
        raise SettingsError(
            f"listen_host = {settings.listen_host}（{settings.sources['listen_host']}）不是本机地址。"
            f"确需对外监听时，请另设 allow_remote = true（或环境变量 {PREFIX}ALLOW_REMOTE=true）。"
        )
    _demand_shared(settings)
    strength = [name for name in ("sign_on_acr", "sign_on_amr") if getattr(settings, name)]
    if strength and not settings.sign_on_issuer:
        raise SettingsError(
            f"设了 {strength[0]}（{settings.sources[strength[0]]}），而没有设 sign_on_issuer：没有人可问。"
        )
    if settings.sign_on_second_factor and not strength:
        raise SettingsError(
            f"设了 sign_on_second_factor（{settings.sources['sign_on_second_factor']}），还须设 sign_on_acr 或 "
            "sign_on_amr：提供方须写明用过第二种凭据，才能算数。"
        )
    missing = [name for name in ("sign_on_client", "public_address") if not getattr(settings, name)]
    if settings.sign_on_issuer and missing:
        raise SettingsError(
            f"设了 sign_on_issuer（{settings.sources['sign_on_issuer']}），还须设 {'、'.join(missing)}。"
            "提供方要知道是谁在问，登录之后回到哪里。"
        )


def _demand_shared(settings: Settings) -> None:
    """Several hosts have the database, the keys and the folder in common, or none of them."""
    common = ("database", "key_database", "shared_folder")
    given = [name for name in common if getattr(settings, name)]
    if given not in ([], ["database"], list(common)):
        missing = "、".join(name for name in common if name not in given)
        said = "、".join(f"{name}（{settings.sources[name]}）" for name in given)
        raise SettingsError(
            f"设了 {said}，还须设 {missing}。几台主机共用一本账时，账本、密钥库和共用文件夹三者都在主机之外；"
            "只有一台主机时，只设 database，或都不设。"
        )
    if settings.key_database and _same_database(settings.key_database, settings.database):
        raise SettingsError(
            f"key_database（{settings.sources['key_database']}）与 database 是同一个数据库。"
            "密钥库须另建一个，并单独备份、到期删除；否则账本的每份备份里都有密钥，销毁一个人的密钥就没有意义。"
        )


def _same_database(one: str, other: str) -> bool:
    parts = [urlsplit(each) for each in (one, other)]
    return len({(each.netloc.rpartition("@")[2], each.path) for each in parts}) == 1


def shown(settings: Settings) -> Iterator[Shown]:
    """Every setting as it may be printed."""
    for name, each in _FIELDS.items():
        value = getattr(settings, name)
        if each.metadata["secret"] and value:
            value = MASK
        yield Shown(name, str(value) if isinstance(value, Path) else value, settings.sources[name],
                    each.metadata["text"])


def unknown_variables() -> dict[str, str]:
    """Environment variables that begin like ours but name no setting, with the nearest right name or ""."""
    ours = {PREFIX + name.upper() for name in NAMES} | {CONFIG, *FOR_COMMANDS}
    strangers = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in ours)
    return {name: _nearest(name, ours) for name in strangers}


def _environment() -> Iterator[tuple[str, Any]]:
    env = Env(prefix=PREFIX)
    for name in NAMES:
        variable = PREFIX + name.upper()
        if variable not in os.environ:
            continue
        kind = type(_FIELDS[name].default)
        reads: dict[type, Callable[[str], Any]] = {int: env.int, bool: env.bool, str: env.str}
        try:
            value = reads.get(kind, env.path)(name.upper())
        except EnvError:
            raise SettingsError(f"环境变量 {variable} 的值无法读成{_KINDS[kind]}。") from None
        yield name, _checked(name, value, f"环境变量 {variable}")


_KINDS: Final = {int: "整数", bool: "布尔值（true 或 false）", str: "文字"}


def _file(data_folder: Path) -> tuple[Path, bool]:
    named = os.environ.get(CONFIG)
    return (Path(named), True) if named else (data_folder / FILE_NAME, False)


def _file_values(path: Path, *, is_named: bool) -> Iterator[tuple[str, Any, int]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if is_named:
            raise SettingsError(f"{CONFIG} 所指的文件不存在：{path}") from None
        return
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"无法读取设置文件 {path}：请检查权限，并保存为 UTF-8 文本。") from None
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+), column (\d+)", str(error))
        place = f"第 {where[1]} 行第 {where[2]} 列" if where else "末尾"
        raise SettingsError(
            f"设置文件 {path} {place}不是正确的 TOML。文字值要加引号，例如 log_level = \"info\"。"
        ) from None
    except RecursionError:
        raise SettingsError(f"设置文件 {path} 的括号套得太深：每项设置写成一行。") from None
    for name, value in document.items():
        line = _line_of(name, text)
        where_it_stands = f"{path} 第 {line} 行"
        if name not in _FIELDS:
            near = _nearest(name, NAMES)
            hint = f"是否想写 {near}？" if near else f"可用的设置：{'、'.join(NAMES)}。"
            raise SettingsError(f"{where_it_stands}：没有名为 {name} 的设置。{hint}")
        if name == "data_folder" and not is_named:
            raise SettingsError(
                f"{where_it_stands}：此文件就在数据文件夹里，不能再改 data_folder。"
                f"请改用环境变量 {PREFIX}DATA_FOLDER。"
            )
        yield name, _from_file(name, value, where_it_stands), line


def _from_file(name: str, value: Any, where: str) -> Any:
    kind = type(_FIELDS[name].default)
    if kind in _KINDS and type(value) is not kind:    # TOML's own types: true is not 1, "8040" is not 8040.
        raise SettingsError(f"{where}：{name} 应为{_KINDS[kind]}。")
    if kind not in _KINDS:
        if not isinstance(value, str):
            raise SettingsError(f"{where}：{name} 应为带引号的路径。")
        value = Path(value)
    return _checked(name, value, where)


def _checked(name: str, value: Any, where: str) -> Any:
    if name == "listen_host" and value == "localhost":
        value = "127.0.0.1"    # One address, not whatever the resolver thinks of today.
    check = _FIELDS[name].metadata["check"]
    wrong = check(value) if check else None
    if wrong:
        raise SettingsError(f"{where}：{name} {wrong}。")
    return value


def _line_of(name: str, text: str) -> int:
    begins = re.compile(rf"""\s*\[*\s*["']?{re.escape(name)}["']?\s*[]=.]""")
    return next((number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)), 1)


def _nearest(name: str, names: Mapping[str, Any] | tuple[str, ...] | set[str]) -> str:
    return next(iter(difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)), "")
