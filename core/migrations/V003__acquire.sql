-- What this device asked of the town: applications, orders, what is handed out (core::acquire). Rows are written
-- before anything is sent and are never deleted.
CREATE TABLE acquisition (
    id        INTEGER PRIMARY KEY,
    -- 0 application, 1 order, 2 handed out
    kind      INTEGER NOT NULL,
    programme INTEGER,
    class     INTEGER,
    -- lots, or an amount of money
    units     INTEGER NOT NULL,
    -- the body as it is sent, each time the same; gone once it is answered: it may have a telephone number
    request   BLOB,
    -- 0 asked, 1 taken, 2 refused
    state     INTEGER NOT NULL,
    answer    BLOB,
    -- whether an order that was taken can still change
    open      INTEGER NOT NULL,
    asked_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX acquisition_asked ON acquisition (id) WHERE state = 0;
CREATE INDEX acquisition_open ON acquisition (id) WHERE open = 1;
