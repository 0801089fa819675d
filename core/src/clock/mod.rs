//! What time it is, for a wallet whose owner may set its clock (docs/threats.md, T11).
//!
//! A server-signed time is an anchor; from there the monotonic clock counts, as long as the device stays up. The
//! wall clock is used only where that is lost, and never takes the wallet behind a time it has already acted on.
//!
//! | quality | when                                                   | the time is                          |
//! |---------|--------------------------------------------------------|--------------------------------------|
//! | 0       | same boot as the anchor                                | anchor + monotonic difference        |
//! | 1       | rebooted since                                         | wall clock                           |
//! | 2       | never anchored, or the wall clock was provably set back | the later of wall clock and high-water mark |
//!
//! A later server-signed time repairs all of it, and it alone may take the high-water mark back.

mod anchored;
#[cfg(any(test, feature = "demo"))]
mod settable;
mod system;

pub use anchored::{Anchor, AnchoredTime, KnownTime, Quality};
#[cfg(any(test, feature = "demo"))]
pub use settable::SettableClock;
pub use system::SystemClock;

use crate::store::StoreError;
use kinchaku_protocol::time::Time;
use rusqlite::Connection;

/// One look at the device's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The wall clock, which anybody may set.
    pub wall: Time,
    /// Seconds on a clock that nobody sets, that counts on while the device sleeps, and starts anew at boot.
    pub monotonic: u64,
    /// Names the boot: another value after every start of the device.
    pub boot: [u8; 16],
}

/// The device's clocks; the host implements it. An implementation MUST NOT call back into the wallet.
pub trait Clock: Send + Sync {
    /// Reads all clocks at one moment.
    fn read(&self) -> Reading;

    /// The wall clock.
    fn wall(&self) -> Time {
        self.read().wall
    }

    /// Seconds of the monotonic clock.
    fn monotonic(&self) -> u64 {
        self.read().monotonic
    }

    /// The boot the monotonic clock belongs to.
    fn boot_id(&self) -> [u8; 16] {
        self.read().boot
    }
}

/// The time now, by what the store knows.
///
/// # Errors
/// [`StoreError`].
pub fn now(store: &Connection, reading: Reading) -> Result<AnchoredTime, StoreError> {
    Ok(load(store)?.at(reading))
}

/// As [`now`], in a transaction that acts on it: from here on the wallet does not go behind it.
///
/// # Errors
/// [`StoreError`].
pub fn act_now(store: &Connection, reading: Reading) -> Result<AnchoredTime, StoreError> {
    let mut known = load(store)?;
    let now = known.at(reading);
    if known.raise(now.time) {
        save(store, &known)?;
    }
    Ok(now)
}

/// Takes a server-signed time as the new anchor. False, and nothing changes, if it is older than the last one: an
/// old answer shown again.
///
/// # Errors
/// [`StoreError`].
pub fn anchor(store: &Connection, server: Time, reading: Reading) -> Result<bool, StoreError> {
    let mut known = load(store)?;
    let taken = known.anchor(server, reading);
    if taken {
        save(store, &known)?;
    }
    Ok(taken)
}

/// What the store knows.
///
/// # Errors
/// [`StoreError`].
pub fn load(store: &Connection) -> Result<KnownTime, StoreError> {
    let known = store
        .prepare_cached("SELECT anchor_server, anchor_mono, anchor_boot, high_water FROM known_time")?
        .query_row([], |row| {
            let server: Option<u64> = row.get(0)?;
            let anchor = match server {
                Some(server) => Some(Anchor {
                    server: Time(server),
                    monotonic: row.get(1)?,
                    boot: row.get(2)?,
                }),
                None => None,
            };
            Ok(KnownTime {
                anchor,
                high_water: Time(row.get(3)?),
            })
        })?;
    Ok(known)
}

fn save(store: &Connection, known: &KnownTime) -> Result<(), StoreError> {
    let anchor = known.anchor;
    store
        .prepare_cached(
            "UPDATE known_time SET anchor_server = ?1, anchor_mono = ?2, anchor_boot = ?3, high_water = ?4",
        )?
        .execute((
            anchor.map(|anchor| anchor.server.0),
            anchor.map(|anchor| anchor.monotonic),
            anchor.map(|anchor| anchor.boot),
            known.high_water.0,
        ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::vault::FileVault;
    use std::path::Path;
    use std::sync::Arc;

    const START: Time = Time(1_800_000_000);

    fn open(root: &Path) -> Store {
        let vault = Arc::new(FileVault::open(&root.join("vault")).unwrap());
        Store::open(&root.join("wallet"), vault, START).unwrap().0
    }

    fn act(store: &Store, clock: &SettableClock) -> AnchoredTime {
        store.write(|tx| act_now(tx, clock.read())).unwrap()
    }

    /// T11: the anchor and the mark outlive the process, and a restart with the clock set back changes nothing.
    #[test]
    fn what_is_known_of_the_time_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let clock = SettableClock::new(START);
        let store = open(root.path());
        assert_eq!(act(&store, &clock).quality, Quality::Lost);
        let server = START.after(500);
        assert!(store.write(|tx| anchor(tx, server, clock.read())).unwrap());
        drop(store);

        let store = open(root.path());
        clock.pass(60);
        clock.set_wall(Time(0));
        let now = act(&store, &clock);
        assert_eq!(
            (now.time, now.quality, now.age),
            (server.after(60), Quality::Anchored, 60)
        );
        drop(store);

        let store = open(root.path());
        clock.restart();
        let now = store.read(|tx| super::now(tx, clock.read())).unwrap();
        assert_eq!((now.time, now.quality), (server.after(60), Quality::Lost));
        clock.set_wall(server.after(3600));
        assert_eq!(act(&store, &clock).quality, Quality::Rebooted);
        assert!(!store.write(|tx| anchor(tx, server.before(1), clock.read())).unwrap());
        assert!(store.write(|tx| anchor(tx, server.after(100), clock.read())).unwrap());
        assert_eq!(act(&store, &clock).time, server.after(100));
    }
}
