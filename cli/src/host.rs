//! What the core wants of a desk: the vault in the device's folder, the machine's clock, a network that
//! is known once the town is, and the roots that enrolment was given.
//!
//! ```text
//! DIR/vault/      the device's secret and its records (core's FileVault)
//! DIR/wallet.*    the encrypted store
//! DIR/roots       the town's root keys, a hexadecimal line each
//! DIR/ca.pem      the authority of the server's certificate, where one was named
//! ```
//! Roots and authority are written before the code of an invitation is used, so that enrolling again
//! with the same words goes on from any crash.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use kinchaku_core::clock::{Clock, SystemClock};
use kinchaku_core::home::{Home, Host, Town, TownError};
use kinchaku_core::network::{Network, TownNetwork};
use kinchaku_core::store::Store;
use kinchaku_core::trust::Roots;
use kinchaku_core::vault::FileVault;
use kinchaku_core::{OpenReport, open};
use kinchaku_design::Key;
use kinchaku_protocol::doc::Role;
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::Time;

use crate::args::{Device, TownArgs};
use crate::output::{Exit, Output, Problem};
use crate::words;

const ROOTS: &str = "roots";
const AUTHORITY: &str = "ca.pem";

/// This machine.
pub struct Machine {
    clock: Arc<dyn Clock>,
}

/// An opened device.
pub struct Opened {
    /// Its home.
    pub home: Home,
    /// What opening found.
    pub report: OpenReport,
    /// Whether commands may use the network.
    pub online: bool,
}

impl Machine {
    /// With the machine's own clock.
    pub fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// With a clock of another time.
    #[cfg(feature = "demo")]
    pub fn at(text: &str) -> Result<Self, Problem> {
        let clock = offset::OffsetClock::parse(text).ok_or(Problem::new(Key::ErrorUsage, Exit::Usage))?;
        Ok(Self { clock: Arc::new(clock) })
    }

    /// The machine's own time, for those who have no wallet at hand.
    pub fn wall(&self) -> Time {
        self.clock.read().wall
    }

    /// Opens an enrolled device of this role, and says what opening found.
    pub fn open(&self, device: &Device, role: Role, out: &Output) -> Result<Opened, Problem> {
        let folder = folder(device)?;
        if !Store::exists(folder) {
            return Err(Problem::new(Key::ErrorNotEnrolled, Exit::Other));
        }
        let roots = read_roots(folder)?;
        let network = Arc::new(TownNetwork::default());
        let (home, report) = self.open_folder(folder, network.clone(), roots)?;
        match kinchaku_core::view::role(&home).map_err(|error| words::store::store(&error))? {
            None => return Err(Problem::new(Key::ErrorNotEnrolled, Exit::Other)),
            Some(found) if found != role => return Err(Problem::new(Key::ErrorWrongRole, Exit::Usage)),
            Some(_) => (),
        }
        if !device.offline {
            let town = home.store().read(|db| Town::load(db)).map_err(|error| match error {
                TownError::NotEnrolled => Problem::new(Key::ErrorNotEnrolled, Exit::Other),
                TownError::Store(error) => words::store::store(&error),
            })?;
            reach(&network, &town.address, read_authority(folder)?.as_deref())?;
        }
        tell(&report, out);
        Ok(Opened {
            home,
            report,
            online: !device.offline,
        })
    }

    /// The authority of the server's certificate, as enrolment was given it.
    pub fn authority(device: &Device) -> Result<Option<Vec<u8>>, Problem> {
        read_authority(folder(device)?)
    }

    /// Opens or makes the folder of a device to be enrolled.
    pub fn found(&self, device: &Device, town: &TownArgs) -> Result<Home, Problem> {
        let folder = folder(device)?;
        let roots = given_roots(&town.root)?;
        let authority = town
            .ca
            .as_deref()
            .map(|path| fs::read(path).map_err(|_| unusable(path)))
            .transpose()?;
        let network = Arc::new(TownNetwork::default());
        if !device.offline {
            reach(&network, &town.server, authority.as_deref())?;
        }
        let (home, _) = self.open_folder(folder, network, Roots::new(roots.clone()))?;
        if home.device().map_err(|error| words::store::store(&error))?.is_some() {
            return Err(Problem::new(Key::ErrorAlreadyEnrolled, Exit::AlreadyDone));
        }
        let lines: String = roots.iter().map(|root| HEXLOWER.encode(&root.0) + "\n").collect();
        fs::write(folder.join(ROOTS), lines).map_err(|_| unusable(folder))?;
        if let Some(pem) = authority {
            fs::write(folder.join(AUTHORITY), pem).map_err(|_| unusable(folder))?;
        }
        Ok(home)
    }

