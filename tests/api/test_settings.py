"""Settings: precedence, sources, and errors that say where, what and what to write instead."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from api.settings import MASK, SettingsError, load, shown, unknown_variables
from ledger.stores import cold


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "data/xueshi.toml") -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def refusal(text: str) -> str:
    write(text)
    with pytest.raises(SettingsError) as error:
        load()
    return str(error.value)


def test_without_anything_the_defaults_hold_and_say_so() -> None:
    settings = load()

    assert (settings.listen_host, settings.listen_port, settings.data_folder) == ("127.0.0.1", 8040, Path("data"))
    assert set(settings.sources.values()) == {"默认值"}


def test_an_option_beats_the_environment_which_beats_the_file_which_beats_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("listen_port = 1001\nthreads = 2\nlog_level = 'debug'\n")
    monkeypatch.setenv("XUESHI_LISTEN_PORT", "1002")
    monkeypatch.setenv("XUESHI_THREADS", "3")

    settings = load({"listen_port": 1003, "listen_host": None})

    assert (settings.listen_port, settings.threads, settings.log_level) == (1003, 3, "debug")
    assert settings.sources["listen_port"] == "命令行选项"
    assert settings.sources["threads"] == "环境变量 XUESHI_THREADS"
    assert settings.sources["log_level"] == "data/xueshi.toml 第 3 行"
    assert settings.sources["origin"] == "默认值"


def test_the_file_lies_in_the_data_folder_or_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    write("threads = 4\n", "elsewhere/xueshi.toml")
    write("threads = 5\ndata_folder = 'kept'\n", "named.toml")

    assert load({"data_folder": Path("elsewhere")}).threads == 4
    monkeypatch.setenv("XUESHI_CONFIG", "named.toml")
    assert (load().threads, load().data_folder) == (5, Path("kept"))


def test_a_named_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUESHI_CONFIG", "gone.toml")

    with pytest.raises(SettingsError, match=r"gone\.toml"):
        load()


def test_an_unknown_name_in_the_file_is_told_with_its_line_and_the_nearest_right_one() -> None:
    message = refusal("# ports\nlisten_prot = 8100\n")

    assert "第 2 行" in message
    assert "listen_port？" in message


def test_an_unknown_table_in_the_file_is_told_with_its_line() -> None:
    assert "第 3 行：没有名为 server 的设置" in refusal("threads = 2\n\n[server]\nport = 1\n")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('listen_port = "8100"', "应为整数"),
        ("listen_port = true", "应为整数"),
        ("listen_port = 70000", "0 到 65535"),
        ("threads = 0", "1 到 512"),
        ("allow_remote = 1", "应为布尔值"),
        ('log_level = "loud"', "debug、info"),
        ('origin = "https://example.org/x"', "不带协议"),
        ('origin = "a b/c"', "不带协议"),
        ('listen_host = "example.org"', "IP 地址"),
        ("listen_host = 1", "应为文字"),
        ("data_folder = 'x'", "XUESHI_DATA_FOLDER"),
        ("threads = \n", "第 1 行第"),
        ("threads = ", "末尾不是正确的 TOML"),
    ],
)
def test_a_wrong_value_in_the_file_is_told_with_what_to_write(line: str, wanted: str) -> None:
    message = refusal(line)

    assert "data/xueshi.toml" in message
    assert wanted in message


@pytest.mark.parametrize(
    ("name", "value"),
    [("LISTEN_PORT", "many"), ("LISTEN_PORT", "70000"), ("ALLOW_REMOTE", "perhaps"), ("LOG_FORMAT", "xml")],
)
def test_a_wrong_value_in_the_environment_is_told_by_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"XUESHI_{name}", value)

    with pytest.raises(SettingsError, match=f"环境变量 XUESHI_{name}"):
        load()


def test_other_machines_are_listened_to_only_when_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUESHI_LISTEN_HOST", "0.0.0.0")

    with pytest.raises(SettingsError, match="allow_remote"):
        load()
    monkeypatch.setenv("XUESHI_ALLOW_REMOTE", "true")
    assert load().listen_host == "0.0.0.0"


@pytest.mark.parametrize("host", ["::1", "127.0.0.9", "localhost"])
def test_every_loopback_address_is_this_machine(host: str) -> None:
    assert load({"listen_host": host}).listen_host in (host, "127.0.0.1")


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(FrozenInstanceError):
        load().threads = 1


DATABASE = "postgresql://xueshi:canary@localhost:5432/xueshi"


def test_the_password_of_the_database_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUESHI_DATABASE", DATABASE)
    settings = load()
    (line,) = [one for one in shown(settings) if one.name == "database"]

    assert (line.value, line.source) == (MASK, "环境变量 XUESHI_DATABASE")
    assert "canary" not in repr(settings) + repr(line)
    assert settings.database == DATABASE


@pytest.mark.parametrize(
    "wrong", ["mysql://u:canary@h/d", "host=h password=canary", "postgresql://u:canary@h", "postgresql://[canary/d",
              "postgresql://u:canary\n@h/d"],
)
def test_a_database_that_cannot_be_meant_is_refused_without_its_password(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XUESHI_DATABASE", wrong)

    with pytest.raises(SettingsError, match="postgresql://") as error:
        load()
    assert "canary" not in str(error.value)


def test_there_are_two_processes_on_postgresql_unless_told_otherwise_and_one_on_sqlite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load().workers == 1
    monkeypatch.setenv("XUESHI_WORKERS", "3")
    assert load().workers == 3
    monkeypatch.setenv("XUESHI_DATABASE", DATABASE)
    assert load().workers == 3
    monkeypatch.delenv("XUESHI_WORKERS")
    assert load().workers == 2


def test_a_variable_that_only_looks_like_a_setting_is_pointed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUESHI_LISTEN_PROT", "1")

    assert unknown_variables() == {"XUESHI_LISTEN_PROT": "XUESHI_LISTEN_PORT"}


@pytest.mark.parametrize("address", [
    "http://xueshi.example.gov.cn", "https://xueshi.example.gov.cn/", "https://a@b.example", "xueshi", "https://", "https://x?y",
    "https://甬.example", "http://127.0.0.1.example",
])
def test_an_address_that_others_are_sent_to_is_over_tls_and_bare(address: str) -> None:
    assert "public_address" in refusal(f'public_address = "{address}"')


@pytest.mark.parametrize("issuer", ["http://sso.example", "https://sso.example/?realm=x", "https://x#y", "sso"])
def test_a_provider_is_asked_over_tls(issuer: str) -> None:
    assert "sign_on_issuer" in refusal(f'sign_on_issuer = "{issuer}"')


def test_single_sign_on_wants_to_know_who_asks_and_where_to_return_and_hides_its_secret() -> None:
    issuer = 'sign_on_issuer = "https://sso.example/realms/staff"\n'
    assert "sign_on_client、public_address" in refusal(issuer)
    write(issuer + 'sign_on_client = "xueshi"\npublic_address = "https://xueshi.example"\nsign_on_secret = "hush"\n')

    settings = load()
    told = {one.name: one.value for one in shown(settings)}
    assert (settings.sign_on_secret, told["sign_on_secret"]) == ("hush", MASK)
    assert "hush" not in repr(settings)


def test_where_this_host_has_archives_is_known_to_every_process_that_is_begun_from_here(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(cold.HERE, "/of/somebody/else")

    for folder in ("/mnt/archives", ""):
        assert load({"archive_folder": folder}).archive_folder == os.environ[cold.HERE] == folder
    with pytest.raises(SettingsError, match="绝对路径"):
        load({"archive_folder": "archives"})
