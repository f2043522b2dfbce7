"""The first page: it shows what was answered, to whom it may be shown, and a real browser is content with it."""

from __future__ import annotations

import io
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from api.console.cookies import SESSION as COOKIE
from api.console.screens import page_routes
from api.service.app import create_app
from api.telling import logs
from tests.api.house_kit import Someone, Town, house_in, study
from tests.forked import Popen

CSS_BYTES_MOST = 10_240
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with house_in(tmp_path_factory.mktemp("page") / "data") as town:
        town.app = create_app(town.house, blueprints=[page_routes()])
        yield town


@pytest.fixture(scope="module")
def li(town: Town) -> Someone:
    """Someone with 24 and 12 hours of two seminars under a cap of 36, one revoked and one unfit title."""
    works = town.unit("甬江机械厂", "330203", "industry")
    person = town.person("李明华")
    town.belongs(person, works, "2025-01-01")
    clerk = town.officer(works, "unit", "330203", unit=works["unit"])
    for title, facts in (
        ("高研班一", study(route="advanced_seminar", level="municipal", days="5", date="2025-05-03")),
        ("高研班二", study(route="advanced_seminar", level="municipal", days="4", date="2025-09-03")),
        ("<script>alert(1)</script>&", study(route="overseas", days="1", date="2025-10-03")),
    ):
        last = clerk.act(person.submit(facts, title), "approval")
    clerk.act(last, "revocation", {"basis": "falsified", "words": "材料不实"})
    return person


def browser(town: Town, someone: Someone | None = None) -> FlaskClient:
    """A browser's cookies, after the login of someone."""
    client = town.client()
    if someone is not None:
        answer = client.post("/login", data={"token": someone.token}, headers=HERE)
        assert answer.status_code == 303, answer.get_data(as_text=True)
    return client


