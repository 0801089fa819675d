//! What a My Number card says of a person, and how it is proven: certificates of the public personal
//! authentication service (JPKI), attributes signed by the card's issuer, and what a card signs for us.
//!
//! - [`ber`]: how the card's files are written
//! - [`attributes`]: name, address, birth date and sex (基本4情報)
//! - [`certificate`], [`key`]: a person's two certificates and the keys in them
//! - [`trust`]: who may have issued them
//! - [`card_record`]: the attributes as the card's issuer signed them, for those without a certificate
//!   for signatures
//! - [`statement`]: what a card signs for us
//! - [`my_key_id`]: the eight characters of a マイキーID
//!
//! Everything here judges bytes from a card that may be forged. Nothing prints what it read: `Debug` and
//! errors carry no name, no number and no date of a person.

pub mod attributes;
pub mod ber;
mod birth;
pub mod card_record;
pub mod certificate;
mod extensions;
pub mod key;
pub mod my_key_id;
mod names;
pub mod statement;
pub mod trust;
