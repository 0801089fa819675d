//! SQLCipher's cryptography by RustCrypto instead of OpenSSL (docs/adr/0003).
//!
//! SQLCipher is compiled with `SQLCIPHER_CRYPTO_CUSTOM=kinchaku_sqlcipher_setup` and asks that function once, at
//! its first use, for a table of functions: [`provider`] is the table and the only unsafe code, [`crypto`] is what
//! it calls, on slices. [`link`] makes the first use; there is nothing to recover.
//!
//! AES-256-CBC without padding, HMAC and PBKDF2 with SHA-256 or SHA-512. SHA-1 (files of SQLCipher 3 and before)
//! is refused. The table is internal to SQLCipher and may change with it, so its version is pinned in `Cargo.lock`
//! and checked by a test.

mod crypto;
mod provider;

use std::sync::Once;

/// Makes SQLCipher ready. Whatever opens SQLite calls this first.
///
/// Nothing else in Rust names the function that the C code asks for, and a linker may drop a library that nobody
/// names. And SQLite's first use sets SQLCipher up only after it has told other threads that it is ready
/// (`SQLITE_EXTRA_INIT` in `sqlite3_initialize`): whoever comes in between would find no cipher, so the first use
/// is made here, by one thread, while the others wait.
pub fn link() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        std::hint::black_box(provider::kinchaku_sqlcipher_setup as *const ());
        // Where even this does not open, the caller's own connection says why.
        drop(rusqlite::Connection::open_in_memory());
    });
}
