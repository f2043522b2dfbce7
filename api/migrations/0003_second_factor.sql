-- The second factor of those who log in here (`api/operational/second_factor.py`), and when it was last shown (`api/operational/operations.py`).

CREATE TABLE {schema}.second_factor (
    holder     text COLLATE "C" PRIMARY KEY,
    sealed     bytea,
    since      bigint NOT NULL,
    last_step  bigint NOT NULL,
    offered    bytea,
    offered_at bigint NOT NULL
);

CREATE TABLE {schema}.paper_code (
    sha256  bytea PRIMARY KEY,
    holder  text COLLATE "C" NOT NULL,
    is_over bigint NOT NULL
);
CREATE INDEX paper_code_by_holder ON {schema}.paper_code (holder);

CREATE TABLE {schema}.halfway (
    browser    bytea PRIMARY KEY,
    holder     text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE {schema}.second_shown (
    sha256   bytea PRIMARY KEY,
    shown_at bigint NOT NULL
);
