-- The vault's tables in PostgreSQL: those of `ledger.keys.file`, column for column, in a database of their own, since
-- backups of it expire and those of the ledger do not. `changes` grows when a key goes, so that whoever remembers keys
-- forgets them.

CREATE TABLE {schema}.keys (
    owner   text COLLATE "C" PRIMARY KEY,
    wrapped bytea NOT NULL,
    created bigint NOT NULL
);
CREATE TABLE {schema}.destroyed (
    owner text COLLATE "C" PRIMARY KEY,
    at    bigint NOT NULL
);
CREATE TABLE {schema}.marked (
    owner text COLLATE "C" PRIMARY KEY
);
CREATE TABLE {schema}.masters (
    serial bigint PRIMARY KEY,
    make   text NOT NULL,
    since  bigint
);
CREATE TABLE {schema}.rewrapped (
    owner   text COLLATE "C" PRIMARY KEY,
    wrapped bytea NOT NULL,
    "of"    bytea NOT NULL
);
CREATE TABLE {schema}.backups (
    name    text COLLATE "C" PRIMARY KEY,
    place   text NOT NULL,
    taken   bigint NOT NULL,
    expires bigint NOT NULL,
    master  bigint NOT NULL,
    removed bigint
);
CREATE TABLE {schema}.changes (
    number bigint NOT NULL
);
INSERT INTO {schema}.changes VALUES (0);
