//! Four digits.

use crate::secret::Secret;
use std::fmt;

/// A PIN as typed; full-width digits are taken as digits.
pub struct Pin(Secret<[u8; 4]>);

/// Not four digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a PIN is four digits")]
pub struct BadPin;

impl Pin {
    /// Reads what a person typed. The caller wipes its own copy.
    ///
    /// # Errors
    /// [`BadPin`].
    pub fn parse(text: &str) -> Result<Self, BadPin> {
        let mut digits = [0; 4];
        let mut typed = text.chars();
        for digit in &mut digits {
            *digit = typed.next().and_then(digit_value).ok_or(BadPin)?;
        }
        match typed.next() {
            None => Ok(Self(Secret::new(digits))),
            Some(_) => Err(BadPin),
        }
    }

    /// One digit four times, or a run up or down, 9 and 0 being neighbours.
    #[must_use]
    pub fn is_trivial(&self) -> bool {
        let digits = self.0.expose();
        let all_step_by = |step: u8| {
            let pairs = digits.iter().zip(digits.iter().skip(1));
            pairs
                .clone()
                .all(|(a, b)| a.wrapping_add(step).checked_rem(10) == Some(*b))
        };
        [0, 1, 9].into_iter().any(all_step_by)
    }

    /// The digits in ASCII, as Argon2id takes them.
    pub(super) fn ascii(&self) -> Secret<[u8; 4]> {
        Secret::new(self.0.expose().map(|digit| digit.saturating_add(b'0')))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin")
    }
}

fn digit_value(typed: char) -> Option<u8> {
    let digit = match typed {
        '0'..='9' => u32::from(typed).checked_sub(u32::from('0')),
        '０'..='９' => u32::from(typed).checked_sub(u32::from('０')),
        _ => None,
    };
    digit.and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_of_either_width_are_a_pin() {
        for text in ["2580", "２５８０"] {
            assert_eq!(Pin::parse(text).unwrap().ascii().expose(), b"2580");
        }
        for text in ["", "258", "25801", "25 0", "二五八零", "-258", "٢٥٨٠"] {
            assert_eq!(Pin::parse(text).unwrap_err(), BadPin, "{text}");
        }
        assert_eq!(format!("{:?}", Pin::parse("2580").unwrap()), "Pin");
    }

    /// F155: the ten repeats and the twenty runs, and no other.
    #[test]
    fn repeats_and_runs_are_trivial() {
        let trivial: Vec<String> = (0..10_000)
            .map(|n| format!("{n:04}"))
            .filter(|text| Pin::parse(text).unwrap().is_trivial())
            .collect();
        assert_eq!(trivial.len(), 30);
        for text in ["0000", "7777", "0123", "1234", "6789", "7890", "4321", "9876", "0987"] {
            assert!(trivial.contains(&text.to_owned()), "{text}");
        }
    }
}
