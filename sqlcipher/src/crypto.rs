//! The four operations SQLCipher needs, on slices.

use aes::Aes256;
use aes::cipher::{Array, BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};

/// Bytes of an AES-256 key.
pub const KEY_LEN: usize = 32;
/// Bytes of an AES block, and so of the initialisation vector.
pub const BLOCK_LEN: usize = 16;

/// An input this provider does not serve.
#[derive(Debug, PartialEq, Eq)]
pub struct Unsupported;

/// The digests in SQLCipher's numbering; 0 is SHA-1 and not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-512, the default of SQLCipher 4.
    Sha512,
}

impl Digest {
    /// The digest SQLCipher means by `algorithm`.
    pub fn from_number(algorithm: i32) -> Result<Self, Unsupported> {
        match algorithm {
            1 => Ok(Self::Sha256),
            2 => Ok(Self::Sha512),
            _ => Err(Unsupported),
        }
    }

    /// Bytes of its output.
    pub const fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// Direction of [`cbc_in_place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Cipher text to plain text.
    Decrypt,
    /// Plain text to cipher text.
    Encrypt,
}

/// HMAC (RFC 2104) over `first` then `second`, into an `out` of exactly the digest's length.
pub fn hmac(digest: Digest, key: &[u8], first: &[u8], second: &[u8], out: &mut [u8]) -> Result<(), Unsupported> {
    fn run<M: Mac + KeyInit>(key: &[u8], parts: [&[u8]; 2], out: &mut [u8]) -> Result<(), Unsupported> {
        let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| Unsupported)?;
        for part in parts {
            mac.update(part);
        }
        let tag = mac.finalize().into_bytes();
        if tag.len() != out.len() {
            return Err(Unsupported);
        }
        out.copy_from_slice(&tag);
        Ok(())
    }
    match digest {
        Digest::Sha256 => run::<Hmac<Sha256>>(key, [first, second], out),
        Digest::Sha512 => run::<Hmac<Sha512>>(key, [first, second], out),
    }
}

/// PBKDF2-HMAC (RFC 8018); fills `out`. No rounds are an error.
pub fn pbkdf2(digest: Digest, password: &[u8], salt: &[u8], rounds: u32, out: &mut [u8]) -> Result<(), Unsupported> {
    if rounds == 0 {
        return Err(Unsupported);
    }
    match digest {
        Digest::Sha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, rounds, out),
        Digest::Sha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, rounds, out),
    }
    Ok(())
}

/// AES-256-CBC without padding, in place. The key must be 32 bytes, the vector 16, the data whole blocks.
pub fn cbc_in_place(mode: Mode, key: &[u8], iv: &[u8], data: &mut [u8]) -> Result<(), Unsupported> {
    let (blocks, rest) = Array::slice_as_chunks_mut(data);
    if !rest.is_empty() {
        return Err(Unsupported);
    }
    match mode {
        Mode::Encrypt => cbc::Encryptor::<Aes256>::new_from_slices(key, iv)
            .map_err(|_| Unsupported)?
            .encrypt_blocks(blocks),
        Mode::Decrypt => cbc::Decryptor::<Aes256>::new_from_slices(key, iv)
            .map_err(|_| Unsupported)?
            .decrypt_blocks(blocks),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::HEXLOWER;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    /// RFC 4231, test cases 1, 2, 6 and 7.
    #[test]
    fn hmac_gives_the_published_values() {
        let cases: [(Vec<u8>, &[u8], &str, &str); 4] = [
            (
                vec![0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
                 6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. \
                  The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
                "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944\
                 b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
            ),
        ];
        for (key, data, sha256, sha512) in cases {
            for (digest, expected) in [(Digest::Sha256, sha256), (Digest::Sha512, sha512)] {
                // The second input is the same message, cut elsewhere.
                for cut in [0, 3, data.len()] {
                    let mut out = vec![0; digest.len()];
                    hmac(digest, &key, &data[..cut], &data[cut..], &mut out).unwrap();
                    assert_eq!(HEXLOWER.encode(&out), expected);
                }
            }
        }
    }

    /// RFC 7914 section 11 for SHA-256; the SHA-512 value is Python's `hashlib.pbkdf2_hmac` (OpenSSL).
    #[test]
    fn pbkdf2_gives_the_published_values() {
        let mut out = [0; 64];
        pbkdf2(Digest::Sha256, b"passwd", b"salt", 1, &mut out).unwrap();
        assert_eq!(
            out.to_vec(),
            hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
                 49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783")
        );
        pbkdf2(Digest::Sha512, b"password", b"salt", 1000, &mut out).unwrap();
        assert_eq!(
            out.to_vec(),
            hex("afe6c5530785b6cc6b1c6453384731bd5ee432ee549fd42fb6695779ad8a1c5b\
                 f59de69c48f774efc4007d5298f9033c0241d5ab69305e7b64eceeb8d834cfec")
        );
        assert_eq!(
            pbkdf2(Digest::Sha512, b"password", b"salt", 0, &mut out),
            Err(Unsupported)
        );
    }

    /// NIST SP 800-38A, F.2.5 and F.2.6.
    #[test]
    fn cbc_gives_the_published_values() {
        let key = hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let iv = hex("000102030405060708090a0b0c0d0e0f");
        let plain = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        let sealed = hex("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
                          39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b");
        let mut data = plain.clone();
        cbc_in_place(Mode::Encrypt, &key, &iv, &mut data).unwrap();
        assert_eq!(data, sealed);
        cbc_in_place(Mode::Decrypt, &key, &iv, &mut data).unwrap();
        assert_eq!(data, plain);
    }

    #[test]
    fn what_is_not_served_is_refused() {
        let mut block = [0; 17];
        assert_eq!(
            cbc_in_place(Mode::Encrypt, &[0; 32], &[0; 16], &mut block),
            Err(Unsupported)
        );
        assert_eq!(
            cbc_in_place(Mode::Encrypt, &[0; 16], &[0; 16], &mut block[..16]),
            Err(Unsupported)
        );
        assert_eq!(
            cbc_in_place(Mode::Decrypt, &[0; 32], &[0; 12], &mut block[..16]),
            Err(Unsupported)
        );
        assert_eq!(hmac(Digest::Sha512, b"k", b"", b"", &mut [0; 32]), Err(Unsupported));
        assert_eq!(Digest::from_number(0), Err(Unsupported), "SHA-1");
        assert_eq!(Digest::from_number(3), Err(Unsupported));
    }
}
