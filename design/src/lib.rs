//! Every word a person reads, in three texts: Japanese, easy Japanese and English.
//!
//! `strings.json` is the only source; `make strings` writes `generated.rs` from it, and the tests of
//! this crate fail when the two differ or a text breaks a rule of `generator/rules.rs`. Numbers,
//! dates and placeholders are put in by [`format`] and [`fill()`], so that every screen says them alike.

mod fill;
pub mod format;
#[rustfmt::skip]
mod generated;
mod lang;

pub use fill::{FillError, fill, say};
pub use generated::Key;
pub use lang::{Lang, UnknownLang};

/// The three texts of a key, and the stable code of an error.
#[derive(Clone, Copy, Debug)]
struct Entry {
    std: &'static str,
    easy: &'static str,
    en: &'static str,
    code: Option<&'static str>,
    name: &'static str,
}

/// The text of `key`, its placeholders still in braces.
#[must_use]
pub const fn text(lang: Lang, key: Key) -> &'static str {
    let entry = key.entry();
    match lang {
        Lang::Ja => entry.std,
        Lang::Easy => entry.easy,
        Lang::En => entry.en,
    }
}

impl Key {
    /// The key as it stands in `strings.json`, such as `error.no_qr`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The code a person reads to the call centre, such as `K-104`; errors and refusals have one, and
    /// it never changes its meaning.
    #[must_use]
    pub const fn code(self) -> Option<&'static str> {
        self.entry().code
    }
}
