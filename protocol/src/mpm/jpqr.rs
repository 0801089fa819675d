//! JPQR, the Japanese code on the same rules. Recognised so that a wallet can say what was scanned;
//! never written here, because its shop numbers and prints are issued centrally.

use super::ObjectId;
use super::payload::{Payload, Template};

/// The identifier of JPQR's account template.
pub const GUID: &str = "jp.or.paymentsjapan";

/// Lengths of the four management levels of a shop number (fields 01 to 04).
const LEVELS: [(ObjectId, usize); 4] = [(ObjectId(1), 13), (ObjectId(2), 4), (ObjectId(3), 6), (ObjectId(4), 6)];

/// A rule that JPQR has beyond EMV's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JpqrRule {
    /// Four levels of 13, 4, 6 and 6 characters.
    ShopNumber,
    /// Yen.
    Currency,
    /// A code for one payment has an amount.
    Amount,
    /// Japan.
    Country,
    /// A postal code.
    PostalCode,
    /// The shop's name in Japanese, and no city beside it.
    JapaneseName,
}

/// A payload's JPQR account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jpqr<'a> {
    /// The account template.
    pub account: &'a Template,
    /// Whether the payload keeps all of JPQR's own rules.
    pub conformant: bool,
    /// Those it breaks, in the order of [`JpqrRule`].
    pub broken: Vec<JpqrRule>,
}

impl Jpqr<'_> {
    /// The four levels of the shop's number, from operator to register; absent ones are empty.
    #[must_use]
    pub fn levels(&self) -> [&str; 4] {
        LEVELS.map(|(field, _)| self.account.field(field).unwrap_or_default())
    }
}

impl Payload {
    /// Its JPQR account, if it has one.
    #[must_use]
    pub fn jpqr(&self) -> Option<Jpqr<'_>> {
        let mut accounts = self.merchant_accounts.iter();
        let account = accounts.find(|account| account.guid.as_deref() == Some(GUID))?;
        let broken = self.broken_jpqr_rules(account);
        Some(Jpqr {
            account,
            conformant: broken.is_empty(),
            broken,
        })
    }

    fn broken_jpqr_rules(&self, account: &Template) -> Vec<JpqrRule> {
        let numbered = LEVELS.iter().all(|(field, length)| {
            let level = account.field(*field);
            level.is_some_and(|level| level.chars().count() == *length)
        });
        let japanese = self.language.as_ref().is_some_and(|language| {
            language.preference.as_deref() == Some("JA") && language.merchant_name.is_some() && language.city.is_none()
        });
        let rules = [
            (JpqrRule::ShopNumber, numbered),
            (JpqrRule::Currency, self.currency.as_deref() == Some("392")),
            (JpqrRule::Amount, self.amount.is_some() || !self.is_dynamic()),
            (JpqrRule::Country, self.country.as_deref() == Some("JP")),
            (JpqrRule::PostalCode, self.postal_code.is_some()),
            (JpqrRule::JapaneseName, japanese),
        ];
        let broken = rules.into_iter().filter(|(_, kept)| !kept);
        broken.map(|(rule, _)| rule).collect()
    }
}
