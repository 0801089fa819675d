//! Every constant of the card, and nothing else knows one: applications, files, key references, tries.
//!
//! No published specification exists; each value is agreed on by independent open implementations or was
//! measured on a JPKI test card. A later generation of cards is another [`Generation`].
//!
//! 個人番号 stands in the text application's file 0001 and, as a picture, in the surface application. Neither has
//! a place in [`File`] or [`Application`], and no command is made from a bare number, so the wallet cannot read
//! it (番号法; F137).

/// An application of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Application {
    /// 公的個人認証: certificates and their keys.
    Jpki,
    /// 券面事項入力補助: name, address, birth date and sex as text.
    Text,
}

/// A file that the wallet reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum File {
    /// 署名用 certificate; opened by its password.
    SignCertificate,
    /// 利用者証明用 certificate; open on a card, behind the PIN on a phone.
    AuthCertificate,
    /// What answers: a card or a phone.
    TokenInfo,
    /// Which of the two certificates are there.
    Availability,
    /// Name, address, birth date, sex.
    BasicFour,
    /// The issuer's signature over the basic four.
    Integrity,
    /// The card-verifiable certificate of the issuer's key.
    IssuerCertificate,
    /// The public half of the application's own key, signed by the issuer.
    PresenceKey,
}

/// A secret that a person enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// 署名用 password, 6 to 16 (F052, F139).
    SignPassword,
    /// 利用者証明用 PIN, 4 digits (F054).
    AuthPin,
    /// 券面事項入力補助用 PIN, 4 digits (F054).
    TextPin,
}

/// A private key of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Certified by the 署名用 certificate.
    Sign,
    /// Certified by the 利用者証明用 certificate.
    Auth,
    /// The text application's own; it signs without a PIN and shows that the card is here.
    Presence,
}

impl SecretKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SignPassword, Self::AuthPin, Self::TextPin];

    /// Wrong tries in a row that lock it. Time opens nothing again; only the office does (F140).
    #[must_use]
    pub const fn max_tries(self) -> u8 {
        match self {
            Self::SignPassword => FIRST.sign_password.tries,
            Self::AuthPin => FIRST.auth_pin.tries,
            Self::TextPin => FIRST.text_pin.tries,
        }
    }

    /// Where it lives.
    #[must_use]
    pub const fn application(self) -> Application {
        match self {
            Self::SignPassword | Self::AuthPin => Application::Jpki,
            Self::TextPin => Application::Text,
        }
    }
}

/// How long a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// As long as this.
    Fixed(usize),
    /// As long as its outer BER object; filler follows.
    Ber,
}

impl File {
    pub(super) const fn extent(self) -> Extent {
        match self {
            Self::TokenInfo => Extent::Fixed(FIRST.token_label),
            Self::Availability => Extent::Fixed(3),
            _ => Extent::Ber,
        }
    }
}

/// An elementary file by its identifier. Short ones fit a short file identifier too (ISO 7816-4, 7.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ef(u16);

impl Ef {
    pub const fn identifier(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// The short identifier with its mark, as READ BINARY takes it in P1.
    pub const fn short(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0, low @ 1..=30] => Some(0x80 | low),
            _ => None,
        }
    }
}

/// A PIN's file and its tries.
struct Reference {
    ef: Ef,
    tries: u8,
}

/// What one generation of cards calls things.
pub(super) struct Generation {
    jpki: &'static [u8],
    text: &'static [u8],
    sign_certificate: Ef,
    auth_certificate: Ef,
    token_info: Ef,
    availability: Ef,
    basic_four: Ef,
    integrity: Ef,
    issuer_certificate: Ef,
    presence_key: Ef,
    sign_password: Reference,
    auth_pin: Reference,
    text_pin: Reference,
    sign_key: Ef,
    auth_key: Ef,
    /// Bytes of the token's label, padded with blanks.
    token_label: usize,
    /// Set in a byte of the availability file where the certificate is there: `8F` was seen.
    certificate_present: u8,
}

/// Cards issued since January 2016.
pub(super) const FIRST: Generation = Generation {
    jpki: b"\xd3\x92\xf0\x00\x26\x01\x00\x00\x00\x01",
    text: b"\xd3\x92\x10\x00\x31\x00\x01\x01\x04\x08",
    sign_certificate: Ef(0x0001),
    auth_certificate: Ef(0x000a),
    token_info: Ef(0x0006),
    availability: Ef(0x0008),
    basic_four: Ef(0x0002),
    integrity: Ef(0x0003),
    issuer_certificate: Ef(0x0004),
    presence_key: Ef(0x0007),
    sign_password: Reference {
        ef: Ef(0x001b),
        tries: 5,
    },
    auth_pin: Reference {
        ef: Ef(0x0018),
        tries: 3,
    },
    text_pin: Reference {
        ef: Ef(0x0011),
        tries: 3,
    },
    sign_key: Ef(0x001a),
    auth_key: Ef(0x0017),
    token_label: 32,
    certificate_present: 0x80,
};

