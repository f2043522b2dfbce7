-- D09/1 同一活动重复计学时
-- severity: high
-- touches: claim
-- rule: 同一人的两条记录说的是同一件事（活动标识、成果标识、班次、证书编号、证书文件之一相同，或题名与起止都相同），而年度不同、途径不同，或一条本人申报、一条由名册、系统、导入登记，或来自两个系统。
-- reason: 同一活动跨年度只计一个年度（E 10）；同一成果、同一活动不因途径不同重复计（按 E 10 的读法取高的一条）；班次统一登记后本人不再申报（W 13、W 14）；各地系统导入省系统的，同一学习只有一条（P 14）。
-- guard: 每年一期、各有日期的活动是两次；课题和它的论文是两项成果；一份成绩单、资格证书可以列多门课程、多个科目，所以考试和学历课程不比证书文件；更正、导入的新版本改的是同一条记录，不成两条；前一条已撤回、驳回、撤销的，后一条就是唯一的一条；同一年度、同一途径、同一来源的重复由规则自动只计一条，不在此列。起止不相接的，可能是一次活动的两段，列为反证。
-- counter: apart_days 两条起止相隔的天数（0 为重叠或相接）；counted_once 是否同年同类（规则本来就只计一条）
-- figures: shared 相同的是什么；years 年度数；routes 途径数；origins 来源数；systems 系统数；assessed_centi 合计认定学时；smaller_centi 其中较少的一条，即可能多计的学时
WITH looked AS MATERIALIZED (
    SELECT c.claim, c.person, c.occasion, c.output, c.training_class, c.starts, c.ends, c.route
    FROM touched t CROSS JOIN claim c ON c.claim = t.id AND c.to_position IS NULL
    WHERE t.kind = 'claim' AND c.status IN ('under_review', 'returned', 'approved', 'frozen')
),
same(one, other, shared) AS (
    SELECT l.claim, c.claim, 'occasion'
    FROM looked l CROSS JOIN claim c ON c.occasion = l.occasion AND c.to_position IS NULL AND c.person = l.person
    UNION
    SELECT l.claim, c.claim, 'output'
    FROM looked l CROSS JOIN claim c ON c.output = l.output AND c.to_position IS NULL AND c.person = l.person
    UNION
    SELECT l.claim, c.claim, 'class'
    FROM looked l CROSS JOIN claim c
      ON c.person = l.person AND c.to_position IS NULL AND c.training_class = l.training_class
    UNION
    SELECT l.claim, c.claim, k.kind
    FROM looked l
    CROSS JOIN clue k ON k.claim = l.claim AND k.kind IN ('certificate', 'title')
    CROSS JOIN claim c ON c.person = l.person AND c.to_position IS NULL AND c.claim <> l.claim
    CROSS JOIN clue o ON o.claim = c.claim AND o.kind = k.kind AND o.value = k.value
    WHERE k.kind = 'certificate' OR (c.starts = l.starts AND c.ends = l.ends)
    UNION
    SELECT l.claim, q.claim, 'file'
    FROM looked l
    CROSS JOIN paper p ON p.claim = l.claim AND p.to_position IS NULL AND p.kind IN ('certificate', 'card')
    CROSS JOIN paper q ON q.sha256 = p.sha256 AND q.to_position IS NULL AND q.person = l.person
    WHERE l.route NOT IN ('exam', 'degree_course') AND q.kind IN ('certificate', 'card')
),
pair(one, other, shared) AS MATERIALIZED (
    SELECT min(one, other), max(one, other), group_concat(DISTINCT shared)
    FROM (SELECT one, other, shared FROM same WHERE one <> other ORDER BY shared)
    GROUP BY 1, 2
),
found AS MATERIALIZED (
    SELECT 'claims:' || p.one || ':' || p.other AS about, p.one, p.other, p.shared,
           1 + (a.year IS NOT b.year) AS years, 1 + (a.route IS NOT b.route) AS routes,
           1 + (a.origin IS NOT b.origin) AS origins, 1 + (a.source_system IS NOT b.source_system) AS systems,
           coalesce(max(0, CAST(julianday(max(a.starts, b.starts)) - julianday(min(a.ends, b.ends)) AS INTEGER) - 1), 0)
               AS apart,
           coalesce(a.assessed_centi, 0) + coalesce(b.assessed_centi, 0) AS assessed,
           min(coalesce(a.assessed_centi, 0), coalesce(b.assessed_centi, 0)) AS smaller,
           a.year IS b.year AND a.category IS b.category AND (a.occasion = b.occasion OR a.output = b.output) IS TRUE
               AS once
    FROM pair p
    CROSS JOIN claim a ON a.claim = p.one AND a.to_position IS NULL
    CROSS JOIN claim b ON b.claim = p.other AND b.to_position IS NULL
    WHERE a.status IN ('under_review', 'returned', 'approved', 'frozen')
      AND b.status IN ('under_review', 'returned', 'approved', 'frozen')
      AND (a.year IS NOT b.year OR a.route IS NOT b.route OR a.origin IS NOT b.origin
           OR a.source_system IS NOT b.source_system)
      -- 课程、科目各报一条的，一份成绩单、证书列着多门。
      AND NOT (p.shared = 'file' AND (a.route IN ('exam', 'degree_course') OR b.route IN ('exam', 'degree_course')))
),
member AS MATERIALIZED (
    SELECT x.about, c.*
    FROM (SELECT about, one AS claim FROM found UNION SELECT about, other FROM found) x
    CROSS JOIN claim c ON c.claim = x.claim AND c.to_position IS NULL
)
SELECT f.about,
       CASE WHEN min(m.region) = max(m.region) THEN min(m.region)
            WHEN substr(min(m.region), 1, 4) = substr(max(m.region), 1, 4) THEN substr(min(m.region), 1, 4)
            ELSE substr(min(m.region), 1, 2) END AS region,
       CASE WHEN min(m.sector) = max(m.sector) THEN min(m.sector) END AS sector,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT person AS id FROM member WHERE about = f.about ORDER BY 1)) AS persons,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT claim AS id FROM member WHERE about = f.about ORDER BY 1)) AS claims,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT decided_by AS id FROM member
            WHERE about = f.about AND decided_by IS NOT NULL ORDER BY 1)) AS actors,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT organiser AS id FROM member
            WHERE about = f.about AND organiser IS NOT NULL ORDER BY 1)) AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT submitted_event AS event FROM member WHERE about = f.about
            UNION SELECT study_event FROM member WHERE about = f.about
            UNION SELECT decided_event FROM member WHERE about = f.about AND decided_event IS NOT NULL
            ORDER BY 1)) AS events,
       json_object('apart_days', f.apart, 'counted_once', f.once) AS counter,
       json_object('shared', f.shared, 'years', f.years, 'routes', f.routes, 'origins', f.origins,
                   'systems', f.systems, 'assessed_centi', f.assessed, 'smaller_centi', f.smaller) AS figures
FROM found f CROSS JOIN member m ON m.about = f.about
GROUP BY f.about
ORDER BY f.about
