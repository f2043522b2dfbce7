-- D05/1 天数、学时超出可能
-- severity: medium
-- touches: claim, class
-- rule: 所报天数多于起止之间的天数，或多于班次实际举办的天数；按天计算的途径，认定学时高于每天 :D05_centi_a_day（百分之一学时）；同一单位一年内 :D05_weekends 次以上的本单位培训全在周末或元旦、劳动节、国庆的法定假日。
-- reason: 面授学时按天计，各细则每天最高 8 学时（R 6（二）2：部级培训 8；E 8（1）：省、市、县 6、5、4；N 6：6 或 4），天数以证书、通知和签到为凭（R 6（三）：本单位培训须有签到单）。
-- guard: 半天照半天计，首尾两天都算在内，恰好相等不算；高研班按班计学时（N 6（1）、R 6（二）1），不比每天学时；有文件确认的（manual）和主管部门依规另给的（override）不比；班次还没有办、没有登记实际起止的不比；周末培训偶有不怪，调休上班的周末也在其中，所以一年满 :D05_weekends 次不同的起止才提，以单位为单位，不针对个人；已驳回、撤销、撤回的不计。
-- thresholds: centi_a_day, weekends
-- counter: class_halves 班次实际的半天数；document 是否有确认文件
-- figures: what 哪一种：days 天数、class 班次、hours 学时、weekend 周末；halves 所报半天数；room_halves 最多几个半天；assessed_centi 认定学时；most_centi 按天最多；trainings 全在周末的培训次数；people 涉及人数；year 年度
WITH looked(claim) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'claim'
    UNION
    SELECT c.claim FROM touched t CROSS JOIN claim c ON c.training_class = t.id AND c.to_position IS NULL
    WHERE t.kind = 'class'
),
dated AS MATERIALIZED (
    SELECT c.claim, c.unit, c.route, c.days_half, c.assessed_centi, c.ruling_status, c.flags, c.starts, c.ends,
           2 * CAST(julianday(c.ends) - julianday(c.starts) + 1 AS INTEGER) AS span, s.held_days_half, c.document
    FROM looked l CROSS JOIN claim c ON c.claim = l.claim AND c.to_position IS NULL
    LEFT JOIN class s ON s.class = c.training_class AND s.to_position IS NULL
    WHERE c.days_half > 0 AND c.status IN ('under_review', 'returned', 'approved', 'frozen')
),
-- 周末与日期固定的法定假日；农历节日和调休不在内，由次数来把关。
offday(unit, year, starts, ends, claim) AS MATERIALIZED (
    SELECT c.unit, CAST(substr(c.starts, 1, 4) AS INTEGER), c.starts, c.ends, c.claim
    FROM (SELECT DISTINCT unit FROM dated WHERE route = 'unit_training') u
    CROSS JOIN claim c ON c.unit = u.unit AND c.to_position IS NULL
    WHERE c.route = 'unit_training' AND c.status IN ('under_review', 'returned', 'approved', 'frozen')
      AND c.starts IS NOT NULL AND c.ends >= c.starts AND julianday(c.ends) - julianday(c.starts) < 10
      AND NOT EXISTS (
          WITH RECURSIVE day(day) AS (
              VALUES (c.starts) UNION ALL SELECT date(day, '+1 day') FROM day WHERE day < c.ends)
          SELECT 1 FROM day
          WHERE strftime('%w', day) NOT IN ('0', '6')
            AND substr(day, 6) NOT IN ('01-01', '05-01', '10-01', '10-02', '10-03'))
),
found(about, what, halves, room, assessed, most, trainings, people, year, class_halves, document) AS MATERIALIZED (
    SELECT 'days:' || claim, CASE WHEN days_half > span THEN 'days' ELSE 'class' END, days_half,
           min(coalesce(span, held_days_half), coalesce(held_days_half, span)), NULL, NULL, 0, 1, NULL,
           held_days_half, document IS NOT NULL
    FROM dated
    WHERE days_half > span OR days_half > held_days_half
    UNION ALL
    SELECT 'hours:' || claim, 'hours', days_half, span, assessed_centi, days_half * :D05_centi_a_day / 2, 0, 1, NULL,
           held_days_half, document IS NOT NULL
    FROM dated
    WHERE ruling_status = 'ruled' AND assessed_centi > days_half * :D05_centi_a_day / 2
      AND flags NOT LIKE '%"override"%'
      AND route IN ('training', 'filed_training', 'society_training', 'society_meeting', 'unit_training',
                    'other_training', 'overseas', 'service', 'teaching')
    UNION ALL
    SELECT 'weekend:' || unit || ':' || year, 'weekend', NULL, NULL, NULL, NULL, count(DISTINCT starts || ends),
           (SELECT count(DISTINCT c.person) FROM offday o CROSS JOIN claim c ON c.claim = o.claim
            AND c.to_position IS NULL WHERE o.unit = d.unit AND o.year = d.year), year, NULL, 0
    FROM offday d
    GROUP BY unit, year
    HAVING count(DISTINCT starts || ends) >= :D05_weekends
),
member AS MATERIALIZED (
    SELECT f.about, c.*
    FROM found f CROSS JOIN claim c ON c.claim = substr(f.about, instr(f.about, ':') + 1) AND c.to_position IS NULL
    WHERE f.what <> 'weekend'
    UNION ALL
    SELECT 'weekend:' || o.unit || ':' || o.year, c.*
    FROM offday o CROSS JOIN claim c ON c.claim = o.claim AND c.to_position IS NULL
    WHERE 'weekend:' || o.unit || ':' || o.year IN (SELECT about FROM found)
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
       json_object('class_halves', f.class_halves, 'document', f.document) AS counter,
       json_object('what', f.what, 'halves', f.halves, 'room_halves', f.room, 'assessed_centi', f.assessed,
                   'most_centi', f.most, 'trainings', f.trainings, 'people', f.people, 'year', f.year) AS figures
FROM found f CROSS JOIN member m ON m.about = f.about
GROUP BY f.about
ORDER BY f.about
