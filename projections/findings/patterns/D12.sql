-- D12/1 与本人事实不符
-- severity: high
-- touches: claim, person, class
-- rule: 证书在结业前 :D12_early_days 天以上就已签发；活动还没有结束就已申报；活动开始时本人已离开登记（离职、退休、去世）；本单位培训的办班单位不是本人当时所在的单位，或当时本人不属于任何单位；凭考试登记的公需学时，对应的考试缺考、不合格或已退号；凭学完登记的公需学时没有学完的记录。
-- reason: 证书是考核合格后发的（E 8（1）、P 15）；年度以证书、证明的日期为准（E 10）；登记按人事隶属（P 13、E 11）；本单位培训须是所在单位办的（R 6（三）1、N 6）；公需科目考试合格或按规定学完才登记（P 10、W 6、W 10、E 9）。
-- guard: 通知、日程本来就在开班前发，只看证书、学时登记卡的签发日，没有注明签发日的才看佐证日期，且佐证日期与某份通知相同的不算；结业当天发证、提前 :D12_early_days 天制证不算；班次登记的实际结束日早于所报的，列为反证；转单位之后补报原单位的培训是常情，只看活动当时所在的单位；没有登记班次、看不出办班单位的不比；登记之前、由他处转来的历史不因注册晚而可疑；线上课程考核（不预约考位）不查考位；已驳回、撤销、撤回的不计。出生日期在密封内容里，不比。
-- thresholds: early_days
-- counter: class_ended 班次登记的实际结束日；documents 注明签发日的证书数
-- figures: what 哪一种：early 结业前发证、ahead 未结束先报、left 离开之后、elsewhere 不在该单位、exam 考试、study 学完；on 有疑问的日期；against 与之不符的日期或状态；days 相差天数
WITH looked(claim) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'claim'
    UNION
    SELECT c.claim FROM touched t CROSS JOIN claim c ON c.person = t.id AND c.to_position IS NULL
    WHERE t.kind = 'person'
    UNION
    SELECT c.claim FROM touched t CROSS JOIN claim c ON c.training_class = t.id AND c.to_position IS NULL
    WHERE t.kind = 'class'
),
live AS MATERIALIZED (
    SELECT c.* FROM looked l CROSS JOIN claim c ON c.claim = l.claim AND c.to_position IS NULL
    WHERE c.status IN ('under_review', 'returned', 'approved', 'frozen')
),
-- 每条记录的证书说的签发日；证书都没有注明的，用佐证日期，除非那是通知的日期。
shown AS (
    SELECT c.claim, c.person, c.ends, count(p.issued_on) AS documents,
           CASE WHEN count(p.issued_on) THEN min(p.issued_on)
                WHEN count(*) AND NOT EXISTS (
                    SELECT 1 FROM paper n WHERE n.claim = c.claim AND n.to_position IS NULL
                    AND n.kind NOT IN ('certificate', 'card') AND n.issued_on = c.evidence_on)
                THEN c.evidence_on END AS issued
    FROM live c CROSS JOIN paper p ON p.claim = c.claim AND p.to_position IS NULL
    WHERE p.kind IN ('certificate', 'card') AND c.ends IS NOT NULL AND c.days_half > 0
    GROUP BY c.claim
),
found(about, claim, what, "on", against, days, documents, event) AS MATERIALIZED (
    SELECT 'early:' || claim, claim, 'early', issued, ends, CAST(julianday(ends) - julianday(issued) AS INTEGER),
           documents, NULL
    FROM shown
    WHERE julianday(ends) - julianday(issued) > :D12_early_days
    UNION ALL
    SELECT 'ahead:' || claim, claim, 'ahead', date(submitted_at / 1000000 + 28800, 'unixepoch'), ends,
           CAST(julianday(ends) - julianday(date(submitted_at / 1000000 + 28800, 'unixepoch')) AS INTEGER), NULL, NULL
    FROM live
    WHERE study_event = submitted_event AND ends > date(submitted_at / 1000000 + 28800, 'unixepoch')
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
    SELECT 'exam:' || c.claim, c.claim, 'exam', r.evidence_on, coalesce(b.status, 'absent'), NULL, NULL, r.event
    FROM live c CROSS JOIN registered r ON r.claim = c.claim
    LEFT JOIN booking b ON b.booking = r.booking AND b.to_position IS NULL
    WHERE r.completed_by = 'exam' AND r.booking IS NOT NULL
      AND (b.booking IS NULL OR b.present = 0 OR b.passed = 0 OR b.status = 'released')
    UNION ALL
    SELECT 'study:' || c.claim, c.claim, 'study', r.evidence_on, 'incomplete', NULL, NULL, r.event
    FROM live c CROSS JOIN registered r ON r.claim = c.claim
    WHERE r.completed_by = 'completion'
      AND NOT EXISTS (SELECT 1 FROM completion d WHERE d.enrolment = r.enrolment)
),
member AS MATERIALIZED (
    SELECT f.about, c.*, (SELECT s.held_ends FROM class s WHERE s.class = c.training_class AND s.to_position IS NULL)
           AS class_ended
    FROM found f CROSS JOIN claim c ON c.claim = f.claim AND c.to_position IS NULL
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
            UNION SELECT f.event WHERE f.event IS NOT NULL
            ORDER BY 1)) AS events,
       json_object('class_ended', max(m.class_ended), 'documents', f.documents) AS counter,
       json_object('what', f.what, 'on', f."on", 'against', f.against, 'days', f.days) AS figures
FROM found f CROSS JOIN member m ON m.about = f.about
GROUP BY f.about
ORDER BY f.about
