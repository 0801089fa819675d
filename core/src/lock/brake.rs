//! Argon2id (RFC 9106): what one guess costs somebody who has the device opened up.

use super::LockError;
use super::pin::Pin;
use crate::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use std::time::{Duration, Instant};

/// How hard Argon2id brakes; kept beside the blob, so that it can be raised later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brake {
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
}

const MIB: u32 = 1024;

/// From the floor (OWASP's minimum) to the ceiling, which cheap phones still bear.
const STEPS: [(u32, u32); 6] = [(19, 2), (32, 2), (46, 2), (64, 2), (64, 3), (64, 4)];

/// What a person waits for without noticing.
const LONGEST: Duration = Duration::from_millis(400);

impl Brake {
    /// The least there is: 19 MiB, two passes, one lane.
    pub const FLOOR: Self = Self {
        memory_kib: 19 * MIB,
        passes: 2,
        lanes: 1,
    };

    /// The hardest step that this device does in 400 ms. Takes about a second; to be done once.
    #[must_use]
    pub fn calibrate() -> Self {
        Self::hardest(|brake| {
            let start = Instant::now();
            let done = brake.stretch_bytes(b"0000", &[0; 16]);
            done.is_ok().then(|| start.elapsed())
        })
    }

    /// Next to no brake, for tests that try thousands of PINs.
    #[cfg(any(test, feature = "demo"))]
    #[must_use]
    pub const fn cheap_for_tests() -> Self {
        Self {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        }
    }

    fn hardest(measure: impl Fn(Self) -> Option<Duration>) -> Self {
        STEPS
            .into_iter()
            .map(|(memory_mib, passes)| Self {
                memory_kib: memory_mib.saturating_mul(MIB),
                passes,
                lanes: 1,
            })
            .take_while(|brake| measure(*brake).is_some_and(|time| time <= LONGEST))
            .last()
            .unwrap_or(Self::FLOOR)
    }

    /// The PIN, stretched.
    pub(super) fn stretch(self, pin: &Pin, salt: &[u8; 16]) -> Result<Secret<[u8; 32]>, LockError> {
        self.stretch_bytes(pin.ascii().expose(), salt)
    }

    fn stretch_bytes(self, pin: &[u8], salt: &[u8; 16]) -> Result<Secret<[u8; 32]>, LockError> {
        let params =
            Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| LockError::NoMemory)?;
        let mut out = zeroize::Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(pin, salt, out.as_mut_slice())
            .map_err(|_| LockError::NoMemory)?;
        Ok(Secret::new(*out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_device_gets_the_floor_and_a_fast_one_the_ceiling() {
        let at = |millis: u64| Brake::hardest(|_| Some(Duration::from_millis(millis)));
        assert_eq!(at(5000), Brake::FLOOR);
        assert_eq!((at(1).memory_kib, at(1).passes), (64 * MIB, 4));
        assert_eq!(Brake::hardest(|_| None), Brake::FLOOR);
        let growing = Brake::hardest(|brake| Some(Duration::from_millis(u64::from(brake.memory_kib / MIB) * 8)));
        assert_eq!((growing.memory_kib, growing.passes), (46 * MIB, 2));
    }
}
