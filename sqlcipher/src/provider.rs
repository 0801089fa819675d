//! The table of functions that SQLCipher asks for, in the order of `struct sqlcipher_provider` (sqlcipher.c 4.19).
//!
//! Rules of this boundary: SQLCipher owns every buffer and gives lengths as C ints; inputs may be null when their
//! length is 0; `out` of the cipher may be `in` itself; SQLCipher checks nothing that we return but the code. A
//! panic may not cross, so nothing here can panic.
#![expect(unsafe_code, reason = "the boundary to SQLCipher's C code")]

use crate::crypto::{self, BLOCK_LEN, Digest, KEY_LEN, Mode};
use std::ffi::{c_char, c_int, c_uchar, c_void};

const OK: c_int = 0;
const ERROR: c_int = 1;

type Name = unsafe extern "C" fn(*mut c_void) -> *const c_char;
type Size = unsafe extern "C" fn(*mut c_void) -> c_int;
type Context = unsafe extern "C" fn(*mut *mut c_void) -> c_int;

/// `struct sqlcipher_provider`.
#[repr(C)]
pub struct Provider {
    init: Option<unsafe extern "C" fn() -> c_int>,
    shutdown: Option<unsafe extern "C" fn()>,
    get_provider_name: Name,
    add_random: unsafe extern "C" fn(*mut c_void, *const c_void, c_int) -> c_int,
    random: unsafe extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int,
    hmac: unsafe extern "C" fn(
        *mut c_void,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        c_int,
        *mut c_uchar,
    ) -> c_int,
    kdf: unsafe extern "C" fn(
        *mut c_void,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        c_int,
        c_int,
        c_int,
        *mut c_uchar,
    ) -> c_int,
    cipher: unsafe extern "C" fn(
        *mut c_void,
        c_int,
        *const c_uchar,
        c_int,
        *const c_uchar,
        *const c_uchar,
        c_int,
        *mut c_uchar,
    ) -> c_int,
    get_cipher: Name,
    get_key_sz: Size,
    get_iv_sz: Size,
    get_block_sz: Size,
    get_hmac_sz: unsafe extern "C" fn(*mut c_void, c_int) -> c_int,
    ctx_init: Context,
    ctx_free: Context,
    fips_status: Size,
    get_provider_version: Name,
    next: *mut Provider,
}

/// Fills SQLCipher's table; it calls this once, before the first database is opened.
///
/// # Safety
/// `table` must be null or point to memory for a `struct sqlcipher_provider` of SQLCipher 4.19.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kinchaku_sqlcipher_setup(table: *mut Provider) -> c_int {
    if table.is_null() {
        return ERROR;
    }
    let provider = Provider {
        init: None,
        shutdown: None,
        get_provider_name: provider_name,
        add_random,
        random,
        hmac,
        kdf,
        cipher,
        get_cipher: cipher_name,
        get_key_sz: key_size,
        get_iv_sz: block_size,
        get_block_sz: block_size,
        get_hmac_sz: hmac_size,
        ctx_init: context,
        ctx_free: context,
        fips_status,
        get_provider_version: provider_version,
        next: std::ptr::null_mut(),
    };
    // SAFETY: not null, and by the contract above large enough; what was there is not read or dropped.
    unsafe { table.write(provider) };
    OK
}

extern "C" fn provider_name(_: *mut c_void) -> *const c_char {
    c"rustcrypto".as_ptr()
}

extern "C" fn provider_version(_: *mut c_void) -> *const c_char {
    c"1".as_ptr()
}

extern "C" fn cipher_name(_: *mut c_void) -> *const c_char {
    c"aes-256-cbc".as_ptr()
}

extern "C" fn key_size(_: *mut c_void) -> c_int {
    KEY_LEN as c_int
}

extern "C" fn block_size(_: *mut c_void) -> c_int {
    BLOCK_LEN as c_int
}

/// SQLCipher asks for the size of SHA-1 too, when it compares settings; an answer does not make SHA-1 work.
extern "C" fn hmac_size(_: *mut c_void, algorithm: c_int) -> c_int {
    match algorithm {
        0 => 20,
        1 => 32,
        2 => 64,
        _ => 0,
    }
}

extern "C" fn fips_status(_: *mut c_void) -> c_int {
    0
}

/// No context is needed: the pointer stays as SQLCipher made it.
extern "C" fn context(_: *mut *mut c_void) -> c_int {
    OK
}

/// The operating system's generator needs no seeding.
extern "C" fn add_random(_: *mut c_void, _: *const c_void, _: c_int) -> c_int {
    OK
}

unsafe extern "C" fn random(_: *mut c_void, out: *mut c_void, len: c_int) -> c_int {
    // SAFETY: SQLCipher gives a buffer of `len` bytes that nobody else uses during the call.
    match unsafe { blank(out.cast(), len) } {
        Some(out) => getrandom::fill(out).map_or(ERROR, |()| OK),
        None => ERROR,
    }
}

