//! What comes in: queries and JSON bodies, of which every field is known and right, or named in the refusal.

use std::fmt;
use std::marker::PhantomData;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header;
use axum::http::request::Parts;
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::time::Day;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _, Visitor};

use super::refused::Refused;
use crate::http::Problem;

/// Rows of a page where nobody says how many.
pub(super) const USUAL: u32 = 50;

/// The most rows of a page.
pub(super) const MOST: u32 = 200;

/// The query of a request.
pub(super) struct Asked<T>(pub(super) T);

/// What the path names; what cannot be a name is not there.
pub(super) struct At<T>(pub(super) T);

/// The JSON body of a request.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let query = parts.uri.query().unwrap_or("");
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        let read = serde_path_to_error::deserialize(pairs);
        read.map(Self)
            .map_err(|error| Refused::field(&error.path().to_string(), &error.inner().to_string()))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(named)| Self(named)).map_err(|_| Problem::Unknown)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let media = request.headers().get(header::CONTENT_TYPE);
        let media = media.and_then(|media| media.to_str().ok()).unwrap_or("");
        let media = media.split(';').next().unwrap_or("").trim();
        if !media.eq_ignore_ascii_case("application/json") {
            return Err(Problem::MediaType.into());
        }
        let body = whole(request, state).await?;
        let mut text = serde_json::Deserializer::from_slice(&body);
        let read = serde_path_to_error::deserialize(&mut text);
        let value = read.map_err(|error| {
            let (field, inner) = (error.path().to_string(), error.inner());
            if inner.is_data() {
                Refused::field(&field, &inner.to_string())
            } else {
                Refused::unreadable(&field, &inner.to_string())
            }
        })?;
        text.end()
            .map_err(|error| Refused::unreadable("", &error.to_string()))?;
        Ok(Self(value))
    }
}

/// The whole body, within the limit of its route.
pub(super) async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|error| match error {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => Problem::TooLarge,
        _ => Problem::Malformed,
    })
}

/// A value that is written as text.
pub(super) trait Written: Sized {
    /// How it is written.
    const FORM: &'static str;

    /// From its text.
    fn read(text: &str) -> Option<Self>;
}

/// [`Written`] in a query or a body.
#[derive(Clone, Copy)]
pub(super) struct Text<T>(pub(super) T);

impl<'de, T: Written> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reading<T>(PhantomData<T>);

        impl<T: Written> Visitor<'_> for Reading<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::FORM)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<T>, E> {
                // What was written is not repeated: it could be of a person.
                T::read(text)
                    .map(Text)
                    .ok_or_else(|| E::custom(format_args!("expected {}", T::FORM)))
            }
        }
        from.deserialize_str(Reading(PhantomData))
    }
}

impl Written for Day {
    const FORM: &'static str = "a day as 2026-04-01";

    fn read(text: &str) -> Option<Self> {
        let formed = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        formed.then(|| text.parse().ok())?.and_then(Self::of)
    }
}

impl Written for DocId {
    const FORM: &'static str = "64 digits in lower-case hexadecimal";

    fn read(text: &str) -> Option<Self> {
        Self::from_hex(text)
    }
}

/// How many rows are asked for.
#[derive(Clone, Copy)]
pub(super) struct Limit(pub(super) u32);

impl Default for Limit {
    fn default() -> Self {
        Self(USUAL)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let rows = u32::deserialize(from)?;
        if (1..=MOST).contains(&rows) {
            Ok(Self(rows))
        } else {
            Err(D::Error::custom(format_args!("expected 1 to {MOST}")))
        }
    }
}
