-- beside: 1
--
-- How entries of an access log whose time is over leave it (`ledger.access.pruning`), for a service that owns no table
-- and may change no row. It runs as the tables' owner and believes nobody: the ledger in the schema beside has to have
-- recorded that they go, none of them is half a year old or younger by the server's own clock, only looks go, and what
-- takes the place of each has its stream, its version, its time and its hash, so that every root stays.

CREATE FUNCTION {schema}.cut_access(positions bigint[], leaves bytea[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    told bigint;
    least bigint := (extract(epoch FROM (now() AT TIME ZONE 'UTC' - interval '6 months')) * 1000000)::bigint;
    cut bigint;
BEGIN
    SELECT max((body -> 7 ->> 'upto')::bigint) INTO told FROM (
        SELECT CASE WHEN get_byte(e.leaf, 0) = 91 THEN convert_from(e.leaf, 'UTF8')::json END AS body  -- 91: no stub.
        FROM ledger.streams s JOIN ledger.events e USING (position) WHERE s.stream = 'log_0000000000000000000000'
    ) AS own WHERE body -> 7 ->> 'type' = 'log.access_pruned/1';
    IF cardinality(positions) <> cardinality(leaves) OR EXISTS (
        SELECT FROM unnest(positions, leaves) AS r (position, leaf) LEFT JOIN {schema}.events e USING (position),
            LATERAL (SELECT convert_from(e.leaf, 'UTF8')::json AS was, convert_from(r.leaf, 'UTF8')::json AS then_) AS body
        WHERE ((r.position <= told) AND (was -> 7 ->> 'type' = 'access.recorded/1') AND ((was ->> 3)::bigint < least)
            AND (then_ -> 7 ->> 'type' = 'access.cut/1') AND (was ->> 1 = then_ ->> 1) AND (was ->> 2 = then_ ->> 2)
            AND (was ->> 3 = then_ ->> 3)
            AND (then_ -> 7 ->> 'leaf_hash' = encode(sha256('\x00'::bytea || e.leaf), 'base64'))) IS NOT TRUE
    ) THEN
        RAISE EXCEPTION 'not every one of these entries is to leave the log' USING ERRCODE = 'restrict_violation';
    END IF;
    ALTER TABLE {schema}.events DISABLE TRIGGER stays;
    UPDATE {schema}.events e SET leaf = r.leaf
        FROM unnest(positions, leaves) AS r (position, leaf) WHERE e.position = r.position;
    GET DIAGNOSTICS cut = ROW_COUNT;
    ALTER TABLE {schema}.events ENABLE ALWAYS TRIGGER stays;
    RETURN cut;
END
$$;

REVOKE ALL ON FUNCTION {schema}.cut_access(bigint[], bytea[]) FROM PUBLIC;
DO $$
DECLARE
    writer regrole;
BEGIN  -- Whoever writes to the log by now; for one that comes later it is granted beside the tables.
    FOR writer IN
        SELECT DISTINCT acl.grantee::regrole FROM pg_class c, LATERAL aclexplode(c.relacl) AS acl
        WHERE c.oid = '{schema}.events'::regclass AND acl.privilege_type = 'INSERT' AND acl.grantee <> 0
            AND acl.grantee <> c.relowner
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION {schema}.cut_access(bigint[], bytea[]) TO %s', writer);
    END LOOP;
END
$$;
