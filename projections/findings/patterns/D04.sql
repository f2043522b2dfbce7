-- D04/1 同一时间在两处
-- severity: high
-- touches: person
-- rule: 一个人所报的天数，在重叠的日期里无论怎样安排都放不下：两个面授培训；培训与已签到的现场考试；国（境）外与境内的面授、现场考试；全天面授与白天的网络学习（合计达到门槛 study_minutes 分钟）。
-- reason: 面授学时按到场的天数计（E 8（1）、N 6（1）至（4）、R 6（二）（三）），一人不能同时在两处，至少有一处没有到场（P 16、E 13、N 10、R 10、W 15）。
-- guard: 半天的培训可以一天两个：按所报天数计算“必须落在重叠日期里的半天数”，放得下就不算；跨度大于所报天数的（断续办的班）同样按此放宽；出国的首尾两天留给路途；同一次活动报了两条（同一活动标识、班次、成果、证书，或题名与起止都相同）属 D09，不在此列；注明学习平台的不是面授；考试只看 8 时至 17 时开考且已签到的；天数超出起止的按起止计，另由 D05 查；已驳回、撤销、撤回的不计。
-- thresholds: study_minutes
-- counter: same_organiser 是否同一主办单位（可能是一个活动的两部分）；spare_halves 再宽几个半天就放得下，越小越可能是日期填错
-- figures: overlap_days 重叠天数；needed_halves 必须落在其中的半天数；room_halves 其中共有几个半天；with 与什么相冲：training、abroad、exam、study；minutes 网络学习分钟数
-- tells: members
WITH looked(person) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'person'
),
-- 面授，起止以儒略日计；所报半天数不超过起止之间的半天数。
onsite AS MATERIALIZED (
    SELECT c.claim, c.person, c.starts, c.ends,
           CAST(julianday(c.starts) AS INTEGER) AS begins, CAST(julianday(c.ends) AS INTEGER) AS stops,
           min(c.days_half, 2 * CAST(julianday(c.ends) - julianday(c.starts) + 1 AS INTEGER)) AS halves,
           2 * CAST(julianday(c.ends) - julianday(c.starts) + 1 AS INTEGER) AS span,
           c.route = 'overseas' AS abroad
    FROM looked l CROSS JOIN claim c ON c.person = l.person AND c.to_position IS NULL
    WHERE c.status IN ('under_review', 'returned', 'approved', 'frozen')
      AND c.route IN ('advanced_seminar', 'training', 'filed_training', 'society_training', 'society_meeting',
                      'unit_training', 'other_training', 'overseas')
      AND c.starts IS NOT NULL AND c.ends >= c.starts AND c.days_half > 0 AND c.platform IS NULL
),
-- 一人名下有任何两条重叠的，才两两相比；每条只与其后开始的八条比，再多也不过是同一件事。
meeting AS MATERIALIZED (
    SELECT person, json_group_array(json_array(claim, begins, stops, halves, span, abroad)) AS stays
    FROM (SELECT * FROM onsite
          WHERE person IN (
              SELECT person FROM (
                  SELECT person, begins <= max(stops) OVER (
                      PARTITION BY person ORDER BY begins, claim
                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS meets
                  FROM onsite)
              WHERE meets)
          ORDER BY person, begins, claim)
    GROUP BY person
),
stay AS (
    SELECT a.value ->> 0 AS one, b.value ->> 0 AS other, a.value ->> 5 AS one_abroad, b.value ->> 5 AS other_abroad,
           a.value ->> 3 AS one_halves, a.value ->> 4 AS one_span,
           b.value ->> 3 AS other_halves, b.value ->> 4 AS other_span,
           max(a.value ->> 1, b.value ->> 1) AS begins, min(a.value ->> 2, b.value ->> 2) AS stops,
           -- 在国（境）外的首尾两天是路途。
           max((a.value ->> 1) + (a.value ->> 5), (b.value ->> 1) + (b.value ->> 5)) AS away_begins,
           min((a.value ->> 2) - (a.value ->> 5), (b.value ->> 2) - (b.value ->> 5)) AS away_stops
    FROM meeting g CROSS JOIN json_each(g.stays) a CROSS JOIN json_each(g.stays) b
    WHERE b.key BETWEEN a.key + 1 AND a.key + 8
),
pair AS (
    SELECT s.one, s.other, s.one_abroad + s.other_abroad AS abroad,
           coalesce(a.organiser = b.organiser, 0) AS same_organiser,
           s.stops - s.begins + 1 AS days,
           max(0, s.one_halves - (s.one_span - 2 * (s.stops - s.begins + 1)))
           + max(0, s.other_halves - (s.other_span - 2 * (s.stops - s.begins + 1))) AS needed,
           s.away_stops - s.away_begins + 1 AS away,
           CASE WHEN s.one_abroad THEN s.other_halves - s.other_span ELSE s.one_halves - s.one_span END AS slack
    FROM stay s
    CROSS JOIN claim a ON a.claim = s.one AND a.to_position IS NULL
    CROSS JOIN claim b ON b.claim = s.other AND b.to_position IS NULL
    WHERE s.stops >= s.begins
      AND NOT coalesce(a.occasion = b.occasion, 0) AND NOT coalesce(a.output = b.output, 0)
      AND NOT coalesce(a.training_class = b.training_class, 0)
      AND NOT EXISTS (SELECT 1 FROM clue k
                      CROSS JOIN clue o ON o.claim = b.claim AND o.kind = k.kind AND o.value = k.value
                      WHERE k.claim = a.claim
                        AND (k.kind = 'certificate'
                             OR (k.kind = 'title' AND a.starts = b.starts AND a.ends = b.ends)))
),
clash(about, claim, other, what, days, needed, room, minutes, same_organiser, event) AS MATERIALIZED (
    SELECT 'claims:' || min(one, other) || ':' || max(one, other), one, other,
           CASE WHEN abroad = 1 THEN 'abroad' ELSE 'training' END,
           days, CASE WHEN abroad = 1 THEN 2 * away + slack ELSE needed END,
           CASE WHEN abroad = 1 THEN 0 ELSE 2 * days END, 0, same_organiser, NULL
    FROM pair
    WHERE CASE WHEN abroad = 1 THEN away > 0 AND 2 * away + slack > 0 ELSE needed > 2 * days END
    UNION ALL
    SELECT 'exam:' || o.claim || ':' || b.booking, o.claim, NULL, 'exam', 1, o.halves - o.span + 3, 2, 0, 0, b.event
    FROM onsite o CROSS JOIN booking b ON b.person = o.person AND b.to_position IS NULL
    WHERE b.present = 1
      AND date(b.starts_at / 1000000 + 28800, 'unixepoch') BETWEEN
          CASE WHEN o.abroad THEN date(o.starts, '+1 day') ELSE o.starts END
          AND CASE WHEN o.abroad THEN date(o.ends, '-1 day') ELSE o.ends END
      AND time(b.starts_at / 1000000 + 28800, 'unixepoch') BETWEEN '08:00:00' AND '17:00:00'
      AND (o.abroad OR o.halves = o.span)
    UNION ALL
    SELECT 'study:' || claim, claim, NULL, 'study', count(DISTINCT day), 2 * count(DISTINCT day), 0,
           sum(seconds) / 60, 0, min(event)
    FROM (
        SELECT o.claim, s.event, date(s.started_at / 1000000 + 28800, 'unixepoch') AS day,
               -- 与当日 8:30–11:30、13:30–17:00 的重叠。
               max(0, min((s.ended_at / 1000000 + 28800) % 86400, 41400)
                      - max((s.started_at / 1000000 + 28800) % 86400, 30600))
               + max(0, min((s.ended_at / 1000000 + 28800) % 86400, 61200)
                        - max((s.started_at / 1000000 + 28800) % 86400, 48600)) AS seconds
        FROM onsite o CROSS JOIN session s ON s.person = o.person
        WHERE o.halves = o.span AND NOT o.abroad
          AND date(s.started_at / 1000000 + 28800, 'unixepoch') BETWEEN o.starts AND o.ends
          AND date(s.started_at / 1000000 + 28800, 'unixepoch') = date(s.ended_at / 1000000 + 28800, 'unixepoch')
    )
    WHERE seconds > 0
    GROUP BY claim
    HAVING sum(seconds) >= 60 * :D04_study_minutes
),
member AS MATERIALIZED (
    SELECT x.about, c.*
    FROM (SELECT about, claim FROM clash UNION SELECT about, other FROM clash WHERE other IS NOT NULL) x
    CROSS JOIN claim c ON c.claim = x.claim AND c.to_position IS NULL
),
found AS MATERIALIZED (SELECT * FROM clash),
further(about, name, id) AS (
    SELECT about, 'events', event FROM found
),
numbers(about, counter, figures) AS (
    SELECT about,
           json_object('same_organiser', same_organiser, 'spare_halves', needed - room),
           json_object('overlap_days', days, 'needed_halves', needed, 'room_halves', room, 'with', what,
                       'minutes', minutes)
    FROM found
),
