"""`xueshi serve --sample`: an empty register gets something to show, a register that holds anything is left alone.

The history that comes before it is `tests/api/demo/`'s; here is what is played upon it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from api.register.folder import Folder
from api.sample import begin, in_the_morning, prepare, shown
from api.sample_requests import script
from api.service.composed import composed
from api.settings import Settings, load
from ledger.events.claim import ClaimSubmitted
from ledger.identifiers import id_number
from ledger.vocabulary import LOCAL
from projections.basis import read_axes
from tests.journeys.register_kit import serving

HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "data"
    assert prepare(Settings(data_folder=folder))
    return folder


def size(folder: Path) -> int:
    with composed(load({"data_folder": folder})) as app:
        found: int = app.extensions["house"].ledger.store.size()
        return found


def test_everyone_in_the_sample_has_an_account_in_a_file_that_only_its_owner_reads(folder: Path) -> None:
    accounts = Folder(folder).sample_accounts
    text = accounts.read_text(encoding="utf-8")

    assert accounts.stat().st_mode & 0o777 == 0o600
    for told in script()["person"]:
        assert told["name"] in text
    assert text.count("xsl_") == len(script()["person"]) + len(script()["office"]) + len(script()["unit"])


def test_one_account_of_each_role_is_told_to_begin_with(folder: Path) -> None:
    told = list(shown(Folder(folder).sample_accounts))

    assert [role for role, _, _ in told] == ["本人", "用人单位", "人力社保部门", "行业主管部门", "举办单位",
                                             "职称评审委员会", "政策部门", "政策部门另一人", "监督部门",
                                             "系统管理员", "安全管理员", "审计管理员"]
    assert all(token.startswith("xsl_") for _, _, token in told)


def test_upon_a_history_the_sample_is_played_and_its_accounts_come_first(tmp_path: Path) -> None:
    options = {"data_folder": tmp_path / "data"}
    assert begin(load(options), lambda done, total: None)
    settings = load(options)
    before = size(tmp_path / "data")
    assert before > 5_000
    assert prepare(settings, upon_history=True)
    assert not begin(settings, lambda done, total: None), "what holds anything is left alone"

    lines = Folder(tmp_path / "data").sample_accounts.read_text("utf-8").splitlines()
    assert lines.index("林若溪") < lines.index("浙江省人力资源和社会保障局经办一")
    with composed(settings) as app:
        client = app.test_client()
        house = app.extensions["house"]
        assert house.ledger.store.size() > before
        assert house.register.signer.origin == "demo.invalid/xueshi", "nothing of it can pass for a real register's"
        for name in ("林若溪", "监督部门经办", "浙江省人力资源和社会保障局经办一"):
            token = lines[lines.index(name) + 2].strip()
            answer = client.post("/login", data={"token": token}, headers={"Sec-Fetch-Site": "same-origin"})
            assert answer.headers["Location"] == "/home", name


def test_a_register_that_holds_anything_is_left_alone(folder: Path) -> None:
    before, accounts = size(folder), Folder(folder).sample_accounts.read_bytes()

    assert not prepare(Settings(data_folder=folder))
    assert size(folder) == before
    assert Folder(folder).sample_accounts.read_bytes() == accounts


def test_every_paper_that_a_claim_of_the_sample_shows_can_be_opened(folder: Path) -> None:
    with composed(load({"data_folder": folder})) as app:
        house = app.extensions["house"]
        shown_by = [(one.envelope.event.person, paper.sha256) for one in house.ledger.read(0, 10_000)
                    if isinstance(one.envelope.event, ClaimSubmitted) for paper in one.envelope.event.evidence]
        opened = [house.evidence.open(*one) for one in shown_by]

    assert len(shown_by) > 10 and all(about.media_type == "application/pdf" for about, _ in opened)


def test_nobody_in_the_sample_has_a_number_that_is_somebodys(folder: Path) -> None:
    with composed(Settings(data_folder=folder)) as app:
        house = app.extensions["house"]
        sealed = [house.ledger.opened(one) for one in house.ledger.read(0, 1_000)
                  if type(one.envelope.event).__name__ == "PersonRegistered"]

    assert len(sealed) == len(script()["person"]) + sum("official" in one for one in script()["office"])
    for identity in sealed:
        assert identity.id_number.startswith("330000")
        assert id_number.parse("resident_id", identity.id_number, today=house.today)


def test_the_sample_shows_what_it_says_it_shows(folder: Path) -> None:
    """What the notes in sample.toml say: shares, caps, a freed cap, a year reached exactly, two laws in one year."""
    with composed(Settings(data_folder=folder)) as app:
        house = app.extensions["house"]
        lines = Folder(folder).sample_accounts.read_text(encoding="utf-8").splitlines()

        def year(name: str, year: int) -> dict[str, object]:
            person = lines[lines.index(name) + 1].strip()
            house.settled()
            found = house.answers.years(person, read_axes(), year)["years"][0]
            counted = [entry["evaluated"]["counted"] for entry in found["entries"]]
            return {"total": found["evaluated"]["total"], "met": found["evaluated"]["met"], "counted": counted}

        assert year("林若溪", 2024) == {
            "total": "107.6", "met": True, "counted": ["30", "12", "16", "12", "18", "19.6"]}
        assert year("陈知远", 2024)["counted"] == ["24", "12", "18", "12"]
        assert year("陈知远", 2025)["counted"] == ["0", "12", "30"]
        assert year("周以宁", 2024) == {"total": "90", "met": True, "counted": ["36", "16", "8", "12", "18"]}
        assert year("沈青禾", 2024)["counted"] == ["36", "8", "9.6"]
        assert year("吴可心", 2025)["counted"] == ["12", "18"]


def test_something_waits_on_the_workbench_of_every_office_that_registers(folder: Path) -> None:
    """The organiser's class waits because it is no department's: those are filed with nobody (W 14)."""
    assert {role: waiting(folder, role) for role in ("用人单位", "人力社保部门", "行业主管部门")} == {
        "用人单位": ["transfer"], "人力社保部门": ["application", "plan"],
        "行业主管部门": [*["claim"] * 6, "class", "plan"]}


def test_of_the_claims_that_wait_those_of_this_year_can_be_approved_together_and_the_late_one_cannot(
    tmp_path: Path
) -> None:
    """Three were at one training, each with a certificate of their own; one brings last year's only now."""
    at = round(datetime.fromisoformat("2027-11-24 15:00+08:00").timestamp()) * 1_000_000_000
    settings = Settings(data_folder=tmp_path / "data")
    assert prepare(settings, clock=lambda: at)

    with composed(settings, clock=lambda: at) as app:
        client = app.test_client()
        client.post("/login", data={"token": token_of(tmp_path / "data", "行业主管部门")}, headers=HERE)
        rows = client.get("/queue.json?kind=claim", headers=HERE).get_json()["items"]
        own = app.test_client()
        own.post("/login", data={"token": token_of(tmp_path / "data", "本人")}, headers=HERE)
        year = own.get("/home.json", headers=HERE).get_json()["year"]
    assert [one["marks"] for one in rows] == [["late"], [], [], [], [], []]
    assert [one["hours"] for one in rows].count("18") == 4
    assert year["year"] == 2027 and year["evaluated"]["total"] == "62" and not year["evaluated"]["met"]


