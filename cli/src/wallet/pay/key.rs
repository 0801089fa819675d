//! The PIN opens the payment key. A person may try again at once as long as nothing has to be waited for.

use kinchaku_core::gate::{self, GateError};
use kinchaku_core::home::Home;
use kinchaku_core::key::DeviceKey;
use kinchaku_core::lock::LockError;

use crate::ask::{self, Pins};
use crate::output::{Output, Problem};
use crate::words;

/// Asks for the PIN and opens K_pay.
pub fn open(home: &Home, pins: &mut Pins, out: &Output) -> Result<Box<dyn DeviceKey>, Problem> {
    loop {
        let status = gate::lock(home).status().map_err(words::gate::lock)?;
        ask::before(status, out)?;
        let pin = pins.present(out)?;
        match gate::open(home, &pin) {
            Ok(key) => return Ok(key),
            Err(error @ GateError::Lock(LockError::WrongPin { wait_s: 0, .. })) if pins.is_person() => {
                out.warn(&words::gate::problem(&error));
            }
            Err(error) => return Err(words::gate::problem(&error)),
        }
    }
}
