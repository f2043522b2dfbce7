"""What a careful keeper looks at before the register goes live, and daily after: `xueshi doctor --production`.

Beyond what any machine must offer (`api.doctor.machine_checks`): who may read what, how the service is reached, that
copies are young, that the log is signed, that nothing here was meant for a demonstration. Each is a question that
nobody should have to remember. `tests/api/test_production_checks.py` shows it.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from api.doctor.checks import Answer, Check, Level, failed
from api.doctor.log_checks import proxy_log, service_log
from api.doctor.register_checks import key_backup
from api.operational.second_factor import rule_of
from api.register.folder import Folder, folder_of
from api.register.last_done import What, last
from api.register.occupancy import ADDRESS_FILE
from api.register.vault_place import has_vault, people_of
from api.settings import Settings
from ledger.errors import LedgerError

FILES_LEAST: Final = 8_192
BACKUP_DAYS: Final = {"backup": (1, 7), "fsck": (35, 100)}
"""After how many days a copy, or a whole re-reading, is late, and after how many it is as good as none."""
ROOM_DAYS_WARN, ROOM_DAYS_FAIL = 180, 30
CHECKPOINT_ROUNDS: Final = 30
Limits = Callable[[str], int | None]
_SECRET: Final = ("*.key", "*.token", "people.db*")
_DAY_S: Final = 86_400
_UNSYNCHRONISED: Final = 0x0040   # STA_UNSYNC of adjtimex(2).
_WORDS: Final[dict[What, tuple[str, str]]] = {
    "backup": ("备份", "xueshi backup 新文件夹，移到另一台机器后 xueshi backup --check（见运维手册）"),
    "fsck": ("逐条重读账本", "xueshi fsck --map"),
}


def production_checks(settings: Settings) -> list[Check]:
    """Everything that is asked besides."""
    place = folder_of(settings)
    limits = partial(limit_of, holder_of(place.root / ADDRESS_FILE) or os.getpid())
    return [
        Check("account", account),
        Check("modes", partial(modes, place)),
        Check("master_key_apart", partial(master_key_apart, settings)),
        Check("key_backup", partial(key_copies, settings)),
        Check("real", partial(real, place, settings.origin)),
        Check("way_in", partial(way_in, settings)),
        Check("second_factor", partial(second_factor, settings)),
        Check("files", partial(files, limits)),
        Check("memory", partial(memory, limits)),
        Check("synchronised", synchronised),
        Check("cores", partial(cores, settings.workers)),
        Check("extras", partial(extras, settings)),
        Check("room", partial(room, place)),
        Check("signed", partial(signed, place, settings.checkpoint_seconds)),
        Check("one_history", partial(one_history, place)),
        *(Check(what, partial(done, place, what)) for what in _WORDS),
        Check("service_log", partial(service_log, settings.log_level)),
        Check("proxy_log", partial(proxy_log, settings.public_address)),
    ]


def account() -> Answer:
    """An account of its own: what it may not do, nobody can make it do."""
    if os.geteuid() == 0:
        return Level.WARN, "以 root 运行", "为本服务建一个专用账号（见 api/deploy/xueshi.service 的 User=）"
    return Level.OK, "不以 root 运行", ""


def modes(place: Folder) -> Answer:
    """Nobody else on this machine reads the register, and nobody else writes what it starts from."""
    if not place.root.is_dir():
        return Level.FAIL, f"数据文件夹 {place.root} 不存在", "xueshi init，或用 XUESHI_DATA_FOLDER 指出它在哪里"
    open_to = [_shown(path, place) for path in _guarded(place)
               if stat.S_IMODE(path.stat().st_mode) & (0o077 if _is_secret(path, place) else 0o022)]
    if open_to:
        cure = f"chmod -R go-rwx {' '.join(dict.fromkeys(str(one) for one in (place.root, place.common)))}"
        return Level.FAIL, f"其他账号可以读或写：{'、'.join(sorted(open_to)[:5])}", cure
    owners = {path.stat().st_uid for path in _guarded(place)}
    if len(owners) > 1:
        return Level.WARN, "数据文件夹中的文件属于不同账号", f"chown -R 运行服务的账号 {place.root}"
    return Level.OK, "只有运行服务的账号可以读写", ""


def one_history(place: Folder) -> Answer:
    """No proof lies here that this log has two histories: nothing else that is well makes up for one."""
    from ledger.witnessing.kept import Kept

    if forks := Kept(place.witnessed).forks():
        cure = "停止使用，保留整个数据文件夹，把证明（xueshi log forks）交给监督方：见 api/operators-witness.md 第三节"
        return Level.FAIL, f"日志有两种历史，证明在 witnessed/{'、'.join(sorted(forks))}", cure
    return Level.OK, "没有发现两种历史", ""


def _shown(path: Path, place: Folder) -> str:
    return path.relative_to(place.root).as_posix() if path.is_relative_to(place.root) else str(path)


def _guarded(place: Folder) -> Iterator[Path]:
    yield from (each for each in (place.root, place.keys) if each.is_dir())
    for pattern in _SECRET:
        yield from place.keys.glob(pattern)
    yield from place.root.glob("*.db")
    yield from place.root.glob("xueshi.toml")


def _is_secret(path: Path, place: Folder) -> bool:
    return path in (place.root, place.keys) or any(path.match(pattern) for pattern in _SECRET)


def master_key_apart(settings: Settings) -> Answer:
    """Whoever copies the folder of the vault has everything, if the master key lies in it; so has an earlier copy's."""
    from ledger.keys.makes import make_of

    place = folder_of(settings)
    try:
        if not has_vault(settings):
            cure = "xueshi init；已有过账本的不要新建：见 master_key、log_time 两项"
            return Level.FAIL, "这里没有密钥库", cure
        make = make_of(people_of(settings), settings.master_key)
    except LedgerError as error:
        return failed(error, "请核对设置 key_database，并运行 xueshi migrate")
    kind, _, named = make.partition(":")
    if settings.key_database:
        return Level.OK, "密钥库在数据库里，主密钥不在那里", ""
    path = place.keys / named
    if kind == "file" and path.resolve().is_relative_to(place.common.resolve()):
        cure = ("xueshi keys rewrap --to file:另一处的路径，或 --to command:程序（密钥服务），"
                "再把设置 master_key 改成同样的值；见密钥手册（api/operators-guide.md）第四、五节")
        both = f"主密钥 {_shown(path, place)} 与密钥库 {_shown(place.people, place)} 都在数据文件夹里"
        return Level.WARN, f"{both}：谁复制了这个文件夹，谁就打得开全部个人信息", cure
    if place.master.exists():
        cure = f"做过 xueshi keys backup、更早的密钥备份也都到期之后：rm {shlex.quote(str(place.master))}"
        return Level.WARN, f"原来的主密钥 {_shown(place.master, place)} 还在：它还打得开较早的密钥备份", cure
    return Level.OK, "主密钥不在数据文件夹里：只复制这个文件夹，打不开个人信息", ""


