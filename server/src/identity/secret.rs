//! What makes persons findable and readable: two keys derived from the server's `identity` secret, which is
//! kept in the folder of keys and never in the database.
//!
//! Hashes are HMAC-SHA256, each kind under its own label. A person's data is sealed by AES-256-GCM (NIST SP
//! 800-38D) under a key of that person's own, which is wrapped by ours: whoever deletes the wrapped key has
//! deleted the data, also in every copy of the database that is made later on. What is sealed is bound to
//! the town, the account and its kind, so that it opens nowhere else.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::jpki::certificate::KeyName;
use kinchaku_protocol::jpki::my_key_id::MyKeyId;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::rows::PersonalKind;
use crate::command::Town;
use crate::programme::PersonKey as NamedPerson;

const NONCE: usize = 12;

/// A digit of either width.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => narrow(c),
        _ => None,
    }
}

/// The half-width form of a full-width ASCII character.
fn narrow(c: char) -> Option<char> {
    u32::from(c).checked_sub(0xfee0).and_then(char::from_u32)
}

/// An address written one way.
fn one_way(address: &str) -> String {
    address
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}'))
        .map(|c| match c {
            '！'..='～' => narrow(c).unwrap_or(c),
            'ヶ' | 'ｹ' => 'ケ',
            '‐' | '‑' | '–' | '—' | '―' | '−' => '-',
            c => c,
        })
        .collect()
}

/// Personal data does not open, or could not be sealed: a wrong secret, a damaged row, or no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("personal data does not open")]
pub struct Unreadable;

/// The server's keys for what names a person.
#[derive(Clone)]
pub struct IdentitySecret {
    town: Town,
    hashing: Zeroizing<[u8; 32]>,
    wrapping: Zeroizing<[u8; 32]>,
}

/// The key of one person's data, at hand for as long as something is sealed or read.
pub struct PersonKey {
    town: Town,
    account: u64,
    key: Zeroizing<[u8; 32]>,
    wrapped: Vec<u8>,
}

impl IdentitySecret {
    /// From the secret beside the keys.
    ///
    /// # Errors
    /// [`Unreadable`] never, since HKDF gives 32 bytes for any purpose.
    pub fn new(town: Town, secret: &[u8; 32]) -> Result<Self, Unreadable> {
        let derive = |purpose: &str| {
            let mut derived = Zeroizing::new([0; 32]);
            Hkdf::<Sha256>::new(None, secret)
                .expand(
                    format!("kinchaku/identity/1/{purpose}").as_bytes(),
                    derived.as_mut_slice(),
                )
                .map_err(|_| Unreadable)?;
            Ok(derived)
        };
        Ok(Self {
            town,
            hashing: derive("hash")?,
            wrapping: derive("wrap")?,
        })
    }

    /// The hash of a certificate's name.
    #[must_use]
    pub fn certificate(&self, name: &KeyName) -> DocId {
        self.hash(&[b"certificate", &name.aki, &name.serial])
    }

    /// The hash of a My Key ID.
    #[must_use]
    pub fn key_id(&self, id: &MyKeyId) -> DocId {
        self.hash(&[b"my-key-id", id.as_str().as_bytes()])
    }

    /// The hash of who somebody is, over all accounts and lists: name and birth date.
    #[must_use]
    pub fn person_key(&self, person: &NamedPerson) -> DocId {
        self.hash(&[b"person", person.as_bytes()])
    }

    /// The hash of a telephone number. Its digits count, however they are parted and in whichever width; one with
    /// Japan's country code is the same as one without.
    #[must_use]
    pub fn phone(&self, number: &str) -> DocId {
        let mut digits: String = number.chars().filter_map(digit).collect();
        let abroad = number.trim_start().starts_with(['+', '＋']);
        if let Some(rest) = digits.strip_prefix("81").filter(|_| abroad) {
            digits = format!("0{}", rest.trim_start_matches('0'));
        }
        self.hash(&[b"phone", digits.as_bytes()])
    }

    /// The hash of what an applicant sent: nobody can tell it before, who does not have the secret, so nobody can send
    /// what gets a place wanted in a draw.
    #[must_use]
    pub fn application(&self, sent: &[u8]) -> DocId {
        self.hash(&[b"application", sent])
    }

    /// The hash of an address. Width of letters, spaces, variation selectors and the signs between numbers make no
    /// difference.
    #[must_use]
    pub fn address(&self, address: &str) -> DocId {
        self.hash(&[b"address", one_way(address).as_bytes()])
    }

    fn hash(&self, parts: &[&[u8]]) -> DocId {
        let mut hash = DocId([0; 32]);
        // HMAC takes a key of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.hashing.as_slice()) {
            mac.update(&self.town.muni.to_be_bytes());
            for part in parts {
                mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                mac.update(part);
            }
            hash.0 = mac.finalize().into_bytes().into();
        }
        hash
    }

    /// A fresh key for the person of an account.
    ///
    /// # Errors
    /// [`Unreadable`] without random bytes.
    pub fn new_person(&self, account: u64) -> Result<PersonKey, Unreadable> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| Unreadable)?;
        let wrapped = seal(&self.wrapping, &wrap_label(self.town, account), key.as_slice())?;
        Ok(PersonKey {
            town: self.town,
            account,
            key,
            wrapped,
        })
    }

    /// The key of a known person.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn person(&self, account: u64, wrapped: &[u8]) -> Result<PersonKey, Unreadable> {
        let key = open(&self.wrapping, &wrap_label(self.town, account), wrapped)?;
        Ok(PersonKey {
            town: self.town,
            account,
            key: <[u8; 32]>::try_from(key.as_slice())
                .map(Zeroizing::new)
                .map_err(|_| Unreadable)?,
            wrapped: wrapped.to_vec(),
        })
    }
}

