//! What a panic says: where it was, and nothing else. Its message is text of unknown origin (docs/adr/0008).

use std::io::Write as _;
use std::panic;
use std::sync::Once;

static QUIET: Once = Once::new();

/// From now on panics of this process say their place alone.
pub(crate) fn say_place_only() {
    QUIET.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            if let Some(place) = panic.location() {
                let _ = writeln!(
                    std::io::stderr(),
                    "kinchaku: panic at {}:{}",
                    place.file(),
                    place.line()
                );
            }
        }));
    });
}
