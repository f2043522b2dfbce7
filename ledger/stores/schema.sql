-- The ledger's tables. Rows of the first five are never changed and never deleted: the triggers at the end see to it.

CREATE TABLE events (
    position INTEGER PRIMARY KEY,  -- 1, 2, 3, ...: given by the sequencer, never by the database.
    leaf     BLOB NOT NULL         -- The envelope, as it was hashed.
);

CREATE TABLE sealed (              -- Apart from the leaves, so that a copy can be redacted by leaving it out.
    position   INTEGER PRIMARY KEY,
    salt       BLOB NOT NULL,
    ciphertext BLOB NOT NULL
);

CREATE TABLE streams (             -- Where each event of a stream stands; ids sort by time, so new rows meet at the end.
    stream   TEXT NOT NULL,
    version  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (stream, version)
) WITHOUT ROWID;

CREATE TABLE tiles (               -- Only full tiles: they never change. Partial ones are read from what is below them.
    level  INTEGER NOT NULL,
    number INTEGER NOT NULL,
    root   BLOB NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)
);

CREATE TABLE checkpoints (
    serial INTEGER PRIMARY KEY,
    size   INTEGER NOT NULL,
    note   BLOB NOT NULL UNIQUE
);

-- In the order of being reserved, so that of the five trees a row is in only the short index of its name is met at
-- random: each page of a tree that is met so is written anew by every commit of a long list.
CREATE TABLE names (               -- Held now; freed rows go. HMACs: no number and no certificate stands here.
    name     BLOB NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    holder   TEXT NOT NULL,
    owner    TEXT NOT NULL,
    act      TEXT,                 -- Whose row reserved it: dropped if that act is abandoned.
    position INTEGER NOT NULL,
    freed_by TEXT                  -- Whose row frees it: dropped when that act is closed.
);
-- Of an imported entry nothing frees where it came from: `sqlite_rows.FREED`.
CREATE INDEX names_by_holder ON names (holder) WHERE kind NOT IN ('source', 'source_record');
CREATE INDEX names_by_owner ON names (owner);
CREATE INDEX names_by_act ON names (act) WHERE act IS NOT NULL;
CREATE INDEX names_by_freeing ON names (freed_by) WHERE freed_by IS NOT NULL;

CREATE TABLE requests (            -- Ordered by month, so that writing touches only this month's part of the index.
    month       INTEGER NOT NULL,
    key         BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    status      INTEGER NOT NULL,
    first       INTEGER NOT NULL,
    events      INTEGER NOT NULL,
    PRIMARY KEY (month, key)
) WITHOUT ROWID;

CREATE TABLE request_filters (     -- One for each month that is over: says "never" of most keys without looking.
    month INTEGER PRIMARY KEY,
    bits  BLOB NOT NULL
);

CREATE TRIGGER events_stay_as_they_are      BEFORE UPDATE ON events      BEGIN SELECT RAISE(ABORT, 'an event never changes'); END;
CREATE TRIGGER events_stay                  BEFORE DELETE ON events      BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;
CREATE TRIGGER sealed_stays_as_it_is        BEFORE UPDATE ON sealed      BEGIN SELECT RAISE(ABORT, 'a sealed part never changes'); END;
CREATE TRIGGER sealed_stays                 BEFORE DELETE ON sealed      BEGIN SELECT RAISE(ABORT, 'a sealed part is never deleted'); END;
CREATE TRIGGER streams_stay_as_they_are     BEFORE UPDATE ON streams     BEGIN SELECT RAISE(ABORT, 'a stream never changes'); END;
CREATE TRIGGER streams_stay                 BEFORE DELETE ON streams     BEGIN SELECT RAISE(ABORT, 'a stream is never deleted'); END;
CREATE TRIGGER tiles_stay_as_they_are       BEFORE UPDATE ON tiles       BEGIN SELECT RAISE(ABORT, 'a tile never changes'); END;
CREATE TRIGGER tiles_stay                   BEFORE DELETE ON tiles       BEGIN SELECT RAISE(ABORT, 'a tile is never deleted'); END;
CREATE TRIGGER checkpoints_stay_as_they_are BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'a checkpoint never changes'); END;
CREATE TRIGGER checkpoints_stay             BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;
