//! Why something did not happen, one enum a flow, with the fields a screen shows. No text, nothing personal.
//!
//! Each mirrors the core's error of that flow by an exhaustive `match`, so that a new way to fail in the core is a
//! compile error here. What any call can meet, whatever its flow, is a [`Trouble`].

mod card;
mod code;
mod enrol;
mod link;
mod open;
mod pay;
mod pin;
mod receive;
mod sync;
mod trouble;

pub use card::{CardError, CardFile, CardSecretKind, SecretError};
pub use code::{ScanError, ShopCodeError};
pub use enrol::EnrolError;
pub use link::{LinkError, LinkRefusal};
pub use open::OpenError;
pub use pay::{AmountError, PayError, RefusalError};
pub use pin::{PinError, PinTextError};
pub use receive::ReceiveError;
pub use sync::{ProofFault, SyncError};
pub use trouble::Trouble;

/// Gives a flow's error its [`Trouble`], as [`crate::engine::Engine`] needs it.
macro_rules! from_trouble {
    ($($error:ty),* $(,)?) => {$(
        impl From<$crate::error::Trouble> for $error {
            fn from(trouble: $crate::error::Trouble) -> Self {
                Self::Device { trouble }
            }
        }

        impl From<kinchaku_core::store::StoreError> for $error {
            fn from(error: kinchaku_core::store::StoreError) -> Self {
                Self::Device { trouble: error.into() }
            }
        }
    )*};
}
pub(crate) use from_trouble;
