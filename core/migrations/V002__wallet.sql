-- The local book of one device: what the server said (server_row), what this device signed (payment,
-- receipt), and what still has to reach the server (outbox). Nothing is ever deleted from payment,
-- receipt and outbox.

-- Verified COSE documents in force: device, keyset, bulletin.
CREATE TABLE document (
    name  TEXT PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Rows of verified pages, as they came: list, key, value (docs/protocol.md, "Pages").
CREATE TABLE server_row (
    list  INTEGER NOT NULL,
    key   BLOB    NOT NULL,
    value BLOB    NOT NULL,
    -- rows of an older round are gone when a snapshot is complete
    round INTEGER NOT NULL,
    PRIMARY KEY (list, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE allowance (
    ref    BLOB PRIMARY KEY,
    doc    BLOB    NOT NULL,
    -- 0 in use, 1 closed, 2 lost: an older copy of this file was put back
    state  INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    close  BLOB
) STRICT;

CREATE TABLE payment (
    id          INTEGER PRIMARY KEY,
    allowance   BLOB    NOT NULL REFERENCES allowance (ref),
    seq         INTEGER NOT NULL,
    ref         BLOB    NOT NULL,
    payload     BLOB    NOT NULL,
    doc         BLOB,
    -- 0 prepared, 1 abandoned, 2 signed, 3 posted, 4 rejected, 5 parked, 6 refused at the shop, 7 reversed
    state       INTEGER NOT NULL,
    shop        BLOB    NOT NULL,
    shop_name   TEXT    NOT NULL,
    total       INTEGER NOT NULL,
    -- nobody verified it: no network, and a shop with only paper
    paper       INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,
    fact        BLOB,
    refusal     BLOB
) STRICT;

-- A counter is used by at most one payment that was not abandoned (T5).
CREATE UNIQUE INDEX payment_seq ON payment (allowance, seq) WHERE state <> 1;
CREATE UNIQUE INDEX payment_ref ON payment (ref) WHERE state <> 1;
CREATE INDEX payment_open ON payment (state) WHERE state IN (0, 2, 5);
CREATE INDEX payment_time ON payment (occurred_at);

-- What a shop's device was shown, with its answer.
CREATE TABLE receipt (
    ref       BLOB PRIMARY KEY,
    intent    BLOB    NOT NULL,
    allowance BLOB,
    auth_ref  BLOB    NOT NULL,
    seq       INTEGER NOT NULL,
    -- under whom blind payments are counted; none until an allowance proved it
    holder    BLOB,
    shop_day  INTEGER NOT NULL,
    total     INTEGER NOT NULL,
    -- 0 waiting for the server, 1 accepted blind, 2 refused, 3 posted, 4 rejected, 5 reversed
    state     INTEGER NOT NULL,
    seen      BLOB    NOT NULL,
    seen_at   INTEGER NOT NULL,
    fact      BLOB
) STRICT;

CREATE INDEX receipt_chain ON receipt (auth_ref, seq);
CREATE INDEX receipt_holder ON receipt (holder, shop_day);
CREATE INDEX receipt_time ON receipt (seen_at);

CREATE TABLE outbox (
    id       INTEGER PRIMARY KEY,
    subject  BLOB    NOT NULL UNIQUE,
    doc      BLOB    NOT NULL,
    -- whether only a signed fact of its own settles it; an unsigned "noted" does for the others
    needs_fact INTEGER NOT NULL,
    -- 0 waiting, 1 parked, 2 settled, 3 noted by a server that has yet to prove itself in this run
    state    INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    next_at  INTEGER NOT NULL,
    -- why the last attempt did not settle it, by number
    trouble  INTEGER
) STRICT;

CREATE INDEX outbox_due ON outbox (id) WHERE state <> 2;
