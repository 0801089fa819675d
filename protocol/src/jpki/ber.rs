//! A bounded walk through BER-TLV (ISO/IEC 8825-1, as ISO/IEC 7816-4 uses it), as cards write it.
//!
//! Cards use tags of one and two bytes and lengths in the short form, `81` or `82`, not always the
//! shortest; an EF is longer than its content and filled with `FF`. Nothing here recurses, allocates
//! or looks beyond its slice, so a file from a hostile card costs one pass over its bytes.

/// The longest object with a length of two bytes, tag and length included.
pub const MAX_OBJECT: usize = 4 + 2 + 0xffff;

/// What fills an EF behind its content.
const FILLER: u8 = 0xff;

/// Why bytes are not the objects that were looked for. No content is ever named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BerError {
    /// The bytes end inside an object.
    #[error("an object is cut short")]
    Cut,
    /// A tag of more than two bytes, or none.
    #[error("not a tag of one or two bytes")]
    Tag,
    /// An indefinite length or one of more than two bytes.
    #[error("not a length of up to two bytes")]
    Length,
    /// The object is another one.
    #[error("object {found:04x} where {wanted:04x} belongs")]
    Other {
        /// The tag that belongs here.
        wanted: u16,
        /// The tag that is here.
        found: u16,
    },
    /// An object is not there.
    #[error("object {tag:04x} is missing")]
    Missing {
        /// Its tag.
        tag: u16,
    },
    /// An object is there twice: two readers could take two values.
    #[error("object {tag:04x} is there twice")]
    Twice {
        /// Its tag.
        tag: u16,
    },
    /// Something other than filler follows.
    #[error("bytes follow the object")]
    Trailing,
}

/// One object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// Its tag, `00xx` for a tag of one byte.
    pub tag: u16,
    /// Its value.
    pub value: &'a [u8],
    /// Tag, length and value.
    pub whole: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The objects in its value.
    #[must_use]
    pub const fn children(&self) -> Walk<'a> {
        walk(self.value)
    }

    /// The one object with this tag in its value.
    ///
    /// # Errors
    /// [`BerError`] where there is none or more than one, or the value is no row of objects.
    pub fn find(&self, tag: u16) -> Result<Tlv<'a>, BerError> {
        find_in(self.value, tag)
    }
}

impl std::fmt::Debug for Tlv<'_> {
    /// Its tag and size: values are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tlv({:04x}, {} bytes)", self.tag, self.value.len())
    }
}

/// The object at the start of `bytes`; whatever follows it is not looked at.
///
/// # Errors
/// [`BerError::Cut`], [`BerError::Tag`] or [`BerError::Length`].
pub fn first(bytes: &[u8]) -> Result<Tlv<'_>, BerError> {
    let head = Head::read(bytes)?;
    let whole = bytes.get(..head.total()).ok_or(BerError::Cut)?;
    Ok(Tlv {
        tag: head.tag,
        value: whole.get(head.width..).ok_or(BerError::Cut)?,
        whole,
    })
}

/// The one object of a file: it has this tag, and nothing but filler follows.
///
/// # Errors
/// [`BerError`].
pub fn sole(file: &[u8], tag: u16) -> Result<Tlv<'_>, BerError> {
    let object = first(file)?;
    if object.tag != tag {
        return Err(BerError::Other {
            wanted: tag,
            found: object.tag,
        });
    }
    let rest = file.get(object.whole.len()..).unwrap_or_default();
    if is_filler(rest) {
        Ok(object)
    } else {
        Err(BerError::Trailing)
    }
}

/// How long the object is whose first bytes these are, tag and length included; `None` where they are
/// too few (six always suffice) or no object begins so.
#[must_use]
pub fn total_length(head: &[u8]) -> Option<usize> {
    Head::read(head).ok().map(|head| head.total())
}

/// Goes through a row of objects up to its end or to filler.
#[must_use]
pub const fn walk(bytes: &[u8]) -> Walk<'_> {
    Walk { rest: bytes }
}

/// The one object with this tag in a row of objects.
///
/// # Errors
/// [`BerError`] where there is none or more than one, or the bytes are no row of objects.
pub fn find_in(bytes: &[u8], tag: u16) -> Result<Tlv<'_>, BerError> {
    let mut found = None;
    for object in walk(bytes) {
        let object = object?;
        if object.tag == tag && found.replace(object).is_some() {
            return Err(BerError::Twice { tag });
        }
    }
    found.ok_or(BerError::Missing { tag })
}

/// Whether there is nothing but filler.
#[must_use]
pub fn is_filler(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == FILLER)
}

/// The iterator of [`walk`]; after the first error there is nothing more.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Tlv<'a>, BerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if is_filler(self.rest) {
            return None;
        }
        let object = first(self.rest);
        self.rest = match &object {
            Ok(object) => self.rest.get(object.whole.len()..).unwrap_or_default(),
            Err(_) => &[],
        };
        Some(object)
    }
}

