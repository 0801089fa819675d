//! One request of the JSON API. Nothing is tried again by itself: a person sees what happened and decides.

use std::fs;
use std::io::{Read as _, Write};
use std::time::Duration;

use kinchaku_core::console::{self, Asked};
use kinchaku_core::home::Home;
use kinchaku_core::network::{HttpNetwork, Method, Request, Streamed};
use kinchaku_design::Key;
use serde_json::Value;
use zeroize::Zeroizing;

use super::refusal::{Failed, Refusal};
use super::token;
use crate::args::ConsoleArgs;
use crate::output::{Exit, Problem};
use crate::words;

/// The largest answer that is held at once.
const MAX_ANSWER: u64 = 16 * 1_024 * 1_024;
const JSON: &str = "application/json";

/// How long an answer may take.
const USUAL: Duration = Duration::from_secs(20);

/// How long the answer to work on all the books may take: as long as the server itself waits for it.
const LONG: Duration = Duration::from_secs(31 * 60);

/// Values of a query.
pub type Query<'a> = [(&'a str, String)];

/// The way to the JSON API of a town.
pub struct Client {
    network: HttpNetwork,
    base: String,
    who: Who,
}

/// Who asks.
enum Who {
    /// Whoever may read what is public.
    Anybody,
    /// A person.
    Token(Zeroizing<String>),
    /// A shop's device.
    Device(Box<Home>),
}

impl Client {
    /// For a person with a token.
    pub fn of_person(args: &ConsoleArgs) -> Result<Self, Problem> {
        let token = token::find(args)?.ok_or(Problem::new(Key::ErrorTokenMissing, Exit::Usage))?;
        Self::reach(args, Who::Token(token))
    }

    /// For anybody.
    pub fn of_anybody(args: &ConsoleArgs) -> Result<Self, Problem> {
        Self::reach(args, Who::Anybody)
    }

    /// For an enrolled device of a shop.
    pub fn of_device(home: Home, authority: Option<&[u8]>) -> Result<Self, Problem> {
        let town = console::town(&home).map_err(|error| words::sync::problem(&error))?;
        let authorities: Vec<&[u8]> = authority.into_iter().collect();
        Ok(Self {
            network: HttpNetwork::new(&town.address, &authorities).map_err(words::sync::network)?,
            base: format!("/api/v1/{}", town.muni),
            who: Who::Device(Box::new(home)),
        })
    }

    fn reach(args: &ConsoleArgs, who: Who) -> Result<Self, Problem> {
        let missing = || Problem::new(Key::ErrorConsoleWhere, Exit::Usage);
        let server = args.server.as_deref().ok_or_else(missing)?;
        let muni = args.muni.ok_or_else(missing)?;
        let authority = args.ca.as_deref().map(|path| {
            fs::read(path).map_err(|_| {
                Problem::new(Key::ErrorFileUnreadable, Exit::Usage).named("path", path.display().to_string())
            })
        });
        let authority = authority.transpose()?;
        let authorities: Vec<&[u8]> = authority.as_deref().into_iter().collect();
        Ok(Self {
            network: HttpNetwork::new(server, &authorities).map_err(words::sync::network)?,
            base: format!("/api/v1/{muni}"),
            who,
        })
    }

    /// The shop whose device this is, where it is one.
    pub fn own_shop(&self) -> Result<Option<String>, Problem> {
        let Who::Device(home) = &self.who else {
            return Ok(None);
        };
        let device = home.device().map_err(|error| words::store::store(&error))?;
        Ok(device.map(|device| device.owner.to_string()))
    }

    /// Reads.
    pub fn get(&self, route: &str, query: &Query<'_>) -> Result<Value, Failed> {
        self.answered(Method::Get, route, query, JSON, Vec::new())
    }

    /// Asks for something to be done.
    pub fn post(&self, route: &str, body: &Value) -> Result<Value, Failed> {
        self.answered(Method::Post, route, &[], JSON, body.to_string().into_bytes())
    }

