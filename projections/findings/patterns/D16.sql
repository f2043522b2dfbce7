-- D16/1 为规定而变更单位
-- severity: low
-- touches: person
-- rule: 在别的设区市或行业跨过年底，而不到 :D16_back_days 天又回到原来的设区市和行业；或者转入别的设区市或行业后不到 :D16_before_days 天就申报职称，申报之后 :D16_back_days 天内又转回。
-- reason: 一年要求多少学时，依年末所在的地方和行业（AMB-28 的读法）；经单位确认的变更日期决定适用哪一部细则（W 4、P 13）。年底前转出、年后转回的，可能只是为了换一部要求低的细则。
-- guard: 转出以后没有再回来的是正常流动；同一设区市、同一行业之内换单位不改变适用的细则，不算；借调、挂职的也会回来，在外期间在当地有学习记录的列为反证；单位更名、合并不是变更。是否因此达标要以两地的细则分别评定，这里只指出时间上的巧合。
-- thresholds: back_days, before_days
-- counter: studied_there 在外期间由当地单位申报的条数；moves 此人所有变更的次数，多的可能常年流动
-- figures: away_days 在外天数；year 跨过的年度；year_centi 该年度认定学时；applied 是否在外期间申报职称
WITH looked(person) AS MATERIALIZED (
    SELECT DISTINCT id FROM touched WHERE kind = 'person'
),
spans AS (
    SELECT a.person, a.since, a.unit, substr(a.region, 1, 4) || a.sector AS place, a.event,
           lag(substr(a.region, 1, 4) || a.sector) OVER each AS place_before, lag(a.event) OVER each AS event_before,
           lag(a.region) OVER each AS region_before, lag(a.sector) OVER each AS sector_before,
           lead(substr(a.region, 1, 4) || a.sector) OVER each AS place_after, lead(a.since) OVER each AS back_on,
           lead(a.event) OVER each AS event_after,
           count(*) OVER (PARTITION BY a.person) AS spans
    FROM looked l CROSS JOIN affiliation a ON a.person = l.person AND a.to_position IS NULL
    WINDOW each AS (PARTITION BY a.person ORDER BY a.since)
),
away AS MATERIALIZED (
    SELECT s.*, CAST(julianday(s.back_on) - julianday(s.since) AS INTEGER) AS away_days,
           CAST(substr(s.since, 1, 4) AS INTEGER) AS year,
           (SELECT min(p.application) FROM application p
            WHERE p.person = s.person AND p.to_position IS NULL AND p.applied_on >= s.since
              AND p.applied_on < s.back_on AND p.outcome <> 'withdrawn'
              AND julianday(p.applied_on) - julianday(s.since) < :D16_before_days) AS application
    FROM spans s
    WHERE s.place_before = s.place_after AND s.place_before <> s.place
      AND julianday(s.back_on) - julianday(s.since) < :D16_back_days
)
SELECT w.person || ':' || w.since AS about, w.region_before AS region, w.sector_before AS sector,
       json_array(w.person) AS persons,
       '[]' AS claims, '[]' AS actors, '[]' AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT w.event AS event UNION SELECT w.event_before UNION SELECT w.event_after
            UNION SELECT t.event FROM transfer t WHERE t.person = w.person AND t.to_position IS NULL
              AND t.starts IN (w.since, w.back_on)
            UNION SELECT p.event FROM application p
            WHERE p.application = w.application AND p.to_position IS NULL ORDER BY 1)) AS events,
       json_object(
           'studied_there', (SELECT count(*) FROM claim c WHERE c.person = w.person AND c.to_position IS NULL
                               AND c.unit = w.unit AND c.evidence_on >= w.since AND c.evidence_on < w.back_on),
           'moves', w.spans - 1) AS counter,
       json_object(
           'away_days', w.away_days, 'year', w.year,
           'year_centi', (SELECT sum(c.assessed_centi) FROM claim c
                          WHERE c.person = w.person AND c.to_position IS NULL AND c.year = w.year
                            AND c.status IN ('approved', 'frozen')),
           'applied', w.application IS NOT NULL) AS figures
FROM away w
WHERE substr(w.since, 1, 4) < substr(w.back_on, 1, 4) OR w.application IS NOT NULL
ORDER BY about
