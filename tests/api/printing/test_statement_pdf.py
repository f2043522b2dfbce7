"""A statement as PDF: the same words as the page, sealed, and any byte of it changed is found offline."""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from api.operational.callers import Caller
from api.paper import typesetting
from api.statements.paper import Paper, paper
from api.statements.pdf import PdfImpossible, pdf
from api.statements.seal import Seal, open_seal
from ledger.errors import LedgerError
from ledger.offline.pdf_unsealed import PdfChanged, PdfCutShort
from ledger.offline.verdict import Unverified
from ledger.offline.verify import policy_of, verify_file, verify_sealed
from ledger.proof.keys import SigningKey, format_vkey, generate_key, parse_vkey
from ledger.proof.policy import Policy, trust
from ledger.signing.signer import Signer
from tests.api.house_kit import BODY, Someone, Town
from tests.api.printing_kit import ADDRESS, RARE, Cells, browser, issued

FONTS = Path("/usr/share/fonts/opentype/noto")
pytestmark = [pytest.mark.requires_system("pdftotext", "pdfsig"),
              pytest.mark.skipif(not FONTS.is_dir(), reason="needs fonts-noto-cjk; see `sh tests/setup-system.sh`")]


@pytest.fixture(scope="module")
def sealed(person: Someone, made: BODY) -> bytes:
    answer = person.get(f"/v1/statements/{made['statement']}/pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    return answer.data


@pytest.fixture
def file(sealed: bytes, tmp_path: Path) -> Path:
    (tmp_path / "statement.pdf").write_bytes(sealed)
    return tmp_path / "statement.pdf"


def policy(house: Town) -> Policy:
    return policy_of(house.house.register.signer.vkeys[0])


def paper_of(house: Town, person: Someone, made: BODY) -> Paper:
    found = paper(house.house, Caller("person", person.id), made["statement"], None, ADDRESS)
    assert isinstance(found, Paper)
    return found


def seal_of(house: Town) -> Seal:
    register = house.house.register
    return open_seal(register.folder.keys, register.signer, now=house.house.now)


def said(*arguments: str | Path) -> str:
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def reason(data: bytes, known: Policy) -> str:
    with pytest.raises(LedgerError) as caught:
        verify_sealed(data, known)
    return str(caught.value)


def test_its_words_are_those_of_the_page_rare_characters_among_them(
    person: Someone, made: BODY, file: Path
) -> None:
    page = person.get(f"/v1/statements/{made['statement']}/page").get_data(as_text=True)
    foot = re.compile(rf"{made['code']}郑三五居民身份证[\d*]+第\d页，共\d页")

    printed = "".join(said("pdftotext", "-raw", file, "-").split())

    assert RARE in printed
    words = "".join("".join(Cells(page).words).split())
    assert "".join(sorted(foot.sub("", printed))) == "".join(sorted(words))
    assert all("".join(word.split()) in printed for word in Cells(page).words if len(word) <= 20)


def test_its_fonts_are_embedded_and_it_is_tagged(file: Path) -> None:
    fonts = said("pdffonts", file).splitlines()[2:]

    assert fonts and all(re.search(r"Identity-H +yes yes yes", line) for line in fonts)
    assert re.search(r"Tagged: +yes", said("pdfinfo", file))


def test_it_holds_the_file_of_the_text_and_its_proof(person: Someone, made: BODY, file: Path, house: Town) -> None:
    said("pdfdetach", "-saveall", "-o", file.parent, file)

    attached = (file.parent / f"{made['statement']}.txt").read_bytes()
    assert attached == person.get(f"/v1/statements/{made['statement']}/file").data
    assert verify_file(file.parent / f"{made['statement']}.txt", policy(house)).kind == "statement"


def test_another_program_finds_the_seal_valid_and_over_the_whole_file(file: Path) -> None:
    told = said("pdfsig", file)

    assert "Signature is Valid" in told and "Total document signed" in told and "ETSI.CAdES.detached" in told


@pytest.mark.requires_system("zbarimg", "pdftoppm")
def test_the_printed_qr_code_leads_to_the_public_check_of_this_text(made: BODY, file: Path, house: Town) -> None:
    said("pdftoppm", "-r", "150", "-png", file, file.parent / "page")

    pages = map(str, file.parent.glob("page*.png"))
    read = subprocess.run(["zbarimg", "-q", "--raw", *pages], capture_output=True, text=True, check=False).stdout

    assert read.strip() == f"{ADDRESS}/v/{made['code'].replace('-', '')}?d={made['sha256'][:32]}"
    place, _, digest = read.strip().removeprefix(ADDRESS).partition("?d=")
    assert "有效" in house.nobody.get(place, d=digest).get_data(as_text=True)


def test_a_verdict_says_whose_seal_it_is_then_what_the_text_proves(house: Town, file: Path, made: BODY) -> None:
    verdict = verify_file(file, policy(house))

    assert verdict.kind == "statement" and verdict.complete is not None
    assert "印章签署" in verdict.checked[0] and "所附的文件" in verdict.checked[1]
    assert made["statement"] in verdict.checked[3]
    assert "没有第三方时间戳" in verdict.unproven[-1]


def test_each_flipped_byte_is_found_all_of_the_seal_and_many_of_the_rest(house: Town, sealed: bytes) -> None:
    known, dice = policy(house), random.Random(7)
    begins = sealed.index(b"/Contents <")
    for place in [*range(begins - 40, begins + 2_600), *dice.sample(range(len(sealed)), 400)]:
        changed = bytearray(sealed)
        changed[place] ^= 1 << dice.randrange(8)
        reason(bytes(changed), known)


@pytest.mark.torture
@pytest.mark.timeout(1_200)
def test_every_flipped_byte_is_found(
    house: Town, sealed: bytes, record_property: Callable[[str, object], None]
) -> None:
    known = policy(house)
    record_property("tried", len(sealed))
    for place in range(len(sealed)):
        reason(sealed[:place] + bytes([sealed[place] ^ 1 << place % 8]) + sealed[place + 1:], known)


def test_what_is_added_after_the_seal_is_found_and_called_a_change(house: Town, sealed: bytes) -> None:
    known = policy(house)

    for added, words in ((b"1 0 obj\n<<>>\nendobj\n", "签章之后又有改动"), (sealed, "应恰有一个签章")):
        with pytest.raises(PdfChanged, match=words):
            verify_sealed(sealed + added, known)


def test_wherever_a_download_broke_off_the_file_is_called_cut_short_and_not_forged(house: Town, sealed: bytes) -> None:
    known, dice = policy(house), random.Random(3)
    ends = {0: before_the_seal(sealed), 1: sealed.index(b"/ByteRange") + 4, 2: sealed.index(b"/ByteRange") + 14}
    for end in (5, 9, len(sealed) - 1, ends[0] + 1, ends[1], ends[2], *dice.sample(range(20, len(sealed)), 60)):
        with pytest.raises(PdfCutShort, match="重新下载") as caught:
            verify_sealed(sealed[:end], known)
        assert "已被改动" not in str(caught.value), end


def test_changed_cut_short_and_never_sealed_are_told_apart_by_their_codes(house: Town, sealed: bytes) -> None:
    known = policy(house)
    spoilt = [sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1:] for place in (
        100, sealed.index(b"/ByteRange"), sealed.index(b"/ByteRange [") + 15, sealed.rindex(b"%%EOF"))]
    unsealed = sealed[:before_the_seal(sealed)]
    others = re.sub(rb"/Type/EmbeddedFile", rb"/Type/SomethingElse", sealed.replace(b"/ByteRange [0", b"/ByteRange[0"))
    told: dict[str, list[bytes]] = {
        "pdf_changed": spoilt, "pdf_cut_short": [sealed[:-200], b"%PDF-1.7\n"],
        "pdf_unsealed": [unsealed, b"%PDF-1.4\n%printed\n%%EOF\r\n"], "unverified": [others]}

    for code, files in told.items():
        for each in files:
            with pytest.raises(Unverified) as caught:
                verify_sealed(each, known)
            assert caught.value.code == code, caught.value
    assert "签章被去掉" in reason(unsealed, known) and "别处的签章" in reason(others, known)


