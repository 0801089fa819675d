//! The phone's clocks, looked at once for each call of the wallet.

use kinchaku_core::clock::{self as core, Reading};
use kinchaku_protocol::time::Time;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::{NONSENSE, Part, UNEXPECTED, asking};
use crate::error::Trouble;

/// One look at the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ClockReading {
    /// Seconds since 1970 by the clock that people set.
    pub wall_s: i64,
    /// Seconds since the phone started, sleep included. Android: `elapsedRealtime`; Apple: `CLOCK_MONOTONIC_RAW`.
    pub monotonic_s: i64,
    /// Another number after every start of the phone. Android: `Settings.Global.BOOT_COUNT`.
    pub boot: i64,
}

/// The clock did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ClockError {
    /// Anything.
    #[error("the clock failed with code {code}")]
    Host {
        /// The host's own number.
        code: u32,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ClockError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Host { code: UNEXPECTED }
    }
}

/// The phone's clocks. An implementation MUST NOT call the wallet and MUST read all of them at one moment. It is asked
/// once at the start of each call; where it fails, the call fails and has done nothing.
#[uniffi::export(foreign)]
pub trait Clock: Send + Sync {
    /// Reads the clocks.
    ///
    /// # Errors
    /// [`ClockError`].
    fn read(&self) -> Result<ClockReading, ClockError>;
}

/// The phone's clocks as the core reads them: the last look, and what has passed since.
pub(crate) struct HostClock {
    host: Arc<dyn Clock>,
    last: Mutex<(Reading, Instant)>,
}

impl HostClock {
    /// Not looked at yet.
    pub fn new(host: Arc<dyn Clock>) -> Self {
        let never = Reading {
            wall: Time(0),
            monotonic: 0,
            boot: [0; 16],
        };
        Self {
            host,
            last: Mutex::new((never, Instant::now())),
        }
    }

    /// Looks at the clocks, so that a host that fails does so before anything is done.
    ///
    /// # Errors
    /// [`Trouble::Host`].
    pub fn look(&self) -> Result<(), Trouble> {
        let reading = look(self.host.as_ref())?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (reading, Instant::now());
        Ok(())
    }
}

fn look(host: &dyn Clock) -> Result<Reading, Trouble> {
    let failed = |code| Trouble::Host {
        part: Part::Clock,
        code,
    };
    let reading = asking(|| host.read()).map_err(|ClockError::Host { code }| failed(code))?;
    let seconds = |value: i64| u64::try_from(value).map_err(|_| failed(NONSENSE));
    let mut boot = [0; 16];
    let (_, number) = boot.split_at_mut(8);
    number.copy_from_slice(&reading.boot.to_be_bytes());
    Ok(Reading {
        wall: Time(seconds(reading.wall_s)?),
        monotonic: seconds(reading.monotonic_s)?,
        boot,
    })
}

impl core::Clock for HostClock {
    fn read(&self) -> Reading {
        let (reading, at) = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = at.elapsed().as_secs();
        Reading {
            wall: reading.wall.after(passed),
            monotonic: reading.monotonic.saturating_add(passed),
            boot: reading.boot,
        }
    }
}
