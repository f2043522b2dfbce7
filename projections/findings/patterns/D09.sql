-- D09/2 同一活动重复计学时
-- severity: high
-- touches: person
-- rule: 同一人的两条记录说的是同一件事（活动标识、成果标识、班次、证书编号、证书文件之一相同，或题名与起止都相同；没有写起止的，题名相同且日期与另一条的日期相同或落在其起止之内），而年度不同、途径不同，或一条本人申报、一条由名册、系统、导入登记，或来自两个系统。
-- reason: 同一活动跨年度只计一个年度（E 10）；同一成果、同一活动不因途径不同重复计（按 E 10 的读法取高的一条）；班次统一登记后本人不再申报（W 13、W 14）；各地系统导入省系统的，同一学习只有一条（P 14）。
-- guard: 每年一期、各有日期的活动是两次；课题和它的论文是两项成果；一份成绩单、资格证书可以列多门课程、多个科目，所以考试和学历课程不比证书文件，没有写起止的也不凭题名和日期；更正、导入的新版本改的是同一条记录，不成两条；前一条已撤回、驳回、撤销的，后一条就是唯一的一条；同一年度、同一途径、同一来源的重复由规则自动只计一条，不在此列。起止不相接的，可能是一次活动的两段，列为反证。
-- counter: apart_days 两条起止相隔的天数（0 为重叠或相接）；counted_once 是否同年同类（规则本来就只计一条）
-- figures: shared 相同的是什么；years 年度数；routes 途径数；origins 来源数；systems 系统数；assessed_centi 合计认定学时；smaller_centi 其中较少的一条，即可能多计的学时
-- tells: members
WITH looked(person) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'person'
),
mine AS MATERIALIZED (
    SELECT c.claim, c.person, c.route, c.occasion, c.output, c.training_class, c.starts, c.ends, c.evidence_on,
           c.year, c.origin, c.source_system
    FROM looked l CROSS JOIN claim c ON c.person = l.person AND c.to_position IS NULL
    WHERE c.status IN ('under_review', 'returned', 'approved', 'frozen')
),
-- 没有写起止的，只有一个日期可比。
spanless AS MATERIALIZED (
    SELECT * FROM mine
    WHERE (starts IS NULL OR ends IS NULL) AND route NOT IN ('exam', 'degree_course')
),
-- 同一人的两条凭什么算同一件事；按人归组，所以一个大班不会两两相比。
keyed(person, shared, value, claim) AS (
    SELECT person, 'occasion', occasion, claim FROM mine WHERE occasion IS NOT NULL
    UNION ALL
    SELECT person, 'output', output, claim FROM mine WHERE output IS NOT NULL
    UNION ALL
    SELECT person, 'class', training_class, claim FROM mine WHERE training_class IS NOT NULL
    UNION ALL
    SELECT m.person, 'certificate', k.value, m.claim
    FROM mine m CROSS JOIN clue k ON k.claim = m.claim AND k.kind = 'certificate'
    UNION ALL
    SELECT m.person, 'title', k.value || m.starts || m.ends, m.claim
    FROM mine m CROSS JOIN clue k ON k.claim = m.claim AND k.kind = 'title'
    WHERE (m.person, m.starts, m.ends) IN (
        SELECT person, starts, ends FROM mine GROUP BY person, starts, ends HAVING count(*) > 1)
    UNION ALL
    -- 另一本账、另一个系统报来的常只有一个日期。
    SELECT m.person, 'title', k.value || m.evidence_on, m.claim
    FROM spanless m CROSS JOIN clue k ON k.claim = m.claim AND k.kind = 'title'
    UNION ALL
    -- 课程、科目各报一条的，一份成绩单、证书列着多门。
    SELECT m.person, 'file', p.sha256, m.claim
    FROM mine m CROSS JOIN paper p ON p.claim = m.claim AND p.to_position IS NULL
    WHERE p.kind IN ('certificate', 'card') AND m.route NOT IN ('exam', 'degree_course')
),
several(shared, claims) AS MATERIALIZED (
    SELECT shared, json_group_array(claim) FROM keyed GROUP BY person, shared, value HAVING count(*) > 1
),
-- 一条只有日期，另一条写了起止；同一天的几条里，写了起止的一条只与最早的一条相比。
within(one, other) AS (
    SELECT m.claim, min(d.claim)
    FROM spanless d CROSS JOIN mine m ON m.person = d.person AND m.starts IS NOT NULL AND m.ends IS NOT NULL
        AND (d.evidence_on BETWEEN m.starts AND m.ends OR d.evidence_on = m.evidence_on)
        AND m.route NOT IN ('exam', 'degree_course')
        AND (m.year, m.route, m.origin, m.source_system) IS NOT (d.year, d.route, d.origin, d.source_system)
    CROSS JOIN clue k ON k.claim = d.claim AND k.kind = 'title'
    CROSS JOIN clue o ON o.claim = m.claim AND o.kind = 'title' AND o.value = k.value
    GROUP BY m.claim, d.evidence_on
),
pair(one, other, shared) AS MATERIALIZED (
    SELECT one, other, group_concat(shared) FROM (
        SELECT DISTINCT min(a.value, b.value) AS one, max(a.value, b.value) AS other, s.shared
        FROM several s CROSS JOIN json_each(s.claims) a CROSS JOIN json_each(s.claims) b
        WHERE b.key BETWEEN a.key + 1 AND a.key + 8  -- 再多也不过是同一件事。
        UNION
        SELECT min(one, other), max(one, other), 'title' FROM within
        ORDER BY 1, 2, 3)
    GROUP BY one, other
),
found AS MATERIALIZED (
    SELECT 'claims:' || p.one || ':' || p.other AS about, p.one, p.other, p.shared,
           1 + (a.year IS NOT b.year) AS years, 1 + (a.route IS NOT b.route) AS routes,
           1 + (a.origin IS NOT b.origin) AS origins, 1 + (a.source_system IS NOT b.source_system) AS systems,
           -- 只有日期的，同一日期就是同一天，哪怕那是发证的日子。
           CASE WHEN a.starts IS NOT NULL AND b.starts IS NOT NULL
                  OR a.evidence_on <> b.evidence_on THEN coalesce(max(0, CAST(
               julianday(max(coalesce(a.starts, a.evidence_on), coalesce(b.starts, b.evidence_on)))
               - julianday(min(coalesce(a.ends, a.evidence_on), coalesce(b.ends, b.evidence_on))) AS INTEGER) - 1), 0)
           ELSE 0 END AS apart,
           coalesce(a.assessed_centi, 0) + coalesce(b.assessed_centi, 0) AS assessed,
           min(coalesce(a.assessed_centi, 0), coalesce(b.assessed_centi, 0)) AS smaller,
           a.year IS b.year AND a.category IS b.category AND (a.occasion = b.occasion OR a.output = b.output) IS TRUE
               AS once
    FROM pair p
    CROSS JOIN claim a ON a.claim = p.one AND a.to_position IS NULL
    CROSS JOIN claim b ON b.claim = p.other AND b.to_position IS NULL
    -- 两条都在 mine 之中，所以都在册。
    WHERE a.year IS NOT b.year OR a.route IS NOT b.route OR a.origin IS NOT b.origin
       OR a.source_system IS NOT b.source_system
),
member AS MATERIALIZED (
    SELECT x.about, c.*
    FROM (SELECT about, one AS claim FROM found UNION SELECT about, other FROM found) x
    CROSS JOIN claim c ON c.claim = x.claim AND c.to_position IS NULL
),
further(about, name, id) AS (
    SELECT NULL, NULL, NULL WHERE 0
),
numbers(about, counter, figures) AS (
    SELECT about,
           json_object('apart_days', apart, 'counted_once', once),
           json_object('shared', shared, 'years', years, 'routes', routes, 'origins', origins,
                       'systems', systems, 'assessed_centi', assessed, 'smaller_centi', smaller)
    FROM found
),
