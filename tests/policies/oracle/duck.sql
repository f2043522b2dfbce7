-- The hours and the totals of every entry and every year, in another engine, over the same rulebook tables.
--
-- `duck.py` fills the tables rulebook, rate, share, condition and binding, and points facts_file at a file of facts;
-- then this file runs from top to bottom and leaves two tables: ruling (one row an entry) and person_year (one row a
-- person and year with entries). Hours are whole hundredths, days are halves, and `//` is integer division. It may
-- cut something off only where the law does (whole 万字, whole 45 minutes); anywhere else the entry is `inexact`.

SET threads = 1;  -- The order of the lines is the order of registration: nothing may read them out of order.

CREATE TABLE fact AS
SELECT row_number() OVER () AS seq, *
FROM read_json(getvariable('facts_file'), format = 'newline_delimited', columns = {
    kind: 'VARCHAR', id: 'VARCHAR', person: 'VARCHAR', "from": 'DATE', "to": 'DATE', region: 'VARCHAR', sector: 'VARCHAR',
    date: 'DATE', "year": 'INTEGER', category: 'VARCHAR', route: 'VARCHAR', level: 'VARCHAR', rank: 'BIGINT',
    days: 'VARCHAR', hours: 'VARCHAR', minutes: 'BIGINT', subjects: 'BIGINT', courses: 'BIGINT', characters: 'BIGINT',
    completed_by: 'VARCHAR', filed_on: 'DATE', starts: 'DATE', confirmed_hours: 'VARCHAR', occasion: 'VARCHAR',
    output: 'VARCHAR', organiser: 'VARCHAR', organiser_level: 'VARCHAR', approved_by: 'VARCHAR', platform: 'VARCHAR',
    major: 'VARCHAR'
});

SET threads = 2;

-- An affiliation ends on its last day or on the day before the next one, whichever comes first.
CREATE TABLE held AS
SELECT person, region, sector, major, "from" AS begins,
       least(
           coalesce("to", DATE '9999-12-31'),
           coalesce(lead("from") OVER (PARTITION BY person ORDER BY "from") - 1, DATE '9999-12-31')
       ) AS ends
FROM fact WHERE kind = 'affiliation';

-- Quantities as integers: hundredths of an hour, halves of a day.
CREATE TABLE entry AS
SELECT f.seq, f.id, f.person, f.date AS day, coalesce(f."year", year(f.date)) AS for_year, f.category, f.route,
       coalesce(f.level, '-') AS level, f.rank, f.minutes, f.subjects, f.courses, f.characters, f.completed_by,
       f.filed_on, f.starts, f.occasion, f.output, f.organiser, f.organiser_level, f.approved_by, f.platform,
       coalesce(f.major, a.major) AS major, a.region, a.sector,
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
-- A rate by a quantity that the entry does not carry (minutes where only marked hours count) is no rate for it.
CREATE TABLE rated AS
SELECT e.*, r.clause_number, r.rulebook, r.clause, r.refuses, r.limit_centi, r.cap_centi,
       r.centi * CASE r.unit
           WHEN 'item' THEN 1
           WHEN 'half_day' THEN e.half_days
           WHEN 'subject' THEN e.subjects
           WHEN 'course' THEN e.courses
           WHEN 'characters' THEN e.characters // r.step
           WHEN 'minutes' THEN e.minutes // r.step
           WHEN 'marked' THEN e.hours_centi
       END AS product,
       CASE r.unit WHEN 'half_day' THEN 2 WHEN 'marked' THEN 100 ELSE 1 END AS divisor
FROM entry e
LEFT JOIN reach USING (seq)
LEFT JOIN rate r
  ON r.rulebook = reach.rulebook AND r.category = e.category AND r.route = e.route AND r.level IN (e.level, '*')
 AND (r.unit <> 'marked' OR e.hours_centi IS NOT NULL) AND (r.unit <> 'minutes' OR e.minutes IS NOT NULL)
QUALIFY row_number() OVER (
    PARTITION BY e.seq ORDER BY r.rulebook IS NULL, of_sector DESC, nearness DESC, r.clause_number
) = 1;

-- What an entry shows of the things that conditions ask about; what it does not show is taken as shown.
CREATE TABLE shown AS
UNPIVOT (SELECT seq, completed_by, organiser, organiser_level, approved_by, platform, major FROM entry)
ON COLUMNS (* EXCLUDE seq) INTO NAME field VALUE said;

-- Entries that break a condition of their own clause: another value than the law names, or a filing absent or late.
CREATE TABLE broken AS
SELECT DISTINCT d.seq
FROM rated d
JOIN condition c USING (clause_number)
LEFT JOIN shown s ON s.seq = d.seq AND s.field = c.field
LEFT JOIN shown w ON w.seq = d.seq AND w.field = c.when_field
WHERE (c.when_field IS NULL OR list_contains(c.when_among, w.said))
  AND ((c.filing AND (d.filed_on IS NULL OR d.filed_on > d.starts))
       OR NOT list_contains(c.among, s.said) OR list_contains(c.not_among, s.said));

-- And those that break what a rulebook asks of everyone in its reach, whoever's clause gives the hours.
CREATE TABLE forbidden AS
SELECT e.seq, min(b.rulebook) AS rulebook, min(b.clause) AS clause
FROM entry e
JOIN reach USING (seq)
JOIN binding b ON b.rulebook = reach.rulebook AND b.category = e.category AND b.route = e.route
JOIN shown s ON s.seq = e.seq AND s.field = b.field
WHERE NOT list_contains(b.among, s.said)
GROUP BY e.seq;

CREATE TABLE alone AS
SELECT d.seq, d.id, d.person, d.day, d.for_year, d.category, d.route, d.completed_by, d.occasion, d.output, d.cap_centi,
       CASE
           WHEN d.rulebook IS NULL THEN if(d.confirmed_centi IS NULL, 'unruled', 'manual')
           WHEN d.refuses OR b.seq IS NOT NULL OR x.seq IS NOT NULL THEN 'refused'
           ELSE 'ruled'
       END AS status,
       if(b.seq IS NULL AND x.seq IS NOT NULL, x.rulebook, d.rulebook) AS rulebook,
       if(b.seq IS NULL AND x.seq IS NOT NULL, x.clause, d.clause) AS clause,
       d.product * coalesce(s.percent, 100) AS shared,
       d.divisor * 100 AS parts,
       CASE status
           WHEN 'ruled' THEN least(shared // parts, coalesce(d.limit_centi, shared // parts))
           WHEN 'manual' THEN d.confirmed_centi
           ELSE 0
       END AS assessed,
       status = 'ruled' AND shared % parts <> 0 AS inexact
FROM rated d
LEFT JOIN broken b USING (seq)
LEFT JOIN forbidden x USING (seq)
LEFT JOIN share s ON s.clause_number = d.clause_number AND d.rank BETWEEN s.first_rank AND s.last_rank;

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
       if(lost, 'duplicate', status) AS status, rulebook, clause, assessed, inexact,
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
