//! What the phone gives, and how it is asked: host traits are synchronous, answer with something that can be checked,
//! and are checked.
//!
//! A host that throws anything that is not an error of its trait is a [`Part`] that failed with [`UNEXPECTED`]; the
//! text of what it threw may hold anything and is dropped. Nothing a host does or leaves undone is a success: every
//! answer has bytes, and no bytes are no answer (Kotlin's `Error`s arrive as none).

mod card;
mod clock;
mod connectivity;
mod key;
mod vault;

pub(crate) use card::HostCard;
pub use card::{CardLost, CardProgress, CardTransport};
pub(crate) use clock::HostClock;
pub use clock::{Clock, ClockError, ClockReading};
pub(crate) use connectivity::online;
pub use connectivity::{Connection, Connectivity, ConnectivityError};
pub use key::{DeviceKey, KeyTrouble, MadeKey};
pub(crate) use vault::HostVault;
pub use vault::{Kept, SecretVault, VaultPurpose, VaultRecord, VaultTrouble};

use std::cell::Cell;

/// The code of a host that failed in a way its trait has no name for.
pub const UNEXPECTED: u32 = u32::MAX;
/// The code of a host whose answer cannot be one.
pub const NONSENSE: u32 = u32::MAX - 1;

/// What the phone gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Part {
    /// [`SecretVault`].
    Vault,
    /// [`DeviceKey`].
    Key,
    /// [`Clock`].
    Clock,
    /// [`Connectivity`].
    Connectivity,
}

thread_local! {
    static ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Asks the host. Until it has answered, this thread may not call the wallet.
fn asking<T>(ask: impl FnOnce() -> T) -> T {
    /// Taken back however `ask` ends.
    struct Asked(bool);
    impl Drop for Asked {
        fn drop(&mut self) {
            ASKING.set(self.0);
        }
    }
    let _asked = Asked(ASKING.replace(true));
    ask()
}

/// Whether this call comes out of a host that is being asked: it would wait for itself.
pub(crate) fn is_asking() -> bool {
    ASKING.get()
}