class Text(HTMLParser):
    """A page's words, and whether each tag that was opened is closed in order."""

    VOID = frozenset({"meta", "link", "input", "img", "rect", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page_of(client: FlaskClient, address: str) -> Text:
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return Text(answer.get_data(as_text=True))


# What it shows


def test_the_page_shows_the_numbers_of_the_answer_with_their_clauses_and_events(town: Town, li: Someone) -> None:
    shown = page_of(browser(town, li), f"/persons/{li.id}/years/2025").text
    year = li.year(2025)

    assert year["evaluated"]["total"] == "36"
    assert "36 学时" in shown
    assert "总学时 36 90 54" in shown
    for entry in year["entries"]:
        for position in entry["events"]:
            assert f"#{position}" in shown
        for step in entry["evaluated"]["why"]:
            assert named(step["arithmetic"], year["entries"]) in shown
            assert step["quote"] is None or step["quote"] in shown
    for one in year["evaluated"]["minimums"]:
        assert one["article"] in shown


def named(words: str, entries: list[Any]) -> str:
    """Arithmetic with titles in the place of ids."""
    for entry in entries:
        words = words.replace(entry["claim"], f"《{entry['title']}》")
    return words


def test_a_revoked_entry_stays_to_be_seen_and_counts_nothing(town: Town, li: Someone) -> None:
    shown = page_of(browser(town, li), f"/persons/{li.id}/years/2025").text

    assert "已撤销" in shown
    assert "为什么是 0 学时" in shown


def test_whoever_is_shown_is_masked(town: Town, li: Someone) -> None:
    page = browser(town, li).get(f"/persons/{li.id}/years/2025").get_data(as_text=True)

    assert "李*华" in page
    assert "李明华" not in page
    assert re.search(r"\d{17}", page) is None


def test_a_title_is_text_and_nothing_else(town: Town, li: Someone) -> None:
    page = browser(town, li).get(f"/persons/{li.id}/years/2025").get_data(as_text=True)

    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in page


def test_the_basis_always_stands_there_and_says_when_it_is_not_now(town: Town, li: Someone) -> None:
    client = browser(town, li)
    now = page_of(client, f"/persons/{li.id}/years/2025").text
    then = page_of(client, f"/persons/{li.id}/years/2025?valid_on=2025-06-30&law=now").text

    assert "发生时间 不限 · 记录时间" in now.replace("  ", " ")
    assert "您看的不是现在" not in now
    assert "您看的不是现在" in then
    assert "24 学时" in then, "the second seminar had not happened"
    assert "回到现在" in then


def test_under_another_law_both_totals_stand_there_with_the_reason(town: Town, li: Someone) -> None:
    law = "set:zhejiang/2016-08-01"
    shown = page_of(browser(town, li), f"/persons/{li.id}/years/2025?law={law}").text
    year = li.year(2025, law=law)

    assert (year["decided"]["total"], year["evaluated"]["total"]) == ("36", "0")
    assert "认定时合计 36 ，按指定的细则评定为 0" in shown
    assert "核定时依 甬经信组〔2018〕244号 第六条（一）为 24" in shown


def test_as_of_an_earlier_event_the_page_shows_what_was_known_then(town: Town, li: Someone) -> None:
    first = li.year(2025)["entries"][0]["events"][-1]
    shown = page_of(browser(town, li), f"/persons/{li.id}/years/2025?as_of={first}").text

    assert "24 学时" in shown
    assert "高研班二" not in shown


def test_without_a_year_the_newest_with_entries_is_shown(town: Town, li: Someone) -> None:
    assert "2025 年度继续教育学时" in page_of(browser(town, li), f"/persons/{li.id}/years").text


def test_the_year_that_is_running_is_led_to_though_nothing_is_registered_in_it(town: Town, li: Someone) -> None:
    """It is the one that something can still be done about."""
    client, running = browser(town, li), f"/persons/{li.id}/years/{town.house.today.year}"

    assert f'href="{running}"' in client.get(f"/persons/{li.id}/years/2025").get_data(as_text=True)
    shown = page_of(client, running).text
    assert "年度未完" in shown and "这一年度没有登记的学时" in shown
    first = li.year(2025)["entries"][0]["events"][-1]
    then = client.get(f"/persons/{li.id}/years/2025?as_of={first}").get_data(as_text=True)
    assert f'href="{running}?as_of={first}"' in then, "of the day on which one looks, not of today"


def test_whoever_has_nothing_yet_is_told_what_to_do(town: Town) -> None:
    newcomer = town.person("王新")

    client = browser(town, newcomer)
    assert "匹配用人单位" in page_of(client, "/login").text
    assert "请先匹配用人单位" in page_of(client, f"/persons/{newcomer.id}/years").text


@pytest.mark.parametrize("query", ["as_of=2999-01-01", "as_of=x", "valid_on=x", "law=x", "law=set:none/2020-01-01"])
def test_an_axis_that_cannot_be_is_answered_with_a_reason(town: Town, li: Someone, query: str) -> None:
    answer = browser(town, li).get(f"/persons/{li.id}/years/2025?{query}")

    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("typed", ["", "张三", "330102199003070019"])
def test_what_is_no_id_of_a_person_is_said_at_the_field_with_another_way(town: Town, typed: str) -> None:
    bureau = town.unit("宁波市人社局", "330200", "general")
    office = browser(town, town.officer(bureau, "human_resources", "3302"))
    answer = office.get("/years", query_string={"person": typed, "purpose": "appeal"})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    assert 'href="#person">人员编号：应为 per_ 开头的 26 位编号。' in page and '从线索查起' in page
    assert f'value="{typed}"' in page and '<option value="appeal" selected>' in page, "what was typed is kept"
    assert office.get("/years").status_code == 200


# Who may see it


def test_without_a_session_everything_leads_to_the_login(town: Town, li: Someone) -> None:
    for address in (f"/persons/{li.id}/years", f"/persons/{li.id}/years/2025", "/years"):
        answer = browser(town).get(address)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?to={address}")


@pytest.mark.parametrize("token", ["", "x", "xsl_" + "A" * 43, "é" * 50, "x" * 10_000])
def test_a_wrong_token_is_answered_clearly_and_opens_nothing(town: Town, token: str) -> None:
    answer = browser(town).post("/login", data={"token": token}, headers=HERE)

    assert answer.status_code == 401
    assert "令牌无效" in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


def test_the_installations_token_opens_no_session(town: Town) -> None:
    answer = browser(town).post("/login", data={"token": town.founder.token}, headers=HERE)

    assert answer.status_code == 401
    assert "不用于登录页面" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"},
                {"Origin": "https://elsewhere.example"}, {"Origin": "http://["}])
def test_a_form_that_another_site_sent_is_refused(town: Town, li: Someone, headers: dict[str, str]) -> None:
    client = browser(town, li)
    for address in ("/login", "/logout"):
        assert client.post(address, data={"token": li.token}, headers=headers).status_code == 403

    assert client.get(f"/persons/{li.id}/years/2025").status_code == 200


def test_a_browser_that_names_only_its_origin_may_log_in(town: Town, li: Someone) -> None:
    answer = browser(town).post("/login", data={"token": li.token}, headers={"Origin": "http://localhost"})

    assert answer.status_code == 303