def before_the_seal(sealed: bytes) -> int:
    """How long the file was before it was sealed: the seal is added at its end."""
    return sealed.index(b"%%EOF") + len(b"%%EOF")


def test_anothers_seal_over_a_true_statement_is_not_the_registers(
    house: Town, person: Someone, made: BODY, tmp_path: Path
) -> None:
    class Stranger(Signer):
        """Somebody who calls themselves by the register's name and has a key of their own."""

        def __init__(self) -> None:
            self.origin = house.house.register.signer.origin

        @property
        def keys(self) -> list[SigningKey]:
            return [strangers]

    strangers = generate_key(house.house.register.signer.origin)
    forged = pdf(paper_of(house, person, made), open_seal(tmp_path, Stranger(), now=house.house.now))

    reason(forged, policy(house))
    reason(forged, policy_of(format_vkey(strangers.public())))
    both = trust(parse_vkey(house.house.register.signer.vkeys[0]), strangers.public())
    assert verify_sealed(forged, both).kind == "statement", "it is whole: only whose it is was wrong"


def test_a_strangers_key_proves_nothing(house: Town, sealed: bytes) -> None:
    reason(sealed, policy_of(format_vkey(generate_key(house.house.register.signer.origin).public())))


def test_the_seal_is_kept_and_made_anew_only_when_the_logs_keys_are_others(house: Town) -> None:
    first = seal_of(house)

    assert seal_of(house) == first
    path = house.house.register.folder.keys / "seal.pem"
    assert path.stat().st_mode & 0o077 == 0
    kept = path.read_bytes()
    path.write_bytes(kept[:200])
    assert seal_of(house) != first
    path.write_bytes(kept)


