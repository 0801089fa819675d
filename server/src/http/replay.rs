//! Signed requests seen lately, so that none is carried out twice. Only requests whose signature holds
//! come here, and the number is bounded: when it is full, requests wait instead of being forgotten.
//! Each server process has its own; what a replay at another one could do is bounded by the books, where
//! every command is idempotent or counted.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use kinchaku_protocol::http_signature::{Claim, VALID_FOR};
use kinchaku_protocol::ids::Ref;
use kinchaku_protocol::time::Time;

use super::Problem;

/// The most requests kept: ten minutes at 400 a second.
const ROOM: usize = 240_000;

type Seen = (Ref, [u8; 16]);

/// The requests seen lately.
pub(super) struct Replays {
    room: usize,
    seen: Mutex<Lately>,
}

#[derive(Default)]
struct Lately {
    requests: HashSet<Seen>,
    /// When each may be forgotten.
    ends: BTreeSet<(Time, Seen)>,
}

impl Replays {
    pub(super) fn new() -> Self {
        Self::with_room(ROOM)
    }

    fn with_room(room: usize) -> Self {
        Self {
            room,
            seen: Mutex::default(),
        }
    }

    /// Takes note of a request; refuses it the second time.
    pub(super) fn first_time(&self, claim: &Claim, now: Time) -> Result<(), Problem> {
        self.note((claim.device, claim.nonce), claim.created, now)
    }

    fn note(&self, request: Seen, created: Time, now: Time) -> Result<(), Problem> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget(now);
        if seen.requests.contains(&request) {
            return Err(Problem::Replay);
        }
        if seen.requests.len() >= self.room {
            return Err(Problem::TooMany { wait: 60 });
        }
        // Its signature holds no longer than this.
        let end = created.after(VALID_FOR).after(1);
        seen.requests.insert(request);
        seen.ends.insert((end, request));
        Ok(())
    }
}

impl Lately {
    fn forget(&mut self, now: Time) {
        while let Some((end, request)) = self.ends.first().copied()
            && end <= now
        {
            self.ends.pop_first();
            self.requests.remove(&request);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_790_000_000);

    fn request(number: u8) -> Seen {
        (Ref([1; 16]), [number; 16])
    }

    #[test]
    fn a_request_is_refused_for_as_long_as_its_signature_holds() {
        let replays = Replays::new();
        assert_eq!(replays.note(request(1), NOW, NOW), Ok(()));
        let last = NOW.after(VALID_FOR);
        assert_eq!(replays.note(request(1), NOW, last), Err(Problem::Replay));
        assert_eq!(replays.note(request(2), NOW, last), Ok(()));
        // From here on its signature is refused as stale.
        assert_eq!(replays.note(request(1), NOW, last.after(1)), Ok(()));
    }

    #[test]
    fn when_full_it_forgets_nothing_that_still_counts() {
        let replays = Replays::with_room(2);
        assert_eq!(replays.note(request(1), NOW, NOW), Ok(()));
        assert_eq!(replays.note(request(2), NOW, NOW), Ok(()));
        let full = Err(Problem::TooMany { wait: 60 });
        assert_eq!(replays.note(request(3), NOW, NOW), full);
        assert_eq!(replays.note(request(1), NOW, NOW), Err(Problem::Replay));
        let later = NOW.after(VALID_FOR + 1);
        assert_eq!(replays.note(request(3), later, later), Ok(()));
    }
}
