-- The hours and the totals of every entry and every year, in another engine, over the same rulebook tables.
--
-- `duck.py` fills rulebook, rate, share and points facts_file at a file of facts; then this file runs from top to
-- bottom and leaves two tables: ruling (one row an entry) and person_year (one row a person and year with entries).
-- Hours are whole hundredths, days are halves; every division here is `//` between integers, and those that the law
-- does not round down (whole 万字, whole 45 minutes) are of numbers that divide exactly.

SET threads = 1;  -- The order of the lines is the order of registration: nothing may read them out of order.

CREATE TABLE fact AS
SELECT row_number() OVER () AS seq, *
FROM read_json(getvariable('facts_file'), format = 'newline_delimited', columns = {
    kind: 'VARCHAR', id: 'VARCHAR', person: 'VARCHAR', "from": 'DATE', "to": 'DATE', region: 'VARCHAR', sector: 'VARCHAR',
    date: 'DATE', "year": 'INTEGER', category: 'VARCHAR', route: 'VARCHAR', level: 'VARCHAR', rank: 'BIGINT',
    days: 'VARCHAR', hours: 'VARCHAR', minutes: 'BIGINT', subjects: 'BIGINT', courses: 'BIGINT', characters: 'BIGINT',
    completed_by: 'VARCHAR', filed_on: 'DATE', starts: 'DATE', confirmed_hours: 'VARCHAR', occasion: 'VARCHAR',
    output: 'VARCHAR'
});

SET threads = 2;

-- An affiliation ends on its last day or on the day before the next one, whichever comes first.
CREATE TABLE held AS
SELECT person, region, sector, "from" AS begins,
       least(
           coalesce("to", DATE '9999-12-31'),
           coalesce(lead("from") OVER (PARTITION BY person ORDER BY "from") - 1, DATE '9999-12-31')
       ) AS ends
FROM fact WHERE kind = 'affiliation';

-- Quantities as integers: hundredths of an hour, halves of a day.
CREATE TABLE entry AS
SELECT f.seq, f.id, f.person, f.date AS day, coalesce(f."year", year(f.date)) AS for_year, f.category, f.route,
       coalesce(f.level, '-') AS level, f.rank, f.minutes, f.subjects, f.courses, f.characters, f.completed_by,
       f.filed_on, f.starts, f.occasion, f.output, a.region, a.sector,
       CAST(CAST(f.days AS DECIMAL(12, 2)) * 2 AS BIGINT) AS half_days,
       CAST(CAST(f.hours AS DECIMAL(12, 2)) * 100 AS BIGINT) AS hours_centi,
       CAST(CAST(f.confirmed_hours AS DECIMAL(12, 2)) * 100 AS BIGINT) AS confirmed_centi
FROM fact f JOIN held a ON a.person = f.person AND f.date BETWEEN a.begins AND a.ends
WHERE f.kind = 'entry';

-- The rulebooks that reach an entry on its own day (never on its chosen year).
CREATE TABLE reach AS
SELECT e.seq, b.rulebook, b.sector IS NOT NULL AS of_sector, length(b.region) AS nearness
FROM entry e JOIN rulebook b
  ON starts_with(e.region, b.region) AND (b.sector IS NULL OR b.sector = e.sector) AND e.day >= b.in_force_from
 AND (b.in_force_to IS NULL OR e.day <= b.in_force_to);

