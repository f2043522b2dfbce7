"""What one entry is worth by itself: the rates of the five texts, written out a second time for the sceptic.

Everywhere else in this project the law is data and no number of a regulation stands in code. Here, and in
`plain` beside it, it stands in code on purpose: a check that read the same rulebooks could not see their errors.
So nothing is shared with `policies`, nothing is fast, and each number has its article beside it: P is 浙人社发
〔2016〕63号, E 浙环人〔2018〕2号, N 甬经信组〔2018〕244号, W 温人社发〔2020〕125号, R 浙自然资发〔2020〕
23号. Hours are exact decimals. `tests/policies/test_oracle_agrees.py` holds it against the evaluator.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

Fact = dict[str, Any]
Hours = Decimal

P = "zhejiang/2016-08-01"  # P 18
E = "zhejiang-environment/2018-07-15"  # E 16
N = "ningbo-industry/2019-01-01"  # N 11
W = "wenzhou/2020-11-27"  # W 17, 自发文之日
R = "zhejiang-natural-resources/2021-01-01"  # R 11

SOCIETIES = tuple(  # R 6(二)3 names five; 省 may be written out.
    province + name
    for province in ("省", "浙江省")
    for name in ("地质学会", "土地学会", "测绘学会", "国土空间规划学会", "海洋学会")
)
BLASTING_MAJORS = ("爆破工程", "爆破器材", "矿建工程", "采矿工程")  # R 6(一)
BLASTING_PLATFORM = "浙江省爆破行业网络学习平台"  # R 6(一)

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Worth(NamedTuple):
    """What one entry is worth by itself, before its neighbours are looked at."""

    status: str
    rulebook: str | None
    clause: str | None
    assessed: Hours
    flags: tuple[str, ...] = ()


def affiliation_on(affiliations: Sequence[Fact], day: date) -> Fact | None:
    """The affiliation of that day: the latest begun, unless it ended; what it replaced does not come back."""
    begun = [each for each in affiliations if date.fromisoformat(each["from"]) <= day]
    if not begun:
        return None
    latest = max(begun, key=lambda each: each["from"])
    if "to" in latest and date.fromisoformat(latest["to"]) < day:
        return None
    return latest


def reaches(rulebook: str, affiliation: Fact, day: date) -> bool:
    """Is the rulebook in force on that day, and is the person in its region and sector?"""
    region, sector = affiliation["region"], affiliation["sector"]
    return (
        day >= date.fromisoformat(rulebook.split("/")[1])
        and {
            P: region.startswith("33"),  # P 8: 专业技术人员, the whole province
            E: region.startswith("33") and sector == "environment",  # E 2: 全省环保行业
            N: region.startswith("3302") and sector == "industry",  # N 2: 全市 (Ningbo), 工业和信息化
            W: region.startswith("3303"),  # W 2: 我市区域内 (Wenzhou)
            R: region.startswith("33") and sector == "natural_resources",  # R 3: 全省自然资源工程领域
        }[rulebook]
    )


def assess(entry: Fact, affiliation: Fact) -> Worth:
    """Rule one entry by the affiliation and the rulebooks of its own date, never of its `year` (AMB-07)."""
    worth = course(entry, affiliation) if entry["route"] == "course" else professional(entry, affiliation)
    if worth is None and "confirmed_hours" in entry:
        return Worth("manual", None, None, Decimal(entry["confirmed_hours"]))
    return worth or Worth("unruled", None, None, ZERO)


def course(entry: Fact, affiliation: Fact) -> Worth | None:
    """Public courses: the most specific rulebook that speaks of them rules; W's exam rule binds all in W."""
    day = date.fromisoformat(entry["date"])
    speaking = [
        (N, "第五条"),
        (E, "第九条"),
        *([(R, "第七条")] if entry["category"] == "general_public" else []),  # R 4 knows no 行业公需
        (W, "第六条"),
        (P, "第十条"),
    ]
    found = [(rulebook, clause) for rulebook, clause in speaking if reaches(rulebook, affiliation, day)]
    if not found:
        return None
    rulebook, clause = found[0]
    if entry["completed_by"] == "completion":
        if rulebook not in (E, R):  # E 9: 或完成课件学习; R 7: 学完后; P 10, N 5, W 6: 考核合格
            return Worth("refused", rulebook, clause, ZERO)
        if reaches(W, affiliation, day):  # W 6: 须通过相应专项知识考试（考核）, whatever the sector
            return Worth("refused", W, "第六条", ZERO)
    return Worth("ruled", rulebook, clause, Decimal(entry["hours"]))


