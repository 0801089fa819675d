//! Writes `fixtures/frozen/wallet-1`: a wallet as the first version of the app leaves it, with a payment that
//! was signed and not sent. Run only before the first release changes the schema, and never after it:
//!
//! ```text
//! cargo run -p kinchaku-tests --example freeze_wallet
//! ```
#![expect(clippy::unwrap_used, reason = "a generator stops where it fails")]

use kinchaku_tests::frozen_wallet::{folder, make};

fn main() {
    let folder = folder();
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    make(&folder);
}