def test_a_character_that_the_font_lacks_makes_no_empty_box_but_no_pdf(
    house: Town, person: Someone, made: BODY
) -> None:
    found = paper_of(house, person, made)
    strange = found._replace(sheets=(found.sheets[0]._replace(title="表 \U0001F9FF"),))

    with pytest.raises(PdfImpossible, match="里没有“\U0001F9FF”。请核对姓名"):
        pdf(strange, seal_of(house))


def test_without_the_font_nothing_is_handed_out_and_the_page_still_is(
    house: Town, person: Someone, made: BODY, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typesetting, "_FONT_FOLDERS", ())
    typesetting._compiler.cache_clear()
    try:
        answer = person.get(f"/v1/statements/{made['statement']}/pdf")
        shown = browser(house, person).get(f"/statements/{made['statement']}.pdf")
    finally:
        typesetting._compiler.cache_clear()

    assert (answer.status_code, answer.get_json()["code"]) == (503, "service_unavailable")
    assert "fonts-noto-cjk" in answer.get_json()["detail"] and "fonts-noto-cjk" in shown.get_data(as_text=True)
    assert person.get(f"/v1/statements/{made['statement']}/page").status_code == 200


def test_a_year_has_a_certificate_of_its_own_as_a_sealed_page_with_the_same_proof(
    house: Town, person: Someone, made: BODY, tmp_path: Path
) -> None:
    one = issued(person, years=[2025], name="clear")  # The log has grown: the files above carry an older proof.
    look, place = browser(house, person), f"/statements/{one['statement']}/certificate"
    answer = look.get(f"{place}.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    (tmp_path / "certificate.pdf").write_bytes(answer.data)
    printed = "".join(said("pdftotext", "-raw", tmp_path / "certificate.pdf", "-").split())
    page = Cells(look.get(place).get_data(as_text=True)).words

    assert [word for word in page if "".join(word.split()) not in printed] == []
    verdict = verify_file(tmp_path / "certificate.pdf", policy(house))
    assert verdict.kind == verify_sealed(person.get(f"/v1/statements/{one['statement']}/pdf").data, policy(house)).kind
    assert f'href="{place}.pdf"' in look.get(place).get_data(as_text=True)
    assert look.get(f"/statements/{made['statement']}/certificate.pdf").status_code == 404