def test_the_cookie_is_for_this_site_and_no_script_and_is_not_the_token(town: Town, li: Someone) -> None:
    answer = browser(town).post("/login", data={"token": li.token}, headers=HERE)
    cookie = answer.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert str(li.token) not in cookie
    secure = town.client().post("/login", data={"token": li.token}, headers=HERE, base_url="https://localhost")
    assert "Secure" in secure.headers["Set-Cookie"]


def test_after_the_logout_a_copied_cookie_is_worth_nothing(town: Town, li: Someone) -> None:
    client = browser(town, li)
    kept = client.get_cookie(COOKIE)
    assert kept is not None
    assert client.post("/logout", headers=HERE).status_code == 303
    client.set_cookie(COOKIE, kept.value)

    assert client.get(f"/persons/{li.id}/years/2025").headers["Location"].startswith("/login?to=")


def test_whoever_gets_a_new_token_ends_the_sessions_of_the_old_one(town: Town) -> None:
    bureau = town.unit("宁波市某局", "330200", "general")
    person = town.person("孙易")
    client = browser(town, person)
    office = town.officer(bureau, "human_resources", "3302")
    assert client.get(f"/persons/{person.id}/years").status_code == 200
    office.did(f"/v1/persons/{person.id}/tokens")

    assert client.get(f"/persons/{person.id}/years").headers["Location"].startswith("/login?to=")


def test_a_token_is_no_session(town: Town, li: Someone) -> None:
    client = town.client()
    client.set_cookie(COOKIE, str(li.token))

    assert client.get(f"/persons/{li.id}/years/2025").headers["Location"].startswith("/login?to=")


def test_nobody_sees_another_persons_year(town: Town, li: Someone) -> None:
    other = browser(town, town.person("赵敏"))

    for address in (f"/persons/{li.id}/years/2025", "/persons/per_" + "0" * 22 + "/years"):
        answer = other.get(address)
        assert answer.status_code == 403
        assert "李" not in answer.get_data(as_text=True)


def test_an_office_in_scope_sees_it_for_a_purpose_and_is_recorded(town: Town, li: Someone) -> None:
    bureau = town.unit("宁波市人社局", "330200", "general")
    client = browser(town, town.officer(bureau, "human_resources", "3302"))
    seen = town.house.register.access.store.size()
    without = client.get(f"/persons/{li.id}/years/2025")
    assert (without.status_code, "为什么查阅" in without.get_data(as_text=True)) == (200, True), "it is asked for one"
    assert "李" not in without.get_data(as_text=True)
    assert town.house.register.access.store.size() == seen

    shown = page_of(client, f"/years?person={li.id}&purpose=annual_review").text
    assert "36 学时" in shown
    assert "经办：宁波市人社局" in shown
    assert town.house.register.access.store.size() > seen


def test_an_office_elsewhere_does_not_see_it(town: Town, li: Someone) -> None:
    bureau = town.unit("嘉兴市人社局", "330400", "general")
    client = browser(town, town.officer(bureau, "human_resources", "3304"))

    assert client.get(f"/persons/{li.id}/years/2025?purpose=annual_review").status_code == 404


def test_no_token_and_no_name_reaches_a_log_line(town: Town, li: Someone) -> None:
    lines = io.StringIO()
    logs.configure("debug", "json", lines)
    client = browser(town, li)
    client.get(f"/persons/{li.id}/years/2025?as_of=%E6%9D%8E%E6%98%8E%E5%8D%8E&purpose=330102199003070019")
    client.post("/login", data={"token": "李明华 330102199003070019"}, headers=HERE)
    client.get("/persons/李明华/years")
    written = lines.getvalue()

    assert '"route":"/login"' in written.replace(": ", ":")
    for secret in (str(li.token), "李明华", "330102199003070019", "\\u674e"):
        assert secret not in written


# How it is made


def test_nothing_is_loaded_but_our_own_files_and_no_style_stands_in_a_tag(town: Town, li: Someone) -> None:
    client = browser(town, li)
    answer = client.get(f"/persons/{li.id}/years/2025")
    policy = answer.headers["Content-Security-Policy"]
    page = Text(answer.get_data(as_text=True))
    loaded = [attrs.get("src") or attrs.get("href") for tag, attrs in page.tags if tag in ("link", "img", "script")]

    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _, attrs in page.tags)
    assert loaded
    for address in loaded:
        assert address is not None
        file = client.get(address)
        assert file.status_code == 200
        assert "immutable" in file.headers["Cache-Control"]


