"""A statement as one HTML file verifies itself in a browser without network, in the words of `xueshi verify`."""

from __future__ import annotations

import base64
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import LedgerError
from ledger.offline.other_kinds import other_kind
from ledger.offline.statement_file import parse_statement
from ledger.offline.verdict import Unverified, Verdict
from ledger.offline.verify import policy_of, verify_sealed, verify_statement
from ledger.proof.bundle import parse_bundle
from ledger.proof.cosignature import cosign
from ledger.proof.keys import SigningKey, format_vkey, generate_key
from ledger.proof.notes import format_signature, parse_note
from policies.shelf import shipped
from policies.words import base_vocabulary
from projections.statement.again import again, weighed
from projections.statement.columns import width
from projections.statement.reading import UnreadableStatement, read_statement
from tests.api.house_kit import BODY, Someone, Town, study
from tests.api.printing_kit import browser, issued
from tests.console.browser_kit import AXE, AXE_RUN

pytestmark = pytest.mark.requires_system("chromium")

ASK = """async ([files, keys]) => {
  const told = [];
  for (const file of files) {
    const found = await xueshi.verifyFile(atob(file), keys);
    const failed = found.steps.at(-1).failed;
    told.push({holds: found.holds, steps: found.steps.map(one => [one.name, one.words]), unproven: found.unproven,
               code: failed && failed.code, said: failed && failed.message});
  }
  return told;
}"""
ADD = """texts => texts.map(text => {
  try {
    return xueshi.addUp(text, []);
  } catch (error) {
    return error.message;
  }
})"""

# RFC 8032 7.1: TEST 1, TEST 2, TEST 3 and TEST SHA(abc); public key, message, signature.
VECTORS = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    ("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
]


@pytest.fixture(scope="module")
def pdf(person: Someone, made: BODY) -> bytes:
    """Made before the browser: the browser's thread runs an event loop, in which no seal can be made."""
    answer = person.get(f"/v1/statements/{made['statement']}/pdf")
    return bytes(answer.data) if answer.status_code == 200 else b""


@pytest.fixture(scope="module")
def chromium(pdf: bytes, chromium: Any) -> Any:
    return chromium


@pytest.fixture(scope="module")
def html(person: Someone, made: BODY) -> bytes:
    answer = person.get(f"/v1/statements/{made['statement']}/verifier")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return bytes(answer.data)


@pytest.fixture(scope="module")
def file(person: Someone, made: BODY) -> bytes:
    return bytes(person.get(f"/v1/statements/{made['statement']}/file").data)


