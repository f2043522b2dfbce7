"""Between ledgers on a terminal: handed over into a folder, checked offline, brought in, and how each ledger stands."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from province_kit import Three, kept_twice, parts_of

from ledger.proof.checkpoint import Checkpoint, format_checkpoint
from ledger.proof.notes import format_note, sign
from tests.api.command_kit import Ended, answering, xueshi
from tests.api.house_kit import resident_id


def test_a_city_hands_over_and_the_province_brings_it_in_and_sees_how_the_ledger_stands(
    there: Three, tmp_path: Path
) -> None:
    there.brought(there.city)
    li, number = there.living(), resident_id(902)
    there.city.counted(li.in_city)
    unknown = there.city.person(number, "赵六")
    waiting = there.city.counted(unknown)["claim"]
    city, people = str(there.city.people.token), str(there.province.people.token)
    since = str(there.province.accepted(there.city.origin))
    with answering(there.city.town.app) as address:
        made = xueshi(tmp_path, "hand-over", "--since", since, "--out", "out", "--server", address, XUESHI_TOKEN=city)
        again = xueshi(tmp_path, "hand-over", "--since", since, "--out", "out", "--server", address, XUESHI_TOKEN=city)
        bad = xueshi(tmp_path, "hand-over", "--since", "out", "--out", "x", "--server", address, XUESHI_TOKEN=city)
        carried = xueshi(tmp_path, "statement", "carry", li.in_city.id, "--out", "carried.ndjson", "--server", address,
                         XUESHI_TOKEN=str(li.in_city.token))
    file, = (tmp_path / "out").iterdir()
    origin = there.city.origin.replace("/", "-")
    assert file.name == f"hand-over-{origin}-{since}-{there.city.size()}-1.ndjson", "every city's lies in one folder"
    assert made.returncode == 0 and "2 条记录" in made.stdout and "第 1 份，共 1 份" in made.stdout
    assert (again.returncode, bad.returncode, carried.returncode) == (2, 2, 0), again.stderr + bad.stderr
    assert [one.stat().st_mode & 0o777 for one in (file, tmp_path / "out", tmp_path / "carried.ndjson")] == [
        0o600, 0o700, 0o600], "they name people"
    checked = xueshi(tmp_path, "verify", str(file), "--key", there.city.vkey)
    assert checked.returncode == 0 and "只增不减" in checked.stdout

    with answering(there.province.town.app) as address:
        def at(*arguments: str) -> str:
            ended = xueshi(tmp_path, *arguments, "--server", address, XUESHI_TOKEN=people)
            assert ended.returncode == 0, ended.stdout + ended.stderr
            return ended.stdout

        tried = at("import", "hand-over", str(file), "--region", "330200", "--dry-run")
        assert "已核验" in tried and "person_unknown" in tried
        assert "接受 1，拒绝 1" in at("import", "hand-over", str(file), "--region", "330200")
        told = at("import", "ledgers")
        assert there.city.origin in told and "rows_waiting" in told and "--also" in told and "None" not in told
        (tmp_path / "note").write_bytes(there.city.town.house.register.signer.latest())
        assert "[same]" in at("import", "compare", "note")
        assert "重复 1" in at("import", "hand-over", "carried.ndjson", "--region", "330200")

    there.province.person(number, "赵六")
    (tmp_path / "also").write_text(f"{waiting}\n", "utf-8")
    with answering(there.city.town.app) as address:
        assert xueshi(tmp_path, "hand-over", "--since", "note", "--also", "also", "--out", "more", "--server", address,
                      XUESHI_TOKEN=city).returncode == 0
    file, = (tmp_path / "more").iterdir()
    assert there.province.took(file.read_bytes())["outcome"]["accepted"] == 1


def test_a_hand_over_that_begins_elsewhere_is_refused_with_the_size_to_begin_at(apart: Three, tmp_path: Path) -> None:
    apart.city.counted(apart.living().in_city)
    apart.brought(apart.city)
    accepted = apart.province.accepted(apart.city.origin)
    apart.city.counted(apart.living().in_city)
    (tmp_path / "from-0.ndjson").write_bytes(apart.city.file())
    with answering(apart.province.town.app) as address:
        ended = xueshi(tmp_path, "import", "hand-over", "from-0.ndjson", "--region", "330200", "--server", address,
                       XUESHI_TOKEN=str(apart.province.people.token))

    assert ended.returncode == 1 and f"accepted：{accepted}\n" in ended.stderr, ended.stderr
    assert ended.stderr.endswith("since：0。[hand_over_overlaps]\n")


def test_a_ledger_with_two_histories_ends_the_command_with_1_and_says_so_last(apart: Three, tmp_path: Path) -> None:
    """Whoever asks every day by a script must notice; what only hangs is told with 0."""
    apart.city.counted(apart.living().in_city)
    apart.brought(apart.city)
    town, key = apart.province.town, apart.city.town.house.register.signer.keys[0]
    size = apart.province.accepted(apart.city.origin)
    text = format_checkpoint(Checkpoint(apart.city.origin, size, b"x" * 32))
    (tmp_path / "other").write_bytes(format_note(text, [sign(text, key)]))

    with answering(town.app) as address:
        def asked(*arguments: str) -> Ended:
            return xueshi(tmp_path, "import", *arguments, "--server", address,
                          XUESHI_TOKEN=str(apart.province.people.token))

        before, compared = asked("ledgers"), asked("compare", "other")
        kept_twice(town.house, apart.city.origin)
        after, again = asked("ledgers", "--out", "proofs"), asked("ledgers", "--out", "proofs")
        as_json = asked("ledgers", "--json")

    assert (before.returncode, compared.returncode, after.returncode, as_json.returncode) == (0, 1, 1, 1)
    assert compared.stderr.endswith("[ledger_forked]\n") and compared.stdout.endswith("[forked]\n")
    proof, = (tmp_path / "proofs").iterdir()
    assert proof.name.startswith("fork-ningbo.example-log-") and proof.suffix == ".fork", "whose, and where it is kept"
    assert again.returncode == 1 and f"已有 {proof.relative_to(tmp_path)}" in again.stderr, "asked daily it stays"
    assert proof.read_text().startswith("xueshi-fork/1\n") and str(proof.relative_to(tmp_path)) in after.stderr
    assert f"\nxueshi：{apart.city.origin} " in after.stderr and after.stderr.endswith("[ledger_forked]\n")
    told, = (one for one in json.loads(as_json.stdout)["items"] if one["origin"] == apart.city.origin)
    assert [one["code"] for one in told["troubles"]] == ["forked"] and as_json.stderr == ""


def test_two_histories_are_settled_by_a_command_and_the_daily_question_ends_with_0_again(
    apart: Three, tmp_path: Path
) -> None:
    kept_twice(apart.province.town.house, apart.city.origin)
    batch = apart.province.ledger(apart.city.origin)["troubles"][0]["batch"]
    with answering(apart.province.town.app) as address:
        def asked(*arguments: str) -> Ended:
            return xueshi(tmp_path, "import", *arguments, "--server", address,
                          XUESHI_TOKEN=str(apart.province.people.token))

        how = ("decide-fork", batch, "--outcome", "continued", "--document", "浙人社函〔2026〕88号", "--words", "查明")
        before, done, after, shown, again = (
            asked("ledgers"), asked(*how), asked("ledgers"), asked("show", batch), asked(*how))

    assert (before.returncode, done.returncode, after.returncode) == (1, 0, 0), done.stderr
    told = "以已接受的历史为准，继续接受（浙人社函〔2026〕88号）"
    assert told in done.stdout and told in shown.stdout and "[continued]" in after.stdout
    assert again.returncode == 1 and again.stderr.endswith("[fork_decided]\n")


def test_a_bundle_that_was_cut_anywhere_is_refused_and_leaves_nothing(apart: Three, tmp_path: Path) -> None:
    """As of a disk that was full or a line that broke: the whole file then comes in as if nothing had been."""
    for _ in range(2):
        apart.city.counted(apart.living().in_city)
    whole, size = apart.city.file(), apart.province.size()
    lines = whole.splitlines(keepends=True)
    cuts = [b"", whole[:1], lines[0], whole[:len(whole) // 2], b"".join(lines[:-1]), whole[:-2]]
    with answering(apart.province.town.app) as address:
        def brought(content: bytes) -> Ended:
            (tmp_path / "bundle.ndjson").write_bytes(content)
            return xueshi(tmp_path, "import", "hand-over", "bundle.ndjson", "--region", "330200", "--server", address,
                          XUESHI_TOKEN=str(apart.province.people.token))

        ended = [brought(content) for content in cuts]
        assert apart.province.size() == size and apart.province.troubles(apart.city.origin) == ["never"]
        assert brought(whole).returncode == 0
    for one in ended:
        assert one.returncode in (1, 2) and one.stderr.rstrip().endswith("]"), one.stderr
        assert "internal_error" not in one.stderr and "。" in one.stderr


def test_a_city_that_does_not_answer_is_no_bug_and_leaves_no_half_a_bundle(tmp_path: Path) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # It does not listen: whoever connects is refused.
        ended = xueshi(tmp_path, "hand-over", "--since", "0", "--out", "out", "--server",
                       f"http://127.0.0.1:{bound.getsockname()[1]}", XUESHI_TOKEN="xsl_any")

    assert ended.returncode == 3 and "internal_error" not in ended.stderr, ended.stderr
    assert not list(tmp_path.glob("out/*"))


def test_parts_are_brought_in_one_after_another_and_the_rate_is_told(apart: Three, tmp_path: Path) -> None:
    for _ in range(2):
        apart.city.counted(apart.living().in_city)
    files = [str(tmp_path / f"{number}.ndjson") for number in (2, 1)]
    for file, part in zip(files, reversed(parts_of(apart, 2)), strict=True):
        Path(file).write_bytes(part)
    with answering(apart.province.town.app) as address:
        ended, again = (
            xueshi(tmp_path, "import", "hand-over", *files, "--region", "330200", "--server", address,
                   XUESHI_TOKEN=str(apart.province.people.token)) for _ in range(2))

    assert ended.returncode == again.returncode == 0, ended.stderr + again.stderr
    assert ended.stdout.count("接受 1，拒绝 0") == 2 and "共 2 份，2 条记录，用时" in ended.stderr
    assert "此前已办理" in again.stdout
    assert apart.province.accepted(apart.city.origin) == apart.city.size()
