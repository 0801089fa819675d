//! Base45 (RFC 9285): bytes in the alphanumeric mode of a QR code, so that no phone decoder mangles them.

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The text is not base45: a character outside the alphabet, a cut length, or a value too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base45")]
pub struct Base45Error;

/// Two bytes become three characters, a last single byte two.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(3).div_ceil(2));
    for pair in bytes.chunks(2) {
        let (value, digits) = match *pair {
            [high, low] => (u32::from(u16::from_be_bytes([high, low])), 3),
            [single] => (u32::from(single), 2),
            _ => continue,
        };
        let mut rest = value;
        for _ in 0..digits {
            let digit = rest.checked_rem(45).and_then(|d| usize::try_from(d).ok());
            text.extend(digit.and_then(|d| ALPHABET.get(d)).copied().map(char::from));
            rest = rest.checked_div(45).unwrap_or(0);
        }
    }
    text
}

/// The bytes of a base45 text.
///
/// # Errors
/// [`Base45Error`] for anything [`encode`] would not write.
pub fn decode(text: &str) -> Result<Vec<u8>, Base45Error> {
    let mut bytes = Vec::with_capacity(text.len());
    for group in text.as_bytes().chunks(3) {
        let mut value: u32 = 0;
        for &character in group.iter().rev() {
            let digit = ALPHABET
                .iter()
                .position(|&c| c == character)
                .and_then(|d| u32::try_from(d).ok())
                .ok_or(Base45Error)?;
            value = value
                .checked_mul(45)
                .and_then(|v| v.checked_add(digit))
                .ok_or(Base45Error)?;
        }
        match group.len() {
            3 => bytes.extend(u16::try_from(value).map_err(|_| Base45Error)?.to_be_bytes()),
            2 => bytes.push(u8::try_from(value).map_err(|_| Base45Error)?),
            _ => return Err(Base45Error),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_rfc_9285() {
        for (bytes, text) in [
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).unwrap(), bytes.as_bytes());
        }
        for wrong in ["GGW", ":::", "A", "ab8", "::"] {
            assert!(decode(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_byte_string_comes_back(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn what_decodes_is_what_encode_writes(text in "[0-9A-Z $%*+./:-]{0,40}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
