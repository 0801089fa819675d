//! JPQR, the Japanese code on the same rules. Recognised so that a wallet can say what was scanned;
//! never written here, because its shop numbers and prints are issued centrally.

use super::ObjectId;
use super::payload::{Payload, Template};

/// The identifier of JPQR's account template.
pub const GUID: &str = "jp.or.paymentsjapan";

/// Lengths of the four management levels of a shop number (fields 01 to 04).
const LEVELS: [(ObjectId, usize); 4] = [(ObjectId(1), 13), (ObjectId(2), 4), (ObjectId(3), 6), (ObjectId(4), 6)];

/// A payload's JPQR account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jpqr<'a> {
    /// The account template.
    pub account: &'a Template,
    /// Whether the payload keeps all of JPQR's own rules.
    pub conformant: bool,
}

impl Payload {
    /// Its JPQR account, if it has one.
    #[must_use]
    pub fn jpqr(&self) -> Option<Jpqr<'_>> {
        let mut accounts = self.merchant_accounts.iter();
        let account = accounts.find(|account| account.guid.as_deref() == Some(GUID))?;
        Some(Jpqr {
            account,
            conformant: self.keeps_jpqr_rules(account),
        })
    }

    fn keeps_jpqr_rules(&self, account: &Template) -> bool {
        let numbered = LEVELS.iter().all(|(field, length)| {
            let level = account.field(*field);
            level.is_some_and(|level| level.chars().count() == *length)
        });
        let japanese = self.language.as_ref().is_some_and(|language| {
            language.preference.as_deref() == Some("JA") && language.merchant_name.is_some() && language.city.is_none()
        });
        numbered
            && japanese
            && self.currency.as_deref() == Some("392")
            && self.country.as_deref() == Some("JP")
            && self.postal_code.is_some()
            && (self.amount.is_some() || !self.is_dynamic())
    }
}