def key_copies(settings: Settings) -> Answer:
    """In the daily check's place: here a missing copy is no hint: without one a broken disk ends all sealed data."""
    level, message, cure = key_backup(settings)
    return (level, message, cure) if level is Level.OK else (Level.FAIL, message, cure)


def real(place: Folder, origin: str) -> Answer:
    """No made-up people, and a name of its own: the log's name is in every proof and cannot be taken back."""
    if place.sample_accounts.exists() or place.demo_unfinished.exists():
        return Level.FAIL, "这是演示用的登记簿，含虚构的人和公开的令牌", "另建一个空的数据文件夹：xueshi init"
    if origin.startswith("localhost/"):
        cure = "设置 origin，例如 log.example.gov.cn/xueshi；已签发过检查点的，用 xueshi log continue-as 改名"
        return Level.FAIL, f"日志账的名称还是 {origin}：别处也会有同名的日志", cure
    return Level.OK, f"日志账名为 {origin}，没有演示数据", ""


def way_in(settings: Settings) -> Answer:
    """Passwords and tokens travel to it: by TLS, which ends at the proxy on this machine."""
    if not settings.public_address.startswith("https://"):
        cure = "设置 public_address = \"https://…\"（Cookie 才会只走 TLS），由反向代理终结 TLS（api/deploy/nginx.conf）"
        return Level.FAIL, "没有设置 https 的对外网址", cure
    if settings.allow_remote:
        cure = "让本服务只监听 127.0.0.1，由同一台机器上的反向代理转来；确需对外监听时用防火墙只放行代理"
        return Level.WARN, f"直接监听 {settings.listen_host}：代理之外的人也能不经 TLS 连上", cure
    return Level.OK, f"对外网址 {settings.public_address}，服务只监听本机", ""


