//! How a device signs a request: HTTP Message Signatures (RFC 9421) over method, path and content
//! digest (RFC 9530), with the device's reference as key id and a nonce. Valid for five minutes.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use crate::ids::Ref;
use crate::signature::{PublicKey, SignError, Signer};
use crate::time::Time;

/// Seconds a signature is good for, in either direction.
pub const VALID_FOR: u64 = 300;

/// The covered components, in this order only.
const COMPONENTS: &str = r#"("@method" "@path" "content-digest")"#;

/// The three headers a signed request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The headers are not in the form this protocol uses.
    #[error("signature headers are missing or malformed")]
    Malformed,
    /// The body is not the one that was signed.
    #[error("content digest does not match")]
    Digest,
    /// Signed too long ago or in the future: the device's clock may be wrong.
    #[error("signature is too old or from the future")]
    Stale,
    /// The signature does not hold.
    #[error("signature does not verify")]
    Mismatch,
}

/// `Content-Digest` of a body.
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", BASE64.encode(&Sha256::digest(body)))
}

/// Signs a request.
///
/// # Errors
/// [`SignError`] where the key did not sign.
pub fn sign(
    method: &str,
    path: &str,
    body: &[u8],
    device: Ref,
    nonce: [u8; 16],
    created: Time,
    signer: &dyn Signer,
) -> Result<SignedHeaders, SignError> {
    let content_digest = content_digest(body);
    let nonce = BASE64.encode(&nonce);
    let parameters = format!(
        r#"{COMPONENTS};created={};keyid="{device}";alg="ecdsa-p256-sha256";nonce="{nonce}""#,
        created.0
    );
    let signature = signer.sign(base(method, path, &content_digest, &parameters).as_bytes())?;
    Ok(SignedHeaders {
        content_digest,
        signature_input: format!("sig={parameters}"),
        signature: format!("sig=:{}:", BASE64.encode(&signature)),
    })
}

/// A signed request taken apart; its device is known only by what it claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The device it says it is.
    pub device: Ref,
    /// When it says it signed.
    pub created: Time,
    /// To refuse a replay within [`VALID_FOR`].
    pub nonce: [u8; 16],
    base: String,
    signature: [u8; 64],
}

impl Claim {
    /// Takes headers apart and checks the digest of the body.
    ///
    /// # Errors
    /// [`RequestError::Malformed`] or [`RequestError::Digest`].
    pub fn read(method: &str, path: &str, body: &[u8], headers: &SignedHeaders) -> Result<Self, RequestError> {
        if headers.content_digest != content_digest(body) {
            return Err(RequestError::Digest);
        }
        Self::parse(method, path, headers).ok_or(RequestError::Malformed)
    }

    fn parse(method: &str, path: &str, headers: &SignedHeaders) -> Option<Self> {
        let parameters = headers.signature_input.strip_prefix("sig=")?;
        let rest = parameters.strip_prefix(COMPONENTS)?.strip_prefix(";created=")?;
        let (created, rest) = rest.split_once(";keyid=\"")?;
        let (device, rest) = rest.split_once("\";alg=\"ecdsa-p256-sha256\";nonce=\"")?;
        let nonce = BASE64.decode(rest.strip_suffix('"')?.as_bytes()).ok()?;
        let signature = headers.signature.strip_prefix("sig=:")?.strip_suffix(':')?;
        let signature = BASE64.decode(signature.as_bytes()).ok()?;
        Some(Self {
            device: Ref::from_hex(device)?,
            created: Time(created.parse().ok()?),
            nonce: <[u8; 16]>::try_from(nonce).ok()?,
            base: base(method, path, &headers.content_digest, parameters),
            signature: <[u8; 64]>::try_from(signature).ok()?,
        })
    }

    /// Checks age and signature. The caller refuses a nonce it has seen.
    ///
    /// # Errors
    /// [`RequestError::Stale`] or [`RequestError::Mismatch`].
    pub fn verify(&self, key: &PublicKey, now: Time) -> Result<(), RequestError> {
        if now.since(self.created) > VALID_FOR || self.created.since(now) > VALID_FOR {
            return Err(RequestError::Stale);
        }
        key.verify(self.base.as_bytes(), &self.signature)
            .map_err(|_| RequestError::Mismatch)
    }
}

/// The signature base (RFC 9421 §2.5).
fn base(method: &str, path: &str, content_digest: &str, parameters: &str) -> String {
    format!(
        "\"@method\": {method}\n\"@path\": {path}\n\"content-digest\": {content_digest}\n\"@signature-params\": {parameters}"
    )
}

#[cfg(test)]
mod tests {
    use super::{Claim, RequestError, SignedHeaders, sign};
    use crate::ids::Ref;
    use crate::signature::{Signer, SoftwareSigner};
    use crate::time::Time;

    const NOW: Time = Time(1_790_000_000);

    fn signer() -> SoftwareSigner {
        SoftwareSigner::from_scalar(&[5; 32]).unwrap()
    }

    fn signed() -> SignedHeaders {
        sign("POST", "/v1/1/pull", b"body", Ref([1; 16]), [2; 16], NOW, &signer()).unwrap()
    }

    #[test]
    fn a_signed_request_is_taken_and_any_change_is_not() {
        let key = signer().public_key();
        let claim = Claim::read("POST", "/v1/1/pull", b"body", &signed()).unwrap();
        assert_eq!(claim.device, Ref([1; 16]));
        assert_eq!(claim.verify(&key, NOW.after(299)), Ok(()));
        assert_eq!(claim.verify(&key, NOW.after(301)), Err(RequestError::Stale));
        assert_eq!(claim.verify(&key, NOW.before(301)), Err(RequestError::Stale));
        let digest = Claim::read("POST", "/v1/1/pull", b"other", &signed());
        assert_eq!(digest, Err(RequestError::Digest));
        for (method, path) in [("GET", "/v1/1/pull"), ("POST", "/v1/2/pull")] {
            let claim = Claim::read(method, path, b"body", &signed()).unwrap();
            assert_eq!(claim.verify(&key, NOW), Err(RequestError::Mismatch));
        }
        let mut other = signed();
        other.signature_input = other
            .signature_input
            .replace("created=1790000000", "created=1790000100");
        let claim = Claim::read("POST", "/v1/1/pull", b"body", &other).unwrap();
        assert_eq!(claim.verify(&key, NOW), Err(RequestError::Mismatch));
    }
}