def token_of(folder: Path, role: str) -> str:
    return next(token for one, _, token in shown(Folder(folder).sample_accounts) if one == role)


def waiting(folder: Path, role: str) -> list[str]:
    token = token_of(folder, role)
    with composed(load({"data_folder": folder})) as app:
        answer = app.test_client().get("/v1/work", headers={"Authorization": f"Bearer {token}"})
        return sorted(one["kind"] for one in answer.get_json()["items"])


@pytest.mark.parametrize("now", ["2027-12-31 15:00", "2028-02-29 11:00"])
def test_what_is_in_hand_can_be_begun_on_any_day(tmp_path: Path, now: str) -> None:
    """An examination stays within the year of its day; there is not always one left of this year."""
    at = round(datetime.fromisoformat(f"{now}+08:00").timestamp()) * 1_000_000_000

    assert prepare(Settings(data_folder=tmp_path / "data"), clock=lambda: at)


def test_a_folder_that_cannot_be_made_is_told_by_the_service(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert not prepare(Settings(data_folder=tmp_path / "file" / "data"))


def test_a_service_that_was_not_asked_for_a_sample_holds_none(tmp_path: Path) -> None:
    with serving(tmp_path) as town:
        assert town.nobody.client.get("/livez").ok
        assert not Folder(tmp_path / "data").sample_accounts.exists()


@pytest.mark.parametrize(("now", "morning"), [
    ("2026-11-24 02:30", "2026-11-23"),  # A Tuesday, at night.
    ("2026-11-24 09:59", "2026-11-23"),
    ("2026-11-24 10:00", "2026-11-24"),
    ("2026-11-29 14:00", "2026-11-27"),  # A Sunday.
    ("2027-01-01 09:00", "2026-12-31"),
])
def test_the_sample_is_made_on_the_last_working_morning(now: str, morning: str) -> None:
    """Not later than it is, so that no event lies ahead; and never at night, when nobody should decide (D08)."""
    at = round(datetime.fromisoformat(f"{now}+08:00").timestamp()) * 1_000_000_000
    ticking = iter((at, at + 5_000_000_000))

    clock = in_the_morning(lambda: next(ticking))

    assert datetime.fromtimestamp(clock() / 1e9, LOCAL) == datetime.fromisoformat(f"{morning} 10:00:05+08:00")


def test_at_whatever_hour_it_is_made_nobody_in_the_sample_worked_at_night_or_later_than_now(folder: Path) -> None:
    with composed(Settings(data_folder=folder)) as app:
        house = app.extensions["house"]
        times = [one.envelope.recorded_at for one in house.ledger.read(0, 1_000)]

        assert {datetime.fromtimestamp(one / 1e6, LOCAL).hour for one in times} == {10}
        assert times == sorted(set(times)) and times[-1] < house.now
