-- The store's own rows: settings, the counter that a restored copy betrays itself by, time, and the PIN.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY NOT NULL,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- generation: raised by every commit that must not be forgotten; the vault keeps the last one too (T5).
-- note: what else the vault keeps with it, so that it survives an older copy of this file.
CREATE TABLE chain_head (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL CHECK (generation >= 0),
  note       BLOB NOT NULL CHECK (length(note) <= 48)
) STRICT;
INSERT INTO chain_head VALUES (1, 0, x'');

-- checked_at: when every page was looked at last, in seconds. A table of its own, as every open reads it.
CREATE TABLE health (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  checked_at INTEGER NOT NULL CHECK (checked_at >= 0)
) STRICT;
INSERT INTO health VALUES (1, 0);

-- anchor_*: the last time a server signed, and what the monotonic clock of which boot said then.
-- high_water: the latest time the wallet has acted on (T11). Seconds.
CREATE TABLE known_time (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  anchor_server INTEGER CHECK (anchor_server >= 0),
  anchor_mono   INTEGER CHECK (anchor_mono >= 0),
  anchor_boot   BLOB CHECK (length(anchor_boot) = 16),
  high_water    INTEGER NOT NULL CHECK (high_water >= 0),
  CHECK ((anchor_server IS NULL) = (anchor_mono IS NULL) AND (anchor_server IS NULL) = (anchor_boot IS NULL))
) STRICT;
INSERT INTO known_time VALUES (1, NULL, NULL, NULL, 0);

-- sealed: the payment key's handle under a key that needs PIN, salt and this device. No hash of the PIN anywhere.
-- tries: wrong PINs so far; the vault counts too and the higher one holds (T14).
-- wait_*: since when, by the monotonic clock of which boot, the next try has to wait.
CREATE TABLE pin_lock (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  salt       BLOB NOT NULL CHECK (length(salt) = 16),
  memory_kib INTEGER NOT NULL CHECK (memory_kib > 0),
  passes     INTEGER NOT NULL CHECK (passes > 0),
  lanes      INTEGER NOT NULL CHECK (lanes > 0),
  sealed     BLOB NOT NULL,
  tries      INTEGER NOT NULL CHECK (tries >= 0),
  wait_boot  BLOB CHECK (length(wait_boot) = 16),
  wait_since INTEGER CHECK (wait_since >= 0),
  CHECK ((wait_boot IS NULL) = (wait_since IS NULL))
) STRICT;
