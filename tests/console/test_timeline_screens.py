"""The investigator's timeline: a clue leads to its thread, a thread to its events, an event to its proof."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import Any, NamedTuple

import msgspec
import pytest

from api.cases.log import histories
from api.console.tracing import timeline
from api.console.tracing.field_words import FIELDS
from api.console.tracing.fields import changes, fields, told_so_far
from api.console.tracing.lanes import Span, lanes
from ledger.envelope import decode
from ledger.errors import Refusal
from ledger.events.base import Event
from ledger.events.catalogue import CURRENT
from ledger.offline.verify import policy_of, verify_proof
from policies.words import base_vocabulary
from tests.api.house_kit import SHA, Someone, resident_id, study
from tests.console.browser_kit import Window
from tests.console.console_kit import HERE, Browser, Cast

WHY = "purpose=investigation"


class Scene(NamedTuple):
    """A supervisor, and what somebody of the works was registered late, sent back and mended."""

    supervisor: Someone
    watching: Browser
    claim: str
    events: list[int]
    wu: Someone
    number: str


@pytest.fixture(scope="module")
def scene(cast: Cast) -> Scene:
    town = cast.town
    supervisor = town.officer(town.unit("宁波市监督办", "330200", "general"), "supervisor", "3302")
    number = resident_id(next(town.numbers))
    made = town.nobody.did("/v1/persons", {"name": "吴线索", "id_kind": "resident_id", "id_number": number})
    wu = Someone(town.client(), made["token"], made["person"])
    town.belongs(wu, cast.works, "2020-01-01")
    claim = wu.submit(study(date="2025-03-02", days="2"), "迟报的培训", certificate_number="甬培 2025-7",
                      certificate_issuer="某中心")
    claim = cast.clerk.act(claim, "return", {"words": "天数不对", "reason": "evidence_unclear"})
    body = {name: one for name, one in wu.claim(study(date="2025-03-02", days="3"), "改过的题目").items()
            if name != "person"}
    claim = cast.clerk.act(wu.act(claim, "revision", body), "approval", {})
    events = [one["position"] for one in wu.saw(f"/v1/claims/{claim['claim']}/events")["items"]]
    return Scene(supervisor, Browser(town, supervisor), claim["claim"], events, wu, number)


def seen_by(cast: Cast, reader: str) -> list[tuple[str, str, tuple[str, ...]]]:
    log = cast.town.house.register.access
    events = [decode(leaf).event for leaf in log.store.leaves(0, 100_000)]
    return [(one.subject, one.purpose, one.what) for one in events if getattr(one, "reader", None) == reader]


# What stands in a line


def test_a_persons_timeline_tells_every_event_with_both_days_and_how_late_it_was(cast: Cast, scene: Scene) -> None:
    path = f"/persons/{scene.wu.id}/timeline"
    assert "为什么查阅" in scene.watching.get(path).text
    shown, told = scene.watching.get(f"{path}?{WHY}"), scene.watching.json(f"{path}.json?{WHY}")

    assert [one["what"] for one in told["items"][:4]] == [
        "claim.approved", "claim.revised", "claim.returned", "claim.submitted"]
    submitted = told["items"][3]
    over = sum((one["happened_on"] or "9999")[:4] < one["recorded_at"][:4] for one in told["items"])
    late = (date.fromisoformat(submitted["recorded_at"][:10]) - date(2025, 3, 2)).days
    for words in ("吴*索的时间线", "提交学时申报", "2025-03-02", f"晚记 {late} 天", "专业科目",
                  "培训、研修、研讨（省级）", "核定 12 学时", "本人", "用人单位", "甬江机械厂",
                  f"过了发生的年度才记录（{over} 件）"):
        assert words in shown.text, words
    assert scene.number not in shown.source and "迟报的培训" not in shown.source
    lines = [one for tag, one in shown.tags if tag == "line" and "stroke-width" in one]
    assert len(lines) == len(told["items"]) and sum(one["x1"] != one["x2"] for one in lines) >= over >= 2
    assert (scene.wu.id, "investigation", ("timeline",)) in seen_by(cast, scene.supervisor.id)


def test_a_line_says_what_it_changed_and_leads_to_what_was_seen_right_before(cast: Cast, scene: Scene) -> None:
    claim = scene.claim
    shown = scene.watching.get(f"/claims/{claim}/timeline?{WHY}")
    events = scene.events

    assert "学习 · 天数 2 天 → 3 天" in shown.text and "理由 佐证材料模糊，无法辨认" in shown.text
    before = scene.watching.get(next(to for said, to in shown.links if said == f"申报（#{events[2] - 1} 为止）"))
    assert "↩ 退回修改" in before.text and "您看的不是现在" in before.text
    assert f"/actors/{cast.clerk.id}/timeline?{WHY}" in {to for _, to in shown.links}
    then = scene.watching.json(f"/claims/{claim}/timeline.json?{WHY}&as_of={events[0]}")
    assert [one["event"] for one in then["items"]] == [events[0]] and then["as_of"] == events[0]
    assert "所涉" not in scene.watching.get(f"/claims/{claim}/timeline?{WHY}&as_of={events[0]}").text


def test_lines_are_chosen_by_what_the_address_says_and_what_cannot_be_read_is_kept(cast: Cast, scene: Scene) -> None:
    path = f"/persons/{scene.wu.id}/timeline"

    def kinds(query: str) -> list[str]:
        return [one["what"] for one in scene.watching.json(f"{path}.json?{WHY}&{query}")["items"]]

    assert kinds("kinds=person&order=oldest") == ["person.registered", "person.affiliated"]
    assert kinds(f"hand={cast.clerk.id}") == ["claim.approved", "claim.returned"]
    assert kinds(f"organisation={cast.works['unit']}&kinds=claim.returned") == ["claim.returned"]
    assert kinds("to=2020-01-01") == []
    assert "没有符合条件的" in scene.watching.get(f"{path}?{WHY}&to=2020-01-01").text
    wrong = scene.watching.get(f"{path}?{WHY}&from=昨天&hand=acr_x", 422)
    assert ("a", {"href": "#from"}) in wrong.tags
    assert {"昨天", "acr_x"} <= {one.get("value") for tag, one in wrong.tags if tag == "input"}
    assert scene.watching.get(f"{path}?{WHY}&from=2026-02-01&to=2026-01-01", 422).text.count("早于") == 1
    assert "至：请写成" in scene.watching.get(f"{path}?{WHY}&to=9999-12-31", 422).text
    for form in (".json", ".csv"):
        assert scene.watching.client.get(f"{path}{form}").status_code == 422, "a file has no page that asks what for"


def test_a_long_timeline_is_paged_and_its_file_is_whole(cast: Cast, scene: Scene) -> None:
    path = f"/actors/{cast.clerk.id}/timeline"
    whole = scene.watching.client.get(f"{path}.csv?{WHY}").get_data(as_text=True)
    first = scene.watching.json(f"{path}.json?{WHY}")

    assert whole.splitlines()[0].lstrip("\ufeff").startswith("经办账号时间线")
    assert len([line for line in whole.splitlines() if line[:1].isdigit()]) >= len(first["items"])
    assert first["next"] is None or "更早的" in scene.watching.get(f"{path}?{WHY}").buttons()
    oldest = scene.watching.json(f"{path}.json?{WHY}&order=oldest")["items"][0]
    after = f"{oldest['position']}-{oldest['event'] << 12}"
    rest = scene.watching.json(f"{path}.json?{WHY}&order=oldest&after={after}")["items"]
    assert rest[0]["event"] >= oldest["event"] and "回到开头" in scene.watching.get(
        f"{path}?{WHY}&order=oldest&after={after}").text


def test_a_file_begins_with_its_first_lines_and_records_everyone_once_however_many_pieces_follow(
    cast: Cast, scene: Scene, monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = f"/actors/{cast.clerk.id}/timeline"
    whole = scene.watching.client.get(f"{path}.csv?{WHY}").get_data(as_text=True)
    before = len(seen_by(cast, scene.supervisor.id))
    monkeypatch.setattr(timeline, "_AT_ONCE", 1)
    pieces = [piece.decode() for piece in scene.watching.client.get(f"{path}.csv?{WHY}").iter_encoded()]
    seen = [who for who, _, what in seen_by(cast, scene.supervisor.id)[before:] if what == ("timeline",)]

    assert "".join(pieces) == whole and "至此完整" in pieces[-1]
    assert len(pieces) == 2 + sum(line[:1].isdigit() for line in whole.splitlines()) > 8
    assert scene.wu.id in seen and len(set(seen)) == len(seen)


def test_a_file_whose_reader_is_let_in_no_more_says_where_it_broke_off(
    cast: Cast, scene: Scene, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timeline, "_AT_ONCE", 1)
    pieces = scene.watching.client.get(f"/actors/{cast.clerk.id}/timeline.csv?{WHY}").iter_encoded()
    begun = [next(pieces), next(pieces)]
    monkeypatch.setattr(histories, "_following", lambda *_: Refusal.because("actor_absent"))
    last = b"".join(pieces).decode()

    assert begun and last.startswith("未写完,写到第 1 行为止：") and "完整" not in last


def test_how_an_account_decides_is_told_in_numbers_and_by_the_hour_with_a_table(cast: Cast, scene: Scene) -> None:
    shown = scene.watching.get(f"/actors/{cast.clerk.id}/timeline?{WHY}")
    told = scene.watching.json(f"/actors/{cast.clerk.id}/timeline.json?{WHY}")["conduct"]

    assert told["own_organisation"] == told["steps"] >= 6 and sum(told["hours"]) == told["steps"]
    assert told["none_opened"] == told["with_papers"] > 0
    for words in ("怎样办理", "经*人的经办时间线", f"办理本单位的 {told['steps']} 件", "一份未开", "钟点与件数的表"):
        assert words in shown.text, words
    bars = [one for tag, one in shown.tags if tag == "rect"]
    assert len(bars) == sum(many > 0 for many in told["hours"])
    assert (cast.clerk.id, "investigation", ("conduct",)) in seen_by(cast, scene.supervisor.id)
    own = Browser(cast.town, cast.clerk)
    mine = own.get(f"/actors/{cast.clerk.id}/timeline")
    then = next(to for said, to in mine.links if said.startswith("审核待办（#"))
    assert "怎样办理" in mine.text and "您看的不是现在" in own.get(then).text


def test_whoever_may_not_look_is_told_nothing(cast: Cast, scene: Scene) -> None:
    claim, event = scene.claim, scene.events[0]
    town = cast.town
    far = Browser(town, town.officer(town.unit("远方", "330106", "general"), "human_resources", "330106"))
    office, li = Browser(town, cast.office), Browser(town, cast.li)

    for path in (f"/persons/{scene.wu.id}/timeline", f"/claims/{claim}/timeline"):
        far.get(f"{path}?{WHY}", 404)
        assert li.client.get(path).status_code in (403, 404)
    far.get(f"/actors/{cast.clerk.id}/timeline?{WHY}", 403)
    far.get(f"/events/{event}?{WHY}", 404)
    li.get(f"/events/{event}", 404)
    assert f"/actors/{cast.clerk.id}/timeline" not in office.get(f"/claims/{claim}/timeline?{WHY}").source
    assert office.get(f"/events/{event}?{WHY}").text.count("证明成立") == 1
    watching_far = Browser(town, town.officer(town.unit("杭州监督办", "330100", "general"), "supervisor", "3301"))
    led = {to.partition("?")[0] for _, to in watching_far.get(f"/events/{event}").links}
    of_wu = (f"/persons/{scene.wu.id}", f"/claims/{claim}")
    assert not [to for to in led if to.startswith(of_wu)], "read, but not followed"
    assert f"/persons/{scene.wu.id}/timeline" in {
        to.partition("?")[0] for _, to in scene.watching.get(f"/events/{event}").links}
    assert "为什么查阅" in office.get(f"/events/{event}").text


# An event and its proof


def test_an_event_is_told_whole_and_each_hash_of_its_proof_is_computed(cast: Cast, scene: Scene) -> None:
    revised = scene.events[2]
    shown, told = scene.watching.get(f"/events/{revised}"), scene.watching.json(f"/events/{revised}.json")

    for words in ("修改申报", "证明成立", "学习 · 天数 2 天 → 3 天", f"#{scene.events[1]}", "即检查点的根", "左边并入"):
        assert words in shown.text, words
    assert f"/evidence/{SHA}" in {to for _, to in shown.links}, "who else showed the paper is one step away"
    computed = bytes.fromhex(told["proof"]["leaf_hash"])
    for step in told["proof"]["steps"]:
        pair = (bytes.fromhex(step["sibling"]), computed)
        computed = hashlib.sha256(b"\1" + b"".join(pair if step["side"] == "left" else pair[::-1])).digest()
        assert computed.hex() == step["computed"]
    assert computed.hex() == told["proof"]["root"] and told["proof"]["holds"] is True


def test_the_proof_is_handed_out_as_the_file_that_verifies_offline(cast: Cast, scene: Scene) -> None:
    event = scene.events[0]
    answer = scene.watching.client.get(f"/events/{event}/proof", headers=HERE)
    key = cast.town.house.register.signer.vkeys[0]

    assert f'filename="event-{event}.tlog-proof"' in answer.headers["Content-Disposition"]
    verdict = verify_proof(answer.data, policy_of(key))
    assert verdict.events[0]["position"] == event
    own = Browser(cast.town, scene.wu)
    assert verify_proof(own.client.get(f"/events/{event}/proof").data, policy_of(key)).kind == "proof"


def test_what_is_sealed_is_opened_by_a_button_for_a_purpose_and_recorded(cast: Cast, scene: Scene) -> None:
    event = scene.events[0]
    closed = scene.watching.get(f"/events/{event}?{WHY}")
    before = seen_by(cast, scene.supervisor.id).count((scene.wu.id, "investigation", ("sealed",)))
    assert "迟报的培训" not in closed.source and before == 0

    form, _ = closed.form_with("打开密封的内容")
    opened = scene.watching.get(f"{form.address}?open=yes&{WHY}")
    assert "迟报的培训" in opened.text and "甬培 2025-7" in opened.text
    assert seen_by(cast, scene.supervisor.id).count((scene.wu.id, "investigation", ("sealed",))) == 1
    registered = scene.watching.json(f"/persons/{scene.wu.id}/timeline.json?{WHY}&kinds=person.registered")["items"][0]
    identity = scene.watching.get(f"/events/{registered['event']}?open=yes&{WHY}")
    assert "吴*索" in identity.text and scene.number not in identity.source and "吴线索" not in identity.source
    assert "迟报的培训" in Browser(cast.town, scene.wu).get(f"/events/{event}?open=yes").text


# From a clue to its thread


def test_every_kind_of_clue_leads_to_its_thread(cast: Cast, scene: Scene) -> None:
    found, claim = scene.watching.get("/timeline"), scene.claim

    for typed, path in (
        ({"what": scene.wu.id}, f"/persons/{scene.wu.id}/timeline"), ({"what": claim}, f"/claims/{claim}/timeline"),
        ({"what": cast.clerk.id}, f"/actors/{cast.clerk.id}/timeline"),
        ({"what": cast.works["unit"]}, f"/units/{cast.works['unit']}/timeline"),
        ({"what": cast.works["credit_code"]}, f"/units/{cast.works['unit']}/timeline"),
        ({"what": SHA.upper()}, f"/evidence/{SHA}"), ({"what": "#3"}, "/events/3"),
        ({"what": scene.number}, f"/persons/{scene.wu.id}/timeline"),
        ({"id_number": scene.number}, f"/persons/{scene.wu.id}/timeline"),
    ):
        led = scene.watching.press(found, "查看", purpose="investigation", **typed)
        assert led.address == path and scene.number not in led.query
    unit = scene.watching.get(f"/units/{cast.works['unit']}/timeline")
    assert "登记单位" in unit.text
    events = {to.removesuffix("#note") for _, to in unit.links if to.startswith("/events/")}
    assert len(events) == 2 and all("证明成立" in scene.watching.get(to).text for to in events)


def test_a_certificates_number_leads_to_everyone_who_holds_it_and_stands_in_no_address(
    cast: Cast, scene: Scene
) -> None:
    typed: dict[str, Any] = {
        "certificate_number": "甬培 2025-9", "certificate_issuer": "某中心", "purpose": "investigation"}
    one, other = (someone.submit(study(date=f"2026-07-0{day}"), "同号", certificate_number="甬培 2025-9",
                                 certificate_issuer="某中心")
                  for day, someone in enumerate((cast.stranger, scene.wu), start=1))
    led = scene.watching.press(scene.watching.get("/timeline"), "查看", **typed)

    assert led.address == f"/claims/{one['claim']}/certificate" and "2025-9" not in led.query
    assert other["claim"] in led.text and one["claim"] in led.text
    far = cast.town.officer(cast.town.unit("远方二", "330106", "general"), "human_resources", "330106")
    away = Browser(cast.town, far)
    none = away.press(away.get("/timeline"), "查看", 422, **typed)
    assert "权限范围之外有 2 份" in none.text and "clm_" not in none.source.replace("clm_…", "")
    assert "甬培 2025-9" in none.source, "what was typed is kept"


def test_a_file_leads_to_every_claim_that_showed_it(cast: Cast, scene: Scene) -> None:
    shown, told = scene.watching.get(f"/evidence/{SHA}?{WHY}"), scene.watching.json(f"/evidence/{SHA}.json?{WHY}")

    assert scene.claim in shown.text and len(told["items"]) > 5
    assert scene.watching.client.get(f"/evidence/{SHA}.csv?{WHY}").get_data(as_text=True).count("clm_") == len(
        told["items"])
    assert "权限范围内没有申报出示过这份文件" in scene.watching.get(f"/evidence/{'0' * 64}?{WHY}").text


@pytest.mark.parametrize(("typed", "said"), [
    ({}, "任一项即可"), ({"what": "某某"}, "编号形如"), ({"what": "enr_" + "0" * 22}, "没有单独的时间线"),
    ({"id_number": "330102"}, "证件号码"), ({"id_number": resident_id(999)}, "没有找到"),
])
def test_what_leads_nowhere_is_said_at_its_field_and_kept(scene: Scene, typed: dict[str, Any], said: str) -> None:
    found = scene.watching.press(scene.watching.get("/timeline"), "查看", 422, **typed, purpose="appeal")

    assert said in found.text
    field = next(iter(typed), "what")
    assert ("a", {"href": f"#{field}"}) in found.tags
    assert set(typed.values()) <= {one.get("value") for tag, one in found.tags if tag == "input"}


def test_whoever_may_look_at_nobody_begins_with_what_is_their_own(cast: Cast) -> None:
    town = cast.town
    audit = town.officer(town.unit("省厅", "330000", "general"), "audit_administrator", "33",
                         person=town.person("审计").id)

    assert Browser(town, cast.li).get("/timeline").address == f"/persons/{cast.li.id}/timeline"
    page = Browser(town, audit).get("/timeline")
    assert page.address == f"/actors/{audit.id}/timeline" and "任用经办账号" in page.text
    assert ("时间线", "/timeline") in page.links


# The pieces


def names(of: Any) -> set[str]:
    """Every name of a field, down to the last part."""
    found: set[str] = set()
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        for field in msgspec.structs.fields(of):
            found |= {field.name} | names(field.type)
    for inner in getattr(of, "__args__", ()):
        found |= names(inner)
    return found | (names(of.__origin__) if hasattr(of, "__metadata__") else set())


@pytest.mark.parametrize("kind", CURRENT.values())
def test_each_field_of_each_event_has_a_word(kind: type[Event]) -> None:
    known = base_vocabulary()
    sealed = set() if kind.sealed_as is None else names(kind.sealed_as)

    assert {name for name in names(kind) | sealed if name not in FIELDS and known.field_name(name) == name} == set()


def test_a_part_that_is_stated_anew_is_stated_whole() -> None:
    first = {"study": {"route": "training", "level": "provincial", "days_half": 4}, "region": "330203"}
    before = told_so_far("claim.submitted", first, {})
    found = changes("claim.revised", {"study": {"route": "training", "days_half": 5}}, before)

    assert [(one.name, one.before, one.after) for one in found] == [
        ("学习 · 天数", "2 天", "2.5 天"), ("学习 · 级别", base_vocabulary().levels["provincial"], None)]
    assert [one.value for one in fields("claim.submitted", first)][-1] == "宁波市海曙区（330203）"


def test_the_two_lanes_say_who_was_late_and_who_was_early_and_count_by_what_fits() -> None:
    spans = [Span(1, date(2019, 5, 1), date(2020, 2, 1), "晚"), Span(2, date(2024, 1, 5), date(2023, 12, 5), "早"),
             Span(3, date(2021, 5, 1), date(2021, 5, 1), "当天")]
    found = lanes(spans)

    assert found is not None and (found["late"], found["ahead"]) == (1, 1)
    assert [one["words"] for one in found["marks"]] == ["2020", "2021", "2022", "2023", "2024"]
    assert found["lines"][0]["from"] == "5.00%" and found["lines"][1]["from"] == "95.00%"
    assert found["lines"][2]["from"] == found["lines"][2]["to"]
    assert lanes([]) is None
    one_day = lanes([spans[2]])
    assert one_day is not None and one_day["lines"][0]["from"] == "50.00%"
    for last in (date(2021, 5, 9), date(2021, 7, 2), date(2022, 3, 1), date(2023, 2, 1), date(2040, 1, 1)):
        marked = lanes([Span(1, date(2021, 5, 1), last, "")])
        assert marked is not None and 1 <= len(marked["marks"]) <= 6
        assert all(re.fullmatch(r"\d{1,2}\.\d\d%", one["at"]) for one in marked["marks"])


@pytest.mark.requires_system("chromium")
def test_each_screen_is_readable_and_the_browser_says_nothing(
    cast: Cast, scene: Scene, served: str, chromium: Any
) -> None:
    claim, event = scene.claim, scene.events[2]
    window = Window(chromium, served, scene.supervisor.token)
    paths = ["/timeline", f"/actors/{cast.clerk.id}/timeline?{WHY}", f"/claims/{claim}/timeline?{WHY}&as_of={event}",
             f"/evidence/{SHA}?{WHY}", f"/events/{event}?{WHY}&open=yes"]

    assert {path: faults for path in paths if (faults := window.faults(path))} == {}
    assert window.said == []


