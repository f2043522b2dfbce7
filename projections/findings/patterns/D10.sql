-- D10/1 没有人坐在屏幕前的学习
-- severity: high
-- touches: person
-- rule: 一门课程的学习中：应答不少于 :D10_answers_least 次而用时几乎一样（离散不到 :D10_spread_ms 毫秒），或平均快于 :D10_answer_ms 毫秒；一次连续 :D10_run_minutes 分钟以上，或一天之内合计 :D10_day_minutes 分钟以上；或与另外 :D10_others_least 个以上的人用同一设备、同一地址，在 :D10_days_least 天以上按同样的间隔（相差不到 :D10_step_seconds 秒）依次开始。
-- reason: 网络学习须有人机交互，脱机过久不计（W 9）；每门课程经考核合格才登记（P 10、W 6）。程序应答不会有快有慢，人不会十五小时不歇，替人学习才会几个账号次次按同样的间隔开始。
-- guard: 同一办公室、同一出口地址（NAT）、同型号设备本是常情，单凭这些不列，只列件数作参考；只有一天相近的开始不算；答得快而快慢不一的是熟练；心跳由浏览器的计时器发出，间隔均匀说明不了什么，只作参考。应答次数太少的，不比用时。同一地址上只与前后相邻的 :D10_near 次相比：再多的是公共出口。
-- thresholds: answers_least, spread_ms, answer_ms, run_minutes, day_minutes, others_least, days_least, step_seconds, near
-- counter: unanswered 未答的提问（程序通常不会漏答）；gaps_minutes 在场而未计入的分钟数，人会走开；same_address 同一天同一地址学习的其他人数，多的可能是同一办公室
-- figures: sessions 学习次数；minutes 合计分钟；answered 应答次数；answer_ms 应答平均用时（毫秒）；answer_spread_ms 应答用时的离散，各次之中最大的（毫秒）；signs_spread_ms 心跳间隔的离散，各次之中最小的（毫秒）；longest_minutes 最长一次的分钟数；day_minutes 最多一天的分钟数；in_step 同步开始的其他人数；program 应答不像人；endless 学得太久；together 一人替多人
WITH moved(person) AS MATERIALIZED (
    SELECT DISTINCT id FROM touched WHERE kind = 'person'
),
-- 同一地址前后相邻的 :D10_near 次：再多的，地址是公共出口，说明不了谁和谁在一起，也看不过来。
-- 相邻是相互的：你在我之后若干次之内，我就在你之前若干次之内；所以后来的只影响它邻近的。
looked(person) AS MATERIALIZED (
    SELECT person FROM moved
    UNION
    SELECT o.person
    FROM moved m
    CROSS JOIN session s ON s.person = m.person
    CROSS JOIN clue a ON a.claim = s.enrolment AND a.kind = 'address' AND a.event = s.event
    CROSS JOIN clue b ON b.rowid IN (
        SELECT rowid FROM (SELECT rowid FROM clue WHERE kind = 'address' AND value = a.value AND rowid > a.rowid
                           ORDER BY rowid LIMIT :D10_near)
        UNION ALL
        SELECT rowid FROM (SELECT rowid FROM clue WHERE kind = 'address' AND value = a.value AND rowid < a.rowid
                           ORDER BY rowid DESC LIMIT :D10_near))
    CROSS JOIN session o ON o.event = b.event
    WHERE abs(o.started_at - s.started_at) < 86400000000
),
sat AS MATERIALIZED (
    SELECT s.*, (s.started_at + 28800000000) / 86400000000 AS day, a.rowid AS place, a.value AS address,
           d.value AS device
    FROM looked l
    CROSS JOIN session s ON s.person = l.person
    LEFT JOIN clue a ON a.claim = s.enrolment AND a.kind = 'address' AND a.event = s.event
    LEFT JOIN clue d ON d.claim = s.enrolment AND d.kind = 'device' AND d.event = s.event
),
near AS MATERIALIZED (
    SELECT s.enrolment, s.person, s.day, s.event, s.device, o.person AS other, o.event AS other_event,
           o.enrolment AS other_enrolment, (o.started_at - s.started_at) / 1000000 AS apart,
           (o.started_at + 28800000000) / 86400000000 AS other_day
    FROM sat s
    CROSS JOIN clue b ON b.rowid IN (
        SELECT rowid FROM (SELECT rowid FROM clue WHERE kind = 'address' AND value = s.address AND rowid > s.place
                           ORDER BY rowid LIMIT :D10_near)
        UNION ALL
        SELECT rowid FROM (SELECT rowid FROM clue WHERE kind = 'address' AND value = s.address AND rowid < s.place
                           ORDER BY rowid DESC LIMIT :D10_near))
    CROSS JOIN session o ON o.event = b.event AND o.person <> s.person
    WHERE abs(o.started_at - s.started_at) < 86400000000
),
-- 同一设备、同一地址、半小时之内先后开始的别人的学习，差多少秒。
beside AS (
    SELECT n.* FROM near n
    CROSS JOIN clue d ON d.claim = n.other_enrolment AND d.kind = 'device' AND d.value = n.device
      AND d.event = n.other_event
    WHERE abs(n.apart) < 1800
),
-- 两天以上、次次差得一样。
step_with AS MATERIALIZED (
    SELECT b.enrolment, b.other, b.event, b.other_event
    FROM beside b
    GROUP BY b.enrolment, b.other, b.event
    HAVING (SELECT count(DISTINCT x.day) FROM beside x
            WHERE x.person = b.person AND x.other = b.other AND abs(x.apart - b.apart) < :D10_step_seconds)
           >= :D10_days_least
),
daily AS (
    SELECT person, day, sum(minutes) AS minutes FROM sat GROUP BY person, day
),
counted AS MATERIALIZED (
    SELECT s.enrolment, s.person, s.course, count(*) AS sessions, sum(s.minutes) AS minutes,
           sum(s.challenges) - sum(s.answered) AS unanswered, sum(s.answered) AS answered,
           sum((s.ended_at - s.started_at) / 60000000 - s.minutes) AS gaps_minutes,
           sum(s.answer_ms * s.answered) / nullif(sum(iif(s.answer_ms IS NULL, 0, s.answered)), 0) AS answer_ms,
           max(max(s.answer_spread_ms), max(s.answer_ms) - min(s.answer_ms)) AS answer_spread_ms,
           min(s.spread_ms) AS signs_spread_ms, max(s.minutes) AS longest_minutes, max(d.minutes) AS day_minutes,
           (SELECT count(DISTINCT w.other) FROM step_with w WHERE w.enrolment = s.enrolment) AS in_step
    FROM sat s CROSS JOIN daily d ON d.person = s.person AND d.day = s.day
    GROUP BY s.enrolment
),
found AS (
    SELECT *,
           answered >= :D10_answers_least
               AND coalesce(answer_spread_ms < :D10_spread_ms OR answer_ms < :D10_answer_ms, 0) AS program,
           longest_minutes >= :D10_run_minutes OR day_minutes >= :D10_day_minutes AS endless,
           in_step >= :D10_others_least AS together
    FROM counted
)
SELECT f.enrolment AS about,
       coalesce(a.region, (SELECT c.region FROM course c WHERE c.course = f.course)) AS region, a.sector,
       (SELECT json_group_array(id) FROM (
            SELECT f.person AS id UNION SELECT other FROM step_with WHERE enrolment = f.enrolment AND f.together
            ORDER BY 1)) AS persons,
       (SELECT json_group_array(claim) FROM (
            SELECT claim FROM registered WHERE enrolment = f.enrolment ORDER BY 1)) AS claims,
       '[]' AS actors,
       '[]' AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT event FROM sat WHERE enrolment = f.enrolment
            UNION SELECT other_event FROM step_with WHERE enrolment = f.enrolment AND f.together
            UNION SELECT event FROM completion WHERE enrolment = f.enrolment ORDER BY 1)) AS events,
       json_object('unanswered', f.unanswered, 'gaps_minutes', f.gaps_minutes,
                   'same_address', (SELECT count(DISTINCT n.other) FROM near n
                                    WHERE n.enrolment = f.enrolment AND n.other_day = n.day)) AS counter,
       json_object('sessions', f.sessions, 'minutes', f.minutes, 'answered', f.answered, 'answer_ms', f.answer_ms,
                   'answer_spread_ms', f.answer_spread_ms, 'signs_spread_ms', f.signs_spread_ms,
                   'longest_minutes', f.longest_minutes, 'day_minutes', f.day_minutes, 'in_step', f.in_step,
                   'program', f.program, 'endless', f.endless, 'together', f.together) AS figures
FROM found f
LEFT JOIN affiliation a ON a.person = f.person AND a.to_position IS NULL
  AND a.since = (SELECT max(x.since) FROM affiliation x WHERE x.person = f.person AND x.to_position IS NULL)
WHERE f.program OR f.endless OR f.together
ORDER BY about