unsafe extern "C" fn hmac(
    _: *mut c_void,
    algorithm: c_int,
    key: *const c_uchar,
    key_len: c_int,
    first: *const c_uchar,
    first_len: c_int,
    second: *const c_uchar,
    second_len: c_int,
    out: *mut c_uchar,
) -> c_int {
    let Ok(digest) = Digest::from_number(algorithm) else {
        return ERROR;
    };
    let mut tag = [0; 64];
    let Some(tag) = tag.get_mut(..digest.len()) else {
        return ERROR;
    };
    // SAFETY: SQLCipher gives three readable inputs of these lengths, or null for an absent one. They are only
    // read while these slices live: the result goes to a local array first, as `out` may lie in the same page.
    let inputs = unsafe { (input(key, key_len), input(first, first_len), input(second, second_len)) };
    let (Some(key), Some(first), Some(second)) = inputs else {
        return ERROR;
    };
    if out.is_null() || crypto::hmac(digest, key, first, second, tag).is_err() {
        return ERROR;
    }
    // SAFETY: not null, and SQLCipher's buffer holds `get_hmac_sz(algorithm)` bytes, which is `tag.len()`.
    unsafe { std::ptr::copy_nonoverlapping(tag.as_ptr(), out, tag.len()) };
    OK
}

unsafe extern "C" fn kdf(
    _: *mut c_void,
    algorithm: c_int,
    password: *const c_uchar,
    password_len: c_int,
    salt: *const c_uchar,
    salt_len: c_int,
    rounds: c_int,
    key_len: c_int,
    key: *mut c_uchar,
) -> c_int {
    let (Ok(digest), Ok(rounds)) = (Digest::from_number(algorithm), u32::try_from(rounds)) else {
        return ERROR;
    };
    // SAFETY: password and salt are readable for their lengths, `key` is a buffer of `key_len` bytes of its own.
    let buffers = unsafe {
        (
            input(password, password_len),
            input(salt, salt_len),
            blank(key, key_len),
        )
    };
    let (Some(password), Some(salt), Some(key)) = buffers else {
        return ERROR;
    };
    crypto::pbkdf2(digest, password, salt, rounds, key).map_or(ERROR, |()| OK)
}

unsafe extern "C" fn cipher(
    _: *mut c_void,
    mode: c_int,
    key: *const c_uchar,
    key_len: c_int,
    iv: *const c_uchar,
    data: *const c_uchar,
    len: c_int,
    out: *mut c_uchar,
) -> c_int {
    let mode = match mode {
        0 => Mode::Decrypt,
        1 => Mode::Encrypt,
        _ => return ERROR,
    };
    let Ok(size) = usize::try_from(len) else {
        return ERROR;
    };
    if data.is_null() || out.is_null() || iv.is_null() {
        return ERROR;
    }
    // SAFETY: both buffers hold `len` bytes; `copy` allows them to be the same or to overlap.
    unsafe { std::ptr::copy(data, out, size) };
    let mut vector = [0; BLOCK_LEN];
    // SAFETY: the vector is 16 bytes, as `get_iv_sz` says. It is copied, as it lies in the page that `out` is in.
    unsafe { std::ptr::copy_nonoverlapping(iv, vector.as_mut_ptr(), BLOCK_LEN) };
    // SAFETY: the key lies in SQLCipher's own context, apart from every page; `out` is written by us alone now.
    let buffers = unsafe { (input(key, key_len), output(out, len)) };
    let (Some(key), Some(out)) = buffers else {
        return ERROR;
    };
    crypto::cbc_in_place(mode, key, &vector, out).map_or(ERROR, |()| OK)
}

/// A C input as a slice; null stands for nothing.
///
/// # Safety
/// Unless null, `data` must be readable for `len` bytes, and nobody may write there while the slice lives.
unsafe fn input<'a>(data: *const u8, len: c_int) -> Option<&'a [u8]> {
    let len = usize::try_from(len).ok()?;
    if data.is_null() {
        return (len == 0).then_some(&[]);
    }
    // SAFETY: the caller's contract.
    Some(unsafe { std::slice::from_raw_parts(data, len) })
}

/// A C buffer to write as a slice.
///
/// # Safety
/// Unless null, `data` must be initialised and writable for `len` bytes, and nobody else may use it while the slice
/// lives.
unsafe fn output<'a>(data: *mut u8, len: c_int) -> Option<&'a mut [u8]> {
    let len = usize::try_from(len).ok()?;
    if data.is_null() {
        return None;
    }
    // SAFETY: the caller's contract.
    Some(unsafe { std::slice::from_raw_parts_mut(data, len) })
}

/// As [`output`], for memory that may never have been written: it is zeroed first.
///
/// # Safety
/// Unless null, `data` must be writable for `len` bytes, and nobody else may use it while the slice lives.
unsafe fn blank<'a>(data: *mut u8, len: c_int) -> Option<&'a mut [u8]> {
    let size = usize::try_from(len).ok()?;
    if !data.is_null() {
        // SAFETY: not null, and writable for `len` bytes by the caller's contract.
        unsafe { data.write_bytes(0, size) };
    }
    // SAFETY: the caller's contract, and now initialised.
    unsafe { output(data, len) }
}
