//! Whoever collects money for a town: card companies, banks, ATMs and convenience stores (F064, F153).
//!
//! A production gateway needs a contract, and an adapter that keeps this one:
//!
//! - **One charge for one order.** [`ChargeProvider::ask`] and [`ChargeProvider::refund`] name the order's number as
//!   their idempotency key: asked again, they are the same charge and the same refund.
//! - **Every change of a charge has one number**, the same in a callback, in a callback repeated, and in an answer
//!   of [`ChargeProvider::status`]. The books take it in once by that number.
//! - **Callbacks are authentic.** [`ChargeProvider::read`] checks the gateway's signature over the very bytes that
//!   came, in constant time, and nothing else of a callback is believed before.
//! - **An answer that did not come is [`ProviderError::NoAnswer`]**: the charge may exist. It is asked about by
//!   status, and only where the provider does not know it is it asked for again.
//! - **Cards are authenticated by their issuer** (3-D Secure): [`AskOutcome::Confirm`] leads there, no card number
//!   ever comes to this server (PCI DSS stays with the gateway), and the charge waits until its callback.
//! - Amounts are whole yen. What is not the price of the order is not taken for it.

mod sandbox;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::rows::EventKind;
use crate::config::ProviderKind;
use crate::keys::{KeysError, TownKeys};
use crate::programme::PayIn;

pub use sandbox::{Callback, NoSuchCharge, Sandbox, Script};

/// The header that carries a callback's signature: HMAC-SHA256 of the body in lower-case hexadecimal.
pub const SIGNATURE: &str = "kinchaku-provider-signature";

/// What is to be collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// For which order: the idempotency key.
    pub order: u64,
    /// How much, in yen.
    pub amount: Amount,
    /// In which way.
    pub pay_in: PayIn,
    /// Until when the order waits.
    pub until: Time,
}

/// What the payer does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskOutcome {
    /// Confirms at the card's issuer or at the bank.
    Confirm {
        /// What the provider calls the charge.
        provider_ref: String,
        /// Where.
        url: String,
    },
    /// Pays cash at an ATM or a convenience store.
    PayAt {
        /// What the provider calls the charge.
        provider_ref: String,
        /// The number to be typed in there.
        number: String,
    },
    /// Nothing: it was declined.
    Declined(ProviderEvent),
}

/// Something that became of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderEvent {
    /// The provider's own number for it.
    pub id: String,
    /// Of which order.
    pub order: u64,
    /// What.
    pub kind: EventKind,
    /// Of how much.
    pub amount: Amount,
}

/// What a provider knows of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it was never asked.
    Unknown,
    /// What the payer was told, and everything that became of it since, in order.
    Known(Box<AskOutcome>, Vec<ProviderEvent>),
}

/// What became of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The payer has the money, or will without anybody's doing.
    Done(ProviderEvent),
    /// It is on its way, and a callback will tell.
    Pending,
}

/// Why a provider did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It may have done it: its answer did not come.
    #[error("the provider did not answer")]
    NoAnswer,
    /// It does not do this, and did not.
    #[error("the provider does not do this")]
    Refused,
}

/// A callback that its provider did not sign, or that says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a callback of the provider")]
pub struct NotGenuine;

/// An answer to come.
pub type Told<'a, T> = Pin<Box<dyn Future<Output = Result<T, ProviderError>> + Send + 'a>>;

/// Whoever collects money.
pub trait ChargeProvider: Send + Sync {
    /// Asks for the money of an order.
    fn ask(&self, charge: Charge) -> Told<'_, AskOutcome>;

    /// What became of it.
    fn status(&self, charge: Charge) -> Told<'_, Standing>;

    /// Gives the money of an order back.
    fn refund(&self, charge: Charge) -> Told<'_, RefundOutcome>;

    /// Reads a callback.
    ///
    /// # Errors
    /// [`NotGenuine`].
    fn read(&self, body: &[u8], signature: &str) -> Result<ProviderEvent, NotGenuine>;

    /// The sandbox, where it is the provider.
    fn sandbox(&self) -> Option<&Sandbox> {
        None
    }
}

/// The provider a town has decided on; none where it collects no money itself.
///
/// # Errors
/// [`KeysError`]; [`KeysError::Sandbox`] in a build without the feature `demo`: whoever knows the address of its page
/// is believed to have paid.
pub fn open(kind: Option<ProviderKind>, keys: &TownKeys) -> Result<Option<Arc<dyn ChargeProvider>>, KeysError> {
    Ok(match kind {
        None => None,
        Some(ProviderKind::Sandbox) if !cfg!(feature = "demo") => return Err(KeysError::Sandbox),
        Some(ProviderKind::Sandbox) => Some(Arc::new(Sandbox::new(keys.derive("sandbox-provider")?))),
    })
}
