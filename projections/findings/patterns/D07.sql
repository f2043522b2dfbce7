-- D07/1 自己认定自己、互相认定、主办者认定自己的班
-- severity: critical
-- touches: claim
-- rule: 经办人认定自己的申报；两个经办人各有申报由对方认定；备案或举办某一班次的经办人，或主办单位自己的账号，认定了个人就这一班次提出的申报。
-- reason: 登记机关按人事隶属关系及时、如实登记（P 13），工作人员徇私舞弊的责令改正（P 17、W 16）。利害相关的人须回避；互相认定使每一件看上去都由旁人办理。
-- guard: 一个经办人认定同单位、同部门另一人的申报，单方面的不算（人少的单位只有这样）；用人单位登记本单位职工是规定的职责（N 8，角色 unit）；部门自己的班由部门登记、按名册统一登记（W 14），只在办班和认定是同一个账号时才算；导入和系统登记的不算。亲属等关系须由当事人申报，这里不从姓名推断。看过材料的件数列为反证。
-- counter: opened 打开过材料的件数；apart_days 最早与最晚的认定相隔天数，隔得很久的可能是巧合
-- figures: kind 属哪一种：self 自己认定自己，mutual 互相认定，organiser 主办者认定；claims 条数；assessed_centi 合计认定学时
WITH approved AS (
    -- 批次里的行由名册、导入统一登记，不经某个人的认定。
    SELECT s.event, s.claim, s.person, s.actor, s.actor_person, s.organisation, s.role
    FROM touched t CROSS JOIN step s ON s.claim = t.id
    WHERE t.kind = 'claim' AND s.what = 'approved' AND s.act IS NULL
),
pair(one, other) AS (
    SELECT DISTINCT min(a.actor_person, a.person), max(a.actor_person, a.person)
    FROM approved a
    WHERE a.actor_person IS NOT NULL AND a.actor_person <> a.person
      AND EXISTS (SELECT 1 FROM step b WHERE b.actor_person = a.person AND b.person = a.actor_person
                    AND b.what = 'approved' AND b.act IS NULL)
),
found(about, kind, event, claim) AS MATERIALIZED (
    SELECT 'self:' || claim, 'self', event, claim FROM approved WHERE actor_person = person
    UNION
    SELECT 'pair:' || p.one || ':' || p.other, 'mutual', s.event, s.claim
    FROM pair p CROSS JOIN step s
      ON s.actor_person IN (p.one, p.other) AND s.person IN (p.one, p.other) AND s.person <> s.actor_person
    WHERE s.what = 'approved' AND s.act IS NULL
    UNION
    SELECT 'organiser:' || c.claim, 'organiser', a.event, a.claim
    FROM approved a
    CROSS JOIN claim c ON c.claim = a.claim AND c.to_position IS NULL AND c.origin = 'self'
    CROSS JOIN class k ON k.class = c.training_class AND k.to_position IS NULL
    -- 部门自己的班没有受理机关，部门登记它是规定的（W 14）：那里只看是不是同一个人经手。
    WHERE a.role <> 'unit'
      AND (a.actor IN (k.filed_by, k.held_by) OR (a.organisation = k.organiser AND k.accepted_at IS NOT NULL))
)
SELECT f.about,
       CASE WHEN min(c.region) = max(c.region) THEN min(c.region)
            WHEN substr(min(c.region), 1, 4) = substr(max(c.region), 1, 4) THEN substr(min(c.region), 1, 4)
            ELSE substr(min(c.region), 1, 2) END AS region,
       CASE WHEN min(c.sector) = max(c.sector) THEN min(c.sector) END AS sector,
       (SELECT json_group_array(id) FROM (
            SELECT s.person AS id FROM found x JOIN step s ON s.event = x.event WHERE x.about = f.about
            UNION SELECT s.actor_person FROM found x JOIN step s ON s.event = x.event
            WHERE x.about = f.about AND s.actor_person IS NOT NULL ORDER BY 1)) AS persons,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT claim AS id FROM found WHERE about = f.about ORDER BY 1)) AS claims,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT s.actor AS id FROM found x JOIN step s ON s.event = x.event
            WHERE x.about = f.about ORDER BY 1)) AS actors,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT k.organiser AS id FROM found x
            CROSS JOIN claim m ON m.claim = x.claim AND m.to_position IS NULL
            CROSS JOIN class k ON k.class = m.training_class AND k.to_position IS NULL
            WHERE x.about = f.about AND x.kind = 'organiser' ORDER BY 1)) AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT x.event AS event FROM found x WHERE x.about = f.about
            UNION SELECT m.submitted_event FROM found x
            CROSS JOIN claim m ON m.claim = x.claim AND m.to_position IS NULL
            WHERE x.about = f.about ORDER BY 1)) AS events,
       json_object('opened', sum(coalesce(s.opened, 0) > 0), 'apart_days', (max(s.at) - min(s.at)) / 86400000000) AS counter,
       json_object('kind', f.kind, 'claims', count(DISTINCT f.claim), 'assessed_centi', sum(c.assessed_centi))
           AS figures
FROM found f
CROSS JOIN step s ON s.event = f.event
CROSS JOIN claim c ON c.claim = f.claim AND c.to_position IS NULL
GROUP BY f.about
ORDER BY f.about
