"""One or a few well-formed inputs of each target, as our own code writes them: where a corpus begins.

`python -m tests.fuzz --examples` writes them; what was found later lies beside them and is never overwritten.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
import zlib
from pathlib import Path

import xlsxwriter

from api.routes.paging import Cursor, write_cursor
from ledger.archive import first_moment
from ledger.copies.archive_writing import write
from ledger.copies.export import export
from ledger.events.statement import StatementId
from ledger.hand_over.file import FORMAT, Header
from ledger.hand_over.gathering import gather, hand_over
from ledger.keys import backup as key_backup
from ledger.offline.case_file import Book, File, Manifest, Paper, Part, Redaction, format_manifest
from ledger.offline.plain_zip import Writer
from ledger.proof.checkpoint import parse_checkpoint
from ledger.proof.keys import format_skey, generate_key
from ledger.proof.map_proof import Presence, format_presence
from ledger.proof.notes import parse_note
from ledger.proving import prove_event
from ledger.signing.rotation import retire, sign_with_new
from ledger.vocabulary import PersonId
from ledger.witnessing.fork import format_fork, prove_fork, same_size_fork
from ledger.witnessing.request import Request, format_request
from ledger.witnessing.stamp import ask_for
from policies.shelf import CASES_SUFFIX, rulebook_files
from projections.findings.marks import PICTURE_LEAST
from tests.fuzz.answered import TEXT as TEXT_STAMPED
from tests.fuzz.answered import cosigned
from tests.fuzz.fetched import exported, tiles_asked
from tests.fuzz.rehung import PARTED, answered_by_one, claims, closed_line, parted
from tests.fuzz.sealed import certificate_of, page_with, sealed
from tests.fuzz.targets import KEY
from tests.witness.witness_kit import LOG_KEY, FakeLog

sys.path.insert(0, str(Path(__file__).parents[1] / "ledger"))  # Where tests find what they share.
sys.path.insert(0, str(Path(__file__).parents[1] / "witness"))

from ledger_kit import FIRST, ORIGIN, House, small_house
from map_kit import complete_file, counting, issue_complete, map_file
from statement_kit import TEXT, issue, statement_file
from tsa_kit import Authority

FACTS = (
    b'{"kind":"affiliation","person":"p1","from":"2018-01-01","region":"330203","sector":"industry"}\n'
    b'{"kind":"entry","id":"e1","person":"p1","date":"2019-05-03","category":"professional",'
    b'"route":"advanced_seminar","level":"municipal","days":"5"}\n'
    b'{"kind":"application","person":"p1","applied_on":"2024-05-10","title_obtained_on":"2018-11-30","minimum_years":5}\n'
)

ASKED = (
    "GET /claims.json?as_of=12&valid_on=2026-03-01&law=then\nHX-Request: true\nSec-Fetch-Site: same-origin\n"
    "HX-Current-URL: http://localhost/claims/new?route=paper\nCookie: a=b; {session}\n\n",
    "GET /claims?as_of=12\nHX-Request: true\nHX-Current-URL: http://localhost/claims\n\n",
    "GET /v1/persons/{li}/years/2026?as_of=18&valid_on=2026-06-01&law=now\n"
    'Authorization: Bearer {token}\nIf-None-Match: W/"v3", "v4"\nAccept: application/json;q=0.9, */*\n'
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\nX-Forwarded-For: 10.0.0.1, 192.0.2.1\n\n",
    "POST /v1/claims?dry_run=true\nAuthorization: Bearer {token}\nIdempotency-Key: a-key-that-is-long-enough\n"
    "Content-Type: application/json\n\n"
    '{"person":"{li}","study":{"category":"professional","route":"training","level":"provincial","days":"2",'
    '"date":"2026-04-02"},"details":{"title":"培训"},"evidence":[{"kind":"certificate","sha256":"%s"}]}' % ("ab" * 32),
    'POST /v1/claims/{claim}/withdrawal?dry_run=true\nAuthorization: Bearer {token}\nIf-Match: "v1"\n'
    "Idempotency-Key: another-key-that-is-long\nContent-Type: application/json; charset=utf-8\n\n{}",
    "GET /v1/persons/{li}/timeline?kind=claim.submitted&from=2026-01-01&to=2026-12-31&limit=2\n"
    "Authorization: Bearer {token}\n\n",
    "POST /login?to=/claims%3Fas_of%3D3\nOrigin: http://localhost\nContent-Type: application/x-www-form-urlencoded\n\n"
    "token=xsl_wrong&account=&password=",
    "GET /me/unit/request?q=%E6%9C%BA%E6%A2%B0%20*&to=unt_0\nCookie: {session}\nAccept-Language: zh-CN,zh;q=0.9\n\n",
    "GET /verify?code=7K3M-9QXT-0AHB&d=%s\nIf-Modified-Since: Mon, 23 Nov 2026 00:00:00 GMT\n"
    "Range: bytes=0-9\n\n" % ("ab" * 32),
    "PUT /v1/persons/{li}/evidence/%s\nAuthorization: Bearer {token}\nContent-Type: application/pdf\n"
    "Content-Disposition: attachment; filename*=UTF-8''%%E8%%AF%%81.pdf\n\n%%PDF-1.4" % ("ab" * 32),
    "POST /rules/proposals/new\nCookie: {office}\nSec-Fetch-Site: same-origin\n"
    "Content-Type: application/x-www-form-urlencoded\n\n"
    "key={officekey}&step=edit&text_from=sent&source_carried=ZmFtaWx5&text_carried=5b6F",
    "POST /verify\nSec-Fetch-Site: same-origin\nContent-Type: multipart/form-data; boundary=xx\n\n"
    '--xx\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
    "Content-Type: text/plain\r\n\r\nx\r\n--xx--\r\n",
)


def examples(folder: Path) -> dict[str, list[bytes]]:
    """Make them, in a register of their own."""
    house = small_house(folder / "house")
    try:
        return _of_ledger(house) | _of_law() | _of_people() | _of_files() | _of_answers(folder) | _of_requests()
    finally:
        house.close()


def _of_ledger(house: House) -> dict[str, list[bytes]]:
    store, signer = house.store, house.signer()
    position = issue(house)
    note = signer.checkpoint()
    plain = statement_file(house, position)
    proof = prove_event(store, position, note)
    leaves = store.leaves(0, 6)
    text = note.partition(b"\n\n")[0] + b"\n"
    exported = b"".join(export(store, note))
    key = generate_key(ORIGIN)
    vkey = signer.vkeys[0].encode()
    return {
        "note": [note], "checkpoint": [text], "vkey": [vkey], "skey": [format_skey(key).encode()],
        "trust_policy": [b"log " + vkey + b"\nwitness w1 " + vkey + b"\ngroup g any w1\nquorum g\n",
                         b"log " + vkey + b"\nquorum none\n"],
        "tlog_proof": [proof], "tile_path": [b"tile/0/x001/234.p/5", b"tile/entries/000", b"tile/1/000"],
        "leaf": list(leaves[:3]),
        "statement": [plain, _complete(house)],
        "verify": [plain, proof, exported, note, _sealed_by(house, plain)],
        "witness_request": [format_request(Request(12, (b"h" * 32, b"i" * 32), note))],
        "map_proof": [_presence(house)], "fork": _forks(),
        "year_archive": [_year_archive(house, house.folder.parent / "2025")],
        "hand_over": [(handed := _hand_over(house, note))],
        "hand_over_header": [handed.partition(b"\n")[0]],
        "succession": [_succession(house.folder / "other")],
        "backup_manifest": [_manifest()], "key_backup_manifest": [_key_manifest()],
        "case_manifest": [_case_manifest()], "year_line": [closed_line()],
        "cursor": [write_cursor(KEY, "q", Cursor(12, ["clm_1", 3])).encode()],
    }


def _year_archive(house: House, folder: Path) -> bytes:
    folder.mkdir()
    write(house.store, house.signer().checkpoint(), 2025, folder, now=first_moment(2026) + 1)
    return parted(folder, house.signer().vkeys[0].encode())


def _hand_over(house: House, note: bytes) -> bytes:
    size = parse_checkpoint(parse_note(note)[0]).size
    gathered = gather(house.ledger, [FIRST], size)
    header = Header(FORMAT, ORIGIN, 0, size)
    return b"".join(hand_over(house.store, gathered, header, note, house.signer().keys))


def _complete(house: House) -> bytes:
    kept, person = map_file(house), PersonId("per_wang")
    positions = issue_complete(house, kept, person, StatementId("stm_0000000000000000000009"), "7K3M9QXT0AHC")
    presence = kept.proof_of(person, positions[0] - 1).proof
    assert isinstance(presence, Presence)
    return complete_file(house, positions, presence, counting(TEXT, len(presence.events)))


def _presence(house: House) -> bytes:
    found = map_file(house, "other.db").proof_of(PersonId("per_wang"), house.store.size()).proof
    assert isinstance(found, Presence)
    return format_presence(found)


def _succession(folder: Path) -> bytes:
    """What a log says of its keys after one was exchanged."""
    house = small_house(folder)
    try:
        old = house.signer().keys[0].public()
        sign_with_new(house.folder, ORIGIN)
        house.signer().checkpoint()
        retire(house.folder, ORIGIN, old.key_id.hex())
        return next(house.folder.glob("*.succession")).read_bytes()
    finally:
        house.close()


def _manifest() -> bytes:
    said = {"format": "xueshi-backup/1", "program": "0.1.0", "made_at": "2026-11-22T00:00:00Z", "store": "sqlite",
            "ledger": {}, "access": {}, "files": [], "sha256": "0" * 64}
    return json.dumps(said, indent=1).encode()


def _key_manifest() -> bytes:
    said = {"format": key_backup.FORMAT, "origin": ORIGIN, "name": "20261122T000000Z-0001", "make": "file",
            "taken": "2026-11-22T00:00:00+00:00", "expires": "2026-12-22T00:00:00+00:00", "sha256": "0" * 64}
    return json.dumps(said).encode()


def _forks() -> list[bytes]:
    """Two roots of one size, and a longer log with another past."""
    short, other = FakeLog().grown(7), FakeLog().grown(5).grown(9, "something else")
    found = (same_size_fork(short.note(), FakeLog().grown(6).grown(1, "x").note()),
             prove_fork(other.note(), short.note(), other, other.root(7)))
    return [format_fork(one) for one in found if one is not None]


def _case_manifest() -> bytes:
    digest = "ab" * 32
    return format_manifest(Manifest(
        ORIGIN, "cas_1", 12, 13, "audit", "acr_1", None, Redaction(fields=("names",)), (Part(4, "case", "opened"),),
        (Paper("clm_1", "certificate", digest, None, "withheld"),), (Book("zhejiang/2016-08-01", digest, digest),),
        (File("index.html", 4, digest),)))


def _of_answers(folder: Path) -> dict[str, list[bytes]]:
    authority = Authority(folder / "authority").make()
    answer = authority.reply(ask_for(TEXT_STAMPED).der)
    said = b'{"id":0,"wrapped":"c2VhbGVk"}\n{"id":1,"refused":"key_disabled"}'
    return {"time_stamp": [PARTED.join([(authority.folder / "ca.pem").read_bytes(), answer])],
            "witness_answer": [cosigned(), b"13\n"], "key_answer": [said],
            "log_tiles": tiles_asked(), "columns": [exported(folder)], "service_answer": [_refused()],
            "provider_answers": [answered_by_one()]}


def _refused() -> bytes:
    said = {"code": "roster_wrong", "detail": "名册有误", "errors": [{"pointer": "/rows/3", "detail": "没有姓名"}],
            "seen": {"claims": ["clm_1", "clm_2"], "size": 12}, "trace_id": "ab"}
    return json.dumps(said, ensure_ascii=False).encode()


def _of_requests() -> dict[str, list[bytes]]:
    head = b"POST /v1/claims?dry_run=true HTTP/1.1\r\nHost: a.example\r\nContent-Type: application/json\r\n"
    return {"request_head": [head + b"Content-Length: 2\r\n\r\n{}",
                             head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
            "request": [one.encode() for one in ASKED],
            "body": [b'{"person":"per_1","study":{"days":"4.5","rank":2},"evidence":[{"kind":"certificate"}]}']}


def _of_law() -> dict[str, list[bytes]]:
    books = list(rulebook_files(Path(__file__).parents[2] / "policies" / "rulebooks"))
    whole = books[0].with_name(f"{books[0].stem}{CASES_SUFFIX}").read_bytes()
    cases = b"\n[[case]]".join(whole.split(b"\n[[case]]")[:5])
    return {"rulebook": [books[0].read_bytes()], "rule_cases": [cases], "facts": [FACTS],
            "axes": [b"2026-01-01\n2025-12-31\nthen", b"12\n\nset:zhejiang/2016-08-01", b"2026-01-01T00:00:00.5+08:00"]}


def _of_people() -> dict[str, list[bytes]]:
    return {"identifiers": [b"330203199003070019", b"91330100MA27XYA111", "李　明".encode(), b"13800138000"],
            "hours": [b"4.5", b"24"], "one_time_code": [b"287 082", b"abcd-efgh-ijkl-mnop-qrst-uvwx"],
            "id_token": [claims()], "settings": [b'access_months = 12\nlisten_host = "127.0.0.1"\nworkers = 2\n'],
            "verify_code": [b"7K3M-9QXT-0AHB"],
            "statement_text": [("=" * 78 + "\n学时登记情况表\n" + "=" * 78 + "\n").encode()]}


def _of_files() -> dict[str, list[bytes]]:
    heads, row = ("证件号码", "姓名", "出勤天数", "登记卡号"), ("330203199003070019", "李明", "1.5", "K-1")
    sheet, table = _workbook(heads, row), "\n".join(",".join(one) for one in (heads, row)).encode()
    results = "\n".join(("座位号,是否参加,成绩", "1,是,88.5", "2,否,")).encode()
    imported = "\n".join(("来源记录号,版本号,证件号码,姓名,题名,类别,途径,日期",
                          "nb-1,1,330203199003070019,李明,题,专业科目,论文,2024-05-01"))
    created = b"<< /Producer (Writer) /CreationDate (D:20260301120000+08'00') >>"
    packed = b"<< /Type /ObjStm >>\nstream\n" + zlib.compress(created) + b"\nendstream\n"
    scan = _jpeg()[:-2] + bytes(PICTURE_LEAST) + b"\xff\xd9"
    xmp = b"<pdf:Producer>W</pdf:Producer><xmp:CreateDate>2026-03-01T12:00:00Z</xmp:CreateDate>"
    return {"evidence_marks": [b"%PDF-1.7\n" + created, b"%PDF-1.7\n" + packed, b"%PDF-1.7\n" + xmp, _png(), scan,
                               b"%PDF-1.7\nstream\n" + scan + b"\nendstream\n"],
            "evidence": [_pdf(), _jpeg(), _png(), _ofd()], "sheet": [sheet, table, table.decode().encode("gb18030")],
            "roster": [sheet, table], "results": [results, b'{"seat":1,"present":true,"score":"88.5"}\n'],
            "import_list": [imported.encode(), b'{"record":"nb-1","version":1}\n'], "sealed_pdf": _sealed(),
            "archive": [_archive()]}


def _sealed_by(house: House, statement: bytes) -> bytes:
    return sealed(certificate_of(house.signer().origin, house.signer().keys), page_with(statement))


def _sealed() -> list[bytes]:
    """A whole PDF; a certificate and a page; and a certificate with a number below zero, which a library ends with."""
    certificate, page = certificate_of(LOG_KEY.name, [LOG_KEY]), page_with(TEXT.encode())
    at = certificate.index(bytes.fromhex("a00302010202")) + 7  # Past the version, a tag and a length.
    below = certificate[:at] + b"\xff" + certificate[at + 1:]
    return [sealed(certificate, page), certificate + PARTED + page, below + PARTED + page]


def _workbook(*rows: tuple[str, ...]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as made:
        sheet = made.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return file.getvalue()


def _pdf() -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n/ByteRange [0 20 40 30]\ntrailer\nstartxref\n9\n%%EOF\n"


def _jpeg() -> bytes:
    return (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0"
            + b"\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\x12\x34\xff\xd9")


def _png() -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    header = (2).to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(6))) + chunk(b"IEND", b"")


def _ofd() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("OFD.xml"), "<ofd:OFD/>")
        archive.writestr(zipfile.ZipInfo("Doc_0/Document.xml"), "<d/>" * 20)
    return file.getvalue()


def _archive() -> bytes:
    file = io.BytesIO()
    made = Writer(file)
    made.put("events/1.proof", b"one")
    made.put("manifest.json", b"{}")
    made.finish()
    return file.getvalue()

