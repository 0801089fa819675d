//! Amounts: whole yen or whole points, never a float, never out of range.
//!
//! There is no operator here that can wrap or panic. A result that does not fit is an error the
//! caller must name.

use std::fmt;

/// A non-negative amount in minor units: 1 yen or 1 point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

/// The result does not fit: larger than [`Amount::MAX`], or below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("amount out of range")]
pub struct AmountError;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The largest amount: 10^15 - 1. It stays exact in a JSON number (RFC 8259 §6 warns above
    /// 2^53) and in a database's signed 64-bit column.
    pub const MAX: Self = Self(999_999_999_999_999);

    /// An amount of `units` yen or points.
    ///
    /// # Errors
    /// [`AmountError`] above [`Amount::MAX`].
    pub const fn new(units: u64) -> Result<Self, AmountError> {
        if units > Self::MAX.0 {
            return Err(AmountError);
        }
        Ok(Self(units))
    }

    /// An amount that any `u32` holds: constants and defaults.
    #[must_use]
    pub const fn of(units: u32) -> Self {
        // A widening conversion: `u64::from` is not const.
        #[expect(clippy::as_conversions, reason = "u32 to u64 widens; From is not const")]
        Self(units as u64)
    }

    /// Yen or points as an integer.
    #[must_use]
    pub const fn units(self) -> u64 {
        self.0
    }

    /// Whether this is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self + other`.
    ///
    /// # Errors
    /// [`AmountError`] above [`Amount::MAX`].
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_add(other.0).ok_or(AmountError).and_then(Self::new)
    }

    /// `self - other`.
    ///
    /// # Errors
    /// [`AmountError`] below zero.
    pub fn minus(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_sub(other.0).map(Self).ok_or(AmountError)
    }

    /// `self - other`, or nothing where `other` is larger: what is left of a reserve.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The sum of many.
    ///
    /// # Errors
    /// [`AmountError`] above [`Amount::MAX`].
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Self, AmountError> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// `self` as a posting's signed amount.
    #[must_use]
    pub fn credit(self) -> Signed {
        // At most 10^15 - 1, so it always fits.
        Signed(i64::try_from(self.0).unwrap_or(i64::MAX))
    }

    /// `-self` as a posting's signed amount.
    #[must_use]
    pub fn debit(self) -> Signed {
        Signed(self.credit().0.saturating_neg())
    }
}

impl TryFrom<i64> for Amount {
    type Error = AmountError;

    fn try_from(units: i64) -> Result<Self, AmountError> {
        u64::try_from(units).map_err(|_| AmountError).and_then(Self::new)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A posting's amount: positive where an account gains, negative where it gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signed(i64);

impl Signed {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// As it stands in a ledger column.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }

    /// From a ledger column.
    #[must_use]
    pub const fn from_units(units: i64) -> Self {
        Self(units)
    }

    /// `self + other`.
    ///
    /// # Errors
    /// [`AmountError`] where the sum does not fit.
    pub fn plus(self, other: Self) -> Result<Self, AmountError> {
        self.0.checked_add(other.0).map(Self).ok_or(AmountError)
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, AmountError};
    use proptest::prelude::*;

    #[test]
    fn the_largest_amount_has_no_successor() {
        assert_eq!(Amount::MAX.plus(Amount::of(1)), Err(AmountError));
        assert_eq!(Amount::new(u64::MAX), Err(AmountError));
    }

    proptest! {
        #[test]
        fn adding_then_taking_away_gives_back(a in 0..=Amount::MAX.units(), b in 0..=Amount::MAX.units()) {
            let (a, b) = (Amount::new(a)?, Amount::new(b)?);
            match a.plus(b) {
                Ok(sum) => prop_assert_eq!(sum.minus(b), Ok(a)),
                Err(AmountError) => prop_assert!(a.units() + b.units() > Amount::MAX.units()),
            }
        }

        #[test]
        fn nothing_goes_below_zero(a in 0..1_000_u64, b in 0..1_000_u64) {
            let (x, y) = (Amount::new(a)?, Amount::new(b)?);
            prop_assert_eq!(x.minus(y).is_ok(), a >= b);
            prop_assert_eq!(x.less(y).units(), a.saturating_sub(b));
        }

        #[test]
        fn a_debit_cancels_its_credit(a in 0..=Amount::MAX.units()) {
            let a = Amount::new(a)?;
            prop_assert_eq!(a.credit().plus(a.debit())?.units(), 0);
        }
    }
}