def second_factor(settings: Settings) -> Answer:
    """Whoever rules on others comes in by two factors: a password that was guessed or told opens nothing."""
    rule = rule_of(settings)
    if not rule.demands_of_offices:
        cure = "设 second_factor = \"offices\"：登录还须动态口令（见运维手册）"
        return Level.FAIL, "部门账号只凭口令或令牌就能登录", cure
    how = "，单点登录算作第二因素" if rule.sign_on_counts else ""
    return Level.OK, f"部门账号登录须有第二因素{how}", ""


def files(limits: Limits) -> Answer:
    """Each thread reads several files; connections come on top."""
    most = limits("Max open files")
    if most is not None and most < FILES_LEAST:
        return Level.WARN, f"最多可打开 {most:,} 个文件", f"在服务单元中设 LimitNOFILE={FILES_LEAST}"
    return Level.OK, "可打开的文件数足够", ""


def memory(limits: Limits) -> Answer:
    """Keys are in memory while it runs: not in a core dump, and not on a swap partition in the clear."""
    if limits("Max core file size") != 0:
        return Level.WARN, "程序出错时可能把内存（含密钥）写成 core 文件", "在服务单元中设 LimitCORE=0"
    swaps = Path("/proc/swaps")
    if swaps.exists() and len(swaps.read_text("utf-8").splitlines()) > 1:
        cure = "关闭或加密交换分区，或在服务单元中设 MemorySwapMax=0"
        return Level.WARN, "启用了交换分区：内存中的密钥可能落到磁盘", cure
    return Level.OK, "内存不会写到磁盘", ""


