-- D11/2 年末补齐、压线达标
-- severity: low
-- touches: unit_year, person
-- rule: 一个人在一个单位一年的学时，过半是在年末最后 :D11_last_days 天（或申报职称前同样天数）里才申报的，而且证明材料早在 :D11_old_days 天以前就有了，这样的不少于 :D11_claims_least 条；或者一个单位一年里有 :D11_exact_least 人以上、占百分之 :D11_exact_percent 以上，合计恰好是 :D11_exact_centi 学时。
-- reason: 学时应当及时、如实登记（P 13），按证明材料的日期归入年度（E 10）。材料早就有了却等到差多少已经看得见才补，或许多人一分不多一分不少，常是凑数，须看材料是否后补。只是统计上的迹象，要以单位为范围看。
-- guard: 年末才结束的学习年末申报，本来如此，材料新的不算；单位按计划在年末统一申报的（同单位当年百分之 :D11_plan_percent 以上的人都这样）不算；导入、名册、系统登记的不是本人申报，不计；全单位同上一套课程而恰好达标的，所用的班次、课程只有一套，列为反证。
-- thresholds: last_days, old_days, claims_least, exact_least, exact_percent, exact_centi, plan_percent
-- counter: fresh 年末申报而材料是新的条数；unit_late 同单位当年也在年末补了过半的其他人数；sets 恰好达标的人所用的主办、途径有几套，只有一套的可能是统一安排
-- figures: year 年度；total_centi 全年认定学时；late_centi 年末申报且材料早已有的学时；late_claims 其条数；days_old 材料到申报的平均天数；exact 恰好达标的人数；persons 单位当年有学时的人数
WITH looked(unit, year) AS MATERIALIZED (
    SELECT substr(id, 1, instr(id, '/') - 1), CAST(substr(id, instr(id, '/') + 1) AS INTEGER)
    FROM touched WHERE kind = 'unit_year'
    UNION
    -- 申报职称的人：申报之前的那些天也算。
    SELECT c.unit, c.year
    FROM touched t
    CROSS JOIN application a ON a.person = t.id AND a.to_position IS NULL
    CROSS JOIN claim c ON c.person = a.person AND c.to_position IS NULL  -- 归入哪一年的都算：看的是何时申报。
      AND unixepoch(a.applied_on) / 86400 - (c.submitted_at + 28800000000) / 86400000000
          BETWEEN 0 AND :D11_last_days
    WHERE t.kind = 'person'
),
-- 日子都按 1970 年以来的天数。
ending(unit, year, last_day) AS MATERIALIZED (
    SELECT unit, year, unixepoch(year || '-12-31') / 86400 FROM looked
),
counting AS (
    SELECT c.claim, c.person, c.unit, c.year, c.region, c.sector, c.assessed_centi, c.submitted_event, c.decided_event,
           c.evidence_on, c.origin, e.last_day, (c.submitted_at + 28800000000) / 86400000000 AS day
    FROM ending e CROSS JOIN claim c ON c.unit = e.unit AND c.to_position IS NULL AND c.year = e.year
    WHERE c.status IN ('approved', 'frozen') AND c.assessed_centi > 0
),
marked AS (
    SELECT *,
           origin = 'self' AND (
               day BETWEEN last_day - :D11_last_days + 1 AND last_day
               OR EXISTS (SELECT 1 FROM application a WHERE a.person = n.person AND a.to_position IS NULL
                            AND unixepoch(a.applied_on) / 86400 - n.day BETWEEN 0 AND :D11_last_days)) AS late
    FROM counting n
),
dated AS MATERIALIZED (
    SELECT claim, person, unit, year, region, sector, assessed_centi, submitted_event, decided_event, late,
           iif(late, day - unixepoch(evidence_on) / 86400, 0) AS days_old
    FROM marked
),
summed AS MATERIALIZED (
    SELECT unit, year, person, min(region) AS region, min(sector) AS sector, sum(assessed_centi) AS total_centi,
           sum(iif(late, assessed_centi, 0)) AS all_late_centi,
           sum(iif(late AND days_old >= :D11_old_days, assessed_centi, 0)) AS late_centi,
           sum(late AND days_old >= :D11_old_days) AS late_claims,
           sum(late AND days_old < :D11_old_days) AS fresh,
           sum(iif(late AND days_old >= :D11_old_days, days_old, 0)) AS days_old
    FROM dated
    GROUP BY unit, year, person
),
units AS MATERIALIZED (
    SELECT unit, year, min(region) AS region, min(sector) AS sector, count(*) AS persons,
           sum(2 * all_late_centi > total_centi) AS late_persons, sum(total_centi = :D11_exact_centi) AS exact
    FROM summed
    GROUP BY unit, year
)
SELECT 'person:' || s.person || ':' || s.unit || ':' || s.year AS about, s.region, s.sector,
       json_array(s.person) AS persons,
       (SELECT json_group_array(claim) FROM (
            SELECT claim FROM dated WHERE unit = s.unit AND year = s.year AND person = s.person AND late ORDER BY 1))
           AS claims,
       '[]' AS actors, '[]' AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT submitted_event AS event FROM dated
            WHERE unit = s.unit AND year = s.year AND person = s.person AND late
            UNION SELECT decided_event FROM dated
            WHERE unit = s.unit AND year = s.year AND person = s.person AND late ORDER BY 1)) AS events,
       json_object('fresh', s.fresh, 'unit_late', u.late_persons - 1) AS counter,
       json_object('year', s.year, 'total_centi', s.total_centi, 'late_centi', s.late_centi,
                   'late_claims', s.late_claims, 'days_old', s.days_old / s.late_claims) AS figures,
       json_array(s.unit || '/' || s.year) AS looked
FROM summed s JOIN units u ON u.unit = s.unit AND u.year = s.year
WHERE s.late_claims >= :D11_claims_least AND 2 * s.late_centi > s.total_centi
  AND (u.persons < 5 OR 100 * u.late_persons < :D11_plan_percent * u.persons)
UNION ALL
SELECT 'unit:' || u.unit || ':' || u.year, u.region, u.sector,
       (SELECT json_group_array(person) FROM (
            SELECT person FROM summed
            WHERE unit = u.unit AND year = u.year AND total_centi = :D11_exact_centi ORDER BY 1)),
       '[]', '[]', '[]',
       (SELECT json_group_array(event) FROM (
            SELECT DISTINCT d.decided_event AS event
            FROM summed s JOIN dated d ON d.unit = s.unit AND d.year = s.year AND d.person = s.person
            WHERE s.unit = u.unit AND s.year = u.year AND s.total_centi = :D11_exact_centi ORDER BY 1)),
       json_object('sets', (
           SELECT count(DISTINCT made_of) FROM (
               SELECT group_concat(DISTINCT coalesce(c.training_class, c.organiser, c.route)) AS made_of
               FROM summed s
               JOIN dated d ON d.unit = s.unit AND d.year = s.year AND d.person = s.person
               CROSS JOIN claim c ON c.claim = d.claim AND c.to_position IS NULL
               WHERE s.unit = u.unit AND s.year = u.year AND s.total_centi = :D11_exact_centi
               GROUP BY s.person))),
       json_object('year', u.year, 'exact', u.exact, 'persons', u.persons),
       json_array(u.unit || '/' || u.year)
FROM units u
WHERE u.exact >= :D11_exact_least AND 100 * u.exact >= :D11_exact_percent * u.persons
