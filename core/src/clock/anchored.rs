//! The rule itself, pure: what is known, and what time it therefore is.

use super::Reading;
pub use kinchaku_protocol::doc::Quality;
use kinchaku_protocol::time::Time;

/// The time, how well it is known, and how old the last server time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchoredTime {
    /// The best the wallet knows; never behind what it acted on before.
    pub time: Time,
    /// How well.
    pub quality: Quality,
    /// Seconds since the last server time; since 1970 if there was none.
    pub age: u64,
}

/// A server-signed time, and where the monotonic clock stood then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// What the server signed.
    pub server: Time,
    /// Monotonic seconds at its arrival.
    pub monotonic: u64,
    /// The boot they belong to.
    pub boot: [u8; 16],
}

/// What the wallet knows of the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownTime {
    /// The last server time.
    pub anchor: Option<Anchor>,
    /// The latest time acted on.
    pub high_water: Time,
}

impl KnownTime {
    /// The time at a reading.
    #[must_use]
    pub fn at(&self, reading: Reading) -> AnchoredTime {
        let counted = self.anchor.and_then(|anchor| {
            let same = anchor.boot == reading.boot;
            let passed = reading.monotonic.checked_sub(anchor.monotonic)?;
            same.then(|| anchor.server.after(passed))
        });
        let (time, quality) = match (counted, self.anchor) {
            (Some(time), _) => (time, Quality::Anchored),
            (None, Some(anchor)) if reading.wall >= self.high_water.max(anchor.server) => {
                (reading.wall, Quality::Rebooted)
            }
            (None, anchor) => {
                let known = anchor.map_or(Time(0), |anchor| anchor.server);
                (reading.wall.max(known), Quality::Lost)
            }
        };
        let time = time.max(self.high_water);
        let age = time.since(self.anchor.map_or(Time(0), |anchor| anchor.server));
        AnchoredTime { time, quality, age }
    }

    /// The wallet acts on this time. True if that raised the mark.
    pub fn raise(&mut self, time: Time) -> bool {
        let raised = time > self.high_water;
        self.high_water = self.high_water.max(time);
        raised
    }

    /// Takes a server-signed time; false if the server has said a later one before.
    pub fn anchor(&mut self, server: Time, reading: Reading) -> bool {
        if self.anchor.is_some_and(|anchor| anchor.server > server) {
            return false;
        }
        self.anchor = Some(Anchor {
            server,
            monotonic: reading.monotonic,
            boot: reading.boot,
        });
        self.high_water = server;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: Time = Time(1_800_000_000);

    fn reading(wall: u64, monotonic: u64, boot: u8) -> Reading {
        Reading {
            wall: Time(wall),
            monotonic,
            boot: [boot; 16],
        }
    }

    fn anchored() -> KnownTime {
        let mut known = KnownTime::default();
        assert!(known.anchor(START, reading(START.0, 100, 1)));
        known
    }

    /// T11, T12: whatever the wall clock says, time counts on from the anchor.
    #[test]
    fn the_wall_clock_does_not_matter_while_the_device_is_up() {
        for wall in [0, START.0 - 86_400, START.0 + 86_400 * 365] {
            let now = anchored().at(reading(wall, 160, 1));
            assert_eq!(
                (now.time, now.quality, now.age),
                (START.after(60), Quality::Anchored, 60)
            );
        }
    }

    /// T11: after a restart a clock set back is seen as what it is.
    #[test]
    fn after_a_restart_time_does_not_go_back() {
        let mut known = anchored();
        known.raise(START.after(1000));
        let honest = known.at(reading(START.0 + 5000, 3, 2));
        assert_eq!((honest.time, honest.quality), (START.after(5000), Quality::Rebooted));
        let set_back = known.at(reading(START.0 - 86_400, 3, 2));
        assert_eq!((set_back.time, set_back.quality), (START.after(1000), Quality::Lost));
        assert_eq!(set_back.age, 1000);
    }

    #[test]
    fn a_monotonic_clock_that_went_back_counts_as_a_restart() {
        assert_eq!(anchored().at(reading(START.0 + 5, 99, 1)).quality, Quality::Rebooted);
    }

    #[test]
    fn without_any_anchor_the_wall_clock_is_all_there_is() {
        let now = KnownTime::default().at(reading(START.0, 1, 1));
        assert_eq!((now.time, now.quality, now.age), (START, Quality::Lost, START.0));
    }

    /// A clock set far ahead and acted on is repaired by the server, and by nobody else.
    #[test]
    fn a_server_time_takes_the_mark_back_and_an_old_one_does_not() {
        let mut known = anchored();
        known.raise(START.after(86_400 * 365));
        assert!(
            !known.anchor(START.before(1), reading(0, 5, 2)),
            "an old answer shown again"
        );
        assert_eq!(known.at(reading(0, 5, 2)).time, START.after(86_400 * 365));
        assert!(known.anchor(START.after(60), reading(0, 5, 2)));
        assert_eq!(known.at(reading(0, 6, 2)).time, START.after(61));
    }

    #[derive(Clone, Copy, Debug)]
    enum Event {
        Pass(u64),
        SetWall(u64),
        Restart,
        Act,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0..100_000_u64).prop_map(Event::Pass),
            (0..2 * START.0).prop_map(Event::SetWall),
            Just(Event::Restart),
            Just(Event::Act),
        ]
    }

    proptest! {
        /// T11: however the clock is set and the device restarted, the wallet never acts on an earlier time than
        /// before, and without a restart it knows the true time to the second.
        #[test]
        fn no_setting_of_the_clock_takes_the_wallet_back(events in proptest::collection::vec(event(), 1..60)) {
            let mut known = anchored();
            let (mut now, mut passed, mut restarted) = (reading(START.0, 100, 1), 0, false);
            let mut last = START;
            for event in events {
                match event {
                    Event::Pass(seconds) => {
                        now.wall = now.wall.after(seconds);
                        now.monotonic += seconds;
                        passed += seconds;
                    }
                    Event::SetWall(wall) => now.wall = Time(wall),
                    Event::Restart => {
                        now.boot[0] = now.boot[0].wrapping_add(1);
                        now.monotonic = 0;
                        restarted = true;
                    }
                    Event::Act => {
                        let acted = known.at(now);
                        prop_assert!(acted.time >= last);
                        last = acted.time;
                        known.raise(acted.time);
                        if !restarted {
                            prop_assert_eq!(acted.time, START.after(passed));
                            prop_assert_eq!(acted.quality, Quality::Anchored);
                        }
                    }
                }
            }
        }
    }
}
