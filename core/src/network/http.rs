//! HTTP by reqwest on rustls and ring, trusting only the certificates given, never the phone's store
//! (docs/adr/0007). Plain `http` is for a server on this machine alone.

use std::error::Error as _;
use std::io::{self, Read};
use std::time::Duration;

use kinchaku_protocol::api::{CBOR, VERSION, VERSION_HEADER};
use reqwest::blocking::{self, Client};
use reqwest::{Certificate, Url};

use super::{MAX_ANSWER, Method, Network, NetworkError, Request, Response};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);

/// A connection pool to one server.
pub struct HttpNetwork {
    client: Client,
    base: Url,
}

impl HttpNetwork {
    /// A server by its address, and the PEM certificates of the authorities that may vouch for it.
    ///
    /// # Errors
    /// [`NetworkError::Address`] for an address or a certificate that cannot be used.
    pub fn new(address: &str, authorities: &[&[u8]]) -> Result<Self, NetworkError> {
        let base = Url::parse(address).map_err(|_| NetworkError::Address)?;
        let here = matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if base.scheme() != "https" && !(base.scheme() == "http" && here) {
            return Err(NetworkError::Address);
        }
        // Installed by whoever is first in this process; the provider is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificates: Result<Vec<_>, _> = authorities.iter().map(|pem| Certificate::from_pem(pem)).collect();
        let client = Client::builder()
            .tls_certs_only(certificates.map_err(|_| NetworkError::Address)?)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|_| NetworkError::Address)?;
        Ok(Self { client, base })
    }

    /// One exchange whose answer may be of any size and is read as it comes. Only the request's own headers are
    /// sent; the deadline is for each wait, not for the whole.
    ///
    /// # Errors
    /// [`NetworkError`].
    pub fn stream(&self, request: &Request) -> Result<Streamed, NetworkError> {
        self.stream_within(request, TOTAL_TIMEOUT)
    }

    /// As [`HttpNetwork::stream`], for what the server is known to take longer over.
    ///
    /// # Errors
    /// [`NetworkError`].
    pub fn stream_within(&self, request: &Request, wait: Duration) -> Result<Streamed, NetworkError> {
        let url = self.base.join(&request.path).map_err(|_| NetworkError::Address)?;
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self.client.post(url).body(request.body.clone()),
        };
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        builder
            .timeout(wait)
            .send()
            .map(Streamed)
            .map_err(|error| trouble(&error))
    }
}

/// An answer whose body is still to be read. A body that was cut off is an error of the reader, never its end.
pub struct Streamed(blocking::Response);

impl Streamed {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }
}

impl Read for Streamed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Network for HttpNetwork {
    fn exchange(&self, request: &Request) -> Result<Response, NetworkError> {
        let url = self.base.join(&request.path).map_err(|_| NetworkError::Address)?;
        let mut builder = match request.method {
            Method::Get => self.client.get(url),
            Method::Post => self
                .client
                .post(url)
                .header("content-type", CBOR)
                .body(request.body.clone()),
        };
        builder = builder
            .header("accept", CBOR)
            .header(VERSION_HEADER, VERSION.to_string());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let answer = builder.send().map_err(|error| trouble(&error))?;
        let number = |name: &str| answer.headers().get(name)?.to_str().ok()?.parse::<u64>().ok();
        let mut response = Response {
            status: answer.status().as_u16(),
            body: Vec::new(),
            version: number(VERSION_HEADER).and_then(|version| u8::try_from(version).ok()),
            retry_after: number("retry-after"),
        };
        let limit = u64::try_from(MAX_ANSWER).unwrap_or(u64::MAX).saturating_add(1);
        answer
            .take(limit)
            .read_to_end(&mut response.body)
            .map_err(|_| NetworkError::Offline)?;
        if response.body.len() > MAX_ANSWER {
            return Err(NetworkError::TooLarge);
        }
        Ok(response)
    }
}

/// Sorts an error without keeping its text, which has the address in it.
fn trouble(error: &reqwest::Error) -> NetworkError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if matches!(
            inner.downcast_ref::<rustls::Error>(),
            Some(rustls::Error::InvalidCertificate(_))
        ) {
            return NetworkError::Pin;
        }
        cause = inner.source();
    }
    if error.is_timeout() {
        NetworkError::Timeout
    } else {
        NetworkError::Offline
    }
}
