"""Whoever cannot reach the database is told why and what to do, by a server that says so in English or in Chinese."""

from __future__ import annotations

import pytest
from psycopg.conninfo import make_conninfo

from ledger.stores.errors import Unreadable
from ledger.stores.postgres_connections import connect
from ledger.stores.postgres_errors import cure_of_connecting, reading_clearly
from ledger.stores.postgres_target import Target
from tests.postgres_kit import Server


@pytest.mark.parametrize(("altered", "cure"), [
    ({"password": "wrong-words"}, "用户名或口令不对"), ({"dbname": "nowhere"}, "没有这个数据库"),
    ({"sslmode": "require"}, "没有打开 ssl"), ({"port": "1"}, "是否在运行"), ({"host": "no.such.invalid"}, "主机名"),
])
def test_what_is_wrong_with_an_address_is_named(postgres_server: Server, altered: dict[str, str], cure: str) -> None:
    given = {"host": "127.0.0.1", "port": str(postgres_server.port), "user": "xueshi",
             "password": postgres_server.password, "dbname": "postgres", **altered}
    target = Target(" ".join(f"{name}={value}" for name, value in given.items()), "ledger")

    with pytest.raises(Unreadable, match=cure) as told, reading_clearly(target):
        connect(target).close()
    assert given["password"] not in str(told.value)


@pytest.mark.parametrize(("said", "cure"), [
    ('致命错误:  用户 "xueshi" Password 认证失败', "用户名或口令不对"),
    ('致命错误:  数据库 "xueshi" 不存在', "没有这个数据库"),
    ('FATAL:  no pg_hba.conf entry for host "10.0.0.21", user "xueshi"', "pg_hba.conf 中加上一行"),
    ('致命错误:  没有用于主机 "10.0.0.21", 用户 "xueshi" 的 pg_hba.conf 记录', "pg_hba.conf 中加上一行"),
    ("FATAL:  sorry, too many clients already", "连接数已满"), ("致命错误:  对不起, 已经有太多的客户", "连接数已满"),
    ("FATAL:  the database system is starting up", "稍候重试"), ("致命错误:  数据库系统启动中", "稍候重试"),
    ("SSL error: certificate verify failed", "sslrootcert"), ("connection timeout expired", "防火墙"),
])
def test_what_a_server_says_leads_to_its_cure(said: str, cure: str) -> None:
    assert cure in cure_of_connecting(f'connection to server at "10.0.0.11", port 5432 failed: {said}')


@pytest.mark.parametrize(("password", "said", "shown"), [
    ("o", "permission denied for table o", "permission denied for table o"),
    ("5432", "server closed the connection on port 5432", "server closed the connection on port 5432"),
    ("authentication", "password authentication failed", "password authentication failed"),
    ("o", "cannot use postgresql://joe:o@host/foo", "cannot use postgresql://joe:***@host/foo"),
    ("o", "cannot use host=foo password=o user=joe", "cannot use host=foo password=*** user=joe"),
    ("o", "in ALTER ROLE foo PASSWORD 'o'", "in ALTER ROLE foo PASSWORD '***'"),
    ("a@b", "cannot use postgresql://joe:a%40b@host/foo", "cannot use postgresql://joe:***@host/foo"),
    ("long-word-1", "xlong-word-1x and long-word-1", "x***x and ***"),
])
def test_a_password_is_masked_where_it_stands_and_makes_no_gap_in_other_words(
    password: str, said: str, shown: str
) -> None:
    target = Target(make_conninfo(host="127.0.0.1", password=password), "ledger")

    assert str(target.words(RuntimeError(said))) == shown
