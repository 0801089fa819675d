//! `shop relay`: the receipt goes up at once; green only by the server's signed fact.

use kinchaku_core::book::receipts::State;
use kinchaku_core::receive::{Relayed, relay};
use kinchaku_design::format::{Unit, money};
use kinchaku_design::{Key, say, text};
use serde_json::json;

use crate::args::ShopRelay;
use crate::host::Opened;
use crate::output::{Exit, Mark, Output, Problem};
use crate::words;
use crate::words::receive::{problem, shown_before};
use crate::words::state;

pub fn run(opened: &Opened, args: &ShopRelay, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    if !opened.online {
        return Err(Problem::new(Key::ErrorOffline, Exit::NeedsNetwork));
    }
    let receipt = super::receipt(&args.seen)?;
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    let relayed = relay(home, &receipt).map_err(|error| {
        if let Some(time) = shown_before(&error, out.lang(), now) {
            out.note(Key::ShopSame, &[("time", &time)]);
        }
        problem(&error)
    })?;
    tell(&relayed, out);
    Ok(exit(relayed.state))
}

/// Only what the server posted is paid; what it keeps undecided is neither.
const fn exit(state: State) -> Exit {
    match state {
        State::Posted | State::AcceptedBlind => Exit::Done,
        State::Waiting => Exit::Partly,
        State::Refused | State::Rejected | State::Reversed => Exit::Refused,
    }
}

fn tell(relayed: &Relayed, out: &Output) {
    let lang = out.lang();
    let reason = state::reason(relayed.reason);
    if out.json() {
        out.object(&json!({
            "schema": 1,
            "reference": relayed.reference.to_string(),
            "confirmation": format!("{:03}", relayed.confirmation),
            "amount": relayed.total.units(),
            "unit": "yen",
            "accepted": relayed.state.paid(),
            "state": state::receipt(relayed.state).0,
            "reason": reason.map(|(word, _)| word),
        }));
        return;
    }
    let amount = money(lang, Unit::Yen, relayed.total.units());
    let number = format!("{:03}", relayed.confirmation);
    let (mark, word) = match exit(relayed.state) {
        Exit::Done => (Mark::Ok, Key::ShopAccepted),
        Exit::Partly => (Mark::Note, Key::ShopStateParked),
        _ => (Mark::No, Key::ShopRefused),
    };
    let line = say(
        lang,
        Key::ShopVerdictLine,
        &[("verdict", text(lang, word)), ("amount", &amount), ("number", &number)],
    );
    out.verdict(mark, &line);
    if mark == Mark::Ok {
        out.say(Key::ShopAcceptedPosted, &[]);
    }
    if let Some((_, key)) = reason {
        out.say(key, &[]);
    }
}
