"""What is said when PostgreSQL fails: what happened, whether something was written, and what to do.

`tests/ledger/stores/test_postgres_errors.py` shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from ledger.stores.append import StoreFailed
from ledger.stores.errors import Unreadable
from ledger.stores.postgres_target import Target

UNREPLICATED: Final = (
    "数据库没有等到备用服务器确认就中止了等待，本次虽已写入主服务器，主服务器若此时丢失，它也会丢失：尚不能确认。"
    "请以同一个 Idempotency-Key 重试；并检查备用服务器是否在线（synchronous_standby_names）。"
)
_NOT_REACHED: Final = "请检查数据库服务器是否在运行、地址和端口是否正确、防火墙是否放行。"
_NOT_CONNECTED: Final = (  # In English, and as a server says it whose lc_messages is Chinese.
    ("password authentication failed|no password supplied|认证失败|没有提供口令",
     "用户名或口令不对：请核对设置中地址里的这两项；口令中的 @、:、/、#、?、% 须写作 %40、%3A、%2F、%23、%3F、%25。"),
    ('database ".*" does not exist|数据库 ?".*" ?不存在',
     "没有这个数据库：请核对库名，或先建立它：createdb --owner 用户 --encoding UTF8 --template template0 库名。"),
    ('role ".*" does not exist|角色 ?".*" ?不存在',
     "没有这个用户：请核对用户名，或先建立它：createuser --pwprompt 用户。"),
    ("pg_hba.conf", "数据库服务器不让本机以此用户连接：请在它的 pg_hba.conf 中加上一行，再重新载入。"),
    ("too many (clients|connections)|connection slots|太多的客户|连接位置",
     "数据库的连接数已满：请调大 max_connections，或减少 workers；谁占着，见 pg_stat_activity。"),
    ("starting up|shutting down|recovery mode|not yet accepting|数据库系统(正在)?(启动|关闭)|恢复模式",
     "数据库正在启动或停止：请稍候重试；久不就绪的，请查看它的日志。"),
    ("does not support SSL|不支持 ?SSL",
     "该服务器没有打开 ssl：请在服务器上打开；只在同一台主机上，才可去掉地址中的 sslmode。"),
    ("certificate|证书",
     "核对不了数据库服务器的证书：请核对地址中的 sslmode 和 sslrootcert，以及证书是否到期、主机名是否相符。"),
    ("resolve host|translate host name|Name or service not known", "找不到这个主机名：请核对地址，或检查本机的 DNS。"),
    ("all reading connections are in use", "本进程的连接都在用：请稍候重试；若反复出现，请查看数据库服务器的负载。"),
)


@contextmanager
def reading_clearly(target: Target) -> Iterator[None]:
    """Say what went wrong while reading, and what to do."""
    try:
        yield
    except psycopg.Error as error:
        raise Unreadable(target.shown, target.words(error), cure=cure_of_reading(error)) from None


@contextmanager
def writing_clearly(target: Target) -> Iterator[None]:
    """Say what went wrong while writing, whether something was written, and what to do."""
    try:
        yield
    except psycopg.Error as error:
        raise failed(target, error, cure=cure_of_writing(error)) from None


def failed(target: Target, error: BaseException, *, cure: str) -> StoreFailed:
    """Make a StoreFailed of a driver's error."""
    return StoreFailed(target.words(error), cure=cure)


def is_superseded(error: psycopg.Error) -> bool:
    """Say whether a server was left out because another took its place."""
    return "of this server was superseded by" in str(error)


def is_standby(error: psycopg.Error) -> bool:
    """Say whether no server of an address is more than a standby. The driver has no code for it."""
    return "server is in hot standby mode" in str(error) or "session is read-only" in str(error)


def cure_of_writing(error: psycopg.Error) -> str:
    """Say what to do about an error that the server reported, and hence took everything back for."""
    state = error.sqlstate or ""
    if is_superseded(error):
        return "所连的服务器已被另一台接替：本次未写入。请停止它，重新做成备用服务器。"
    if is_standby(error):
        return "所连的是备用服务器：本次未写入。请把数据库地址指向主服务器，或在地址中列出全部服务器。"
    if state == "53100":
        return "数据库服务器磁盘已满：本次未写入。请清出空间后以同一个键重试；已确认的记录不受影响。"
    if state == "25006":
        return "数据库只读（可能连到了备用服务器）：本次未写入。请核对数据库地址后重试。"
    if state in ("55P03", "57014", "40P01"):
        return "等待数据库的时间过长：本次未写入。请查看是否有长时间占用账本的会话，然后以同一个键重试。"
    if state == "42501":
        return "数据库用户没有写入账本的权限：本次未写入。请核对授权。"
    if state == "23505" or state.startswith("XX"):
        return "数据库中的账本已损坏：本次未写入。请停止服务，保留现状作为证据，运行 xueshi fsck，并从备份恢复。"
    if state:
        return "本次未写入。请检查数据库服务器后以同一个键重试。"
    return "无法连接数据库：本次未写入。请检查数据库服务器后以同一个键重试。"


def cure_of_reading(error: psycopg.Error) -> str:
    """Say what to do where nothing was to be written."""
    state = error.sqlstate or ""
    if is_superseded(error):
        return "所连的服务器已被另一台接替，此后的登记它都没有，所以不用它作答：请停止它，重新做成备用服务器。"
    if is_standby(error):
        return "所连的是备用服务器，可能落后于主服务器，所以不用它作答：请把数据库地址指向主服务器，或列出全部服务器。"
    if state.startswith("XX"):
        return "数据库中的账本已损坏：请保留现状作为证据，运行 xueshi fsck，并从备份恢复。"
    if state in ("42501", "42P01", "3F000"):
        return "请核对数据库用户的权限，并运行 xueshi migrate --check。"
    if state in ("55P03", "57014"):
        return "等待数据库的时间过长，请稍后重试；若反复出现，请查看数据库服务器的负载。"
    if state:
        return "请查看数据库服务器的日志。"
    return cure_of_connecting(str(error))


def cure_of_connecting(told: str) -> str:
    """Say what to do about a connection that did not come about. The driver has no codes for it, only words."""
    return next((cure for words, cure in _NOT_CONNECTED if re.search(words, told)), _NOT_REACHED)
