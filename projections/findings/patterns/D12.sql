-- D12/1 与本人事实不符
-- severity: high
-- touches: claim
-- rule: 证书在结业前就已签发，提前的天数超过门槛 early_days；活动还没有结束就已申报；活动开始时本人已离开登记（离职、退休、去世）；本单位培训的办班单位不是本人当时所在的单位，或当时本人不属于任何单位；凭考试登记的公需学时，对应的考试缺考、不合格或已退号；凭学完登记的公需学时没有学完的记录。
-- reason: 证书是考核合格后发的（E 8（1）、P 15）；年度以证书、证明的日期为准（E 10）；登记按人事隶属（P 13、E 11）；本单位培训须是所在单位办的（R 6（三）1、N 6（4））；公需科目考试合格或按规定学完才登记（P 10、W 6、W 10、E 9）。
-- guard: 通知、日程本来就在开班前发，只看证书、学时登记卡的签发日，没有注明签发日的才看佐证日期，且佐证日期与某份通知相同的不算；结业当天发证、在门槛 early_days 之内提前制证，不算；班次登记的实际结束日早于所报的，列为反证；转单位之后补报原单位的培训是常情，只看活动当时所在的单位；没有登记班次、看不出办班单位的不比；登记之前、由他处转来的历史不因注册晚而可疑；线上课程考核（不预约考位）不查考位；已驳回、撤销、撤回的不计。出生日期在密封内容里，不比。
-- thresholds: early_days
-- counter: class_ended 班次登记的实际结束日；documents 注明签发日的证书数
-- figures: what 哪一种：early 结业前发证、ahead 未结束先报、left 离开之后、elsewhere 不在该单位、exam 考试、study 学完；on 有疑问的日期；against 与之不符的日期或状态；days 相差天数
-- tells: members
WITH looked(claim) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'claim'  -- 本人的人事隶属、班次、考试有变的，其各条也在其中。
),
live AS MATERIALIZED (
    SELECT c.claim, c.person, c.route, c.starts, c.ends, c.evidence_on, c.training_class, c.submitted_at,
           c.study_event = c.submitted_event AS as_submitted
    FROM looked l CROSS JOIN claim c ON c.claim = l.claim AND c.to_position IS NULL
    WHERE c.days_half > 0 AND c.starts IS NOT NULL AND c.ends IS NOT NULL
      AND c.status IN ('under_review', 'returned', 'approved', 'frozen')
),
-- 每条记录的证书说的签发日；证书都没有注明的，用佐证日期，除非那是通知的日期。
shown AS (
    SELECT c.claim, c.ends, count(p.issued_on) AS documents,
           CASE WHEN count(p.issued_on) THEN min(p.issued_on)
                WHEN NOT EXISTS (
                    SELECT 1 FROM paper n WHERE n.claim = c.claim AND n.to_position IS NULL
                    AND n.kind NOT IN ('certificate', 'card') AND n.issued_on = c.evidence_on)
                THEN c.evidence_on END AS issued
    FROM live c CROSS JOIN paper p ON p.claim = c.claim AND p.to_position IS NULL
    WHERE p.kind IN ('certificate', 'card') AND (p.issued_on < c.ends OR c.evidence_on < c.ends)
    GROUP BY c.claim
),
odd(about, claim, what, "on", against, days, documents, event) AS MATERIALIZED (
    SELECT 'early:' || claim, claim, 'early', issued, ends, CAST(julianday(ends) - julianday(issued) AS INTEGER),
           documents, NULL
    FROM shown
    WHERE julianday(ends) - julianday(issued) > :D12_early_days
    UNION ALL
    SELECT 'ahead:' || claim, claim, 'ahead', date(submitted_at / 1000000 + 28800, 'unixepoch'), ends,
           CAST(julianday(ends) - julianday(date(submitted_at / 1000000 + 28800, 'unixepoch')) AS INTEGER), NULL, NULL
    FROM live
    WHERE as_submitted AND ends > date(submitted_at / 1000000 + 28800, 'unixepoch')
    UNION ALL
    SELECT 'left:' || c.claim, c.claim, 'left', c.starts, p.left_on,
           CAST(julianday(c.starts) - julianday(p.left_on) AS INTEGER), NULL, NULL
    FROM live c CROSS JOIN person p ON p.person = c.person AND p.to_position IS NULL
    WHERE c.starts > p.left_on
    UNION ALL
    SELECT 'elsewhere:' || c.claim, c.claim, 'elsewhere', c.starts, a.unit, NULL, NULL, a.event
    FROM live c
    CROSS JOIN class s ON s.class = c.training_class AND s.to_position IS NULL
    LEFT JOIN affiliation a ON a.person = c.person AND a.to_position IS NULL
     AND a.since <= c.ends AND (a.until IS NULL OR a.until >= c.starts)
    WHERE c.route = 'unit_training'
    GROUP BY c.claim
    HAVING coalesce(max(a.unit = s.organiser), 0) = 0
    UNION ALL
    SELECT 'exam:' || r.claim, r.claim, 'exam', r.evidence_on, coalesce(b.status, 'absent'), NULL, NULL, r.event
    FROM looked l CROSS JOIN registered r ON r.claim = l.claim
    LEFT JOIN booking b ON b.booking = r.booking AND b.to_position IS NULL
    WHERE r.completed_by = 'exam' AND r.booking IS NOT NULL
      AND (b.booking IS NULL OR b.present = 0 OR b.passed = 0 OR b.status = 'released')
    UNION ALL
    SELECT 'study:' || r.claim, r.claim, 'study', r.evidence_on, 'incomplete', NULL, NULL, r.event
    FROM looked l CROSS JOIN registered r ON r.claim = l.claim
    WHERE r.completed_by = 'completion'
      AND NOT EXISTS (SELECT 1 FROM completion d WHERE d.enrolment = r.enrolment)
),
member AS MATERIALIZED (
    SELECT o.about, c.*
    FROM odd o CROSS JOIN claim c ON c.claim = o.claim AND c.to_position IS NULL
),
found AS MATERIALIZED (
    SELECT o.*, s.held_ends AS class_ended
    FROM odd o CROSS JOIN claim c ON c.claim = o.claim AND c.to_position IS NULL
    LEFT JOIN class s ON s.class = c.training_class AND s.to_position IS NULL
    WHERE c.status IN ('under_review', 'returned', 'approved', 'frozen')
),
further(about, name, id) AS (
    SELECT about, 'events', event FROM found
),
numbers(about, counter, figures) AS (
    SELECT about,
           json_object('class_ended', class_ended, 'documents', documents),
           json_object('what', what, 'on', "on", 'against', against, 'days', days)
    FROM found
),
