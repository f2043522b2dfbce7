-- D14/1 认定之后改来改去
-- severity: high
-- touches: person
-- rule: 经办人更正已认定的记录，改动了事实，学时因此多出百分之 :D14_raise_percent 以上；更正把学时移入一个已经过去的年度；同一件事撤回、驳回不少于 :D14_again_least 次之后另提一条，由此前没有退回、驳回过它的人认定；撤销与恢复由同一人经手。
-- reason: 年度一经认定即锁定（E 10）；登记应当如实（P 13），撤销的由他人复核后才能恢复。差多少已经看得见以后再把学时改多、挪年度，或换一个人再报，是常见的弄虚作假（P 16、P 17）。
-- guard: 改少的不算；事实没有变、只因细则或评定变了的不算；来源系统送来新版本的更正不是经办人所改（另见 D15）；申诉成立之后的更正、恢复是依法纠正，不算；本人在认定之前修改申报是正常的；退回后由同一人再审也是正常的。更正附了新材料的，列为反证。
-- thresholds: raise_percent, again_least, year_centi
-- counter: new_papers 更正时新附的材料份数；another_hand 是否由认定者以外的人更正
-- figures: kind 属哪一种：raised 改多，moved 移年度，again 换人再报，reversed 同一人撤销又恢复；centi_before 更正前学时；centi_after 更正后学时；days_after 认定之后多少天；year 归入年度；filled 是否全年因此够了要求的学时；attempts 此前撤回、驳回的次数
WITH looked(person) AS MATERIALIZED (
    SELECT DISTINCT id FROM touched WHERE kind = 'person'
),
corrected AS MATERIALIZED (
    SELECT h.*, t.region, t.sector, h.centi_after - h.centi_before AS more,
           (SELECT max(s.event) FROM step s WHERE s.claim = h.claim AND s.what = 'approved' AND s.event < h.event)
               AS approval
    FROM looked l CROSS JOIN change h ON h.person = l.person AND h.what = 'corrected'
    CROSS JOIN claim t ON t.claim = h.claim AND t.to_position IS NULL
    WHERE NOT EXISTS (SELECT 1 FROM source o WHERE o.claim = h.claim AND o.event = h.event)
      AND NOT EXISTS (SELECT 1 FROM step s WHERE s.claim = h.claim AND s.what = 'appeal_allowed' AND s.event < h.event)
),
altered AS (
    SELECT c.*, 'raised' AS kind
    FROM corrected c
    -- 更正之前和之后的两行：事实变了没有。
    CROSS JOIN claim o ON o.claim = c.claim AND o.to_position = c.from_position
    CROSS JOIN claim n ON n.claim = c.claim AND n.from_position = c.from_position
    WHERE 100 * c.more >= :D14_raise_percent * c.centi_before AND c.more > 0
      AND (o.days_half, o.hours_centi, o.minutes, o.characters, o.subjects, o.courses, o.route, o.level, o.rank,
           o.participants)
          IS NOT (n.days_half, n.hours_centi, n.minutes, n.characters, n.subjects, n.courses, n.route, n.level,
                  n.rank, n.participants)
    UNION ALL
    SELECT c.*, 'moved'
    FROM corrected c
    WHERE c.year_before <> c.year_after AND c.centi_after > 0
      AND CAST(strftime('%Y', c.at / 1000000, 'unixepoch', '+8 hours') AS INTEGER) > c.year_after
),
undone AS MATERIALIZED (
    SELECT c.claim, c.person, c.category, c.route, c.level, c.starts, c.ends, c.evidence_on, c.submitted_event
    FROM looked l CROSS JOIN claim c ON c.person = l.person AND c.to_position IS NULL
    WHERE c.status IN ('withdrawn', 'refused') AND c.origin = 'self'
),
tried AS MATERIALIZED (
    SELECT t.claim, t.person, t.region, t.sector, t.assessed_centi, t.year, t.decided_event, t.submitted_event,
           t.decided_by, count(*) AS attempts, json_group_array(o.claim) AS earlier
    FROM undone o CROSS JOIN claim t ON t.person = o.person AND t.to_position IS NULL
    WHERE t.status IN ('approved', 'frozen') AND t.origin = 'self' AND o.submitted_event < t.submitted_event
      AND (o.category, o.route, o.level, o.starts, o.ends, o.evidence_on)
          IS (t.category, t.route, t.level, t.starts, t.ends, t.evidence_on)
      AND NOT EXISTS (SELECT 1 FROM step s WHERE s.claim = t.claim AND s.what = 'appeal_allowed')
    GROUP BY t.claim
    HAVING attempts >= :D14_again_least
),
again AS (
    SELECT * FROM tried t
    WHERE NOT EXISTS (SELECT 1 FROM json_each(t.earlier) e CROSS JOIN step s ON s.claim = e.value
                      WHERE s.actor = t.decided_by AND s.what IN ('returned', 'refused'))
),
reversed AS (
    SELECT t.claim, t.person, t.region, t.sector, t.assessed_centi, t.year, r.event AS revoked, b.event AS reinstated,
           b.actor
    FROM looked l CROSS JOIN change h ON h.person = l.person AND h.what = 'reinstated'
    CROSS JOIN claim t ON t.claim = h.claim AND t.to_position IS NULL
    CROSS JOIN step b ON b.event = h.event
    CROSS JOIN step r ON r.event = (SELECT max(x.event) FROM step x
                                    WHERE x.claim = h.claim AND x.what = 'revoked' AND x.event < h.event)
    WHERE (b.actor = r.actor OR b.actor_person = r.actor_person)
      AND NOT EXISTS (SELECT 1 FROM step s WHERE s.claim = t.claim AND s.what = 'appeal_allowed'
                        AND s.event BETWEEN r.event AND b.event)
),
found(about, kind, claim, person, region, sector, actor, other_actor, events, before, after, days_after, year,
      new_papers, attempts, earlier) AS (
    SELECT a.kind || ':' || a.claim || ':' || a.event, a.kind, a.claim, a.person, a.region, a.sector, a.actor, s.actor,
           json_array(a.approval, a.event), a.centi_before, a.centi_after, (a.at - s.at) / 86400000000, a.year_after,
           (SELECT count(*) FROM paper p WHERE p.claim = a.claim AND p.event = a.event), NULL, '[]'
    FROM altered a LEFT JOIN step s ON s.event = a.approval
    UNION ALL
    SELECT 'again:' || claim, 'again', claim, person, region, sector, decided_by, NULL,
           json_array(submitted_event, decided_event), NULL, assessed_centi, NULL, year, NULL, attempts, earlier
    FROM again
    UNION ALL
    SELECT 'reversed:' || claim || ':' || reinstated, 'reversed', claim, person, region, sector, actor, NULL,
           json_array(revoked, reinstated), NULL, assessed_centi, NULL, year, NULL, NULL, '[]'
    FROM reversed
)
SELECT f.about, f.region, f.sector, json_array(f.person) AS persons,
       (SELECT json_group_array(claim) FROM (
            SELECT f.claim AS claim UNION SELECT value FROM json_each(f.earlier) ORDER BY 1)) AS claims,
       (SELECT json_group_array(id) FROM (
            SELECT f.actor AS id UNION SELECT f.other_actor WHERE f.other_actor IS NOT NULL ORDER BY 1)) AS actors,
       '[]' AS organisers,
       (SELECT json_group_array(value) FROM json_each(f.events) WHERE value IS NOT NULL) AS events,
       json_object('new_papers', f.new_papers, 'another_hand', f.actor <> f.other_actor) AS counter,
       json_object('kind', f.kind, 'centi_before', f.before, 'centi_after', f.after, 'days_after', f.days_after,
                   'year', f.year, 'attempts', f.attempts,
                   'filled', (
                       SELECT f.before + total(o.assessed_centi) < :D14_year_centi
                              AND f.after + total(o.assessed_centi) >= :D14_year_centi
                       FROM claim o
                       WHERE o.person = f.person AND o.to_position IS NULL AND o.year = f.year
                         AND o.claim <> f.claim AND o.status IN ('approved', 'frozen'))) AS figures
FROM found f
ORDER BY f.about
