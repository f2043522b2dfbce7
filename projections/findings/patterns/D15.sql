-- D15/1 账本与事实自相矛盾
-- severity: critical
-- touches: claim, person, class, act
-- rule: 同一来源系统的同一条记录、同一版本，两次接收而内容不同，或成了两条在册的记录；事件所说的时间晚于登记它的时刻 :D15_later_days 天以上（佐证、证书的日期晚于申报，来源所称的登记时间晚于接收，班次备案、举办的日期晚于其登记）；学习时段的结束晚于其登记；名册、导入关闭时写明的行数与在册的行数不符。
-- reason: 导入按来源、编号、版本只接收一次（P 14）；如实登记（P 13）；登记时刻由服务器给出，只增不减，事情不会在发生之前就被记下；名册统一登记，整份同时生效（W 13、W 14）。
-- guard: 来源的新版本带着新的版本号，是更正，不算；来源只给日期的，按日历日比，容 :D15_later_days 天（时区、当日先填）；还没有关闭的名册、导入和被放弃的，不比行数；已撤回、驳回、撤销的记录不计。日志本身的完整（位置连续、哈希、签名）由 xueshi fsck 逐条核对，不在此列：这里只看事实之间能看出的矛盾。
-- thresholds: later_days
-- counter: same_content 内容相同的版本数（重复接收而无改动）；by_hand 日期是否由人填写
-- figures: what 哪一种：changed 同一版本内容不同、twice 一条记录成了两条、later 说的时间晚于登记、rows 行数不符；which 哪一项日期；days 晚几天；said 所称的日期或行数；found 登记的日期或在册的行数
WITH looked(claim) AS MATERIALIZED (
    SELECT id FROM touched WHERE kind = 'claim'
),
-- 同一来源记录的各个版本。
record(system, record) AS MATERIALIZED (
    SELECT DISTINCT s.system, s.record FROM looked l CROSS JOIN source s ON s.claim = l.claim
),
version AS MATERIALIZED (
    SELECT s.*, c.person, c.region, c.sector
    FROM record r CROSS JOIN source s ON s.system = r.system AND s.record = r.record
    CROSS JOIN claim c ON c.claim = s.claim AND c.to_position IS NULL
    WHERE c.status NOT IN ('withdrawn', 'refused', 'revoked')
),
recorded AS (
    SELECT system, record, 'changed:' || version AS part, 'changed' AS what,
           count(DISTINCT digest) AS said, count(*) AS found, count(*) - count(DISTINCT digest) AS same_content
    FROM version GROUP BY system, record, version HAVING count(DISTINCT digest) > 1
    UNION ALL
    SELECT system, record, 'twice', 'twice', 1, count(DISTINCT claim), count(*) - count(DISTINCT digest)
    FROM version GROUP BY system, record HAVING count(DISTINCT claim) > 1
),
-- 说的时间晚于登记的时刻；一条记录最近一次陈述或认定的日期为其登记的日期。
stated AS MATERIALIZED (
    SELECT c.claim, c.evidence_on,
           max(c.submitted_at, coalesce(c.due_at, 0), coalesce(c.decided_at, 0)) / 1000000 + 28800 AS stated_at
    FROM looked l CROSS JOIN claim c ON c.claim = l.claim AND c.to_position IS NULL
    WHERE c.status NOT IN ('withdrawn', 'refused', 'revoked')
),
early(claim, about, which, said, found, event) AS (
    SELECT claim, 'evidence:' || claim, 'evidence', evidence_on, date(stated_at, 'unixepoch'), NULL
    FROM stated WHERE evidence_on > date(stated_at, 'unixepoch', '+' || :D15_later_days || ' days')
    UNION ALL
    SELECT s.claim, 'paper:' || s.claim || ':' || p.sha256, 'paper', p.issued_on, date(s.stated_at, 'unixepoch'), p.event
    FROM stated s CROSS JOIN paper p ON p.claim = s.claim AND p.to_position IS NULL
    WHERE p.issued_on > date(s.stated_at, 'unixepoch', '+' || :D15_later_days || ' days')
    UNION ALL
    SELECT v.claim, 'source:' || v.claim || ':' || v.version, 'source', substr(v.recorded_at, 1, 10),
           date(v.at / 1000000 + 28800, 'unixepoch'), v.event
    FROM looked l CROSS JOIN version v ON v.claim = l.claim
    WHERE substr(v.recorded_at, 1, 10)
          > date(v.at / 1000000 + 28800, 'unixepoch', '+' || :D15_later_days || ' days')
),
later(about, which, said, found, by_hand, claim, person, region, sector, actor, organiser, event) AS (
    SELECT e.about, e.which, e.said, e.found, c.origin <> 'import', c.claim, c.person, c.region, c.sector,
           c.decided_by, c.organiser, coalesce(e.event, c.study_event)
    FROM early e CROSS JOIN claim c ON c.claim = e.claim AND c.to_position IS NULL
    UNION ALL
    SELECT 'session:' || s.event, 'session', date(s.ended_at / 1000000 + 28800, 'unixepoch'),
           date(s.recorded_at / 1000000 + 28800, 'unixepoch'), 0, NULL, s.person, a.region, a.sector, NULL, NULL, s.event
    FROM touched t CROSS JOIN session s ON s.person = t.id
    LEFT JOIN affiliation a ON a.person = s.person AND a.until IS NULL AND a.to_position IS NULL
    WHERE t.kind = 'person' AND s.ended_at > s.recorded_at + 86400000000 * :D15_later_days
    UNION ALL
    SELECT 'filed:' || c.class, 'filed', c.filed_on, date(c.filed_at / 1000000 + 28800, 'unixepoch'), 1, NULL, NULL,
           c.region, c.sector, c.filed_by, c.organiser, c.event
    FROM touched t CROSS JOIN class c ON c.class = t.id AND c.to_position IS NULL
    WHERE t.kind = 'class'
      AND c.filed_on > date(c.filed_at / 1000000 + 28800, 'unixepoch', '+' || :D15_later_days || ' days')
    UNION ALL
    SELECT 'held:' || c.class, 'held', c.held_ends, date(c.held_at / 1000000 + 28800, 'unixepoch'), 1, NULL, NULL,
           c.region, c.sector, c.held_by, c.organiser, c.held_event
    FROM touched t CROSS JOIN class c ON c.class = t.id AND c.to_position IS NULL
    WHERE t.kind = 'class'
      AND c.held_ends > date(c.held_at / 1000000 + 28800, 'unixepoch', '+' || :D15_later_days || ' days')
),
-- 关闭时写明的行数与在册的行数；一行也没有的，是还没有生效的，由 fsck 看。
counted(about, act, said, region, sector, actor, organiser, class, event, found) AS (
    SELECT 'act:' || r.act, r.act, r.rows, c.region, c.sector, r.opened_by, r.organiser, r.class, r.closed_event,
           (SELECT count(*) FROM claim e WHERE e.act = r.act AND e.to_position IS NULL)
    FROM touched t CROSS JOIN roster r ON r.act = t.id AND r.to_position IS NULL
    LEFT JOIN class c ON c.class = r.class AND c.to_position IS NULL
    WHERE t.kind = 'act' AND r.status = 'closed'
    UNION ALL
    SELECT 'act:' || b.act, b.act, b.accepted, b.region, b.sector, NULL, NULL, NULL, b.event,
           -- 新登记的，和依来源更正、冻结、解冻、撤销、恢复的；一行可以是其中几项。
           (SELECT count(*) FROM (SELECT e.claim FROM claim e WHERE e.act = b.act AND e.to_position IS NULL
                                  UNION SELECT g.claim FROM change g WHERE g.act = b.act))
    FROM touched t CROSS JOIN batch b ON b.act = t.id AND b.to_position IS NULL
    WHERE t.kind = 'act' AND b.status = 'closed'
),
every AS (
    SELECT 'record:' || r.system || ':' || r.record || ':' || r.part AS about,
           CASE WHEN min(v.region) = max(v.region) THEN min(v.region)
                WHEN substr(min(v.region), 1, 4) = substr(max(v.region), 1, 4) THEN substr(min(v.region), 1, 4)
                ELSE substr(min(v.region), 1, 2) END AS region,
           CASE WHEN min(v.sector) = max(v.sector) THEN min(v.sector) END AS sector, json_group_array(DISTINCT v.person) AS persons,
           json_group_array(DISTINCT v.claim) AS claims, '[]' AS actors, '[]' AS organisers,
           json_group_array(DISTINCT v.event) AS events, json_object('same_content', r.same_content) AS counter,
           json_object('what', r.what, 'said', r.said, 'found', r.found) AS figures, '[]' AS looked
    FROM recorded r CROSS JOIN version v ON v.system = r.system AND v.record = r.record
    WHERE r.what = 'twice' OR 'changed:' || v.version = r.part
    GROUP BY about
    UNION ALL
    SELECT about, region, sector, iif(person IS NULL, '[]', json_array(person)),
           iif(claim IS NULL, '[]', json_array(claim)), iif(actor IS NULL, '[]', json_array(actor)),
           iif(organiser IS NULL, '[]', json_array(organiser)), json_array(event), json_object('by_hand', by_hand),
           json_object('what', 'later', 'which', which, 'said', said, 'found', found,
                       'days', CAST(julianday(said) - julianday(found) AS INTEGER)),
           iif(about LIKE 'filed:%' OR about LIKE 'held:%', json_array(substr(about, instr(about, ':') + 1)), '[]')
    FROM later
    UNION ALL
    SELECT about, region, sector, '[]', '[]', iif(actor IS NULL, '[]', json_array(actor)),
           iif(organiser IS NULL, '[]', json_array(organiser)), json_array(event), '{}',
           json_object('what', 'rows', 'said', said, 'found', found), json_array(act)
    FROM counted WHERE found > 0 AND found <> said
)
SELECT about, region, sector, persons, claims, actors, organisers, events, counter, figures, looked
FROM every
ORDER BY about
