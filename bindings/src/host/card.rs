//! A My Number card at the phone.

use kinchaku_core::card::{self as core, Progress, TransportLost};
use std::sync::Arc;

use super::asking;

/// The card is gone, or the reader failed; whether the card got the command is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CardLost {
    /// Whatever the reason.
    #[error("the card is gone")]
    Gone,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CardLost {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Gone
    }
}

/// What a person sees of a touch, in this order; steps that an exchange does not have are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CardProgress {
    /// It is a My Number card.
    Found,
    /// The card took what was typed.
    PasswordChecked,
    /// Everything is read.
    Read,
    /// The card signed.
    Signed,
}

/// A card in the field, from its discovery to its loss.
///
/// An implementation MUST hand each command to the card exactly once and as it is: it MUST NOT send it again, split it,
/// change it or answer `61xx` and `6Cxx` by itself, since one VERIFY too many locks a person's card. It MUST wait for the
/// answer as long as the card asks for (seconds for a signature), and MUST NOT call the wallet. Android: `IsoDep` with a
/// timeout of 10 s; Apple: `NFCISO7816Tag`.
#[uniffi::export(foreign)]
pub trait CardTransport: Send + Sync {
    /// Hands one command to the card and brings its answer, data and status word.
    ///
    /// # Errors
    /// [`CardLost`] for everything that is not an answer.
    fn transmit(&self, command: Vec<u8>) -> Result<Vec<u8>, CardLost>;

    /// The touch has come so far; to be shown. Nothing depends on it, nor on whether it fails.
    ///
    /// # Errors
    /// [`CardLost`], which is ignored.
    fn reached(&self, progress: CardProgress) -> Result<(), CardLost>;
}

/// The phone's card as the core speaks to cards.
pub(crate) struct HostCard(pub Arc<dyn CardTransport>);

impl HostCard {
    pub fn reached(&self, progress: Progress) {
        let progress = match progress {
            Progress::Found => CardProgress::Found,
            Progress::PasswordChecked => CardProgress::PasswordChecked,
            Progress::Read => CardProgress::Read,
            Progress::Signed => CardProgress::Signed,
        };
        // A screen that cannot show a step does not stop a card.
        let _ = asking(|| self.0.reached(progress));
    }
}

impl core::CardTransport for HostCard {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        asking(|| self.0.transmit(command.to_vec())).map_err(|_| TransportLost)
    }
}
