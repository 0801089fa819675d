//! Whether a certificate still stands, as its issuer says.
//!
//! J-LIS tells this to 署名検証者 and 利用者証明検証者 alone (公的個人認証法 17条, 36条): a service like ours asks
//! through a certified platform operator (プラットフォーム事業者) under a contract. [`CertificateStatus`] is
//! what such an adapter has to keep:
//!
//! - **Good is proven, never assumed.** `Standing::Good` only where a fresh answer, signed under the CA that
//!   issued the certificate or received over the operator's authenticated channel, names this certificate.
//!   Anything else is [`StatusUnavailable`]: nothing is decided, and the person tries again.
//! - **By the issuer's key.** Generations of a CA share one name, so serial numbers repeat; the issuer is
//!   given, and an answer about another one's certificate is no answer.
//! - **Both kinds.** Certificates for signatures are revoked by every change of name, address, birth date or
//!   sex; certificates for user authentication are not. Both are asked about.
//! - **Correspondence** comes from the operator alone (対応証明書の発行の番号), never from equal names. `None` is
//!   "not offered here", which ties nothing; a failure to ask is an error.
//! - **In time.** One question ends within [`LIMIT`]; answers are bounded in size. What an adapter keeps, it
//!   keeps no longer than the answer says.
//! - **Addresses are the town's.** Where to ask is configured. What a certificate says of it (AIA, CRL
//!   distribution points) is never followed: a card could make the server call anything.
//! - **Nothing personal is logged**: which kind of source failed and how, never a serial number, a name, an
//!   address with a serial in it, or a body.

mod crl;
mod fetch;
mod layered;
mod ocsp;
mod platform;
mod signed;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use kinchaku_protocol::jpki::certificate::Certificate;
use kinchaku_protocol::jpki::trust::Anchor;
use kinchaku_protocol::time::Time;

use super::proven::Correspondence;

pub use crl::Crl;
pub use fetch::BadAddress;
pub use layered::{Layered, open};
pub use ocsp::Ocsp;

/// How long one question may take. A proof asks about two certificates at once, each by two ways at most, so
/// that it ends well before a request does.
pub const LIMIT: Duration = Duration::from_secs(4);

/// What an issuer says of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It stands.
    Good,
    /// It was revoked, or put on hold.
    Revoked {
        /// When.
        at: Time,
    },
    /// The issuer knows no such certificate.
    Unknown,
}

/// Why there is no answer that can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusUnavailable {
    /// The town has not said whom to ask.
    #[error("nobody to ask is configured")]
    Unconfigured,
    /// Nobody answers, or not in time.
    #[error("no answer")]
    NoAnswer,
    /// The other side asks to try later, or refuses to say.
    #[error("the other side does not say")]
    Declined,
    /// What came back is no answer: malformed, too large, or about something else.
    #[error("not an answer to the question")]
    NotAnAnswer,
    /// It is not signed by somebody who may say it.
    #[error("not signed by the issuer or its responder")]
    Untrusted,
    /// It is older than it may be, or from the future.
    #[error("the answer is stale")]
    Stale,
}

/// An answer to come.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, StatusUnavailable>> + Send + 'a>>;

/// Somebody who knows the standing of certificates. The module's documentation is its contract.
pub trait CertificateStatus: Send + Sync {
    /// What the issuer says of this certificate at `now`. `issuer` verified its signature.
    fn standing<'a>(&'a self, certificate: &'a Certificate, issuer: &'a Anchor, now: Time) -> Asked<'a, Standing>;

    /// Which other certificates the same person has or had; `None` where nobody offers to say.
    fn correspondence<'a>(&'a self, certificate: &'a Certificate) -> Asked<'a, Option<Correspondence>>;
}

/// Nobody to ask: no card can be linked and nobody logs in by card.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unconfigured;

impl CertificateStatus for Unconfigured {
    fn standing<'a>(&'a self, _: &'a Certificate, _: &'a Anchor, _: Time) -> Asked<'a, Standing> {
        Box::pin(std::future::ready(Err(StatusUnavailable::Unconfigured)))
    }

    fn correspondence<'a>(&'a self, _: &'a Certificate) -> Asked<'a, Option<Correspondence>> {
        Box::pin(std::future::ready(Err(StatusUnavailable::Unconfigured)))
    }
}
