//! What two screens show each other: `KC1:` and base45, always one QR frame.
//!
//! A receipt is `[intent, ? allowance]`: the short form for a shop with a network, the full form for
//! one without. A refusal is `[seen, device]`, which the payer's wallet verifies offline.

use super::field::Bytes;
use super::{Allowance, Device, DocError, Intent, Received, Seen};
use crate::base45;

/// In front of every text that two devices of ours show each other.
pub const PREFIX: &str = "KC1:";

/// Why a scanned text is not what one device shows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Not `KC1:` and base45.
    #[error("not a text of this protocol")]
    Text,
    /// Not the documents that belong here.
    #[error("not a receipt")]
    Shape,
    /// One of the documents does not read.
    #[error(transparent)]
    Document(#[from] DocError),
}

/// A payer's proof of payment, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The payment.
    pub intent: Received<Intent>,
    /// What it spends; absent in the short form.
    pub allowance: Option<Received<Allowance>>,
}

impl Receipt {
    /// The text of the QR code.
    #[must_use]
    pub fn text(intent: &[u8], allowance: Option<&[u8]>) -> String {
        let mut parts = vec![intent];
        parts.extend(allowance);
        write(&parts)
    }

    /// Reads a scanned text.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn read(text: &str) -> Result<Self, ReceiptError> {
        let mut parts = read(text)?.into_iter();
        let intent = parts.next().ok_or(ReceiptError::Shape)?;
        let allowance = parts.next();
        if parts.next().is_some() {
            return Err(ReceiptError::Shape);
        }
        Ok(Self {
            intent: Received::read(&intent.0)?,
            allowance: allowance.map(|bytes| Received::read(&bytes.0)).transpose()?,
        })
    }

    /// Whether the intent is of the allowance beside it and signed by its key, so that no letter was misread. Who issued
    /// the allowance is another question. Never so for the short form, which has no key in it.
    #[must_use]
    pub fn is_of_one_key(&self) -> bool {
        let intent = &self.intent;
        self.allowance.as_ref().is_some_and(|allowance| {
            intent.claims().authorisation == allowance.id().to_ref()
                && intent.clone().verify(&allowance.claims().device_key).is_ok()
        })
    }
}

/// A shop's refusal, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The shop's answer.
    pub seen: Received<Seen>,
    /// Who signed it.
    pub device: Received<Device>,
}

impl Refusal {
    /// The text of the QR code.
    #[must_use]
    pub fn text(seen: &[u8], device: &[u8]) -> String {
        write(&[seen, device])
    }

    /// Reads a scanned text.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn read(text: &str) -> Result<Self, ReceiptError> {
        match <[Bytes; 2]>::try_from(read(text)?) {
            Ok([seen, device]) => Ok(Self {
                seen: Received::read(&seen.0)?,
                device: Received::read(&device.0)?,
            }),
            Err(_) => Err(ReceiptError::Shape),
        }
    }

    /// Whether the answer is signed by the device beside it, so that no letter was misread. Whose device that is is
    /// another question.
    #[must_use]
    pub fn is_of_one_key(&self) -> bool {
        let key = &self.device.claims().sync_key;
        self.seen.clone().verify(key).is_ok()
    }
}

fn write(parts: &[&[u8]]) -> String {
    let parts: Vec<Bytes> = parts.iter().map(|part| Bytes(part.to_vec())).collect();
    format!("{PREFIX}{}", base45::encode(&super::field::to_bytes(&parts)))
}

fn read(text: &str) -> Result<Vec<Bytes>, ReceiptError> {
    let body = text.strip_prefix(PREFIX).ok_or(ReceiptError::Text)?;
    let bytes = base45::decode(body).map_err(|_| ReceiptError::Text)?;
    super::field::from_bytes(&bytes).map_err(|_| ReceiptError::Shape)
}
