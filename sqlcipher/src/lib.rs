//! SQLCipher's cryptography by RustCrypto instead of OpenSSL (docs/adr/0003).
//!
//! SQLCipher is compiled with `SQLCIPHER_CRYPTO_CUSTOM=kinchaku_sqlcipher_setup` and asks that function once, at
//! its first use, for a table of functions: [`provider`] is the table and the only unsafe code, [`crypto`] is what
//! it calls, on slices. There is no state and nothing to recover.
//!
//! AES-256-CBC without padding, HMAC and PBKDF2 with SHA-256 or SHA-512. SHA-1 (files of SQLCipher 3 and before)
//! is refused. The table is internal to SQLCipher and may change with it, so its version is pinned in `Cargo.lock`
//! and checked by a test.

mod crypto;
mod provider;

/// Keeps the provider in the link. Whatever opens SQLite calls this first: nothing else in Rust names the function
/// that the C code asks for, and a linker may drop a library that nobody names.
pub fn link() {
    std::hint::black_box(provider::kinchaku_sqlcipher_setup as *const ());
}
