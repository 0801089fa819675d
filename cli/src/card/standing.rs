//! `card standing`: what is linked to this wallet, as it was heard last; readable without a network (F056).

use kinchaku_core::link::{self, Waiting};
use kinchaku_design::format::{date, moment};
use kinchaku_design::{Key, say, text};
use serde_json::json;

use crate::host::Opened;
use crate::output::{Exit, Output, Problem, columns};
use crate::words;

pub fn run(wallet: &Opened, out: &Output) -> Result<Exit, Problem> {
    let standing = link::standing(&wallet.home).map_err(|error| words::store::store(&error))?;
    let now = wallet.home.now().map_err(|error| words::store::store(&error))?.time;
    let waiting = match standing.waiting {
        Some(Waiting::Network { until }) => Some(("network", Some(until))),
        Some(Waiting::Counter) => Some(("counter", None)),
        None => None,
    };
    let (card, id) = (standing.level > 0, standing.key_id.is_some());
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "level": standing.level,
            "linked_at": standing.linked_at.map(|time| time.to_string()),
            "key_id": standing.key_id,
            "waiting": waiting.map(|(for_what, until)| json!({
                "for": for_what,
                "until": until.map(|time| time.to_string()),
            })),
            "refused": standing.refused.map(|reason| words::link::reason_word(reason).0),
            "services": [
                { "service": "my_number_card", "linked": card },
                { "service": "my_key_id", "linked": id },
            ],
        }));
        return Ok(Exit::Done);
    }
    let lang = out.lang();
    out.say(
        match standing.level {
            0 => Key::CardStandingNone,
            1 => Key::CardStandingMinor,
            _ => Key::CardStandingAdult,
        },
        &[],
    );
    if let Some(at) = standing.linked_at {
        out.say(
            Key::CardStandingSince,
            &[("date", &date(lang, at.day().0, now.day().0))],
        );
    }
    let state = |linked: bool, waits: bool| match (linked, waits) {
        (true, _) => Key::CardServiceLinked,
        (false, true) => Key::CardServiceWaiting,
        (false, false) => Key::CardServiceOpen,
    };
    let row = |service, state: Key, more: &str| {
        vec![
            text(lang, service).to_owned(),
            text(lang, state).to_owned(),
            more.to_owned(),
        ]
    };
    let rows = [
        row(Key::CardServiceCard, state(card, waiting.is_some()), ""),
        row(
            Key::CardServiceKeyId,
            state(id, false),
            standing.key_id.as_deref().unwrap_or_default(),
        ),
    ];
    for line in columns(&rows, &[]) {
        out.line(&line);
    }
    match standing.waiting {
        Some(Waiting::Network { until }) => {
            out.line(&say(
                lang,
                Key::CardWaitsNetwork,
                &[("time", &moment(lang, until.0, now.0))],
            ));
        }
        Some(Waiting::Counter) => out.say(Key::CardStandingCounter, &[]),
        None => (),
    }
    if let Some(reason) = standing.refused {
        out.warn(&words::link::refused(reason));
    }
    Ok(Exit::Done)
}