    fn open_folder(
        &self,
        folder: &Path,
        network: Arc<dyn Network>,
        roots: Roots,
    ) -> Result<(Home, OpenReport), Problem> {
        let vault = FileVault::open(&folder.join("vault")).map_err(words::store::vault)?;
        let host = Host {
            vault: Arc::new(vault),
            clock: self.clock.clone(),
            network,
            roots,
        };
        open(folder, host).map_err(|error| words::store::open(&error))
    }
}

fn folder(device: &Device) -> Result<&Path, Problem> {
    device
        .home
        .as_deref()
        .ok_or(Problem::new(Key::ErrorHomeMissing, Exit::Usage))
}

/// Said once: what was repaired, and that an older copy was put back.
fn tell(report: &OpenReport, out: &Output) {
    if report.abandoned > 0 {
        out.note(Key::PayRecoveredPrepared, &[]);
    }
    if report.rolled_back {
        out.warn(&Problem::new(Key::ErrorStoreOldCopy, Exit::NeedsNetwork));
    }
}

fn unusable(path: &Path) -> Problem {
    Problem::new(Key::ErrorFolder, Exit::Usage).named("path", path.display().to_string())
}

/// Roots as a person typed them. Those whose private half is public are refused here already.
fn given_roots(texts: &[String]) -> Result<Vec<PublicKey>, Problem> {
    let roots: Option<Vec<PublicKey>> = texts.iter().map(|text| root(text)).collect();
    let roots = roots.ok_or(Problem::new(Key::ErrorRootFormat, Exit::Usage))?;
    if !cfg!(feature = "demo") && roots.iter().any(kinchaku_protocol::test_roots::is_test_root) {
        return Err(Problem::new(Key::ErrorTestRoots, Exit::Refused));
    }
    Ok(roots)
}

fn root(text: &str) -> Option<PublicKey> {
    let bytes = HEXLOWER.decode(text.trim().to_ascii_lowercase().as_bytes()).ok()?;
    let key = PublicKey(bytes.try_into().ok()?);
    key.point().is_ok().then_some(key)
}

/// The roots enrolment wrote. Without them the device works on with the keys it knows.
fn read_roots(folder: &Path) -> Result<Roots, Problem> {
    let path = folder.join(ROOTS);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Roots::new(text.lines().filter_map(root).collect())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Roots::new(Vec::new())),
        Err(_) => Err(unusable(&path)),
    }
}

fn read_authority(folder: &Path) -> Result<Option<Vec<u8>>, Problem> {
    let path = folder.join(AUTHORITY);
    match fs::read(&path) {
        Ok(pem) => Ok(Some(pem)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(unusable(&path)),
    }
}

/// From now on the town's server is asked.
fn reach(network: &TownNetwork, address: &str, authority: Option<&[u8]>) -> Result<(), Problem> {
    let authorities: Vec<&[u8]> = authority.into_iter().collect();
    network.reach(address, &authorities).map_err(words::sync::network)
}

#[cfg(feature = "demo")]
mod offset {
    //! A clock that is ahead or behind; a plain build has none (docs/adr/0011).

    use kinchaku_core::clock::{Clock, Reading, SystemClock};

    /// Ahead: time has passed, on both clocks. Behind: somebody set the wall clock back.
    pub(super) struct OffsetClock {
        machine: SystemClock,
        seconds: i64,
    }

    impl OffsetClock {
        /// Seconds from now, or an RFC 3339 time.
        pub(super) fn parse(text: &str) -> Option<Self> {
            let machine = SystemClock::new();
            let seconds = match text.parse() {
                Ok(seconds) => seconds,
                Err(_) => {
                    let at = chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp();
                    at.checked_sub(i64::try_from(machine.wall().0).ok()?)?
                }
            };
            Some(Self { machine, seconds })
        }
    }

    impl Clock for OffsetClock {
        fn read(&self) -> Reading {
            let mut reading = self.machine.read();
            reading.wall.0 = reading.wall.0.saturating_add_signed(self.seconds);
            reading.monotonic = reading.monotonic.saturating_add_signed(self.seconds.max(0));
            reading
        }
    }
}
