//! Whether the phone has a network, as far as it knows.

use super::{Part, UNEXPECTED, asking};
use crate::error::Trouble;

/// What the phone knows of its network: a hint for what people are told, never a reason not to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Connection {
    /// None, or one that was found not to reach the internet.
    None,
    /// One that should do.
    Online,
}

/// It could not be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ConnectivityError {
    /// Anything.
    #[error("the connectivity failed with code {code}")]
    Host {
        /// The host's own number.
        code: u32,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ConnectivityError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Host { code: UNEXPECTED }
    }
}

/// What the phone says of its network. An implementation MUST NOT call the wallet and MUST NOT wait: it says what it
/// knows already.
#[uniffi::export(foreign)]
pub trait Connectivity: Send + Sync {
    /// The network at this moment.
    ///
    /// # Errors
    /// [`ConnectivityError`].
    fn connection(&self) -> Result<Connection, ConnectivityError>;
}

/// # Errors
/// [`Trouble::Host`].
pub(crate) fn online(host: &dyn Connectivity) -> Result<bool, Trouble> {
    match asking(|| host.connection()) {
        Ok(connection) => Ok(connection == Connection::Online),
        Err(ConnectivityError::Host { code }) => Err(Trouble::Host {
            part: Part::Connectivity,
            code,
        }),
    }
}
