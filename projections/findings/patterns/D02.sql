-- D02/1 两个人，同一份证书文件
-- severity: high
-- touches: claim
-- rule: 两个及以上的人交了同一份证书、证明类文件：文件摘要相同；或文件另存过，其中的图像仍逐字节相同（换了外壳的同一张扫描件）；或分属不同班次的 PDF，由同一软件在同一秒生成。
-- reason: 登记、申报时须提供本人佐证材料（P 15、E 12、R 8），证书、证明一人一份。两人同用一份，至少一份不是他自己的（P 16、E 13、N 10、R 10、W 15）。
-- guard: 通知、日程、名册等本来就人人相同，只比证书、学时登记卡；统一登记的班次（同一批次的名册）全班一份文件的，不算；同一成果（论文、课题、专利、著作）的合作者交同一份载有各人姓名的证书，不算，署名由 D03 另查；同一班次交同一份的人数达到门槛 class_persons 的，多为附名单的结业证明，不算；办班单位一次制作全班证书，生成时间自然相同，所以 PDF 的生成时间只比不同班次的；当事各条都已驳回或撤销的，不再提；本人撤回的不计。
-- thresholds: class_persons
-- counter: one_class 是否同一班次；refused_or_revoked 其中已驳回、撤销的条数；other_papers 另交有各自证书的条数
-- figures: persons 人数；claims 条数；classes 班次数；shared 相同的是什么：file 文件，picture 图像，document 生成软件与时刻
-- tells: members
WITH looked(claim) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'claim'
),
-- 一人一份的材料：文件本身，文件中的图像，文件的生成软件与时刻。
files(value) AS MATERIALIZED (
    SELECT p.sha256
    FROM (SELECT DISTINCT p.sha256 FROM looked l CROSS JOIN paper p ON p.claim = l.claim
          WHERE p.kind IN ('certificate', 'card') AND p.to_position IS NULL) s
    CROSS JOIN paper p ON p.sha256 = s.sha256
    WHERE p.kind IN ('certificate', 'card') AND p.to_position IS NULL
    GROUP BY p.sha256
    HAVING min(p.person) <> max(p.person)
),
marks(kind, value) AS MATERIALIZED (
    SELECT k.kind, k.value
    FROM (SELECT DISTINCT k.kind, k.value FROM looked l CROSS JOIN clue k ON k.claim = l.claim
          WHERE k.kind IN ('picture', 'document')) s
    CROSS JOIN clue k ON k.kind = s.kind AND k.value = s.value
    GROUP BY k.kind, k.value
    HAVING min(k.person) <> max(k.person)
),
named(about, shared, claim) AS (
    SELECT 'file:' || f.value, 'file', p.claim
    FROM files f CROSS JOIN paper p ON p.sha256 = f.value AND p.to_position IS NULL
    WHERE p.kind IN ('certificate', 'card')
    UNION
    SELECT m.kind || ':' || m.value, m.kind, k.claim
    FROM marks m CROSS JOIN clue k ON k.kind = m.kind AND k.value = m.value
),
member AS MATERIALIZED (
    SELECT n.about, n.shared, c.*,
           coalesce(c.training_class,
                    coalesce(c.starts, c.evidence_on) || coalesce(c.ends, '') || c.route || coalesce(c.organiser, '')
                    || coalesce((SELECT value FROM clue WHERE claim = c.claim AND kind = 'title'), '')) AS held_as,
           CASE WHEN c.route IN ('project', 'paper', 'book', 'patent')
                THEN coalesce(c.output, (SELECT value FROM clue WHERE claim = c.claim AND kind = 'title')) END AS work,
           (SELECT count(*) FROM paper p
            WHERE p.claim = c.claim AND p.kind IN ('certificate', 'card') AND p.to_position IS NULL) AS own_papers
    FROM named n CROSS JOIN claim c ON c.claim = n.claim AND c.to_position IS NULL
    WHERE c.status <> 'withdrawn'
),
suspect AS MATERIALIZED (
    SELECT m.about, m.shared, count(DISTINCT m.person) AS persons, count(*) AS claims,
           min(m.claim) AS first, max(m.claim) AS last,
           count(DISTINCT m.held_as) AS classes, sum(m.status IN ('refused', 'revoked')) AS undone,
           sum(m.own_papers > 1) AS other_papers
    FROM member m
    GROUP BY m.about
    HAVING persons > 1 AND undone < count(*)
       AND NOT (count(m.act) = count(*) AND count(DISTINCT m.act) = 1)
       AND NOT (count(m.work) = count(*) AND count(DISTINCT m.work) = 1)
       AND NOT (classes = 1 AND (persons >= :D02_class_persons OR m.shared = 'document'))
),
-- 文件相同的，图像和生成时间自然相同：同一件事只说一次，说最强的。
found AS MATERIALIZED (
    SELECT * FROM suspect
    WHERE shared = 'file'
       OR ((first, last, claims) NOT IN (SELECT first, last, claims FROM suspect WHERE shared = 'file')
           AND (shared = 'picture'
                OR (first, last, claims) NOT IN (SELECT first, last, claims FROM suspect WHERE shared = 'picture')))
),
further(about, name, id) AS (
    SELECT NULL, NULL, NULL WHERE 0
),
numbers(about, counter, figures) AS (
    SELECT about,
           json_object('one_class', classes = 1, 'refused_or_revoked', undone, 'other_papers', other_papers),
           json_object('persons', persons, 'claims', claims, 'classes', classes, 'shared', shared)
    FROM found
),
