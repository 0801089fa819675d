//! Paying.

use kinchaku_core::pay::{AmountTextError, PayError};
use kinchaku_design::Key;
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::state::Classes;
use super::store;
use crate::output::{Exit, Filling, Problem};

/// What the words need to know beside the error.
pub struct Asked<'a> {
    /// The classes by name.
    pub classes: &'a Classes,
    /// The whole payment.
    pub total: Amount,
    /// Payments an allowance permits without a network.
    pub hard_count: u32,
    /// The time.
    pub now: Time,
}

/// Why a payment does not go on.
pub fn problem(error: &PayError, asked: &Asked<'_>) -> Problem {
    let refused = |key| Problem::new(key, Exit::Refused);
    let connect = |key| Problem::new(key, Exit::NeedsNetwork);
    match error {
        PayError::NoAllowance => connect(Key::ErrorAllowanceMissing),
        PayError::AllowanceEnded { .. } => connect(Key::ErrorAllowanceStale),
        PayError::CountUsedUp => connect(Key::ErrorHardCount).count("count", asked.hard_count),
        PayError::Zero => Problem::new(Key::ErrorAmountZero, Exit::Usage),
        PayError::Short { missing, payable } => refused(Key::ErrorNotEnough)
            .yen("missing", *missing)
            .yen("payable", *payable),
        PayError::NotTheTotal => refused(Key::ErrorSplitSum).yen("amount", asked.total),
        PayError::ClassShort { class, missing } => class_short(*class, *missing, asked.classes),
        PayError::NotYet { class, from } => refused(Key::ErrorClassNotYet)
            .named("class", asked.classes.name(*class))
            .with("from", Filling::At(*from, asked.now)),
        PayError::Apart { one, other } => refused(Key::ErrorClassesApart)
            .named("one", asked.classes.name(*one))
            .named("other", asked.classes.name(*other)),
        // No paper tier at all: as good as a shop that needs a network.
        PayError::AbovePaper { per_payment } if per_payment.is_zero() => connect(Key::ErrorShopNoOffline),
        PayError::AbovePaper { per_payment } => refused(Key::ErrorOverPaper).yen("limit", *per_payment),
        PayError::PaperUsedUp { per_day } => refused(Key::ErrorPaperCount).count("count", *per_day),
        PayError::Duplicate { at } => duplicate(*at, asked.now),
        PayError::RolledBack => connect(Key::ErrorStoreOldCopy),
        PayError::Outdated => Problem::new(Key::ErrorQuoteOutdated, Exit::Other),
        PayError::Key(error) => store::key(*error),
        PayError::Store(error) => store::store(error),
    }
}

/// The same total at the same shop a moment ago.
pub fn duplicate(at: Time, now: Time) -> Problem {
    let minutes = now.since(at).checked_div(60).unwrap_or(0);
    Problem::new(Key::ErrorDuplicate, Exit::AlreadyDone).count("minutes", minutes)
}

fn class_short(class: ClassId, missing: Amount, classes: &Classes) -> Problem {
    match classes.get(class) {
        None => Problem::new(Key::ErrorClassUnknown, Exit::Usage),
        Some(known) => Problem::new(Key::ErrorClassShort, Exit::Refused)
            .named("class", known.name.clone())
            .with("missing", Filling::Money(known.unit(), missing)),
    }
}

/// Why a typed text is not an amount. A fraction of a yen is told from what is no number at all.
pub fn amount(text: &str, error: AmountTextError) -> Problem {
    let usage = |key| Problem::new(key, Exit::Usage);
    match error {
        AmountTextError::NotANumber if is_fraction(text) => usage(Key::ErrorAmountFraction),
        AmountTextError::Empty | AmountTextError::NotANumber => usage(Key::ErrorAmountNotNumber),
        AmountTextError::Zero => usage(Key::ErrorAmountZero),
        AmountTextError::Negative => usage(Key::ErrorAmountNegative),
        AmountTextError::TooLarge => usage(Key::ErrorAmountTooLarge).yen("limit", Amount::MAX),
    }
}

fn is_fraction(text: &str) -> bool {
    let parts: Vec<&str> = text.trim().trim_end_matches('円').split(['.', '．']).collect();
    let digits = |part: &&str| !part.is_empty() && part.chars().all(|c| matches!(c, '0'..='9' | '０'..='９' | ','));
    parts.len() == 2 && parts.iter().all(digits)
}