@pytest.fixture(scope="module")
def page(chromium: Any, html: bytes, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return opened(chromium, html, tmp_path_factory.mktemp("verifier"))


@pytest.fixture(scope="module")
def key(house: Town) -> str:
    return house.house.register.signer.vkeys[0]


def opened(chromium: Any, html: bytes, folder: Path) -> Any:
    """The page from a disk, in a browser that has no network; what it complains of is kept in `said`."""
    (folder / "verify.html").write_bytes(html)
    page = chromium.new_context(offline=True, locale="zh-CN", viewport={"width": 1280, "height": 900}).new_page()
    page.said = []
    page.on("console", lambda one: page.said.append(one.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda one: None if one.url.startswith("file:") else page.said.append(one.url))
    page.goto((folder / "verify.html").as_uri())
    return page


def ended(page: Any) -> str:
    """How the page's own verification ends."""
    page.wait_for_selector("body[data-verdict]")
    return str(page.get_attribute("body", "data-verdict"))


def asked(page: Any, files: list[bytes], *keys: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = page.evaluate(ASK, [[base64.b64encode(one).decode() for one in files], list(keys)])
    return told


def by_python(data: bytes, key: str) -> Verdict | LedgerError:
    verify = verify_sealed if data.startswith(b"%PDF-") else verify_statement
    try:
        return weighed(verify(data, policy_of(key)), shipped())
    except LedgerError as error:
        return error


def is_same(told: dict[str, Any], verdict: Verdict) -> bool:
    """The same sentences, but for the law: that it was asked again here, and that it was not there."""
    words = [one for _, step in told["steps"] for one in step if not one.startswith("文本文件")]
    law = [one for one in verdict.checked if "逐条重新核定" in one]
    here = [one for one in verdict.checked if one not in law]
    return len(law) == 1 and sorted(words) == sorted(here) and told["unproven"] == [
        *verdict.unproven, told["unproven"][-1]] and "没有按条款重新核定" in told["unproven"][-1]


def test_opened_from_a_disk_without_network_it_verifies_and_shows_its_statement(page: Any, made: BODY) -> None:
    assert ended(page) == "holds" and page.said == []

    shown = page.inner_text("main")
    assert all(words in shown for words in ("郑三五", made["code"], "工业互联网研修", "没有证明", "无一遗漏"))
    assert "没有使用网络" in shown and len(page.query_selector_all(".steps > li")) == 6


@pytest.mark.requires_system("pdftotext")
def test_each_page_that_is_printed_of_it_says_whose_it_is_and_under_which_code(page: Any, made: BODY) -> None:
    assert ended(page) == "holds"

    done = subprocess.run(("pdftotext", "-layout", "-", "-"), input=page.pdf(prefer_css_page_size=True),
                          capture_output=True, check=True)
    pages = done.stdout.decode().rstrip("\f").split("\f")

    assert len(pages) > 1
    for number, paper in enumerate(pages, 1):
        foot = "".join(paper.rstrip().splitlines()[-1].split())  # It reads a gap between a hyphen and a J as a space.
        assert foot == f"郑三五核验码{made['code']}第{number}页，共{len(pages)}页"


def test_axe_finds_nothing_in_it_and_it_fits_a_small_window(page: Any, html: bytes, tmp_path: Path) -> None:
    ended(page)
    policy = re.search(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', html)
    assert policy is not None and b"unsafe" not in policy[0]
    free = page.context.browser.new_context(bypass_csp=True, offline=True).new_page()
    (tmp_path / "v.html").write_bytes(html)
    free.goto((tmp_path / "v.html").as_uri())
    ended(free)
    free.evaluate(AXE.read_text("utf-8"))

    assert free.evaluate(AXE_RUN) == []
    free.set_viewport_size({"width": 320, "height": 800})
    assert free.evaluate("document.documentElement.scrollWidth") <= 320


def test_it_says_of_a_text_what_the_verifier_in_python_says(page: Any, file: bytes, key: str) -> None:
    found = by_python(file, key)

    (told,) = asked(page, [file], key)
    assert isinstance(found, Verdict) and told["holds"] and is_same(told, found)


def cosigned(file: bytes, *lines: bytes) -> bytes:
    """The same under checkpoints that others put their names to as well."""
    parts = parse_statement(file)
    bundles = [parts.bundle] if parts.completeness is None else [parts.bundle, parts.completeness.bundle]
    for note in {parse_bundle(one).checkpoint for one in bundles}:
        file = file.replace(note, note + b"".join(lines))
    return file


def seen_by(file: bytes, name: str, seed: bytes) -> bytes:
    """The line of a witness who saw its checkpoint."""
    text, _ = parse_note(parse_bundle(parse_statement(file).bundle).checkpoint)
    return format_signature(cosign(text, SigningKey(name, seed), 1_780_000_000)).encode()


def test_a_checkpoint_that_witnesses_signed_too_verifies_and_their_lines_hide_nothing(
    page: Any, file: bytes, key: str
) -> None:
    one, two = (seen_by(file, f"witness.example/{name}", name.encode() * 32) for name in "ab")
    own = next(line for line in file.splitlines(keepends=True) if line.startswith("\u2014 ".encode()))
    good = [cosigned(file, one), cosigned(file, one, two), cosigned(file, two, one), cosigned(file, own, one),
            cosigned(file, *[one] * 99), cosigned(file, one[:-8] + b"AAAAAA=\n" if one.endswith(b"=\n") else one)]
    bad = [cosigned(file, *[one] * 100), cosigned(file, one[:-1]), cosigned(file, b"\n", one),
           cosigned(file, b"- x AAAA\n"), cosigned(file, one.replace(b" ", b"  ", 2)),
           cosigned(file, one).replace(own, b""), cosigned(file, one).replace(own[-20:], b"A" * 19 + b"\n")]
    told = asked(page, [*good, *bad], key)

    for data, found in zip([*good, *bad], told, strict=True):
        verdict = by_python(data, key)
        if isinstance(verdict, Verdict):
            assert found["holds"] and is_same(found, verdict), found
        else:
            assert (found["holds"], found["code"]) == (False, verdict.code), found
    assert all(found["holds"] for found in told[:5]) and not any(found["holds"] for found in told[len(good):])


def test_a_sealed_pdf_verifies_and_each_change_of_it_is_found(page: Any, key: str, pdf: bytes) -> None:
    if not pdf:
        pytest.skip("needs fonts-noto-cjk; see `sh tests/setup-system.sh`")
    dice = random.Random(5)
    begins = pdf.index(b"/Contents <")
    places = [*dice.sample(range(begins - 40, begins + 2_600), 30), *dice.sample(range(len(pdf)), 10)]
    changed = [flipped(pdf, place, dice) for place in places]

    told, *others = asked(page, [pdf, pdf + b"\n", pdf[:-1], pdf + pdf, *changed], key)

    found = by_python(pdf, key)
    assert isinstance(found, Verdict) and told["holds"] and is_same(told, found)
    assert not any(one["holds"] for one in others)
    assert "签章之后又有改动" in others[0]["said"] and "应恰有一个签章" in others[2]["said"]
    seal = pdf.index(b"%%EOF") + 5
    apart = [pdf + b"\n", pdf[:-1], pdf[:9_000], pdf[:seal], pdf.replace(b"/ByteRange", b"/ByteRangf"), pdf[:-40],
             pdf.replace(b"/ByteRange [0", b"/ByteRange[0").replace(b"/EmbeddedFile", b"/AnyOther"), changed[-1]]
    codes = ["changed", "cut_short", "cut_short", "unsealed", "changed", "cut_short", "", "changed"]
    for data, code, one in zip(apart, codes, asked(page, apart, key), strict=True):
        assert (one["code"], one["said"]) == (f"pdf_{code}" if code else "unverified", str(by_python(data, key)))


def test_what_became_of_a_file_on_its_way_is_told_in_the_words_of_python(
    page: Any, key: str, file: bytes, made: BODY
) -> None:
    text = file.partition("\n-- 证明 --\n".encode())[0]
    spoilt = [file.replace(b"\n", b"\r\n"), file.decode().encode("gb18030"), text + b"\n", b"%PDF-1.7\n%printed\n%%EOF",
              file.replace("郑三五".encode(), "李三五".encode()),
              file.replace(made["statement"].encode(), b"stm_" + b"0" * 22, 1)]
    others = [b"\x89PNG\r\n", b"<!DOCTYPE html>" + file, b"PK\x03\x04", b"\xff\xfe" + file]

    told = asked(page, [*spoilt, *others], key)

    for data, found in zip(spoilt, told, strict=False):
        assert not found["holds"] and found["said"] == str(by_python(data, key))
    for data, found in zip(others, told[len(spoilt):], strict=True):
        assert not found["holds"] and found["said"].startswith(f"文件：{other_kind(data)}。"), found["said"]


def flipped(data: bytes, place: int, dice: random.Random) -> bytes:
    return data[:place] + bytes([data[place] ^ 1 << dice.randrange(8)]) + data[place + 1:]


def test_bytes_flipped_anywhere_are_found_for_the_reason_that_python_names(page: Any, file: bytes, key: str) -> None:
    dice = random.Random(11)
    changed = [flipped(file, place, dice) for place in dice.sample(range(len(file)), 400)]
    changed += [file[:end] for end in range(0, len(file), 401)] + [file + b"\n", file + file, b""]

    for data, told in zip(changed, asked(page, changed, key), strict=True):
        found = by_python(data, key)
        assert isinstance(found, LedgerError) and not told["holds"], told
        if "不是它的文本文件" not in told["said"]:  # Python's door to files says that in words of its own.
            assert told["code"] == found.code, (told, found)


@pytest.mark.torture
def test_every_byte_flipped_is_found(page: Any, file: bytes, key: str, record_property: Any) -> None:
    record_property("tried", len(file))
    dice = random.Random(13)
    for start in range(0, len(file), 500):
        changed = [flipped(file, place, dice) for place in range(start, min(start + 500, len(file)))]
        assert not any(told["holds"] for told in asked(page, changed, key))


def test_what_was_changed_is_named_in_the_same_words(page: Any, file: bytes, key: str) -> None:
    cut = "\n-- 证明 --\n".encode()
    text, proof = file.split(cut)
    index = re.search(rb"\nindex (\d+)\n", proof)
    assert index is not None
    changed = [
        text.replace("郑三五".encode(), "郑三六".encode()) + cut + proof,
        file.split("-- 完整性 --\n".encode())[0],
        file + "-- 完整性 --\n".encode(),
        text + cut + proof.replace(index[0], b"\nindex %d\n" % (int(index[1]) - 1), 1),
        text + cut + proof.replace(b"\nevent ", b"\nevent 1", 1),
        re.sub(rb"\nblind [^\n]+", b"\nblind " + base64.b64encode(bytes(32)), file, count=1),
        text + cut + re.sub(rb"\nevent [^\n]+", b"", proof, count=1),
        text + cut + proof.replace(b"\nindex ", b"\nindex 0", 1),
    ]
    stranger = format_vkey(generate_key(key.partition("+")[0]).public())

    for data, told in zip(changed, asked(page, changed, key), strict=True):
        assert told["said"] == str(by_python(data, key))
    (told,) = asked(page, [file], stranger)
    assert (told["code"], told["said"]) == ("note_unverified", str(by_python(file, stranger)))
    (told,) = asked(page, [file], key[:-1])
    assert told["code"] == "key_malformed"


def test_sums_are_redone_as_python_redoes_them_whatever_number_is_changed(page: Any, house: Town) -> None:
    """Of somebody for whom what was decided and what is evaluated differ, each figure of both tables."""
    person, works = house.person("孙两口"), house.unit("某厂", "330203", "industry")
    house.belongs(person, works, "2024-01-01")
    officer = house.officer(works, "unit", "330203", unit=works["unit"])
    claims = [officer.act(person.submit(study(date=day)), "approval") for day in ("2025-03-02", "2025-04-02")]
    officer.act(person.submit(study(date="2026-04-02", days="4.5")), "approval")
    officer.act(claims[0], "freeze", {"words": "核查中"})
    made = issued(person)
    text = person.saw(f"/v1/statements/{made['statement']}")["text"]
    start, end = text.index("年度情况"), text.index("\n说明\n")
    dice = random.Random(3)
    digits = [at for at in range(start, end) if text[at].isdigit()]
    texts = [text, *(text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1:] for at in dice.sample(digits, 200))]

    refused = 0
    for one, told in zip(texts, page.evaluate(ADD, texts), strict=True):
        try:
            first = again(read_statement(one), (), shipped()).checked[0]
            assert told[0] == [first], told
        except Unverified as no:
            refused += 1
            assert told == str(no)
        except UnreadableStatement:
            assert told[0] == [] and "没有重新计算学时" in told[1][0]
    assert refused > 30


def test_a_page_with_a_changed_statement_or_a_changed_script_shows_no_verdict_that_holds(
    chromium: Any, html: bytes, tmp_path: Path
) -> None:
    held = re.search(rb'id="file">([^<]+)<', html)
    assert held is not None
    at = held.start(1) + 2_000
    changed = html[:at] + (b"A" if html[at:at + 1] != b"A" else b"B") + html[at + 1:]
    assert ended(opened(chromium, changed, tmp_path)) == "broken"

    for old, new in ((b"found.holds = true", b"found.holds = 1   "), (b"!== tree.root", b"=== tree.root")):
        assert html.count(old) >= 1
        page = opened(chromium, html.replace(old, new), tmp_path)
        assert "脚本没有运行" in page.inner_text("#verdict") and any("Content Security" in one for one in page.said)


def test_the_blank_page_is_anybodys_and_takes_any_statement(
    chromium: Any, house: Town, file: bytes, tmp_path: Path
) -> None:
    answer = house.client().get("/verify/offline")
    assert 'filename="xueshi-verify.html"' in answer.headers["Content-Disposition"]
    page = opened(chromium, answer.data, tmp_path)
    assert "尚未核验" in page.inner_text("#verdict") and "郑" not in answer.get_data(as_text=True)

    (tmp_path / "statement.txt").write_bytes(file)
    page.set_input_files("#given", tmp_path / "statement.txt")
    assert ended(page) == "holds"
    page.fill("#keys", format_vkey(generate_key("xueshi.example").public()))
    page.locator("#keys").blur()
    page.wait_for_selector("body[data-verdict=broken]")
    assert "没有任何已知密钥" in page.inner_text("#verdict") and not page.inner_text("#statement")


def test_its_own_arithmetic_of_ed25519_is_that_of_the_rfc_and_of_the_browser(page: Any) -> None:
    check = """async ([key, message, signature]) => {
      const [k, m, s] = [key, message, signature].map(xueshi.unhex);
      return [await xueshi.isSignature(k, s, m, true), await xueshi.isSignature(k, s, m)];
    }"""
    dice = random.Random(1)
    for key, message, signature in VECTORS:
        assert page.evaluate(check, [key, message, signature]) == [True, True]
        for _ in range(4):
            one, other = (flipped(bytes.fromhex(part), dice.randrange(32), dice).hex() for part in (key, signature))
            assert page.evaluate(check, [one, message, signature])[0] is False
            assert page.evaluate(check, [key, message, other])[0] is False
        late = (int.from_bytes(bytes.fromhex(signature[64:]), "little")
                + 2**252 + 27742317777372353535851937790883648493).to_bytes(32, "little").hex()
        assert page.evaluate(check, [key, message, signature[:64] + late]) == [False, False], "5.1.7: S is below L"


def test_a_character_is_as_wide_to_it_as_to_whoever_wrote_the_text(page: Any) -> None:
    words = base_vocabulary()
    told = "".join([
        *(route.name for route in words.routes.values()), *words.levels.values(), *words.categories.values(),
        *words.sectors.values(), *(one.name for one in words.minimums.values())])
    told += "".join(clause.article for book in shipped().books for clause in book.clauses)
    told += "".join(book.id for book in shipped().books) + "，。；：、（）“”‘’—…·《》〔〕０９㴪㛃𬭎䶮é "
    chars = sorted(set(told))

    assert page.evaluate("chars => chars.map(xueshi.width)", chars) == [width(one) for one in chars]


def test_the_person_downloads_it_from_the_page_and_nobody_else_does(house: Town, person: Someone, made: BODY) -> None:
    place = f"/statements/{made['statement']}-verify.html"

    own = browser(house, person).get(place)
    assert own.status_code == 200 and own.headers["Content-Disposition"].startswith("attachment")
    assert f'href="{place}"' in browser(house, person).get(f"/statements/{made['statement']}").get_data(as_text=True)
    assert browser(house, house.person("别人")).get(place).status_code == 404