impl PersonKey {
    /// The key as it is kept.
    #[must_use]
    pub fn wrapped(&self) -> &[u8] {
        &self.wrapped
    }

    /// Seals one kind of data.
    ///
    /// # Errors
    /// [`Unreadable`] without random bytes.
    pub fn seal(&self, kind: PersonalKind, plain: &[u8]) -> Result<Vec<u8>, Unreadable> {
        seal(&self.key, &self.label(kind.number()), plain)
    }

    /// Opens what [`PersonKey::seal`] made.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open(&self, kind: PersonalKind, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        open(&self.key, &self.label(kind.number()), sealed)
    }

    /// Seals a My Key ID.
    ///
    /// # Errors
    /// [`Unreadable`] without random bytes.
    pub fn seal_id(&self, id: &MyKeyId) -> Result<Vec<u8>, Unreadable> {
        seal(&self.key, &self.label(KEY_ID), id.as_str().as_bytes())
    }

    /// Opens what [`PersonKey::seal_id`] made.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn open_id(&self, sealed: &[u8]) -> Result<MyKeyId, Unreadable> {
        let plain = open(&self.key, &self.label(KEY_ID), sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| Unreadable)?;
        MyKeyId::parse(text).map_err(|_| Unreadable)
    }

    fn label(&self, kind: u8) -> Vec<u8> {
        let mut label = b"kinchaku/personal/1\0".to_vec();
        label.extend(self.town.muni.to_be_bytes());
        label.extend(self.account.to_be_bytes());
        label.push(kind);
        label
    }
}

/// The label of My Key IDs, beside those of [`PersonalKind`].
const KEY_ID: u8 = 255;

fn wrap_label(town: Town, account: u64) -> Vec<u8> {
    let mut label = b"kinchaku/personal-key/1\0".to_vec();
    label.extend(town.muni.to_be_bytes());
    label.extend(account.to_be_bytes());
    label
}

/// A random nonce, then the sealed bytes: few messages are sealed under one key.
fn seal(key: &[u8; 32], label: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut nonce = [0; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| Unreadable)?;
    let sealed = Aes256Gcm::new(key.into())
        .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: label })
        .map_err(|_| Unreadable)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(key: &[u8; 32], label: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or(Unreadable)?;
    Aes256Gcm::new(key.into())
        .decrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: label,
            },
        )
        .map(Zeroizing::new)
        .map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(muni: u64, byte: u8) -> IdentitySecret {
        IdentitySecret::new(Town { muni }, &[byte; 32]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_person_and_kind_alone() {
        let ours = secret(1, 7);
        let key = ours.new_person(5).unwrap();
        let sealed = key.seal(PersonalKind::Official, b"a name").unwrap();
        let again = ours.person(5, key.wrapped()).unwrap();
        assert_eq!(
            again.open(PersonalKind::Official, &sealed).unwrap().as_slice(),
            b"a name"
        );
        assert!(again.open(PersonalKind::Certificate, &sealed).is_err());
        assert!(
            ours.new_person(5)
                .unwrap()
                .open(PersonalKind::Official, &sealed)
                .is_err()
        );
        for (secret, account) in [(secret(2, 7), 5), (secret(1, 8), 5), (secret(1, 7), 6)] {
            assert!(secret.person(account, key.wrapped()).is_err());
        }
        for at in [0, NONCE, sealed.len() - 1] {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(again.open(PersonalKind::Official, &altered).is_err());
        }
        assert!(again.open(PersonalKind::Official, &sealed[..4]).is_err());
    }

    /// F149, F152: what people write differently is found again, and nothing else is.
    #[test]
    fn a_person_a_phone_and_an_address_are_found_however_they_are_written() {
        let ours = secret(1, 7);
        let phone = ours.phone("090-1234-5678");
        for same in [
            "09012345678",
            "０９０ー１２３４ー５６７８",
            "+81 90 1234 5678",
            "090 1234 5678",
        ] {
            assert_eq!(ours.phone(same), phone, "{same}");
        }
        for other in ["09012345679", "9012345678", "8109012345678"] {
            assert_ne!(ours.phone(other), phone, "{other}");
        }
        let address = ours.address("東京都美鷹市下連雀１－２－３");
        assert_eq!(ours.address("東京都美鷹市 下連雀1-2-3"), address);
        assert_ne!(ours.address("東京都美鷹市下連雀1-2-31"), address);
        let born = kinchaku_protocol::jpki::attributes::BirthDate::from_digits(b"19540401").unwrap();
        let person = ours.person_key(&NamedPerson::new("美鷹　花子", &born));
        assert_eq!(ours.person_key(&NamedPerson::new("美鷹花子", &born)), person);
        assert_ne!(secret(2, 7).person_key(&NamedPerson::new("美鷹花子", &born)), person);
        assert_ne!(ours.phone("19540401"), ours.address("19540401"));
    }

    #[test]
    fn hashes_differ_by_town_secret_and_every_part() {
        let name = |aki: u8, serial: &[u8]| KeyName {
            aki: [aki; 20],
            serial: serial.to_vec(),
        };
        let usual = secret(1, 7).certificate(&name(1, &[1, 2]));
        assert_eq!(secret(1, 7).certificate(&name(1, &[1, 2])), usual);
        for other in [
            secret(2, 7).certificate(&name(1, &[1, 2])),
            secret(1, 8).certificate(&name(1, &[1, 2])),
            secret(1, 7).certificate(&name(2, &[1, 2])),
            secret(1, 7).certificate(&name(1, &[1, 3])),
            secret(1, 7).certificate(&name(1, &[0, 1, 2])),
        ] {
            assert_ne!(other, usual);
        }
    }
}
