//! Amounts as they stand in a payload (EMV QRCPS MPM 4.7.4): read into integers, never a float.

use crate::money::Amount;

/// Why an amount text is not an amount to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountTextError {
    /// Not ASCII digits with at most one point after at least one of them.
    #[error("not a plain decimal number")]
    Malformed,
    /// Zero.
    #[error("the amount is zero")]
    Zero,
    /// The decimals are finer than the currency's smallest unit.
    #[error("finer than the currency's smallest unit")]
    TooFine,
    /// The payload's currency is not the one asked for.
    #[error("another currency")]
    OtherCurrency,
    /// Larger than any amount here.
    #[error("too large")]
    TooLarge,
}

/// Reads `498`, `498.` or `98.73` into minor units of a currency with `decimals` (yen 0).
///
/// # Errors
/// [`AmountTextError`], except `OtherCurrency`.
pub fn minor_units(text: &str, decimals: usize) -> Result<Amount, AmountTextError> {
    let (whole, fraction) = digits(text)?;
    let fine = fraction.trim_end_matches('0');
    let zeros = decimals.checked_sub(fine.len()).ok_or(AmountTextError::TooFine)?;
    let units = format!("{whole}{fine}{}", "0".repeat(zeros));
    let units: u64 = units.parse().map_err(|_| AmountTextError::TooLarge)?;
    if units == 0 {
        return Err(AmountTextError::Zero);
    }
    Amount::new(units).map_err(|_| AmountTextError::TooLarge)
}

/// Splits a decimal number into the digits before and after its point.
pub(super) fn digits(text: &str) -> Result<(&str, &str), AmountTextError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut all = whole.bytes().chain(fraction.bytes());
    if whole.is_empty() || !all.all(|byte| byte.is_ascii_digit()) {
        return Err(AmountTextError::Malformed);
    }
    Ok((whole, fraction))
}

/// Whether this is a decimal number above zero, whatever the currency.
pub(super) fn is_positive_decimal(text: &str) -> bool {
    digits(text).is_ok() && text.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::{AmountTextError as E, is_positive_decimal, minor_units};
    use proptest::prelude::*;

    #[test]
    fn yen_are_whole() {
        for (text, units) in [("498", 498), ("498.", 498), ("498.00", 498), ("0498", 498)] {
            assert_eq!(minor_units(text, 0).unwrap().units(), units, "{text}");
        }
        for (text, error) in [
            ("498.5", E::TooFine),
            ("0", E::Zero),
            ("0.00", E::Zero),
            ("3,705", E::Malformed),
            ("3 705", E::Malformed),
            ("+5", E::Malformed),
            ("-5", E::Malformed),
            ("1.2.3", E::Malformed),
            (".5", E::Malformed),
            (".", E::Malformed),
            ("", E::Malformed),
            ("４９８", E::Malformed),
            ("1e3", E::Malformed),
            ("99999999999999999999", E::TooLarge),
        ] {
            assert_eq!(minor_units(text, 0), Err(error), "{text}");
        }
    }

    #[test]
    fn other_currencies_have_decimals() {
        assert_eq!(minor_units("98.7", 2).unwrap().units(), 9870);
        assert_eq!(minor_units("98.730", 2).unwrap().units(), 9873);
        assert_eq!(minor_units("98.731", 2), Err(E::TooFine));
    }

    proptest! {
        #[test]
        fn every_whole_number_of_yen_is_read_back(units in 1..=999_999_999_999_999_u64) {
            prop_assert_eq!(minor_units(&units.to_string(), 0).unwrap().units(), units);
            prop_assert!(is_positive_decimal(&units.to_string()));
        }
    }
}
