"""The wallet's store and SQLCipher on OpenSSL read each other's files.

The store takes its cryptography from RustCrypto (docs/adr/0003); PyPI's `sqlcipher3-binary` carries SQLCipher 4 on
OpenSSL. Run after `cargo build -p kinchaku-core --example peer_store`, with a Python that has that package:

    python tests/peers/test_sqlcipher_peer.py [PATH OF peer_store]
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import sqlcipher3

HOUSE = pathlib.Path(__file__).resolve().parents[2]
PEER = HOUSE / "target" / "debug" / "examples" / "peer_store"
ROWS = 2000


def wallet(command, folder):
    """Runs our side; what it prints."""
    done = subprocess.run([PEER, command, folder], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def opened(folder, key):
    """The same file, through OpenSSL."""
    database = sqlcipher3.connect(str(pathlib.Path(folder) / "wallet" / "wallet.db"), isolation_level=None)
    database.execute("PRAGMA cipher_log_level = NONE")
    database.execute(f"PRAGMA key = \"x'{key}'\"")
    return database


class Peer(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = place.name
        self.key = wallet("make", self.folder)

    def open(self, key=None):
        database = opened(self.folder, key or self.key)
        self.addCleanup(database.close)
        return database

    def test_the_peer_is_another_implementation(self):
        (provider,) = self.open().execute("PRAGMA cipher_provider").fetchone()
        self.assertIn("openssl", provider.lower())

    def test_the_peer_reads_every_row(self):
        database = self.open()
        rows = dict(database.execute("SELECT name, value FROM meta WHERE name LIKE 'peer.%'"))
        self.assertEqual(len(rows), ROWS)
        for n in (0, 1, ROWS - 1):
            self.assertEqual(bytes(rows[f"peer.{n}"]).decode(), f"巾着 {n}" * 20)

    def test_the_peer_finds_every_page_sound(self):
        database = self.open()
        self.assertEqual(database.execute("PRAGMA cipher_integrity_check").fetchall(), [])
        self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_we_read_what_the_peer_writes(self):
        database = self.open()
        database.execute("INSERT INTO meta VALUES ('peer.answer', CAST('OpenSSL より' AS BLOB))")
        database.execute("UPDATE meta SET value = zeroblob(10000) WHERE name LIKE 'peer.1%'")
        database.close()
        self.assertEqual(wallet("read", self.folder), "OpenSSL より")

    def test_another_key_opens_nothing(self):
        database = self.open("00" * 32)
        with self.assertRaises(sqlcipher3.DatabaseError):
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PEER = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main(verbosity=2)
