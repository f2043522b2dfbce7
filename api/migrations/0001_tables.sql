-- The operational tables in PostgreSQL: those that the modules of `api.operational.place` make in a file, column for column
-- (`tests/api/test_operational_places.py` compares them). Ids are ordered as bytes, whatever the database's language.

CREATE TABLE {schema}.credential (
    sha256     bytea PRIMARY KEY,
    kind       text NOT NULL CHECK (kind IN ('token', 'session')),
    holder     text COLLATE "C" NOT NULL,
    issued_at  bigint NOT NULL,
    expires_at bigint,
    withdrawn  bigint NOT NULL DEFAULT 0,
    name       text NOT NULL DEFAULT ''
);
CREATE INDEX credential_by_holder ON {schema}.credential (holder, kind);

CREATE TABLE {schema}.link (
    identity  bytea PRIMARY KEY,
    holder    text COLLATE "C" NOT NULL UNIQUE,
    linked_at bigint NOT NULL
);

CREATE TABLE {schema}.sign_on (
    browser    bytea PRIMARY KEY,
    session    bytea,
    expires_at bigint NOT NULL
);

CREATE TABLE {schema}.password (
    holder text COLLATE "C" PRIMARY KEY,
    argon2 text NOT NULL,
    set_at bigint NOT NULL
);

CREATE TABLE {schema}.setup_code (
    sha256     bytea PRIMARY KEY,
    holder     text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL,
    used_by    bytea
);

CREATE TABLE {schema}.attempt (
    key      bytea PRIMARY KEY,
    failures bigint NOT NULL,
    last_at  bigint NOT NULL
);

CREATE TABLE {schema}.known_address (
    key   bytea PRIMARY KEY,
    until bigint NOT NULL
);

CREATE TABLE {schema}.claim_draft (
    person   text COLLATE "C" NOT NULL,
    name     text COLLATE "C" NOT NULL,
    claim    text COLLATE "C" NOT NULL,
    version  bigint NOT NULL,
    saved_at bigint NOT NULL,
    sealed   bytea NOT NULL,
    PRIMARY KEY (person, name)
);
CREATE INDEX claim_draft_by_time ON {schema}.claim_draft (saved_at);

CREATE TABLE {schema}.opened_paper (
    claim     text COLLATE "C" NOT NULL,
    sha256    text COLLATE "C" NOT NULL,
    actor     text COLLATE "C" NOT NULL,
    opened_at bigint NOT NULL,
    PRIMARY KEY (claim, sha256, actor)
);
CREATE INDEX opened_paper_by_time ON {schema}.opened_paper (opened_at);

CREATE TABLE {schema}.study_session (
    session    text COLLATE "C" PRIMARY KEY,
    person     text COLLATE "C" NOT NULL,
    enrolment  text COLLATE "C" NOT NULL,
    state      text NOT NULL CHECK (state IN ('open', 'ending', 'ended')),
    number     bigint NOT NULL,
    time       bytea NOT NULL,
    last_at    bigint NOT NULL,
    sealed     bytea,
    begun_by   bytea NOT NULL,
    last_by    bytea,
    ended_by   bytea
);
CREATE UNIQUE INDEX study_session_of_person ON {schema}.study_session (person) WHERE state <> 'ended';
CREATE INDEX study_session_by_time ON {schema}.study_session (state, last_at);

CREATE TABLE {schema}.job (
    job          text COLLATE "C" PRIMARY KEY,
    owner        text COLLATE "C" NOT NULL,
    region       text NOT NULL,
    sector       text,
    trace        text NOT NULL,
    asked        bytea NOT NULL,
    question     bytea NOT NULL,
    cost         bytea NOT NULL,
    made_at      bigint NOT NULL,
    request      bytea NOT NULL UNIQUE,
    fingerprint  bytea NOT NULL,
    state        text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    begun_at     bigint,
    ended_at     bigint,
    tries        bigint NOT NULL DEFAULT 0,
    progress     bytea,
    outcome      bytea,
    cancelled_by text,
    is_cleared   bigint NOT NULL DEFAULT 0
);
CREATE INDEX job_by_owner ON {schema}.job (owner, job);
CREATE INDEX job_by_state ON {schema}.job (state, made_at, job);
