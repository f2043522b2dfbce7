-- D13/1 与众不同的主办单位
-- severity: high
-- touches: organiser, class, claim
-- looks: everything
-- rule: 一年办班不少于 :D13_classes_least 班的主办单位，下列各项至少有 :D13_marks_least 项远离同行（高出同行中位数百分之 :D13_apart_percent 以上，并超过中位数加 :D13_spreads 倍离散）：满员的班次、没有签到材料的班次、与别人在同一分钟提交的申报、同一分钟登记的名册、天数多于班次实际天数的申报；同行并非如此而人人合格，人均学时达到同行中位数的 :D13_hours_times 倍以上，也各算一项。
-- reason: 主管部门评估办班计划的执行（P 11、P 12）；班次凭名单和总结统一登记（W 13）。没有办过的班，名单是一次编出来的：班班满员、人人合格、没有人签过到，几十人的申报在同一分钟里提交。
-- guard: 班次少的说明不了什么，办班不足 :D13_classes_least 班的不比；同行不足 :D13_peers_least 家的不比；只有一项突出的不列（长期班人均学时本来就多，内部班本来就人人合格）；名册里的行由部门一次写成，本来在同一刻，只比不同班次的名册，个人申报才比提交的时刻。同行的中位数、离散和本单位的名次列为反证：同行变了不等于本单位的事实变了。
-- thresholds: classes_least, peers_least, marks_least, apart_percent, spreads, hours_times
-- counter: signed_classes 有签到材料的班次；failed 未合格的人次；peers 同年相比的同行数；full_median 满员班次的同行中位数的千分比；full_spread 满员班次的同行离散的千分比；full_place 满员班次在同行里的名次；passed_median 合格的同行中位数的千分比；passed_spread 合格的同行离散的千分比；passed_place 合格在同行里的名次；unsigned_median 没有签到材料的同行中位数的千分比；unsigned_spread 没有签到材料的同行离散的千分比；unsigned_place 没有签到材料在同行里的名次；at_once_median 同一分钟申报的同行中位数的千分比；at_once_spread 同一分钟申报的同行离散的千分比；at_once_place 同一分钟申报在同行里的名次；posted_median 同一分钟登记名册的同行中位数的千分比；posted_spread 同一分钟登记名册的同行离散的千分比；posted_place 同一分钟登记名册在同行里的名次；excess_median 天数多于班次的同行中位数的千分比；excess_spread 天数多于班次的同行离散的千分比；excess_place 天数多于班次在同行里的名次；hours_median 人均学时的同行中位数（百分之一学时）；hours_spread 人均学时的同行离散（百分之一学时）；hours_place 人均学时在同行里的名次
-- figures: year 年度；classes 办班数；attended 到场人次；full 满员班次的千分比；passed 合格的千分比；unsigned 没有签到材料的班次千分比；at_once 与别人同一分钟提交的申报千分比；posted 与别的班同一分钟登记的名册千分比；excess 天数多于班次的申报千分比；hours 人均认定学时（百分之一学时）；marks 远离同行的项数
WITH held AS MATERIALIZED (
    SELECT c.class, c.organiser, c.region, c.sector, CAST(substr(c.held_starts, 1, 4) AS INTEGER) AS year,
           c.attended, c.passed, c.signed, c.held_days_half, c.held_event,
           coalesce(c.attended >= c.planned, 0) AS full
    FROM class c
    WHERE c.to_position IS NULL AND c.held_event IS NOT NULL
      AND EXISTS (SELECT 1 FROM touched)
),
attending AS MATERIALIZED (
    SELECT h.organiser, h.year, h.class, c.claim, c.person, c.origin, c.status, c.submitted_event, c.decided_event,
           c.decided_by, coalesce(c.assessed_centi, 0) AS assessed_centi,
           c.submitted_at / 60000000 AS minute, coalesce(c.days_half > h.held_days_half, 0) AS excess
    FROM held h CROSS JOIN claim c ON c.training_class = h.class AND c.to_position IS NULL
    WHERE c.status NOT IN ('withdrawn', 'refused')
),
minutes AS (
    SELECT organiser, year, minute, count(*) AS claims, count(DISTINCT person) AS persons
    FROM attending WHERE origin = 'self' GROUP BY organiser, year, minute
),
posted AS (
    SELECT h.organiser, h.year, r.opened_at / 60000000 AS minute, count(DISTINCT r.class) AS classes
    FROM held h CROSS JOIN roster r ON r.class = h.class AND r.to_position IS NULL
    WHERE r.status = 'closed'
    GROUP BY h.organiser, h.year, minute
),
organisers AS MATERIALIZED (
    SELECT organiser, year, min(region) AS region, min(sector) AS sector, count(*) AS classes,
           sum(attended) AS attended, sum(attended - passed) AS failed, sum(signed) AS signed_classes,
           1000 * sum(full) / count(*) AS full, 1000 * sum(passed) / max(1, sum(attended)) AS passed,
           1000 * sum(NOT signed) / count(*) AS unsigned
    FROM held
    GROUP BY organiser, year
),
-- 各项一行一个：没有可比的（没有人申报、没有名册）不占名次。
measure(organiser, year, name, value) AS MATERIALIZED (
    SELECT organiser, year, 'full', full FROM organisers
    UNION ALL SELECT organiser, year, 'passed', passed FROM organisers
    UNION ALL SELECT organiser, year, 'unsigned', unsigned FROM organisers
    UNION ALL SELECT organiser, year, 'at_once', 1000 * sum(iif(persons > 1, claims, 0)) / sum(claims)
    FROM minutes GROUP BY organiser, year
    UNION ALL SELECT organiser, year, 'posted', 1000 * sum(iif(classes > 1, classes, 0)) / sum(classes)
    FROM posted GROUP BY organiser, year
    UNION ALL SELECT organiser, year, 'excess', 1000 * sum(excess) / count(*)
    FROM attending GROUP BY organiser, year
    UNION ALL SELECT organiser, year, 'hours', sum(assessed_centi) / count(DISTINCT person)
    FROM attending WHERE status IN ('approved', 'frozen') GROUP BY organiser, year
),
placed AS MATERIALIZED (
    SELECT m.*, rank() OVER (PARTITION BY year, name ORDER BY value DESC) AS place,
           row_number() OVER (PARTITION BY year, name ORDER BY value) AS number,
           count(*) OVER (PARTITION BY year, name) AS peers
    FROM measure m
),
middle AS MATERIALIZED (
    SELECT year, name, value AS median FROM placed WHERE number = (peers + 1) / 2
),
away AS (
    SELECT p.year, p.name, abs(p.value - m.median) AS away,
           row_number() OVER (PARTITION BY p.year, p.name ORDER BY abs(p.value - m.median)) AS number, p.peers
    FROM placed p JOIN middle m ON m.year = p.year AND m.name = p.name
),
compared AS MATERIALIZED (
    SELECT p.organiser, p.year, p.name, p.value, p.place, p.peers, m.median, a.away AS spread,
           p.peers > :D13_peers_least AND p.value > m.median + :D13_spreads * a.away
               AND CASE p.name WHEN 'hours' THEN p.value >= :D13_hours_times * m.median
                   WHEN 'passed' THEN p.value = 1000
                   ELSE p.value - m.median >= 10 * :D13_apart_percent END AS marked
    FROM placed p
    JOIN middle m ON m.year = p.year AND m.name = p.name
    JOIN away a ON a.year = p.year AND a.name = p.name AND a.number = (p.peers + 1) / 2
),
found AS MATERIALIZED (
    SELECT o.*, sum(c.marked) AS marks, max(c.peers) - 1 AS peers,
           json_group_object(c.name, c.value) AS value, json_group_object(c.name, c.median) AS median,
           json_group_object(c.name, c.spread) AS spread, json_group_object(c.name, c.place) AS place
    FROM organisers o JOIN compared c ON c.organiser = o.organiser AND c.year = o.year
    WHERE o.classes >= :D13_classes_least
    GROUP BY o.organiser, o.year
    HAVING marks >= :D13_marks_least
)
SELECT f.organiser || ':' || f.year AS about, f.region, f.sector,
       (SELECT json_group_array(id) FROM (
            SELECT person AS id FROM attending WHERE organiser = f.organiser AND year = f.year
            UNION SELECT d.person FROM held h CROSS JOIN card d ON d.class = h.class AND d.to_position IS NULL
            WHERE h.organiser = f.organiser AND h.year = f.year AND d.status = 'issued' ORDER BY 1)) AS persons,
       (SELECT json_group_array(claim) FROM (
            SELECT claim FROM attending WHERE organiser = f.organiser AND year = f.year ORDER BY 1)) AS claims,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT decided_by AS id FROM attending
            WHERE organiser = f.organiser AND year = f.year AND decided_by IS NOT NULL ORDER BY 1)) AS actors,
       json_array(f.organiser) AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT held_event AS event FROM held WHERE organiser = f.organiser AND year = f.year
            UNION SELECT submitted_event FROM attending WHERE organiser = f.organiser AND year = f.year
            ORDER BY 1)) AS events,
       json_object(
           'signed_classes', f.signed_classes, 'failed', f.failed, 'peers', f.peers,
           'full_median', f.median ->> 'full', 'full_spread', f.spread ->> 'full', 'full_place', f.place ->> 'full',
           'passed_median', f.median ->> 'passed', 'passed_spread', f.spread ->> 'passed', 'passed_place', f.place ->> 'passed',
           'unsigned_median', f.median ->> 'unsigned', 'unsigned_spread', f.spread ->> 'unsigned', 'unsigned_place', f.place ->> 'unsigned',
           'at_once_median', f.median ->> 'at_once', 'at_once_spread', f.spread ->> 'at_once', 'at_once_place', f.place ->> 'at_once',
           'posted_median', f.median ->> 'posted', 'posted_spread', f.spread ->> 'posted', 'posted_place', f.place ->> 'posted',
           'excess_median', f.median ->> 'excess', 'excess_spread', f.spread ->> 'excess', 'excess_place', f.place ->> 'excess',
           'hours_median', f.median ->> 'hours', 'hours_spread', f.spread ->> 'hours', 'hours_place', f.place ->> 'hours') AS counter,
       json_object(
           'year', f.year, 'classes', f.classes, 'attended', f.attended,
           'full', f.value ->> 'full', 'passed', f.value ->> 'passed', 'unsigned', f.value ->> 'unsigned', 'at_once', f.value ->> 'at_once',
           'posted', f.value ->> 'posted', 'excess', f.value ->> 'excess', 'hours', f.value ->> 'hours', 'marks', f.marks) AS figures
FROM found f
ORDER BY about