def test_the_style_is_small_and_its_address_changes_with_it(town: Town) -> None:
    css = Path(__file__).parents[2] / "api" / "static" / "page.css"

    assert css.stat().st_size <= CSS_BYTES_MOST
    assert town.client().get("/static/page.0000000000000000.css").status_code == 404


def test_each_field_has_a_label_and_each_page_one_heading(town: Town, li: Someone) -> None:
    client = browser(town, li)
    for page in (page_of(town.client(), "/login"), page_of(client, f"/persons/{li.id}/years/2025")):
        labels = {attrs["for"] for tag, attrs in page.tags if tag == "label"}
        fields = {attrs.get("id") for tag, attrs in page.tags
                  if tag in ("input", "select") and attrs.get("type") != "hidden"}
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert fields <= labels
        assert len(ids) == len(set(ids))
        assert [tag for tag, _ in page.tags].count("h1") == 1
        assert ("html", {"lang": "zh-CN"}) in page.tags


def test_the_first_address_leads_a_browser_to_the_login_and_a_program_to_the_list(town: Town) -> None:
    client = town.client()

    assert client.get("/", headers={"Accept": "text/html,*/*;q=0.8"}).headers["Location"] == "/login"
    assert client.get("/", headers={"Accept": "*/*"}).is_json


# In a browser


CONTRASTS = """() => {
  const seen = (c) => { const v = c.match(/[\\d.]+/g).map(Number); return v.length < 4 ? [...v, 1] : v; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = seen(getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c; } return [255, 255, 255, 1]; };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    const [a, b] = [light(seen(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) poor.push(`${e.tagName} ${e.className} ${ratio.toFixed(2)} ${e.textContent.trim().slice(0, 20)}`);
  }
  return poor;
}"""
VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective));"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, tuple[str, str]]]]:
    """A real service with the sample in it, and the accounts it was told: id and token by name."""
    folder = tmp_path_factory.mktemp("served")
    xueshi = str(Path(sysconfig.get_path("scripts")) / "xueshi")
    command = [xueshi, "serve", "--sample", "--port", "0"]
    with (folder / "stderr").open("w") as stderr, Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=stderr, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip().partition("：")[2]
        assert address, (folder / "stderr").read_text("utf-8")
        lines = (folder / "data" / "sample-accounts.txt").read_text(encoding="utf-8").splitlines()[2:]
        found = {lines[at]: (lines[at + 1].strip(), lines[at + 2].strip()) for at in range(0, len(lines), 3)}
        yield address, found
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.mark.requires_system("chromium")
def test_in_a_browser_someone_logs_in_reads_their_year_opens_a_number_and_prints(
    served: tuple[str, dict[str, tuple[str, str]]], chromium: Any, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    address, accounts = served
    person, token = accounts["陈知远"]
    said: list[str] = []
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.add_init_script(VIOLATIONS)
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("response", lambda answer: said.append(answer.url) if answer.status >= 400 else None)

    page.goto(f"{address}/")
    page.get_by_label("令牌").fill("xsl_" + "A" * 43)
    page.get_by_role("button", name="凭令牌进入").click()
    assert "令牌无效" in page.get_by_role("alert").inner_text()
    said.clear()    # Of the 401; from here on nothing may be said.

    page.get_by_label("令牌").fill(token)
    page.get_by_role("button", name="凭令牌进入").click()
    page.wait_for_url("**/home")
    page.goto(f"{address}/persons/{person}/years/2024")
    row = page.get_by_role("row", name="工业互联网高级研修班（二）").first
    assert row.get_by_role("cell").all_inner_texts()[-3:-1] == ["24", "12"]
    assert not page.get_by_text("《工业互联网高级研修班（一）》 24），余 12").first.is_visible()
    row.get_by_role("link", name="12").click()    # A number opens what it is made of.
    page.locator("details[open]:has(:target)").wait_for()
    for summary in page.locator("summary").all():
        if summary.locator("..").get_attribute("open") is None:
            summary.click()
    expect(page.get_by_text("《工业互联网高级研修班（一）》 24），余 12").first).to_be_visible()
    assert page.evaluate(CONTRASTS) == []

    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="退出").is_visible()
    assert page.pdf(path=tmp_path / "year.pdf", prefer_css_page_size=True).startswith(b"%PDF")
    page.emulate_media(media="screen")
    page.get_by_role("button", name="退出").click()
    page.wait_for_url("**/login")

    assert said == []
