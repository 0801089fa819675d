//! The way to the server. What comes back is bytes from a stranger: flows verify them.

mod http;
mod town;

pub use http::{HttpNetwork, Streamed};
pub use town::TownNetwork;

/// A request of the sync API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whether it carries a body.
    pub method: Method,
    /// From the root: `/v1/…`.
    pub path: String,
    /// The body, empty for [`Method::Get`].
    pub body: Vec<u8>,
    /// Headers beside the ones every request has.
    pub headers: Vec<(&'static str, String)>,
}

/// The methods of the sync API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Public documents.
    Get,
    /// Everything else.
    Post,
}

impl Method {
    /// As it is signed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, cut off by an error above [`MAX_ANSWER`].
    pub body: Vec<u8>,
    /// The protocol version it says it speaks.
    pub version: Option<u8>,
    /// Seconds it asks us to wait.
    pub retry_after: Option<u64>,
}

/// The largest answer taken, in bytes: a page and its envelope, with room.
pub const MAX_ANSWER: usize = 512 * 1_024;

/// Why there is no answer. Nothing about the address, which may name a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// No network, or no server at the other end: weather, not an accident.
    #[error("no network")]
    Offline,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// The server's certificate is not one this app was built to trust.
    #[error("not the server this app knows")]
    Pin,
    /// The answer is larger than any the protocol has.
    #[error("answer too large")]
    TooLarge,
    /// The address cannot be used: only `https`, or `http` on this machine.
    #[error("address not usable")]
    Address,
}

/// Exchanges requests for answers; blocking, with a deadline of its own.
pub trait Network: Send + Sync {
    /// One exchange. MUST NOT retry: the outbox does.
    ///
    /// # Errors
    /// [`NetworkError`].
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError>;
}

/// A device whose network is switched off.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNetwork;

impl Network for NoNetwork {
    fn exchange(&self, _: &Request) -> Result<Response, NetworkError> {
        Err(NetworkError::Offline)
    }
}
