//! The one encoding a document may have (RFC 8949 §4.2.1), checked on the bytes as received.
//!
//! General decoders accept many encodings of one value; two encodings of one payment would be two
//! payments. So [`check`] walks the received bytes first, and a typed decode follows only on bytes
//! that could not be written otherwise: shortest integers and lengths, map keys in order and once,
//! nothing indefinite, no float, no tag, nothing after the end.

/// How deep arrays and maps may nest. Documents use four levels.
const MAX_DEPTH: u8 = 8;

/// Where and why bytes are not canonical CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not canonical CBOR at byte {at}: {fault}")]
pub struct NotCanonical {
    /// Offset of the item that is wrong.
    pub at: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What a canonical encoding forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes end inside an item.
    #[error("cut short")]
    Cut,
    /// Bytes follow the item.
    #[error("bytes follow the end")]
    Trailing,
    /// An integer or a length has a shorter form.
    #[error("not the shortest form")]
    NotShortest,
    /// A length is not given in advance.
    #[error("indefinite length")]
    Indefinite,
    /// A map's keys are out of order.
    #[error("map keys out of order")]
    KeyOrder,
    /// A map has a key twice.
    #[error("map key twice")]
    KeyTwice,
    /// A float, a tag, or a simple value other than false, true and null.
    #[error("a kind of item documents never hold")]
    Forbidden,
    /// Text is not UTF-8.
    #[error("text is not UTF-8")]
    NotText,
    /// Nested too deeply.
    #[error("nested too deeply")]
    Depth,
}

/// Checks that `bytes` are exactly one canonical item.
///
/// # Errors
/// [`NotCanonical`], naming the first offence.
pub fn check(bytes: &[u8]) -> Result<(), NotCanonical> {
    let mut walk = Walk { bytes, at: 0 };
    walk.item(0)?;
    if walk.at == bytes.len() {
        Ok(())
    } else {
        Err(walk.fault(Fault::Trailing))
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    const fn fault(&self, fault: Fault) -> NotCanonical {
        NotCanonical { at: self.at, fault }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], NotCanonical> {
        let end = self.at.checked_add(count).ok_or(self.fault(Fault::Cut))?;
        let taken = self.bytes.get(self.at..end).ok_or(self.fault(Fault::Cut))?;
        self.at = end;
        Ok(taken)
    }

    /// Major type and argument of the next head.
    fn head(&mut self) -> Result<(u8, u64), NotCanonical> {
        let start = self.at;
        let first = match *self.take(1)? {
            [byte] => byte,
            _ => return Err(self.fault(Fault::Cut)),
        };
        let (major, info) = (first >> 5, first & 0x1f);
        let width = match info {
            0..=23 => return Ok((major, u64::from(info))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => {
                return Err(NotCanonical {
                    at: start,
                    fault: Fault::Indefinite,
                });
            }
            _ => {
                return Err(NotCanonical {
                    at: start,
                    fault: Fault::Forbidden,
                });
            }
        };
        let argument = self
            .take(width)?
            .iter()
            .fold(0_u64, |value, &byte| (value << 8) | u64::from(byte));
        let shortest = match width {
            1 => argument >= 24,
            2 => argument > 0xff,
            4 => argument > 0xffff,
            _ => argument > 0xffff_ffff,
        };
        // A float's bits look like an argument; its major type is refused by the caller.
        if shortest || major == 7 {
            Ok((major, argument))
        } else {
            Err(NotCanonical {
                at: start,
                fault: Fault::NotShortest,
            })
        }
    }

    fn item(&mut self, depth: u8) -> Result<(), NotCanonical> {
        let start = self.at;
        let at_start = |fault| NotCanonical { at: start, fault };
        if depth > MAX_DEPTH {
            return Err(at_start(Fault::Depth));
        }
        let deeper = depth.saturating_add(1);
        let first = self.bytes.get(start).copied();
        let (major, argument) = self.head()?;
        match major {
            0 | 1 => Ok(()),
            2 | 3 => {
                let length = usize::try_from(argument).map_err(|_| at_start(Fault::Cut))?;
                let content = self.take(length)?;
                if major == 3 && std::str::from_utf8(content).is_err() {
                    return Err(at_start(Fault::NotText));
                }
                Ok(())
            }
            4 => (0..argument).try_for_each(|_| self.item(deeper)),
            5 => self.map(argument, deeper),
            // 0xf4, 0xf5, 0xf6: false, true, null in one byte each.
            7 if matches!(first, Some(0xf4..=0xf6)) => Ok(()),
            _ => Err(at_start(Fault::Forbidden)),
        }
    }

    /// Keys in the bytewise order of their encodings (RFC 8949 §4.2.1), each once.
    fn map(&mut self, pairs: u64, depth: u8) -> Result<(), NotCanonical> {
        let mut previous: Option<&'a [u8]> = None;
        for _ in 0..pairs {
            let start = self.at;
            self.item(depth)?;
            let key = self.bytes.get(start..self.at).unwrap_or_default();
            if let Some(before) = previous {
                let fault = match before.cmp(key) {
                    std::cmp::Ordering::Less => None,
                    std::cmp::Ordering::Equal => Some(Fault::KeyTwice),
                    std::cmp::Ordering::Greater => Some(Fault::KeyOrder),
                };
                if let Some(fault) = fault {
                    return Err(NotCanonical { at: start, fault });
                }
            }
            previous = Some(key);
            self.item(depth)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, check};
    use proptest::prelude::*;

    /// T4: what general decoders accept and a signed document must not be.
    #[test]
    fn every_second_encoding_is_refused() {
        for (bytes, fault) in [
            (&[0x18, 0x05][..], Fault::NotShortest),
            (&[0x58, 0x01, 0x00], Fault::NotShortest),
            (&[0x9f, 0xff], Fault::Indefinite),
            (&[0xa2, 0x02, 0x00, 0x01, 0x00], Fault::KeyOrder),
            (&[0xa2, 0x01, 0x00, 0x01, 0x00], Fault::KeyTwice),
            (&[0x00, 0x00], Fault::Trailing),
            (&[0x42, 0x00], Fault::Cut),
            (&[0xf9, 0x3c, 0x00], Fault::Forbidden),
            (&[0xc0, 0x00], Fault::Forbidden),
            (&[0xf7], Fault::Forbidden),
            (&[0xf8, 0xff], Fault::Forbidden),
            (&[0x61, 0xff], Fault::NotText),
            (&[0x81; 12], Fault::Depth),
            (&[], Fault::Cut),
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Fault::Cut),
        ] {
            assert_eq!(check(bytes).map_err(|e| e.fault), Err(fault), "{bytes:02x?}");
        }
    }

    #[test]
    fn canonical_items_pass() {
        for bytes in [
            &[0x18, 0x18][..],
            &[0xa2, 0x01, 0xf6, 0x18, 0x40, 0x80],
            &[0x62, 0xc3, 0xa9],
        ] {
            assert_eq!(check(bytes), Ok(()));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_run_on(bytes: Vec<u8>) {
            let _ = check(&bytes);
        }
    }
}
