-- D06/1 备案不合时、班次与备案不符
-- severity: high
-- touches: claim, class
-- rule: 开班之后才备案（或改报）；须备案的班次，备案距开班不足 :D06_lead_days 天；实际举办的日期、天数与备案不同；高研班没有列入年度计划；登记人数超过到场人数，到场人数超过场地座位，或超过计划人数百分之 :D06_over_percent 以上。
-- reason: 高研班须列入年度计划并备案（P 11）；宁波工业和信息化领域的培训须先备案，一般在开班前 30 日（N 3、N 7）；班次由主管部门凭办班计划、总结和名单统一登记（W 13）。事后补的备案，可能是给没有办过的班补手续；多于座位的名单，总有人没有坐在那里。
-- guard: “一般需提前 30 日”只约束宁波工业和信息化领域（N 7），别处不比，正好够日数的不算；个人申报里备案提前不足的，评定时已标明（late_filing）、经办人看过，不另列；部门自己办的班不须备案（W 14）；开班前改报的是正常调整；人数略多于计划是常情，过了界才列；撤回的申报、未受理和没有办过的班不列。备案晚的申报若已驳回，列为反证。
-- thresholds: lead_days, over_percent
-- counter: refused 是否已驳回；revision 备案的次数，多次的可能是照实改报
-- figures: after_start 开班后才备案；lead_days 备案早于开班的天数；moved 举办日期或天数与备案不同；unplanned 未列入年度计划；planned 计划人数；places 座位数；attended 到场人数；registered 登记人数
WITH late_claim AS (
    SELECT c.*, c.filed_on > c.starts AS after_start,
           CAST(julianday(c.starts) - julianday(c.filed_on) AS INTEGER) AS lead_days
    FROM touched t CROSS JOIN claim c ON c.claim = t.id AND c.to_position IS NULL
    WHERE t.kind = 'claim' AND c.filed_on IS NOT NULL AND c.starts IS NOT NULL AND c.status <> 'withdrawn'
      AND c.filed_on > c.starts
),
looked AS MATERIALIZED (
    SELECT c.*,
           date(c.filed_at / 1000000, 'unixepoch', '+8 hours') AS said_on,
           (SELECT max(r.rows) FROM roster r
            WHERE r.class = c.class AND r.to_position IS NULL AND r.status = 'closed') AS registered
    FROM touched t CROSS JOIN class c ON c.class = t.id AND c.to_position IS NULL
    WHERE t.kind = 'class' AND c.status NOT IN ('refused', 'filed')
),
marked AS (
    SELECT *,
           said_on > starts OR filed_on > starts AS after_start,
           CAST(julianday(starts) - julianday(filed_on) AS INTEGER) AS lead_days,
           -- N 7：只在宁波的工业和信息化领域有提前的日数。
           sector = 'industry' AND region LIKE '3302%' AND accepted_at IS NOT NULL
               AND julianday(starts) - julianday(filed_on) < :D06_lead_days AS short,
           held_event IS NOT NULL
               AND (held_starts, held_ends, held_days_half) IS NOT (starts, ends, days_half) AS moved,
           route = 'advanced_seminar' AND accepted_at IS NOT NULL AND plan IS NULL AS unplanned,
           coalesce(attended > places, 0) OR coalesce(registered > attended, 0)
               OR coalesce(100 * attended > (100 + :D06_over_percent) * planned, 0) AS crowded
    FROM looked
)
SELECT 'claim:' || l.claim AS about, l.region, l.sector,
       json_array(l.person) AS persons, json_array(l.claim) AS claims,
       CASE WHEN l.decided_by IS NULL THEN '[]' ELSE json_array(l.decided_by) END AS actors,
       CASE WHEN l.organiser IS NULL THEN '[]' ELSE json_array(l.organiser) END AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT l.submitted_event AS event UNION SELECT l.study_event
            UNION SELECT l.decided_event WHERE l.decided_event IS NOT NULL ORDER BY 1)) AS events,
       json_object('refused', l.status IN ('refused', 'revoked')) AS counter,
       json_object('after_start', l.after_start, 'lead_days', l.lead_days) AS figures,
       '[]' AS looked
FROM late_claim l
UNION ALL
SELECT 'class:' || m.class, m.region, m.sector,
       '[]', '[]',
       (SELECT json_group_array(id) FROM (
            SELECT m.filed_by AS id UNION SELECT m.held_by WHERE m.held_by IS NOT NULL ORDER BY 1)),
       json_array(m.organiser),
       (SELECT json_group_array(event) FROM (
            SELECT m.event AS event UNION SELECT m.held_event WHERE m.held_event IS NOT NULL
            UNION SELECT r.event FROM roster r WHERE r.class = m.class AND r.to_position IS NULL ORDER BY 1)),
       json_object('revision', m.revision),
       json_object('after_start', m.after_start, 'lead_days', m.lead_days, 'moved', m.moved, 'unplanned', m.unplanned,
                   'planned', m.planned, 'places', m.places, 'attended', m.attended, 'registered', m.registered),
       json_array(m.class)
FROM marked m
WHERE m.after_start OR m.short OR m.moved OR m.unplanned OR m.crowded