impl Generation {
    pub const fn aid(&self, application: Application) -> &'static [u8] {
        match application {
            Application::Jpki => self.jpki,
            Application::Text => self.text,
        }
    }

    pub const fn file(&self, file: File) -> Ef {
        match file {
            File::SignCertificate => self.sign_certificate,
            File::AuthCertificate => self.auth_certificate,
            File::TokenInfo => self.token_info,
            File::Availability => self.availability,
            File::BasicFour => self.basic_four,
            File::Integrity => self.integrity,
            File::IssuerCertificate => self.issuer_certificate,
            File::PresenceKey => self.presence_key,
        }
    }

    pub const fn secret(&self, secret: SecretKind) -> Ef {
        match secret {
            SecretKind::SignPassword => self.sign_password.ef,
            SecretKind::AuthPin => self.auth_pin.ef,
            SecretKind::TextPin => self.text_pin.ef,
        }
    }

    /// The file of a key; the application's own key has none, it is what P2 = 00 means.
    pub const fn key(&self, key: Key) -> Option<Ef> {
        match key {
            Key::Sign => Some(self.sign_key),
            Key::Auth => Some(self.auth_key),
            Key::Presence => None,
        }
    }

    /// What the two bytes of the availability file say: 署名用, 利用者証明用.
    pub fn available(&self, file: &[u8]) -> Option<Availability> {
        let [sign, auth, ..] = file else { return None };
        let there = |byte: &u8| byte & self.certificate_present != 0;
        Some(Availability {
            sign: there(sign),
            auth: there(auth),
        })
    }
}

/// Which certificates a card carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Availability {
    /// 署名用; nobody under 15 has one (F053).
    pub sign: bool,
    /// 利用者証明用.
    pub auth: bool,
}

/// What answers as the JPKI application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// A My Number card.
    Card,
    /// The 住基カード before it, which ended in 2025.
    OldCard,
    /// An Android phone.
    AndroidPhone,
    /// An iPhone.
    IPhone,
    /// Something else.
    Other,
}

impl Token {
    /// By the label in the token's own file.
    pub(super) fn named(label: &[u8]) -> Self {
        match label.trim_ascii_end() {
            b"JPKIAPICCTOKEN2" => Self::Card,
            b"JPKIAPICCTOKEN" => Self::OldCard,
            b"JPKIAPGPSETOKEN" => Self::AndroidPhone,
            b"JPKIAPIOSTOKEN" => Self::IPhone,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [File; 8] = [
        File::SignCertificate,
        File::AuthCertificate,
        File::TokenInfo,
        File::Availability,
        File::BasicFour,
        File::Integrity,
        File::IssuerCertificate,
        File::PresenceKey,
    ];

    const fn home(file: File) -> Application {
        // No wildcard: a file that is added must be looked at here.
        match file {
            File::SignCertificate | File::AuthCertificate | File::TokenInfo | File::Availability => Application::Jpki,
            File::BasicFour | File::Integrity | File::IssuerCertificate | File::PresenceKey => Application::Text,
        }
    }

    /// F137: 個人番号 is text 0001 and surface 0005; 照合番号A (text 0014) is made of it.
    #[test]
    fn the_individual_number_has_no_name_here() {
        let mut text: Vec<Ef> = FILES
            .into_iter()
            .filter(|file| home(*file) == Application::Text)
            .map(|file| FIRST.file(file))
            .collect();
        text.push(FIRST.secret(SecretKind::TextPin));
        for forbidden in [0x0001, 0x0014] {
            assert!(!text.contains(&Ef(forbidden)));
        }
        let surface = b"\xd3\x92\x10\x00\x31\x00\x01\x01\x04\x02";
        for application in [Application::Jpki, Application::Text] {
            assert_ne!(FIRST.aid(application), surface);
        }
    }

    #[test]
    fn short_identifiers_end_at_thirty() {
        assert_eq!(Ef(0x000a).short(), Some(0x8a));
        assert_eq!(Ef(0x001e).short(), Some(0x9e));
        assert_eq!(Ef(0x001f).short(), None);
        assert_eq!(Ef(0x0100).short(), None);
        assert_eq!(Ef(0).short(), None);
    }

    #[test]
    fn labels_tell_phones_from_cards() {
        assert_eq!(Token::named(b"JPKIAPICCTOKEN2                 "), Token::Card);
        assert_eq!(Token::named(b"JPKIAPICCTOKEN                  "), Token::OldCard);
        assert_eq!(Token::named(b"JPKIAPGPSETOKEN"), Token::AndroidPhone);
        assert_eq!(Token::named(b""), Token::Other);
    }
}
