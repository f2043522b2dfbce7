-- What investigators note beside events (`api/operational/event_notes.py`).

CREATE TABLE {schema}.event_note (
    writer   text COLLATE "C" NOT NULL,
    event    bigint NOT NULL,
    case_id  text COLLATE "C" NOT NULL,
    is_star  bigint NOT NULL,
    saved_at bigint NOT NULL,
    owner    text COLLATE "C" NOT NULL,
    sealed   bytea NOT NULL,
    PRIMARY KEY (writer, event)
);
CREATE INDEX event_note_by_event ON {schema}.event_note (event);
