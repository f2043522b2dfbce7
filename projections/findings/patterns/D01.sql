-- D01/1 两个人，同一个证书编号
-- severity: high
-- touches: claim
-- rule: 同一发证单位的同一个证书编号出现在两个及以上的人的记录里；或者某人填报的证书编号，正是同期培训班发给另一个人的学时登记卡的卡号。
-- reason: 证书和学时登记卡一人一张、编号唯一（P 15：高研班须交学时登记卡；E 8（1）：考核合格证）。同号两证，至少有一张不是发给填报人的，属弄虚作假的典型线索（P 16、E 13、N 10、R 10、W 15）。
-- guard: 编号是班次自己的备案号、批准文号的，全班都可以填写，不算；同一班次（起止、途径、主办、题名全同）里共用的人数达到门槛 class_persons 的，多半是通知或班次的编号，也不算；当事各条都已驳回或撤销的，不再提；本人撤回的不计。编号先按同一读法归一（全半角、大小写、空格不论，O 读作 0，I、l 读作 1）再比：写法不同、归一后才相同的，列为反证，可能只是识读之误，应查原件。
-- thresholds: class_persons
-- counter: written_differently 有几种原样写法（一种即写法全同）；one_class 是否同一班次；refused_or_revoked 其中已驳回、撤销的条数
-- figures: persons 人数；claims 条数；classes 班次数；card 是否与登记卡卡号相同
-- tells: members
WITH looked(value) AS MATERIALIZED (
    SELECT DISTINCT k.value
    FROM touched t CROSS JOIN clue k ON k.claim = t.id AND k.kind = 'certificate'
    WHERE t.kind = 'claim'
),
-- 多于一人持有的编号；绝大多数编号到此为止。
shared(value) AS MATERIALIZED (
    SELECT l.value
    FROM looked l CROSS JOIN clue k ON k.kind = 'certificate' AND k.value = l.value
    GROUP BY l.value
    HAVING min(k.person) <> max(k.person)
),
-- 与登记卡同号：卡发给了别人，而两者说的是同一班次，或同几天。
carded(card, value, holder, claim, event) AS MATERIALIZED (
    SELECT d.card, n.value, d.person, k.claim, d.event
    FROM touched t
    CROSS JOIN clue k ON k.claim = t.id AND k.kind = 'certificate_number'
    CROSS JOIN clue n ON n.kind = 'card_number' AND n.value = k.value AND n.person <> k.person
    CROSS JOIN card d ON d.card = n.claim AND d.to_position IS NULL
    CROSS JOIN claim c ON c.claim = k.claim AND c.to_position IS NULL
    CROSS JOIN class s ON s.class = d.class AND s.to_position IS NULL
    WHERE t.kind = 'claim'
      AND (c.training_class = d.class
           OR (c.starts <= coalesce(s.held_ends, s.ends) AND c.ends >= coalesce(s.held_starts, s.starts)))
),
named(about, claim) AS (
    SELECT 'certificate:' || s.value, k.claim
    FROM shared s CROSS JOIN clue k ON k.kind = 'certificate' AND k.value = s.value
    UNION
    SELECT 'card:' || card, claim FROM carded
),
member AS MATERIALIZED (
    SELECT n.about, c.*,
           coalesce(c.training_class,
                    coalesce(c.starts, c.evidence_on) || coalesce(c.ends, '') || c.route || coalesce(c.organiser, '')
                    || coalesce((SELECT value FROM clue WHERE claim = c.claim AND kind = 'title'), '')) AS held_as,
           coalesce((SELECT value FROM clue WHERE claim = c.claim AND kind = 'certificate_as_written'), '') AS written,
           EXISTS (SELECT 1 FROM clue k CROSS JOIN clue o ON o.kind = 'class_number' AND o.value = k.value
                   WHERE k.claim = c.claim AND k.kind = 'certificate_number') AS of_class
    FROM named n CROSS JOIN claim c ON c.claim = n.claim AND c.to_position IS NULL
    WHERE c.status <> 'withdrawn'
),
found AS MATERIALIZED (
    SELECT m.about,
           count(DISTINCT m.person) + (m.about LIKE 'card:%') AS persons, count(*) AS claims,
           count(DISTINCT m.held_as) AS classes, count(DISTINCT m.written) AS written,
           sum(m.status IN ('refused', 'revoked')) AS undone, m.about LIKE 'card:%' AS card
    FROM member m
    GROUP BY m.about
    HAVING persons > 1 AND undone < count(*) AND max(m.of_class) = 0
       AND NOT (classes = 1 AND persons >= :D01_class_persons)
),
further(about, name, id) AS (
    SELECT 'card:' || card, 'persons', holder FROM carded
    UNION ALL SELECT 'card:' || card, 'events', event FROM carded
),
numbers(about, counter, figures) AS (
    SELECT about,
           json_object('written_differently', written, 'one_class', classes = 1, 'refused_or_revoked', undone),
           json_object('persons', persons, 'claims', claims, 'classes', classes, 'card', card)
    FROM found
),
