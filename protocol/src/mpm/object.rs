//! The two-digit ID that starts every data object (EMV QRCPS MPM 4.3).

use std::fmt;

/// An ID from `00` to `99`. What it means depends on the template it stands in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub(super) u8);

impl ObjectId {
    /// Payload Format Indicator in the root; the unique identifier or language in a template.
    pub const FIRST: Self = Self(0);
    /// Point of Initiation Method.
    pub const POINT_OF_INITIATION: Self = Self(1);
    /// Merchant Category Code.
    pub const MCC: Self = Self(52);
    /// Transaction Currency.
    pub const CURRENCY: Self = Self(53);
    /// Transaction Amount.
    pub const AMOUNT: Self = Self(54);
    /// Tip or Convenience Indicator.
    pub const TIP_INDICATOR: Self = Self(55);
    /// Convenience Fee Fixed.
    pub const FEE_FIXED: Self = Self(56);
    /// Convenience Fee Percentage.
    pub const FEE_PERCENT: Self = Self(57);
    /// Country Code.
    pub const COUNTRY: Self = Self(58);
    /// Merchant Name.
    pub const MERCHANT_NAME: Self = Self(59);
    /// Merchant City.
    pub const CITY: Self = Self(60);
    /// Postal Code.
    pub const POSTAL_CODE: Self = Self(61);
    /// Additional Data Field Template.
    pub const ADDITIONAL: Self = Self(62);
    /// CRC.
    pub const CRC: Self = Self(63);
    /// Merchant Information, Language Template.
    pub const LANGUAGE: Self = Self(64);

    /// An ID; `None` above 99.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number > 99 {
            return None;
        }
        Some(Self(number))
    }

    /// From its two ASCII digits.
    #[must_use]
    pub fn from_digits(text: &str) -> Option<Self> {
        two_digits(text).map(Self)
    }

    /// The number from 0 to 99.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Merchant Account Information that is a template with a unique identifier: root 26 to 51.
    #[must_use]
    pub const fn is_account_template(self) -> bool {
        matches!(self.0, 26..=51)
    }
}

/// Exactly two ASCII digits as a number: an ID or a length.
pub(super) fn two_digits(text: &str) -> Option<u8> {
    if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectId;

    #[test]
    fn an_id_is_exactly_two_ascii_digits() {
        assert_eq!(ObjectId::from_digits("07"), ObjectId::new(7));
        for wrong in ["7", "+7", "007", "７", "", "a1"] {
            assert_eq!(ObjectId::from_digits(wrong), None, "{wrong}");
        }
        assert_eq!(ObjectId::new(100), None);
    }
}