/// Tag and length.
struct Head {
    tag: u16,
    /// Bytes of tag and length.
    width: usize,
    /// Bytes of the value.
    length: usize,
}

impl Head {
    /// At most four bytes of head and a length of two bytes.
    const fn total(&self) -> usize {
        self.width.saturating_add(self.length)
    }

    fn read(bytes: &[u8]) -> Result<Self, BerError> {
        let (tag, tag_width, rest) = match *bytes {
            [] | [FILLER] => return Err(BerError::Cut),
            // Low five bits all set: the number goes on (X.690 8.1.2.4).
            [a, ref rest @ ..] if a & 0x1f != 0x1f => (u16::from(a), 1_usize, rest),
            [_] => return Err(BerError::Cut),
            [a, b, ref rest @ ..] if b & 0x80 == 0 => (u16::from_be_bytes([a, b]), 2, rest),
            _ => return Err(BerError::Tag),
        };
        let (length, length_width) = match *rest {
            [a @ 0..=0x7f, ..] => (usize::from(a), 1),
            [0x81, a, ..] => (usize::from(a), 2),
            [0x82, a, b, ..] => (usize::from(u16::from_be_bytes([a, b])), 3),
            [] | [0x81 | 0x82, ..] => return Err(BerError::Cut),
            _ => return Err(BerError::Length),
        };
        Ok(Self {
            tag,
            width: tag_width.saturating_add(length_width),
            length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{BerError, first, sole, total_length, walk};
    use proptest::prelude::*;

    /// The head of basic information as cards have it: 159 bytes, written with two bytes of length.
    #[test]
    fn a_length_that_is_not_the_shortest_is_read() {
        let mut file = vec![0xff, 0x40, 0x82, 0x00, 0x9f];
        file.extend([0x90; 159]);
        file.extend([0xff; 40]);
        assert_eq!(total_length(&file), Some(164));
        let object = sole(&file, 0xff40).unwrap();
        assert_eq!((object.value.len(), object.whole.len()), (159, 164));
    }

    #[test]
    fn tags_of_one_and_two_bytes_stand_side_by_side() {
        let row = [
            0x90, 0x01, 0x07, 0x5f, 0x37, 0x81, 0x01, 0x08, 0xdf, 0x22, 0x00, 0xff, 0xff,
        ];
        let found: Vec<_> = walk(&row)
            .map(|object| object.unwrap())
            .map(|o| (o.tag, o.value.to_vec()))
            .collect();
        assert_eq!(found, [(0x90, vec![7]), (0x5f37, vec![8]), (0xdf22, vec![])]);
    }

    #[test]
    fn what_is_missing_twice_or_another_is_told_apart() {
        let row = [0xff, 0x20, 0x06, 0xdf, 0x21, 0x00, 0xdf, 0x21, 0x00];
        let object = sole(&row, 0xff20).unwrap();
        assert_eq!(object.find(0xdf21), Err(BerError::Twice { tag: 0xdf21 }));
        assert_eq!(object.find(0xdf22), Err(BerError::Missing { tag: 0xdf22 }));
        assert_eq!(
            sole(&row, 0xff30),
            Err(BerError::Other {
                wanted: 0xff30,
                found: 0xff20
            })
        );
        assert_eq!(sole(&[0x90, 0x00, 0x00], 0x90), Err(BerError::Trailing));
    }

    /// T25: indefinite and huge lengths and endless tags end the walk; each byte is looked at once.
    #[test]
    fn a_bomb_of_lengths_and_tags_is_an_error() {
        for (bytes, error) in [
            (&[0x30, 0x80, 0x00, 0x00][..], BerError::Length),
            (&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], BerError::Length),
            (&[0x30, 0x82, 0xff, 0xff, 0x00], BerError::Cut),
            (&[0x1f, 0xff, 0xff, 0xff, 0x7f, 0x00], BerError::Tag),
            (&[0xff, 0xff, 0xff, 0xff], BerError::Tag),
            (&[0xff], BerError::Cut),
            (&[], BerError::Cut),
        ] {
            assert_eq!(first(bytes), Err(error), "{bytes:02x?}");
        }
        assert_eq!(walk(&[0x30; 60_000]).count(), 1_200);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_walk_panic_or_overrun(bytes: Vec<u8>) {
            let mut seen = 0;
            for object in walk(&bytes).map_while(Result::ok) {
                prop_assert!(object.whole.ends_with(object.value));
                prop_assert_eq!(total_length(object.whole), Some(object.whole.len()));
                seen += object.whole.len();
                let _ = object.children().count();
            }
            prop_assert!(seen <= bytes.len());
        }
    }
}
