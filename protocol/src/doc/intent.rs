//! `intent`: a payment to one shop, signed by the payer's K_pay, with the next counter of its allowance.
//!
//! Intents of one allowance form a chain: `prev` is the reference of the one before, or of the
//! allowance itself. Two different intents with one counter prove a cloned device.

use super::field::{Field, Sink, WrongValue, codes, record};
use super::{Constraints, MAX_BY_QR, document};
use crate::ids::{MarkId, Pid, Ref};
use crate::money::{Amount, AmountError};
use crate::time::Time;

record! {
    /// How much is taken from one reserve line of the authorisation.
    pub struct Part [
        /// Index of the line.
        line: u8,
        /// Yen or points.
        amount: Amount,
    ]
}

codes! {
    /// How well the device knew the time.
    pub enum Quality {
        /// Server time plus the monotonic clock of one boot.
        Anchored = 0,
        /// The device restarted since it last heard the server's time.
        Rebooted = 1,
        /// It has no anchor, or its wall clock contradicts it.
        Lost = 2,
    }
}

record! {
    /// The payer's clock when signing.
    pub struct ClockReading [
        /// How well it knew the time.
        quality: Quality,
        /// Seconds since it last heard the server's time.
        age: u64,
    ]
}

/// How the person confirmed: a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gate(u8);

impl Gate {
    /// Nothing asked.
    pub const NONE: Self = Self(0);
    /// The four-digit PIN (F155).
    pub const PIN: Self = Self(1);
    /// Fingerprint or face.
    pub const BIOMETRIC: Self = Self(2);
    /// The slide gesture, only together with biometrics.
    pub const SLIDE: Self = Self(4);
    /// The person was warned of a duplicate and went on (F158).
    pub const DUPLICATE_OK: Self = Self(8);

    /// Both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// As it stands in the intent.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }
}

impl Field for Gate {
    fn put(&self, to: &mut Sink<'_>) {
        self.0.put(to);
    }

    fn take(from: &mut minicbor::Decoder<'_>) -> Result<Self, WrongValue> {
        match u8::take(from)? {
            bits @ 0..=15 => Ok(Self(bits)),
            _ => Err(WrongValue),
        }
    }
}

document! {
    /// One payment: all of it or none of it (F089).
    pub struct Intent = 2 v 1 "intent" max MAX_BY_QR, {
        /// The allowance or delegation it spends.
        2 => authorisation: Ref,
        /// 1, 2, 3, … within the authorisation.
        3 => seq: u32,
        /// The intent before it, or the authorisation for seq 1.
        4 => prev: Ref,
        /// The shop.
        5 => shop: Pid,
        /// The sheet that was scanned.
        6 => mark: MarkId,
        /// What is taken from which reserve line, sorted by line.
        7 => parts: Vec<Part>,
        /// When it was signed, by the anchored clock.
        8 => occurred_at: Time,
        /// How well that was known.
        9 => clock: ClockReading,
        /// How the person confirmed.
        10 => gate: Gate;
        /// The shop's nonce, where its code was dynamic.
        ? 11 => shop_nonce: [u8; 8],
    }
}

impl Intent {
    /// The whole payment.
    ///
    /// # Errors
    /// [`AmountError`] where the parts do not add up to an amount.
    pub fn total(&self) -> Result<Amount, AmountError> {
        Amount::sum(self.parts.iter().map(|part| part.amount))
    }
}

impl Constraints for Intent {
    fn check(&self) -> Result<(), u8> {
        (self.seq >= 1).then_some(()).ok_or(3)?;
        (self.seq > 1 || self.prev == self.authorisation)
            .then_some(())
            .ok_or(4)?;
        let count = !self.parts.is_empty() && self.parts.len() <= 8;
        let sorted = self.parts.is_sorted_by(|a, b| a.line < b.line);
        let real = self.parts.iter().all(|part| !part.amount.is_zero());
        (count && sorted && real && self.total().is_ok()).then_some(()).ok_or(7)
    }
}
