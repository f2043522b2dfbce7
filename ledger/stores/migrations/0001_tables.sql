-- The ledger's tables in PostgreSQL: the rows of `ledger/stores/schema.sql`, meaning for meaning.
--
-- {schema} is put in by `ledger.stores.postgres_schema`. Rows of the first five tables are never changed and never
-- deleted: the triggers at the end see to it, whatever session_replication_role says.

CREATE TABLE {schema}.events (
    position bigint PRIMARY KEY,  -- 1, 2, 3, ...: given by the sequencer, never by a sequence, which would burn numbers.
    leaf     bytea NOT NULL       -- The envelope, as it was hashed.
);

CREATE TABLE {schema}.sealed (    -- Apart from the leaves, so that a copy can be redacted by leaving it out.
    position   bigint PRIMARY KEY,
    salt       bytea NOT NULL,
    ciphertext bytea NOT NULL
);

CREATE TABLE {schema}.streams (   -- Where each event of a stream stands; ids sort by time, so new rows meet at the end.
    stream   text COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (stream, version)
);

CREATE TABLE {schema}.tiles (     -- Only full tiles: they never change. Partial ones are read from what is below them.
    level  integer NOT NULL,
    number bigint NOT NULL,
    root   bytea NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (level, number)
);
ALTER TABLE {schema}.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;  -- Hashes do not compress: do not try.

CREATE TABLE {schema}.checkpoints (
    serial bigint PRIMARY KEY,
    size   bigint NOT NULL,
    note   bytea NOT NULL UNIQUE
);

CREATE TABLE {schema}.names (     -- Held now; freed rows go. HMACs: no number and no certificate stands here.
    name     bytea PRIMARY KEY,
    kind     text COLLATE "C" NOT NULL,
    holder   text COLLATE "C" NOT NULL,
    owner    text COLLATE "C" NOT NULL,
    act      text COLLATE "C",    -- Whose row reserved it: dropped if that act is abandoned.
    position bigint NOT NULL,
    freed_by text COLLATE "C"     -- Whose row frees it: dropped when that act is closed.
);
CREATE INDEX names_by_holder ON {schema}.names (holder);
CREATE INDEX names_by_owner ON {schema}.names (owner);
CREATE INDEX names_by_act ON {schema}.names (act) WHERE act IS NOT NULL;
CREATE INDEX names_by_freeing ON {schema}.names (freed_by) WHERE freed_by IS NOT NULL;

CREATE TABLE {schema}.requests (  -- Ordered by month, so that writing touches only this month's part of the index.
    month       integer NOT NULL,
    key         bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status      integer NOT NULL,
    first       bigint NOT NULL,
    events      integer NOT NULL,
    PRIMARY KEY (month, key)
);

CREATE TABLE {schema}.request_filters (  -- One for each month that is over: says "never" of most keys without looking.
    month integer PRIMARY KEY,
    bits  bytea NOT NULL
);

CREATE TABLE {schema}.turn (      -- One row, never changed: whoever writes to the log has locked it.
    it boolean PRIMARY KEY CHECK (it)
);
INSERT INTO {schema}.turn VALUES (true);

CREATE FUNCTION {schema}.stays_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % never changes and is never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.events
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.stays_as_it_is();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.sealed
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.stays_as_it_is();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.streams
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.stays_as_it_is();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.tiles
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.stays_as_it_is();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.stays_as_it_is();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.turn
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.stays_as_it_is();
ALTER TABLE {schema}.events ENABLE ALWAYS TRIGGER stays;
ALTER TABLE {schema}.sealed ENABLE ALWAYS TRIGGER stays;
ALTER TABLE {schema}.streams ENABLE ALWAYS TRIGGER stays;
ALTER TABLE {schema}.tiles ENABLE ALWAYS TRIGGER stays;
ALTER TABLE {schema}.checkpoints ENABLE ALWAYS TRIGGER stays;
ALTER TABLE {schema}.turn ENABLE ALWAYS TRIGGER stays;