def professional(entry: Fact, affiliation: Fact) -> Worth | None:
    """Only the three sector rulebooks rate professional routes; P and W hold no rate."""
    day = date.fromisoformat(entry["date"])
    if reaches(N, affiliation, day):
        return ningbo_industry(entry)
    if reaches(E, affiliation, day):
        return environment(entry)
    if reaches(R, affiliation, day):
        return natural_resources(entry, affiliation)
    return None


def environment(entry: Fact) -> Worth | None:
    """E 8, in the order of the article. What it does not name waits for a confirmation (E 8(8))."""
    route, level = entry["route"], entry.get("level")
    days = Decimal(entry.get("days", "0"))

    def ruled(clause: str, hours: Hours, *flags: str) -> Worth:
        return Worth("ruled", E, clause, hours, flags)

    def share() -> Hours:  # E 8(3), 8(4); Reading AMB-11: 第六作者后 is the sixth and all after.
        percent = {1: 100, 2: 80, 3: 70, 4: 60, 5: 50}.get(entry["rank"], 30)
        return Decimal(percent) / HUNDRED

    if route in ("advanced_seminar", "training"):
        if level in ("national", "ministry"):  # Reading AMB-08: above the highest listed.
            return ruled("第八条（一）", 6 * days, "by_analogy")
        return ruled("第八条（一）", {"provincial": 6, "municipal": 5, "county": 4}[str(level)] * days)
    if route == "overseas":
        return ruled("第八条（一）", 6 * days)
    if route == "society_training":
        return ruled("第八条（一）", 4 * days)
    if route == "exam":
        if entry.get("organiser_level") in ("municipal", "county"):  # 省级以上环境保护行政主管部门组织的
            return Worth("refused", E, "第八条（二）", ZERO)
        return ruled("第八条（二）", Decimal(30))  # 每项考试, whatever the number of subjects
    if route == "project":
        if level == "national":
            return ruled("第八条（三）", 36 * share(), "by_analogy")
        return ruled("第八条（三）", {"provincial": 36, "municipal": 28, "county": 20}[str(level)] * share())
    if route == "paper":
        if level in ("other", "proceedings"):  # 省级以上正规刊物
            return Worth("refused", E, "第八条（四）", ZERO)
        return ruled("第八条（四）", 20 * share())
    if route == "book":
        whole = entry["characters"] // 10000  # 每万字; Reading AMB-13: a part of one does not count.
        return ruled("第八条（四）", 20 * whole * share())
    if route == "courseware" and "hours" in entry:
        return ruled("第八条（五）", Decimal(entry["hours"]))
    if route == "degree_course":
        return ruled("第八条（六）", Decimal(8 * entry["courses"]))
    if route == "service":
        if entry.get("approved_by", "省厅") != "省厅":  # 经省厅批准的
            return Worth("refused", E, "第八条（七）", ZERO)
        return ruled("第八条（七）", 4 * days)
    return None


