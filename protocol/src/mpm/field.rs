//! Formats and lengths of single objects (EMV QRCPS MPM 1.4, Tables 3.6 to 3.8).

use super::ErrorKind;
use super::amount::{digits, is_positive_decimal};
use super::error::Errors;

/// What a value may be made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    /// N: digits.
    Digits,
    /// ans: the 96 characters of EMV Book 4.
    Text,
    /// S: any Unicode.
    Unicode,
    /// Two or more letters of a code list.
    Letters,
    /// Capital letters of a code list.
    Capitals,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Some of these letters, each at most once.
    Each(&'static str),
    /// An amount above zero.
    Amount,
    /// A percentage from 00.01 to 99.99.
    Percentage,
}

/// The rule of one object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    format: Format,
    shortest: usize,
    longest: usize,
}

impl Rule {
    /// A value of exactly `length` characters.
    pub(super) const fn exactly(length: usize, format: Format) -> Self {
        Self {
            format,
            shortest: length,
            longest: length,
        }
    }

    /// A value of 1 to `longest` characters.
    pub(super) const fn up_to(longest: usize, format: Format) -> Self {
        Self {
            format,
            shortest: 1,
            longest,
        }
    }

    /// Notes what is wrong with `value`.
    pub(super) fn check(self, value: &str, errors: &mut Errors) {
        let length = value.chars().count();
        let fits = (self.shortest..=self.longest).contains(&length);
        errors.require(fits, ErrorKind::Length);
        match self.format {
            // Neither an empty amount nor a code of another length has a second fault.
            _ if length == 0 => {}
            Format::OneOf(_) if !fits => {}
            Format::Amount => errors.require(is_positive_decimal(value), ErrorKind::Amount),
            format => errors.require(format.allows(value), ErrorKind::Format),
        }
    }
}

impl Format {
    fn allows(self, value: &str) -> bool {
        match self {
            Self::Digits => value.bytes().all(|byte| byte.is_ascii_digit()),
            Self::Text => is_ans(value),
            Self::Unicode => true,
            Self::Letters => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Capitals => value.bytes().all(|byte| byte.is_ascii_uppercase()),
            Self::OneOf(list) => list.contains(&value),
            Self::Each(letters) => value
                .chars()
                .all(|c| letters.contains(c) && value.matches(c).count() == 1),
            Self::Amount => is_positive_decimal(value),
            Self::Percentage => is_percentage(value),
        }
    }
}

/// Whether `value` has only characters of the common character set, `20` to `7F`.
pub(super) fn is_ans(value: &str) -> bool {
    value.bytes().all(|byte| matches!(byte, 0x20..=0x7f))
}

/// 0.01 to 99.99, no sign, no percent sign.
fn is_percentage(value: &str) -> bool {
    let Ok((whole, fraction)) = digits(value) else {
        return false;
    };
    let below_hundred = whole.trim_start_matches('0').len() <= 2;
    let hundredths = fraction.trim_end_matches('0').len() <= 2;
    below_hundred && hundredths && is_positive_decimal(value)
}

#[cfg(test)]
mod tests {
    use super::is_percentage;

    #[test]
    fn percentages_lie_between_a_hundredth_and_a_hundred() {
        for good in ["3", "3.", "03.5", "00.01", "99.99", "5.0"] {
            assert!(is_percentage(good), "{good}");
        }
        for bad in ["0", "00.00", "100", "0.001", "3%", "3,5", "-1", ""] {
            assert!(!is_percentage(bad), "{bad}");
        }
    }
}
