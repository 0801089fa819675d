//! One keyed connection, with the settings every commit relies on.

use super::envelope::DatabaseKey;
use rusqlite::{Connection, OpenFlags, ffi};
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long another process's write is waited for.
const BUSY: Duration = Duration::from_secs(5);

/// What the log shrinks to after a large write.
const LOG_LIMIT: i64 = 10 * 1024 * 1024;

/// Opens the file, makes it if it is not there, proves the key by reading, and applies the settings.
pub fn connect(path: &Path, key: &DatabaseKey) -> rusqlite::Result<Connection> {
    kinchaku_sqlcipher::link();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    set_key(&connection, key)?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_LIMIT, |_| Ok(()))?;
    Ok(connection)
}

/// Gives SQLCipher the raw key. `PRAGMA key` would leave the key in an SQL string that nobody wipes.
fn set_key(connection: &Connection, key: &DatabaseKey) -> rusqlite::Result<()> {
    let mut text = Zeroizing::new(String::with_capacity(67));
    text.push_str("x'");
    for byte in key.expose() {
        // Writing to a string with room enough neither fails nor moves it.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\'');
    let length = i32::try_from(text.len()).unwrap_or(0);
    #[expect(
        unsafe_code,
        reason = "rusqlite has no call for a key that does not copy it into SQL"
    )]
    // SAFETY: the handle is open for as long as `connection` is borrowed, the name is a C string, and `text` is
    // readable for `length` bytes; SQLCipher copies the key before it returns.
    let code = unsafe { ffi::sqlite3_key_v2(connection.handle(), c"main".as_ptr(), text.as_ptr().cast(), length) };
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }
}
