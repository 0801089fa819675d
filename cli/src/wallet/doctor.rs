//! `wallet doctor`: what opening found, and how store, keys, clock and outbox are.

use kinchaku_core::book::outbox;
use kinchaku_core::gate;
use kinchaku_core::home::Home;
use kinchaku_core::store::{Standing, StoreError};
use kinchaku_core::view;
use kinchaku_design::Key;
use kinchaku_design::format::{date, moment};
use kinchaku_protocol::doc::Quality;
use kinchaku_protocol::time::Time;
use serde_json::json;

use crate::host::Opened;
use crate::output::{Exit, Mark, Output, Problem};
use crate::words;

/// What was found.
struct Findings {
    current: bool,
    waiting: u32,
    parked: u32,
    tries_left: u8,
    quality: Quality,
    now: Time,
    device_until: Option<Time>,
    bulletin_made: Option<Time>,
    keyset: Option<u32>,
    offline_until: Option<Time>,
    as_of: Option<Time>,
}

pub fn run(opened: &Opened, out: &Output) -> Result<Exit, Problem> {
    let found = look(&opened.home)?;
    if out.json() {
        let text = |time: Option<Time>| time.map(|time| time.to_string());
        out.object(&json!({
            "schema": 1,
            "abandoned": opened.report.abandoned,
            "chain": if found.current { "current" } else { "rolled_back" },
            "outbox": { "waiting": found.waiting, "parked": found.parked },
            "pin": { "tries_left": found.tries_left },
            "clock": { "quality": found.quality.number(), "now": found.now.to_string() },
            "device_until": text(found.device_until),
            "bulletin_made_at": text(found.bulletin_made),
            "keyset": found.keyset,
            "offline_until": text(found.offline_until),
            "as_of": text(found.as_of),
        }));
    } else {
        tell(&found, out);
    }
    let healthy = found.current && found.parked == 0 && found.tries_left > 0;
    Ok(if healthy { Exit::Done } else { Exit::Partly })
}

fn look(home: &Home) -> Result<Findings, Problem> {
    let store = |error: StoreError| words::store::store(&error);
    let wallet = view::wallet(home).map_err(store)?;
    let now = home.now().map_err(store)?;
    let counts = home.store().read(|db| Ok::<_, StoreError>(outbox::counts(db)?));
    let (waiting, parked) = counts.map_err(store)?;
    let device = home.device().map_err(store)?;
    Ok(Findings {
        current: home.store().standing() == Standing::Current,
        waiting,
        parked,
        tries_left: gate::lock(home).status().map_err(words::gate::lock)?.tries_left,
        quality: now.quality,
        now: now.time,
        device_until: device.and_then(|device| device.window.get(1).copied()),
        bulletin_made: home.bulletin().map_err(store)?.map(|bulletin| bulletin.made_at),
        keyset: home.trust().map(|trust| trust.keyset().version),
        offline_until: wallet.offline_until,
        as_of: wallet.as_of,
    })
}

fn tell(found: &Findings, out: &Output) {
    let lang = out.lang();
    let say = |good: bool, key: Key, values: &[(&str, &str)]| {
        let mark = if good { Mark::Ok } else { Mark::Note };
        out.verdict(mark, &kinchaku_design::say(lang, key, values));
    };
    say(true, Key::DoctorOpened, &[]);
    let chain = if found.current {
        Key::DoctorChainCurrent
    } else {
        Key::DoctorChainOld
    };
    say(found.current, chain, &[]);
    say(
        found.parked == 0,
        Key::DoctorOutbox,
        &[
            ("waiting", &found.waiting.to_string()),
            ("parked", &found.parked.to_string()),
        ],
    );
    say(
        found.tries_left > 2,
        Key::PinTriesLeft,
        &[("left", &found.tries_left.to_string())],
    );
    let clock = match found.quality {
        Quality::Anchored => Key::DoctorClockAnchored,
        Quality::Rebooted => Key::DoctorClockRebooted,
        Quality::Lost => Key::DoctorClockLost,
    };
    say(found.quality != Quality::Lost, clock, &[]);
    if let Some(until) = found.device_until {
        say(
            found.now <= until,
            Key::DoctorDevice,
            &[("date", &date(lang, until.day().0, found.now.day().0))],
        );
    }
    if let (Some(made), Some(version)) = (found.bulletin_made, found.keyset) {
        let age = moment(lang, made.0, found.now.0);
        say(
            true,
            Key::DoctorTown,
            &[("version", &version.to_string()), ("time", &age)],
        );
    }
    if let Some(until) = found.offline_until {
        say(
            found.now <= until,
            Key::OfflineUsableUntil,
            &[("date", &date(lang, until.day().0, found.now.day().0))],
        );
    }
    out.line(&words::state::as_of(lang, found.as_of, found.now));
}
