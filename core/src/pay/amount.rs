//! What a person typed as an amount. Full-width digits, commas and a trailing 円 are fine; everything
//! else is named for what it is.

use kinchaku_protocol::money::Amount;

/// Why a text is not an amount to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountTextError {
    /// Nothing was typed.
    #[error("no amount")]
    Empty,
    /// Not a whole number of yen.
    #[error("not a number")]
    NotANumber,
    /// Zero.
    #[error("zero")]
    Zero,
    /// Below zero.
    #[error("negative")]
    Negative,
    /// More than any payment can be.
    #[error("too large")]
    TooLarge,
}

/// The most digits read; what is longer is too large whatever it says.
const MAX_DIGITS: usize = 15;

/// Reads an amount in yen or points.
///
/// # Errors
/// [`AmountTextError`].
pub fn read_amount(text: &str) -> Result<Amount, AmountTextError> {
    let plain: String = text.trim().chars().map(half_width).collect();
    let plain = plain.trim_end_matches('円').trim();
    if plain.is_empty() {
        return Err(AmountTextError::Empty);
    }
    let (negative, digits) = match plain.strip_prefix(['-', '−']) {
        Some(rest) => (true, rest),
        None => (false, plain),
    };
    let digits = without_commas(digits).ok_or(AmountTextError::NotANumber)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AmountTextError::NotANumber);
    }
    let significant = digits.trim_start_matches('0');
    match (significant.is_empty(), negative) {
        (true, _) => return Err(AmountTextError::Zero),
        (false, true) => return Err(AmountTextError::Negative),
        (false, false) => (),
    }
    if significant.len() > MAX_DIGITS {
        return Err(AmountTextError::TooLarge);
    }
    let units = significant.parse().map_err(|_| AmountTextError::TooLarge)?;
    Amount::new(units).map_err(|_| AmountTextError::TooLarge)
}

fn half_width(character: char) -> char {
    match character {
        '０'..='９' => {
            char::from_digit(u32::from(character).saturating_sub(u32::from('０')), 10).unwrap_or(character)
        }
        '，' | '、' => ',',
        '－' | 'ー' | '‐' | '―' => '-',
        '　' => ' ',
        other => other,
    }
}

/// Commas may only stand where thousands are parted: `1,2` is a slip, not twelve.
fn without_commas(digits: &str) -> Option<String> {
    let mut groups = digits.split(',');
    let first = groups.next()?;
    let mut all = first.to_owned();
    let mut parted = false;
    for group in groups {
        if group.len() != 3 {
            return None;
        }
        parted = true;
        all.push_str(group);
    }
    let first_fits = !parted || (1..=3).contains(&first.len());
    first_fits.then_some(all)
}

#[cfg(test)]
mod tests {
    use super::{AmountTextError, read_amount};
    use proptest::prelude::*;

    #[test]
    fn what_people_type() {
        for (text, units) in [
            ("1200", 1_200),
            ("１，２００円", 1_200),
            (" 1,200 ", 1_200),
            ("0500", 500),
            ("１２", 12),
            ("1,234,567", 1_234_567),
        ] {
            assert_eq!(read_amount(text).unwrap().units(), units, "{text}");
        }
        for (text, error) in [
            ("", AmountTextError::Empty),
            ("円", AmountTextError::Empty),
            ("0", AmountTextError::Zero),
            ("０００", AmountTextError::Zero),
            ("-5", AmountTextError::Negative),
            ("−１０", AmountTextError::Negative),
            ("12.5", AmountTextError::NotANumber),
            ("1,2", AmountTextError::NotANumber),
            ("千円", AmountTextError::NotANumber),
            ("1200yen", AmountTextError::NotANumber),
            ("1e3", AmountTextError::NotANumber),
            ("9999999999999999", AmountTextError::TooLarge),
        ] {
            assert_eq!(read_amount(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_answer(text: String) {
            let _ = read_amount(&text);
        }
    }
}
