-- beside: 1
--
-- Which folder has the bodies of which positions. As long as no body has moved, programs that know nothing of it go on
-- working; what moves the first one says here that they no longer can (`ledger.stores.postgres_cold`).

CREATE TABLE {schema}.archives (
    first    bigint PRIMARY KEY,
    last     bigint NOT NULL,
    year     integer NOT NULL,
    folder   text COLLATE "C" NOT NULL,
    manifest text COLLATE "C" NOT NULL  -- Its digest: the folder may be put elsewhere, and not be another.
);
