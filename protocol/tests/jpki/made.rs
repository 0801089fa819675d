//! Certificates taken apart, changed and signed again.

use kinchaku_protocol::jpki::ber;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

/// A committed certificate of the test JPKI.
pub fn file(name: &str) -> Vec<u8> {
    read(&format!("certificates/{name}.der"))
}

fn read(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/jpki/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// RSASSA-PKCS1-v1_5 with SHA-256 by a committed key.
pub fn sign(key: &str, message: &[u8]) -> Vec<u8> {
    let key = pair(key);
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
        .unwrap();
    signature
}

/// The modulus of a committed key.
pub fn modulus(key: &str) -> Vec<u8> {
    PublicKeyComponents::<Vec<u8>>::from(pair(key).public()).n
}

fn pair(key: &str) -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(&read(&format!("keys/{key}.der"))).unwrap()
}

/// One object with the shortest length.
pub fn tlv(tag: u16, content: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = tag.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    match content.len() {
        length @ 0..=0x7f => out.push(length as u8),
        length @ 0x80..=0xff => out.extend([0x81, length as u8]),
        length => {
            out.push(0x82);
            out.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    out.extend(content);
    out
}

/// An object identifier by its content in hexadecimal.
pub fn oid(content: &str) -> Vec<u8> {
    tlv(0x06, &hex(content))
}

pub fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    data_encoding::HEXUPPER_PERMISSIVE.decode(digits.as_bytes()).unwrap()
}

pub const KEY_USAGE: &str = "551d0f";
pub const ALTERNATIVE_NAME: &str = "551d11";
pub const POLICIES: &str = "551d20";
pub const EXTENDED_KEY_USAGE: &str = "551d25";
pub const BASIC_CONSTRAINTS: &str = "551d13";
pub const ISSUER_KEY: &str = "551d23";
pub const SHA256_RSA: &str = "300d06092a864886f70d01010b0500";
pub const SHA1_RSA: &str = "300d06092a864886f70d0101050500";
pub const MD5_RSA: &str = "300d06092a864886f70d0101040500";

/// A certificate's parts, each in DER.
#[derive(Clone)]
pub struct Made {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
    pub outer_algorithm: Vec<u8>,
}

impl Made {
    /// The parts of a committed certificate.
    pub fn from(name: &str) -> Self {
        let der = file(name);
        let [signed, outer, _] = children(&der).try_into().unwrap();
        let [version, serial, algorithm, issuer, validity, subject, key, extensions] =
            children(&signed).try_into().unwrap();
        let list = children(&extensions).remove(0);
        Self {
            version,
            serial,
            algorithm,
            issuer,
            validity,
            subject,
            key,
            extensions: children(&list),
            outer_algorithm: outer,
        }
    }

    /// What a CA signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        let list = tlv(0x30, &self.extensions.concat());
        let parts = [
            &self.version,
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.key,
            &tlv(0xa3, &list),
        ];
        tlv(0x30, &parts.map(Vec::as_slice).concat())
    }

    /// Signed by a committed key.
    pub fn sign(&self, key: &str) -> Vec<u8> {
        let signed = self.to_be_signed();
        self.with_signature(&sign(key, &signed))
    }

    /// With these bytes for a signature.
    pub fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let bits = tlv(0x03, &[&[0], signature].concat());
        tlv(
            0x30,
            &[self.to_be_signed(), self.outer_algorithm.clone(), bits].concat(),
        )
    }

    /// With both names of the signature algorithm.
    pub fn algorithm(mut self, der: &str) -> Self {
        self.algorithm = hex(der);
        self.outer_algorithm = hex(der);
        self
    }

    /// Without the extension.
    pub fn without(mut self, id: &str) -> Self {
        let id = oid(id);
        self.extensions.retain(|extension| children(extension)[0] != id);
        self
    }

    /// With one more extension.
    pub fn with(mut self, id: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions.push(extension(id, critical, value));
        self
    }

    /// With the extension in place of the one of the same name.
    pub fn instead(self, id: &str, critical: bool, value: &[u8]) -> Self {
        self.without(id).with(id, critical, value)
    }

    /// The value of an extension.
    pub fn value(&self, id: &str) -> Vec<u8> {
        let id = oid(id);
        let found = self
            .extensions
            .iter()
            .find(|extension| children(extension)[0] == id)
            .unwrap();
        let octets = children(found).pop().unwrap();
        ber::first(&octets).unwrap().value.to_vec()
    }

    /// Valid from and until these UTCTimes.
    pub fn valid(mut self, from: &str, until: &str) -> Self {
        self.validity = tlv(
            0x30,
            &[tlv(0x17, from.as_bytes()), tlv(0x17, until.as_bytes())].concat(),
        );
        self
    }
}

pub fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { vec![0x01, 0x01, 0xff] } else { Vec::new() };
    tlv(0x30, &[oid(id), critical, tlv(0x04, value)].concat())
}

/// The objects inside the first object, each whole.
pub fn children(der: &[u8]) -> Vec<Vec<u8>> {
    let object = ber::first(der).unwrap();
    object.children().map(|child| child.unwrap().whole.to_vec()).collect()
}

/// A subjectAltName of otherNames `1.2.392.200149.8.5.5.n`.
pub fn other_names(fields: &[(u8, &str)]) -> Vec<u8> {
    let name = |(arc, text): &(u8, &str)| {
        let mut id = hex("2a83088c9b55080505");
        id.push(*arc);
        let value = tlv(0xa0, &tlv(0x0c, text.as_bytes()));
        tlv(0xa0, &[tlv(0x06, &id), value].concat())
    };
    tlv(0x30, &fields.iter().map(name).collect::<Vec<_>>().concat())
}

/// Six attributes nobody could object to.
pub const USUAL: [(u8, &str); 6] = [
    (1, "黒桐　幹也"),
    (4, "319800217"),
    (3, "1"),
    (5, "東京都清瀬市観布子南１２－７－２０２"),
    (2, "00000"),
    (6, "000000000000000000"),
];

/// [`USUAL`] with another text for one of them.
pub fn with_text(arc: u8, text: &str) -> Vec<(u8, &str)> {
    USUAL
        .into_iter()
        .map(|(n, usual)| (n, if n == arc { text } else { usual }))
        .collect()
}