def natural_resources(entry: Fact, affiliation: Fact) -> Worth | None:
    """R 6: class A 6(一), class B 6(二) 1-4, class C 6(三) 1-7."""
    route, level = entry["route"], entry.get("level")
    days = Decimal(entry.get("days", "0"))

    def ruled(clause: str, hours: Hours, *flags: str) -> Worth:
        return Worth("ruled", R, clause, hours, flags)

    def share() -> Hours:  # R 6(三) 3, 4, 5: 其后作者不计算学时
        return Decimal({1: 100, 2: 80, 3: 60}.get(entry["rank"], 0)) / HUNDRED

    if route == "courseware" and "hours" in entry:
        major, platform = entry.get("major", affiliation.get("major")), entry.get("platform")
        if major and platform and (major in BLASTING_MAJORS) != (platform == BLASTING_PLATFORM):
            return Worth("refused", R, "第六条（一）", ZERO)
        return ruled("第六条（一）", Decimal(entry["hours"]))
    if route == "advanced_seminar" and level in ("national", "provincial", "municipal"):
        return ruled("第六条（二）1", Decimal({"national": 36, "provincial": 30, "municipal": 24}[level]))
    if route == "training" and level in ("ministry", "provincial"):
        return ruled("第六条（二）2", {"ministry": 8, "provincial": 6}[level] * days)
    if route in ("society_training", "society_meeting"):
        if entry.get("organiser", SOCIETIES[0]) not in SOCIETIES:
            return Worth("refused", R, "第六条（二）3", ZERO)
        return ruled("第六条（二）3", {"society_training": 8, "society_meeting": 6}[route] * days)
    if route == "overseas":
        return ruled("第六条（二）4", 6 * days)
    if route == "unit_training":
        return ruled("第六条（三）1", 4 * days)
    if route == "service":
        return ruled("第六条（三）2", 4 * days)
    if route == "project":
        if level == "national":  # Reading AMB-08.
            return ruled("第六条（三）3", 24 * share(), "by_analogy")
        return ruled("第六条（三）3", {"provincial": 24, "municipal": 12, "county": 6}[str(level)] * share())
    if route == "patent":
        each = {"invention": 12, "utility_model": 6, "software": 6}[str(level)]
        return ruled("第六条（三）4", each * share())
    if route in ("paper", "book"):
        # Reading AMB-18: a provincial journal is 其他刊物 (4); a book without a level counts 3 for each 万字.
        each = {"core": 8, "national": 6, "provincial": 4, "other": 4, "proceedings": 3, None: 3}[level]
        number = 1 if route == "paper" else entry["characters"] // 10000
        return ruled("第六条（三）5", each * number * share())
    if route == "exam":
        return ruled("第六条（三）6", Decimal(6 * entry["subjects"]))
    if route == "degree_course":
        return ruled("第六条（三）7", Decimal(3 * entry["courses"]))
    return None


def ningbo_industry(entry: Fact) -> Worth | None:
    """N 6(一) to 6(十); no author shares (AMB-23)."""
    route, level = entry["route"], entry.get("level")
    days = Decimal(entry.get("days", "0"))

    def ruled(clause: str, hours: Hours) -> Worth:
        return Worth("ruled", N, clause, hours)

    if route == "advanced_seminar":
        if level in ("national", "provincial"):  # 省级以上
            return ruled("第六条（一）", Decimal(36))
        return ruled("第六条（一）", min(6 * days, Decimal(24)))  # Reading AMB-21: 一般不超过24 is a limit.
    if route == "filed_training":
        return filed(entry, ruled("第六条（二）", 6 * days))
    if route == "overseas":
        return ruled("第六条（三）", 6 * days)
    if route in ("training", "society_training", "society_meeting"):  # run outside N 7's bodies: no filing
        return ruled("第六条（四）", 4 * days)
    if route in ("unit_training", "other_training"):
        return filed(entry, ruled("第六条（四）", 4 * days))
    if route == "courseware":
        if "hours" in entry:
            return ruled("第六条（五）", Decimal(entry["hours"]))
        return ruled("第六条（五）", Decimal(entry["minutes"] // 45))  # Reading AMB-22: whole 45 minutes
    if route == "project":
        each = {"national": 36, "provincial": 24, "municipal": 12, "county": 6}[str(level)]
        return ruled("第六条（六）", Decimal(each))
    if route in ("paper", "book"):
        each = {"core": 8, "national": 6, "provincial": 4, "other": 3, "proceedings": 3, None: 3}[level]
        number = 1 if route == "paper" else entry["characters"] // 10000
        return ruled("第六条（七）", Decimal(each * number))
    if route == "exam":
        return ruled("第六条（八）", Decimal(6 * entry["subjects"]))
    if route == "degree_course":
        return ruled("第六条（九）", Decimal(3 * entry["courses"]))
    if route in ("service", "teaching"):
        return ruled("第六条（十）", 4 * days)
    return None


def filed(entry: Fact, worth: Worth) -> Worth:
    """N 7: 按规定报备后才能 is hard, 一般需在开始前 30 天 is soft (AMB-24)."""
    if "filed_on" not in entry or entry["filed_on"] > entry["starts"]:
        return Worth("refused", worth.rulebook, worth.clause, ZERO)
    notice = date.fromisoformat(entry["starts"]) - date.fromisoformat(entry["filed_on"])
    return worth._replace(flags=("late_filing",)) if notice < timedelta(days=30) else worth
