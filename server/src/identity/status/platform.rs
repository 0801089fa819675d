//! Which certificates are one person's, as the platform operator says (公的個人認証法 18条の3): JSON over a
//! protected way. Its answers are not signed, so nothing but that way makes them true.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use kinchaku_protocol::jpki::certificate::{Certificate, KeyName, Purpose};
use serde::{Deserialize, Serialize};

use super::StatusUnavailable;
use super::fetch::{BadAddress, Source};
use super::signed::serial;
use crate::identity::proven::Correspondence;

/// The largest answer: a person's certificates over a lifetime.
const MOST: usize = 32 * 1_024;

/// The operator's service.
pub(super) struct Platform {
    source: Source,
}

#[derive(Serialize)]
struct Question {
    /// DER in base64.
    certificate: String,
}

#[derive(Deserialize)]
struct Answer {
    user_authentication: Number,
    previous: Vec<Number>,
}

/// 発行の番号 with the issuer's key identifier, both in hexadecimal.
#[derive(Deserialize)]
struct Number {
    aki: String,
    serial: String,
}

impl Platform {
    /// The service at this address.
    pub(super) fn at(address: &str) -> Result<Self, BadAddress> {
        Ok(Self {
            source: Source::protected(address)?,
        })
    }

    /// The certificates of the person with this one; `None` where the operator does not know it.
    pub(super) async fn correspondence(
        &self,
        certificate: &Certificate,
    ) -> Result<Option<Correspondence>, StatusUnavailable> {
        let question = Question {
            certificate: BASE64.encode(certificate.der()),
        };
        let body = serde_json::to_vec(&question).map_err(|_| StatusUnavailable::NotAnAnswer)?;
        let Some(answer) = self.source.post("application/json", body, MOST).await? else {
            return Ok(None);
        };
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| StatusUnavailable::NotAnAnswer)?;
        let current = answer.user_authentication.name()?;
        Ok(Some(Correspondence {
            previous: answer.previous.iter().map(Number::name).collect::<Result<_, _>>()?,
            auth_of_sign: (certificate.purpose() == Purpose::Signature).then_some(current),
        }))
    }
}

impl Number {
    fn name(&self) -> Result<KeyName, StatusUnavailable> {
        let bytes = |text: &str| {
            HEXLOWER_PERMISSIVE
                .decode(text.as_bytes())
                .map_err(|_| StatusUnavailable::NotAnAnswer)
        };
        let number = serial(&bytes(&self.serial)?).to_vec();
        if number.is_empty() || number.len() > 20 {
            return Err(StatusUnavailable::NotAnAnswer);
        }
        Ok(KeyName {
            aki: bytes(&self.aki)?
                .try_into()
                .map_err(|_| StatusUnavailable::NotAnAnswer)?,
            serial: number,
        })
    }
}
