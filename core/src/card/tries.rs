//! What is known of the counters of a card without asking it: shown before a person types.
//!
//! Pure. An [`super::Exchange`] learns ([`Learnt`]), the flow that owns a store keeps ([`RememberedTries`]).

use kinchaku_protocol::time::Time;
use minicbor::{Decoder, Encoder};

use super::profile::SecretKind;

/// How many tries of a secret are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The card said so, or it follows from what it said.
    Known(u8),
    /// The link was lost while the card had the secret; one of the tries may be used.
    Unconfirmed,
}

/// What an exchange learnt of each secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learnt([Option<Left>; 3]);

impl Learnt {
    /// Of one secret.
    #[must_use]
    pub fn of(&self, secret: SecretKind) -> Option<Left> {
        SecretKind::ALL
            .iter()
            .zip(self.0)
            .find_map(|(kind, left)| (*kind == secret).then_some(left)?)
    }

    pub(super) fn set(&mut self, secret: SecretKind, left: Left) {
        for (kind, place) in SecretKind::ALL.iter().zip(&mut self.0) {
            if *kind == secret {
                *place = Some(left);
            }
        }
    }
}

/// What the last touches of a card left behind, with the time of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RememberedTries([Option<(Left, Time)>; 3]);

/// Bytes that are no remembered tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not remembered tries")]
pub struct NotTries;

const VERSION: u8 = 1;

impl RememberedTries {
    /// Of one secret, and since when.
    #[must_use]
    pub fn of(&self, secret: SecretKind) -> Option<(Left, Time)> {
        SecretKind::ALL
            .iter()
            .zip(self.0)
            .find_map(|(kind, left)| (*kind == secret).then_some(left)?)
    }

    /// Takes over what an exchange learnt.
    pub fn take(&mut self, learnt: &Learnt, now: Time) {
        for (place, left) in self.0.iter_mut().zip(learnt.0) {
            if let Some(left) = left {
                *place = Some((left, now));
            }
        }
    }

    /// CBOR: `[version, [left / null, time] / null, ...]`, a place for each secret.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut to = Encoder::new(&mut bytes);
        // Writing into memory does not fail.
        let _ = to.array(4).and_then(|to| to.u8(VERSION));
        for place in self.0 {
            let _ = match place {
                None => to.null(),
                Some((left, at)) => to
                    .array(2)
                    .and_then(|to| match left {
                        Left::Known(left) => to.u8(left),
                        Left::Unconfirmed => to.null(),
                    })
                    .and_then(|to| to.u64(at.0)),
            };
        }
        bytes
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`NotTries`].
    pub fn decode(bytes: &[u8]) -> Result<Self, NotTries> {
        let mut from = Decoder::new(bytes);
        let mut read = || {
            if from.array()? != Some(4) || from.u8()? != VERSION {
                return Ok(None);
            }
            let mut places = [None; 3];
            for place in &mut places {
                *place = remembered(&mut from)?;
            }
            Ok::<_, minicbor::decode::Error>((from.position() == bytes.len()).then_some(Self(places)))
        };
        read().ok().flatten().ok_or(NotTries)
    }
}

fn remembered(from: &mut Decoder<'_>) -> Result<Option<(Left, Time)>, minicbor::decode::Error> {
    let Some(pair) = nullable(from, |from| from.array())? else {
        return Ok(None);
    };
    if pair != Some(2) {
        return Err(minicbor::decode::Error::message("not a pair"));
    }
    let left = nullable(from, |from| from.u8())?.map_or(Left::Unconfirmed, Left::Known);
    Ok(Some((left, Time(from.u64()?))))
}

fn nullable<'b, T>(
    from: &mut Decoder<'b>,
    read: impl FnOnce(&mut Decoder<'b>) -> Result<T, minicbor::decode::Error>,
) -> Result<Option<T>, minicbor::decode::Error> {
    if from.datatype()? == minicbor::data::Type::Null {
        from.null()?;
        return Ok(None);
    }
    read(from).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_comes_back() {
        let mut tries = RememberedTries::default();
        assert_eq!(RememberedTries::decode(&tries.encode()), Ok(tries));
        let mut learnt = Learnt::default();
        learnt.set(SecretKind::SignPassword, Left::Known(4));
        learnt.set(SecretKind::TextPin, Left::Unconfirmed);
        tries.take(&learnt, Time(100));
        learnt.set(SecretKind::TextPin, Left::Known(2));
        let before = RememberedTries::decode(&tries.encode()).unwrap();
        assert_eq!(before.of(SecretKind::SignPassword), Some((Left::Known(4), Time(100))));
        assert_eq!(before.of(SecretKind::TextPin), Some((Left::Unconfirmed, Time(100))));
        assert_eq!(before.of(SecretKind::AuthPin), None);
        tries.take(&learnt, Time(200));
        assert_eq!(tries.of(SecretKind::TextPin), Some((Left::Known(2), Time(200))));
    }

    #[test]
    fn bytes_cut_anywhere_are_refused() {
        let mut tries = RememberedTries::default();
        let mut learnt = Learnt::default();
        learnt.set(SecretKind::AuthPin, Left::Known(3));
        tries.take(&learnt, Time(100));
        let bytes = tries.encode();
        for end in 0..bytes.len() {
            assert_eq!(RememberedTries::decode(&bytes[..end]), Err(NotTries));
        }
        assert_eq!(RememberedTries::decode(&[&bytes[..], &[0]].concat()), Err(NotTries));
    }
}
