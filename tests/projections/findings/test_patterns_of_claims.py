"""D01 to D05, D09, D12: each finds what it is there for, with its figures, and leaves alone what only looks like it.

Everything here was really decided and recorded. All tests share one register and look at their own claims alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import count
from typing import Any

import exam_kit
import pytest
from pattern_kit import Register, Told, kept, paper, training
from projection_kit import NINGBO, WENZHOU
from training_kit import School

from ledger.events.source import Source
from ledger.events.study import Study
from ledger.streams import booking as bookings
from ledger.streams import course as courses
from ledger.streams import course_hours
from ledger.streams import enrolment as enrolments
from ledger.streams import exam as exams
from ledger.streams import person as persons
from ledger.vocabulary import LOCAL, Category

ISSUER = "宁波市工业培训基地"
NUMBERS = count(10_000_000)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with kept(tmp_path_factory.mktemp("patterns")) as made:
        yield made


@pytest.fixture(scope="module")
def school(there: Register) -> School:
    return School(there.house)


def number() -> str:
    return f"XF2021{next(NUMBERS)}"


def digest() -> str:
    return f"{next(NUMBERS):08x}"


def only(found: list[Told], *claims: str) -> Told:
    """The one finding, which is about exactly these claims, with the events that say so."""
    (one,) = found
    assert one.claims == tuple(sorted(claims))
    assert one.events == tuple(sorted(set(one.events))) and len(one.events) >= len(claims)
    return one


def work(rank: int, participants: int = 3, **rest: Any) -> Study:
    return Study(category=Category.PROFESSIONAL, route="paper", level="core", evidence_on=date(2021, 6, 1), rank=rank,
                 participants=participants, **rest)


# D01


def test_one_certificate_of_two_people_is_found_however_it_was_typed(there: Register) -> None:
    mine, theirs = there.person(), there.person(there.house.unit(WENZHOU, "general"))
    written = [there.claim(mine, training("2021-03-01", "2021-03-02", 4), certificate_issuer=ISSUER,
                           certificate_number="xf2021-OO1l 77"),
               there.claim(theirs, training("2021-05-10", "2021-05-11", 4), title="别的班",
                           certificate_issuer="宁波市 工业培训基地", certificate_number="ＸＦ２０２１－００１１７７")]
    found = only(there.asked("D01", mine), *written)

    assert found.persons == tuple(sorted((mine, theirs))) and found.region == "33"
    assert found.figures == {"persons": 2, "claims": 2, "classes": 2, "card": 0}
    assert found.counter == {"written_differently": 2, "one_class": 0, "refused_or_revoked": 0}


def test_a_refused_forgery_still_tells_against_the_other_and_two_refused_ones_against_nobody(there: Register) -> None:
    same = {"certificate_issuer": ISSUER, "certificate_number": number()}
    one, two = [there.claim(there.person(), training("2021-03-01", "2021-03-02", 4), **same) for _ in range(2)]
    there.refuse(one)
    assert only(there.asked("D01", two), one, two).counter["refused_or_revoked"] == 1
    there.refuse(two)

    assert there.asked("D01", one, two) == []


def test_the_number_of_a_class_and_numbers_that_begin_alike_are_no_ones_fault(
    there: Register, school: School
) -> None:
    name = school.file()
    school.accept(name, "甬备〔2026〕0137")
    of_class = [there.claim(there.person(), there.study_of_class(name, "filed_training"), certificate_issuer=ISSUER,
                            certificate_number="甬备[2026]0137") for _ in range(2)]
    stem = number()
    alike = [there.claim(there.person(), training("2021-03-01", "2021-03-02", 4), certificate_issuer=ISSUER,
                         certificate_number=f"{stem}-{place}") for place in (1, 2)]
    other_issuers = [there.claim(there.person(), training("2021-03-01", "2021-03-02", 4), certificate_issuer=issuer,
                                 certificate_number="第3号") for issuer in (ISSUER, "温州市专业技术人员培训中心")]

    assert there.asked("D01", *of_class, *alike, *other_issuers) == []


def test_a_number_that_a_whole_class_shows_is_the_notices_and_beyond_the_class_it_is_a_fault(there: Register) -> None:
    same = {"certificate_issuer": ISSUER, "certificate_number": number()}
    class_ = [there.claim(there.person(), training("2021-03-01", "2021-03-02", 4), **same) for _ in range(5)]
    assert there.asked("D01", *class_) == []
    stranger = there.claim(there.person(), training("2021-09-01", "2021-09-02", 4), title="另一个班", **same)

    assert only(there.asked("D01", *class_), *class_, stranger).figures["classes"] == 2


def test_whoever_shows_the_card_of_somebody_else_is_found_and_its_holder_is_not(
    there: Register, school: School
) -> None:
    name = school.held()
    holder, other = there.person(), there.person()
    card = number()
    school.card(name, holder, card)
    own = there.claim(holder, there.study_of_class(name, "filed_training"), certificate_number=card)
    assert there.asked("D01", holder) == []
    found = only(there.asked("D01", (borrowed := there.claim(
        other, there.study_of_class(name, "filed_training"), certificate_issuer=ISSUER, certificate_number=card))),
        borrowed)

    assert found.persons == tuple(sorted((holder, other))) and found.figures["card"] == 1 and own not in found.claims


# D02


def test_one_certificate_file_of_two_people_is_found_and_a_notice_of_theirs_is_not(there: Register) -> None:
    same = paper(digest())
    both = [there.claim(there.person(), training("2021-03-01", "2021-03-02", 4), same) for _ in range(2)]
    notice = paper(digest(), "notice")
    honest = [there.claim(there.person(), training("2021-03-01", "2021-03-02", 4), paper(digest()), notice)
              for _ in range(2)]

    found = only(there.asked("D02", *both), *both)
    assert found.figures == {"persons": 2, "claims": 2, "classes": 1, "shared": "file"}
    assert there.asked("D02", *honest) == []


def test_a_file_that_everyone_on_a_list_or_every_author_shows_is_nobodys_alone(there: Register) -> None:
    act, same = there.house.roster(2), paper(digest())
    listed = [there.registered(there.person(), training("2021-03-01", "2021-03-02", 4), same, act=act)
              for _ in range(2)]
    act.close()
    patent = paper(digest())
    authors = [there.claim(there.person(), work(rank, output="p-1"), patent, title="一种装置") for rank in (1, 2)]
    outcome = paper(digest())
    class_ = [there.claim(there.person(), training("2021-04-01", "2021-04-02", 4), outcome) for _ in range(10)]

    assert there.asked("D02", *listed, *authors, *class_) == []


def test_the_same_scan_in_another_file_is_found_as_a_picture_and_said_once(there: Register) -> None:
    scan = b"\xff\xd8\xff\xe0\0\x04AB\xff\xda\0\x04AB" + bytes(range(256)) * 64 + b"\xff\xd9"
    in_pdf = b"%PDF-1.4\n1 0 obj\n<< >>\nstream\n" + scan + b"\nendstream\nendobj\nstartxref\n0\n%%EOF"
    first, second = digest(), digest()
    there.files[first * 8], there.files[second * 8] = scan, in_pdf
    both = [there.claim(there.person(), training("2021-03-01", "2021-03-02", 4), paper(one)) for one in (first, second)]

    assert only(there.asked("D02", *both), *both).figures["shared"] == "picture"


def test_papers_written_in_one_second_are_found_across_classes_and_not_within_one(there: Register) -> None:
    def written(day: int, name: str) -> bytes:
        return (f"%PDF-1.7\n{name}\n1 0 obj\n<< /Producer (WPS) /CreationDate (D:202103{day:02d}091011+08'00') >>\n"
                "endobj\nstartxref\n0\n%%EOF").encode()

    def shown(day: int, name: str, study: Study) -> str:
        sha256 = digest()
        there.files[sha256 * 8] = written(day, name)
        return there.claim(there.person(), study, paper(sha256))

    one_class = [shown(5, name, training("2021-03-01", "2021-03-02", 4)) for name in ("a", "b")]
    two_classes = [shown(6, name, training(f"2021-0{month}-01", f"2021-0{month}-02", 4))
                   for month, name in ((1, "c"), (2, "d"))]

    assert there.asked("D02", *one_class) == []
    assert only(there.asked("D02", *two_classes), *two_classes).figures["shared"] == "document"


# D03


@pytest.mark.parametrize(("first", "second", "figure"), [
    (work(1), work(1), "same_rank"),
    (work(4), work(2), "rank_beyond"),
    (work(1), work(2, 5), "totals"),
], ids=["two of one rank", "a rank beyond the authors", "two counts of authors"])
def test_authors_who_contradict_each_other_are_found(
    there: Register, first: Study, second: Study, figure: str
) -> None:
    output = f"out-{digest()}"
    both = [there.claim(there.person(), Study(**{**_fields(one), "output": output}), authors=("李明", "王芳", "赵敏"))
            for one in (first, second)]
    found = only(there.asked("D03", *both), *both)

    assert found.figures[figure] == (2 if figure == "totals" else 1)
    assert found.counter == {"author_lists": 1, "joint_first": 0}


def _fields(study: Study) -> dict[str, Any]:
    return {name: getattr(study, name) for name in study.__struct_fields__}


def test_more_people_than_authors_and_a_title_without_a_key_are_found(there: Register) -> None:
    many = [there.claim(there.person(), work(rank, 2, output="out-many")) for rank in (1, 2, 2)]
    assert only(there.asked("D03", *many), *many).figures["participants"] == 2
    title = "氨氮在线监测中的误差及其修正"
    two = [there.claim(there.person(), work(1), title=one) for one in (title, f"《{title}》")]

    assert only(there.asked("D03", *two), *two).figures["same_rank"] == 1


def test_authors_in_order_joint_first_ones_and_one_who_claims_twice_contradict_nobody(there: Register) -> None:
    in_order = [there.claim(there.person(), work(rank, output="out-order")) for rank in (1, 2)]
    joint = [there.claim(there.person(), work(1, output="out-joint", joint_first=True)) for _ in range(2)]
    one = there.person()
    twice = [there.claim(one, work(1, output="out-twice")) for _ in range(2)]
    refused = [there.claim(there.person(), work(1, output="out-refused")) for _ in range(2)]
    there.refuse(refused[0])

    assert there.asked("D03", *in_order, *joint, *twice, *refused) == []


# D04


def test_two_trainings_on_the_same_whole_days_are_found(there: Register) -> None:
    who = there.person()
    both = [there.claim(who, training("2021-03-01", "2021-03-03", 6), title=title)
            for title in ("环境监测", "数据处理")]
    found = only(there.asked("D04", who), *both)

    assert found.figures == {"overlap_days": 3, "needed_halves": 12, "room_halves": 6, "with": "training", "minutes": 0}


def test_whoever_was_abroad_was_in_no_class_at_home_but_for_the_days_of_travel(there: Register) -> None:
    away = training("2021-03-01", "2021-03-10", 20, "overseas")
    caught, travelling = there.person(), there.person()
    for who, day in ((caught, "2021-03-05"), (travelling, "2021-03-10")):
        there.claim(who, away, title="国外研修")
        there.claim(who, training(day, day, 1), title="半天的讲座")

    (found,) = there.asked("D04", caught)
    assert found.figures["with"] == "abroad"
    assert there.asked("D04", travelling) == [], "the last day is one of travel, and half of it is free"


def test_whoever_sat_in_an_exam_was_not_in_class_all_that_day(there: Register) -> None:
    house = there.house
    who = there.person()
    course = exam_kit.publish(house, code=digest())
    enrolment = exam_kit.enrol(house, who, course)
    exam_kit.study(house, enrolment)
    exam_kit.complete(house, enrolment)
    session = exam_kit.schedule(house, day="2026-04-18")
    exam_kit.sit(house, exam_kit.book(house, session, enrolment, 1), 7_000)
    in_class = there.claim(who, training("2026-04-17", "2026-04-19", 6))
    free = there.claim(who, training("2026-04-18", "2026-04-20", 5), title="有一个半天没有到")
    found = {one.figures["with"]: one for one in there.asked("D04", who)}

    assert found["exam"].claims == (in_class,)
    assert found["training"].claims == tuple(sorted((in_class, free))) and len(found) == 2


def test_hours_before_a_screen_while_in_class_are_found_and_those_of_a_break_or_an_evening_are_not(
    there: Register,
) -> None:
    diligent, absent = there.person(), there.person()
    studies = {diligent: (("11:30", 120), ("19:00", 180)), absent: (("09:00", 150),)}
    for who, times in studies.items():
        enrolment = exam_kit.enrol(there.house, who, exam_kit.publish(there.house, code=digest()))
        for at, minutes in times:
            _study(there, enrolment, f"2026-03-03 {at}", minutes)
    in_class = [there.claim(who, training("2026-03-02", "2026-03-04", 6)) for who in studies]
    found = only(there.asked("D04", absent), in_class[1])

    assert (found.figures["with"], found.figures["minutes"]) == ("study", 150)
    assert there.asked("D04", diligent) == []


def _study(there: Register, enrolment: Any, began: str, minutes: int) -> None:
    house, one = there.house, there.house.load(enrolment, enrolments.evolve)
    at = int(datetime.fromisoformat(began).replace(tzinfo=LOCAL).timestamp()) * 1_000_000
    command = enrolments.RecordStudy(started_at=at, ended_at=at + minutes * enrolments.MINUTE, minutes=minutes,
                                     heartbeats=2 * minutes, challenges=0, answered=0)
    house.record(enrolments.decide_study(one, command, house.load(one.person, persons.evolve)))


def test_half_days_loose_courses_one_event_and_a_platform_are_not_two_places(there: Register) -> None:
    halves, loose, event, online = (there.person() for _ in range(4))
    for title in ("上午", "下午"):
        there.claim(halves, training("2021-03-01", "2021-03-01", 1), title=f"{title}的专题讲座")
    there.claim(loose, training("2021-03-01", "2021-05-31", 20), title="每周一晚的课")
    there.claim(loose, training("2021-04-10", "2021-04-12", 6), title="三天的培训")
    for place in (1, 2):
        there.claim(event, training("2021-03-01", "2021-03-03", 6, occasion="o-1", year=2021), title=f"报了两条{place}")
    there.claim(online, training("2021-03-01", "2021-03-03", 6, platform="学习网"), title="网络培训班")
    there.claim(online, training("2021-03-01", "2021-03-03", 6), title="三天的培训")

    assert there.asked("D04", halves, loose, event, online) == []


def test_whoever_floods_the_register_is_found_often_enough_and_not_endlessly(there: Register) -> None:
    who = there.person()
    for number_ in range(12):
        there.claim(who, training("2021-03-01", "2021-03-03", 6), title=f"第{number_}个培训班")
    same = there.person()
    for number_ in range(12):
        there.claim(same, training("2021-03-01", "2021-03-03", 6, occasion="o-flood",
                                   route=("training", "other_training")[number_ % 2]))

    assert len(there.asked("D04", who)) == 12 * 8 - 36, "each with the eight that follow it, and not 66 pairs"
    assert there.asked("D04", same) == [], "one occasion is one place"
    assert 0 < len(there.asked("D09", same)) < 60


# D05


def test_more_days_than_there_were_in_the_calendar_or_in_the_class_are_found(there: Register, school: School) -> None:
    beyond = there.claim(there.person(), training("2021-03-01", "2021-03-02", 5))
    found = only(there.asked("D05", beyond), beyond)
    assert (found.figures["what"], found.figures["halves"], found.figures["room_halves"]) == ("days", 5, 4)
    name = school.file(starts="2026-05-11")
    school.accept(name, "甬备2026-短")
    school.hold(name, starts=date(2026, 5, 13))
    longer = there.claim(there.person(), there.study_of_class(name, "filed_training"))

    found = only(there.asked("D05", longer), longer)
    assert (found.figures["what"], found.counter["class_halves"]) == ("class", 6)


def test_hours_beyond_what_any_day_gives_are_found_where_the_law_gave_them(there: Register) -> None:
    ruled = there.registered(there.person(), training("2021-03-01", "2021-03-02", 4), assessed_centi=1_700,
                             status="ruled")
    confirmed = there.registered(there.person(), training("2021-03-01", "2021-03-02", 4), assessed_centi=1_700)
    whole = there.registered(there.person(), training("2021-03-01", "2021-03-02", 4), assessed_centi=1_600,
                             status="ruled")
    seminar = there.registered(there.person(), training("2021-03-01", "2021-03-02", 4, "advanced_seminar",
                               level="municipal"), assessed_centi=2_400, status="ruled")

    assert only(there.asked("D05", ruled), ruled).figures["most_centi"] == 1_600
    assert there.asked("D05", confirmed, whole, seminar) == []


def test_a_unit_that_only_ever_trains_on_days_off_is_found_and_one_that_does_so_twice_is_not(there: Register) -> None:
    days = (("2021-03-06", "2021-03-07"), ("2021-05-01", "2021-05-02"), ("2021-10-01", "2021-10-03"))
    house = there.house
    odd, usual = house.unit(NINGBO, "industry"), house.unit(NINGBO, "industry")
    often = [there.claim(there.person(odd), training(*span, 2, "unit_training")) for span in days]
    seldom = [there.claim(there.person(usual), training(*span, 2, "unit_training"))
              for span in (*days[:2], ("2021-03-05", "2021-03-06"))]
    found = only(there.asked("D05", *often), *often)

    assert found.about == f"weekend:{odd}/2021" and found.figures["trainings"] == 3
    assert there.asked("D05", *seldom) == []


def test_days_that_just_fit_and_half_days_are_not_too_many(there: Register) -> None:
    exact = there.claim(there.person(), training("2021-03-01", "2021-03-02", 4))
    half = there.claim(there.person(), training("2021-03-01", "2021-03-01", 1))

    assert there.asked("D05", exact, half) == []


# D09


def test_one_occasion_in_two_years_is_found_with_what_the_smaller_comes_to(there: Register) -> None:
    who = there.person()
    both = [there.registered(who, training(*span, 4, occasion="winter"), assessed_centi=hours)
            for span, hours in ((("2020-12-28", "2020-12-29"), 800), (("2021-01-11", "2021-01-12"), 1_200))]
    found = only(there.asked("D09", who), *both)

    assert found.figures["years"] == 2 and found.figures["smaller_centi"] == 800
    assert found.counter == {"apart_days": 12, "counted_once": 0}


def test_one_file_by_two_routes_and_one_class_by_oneself_and_by_roster_are_found(there: Register) -> None:
    who, same = there.person(), paper(digest())
    routes = [there.claim(who, training("2021-03-01", "2021-03-02", 4, route), same, title=f"培训（{route}）")
              for route in ("training", "society_training")]
    assert only(there.asked("D09", who), *routes).figures["shared"] == "file"
    twice = there.person()
    own = there.claim(twice, training("2021-03-01", "2021-03-02", 4), title="全市培训班")
    listed = there.registered(twice, training("2021-03-01", "2021-03-02", 4), title="全市 培训班")

    found = only(there.asked("D09", twice), own, listed)
    assert (found.figures["shared"], found.figures["origins"]) == ("title", 2)


def test_yearly_events_a_transcript_and_what_was_undone_before_are_each_counted_once(there: Register) -> None:
    yearly, student, mended = (there.person() for _ in range(3))
    for year in (2020, 2021):
        there.claim(yearly, training(f"{year}-03-01", f"{year}-03-02", 4), title="学术年会")
    transcript = paper(digest())
    for year in (2020, 2021):
        there.claim(student, Study(category=Category.PROFESSIONAL, route="degree_course", courses=1,
                                   evidence_on=date(year, 6, 30)), transcript, title="在职研究生课程")
    before = there.claim(mended, training("2021-03-01", "2021-03-02", 4, occasion="o-2"))
    there.withdraw(before)
    there.registered(mended, training("2021-03-01", "2021-03-02", 4, occasion="o-2"))

    assert there.asked("D09", yearly, student, mended) == []


def test_a_newer_version_of_an_imported_record_is_the_same_claim_and_another_systems_row_is_not(
    there: Register,
) -> None:
    who, study = there.person(), training("2021-03-01", "2021-03-02", 4, occasion="o-3")
    row = there.registered(who, study, origin="import", source=Source(system="ningbo", record="r1", version="1"))
    there.correct(row, study, source=Source(system="ningbo", record="r1", version="2"))
    assert there.asked("D09", who) == []
    other = there.registered(who, study, origin="import", source=Source(system="zhejiang", record="z1", version="1"))

    found = only(there.asked("D09", who), row, other)
    assert found.figures["systems"] == 2 and found.counter["counted_once"] == 1


# D12


def test_a_certificate_from_before_the_end_is_found_and_one_of_the_last_day_or_an_early_notice_is_not(
    there: Register,
) -> None:
    five = ("2021-03-01", "2021-03-05", 10)
    early = there.claim(there.person(), training(*five), paper(digest(), issued_on="2021-03-02"))
    honest = [
        there.claim(there.person(), training(*five), paper(digest(), issued_on="2021-03-05")),
        there.claim(there.person(), training(*five), paper(digest(), issued_on="2021-03-04")),
        there.claim(there.person(), training(*five), paper(digest()), paper(digest(), "notice", "2021-02-01")),
        there.claim(there.person(), training(*five, evidence_on=date(2021, 2, 1)), paper(digest()),
                    paper(digest(), "notice", "2021-02-01")),
    ]
    found = only(there.asked("D12", early), early)

    assert found.figures == {"what": "early", "on": "2021-03-02", "against": "2021-03-05", "days": 3}
    assert there.asked("D12", *honest) == []


def test_a_class_that_is_still_to_come_cannot_have_been_attended(there: Register) -> None:
    ahead = there.claim(there.person(), training("2026-03-02", "2026-03-06", 10, evidence_on=date(2021, 12, 1)))

    assert only(there.asked("D12", ahead), ahead).figures["what"] == "ahead"


def test_whoever_had_left_was_in_no_class_and_whoever_moved_may_claim_what_came_before(
    there: Register, school: School
) -> None:
    house = there.house
    gone, moved = there.person(), there.person()
    late = there.claim(gone, training("2023-03-01", "2023-03-02", 4))
    before = there.claim(gone, training("2022-12-01", "2022-12-02", 4))
    house.leave(gone, there.unit, "2022-12-31")
    other = house.unit(WENZHOU, "general")
    house.affiliate(moved, other, "2022-06-01")
    own = there.claim(moved, training("2021-03-01", "2021-03-02", 4, "unit_training"))

    assert only(there.asked("D12", gone), late).figures["against"] == "2022-12-31"
    assert there.asked("D12", before, own) == []


def test_a_units_own_training_is_for_its_own_people(there: Register, school: School) -> None:
    name = school.held(starts="2025-05-12", filed_on="2025-03-01")
    stranger = there.claim(there.person(), there.study_of_class(name, "unit_training"))
    colleague = there.claim(there.person(school.unit), there.study_of_class(name, "unit_training"))
    guest = there.claim(there.person(), there.study_of_class(name, "filed_training"))

    assert only(there.asked("D12", stranger), stranger).figures["what"] == "elsewhere"
    assert there.asked("D12", colleague, guest) == []


def test_hours_by_an_exam_whose_result_was_taken_back_are_found(there: Register) -> None:
    house = there.house
    passed = [_by_exam(there, seat) for seat in (1, 2)]
    assert there.asked("D12", *(claim for claim, _ in passed)) == []
    claim, booking = passed[0]
    one = house.load(booking, exams.evolve_booking)
    command = bookings.CorrectResult(role=exam_kit.ROLE, score_centi=3_000, on=date(2026, 5, 1), words="评分录错")
    house.record(bookings.decide_result_correction(
        one, command, house.load(one.person, persons.evolve), house.load(one.booked.exam, exams.evolve),
        house.colleague))

    found = only(there.asked("D12", *(claim for claim, _ in passed)), claim)
    assert (found.figures["what"], found.figures["against"]) == ("exam", "failed")


def _by_exam(there: Register, seat: int) -> tuple[str, str]:
    """Somebody who studied, sat and passed, and whose hours the system registered."""
    house, who = there.house, there.person()
    course = exam_kit.publish(house, code=digest())
    enrolment = exam_kit.enrol(house, who, course)
    exam_kit.study(house, enrolment)
    exam_kit.complete(house, enrolment)
    booking = exam_kit.book(house, exam_kit.schedule(house), enrolment, seat)
    exam_kit.sit(house, booking, 7_000)
    one, seated = house.load(enrolment, enrolments.evolve), house.load(booking, exams.evolve_booking)
    offered = house.load(course, courses.evolve)
    study = course_hours.study_of(one, offered, seated)
    command = course_hours.RegisterCourseHours(
        claim=house.new("clm"), on=date(2026, 5, 1), step="system", title="人工智能与社会",  # type: ignore[arg-type]
        ruling=house.ruling(who, study))
    house.record(course_hours.decide_course_hours(one, command, house.load(who, persons.evolve), offered, seated))
    return command.claim, booking
