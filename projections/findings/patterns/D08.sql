-- D08/1 成批、深夜、不看材料的认定
-- severity: medium
-- touches: actor_month
-- rule: 同一账号在同一天里（早 6 时至次日 6 时）的认定，至少有下列两样，每样不少于 :D08_least 件：22 时至次日 6 时之间；与前一件相隔不到 :D08_quick_seconds 秒，且占当天一半以上；有材料而一份也没有打开。12 月最后一周认定的件数，是本人此前一年平日的 :D08_burst_times 倍以上的，也算一样。
-- reason: 登记应当如实（P 13）；不认真履行职责的责令改正（P 17、W 16）。不看材料、几十秒一件、在无人的时候认定，说明认定没有以材料为据。
-- guard: 按名册统一登记的班次和导入的批次许多条在同一刻登记，本来如此（W 13、W 14、P 14），不计；系统自动登记的不计；只在深夜、只是快、只是没有打开，单独一样不算；年末繁忙是常情，须与本人平日相比且另有一样。看过材料的件数列为反证。本系统之外看过的纸质材料，这里看不到。
-- thresholds: least, quick_seconds, burst_times
-- counter: opened 打开过材料的件数；without_papers 没有材料可看的件数
-- figures: approvals 当天认定件数；night 深夜件数；quick 紧接前一件的件数；unopened 有材料而未打开的件数；median_seconds 相隔秒数的中位数；usual 本人此前一年平日的件数；burst 是否年末突增
-- 一天从早 6 时到次日 6 时，一夜不分作两天；月初的清晨属上月末日，所以也看前一个月。
WITH looked(actor, month) AS MATERIALIZED (
    SELECT substr(id, 1, instr(id, '/') - 1), substr(id, instr(id, '/') + 1)
    FROM touched WHERE kind = 'actor_month' AND id LIKE 'acr\_%' ESCAPE '\'
    UNION
    SELECT substr(id, 1, instr(id, '/') - 1), strftime('%Y-%m', substr(id, instr(id, '/') + 1) || '-01', '-1 day')
    FROM touched WHERE kind = 'actor_month' AND id LIKE 'acr\_%' ESCAPE '\'
),
worked AS (
    SELECT l.actor, l.month, s.event, s.claim, s.person, s.at, s.papers, s.opened,
           (s.at + 7200000000) / 86400000000 AS day,
           (s.at + 28800000000) / 3600000000 % 24 NOT BETWEEN 6 AND 21 AS night,
           coalesce(s.papers, 0) > 0 AND coalesce(s.opened, 0) = 0 AS unopened
    FROM looked l
    CROSS JOIN step s ON s.actor = l.actor
      AND s.at >= unixepoch(l.month || '-01') * 1000000 - 7200000000
      AND s.at < unixepoch(l.month || '-01', '+1 month') * 1000000 - 7200000000
    WHERE s.what = 'approved' AND s.act IS NULL
),
-- 两样之中总有一样不是“快”：先按其余三样挑出那些天，再去看相隔多久。
days AS MATERIALIZED (
    SELECT actor, month, day, strftime('%m-%d', day * 86400, 'unixepoch') >= '12-25' AS last_week
    FROM worked
    GROUP BY actor, day
    HAVING sum(night) >= :D08_least OR sum(unopened) >= :D08_least OR (last_week AND count(*) >= :D08_least)
),
timed AS (
    SELECT w.*, (w.at - lag(w.at) OVER (PARTITION BY w.actor, w.day ORDER BY w.event)) / 1000000 AS gap
    FROM days d JOIN worked w ON w.actor = d.actor AND w.day = d.day
),
marked AS MATERIALIZED (
    SELECT *, coalesce(gap < :D08_quick_seconds, 0) AS quick FROM timed
),
counted AS (
    SELECT d.actor, d.month, d.day, d.last_week, count(*) AS approvals, sum(m.night) AS night, sum(m.quick) AS quick,
           sum(m.unopened) AS unopened, sum(coalesce(m.opened, 0) > 0) AS opened,
           sum(coalesce(m.papers, 0) = 0) AS without_papers
    FROM days d JOIN marked m ON m.actor = d.actor AND m.day = d.day
    GROUP BY d.actor, d.day
),
-- 平日：此前一年里有认定的那些天，平均一天几件。
beside AS MATERIALIZED (
    SELECT c.*,
           CASE WHEN c.last_week THEN (
                SELECT (count(*) + count(DISTINCT (s.at + 7200000000) / 86400000000) / 2)
                       / max(1, count(DISTINCT (s.at + 7200000000) / 86400000000))
                FROM step s
                WHERE s.actor = c.actor AND s.at < (c.day - 7) * 86400000000 - 7200000000
                  AND s.at >= (c.day - 372) * 86400000000 - 7200000000
                  AND s.what = 'approved' AND s.act IS NULL) END AS usual
    FROM counted c
),
found AS MATERIALIZED (
    SELECT *, coalesce(usual > 0 AND approvals >= :D08_burst_times * usual, 0) AS burst
    FROM beside
    WHERE (night >= :D08_least) + (quick >= :D08_least AND 2 * quick >= approvals) + (unopened >= :D08_least)
          + coalesce(usual > 0 AND approvals >= :D08_burst_times * usual, 0) >= 2
)
SELECT f.actor || ':' || date(f.day * 86400, 'unixepoch') AS about,
       CASE WHEN min(c.region) = max(c.region) THEN min(c.region)
            WHEN substr(min(c.region), 1, 4) = substr(max(c.region), 1, 4) THEN substr(min(c.region), 1, 4)
            ELSE substr(min(c.region), 1, 2) END AS region,
       CASE WHEN min(c.sector) = max(c.sector) THEN min(c.sector) END AS sector,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT person AS id FROM marked
            WHERE actor = f.actor AND day = f.day AND night + quick + unopened > 0 ORDER BY 1)) AS persons,
       (SELECT json_group_array(id) FROM (
            SELECT DISTINCT claim AS id FROM marked
            WHERE actor = f.actor AND day = f.day AND night + quick + unopened > 0 ORDER BY 1)) AS claims,
       json_array(f.actor) AS actors,
       '[]' AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT event FROM marked
            WHERE actor = f.actor AND day = f.day AND night + quick + unopened > 0 ORDER BY 1)) AS events,
       json_object('opened', f.opened, 'without_papers', f.without_papers) AS counter,
       json_object('approvals', f.approvals, 'night', f.night, 'quick', f.quick, 'unopened', f.unopened,
                   'median_seconds', (
                       SELECT gap FROM (
                           SELECT gap, row_number() OVER (ORDER BY gap) AS number FROM marked
                           WHERE actor = f.actor AND day = f.day AND gap IS NOT NULL)
                       WHERE number = f.approvals / 2),
                   'usual', f.usual, 'burst', f.burst) AS figures,
       json_array(f.actor || '/' || f.month,
                  f.actor || '/' || strftime('%Y-%m', f.day * 86400, 'unixepoch', '+1 day')) AS looked
FROM found f
CROSS JOIN marked m ON m.actor = f.actor AND m.day = f.day AND m.night + m.quick + m.unopened > 0
CROSS JOIN claim c ON c.claim = m.claim AND c.to_position IS NULL
GROUP BY f.actor, f.day
ORDER BY about
