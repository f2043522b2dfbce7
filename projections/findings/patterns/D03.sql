-- D03/1 同一成果，署名对不上
-- severity: high
-- touches: claim
-- rule: 同一论文、著作、课题、专利（成果标识相同；没有标识的，题名与日期都相同）的各条记录互相矛盾：两人填同一位次；位次大于作者总数；各人填的作者总数不同；填报的人比作者还多。
-- reason: 成果学时按位次折算（E 8（3）（4）：第一至第五作者 100%、80%、70%、60%、50%，第六及以后 30%；R 6（三）：100%、80%、60%，其后不计），位次直接决定学时；N 6（6）（7）按项、按篇计，也只给参与的人。同一成果只有一份署名，各人所填不能互相矛盾（P 16、E 13、N 10、R 10、W 15）。
-- guard: 共同第一作者各自注明的，可以同为第一；第一、第二等位次不同、总数一致的合作者是常情；同一人把一项成果报两次属 D09，不在此列；已驳回、撤销、撤回的不计。作者名单（密封内容，只比是否相同）一致的，列为反证。行业不同的人共有一项成果并不违规，只作为数字列出。
-- counter: author_lists 填了名单的有几种写法，1 即全部相同；joint_first 注明共同第一的人数
-- figures: persons 填报人数；claims 条数；same_rank 重复的位次个数；rank_beyond 位次大于总数的条数；totals 作者总数有几种说法；participants 所填的最大作者总数；sectors 涉及行业数
-- tells: members
WITH looked(claim, output) AS MATERIALIZED (
    SELECT c.claim, c.output
    FROM touched t CROSS JOIN claim c ON c.claim = t.id AND c.to_position IS NULL
    WHERE t.kind = 'claim' AND c.route IN ('project', 'paper', 'book', 'patent')
),
named(about, claim) AS MATERIALIZED (
    SELECT 'output:' || o.output, c.claim
    FROM (SELECT DISTINCT output FROM looked WHERE output IS NOT NULL) o
    CROSS JOIN claim c ON c.output = o.output AND c.to_position IS NULL
    UNION
    -- 没有成果标识的：题名相同、日期相同、途径相同。
    SELECT 'title:' || k.value || ':' || c.route || ':' || c.evidence_on, c.claim
    FROM (SELECT DISTINCT k.value FROM looked l CROSS JOIN clue k ON k.claim = l.claim AND k.kind = 'title'
          WHERE l.output IS NULL) s
    CROSS JOIN clue k ON k.kind = 'title' AND k.value = s.value
    CROSS JOIN claim c ON c.claim = k.claim AND c.to_position IS NULL
    WHERE c.output IS NULL AND c.route IN ('project', 'paper', 'book', 'patent')
),
member AS MATERIALIZED (
    SELECT n.about, c.*,
           (SELECT value FROM clue WHERE claim = c.claim AND kind = 'author_list') AS authors
    FROM named n CROSS JOIN claim c ON c.claim = n.claim AND c.to_position IS NULL
    WHERE c.status NOT IN ('withdrawn', 'refused', 'revoked')
),
-- 两人同一位次；第一位次而人人注明共同第一的除外。
clashing AS MATERIALIZED (
    SELECT about, rank FROM member WHERE rank IS NOT NULL
    GROUP BY about, rank
    HAVING count(DISTINCT person) > 1 AND NOT (rank = 1 AND min(joint_first) = 1)
),
found AS MATERIALIZED (
    SELECT m.about, count(DISTINCT m.person) AS persons, count(*) AS claims,
           count(DISTINCT CASE WHEN (m.about, m.rank) IN (SELECT about, rank FROM clashing) THEN m.rank END)
               AS same_rank,
           coalesce(sum(m.rank > m.participants), 0) AS rank_beyond, count(DISTINCT m.participants) AS totals,
           max(m.participants) AS participants, count(DISTINCT m.sector) AS sectors,
           count(DISTINCT m.authors) AS author_lists, count(DISTINCT CASE WHEN m.joint_first THEN m.person END) AS joint
    FROM member m
    GROUP BY m.about
    HAVING rank_beyond > 0 OR (persons > 1 AND (same_rank > 0 OR totals > 1 OR persons > participants))
),
further(about, name, id) AS (
    SELECT NULL, NULL, NULL WHERE 0
),
numbers(about, counter, figures) AS (
    SELECT about,
           json_object('author_lists', author_lists, 'joint_first', joint),
           json_object('persons', persons, 'claims', claims, 'same_rank', same_rank, 'rank_beyond', rank_beyond,
                       'totals', totals, 'participants', participants, 'sectors', sectors)
    FROM found
),
