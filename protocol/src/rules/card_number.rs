//! The card number of the point page (F026): ten digits by which people name an account to each other. Nine are the
//! account's, the last one is a check digit of ISO/IEC 7064 MOD 11,10, which notices every wrong digit and nearly every
//! two that changed places. It is a name and no secret: nothing is paid, read or opened with it alone.

/// How many digits there are.
pub const LENGTH: usize = 10;

/// The last account that has a number.
pub const LAST: u64 = 999_999_999;

/// The number of an account; none beyond [`LAST`], and for account 0, which nobody has.
#[must_use]
pub fn of(account: u64) -> Option<u64> {
    if account == 0 || account > LAST {
        return None;
    }
    account.checked_mul(10)?.checked_add(check_digit(digits(account)))
}

/// The account of a number; none where the check digit is another.
#[must_use]
pub fn account(number: u64) -> Option<u64> {
    let account = number.checked_div(10)?;
    (of(account) == Some(number)).then_some(account)
}

/// Ten digits, as on the page.
#[must_use]
pub fn shown(number: u64) -> String {
    format!("{number:010}")
}

/// What somebody typed, as a number: digits of either width, with whatever parts them.
#[must_use]
pub fn typed(text: &str) -> Option<u64> {
    let mut number = 0_u64;
    let mut count = 0_usize;
    for character in text.chars() {
        let digit = match character {
            '0'..='9' => u64::from(u32::from(character).checked_sub(u32::from('0'))?),
            '０'..='９' => u64::from(u32::from(character).checked_sub(u32::from('０'))?),
            ' ' | '\u{3000}' | '-' | '－' => continue,
            _ => return None,
        };
        number = number.checked_mul(10)?.checked_add(digit)?;
        count = count.checked_add(1)?;
    }
    (count == LENGTH).then_some(number)
}

/// MOD 11,10 over digits, the first one first.
fn check_digit(digits: impl Iterator<Item = u64>) -> u64 {
    let mut product = 10_u64;
    for digit in digits {
        let sum = match product.saturating_add(digit) % 10 {
            0 => 10,
            sum => sum,
        };
        product = sum.saturating_mul(2) % 11;
    }
    11_u64.saturating_sub(product) % 10
}

/// The nine digits of an account.
fn digits(account: u64) -> impl Iterator<Item = u64> {
    let unit = |place: u32| 10_u64.checked_pow(place).unwrap_or(1);
    (0..9_u32)
        .rev()
        .map(move |place| account.checked_div(unit(place)).unwrap_or(0) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_digit_is_the_standards() {
        // The example of ISO/IEC 7064: 0794 has the check digit 5.
        assert_eq!(check_digit([0, 7, 9, 4].into_iter()), 5);
        let number = of(794).unwrap();
        assert_eq!(shown(number), "0000007941");
        for text in ["0000007941", "0000-007941", "０００００ ０７９４1"] {
            assert_eq!(typed(text), Some(number), "{text}");
        }
        assert_eq!((of(0), of(LAST + 1)), (None, None));
        for wrong in ["", "7945", "000000794a", "00000079455", "99999999999999999999999"] {
            assert_eq!(typed(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_wrong_digit_is_noticed(account in 1..=LAST, place in 0..10_u32, by in 1..10_u64) {
            let number = of(account).unwrap();
            prop_assert_eq!(super::account(number), Some(account));
            prop_assert_eq!(typed(&shown(number)), Some(number));
            let unit = 10_u64.pow(place);
            let digit = number / unit % 10;
            let other = number - digit * unit + (digit + by) % 10 * unit;
            prop_assert_eq!(super::account(other), None);
        }
    }
}