    /// Hands a file over.
    pub fn post_bytes(&self, route: &str, content_type: &'static str, body: Vec<u8>) -> Result<Value, Failed> {
        self.answered(Method::Post, route, &[], content_type, body)
    }

    /// A file of any size: nothing is written before the server began to send it.
    pub fn open(&self, route: &str, query: &Query<'_>) -> Result<Streamed, Failed> {
        self.send(Method::Get, route, query, JSON, Vec::new())
    }

    fn answered(
        &self,
        method: Method,
        route: &str,
        query: &Query<'_>,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<Value, Failed> {
        let answer = self.send(method, route, query, content_type, body)?;
        let bytes = read(answer)?;
        serde_json::from_slice(&bytes).map_err(|_| nonsense().into())
    }

    fn send(
        &self,
        method: Method,
        route: &str,
        query: &Query<'_>,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Result<Streamed, Failed> {
        let path = format!("{}{route}", self.base);
        let asked = Asked {
            method,
            path: &path,
            body: &body,
        };
        let mut headers = match &self.who {
            Who::Anybody => Vec::new(),
            Who::Token(token) => vec![("authorization", format!("Bearer {}", token.as_str()))],
            Who::Device(home) => console::sign(home, &asked).map_err(|error| words::sync::problem(&error))?,
        };
        let plain = [("accept", "*/*".to_owned()), ("content-type", content_type.to_owned())];
        headers.extend(plain.clone());
        let mut request = Request {
            method,
            path: format!("{path}{}", encoded(query)),
            body: body.clone(),
            headers,
        };
        let wait = patience(method, route);
        let mut answer = self
            .network
            .stream_within(&request, wait)
            .map_err(words::sync::network)?;
        if let (401, Who::Device(home)) = (answer.status(), &self.who) {
            // A wrong clock, most likely: once more at the server's time.
            request.headers =
                console::sign_at_server_time(home, &asked).map_err(|error| words::sync::problem(&error))?;
            request.headers.extend(plain);
            answer = self
                .network
                .stream_within(&request, wait)
                .map_err(words::sync::network)?;
        }
        if matches!(answer.status(), 200..=299) {
            return Ok(answer);
        }
        let status = answer.status();
        Err(Refusal::read(status, &read(answer)?).into())
    }
}

/// How long the answer of a route may take.
fn patience(method: Method, route: &str) -> Duration {
    let works = [
        "/office/settlements/close",
        "/office/jobs/",
        "/office/programmes",
        "/office/rosters/",
    ];
    let long = match method {
        Method::Get => route == "/office/audit",
        Method::Post => works.iter().any(|work| route.starts_with(work)),
    };
    if long { LONG } else { USUAL }
}

/// An answer that cannot be what was asked for.
pub fn nonsense() -> Problem {
    Problem::new(Key::ErrorServerNonsense, Exit::Other)
}

fn read(answer: Streamed) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let offline = |_| Problem::new(Key::ErrorOffline, Exit::NeedsNetwork);
    answer.take(MAX_ANSWER).read_to_end(&mut bytes).map_err(offline)?;
    Ok(bytes)
}

/// An answer in the shape it should have.
pub fn typed<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(|_| nonsense())
}

/// `?name=value&…`, every byte that is not plain written as %XX.
fn encoded(query: &Query<'_>) -> String {
    let mut text = Vec::new();
    for (place, (name, value)) in query.iter().enumerate() {
        let mark = if place == 0 { b'?' } else { b'&' };
        text.push(mark);
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(byte);
            } else {
                // A vector takes everything that is written to it.
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_query_says_what_was_meant() {
        assert_eq!(encoded(&[]), "");
        let query = [("from", "2024-06-03".to_owned()), ("after", "a+b/c=&券".to_owned())];
        assert_eq!(encoded(&query), "?from=2024-06-03&after=a%2Bb%2Fc%3D%26%E5%88%B8");
    }
}
