//! How a command on this machine asks a server that is running on it: the server leaves its address and a
//! fresh token in a file that only its owner can read, and takes the file away when it stops.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request as HttpRequest, header};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::failure::Failure;
use super::request::Request;
use crate::keys::{KeysError, read_secret, write_file};

const FILE: &str = "office.json";
const ANSWER_LIMIT: usize = 64 * 1_024 * 1_024;
/// Longer than the server itself keeps anybody waiting: a close of a whole town takes minutes.
const PATIENCE: Duration = Duration::from_secs(40 * 60);

/// Where the server is, and the token it takes.
#[derive(Serialize, Deserialize)]
pub struct Office {
    address: SocketAddr,
    muni: u64,
    token: Zeroizing<String>,
}

impl Office {
    /// A server that has begun to listen, with a fresh token.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn open(keys: &Path, address: SocketAddr, muni: u64) -> Result<Self, KeysError> {
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(random.as_mut_slice()).map_err(|_| KeysError::NotMade)?;
        let office = Self {
            address,
            muni,
            token: Zeroizing::new(data_encoding::HEXLOWER.encode(random.as_slice())),
        };
        let text = serde_json::to_vec(&office).map_err(|_| KeysError::Damaged(FILE))?;
        write_file(keys, FILE, &text)?;
        Ok(office)
    }

    /// The token.
    #[must_use]
    pub const fn token(&self) -> &Zeroizing<String> {
        &self.token
    }

    /// Takes the file away, unless another server has put its own there.
    pub fn close(&self, keys: &Path) {
        let ours = Self::find(keys).is_ok_and(|found| found.is_some_and(|found| *found.token == *self.token));
        if ours {
            // A file left behind points to nobody, which the next command notices.
            let _ = std::fs::remove_file(keys.join(FILE));
        }
    }

    /// The server said to be running.
    ///
    /// # Errors
    /// [`KeysError`] where the file can be read by others or is damaged.
    pub fn find(keys: &Path) -> Result<Option<Self>, KeysError> {
        match read_secret(keys, FILE) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|_| KeysError::Damaged(FILE)),
            Err(KeysError::File {
                kind: std::io::ErrorKind::NotFound,
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Asks the server. `None`: nobody listens there, the file was left behind by a crash.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn ask(&self, request: &Request) -> Result<Option<Value>, Failure> {
        let Ok(stream) = TcpStream::connect(self.address).await else {
            return Ok(None);
        };
        match tokio::time::timeout(PATIENCE, self.exchange(stream, request)).await {
            Ok(answer) => answer.map(Some),
            Err(_) => Err(Failure::of_problem("timeout")),
        }
    }

    async fn exchange(&self, stream: TcpStream, request: &Request) -> Result<Value, Failure> {
        let no_answer = |_| Failure::NoAnswer;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(no_answer)?;
        tokio::spawn(connection);
        let body = serde_json::to_vec(request).map_err(|error| other(&error))?;
        let request = HttpRequest::builder()
            .method(Method::POST)
            .uri(format!("/v1/{}/office", self.muni))
            .header(header::HOST, self.address.to_string())
            .header(header::AUTHORIZATION, format!("Bearer {}", *self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .map_err(|error| other(&error))?;
        let answer = sender.send_request(request).await.map_err(no_answer)?;
        let ok = answer.status().is_success();
        let bytes = axum::body::to_bytes(Body::new(answer.into_body()), ANSWER_LIMIT)
            .await
            .map_err(|_| Failure::NoAnswer)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| other(&error))?;
        if ok {
            return Ok(value);
        }
        let code = value.get("code").and_then(Value::as_str).unwrap_or("internal");
        Err(Failure::of_problem(code))
    }
}

fn other(error: &dyn std::error::Error) -> Failure {
    Failure::Other {
        what: error.to_string(),
    }
}
