-- D14/1 认定之后改来改去
-- severity: high
-- touches: person
-- rule: 经办人更正已认定的记录，改动了事实，学时因此多出百分之 :D14_raise_percent 以上；更正把学时移入一个已经过去的年度；同一件事撤回、驳回不少于 :D14_again_least 次之后另提一条，由此前没有退回、驳回过它的人认定；撤销与恢复由同一人经手。
-- reason: 年度一经认定即锁定（E 10）；登记应当如实（P 13），撤销的由他人复核后才能恢复。差多少已经看得见以后再把学时改多、挪年度，或换一个人再报，是常见的弄虚作假（P 16、P 17）。
-- guard: 改少的不算；事实没有变、只因细则或评定变了的不算；来源系统送来新版本的更正不是经办人所改（另见 D15）；申诉成立之后的更正、恢复是依法纠正，不算；本人在认定之前修改申报是正常的；退回后由同一人再审也是正常的。更正附了新材料的，列为反证。
-- thresholds: raise_percent, again_least, year_centi
-- counter: new_papers 更正时新附的材料份数；another_hand 更正由认定者以外的人经手
-- figures: kind 属哪一种（raised 改多；moved 移年度；again 换人再报；reversed 同一人撤销又恢复）；centi_before 更正前学时；centi_after 更正后学时；days_after 认定之后多少天；year 归入年度；filled 全年因此够了 :D14_year_centi；attempts 此前撤回、驳回的次数
WITH looked(person) AS MATERIALIZED (
    SELECT DISTINCT id FROM touched WHERE kind = 'person'
),
theirs AS MATERIALIZED (
    SELECT c.claim, c.person, c.region, c.sector, c.status, c.origin, c.route, c.category, c.level, c.starts, c.ends,
           c.evidence_on, c.days_half, c.year, c.assessed_centi, c.submitted_event, c.submitted_at, c.decided_by,
           c.decided_event, c.decided_at
    FROM looked l CROSS JOIN claim c ON c.person = l.person AND c.to_position IS NULL
),
corrected AS (
    SELECT h.*, t.region, t.sector, h.centi_after - h.centi_before AS more,
           (SELECT max(s.at) FROM step s WHERE s.claim = h.claim AND s.what = 'approved' AND s.event < h.event)
               AS approved_at,
           (SELECT s.actor FROM step s WHERE s.claim = h.claim AND s.what = 'approved' AND s.event < h.event
            ORDER BY s.event DESC LIMIT 1) AS approved_by,
           (SELECT count(*) FROM paper p WHERE p.claim = h.claim AND p.event = h.event) AS new_papers
    FROM theirs t CROSS JOIN change h ON h.claim = t.claim
    WHERE h.what = 'corrected'
      AND NOT EXISTS (SELECT 1 FROM source o WHERE o.claim = h.claim AND o.event = h.event)
      AND NOT EXISTS (SELECT 1 FROM step s WHERE s.claim = h.claim AND s.what = 'appeal_allowed' AND s.event < h.event)
),
raised AS (
    SELECT c.*
    FROM corrected c
    -- 更正之前和之后的两行：事实变了没有。
    CROSS JOIN claim o ON o.claim = c.claim AND o.to_position = c.from_position
    CROSS JOIN claim n ON n.claim = c.claim AND n.from_position = c.from_position
    WHERE 100 * c.more >= :D14_raise_percent * c.centi_before AND c.more > 0
      AND (o.days_half, o.hours_centi, o.minutes, o.characters, o.subjects, o.courses, o.route, o.level, o.rank,
           o.participants)
          IS NOT (n.days_half, n.hours_centi, n.minutes, n.characters, n.subjects, n.courses, n.route, n.level,
                  n.rank, n.participants)
),
moved AS (
    SELECT c.* FROM corrected c
    WHERE c.year_before <> c.year_after AND c.centi_after > 0
      AND CAST(strftime('%Y', c.at / 1000000, 'unixepoch', '+8 hours') AS INTEGER) > c.year_after
),
again AS MATERIALIZED (
    SELECT t.claim, t.person, t.region, t.sector, t.assessed_centi, t.year, t.decided_event, t.submitted_event,
           t.decided_by, count(*) AS attempts, group_concat(o.claim) AS before
    FROM theirs t
    JOIN theirs o ON o.person = t.person AND o.claim <> t.claim AND o.submitted_event < t.submitted_event
      AND o.status IN ('withdrawn', 'refused') AND o.origin = 'self'
      AND (o.category, o.route, o.level, o.starts, o.ends, o.evidence_on)
          IS (t.category, t.route, t.level, t.starts, t.ends, t.evidence_on)
    WHERE t.status IN ('approved', 'frozen') AND t.origin = 'self'
      AND NOT EXISTS (SELECT 1 FROM step s WHERE s.claim = t.claim AND s.what = 'appeal_allowed')
    GROUP BY t.claim
    HAVING attempts >= :D14_again_least
       AND NOT EXISTS (
           SELECT 1 FROM theirs x CROSS JOIN step s ON s.claim = x.claim
           WHERE x.person = t.person AND x.status IN ('withdrawn', 'refused') AND s.actor = t.decided_by
             AND s.what IN ('returned', 'refused')
             AND (x.category, x.route, x.level, x.starts, x.ends, x.evidence_on)
                 IS (t.category, t.route, t.level, t.starts, t.ends, t.evidence_on))
),
reversed AS (
    SELECT t.claim, t.person, t.region, t.sector, t.assessed_centi, t.year, r.event AS revoked, b.event AS reinstated,
           b.actor, b.at
    FROM theirs t
    CROSS JOIN step r ON r.claim = t.claim AND r.what = 'revoked'
    CROSS JOIN step b ON b.claim = t.claim AND b.what = 'reinstated' AND b.event > r.event
      AND (b.actor = r.actor OR b.actor_person = r.actor_person)
    WHERE NOT EXISTS (SELECT 1 FROM step s WHERE s.claim = t.claim AND s.what = 'appeal_allowed'
                        AND s.event BETWEEN r.event AND b.event)
),
found(about, kind, claim, person, region, sector, actor, other_actor, events, before, after, days_after, year,
      new_papers, attempts, earlier) AS (
    SELECT 'raised:' || claim || ':' || event, 'raised', claim, person, region, sector, actor, approved_by,
           json_array(event), centi_before, centi_after, (at - approved_at) / 86400000000, year_after, new_papers,
           NULL, NULL
    FROM raised
    UNION ALL
    SELECT 'moved:' || claim || ':' || event, 'moved', claim, person, region, sector, actor, approved_by,
           json_array(event), centi_before, centi_after, (at - approved_at) / 86400000000, year_after, new_papers,
           NULL, NULL
    FROM moved
    UNION ALL
    SELECT 'again:' || claim, 'again', claim, person, region, sector, decided_by, NULL,
           json_array(submitted_event, decided_event), NULL, assessed_centi, NULL, year, NULL, attempts, before
    FROM again
    UNION ALL
    SELECT 'reversed:' || claim || ':' || reinstated, 'reversed', claim, person, region, sector, actor, NULL,
           json_array(revoked, reinstated), NULL, assessed_centi, NULL, year, NULL, NULL, NULL
    FROM reversed
)
SELECT f.about, f.region, f.sector, json_array(f.person) AS persons,
       (SELECT json_group_array(claim) FROM (
            SELECT f.claim AS claim UNION SELECT claim FROM theirs
            WHERE person = f.person AND instr(',' || f.earlier || ',', ',' || claim || ',') > 0 ORDER BY 1)) AS claims,
       (SELECT json_group_array(id) FROM (
            SELECT f.actor AS id UNION SELECT f.other_actor WHERE f.other_actor IS NOT NULL ORDER BY 1)) AS actors,
       '[]' AS organisers,
       (SELECT json_group_array(event) FROM (
            SELECT value AS event FROM json_each(f.events)
            UNION SELECT submitted_event FROM theirs WHERE claim = f.claim
            UNION SELECT s.event FROM step s WHERE s.claim = f.claim AND s.what = 'approved' ORDER BY 1)) AS events,
       json_object('new_papers', f.new_papers, 'another_hand', f.actor <> f.other_actor) AS counter,
       json_object('kind', f.kind, 'centi_before', f.before, 'centi_after', f.after, 'days_after', f.days_after,
                   'year', f.year, 'attempts', f.attempts,
                   'filled', (
                       SELECT f.before + sum(assessed_centi) < :D14_year_centi
                              AND f.after + sum(assessed_centi) >= :D14_year_centi
                       FROM theirs o WHERE o.person = f.person AND o.year = f.year AND o.claim <> f.claim
                         AND o.status IN ('approved', 'frozen'))) AS figures
FROM found f
ORDER BY f.about