-- The rate of each entry: of the rulebooks that have its route, the one with a sector, then the one nearest by.
-- A rate with a unit that the entry does not carry (minutes where only marked hours count) is not a rate for it.
CREATE TABLE rated AS
SELECT e.*, r.rulebook, r.clause, r.cap_centi, r.refused, r.filing, r.exam_only,
       CASE r.unit
           WHEN 'item' THEN r.centi
           WHEN 'day' THEN r.centi * e.half_days // 2
           WHEN 'subject' THEN r.centi * e.subjects
           WHEN 'course' THEN r.centi * e.courses
           WHEN 'characters' THEN r.centi * (e.characters // r.step)
           WHEN 'minutes' THEN r.centi * (e.minutes // r.step)
           WHEN 'marked' THEN e.hours_centi
       END AS whole_centi,
       r.class_limit_centi,
       r.shared
FROM entry e
LEFT JOIN reach USING (seq)
LEFT JOIN rate r
  ON r.rulebook = reach.rulebook AND r.category = e.category AND r.route = e.route AND r.level IN (e.level, '*')
 AND (r.unit <> 'marked' OR e.hours_centi IS NOT NULL) AND (r.unit <> 'minutes' OR e.minutes IS NOT NULL)
QUALIFY row_number() OVER (
    PARTITION BY e.seq ORDER BY r.rulebook IS NULL, of_sector DESC, nearness DESC, r.preference
) = 1;

-- The local rule that public courses need an exam binds every sector that it reaches.
CREATE TABLE exam_bound AS
SELECT e.seq, min(r.rulebook) AS rulebook, min(r.clause) AS clause
FROM entry e JOIN reach USING (seq)
JOIN rate r ON r.rulebook = reach.rulebook AND r.category = e.category AND r.route = e.route AND r.exam_binds_all
WHERE e.completed_by = 'completion'
GROUP BY e.seq;

CREATE TABLE alone AS
SELECT d.seq, d.id, d.person, d.day, d.for_year, d.category, d.route, d.completed_by, d.occasion, d.output, d.cap_centi,
       CASE
           WHEN d.rulebook IS NULL THEN if(d.confirmed_centi IS NULL, 'unruled', 'manual')
           WHEN d.refused OR (d.exam_only AND d.completed_by = 'completion') OR x.seq IS NOT NULL THEN 'refused'
           WHEN d.filing AND (d.filed_on IS NULL OR d.filed_on > d.starts) THEN 'refused'
           ELSE 'ruled'
       END AS status,
       CASE WHEN x.seq IS NOT NULL AND NOT d.exam_only THEN x.rulebook ELSE d.rulebook END AS rulebook,
       CASE WHEN x.seq IS NOT NULL AND NOT d.exam_only THEN x.clause ELSE d.clause END AS clause,
       CASE status
           WHEN 'ruled' THEN least(d.whole_centi, coalesce(d.class_limit_centi, d.whole_centi))
                             * if(d.shared, s.percent, 100) // 100
           WHEN 'manual' THEN d.confirmed_centi
           ELSE 0
       END AS assessed
FROM rated d
LEFT JOIN exam_bound x USING (seq)
LEFT JOIN share s
  ON d.shared AND s.rulebook = d.rulebook AND s.clause = d.clause AND d.rank BETWEEN s.first_rank AND s.last_rank;

-- Each key is decided on its own: most hours first, then first registered.
CREATE TABLE kept AS
SELECT *,
       status IN ('ruled', 'manual') AND (
           (occasion IS NOT NULL AND 1 < row_number() OVER (
               PARTITION BY person, occasion, status IN ('ruled', 'manual') ORDER BY assessed DESC, seq))
           OR (output IS NOT NULL AND 1 < row_number() OVER (
               PARTITION BY person, output, status IN ('ruled', 'manual') ORDER BY assessed DESC, seq))
       ) AS lost
FROM alone;

-- A cap is a running sum, cut: what counts is how much nearer to the cap this entry brings it.
CREATE TABLE ruling AS
WITH filled AS (
    SELECT *, if(lost, 0, assessed) AS offered,
           sum(offered) OVER (
               PARTITION BY person, for_year, rulebook, clause ORDER BY day, seq
               ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS sum_after
    FROM kept
)
SELECT seq, id, person, for_year, category, route, completed_by,
       if(lost, 'duplicate', status) AS status, rulebook, clause, assessed,
       CAST(CASE
           WHEN lost THEN 0
           WHEN status = 'ruled' AND cap_centi IS NOT NULL
               THEN least(sum_after, cap_centi) - least(sum_after - offered, cap_centi)
           ELSE assessed
       END AS BIGINT) AS counted
FROM filled;

CREATE TABLE person_year AS
SELECT person, for_year,
       CAST(sum(counted) AS BIGINT) AS total,
       CAST(coalesce(sum(counted) FILTER (category = 'professional'), 0) AS BIGINT) AS professional,
       CAST(coalesce(sum(counted) FILTER (category = 'sector_public'), 0) AS BIGINT) AS sector_public,
       CAST(coalesce(sum(counted) FILTER (category = 'general_public'), 0) AS BIGINT) AS general_public,
       CAST(coalesce(sum(counted) FILTER (route = 'exam' OR completed_by = 'exam'), 0) AS BIGINT) AS exam_hours
FROM ruling GROUP BY person, for_year;
