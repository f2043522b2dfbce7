-- What a pattern tells of the entries that belong to each finding (`-- tells: members`). It gives before: found(about),
-- member (about, with the columns of a claim, decided_by and decided_event), further(about, name, id) for what its lists
-- hold beside them, and numbers(about, counter, figures).
told AS MATERIALIZED (
    SELECT * FROM member WHERE about IN (SELECT about FROM found)
),
every(about, name, id) AS (
    SELECT about, 'persons', person FROM told
    UNION SELECT about, 'claims', claim FROM told
    UNION SELECT about, 'actors', decided_by FROM told WHERE decided_by IS NOT NULL
    UNION SELECT about, 'organisers', organiser FROM told WHERE organiser IS NOT NULL
    UNION SELECT about, 'events', submitted_event FROM told
    UNION SELECT about, 'events', study_event FROM told
    UNION SELECT about, 'events', decided_event FROM told WHERE decided_event IS NOT NULL
    UNION SELECT about, name, id FROM further WHERE id IS NOT NULL AND about IN (SELECT about FROM found)
    ORDER BY 1, 2, 3
),
said(about, name, text) AS (
    SELECT about, name, json_group_array(id) FROM every GROUP BY about, name
    UNION ALL
    SELECT about, 'region', CASE WHEN min(region) = max(region) THEN min(region)
                                 WHEN substr(min(region), 1, 4) = substr(max(region), 1, 4)
                                 THEN substr(min(region), 1, 4) ELSE substr(min(region), 1, 2) END
    FROM told GROUP BY about
    UNION ALL
    SELECT about, 'sector', CASE WHEN min(sector) = max(sector) THEN min(sector) END FROM told GROUP BY about
    UNION ALL
    SELECT about, 'counter', counter FROM numbers
    UNION ALL
    SELECT about, 'figures', figures FROM numbers
)
SELECT about,
       max(CASE name WHEN 'region' THEN text END) AS region, max(CASE name WHEN 'sector' THEN text END) AS sector,
       max(CASE name WHEN 'persons' THEN text END) AS persons, max(CASE name WHEN 'claims' THEN text END) AS claims,
       coalesce(max(CASE name WHEN 'actors' THEN text END), '[]') AS actors,
       coalesce(max(CASE name WHEN 'organisers' THEN text END), '[]') AS organisers,
       max(CASE name WHEN 'events' THEN text END) AS events,
       max(CASE name WHEN 'counter' THEN text END) AS counter, max(CASE name WHEN 'figures' THEN text END) AS figures,
       coalesce(max(CASE name WHEN 'looked' THEN text END), '[]') AS looked
FROM said
GROUP BY about
ORDER BY about
