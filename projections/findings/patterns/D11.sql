-- D11/1 年末补齐、压线达标
-- severity: low
-- touches: person, unit_year
-- rule: 一个人一年的学时，过半是在年末最后 :D11_last_days 天（或申报职称前同样天数）里才申报的，而且证明材料早在 :D11_old_days 天以前就有了，这样的不少于 :D11_claims_least 条；或者一个单位一年里有 :D11_exact_least 人以上、占百分之 :D11_exact_percent 以上，合计恰好是 :D11_exact_centi（百分之一学时）。
-- reason: 学时应当及时、如实登记（P 13），按证明材料的日期归入年度（E 10）。材料早就有了却等到差多少已经看得见才补，或许多人一分不多一分不少，常是凑数，须看材料是否后补。只是统计上的迹象，要以单位为范围看。
-- guard: 年末才结束的学习年末申报，本来如此，材料新的不算；单位按计划在年末统一申报的（同单位当年百分之 :D11_plan_percent 以上的人都这样）不算；导入、名册、系统登记的不是本人申报，不计；全单位同上一套课程而恰好达标的，所用的班次、课程只有一套，列为反证。
-- thresholds: last_days, old_days, claims_least, exact_least, exact_percent, exact_centi, plan_percent
-- counter: fresh 年末申报而材料是新的条数；unit_late 同单位当年也在年末补了过半的其他人数；sets 恰好达标的人所用的主办、途径有几套，只有一套的可能是统一安排
-- figures: year 年度；total_centi 全年认定学时；late_centi 年末申报且材料早已有的学时；late_claims 其条数；days_old 材料到申报的平均天数；exact 恰好达标的人数；persons 单位当年有学时的人数
WITH looked(person) AS MATERIALIZED (
    SELECT DISTINCT id FROM touched WHERE kind = 'person'
),
counting AS (
    SELECT c.claim, c.person, c.unit, c.region, c.sector, c.year, c.assessed_centi, c.submitted_event, c.decided_event,
           date(c.submitted_at / 1000000, 'unixepoch', '+8 hours') AS submitted_on, c.evidence_on, c.origin
    FROM looked l CROSS JOIN claim c ON c.person = l.person AND c.to_position IS NULL
    WHERE c.status IN ('approved', 'frozen') AND c.assessed_centi > 0
),
late AS (
    SELECT *,
           origin = 'self' AND (
               submitted_on BETWEEN date(year || '-12-31', '-' || (:D11_last_days - 1) || ' days') AND year || '-12-31'
               OR EXISTS (SELECT 1 FROM application a WHERE a.person = n.person AND a.to_position IS NULL
                            AND n.submitted_on BETWEEN date(a.applied_on, '-' || :D11_last_days || ' days')
                                                   AND a.applied_on)) AS late,
           CAST(julianday(submitted_on) - julianday(evidence_on) AS INTEGER) AS days_old
    FROM counting n
),
summed AS (
    SELECT person, year, max(unit) AS unit, sum(assessed_centi) AS total_centi,
           sum(iif(late AND days_old >= :D11_old_days, assessed_centi, 0)) AS late_centi,
           sum(late AND days_old >= :D11_old_days) AS late_claims,
           sum(late AND days_old < :D11_old_days) AS fresh,
           sum(iif(late AND days_old >= :D11_old_days, days_old, 0)) AS days_old
    FROM late
    GROUP BY person, year
    HAVING late_claims >= :D11_claims_least AND 2 * late_centi > total_centi
),
-- 同单位当年的其他人：有多少人也在年末才申报了过半。
beside AS MATERIALIZED (
    SELECT s.*, o.persons, o.late_persons
    FROM summed s
    LEFT JOIN (
        SELECT unit, year, count(*) AS persons, sum(2 * late_centi > total_centi) AS late_persons
        FROM (
            SELECT c.unit, c.year, c.person, sum(c.assessed_centi) AS total_centi,
                   sum(iif(date(c.submitted_at / 1000000, 'unixepoch', '+8 hours')
                           BETWEEN date(c.year || '-12-31', '-' || (:D11_last_days - 1) || ' days')
                               AND c.year || '-12-31', c.assessed_centi, 0)) AS late_centi
            FROM (SELECT DISTINCT unit, year FROM summed) u
            CROSS JOIN claim c ON c.unit = u.unit AND c.to_position IS NULL AND c.year = u.year
            WHERE c.status IN ('approved', 'frozen')
            GROUP BY c.unit, c.year, c.person)
        GROUP BY unit, year) o ON o.unit = s.unit AND o.year = s.year
),
hugging AS (
    SELECT c.unit, c.year, c.person, sum(c.assessed_centi) AS total_centi, min(c.region) AS region,
           min(c.sector) AS sector,
           group_concat(DISTINCT coalesce(c.training_class, c.organiser, c.route)) AS made_of
    FROM touched t
    CROSS JOIN claim c ON c.unit = substr(t.id, 1, instr(t.id, '/') - 1)
      AND c.to_position IS NULL AND c.year = CAST(substr(t.id, instr(t.id, '/') + 1) AS INTEGER)
    WHERE t.kind = 'unit_year' AND c.status IN ('approved', 'frozen') AND c.assessed_centi > 0
    GROUP BY c.unit, c.year, c.person
),
units AS MATERIALIZED (
    SELECT unit, year, min(region) AS region, min(sector) AS sector, count(*) AS persons,
           sum(total_centi = :D11_exact_centi) AS exact,
           count(DISTINCT iif(total_centi = :D11_exact_centi, made_of, NULL)) AS sets
    FROM hugging
    GROUP BY unit, year
    HAVING exact >= :D11_exact_least AND 100 * exact >= :D11_exact_percent * persons
)
SELECT 'person:' || b.person || ':' || b.year AS about,
       min(n.region) AS region, min(n.sector) AS sector,
       json_array(b.person) AS persons,
       (SELECT json_group_array(claim) FROM (
            SELECT claim FROM late WHERE person = b.person AND year = b.year AND late ORDER BY 1)) AS claims,
       '[]' AS actors, '[]' AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT submitted_event AS event FROM late WHERE person = b.person AND year = b.year AND late
            UNION SELECT decided_event FROM late WHERE person = b.person AND year = b.year AND late ORDER BY 1))
           AS events,
       json_object('fresh', b.fresh, 'unit_late', b.late_persons - 1) AS counter,
       json_object('year', b.year, 'total_centi', b.total_centi, 'late_centi', b.late_centi,
                   'late_claims', b.late_claims, 'days_old', b.days_old / b.late_claims) AS figures,
       '[]' AS looked
FROM beside b JOIN late n ON n.person = b.person AND n.year = b.year AND n.late
WHERE b.persons < 5 OR 100 * b.late_persons < :D11_plan_percent * b.persons
GROUP BY b.person, b.year
UNION ALL
SELECT 'unit:' || u.unit || ':' || u.year, u.region, u.sector,
       (SELECT json_group_array(person) FROM (
            SELECT person FROM hugging
            WHERE unit = u.unit AND year = u.year AND total_centi = :D11_exact_centi ORDER BY 1)),
       '[]', '[]', '[]',
       (SELECT json_group_array(event) FROM (
            SELECT DISTINCT c.decided_event AS event FROM hugging h
            CROSS JOIN claim c ON c.person = h.person AND c.to_position IS NULL AND c.year = h.year
              AND c.unit = h.unit
            WHERE h.unit = u.unit AND h.year = u.year AND h.total_centi = :D11_exact_centi
              AND c.status IN ('approved', 'frozen') ORDER BY 1)),
       json_object('sets', u.sets),
       json_object('year', u.year, 'exact', u.exact, 'persons', u.persons),
       json_array(u.unit || '/' || u.year)
FROM units u