def holder_of(lock: Path) -> int | None:
    """Who holds a lock on a file, as the system tells: the service, whose limits are not those of this shell."""
    with suppress(OSError, ValueError, IndexError):
        inode = lock.stat().st_ino
        for line in Path("/proc/locks").read_text("ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and int(words[5].rpartition(":")[2]) == inode:
                return int(words[4])
    return None


def limit_of(process: int, name: str) -> int | None:
    """How far a process may go in something; None for without end, or where nobody can tell."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/limits").read_text("ascii").splitlines():
            if line.startswith(name):
                most = line[len(name):].split()[1]
                return int(most) if most.isdigit() else None
    return None


def synchronised() -> Answer:
    """The kernel knows whether somebody keeps its clock: times of registration are evidence."""
    status = _clock_status()
    if status is None:
        return Level.WARN, "无法得知系统时钟是否与时间服务器同步", "timedatectl show -p NTPSynchronized 应为 yes"
    if status & _UNSYNCHRONISED:
        return Level.FAIL, "系统时钟没有与时间服务器同步", "安装 chrony 或 timedatectl set-ntp true，等到同步"
    return Level.OK, "系统时钟与时间服务器同步", ""


def _clock_status() -> int | None:
    """Ask adjtimex(2), changing nothing: the word after modes, offset, frequency and two errors."""
    told = (ctypes.c_long * 64)()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(told)
    except (OSError, AttributeError):  # Another system than Linux.
        return None
    return None if answer < 0 else int(ctypes.c_int.from_buffer(told, 5 * ctypes.sizeof(ctypes.c_long)).value)


def cores(workers: int) -> Answer:
    """More processes than cores take turns; what is left over is for replays."""
    there = len(os.sched_getaffinity(0))
    if workers > there:
        return Level.WARN, f"{workers} 个进程，{there} 个处理器核", "把 workers 设为不多于核数"
    return Level.OK, f"{workers} 个进程，{there} 个处理器核", ""


def extras(settings: Settings) -> Answer:
    """What the settings and the printed statement want is installed."""
    wanted = {
        "pdf": ("typst", "pyhanko"),
        **({"postgres": ("psycopg", "gunicorn")} if settings.database else {}),
        **({"witness": ("rfc3161_client",)} if settings.time_stamps else {}),
        **({"telemetry": ("opentelemetry",)} if settings.telemetry_address else {}),
    }
    missing = [name for name, modules in wanted.items() if any(find_spec(each) is None for each in modules)]
    if missing:
        by_pip = f"pip install 'xueshi-ledger[{','.join(missing)}]'"
        cure = f"在程序的文件夹里 make install EXTRAS='{' '.join(missing)}'（用 pip 安装的：{by_pip}）"
        return Level.WARN, f"没有安装：{'、'.join(missing)}（pdf 用于打印盖章的情况表）", cure
    return Level.OK, "打印和数据库所需的组件均已安装", ""


def room(place: Folder) -> Answer:
    """How long the disk lasts if the register goes on growing as it has since it began."""
    there = [path for path in place.root.rglob("*") if path.is_file()]
    used, began = sum(path.stat().st_size for path in there), _began(place)
    if began is None:
        return Level.OK, "刚刚建立，还看不出增长", ""
    days = max(1, (time.time_ns() // 1_000_000_000 - began) // _DAY_S)
    left = shutil.disk_usage(place.root).free * days // max(1, used)
    message = f"{days:,} 天用去 {used // 1_000_000:,} MB，照此还够 {left:,} 天"
    if days < 7:  # A first import says nothing of the days after it.
        return Level.OK, f"建立 {days} 天，用去 {used // 1_000_000:,} MB，还看不出增长", ""
    if left < ROOM_DAYS_FAIL:
        return Level.FAIL, message, "扩容，或把数据文件夹移到更大的磁盘"
    return (Level.WARN, message, "安排扩容") if left < ROOM_DAYS_WARN else (Level.OK, message, "")


def _began(place: Folder) -> int | None:
    """When the register was made, as the oldest file that is never written again tells."""
    token = place.founder_token
    return int(token.stat().st_mtime) if token.exists() else None


def signed(place: Folder, every_s: int) -> Answer:
    """Checkpoints come, and the last is young enough that whoever keeps one has all but the newest events."""
    if not place.published.exists():
        return Level.FAIL, "还没有签发过检查点", "启动服务（xueshi serve），或 xueshi log checkpoint"
    age = int(time.time_ns() // 1_000_000_000 - place.published.stat().st_mtime)
    if age > max(_DAY_S, CHECKPOINT_ROUNDS * every_s):
        return Level.WARN, f"最近的检查点已有 {age // 3600:,} 小时", "服务是否在运行？没有新的登记时不签发，则无妨"
    return Level.OK, f"最近的检查点在 {max(1, age // 60):,} 分钟之内", ""


def done(place: Folder, what: What) -> Answer:
    """Whether it was done lately, and held."""
    words, cure = _WORDS[what]
    late, too_late = BACKUP_DAYS[what]
    one = last(place, what)
    if one is None:
        return Level.FAIL, f"没有{words}的记录", cure
    days = (datetime.now(UTC) - one.at).days
    if not one.holds:
        return Level.FAIL, f"上次{words}（{days} 天前）没有成立", "重新运行并照其提示处理：" + cure
    message = f"上次{words}在 {days} 天前，到事件 {one.size:,}"
    if days > too_late:
        return Level.FAIL, message, cure
    return (Level.WARN, message, cure) if days > late else (Level.OK, message, "")
