//! Files written through the provider, by SQLCipher itself.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use rusqlite::{Connection, ErrorCode};
use std::path::{Path, PathBuf};

const KEY: &str = "x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'";
const OTHER: &str = "x'ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'";

fn open(path: &Path, key: &str) -> rusqlite::Result<Connection> {
    kinchaku_sqlcipher::link();
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "key", key)?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

fn filled(folder: &tempfile::TempDir, key: &str) -> PathBuf {
    let path = folder.path().join("t.db");
    let connection = open(&path, key).unwrap();
    connection.execute_batch("CREATE TABLE t(a TEXT); BEGIN;").unwrap();
    for n in 0..500 {
        connection
            .execute("INSERT INTO t VALUES (?1)", [format!("巾着 row {n}")])
            .unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
    path
}

fn text(connection: &Connection, pragma: &str) -> String {
    connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
}

/// The provider's table is internal to SQLCipher: another version must be looked at before it is used.
#[test]
fn the_versions_are_the_ones_this_was_written_for() {
    let folder = tempfile::tempdir().unwrap();
    let connection = open(&folder.path().join("t.db"), KEY).unwrap();
    assert_eq!(text(&connection, "cipher_version"), "4.19.0 community");
    assert_eq!(text(&connection, "cipher_provider"), "rustcrypto");
    assert_eq!(rusqlite::version(), "3.53.4");
}

#[test]
fn a_file_is_read_back_and_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for key in [KEY, "a passphrase"] {
        let path = filled(&folder, key);
        let connection = open(&path, key).unwrap();
        let last: String = connection
            .query_row("SELECT a FROM t WHERE rowid = 500", [], |row| row.get(0))
            .unwrap();
        assert_eq!(last, "巾着 row 499");
        let problems = connection
            .prepare("PRAGMA cipher_integrity_check")
            .unwrap()
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap()
            .count();
        assert_eq!(problems, 0);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.starts_with(b"SQLite format 3"));
        assert!(!bytes.windows(3).any(|window| window == b"row"));
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn another_key_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder, KEY);
    let error = open(&path, OTHER).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase));
}

/// Every page carries an HMAC: a changed byte is an error, never a changed row.
#[test]
fn a_changed_byte_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(&folder, KEY);
    let sound = std::fs::read(&path).unwrap();
    for at in (20..sound.len()).step_by(997) {
        let mut bytes = sound.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let rows = open(&path, KEY).and_then(|connection| {
            connection.query_row("SELECT sum(length(a)) FROM t", [], |row| row.get::<_, i64>(0))?;
            connection.query_row("PRAGMA quick_check", [], |row| row.get::<_, String>(0))
        });
        assert!(rows.is_err(), "byte {at}");
    }
}

/// People read standard error: SQLCipher writes nothing there, not even about a wrong key.
#[test]
fn nothing_is_logged() {
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "another_key_opens_nothing", "--nocapture"])
        .output()
        .unwrap();
    assert!(run.status.success());
    assert_eq!(String::from_utf8(run.stderr).unwrap(), "");
}
