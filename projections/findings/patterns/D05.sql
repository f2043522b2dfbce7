-- D05/1 天数、学时超出可能
-- severity: medium
-- touches: claim, unit_year
-- rule: 所报天数多于起止之间的天数，或多于班次实际举办的天数；按天计算的途径，认定学时高于每天的最高数（门槛 centi_a_day，百分之一学时）；同一单位一年内，全在周末或元旦、劳动节、国庆法定假日的本单位培训达到门槛 weekends 次。
-- reason: 面授学时按天计，各细则每天最高 8 学时（R 6（二）2：部级培训 8；E 8（1）：省、市、县 6、5、4；N 6（1）至（4）：6 或 4），天数以证书、通知和签到为凭（R 6（三）：本单位培训须有签到单）。
-- guard: 半天照半天计，首尾两天都算在内，恰好相等不算；高研班不比每天学时（省级以上按班计，N 6（1）、R 6（二）1）；有文件确认的和主管部门依规另给的不比；班次还没有办、没有登记实际起止的不比；周末培训偶有不怪，调休上班的周末也在其中，所以起止不同的满门槛 weekends 次才提，以单位为单位，不针对个人；已驳回、撤销、撤回的不计。
-- thresholds: centi_a_day, weekends
-- counter: class_halves 班次实际的半天数；document 是否有确认文件
-- figures: what 哪一种：days 天数、class 班次、hours 学时、weekend 周末；halves 所报半天数；room_halves 最多几个半天；assessed_centi 认定学时；most_centi 按天最多；trainings 全在周末的培训次数；people 涉及人数；year 年度
-- tells: members
WITH looked(claim) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'claim'
),
dated AS MATERIALIZED (
    SELECT c.claim, c.route, c.days_half, c.assessed_centi, c.ruling_status, c.flags,
           2 * CAST(julianday(c.ends) - julianday(c.starts) + 1 AS INTEGER) AS span, s.held_days_half, c.document
    FROM looked l CROSS JOIN claim c ON c.claim = l.claim AND c.to_position IS NULL
    LEFT JOIN class s ON s.class = c.training_class AND s.to_position IS NULL
    WHERE c.days_half > 0 AND c.status IN ('under_review', 'returned', 'approved', 'frozen')
),
-- 周末与日期固定的法定假日；农历节日和调休不在内，由次数来把关。
offday AS MATERIALIZED (
    SELECT c.unit, c.year, c.starts, c.ends, c.claim, c.person
    FROM (SELECT DISTINCT substr(id, 1, instr(id, '/') - 1) AS unit FROM touched WHERE kind = 'unit_year') u
    CROSS JOIN claim c ON c.unit = u.unit AND c.to_position IS NULL
    WHERE c.route = 'unit_training' AND c.status IN ('under_review', 'returned', 'approved', 'frozen')
      AND c.ends >= c.starts AND julianday(c.ends) - julianday(c.starts) < 10
      AND NOT EXISTS (
          WITH RECURSIVE every_day(day) AS (
              VALUES (c.starts) UNION ALL SELECT date(day, '+1 day') FROM every_day WHERE day < c.ends)
          SELECT 1 FROM every_day
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
    SELECT 'weekend:' || unit || '/' || year, 'weekend', NULL, NULL, NULL, NULL, count(DISTINCT starts || ends),
           count(DISTINCT person), year, NULL, 0
    FROM offday
    GROUP BY unit, year
    HAVING count(DISTINCT starts || ends) >= :D05_weekends
),
member AS MATERIALIZED (
    SELECT n.about, c.*
    FROM (SELECT about, substr(about, instr(about, ':') + 1) AS claim FROM found WHERE what <> 'weekend'
          UNION ALL
          SELECT 'weekend:' || unit || '/' || year, claim FROM offday) n
    CROSS JOIN claim c ON c.claim = n.claim AND c.to_position IS NULL
),
further(about, name, id) AS (
    SELECT about, 'looked', substr(about, 9) FROM found WHERE what = 'weekend'
),
numbers(about, counter, figures) AS (
    SELECT about,
           json_object('class_halves', class_halves, 'document', document),
           json_object('what', what, 'halves', halves, 'room_halves', room, 'assessed_centi', assessed,
                       'most_centi', most, 'trainings', trainings, 'people', people, 'year', year)
    FROM found
),
