//! Opening: recovery is part of it, and cannot be forgotten.

use std::path::PathBuf;
use std::sync::Arc;

use kinchaku_core::home::{Host, Town, TownError};
use kinchaku_core::network::TownNetwork;
use kinchaku_core::trust::Roots;
use kinchaku_protocol::signature::PublicKey;

use super::Wallet;
use crate::engine::Engine;
use crate::error::{OpenError, Trouble};
use crate::host::{Clock, Connectivity, DeviceKey, HostClock, HostVault, SecretVault};
use crate::value::{Role, count};

/// Where the wallet is, and whom the app was built to trust.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct WalletConfig {
    /// The wallet's folder, the app's own and out of every backup. Made where it is missing.
    pub folder: String,
    /// The town's root keys, 33 bytes each: one in use, one in reserve.
    pub roots: Vec<Vec<u8>>,
    /// The authorities of the server's certificate, PEM. No others are believed, not even the phone's.
    pub authorities: Vec<Vec<u8>>,
}

/// What opening found and repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct OpenReport {
    /// The folder was empty: a new wallet.
    pub created: bool,
    /// Payments that were never signed and were undone.
    pub abandoned: i32,
    /// An older copy was put back: paying is stopped until a sync (T5).
    pub rolled_back: bool,
}

impl From<kinchaku_core::OpenReport> for OpenReport {
    fn from(report: kinchaku_core::OpenReport) -> Self {
        let kinchaku_core::OpenReport {
            created,
            abandoned,
            rolled_back,
        } = report;
        Self {
            created,
            abandoned: count(abandoned),
            rolled_back,
        }
    }
}

/// Opens the wallet in a folder, or makes it there. Without `key`, payment keys are made in software and sealed by the
/// vault. Given up waiting for, it is closed again once it is open.
///
/// # Errors
/// [`OpenError`]; nothing is ever deleted.
#[uniffi::export]
pub async fn open_wallet(
    config: WalletConfig,
    vault: Arc<dyn SecretVault>,
    key: Option<Arc<dyn DeviceKey>>,
    clock: Arc<dyn Clock>,
    connectivity: Arc<dyn Connectivity>,
) -> Result<Arc<Wallet>, OpenError> {
    crate::panic::say_place_only();
    let network = Arc::new(TownNetwork::default());
    let engine = Arc::new(Engine::new(HostClock::new(clock), connectivity, Arc::clone(&network))?);
    let opening = Arc::clone(&engine);
    let report = engine
        .spawn(move |_| open_on(&opening, &config, HostVault::new(vault, key), network))
        .await?;
    Ok(report)
}

fn open_on(
    engine: &Arc<Engine>,
    config: &WalletConfig,
    vault: HostVault,
    network: Arc<TownNetwork>,
) -> Result<Arc<Wallet>, OpenError> {
    let clock = engine.clock();
    clock.look()?;
    let host = Host {
        vault: Arc::new(vault),
        clock,
        network,
        roots: roots(&config.roots)?,
    };
    let (home, report) = kinchaku_core::open(&PathBuf::from(&config.folder), host)?;
    match home.store().read(|db| Town::load(db)) {
        Ok(town) => engine.network().reach(&town.address, &pems(&config.authorities))?,
        Err(TownError::NotEnrolled) => (),
        Err(TownError::Store(error)) => return Err(error.into()),
    }
    engine.put(home);
    Ok(Arc::new(Wallet {
        engine: Arc::clone(engine),
        report: report.into(),
        authorities: config.authorities.clone(),
    }))
}

fn roots(bytes: &[Vec<u8>]) -> Result<Roots, OpenError> {
    let keys = bytes.iter().zip(0_i32..).map(|(bytes, position)| {
        let key = bytes.as_slice().try_into().ok().map(PublicKey);
        key.filter(|key| key.point().is_ok())
            .ok_or(OpenError::BadRoot { position })
    });
    Ok(Roots::new(keys.collect::<Result<_, _>>()?))
}

/// As the core takes them.
pub(super) fn pems(authorities: &[Vec<u8>]) -> Vec<&[u8]> {
    authorities.iter().map(Vec::as_slice).collect()
}

#[uniffi::export]
impl Wallet {
    /// What opening found.
    #[must_use]
    pub fn opened(&self) -> OpenReport {
        self.report
    }

    /// What this device is enrolled as; none before it is.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn role(&self) -> Result<Option<Role>, Trouble> {
        self.engine
            .look(|_, home| Ok(kinchaku_core::view::role(home)?.map(Role::from)))
            .await
    }

    /// Waits for everything that runs, and closes the database: the folder can be opened again, and a phone may take the
    /// app's processor away. Every later call answers [`Trouble::Closed`].
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn close_wallet(&self) -> Result<(), Trouble> {
        self.engine
            .spawn(|engine| {
                engine.close();
                Ok(())
            })
            .await
    }
}
