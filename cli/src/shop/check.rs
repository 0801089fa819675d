//! `shop check`: looks at a receipt without a network, and answers. Green, or red with a refusal that
//! the customer scans.

use std::path::Path;

use kinchaku_core::receive::{Answered, Checked, answer, check, refuse};
use kinchaku_design::format::{Unit, money};
use kinchaku_design::{Key, say, text};
use kinchaku_protocol::symbol::{Ground, Purpose, Symbol};
use serde_json::json;

use crate::args::ShopCheck;
use crate::host::Opened;
use crate::output::{Exit, Mark, Output, Problem};
use crate::picture;
use crate::words;
use crate::words::receive::{problem, shown_before, verdict};
use crate::words::state;

pub fn run(opened: &Opened, args: &ShopCheck, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    let receipt = super::receipt(&args.seen)?;
    let now = home.now().map_err(|error| words::store::store(&error))?.time;
    let checked = check(home, &receipt).map_err(|error| {
        if let Some(time) = shown_before(&error, out.lang(), now) {
            out.note(Key::ShopSame, &[("time", &time)]);
        }
        problem(&error)
    })?;
    let answered = if args.refuse {
        refuse(home, &checked)
    } else {
        answer(home, &checked)
    };
    let answered = answered.map_err(|error| problem(&error))?;
    tell(&checked, &answered, args, out)
}

fn tell(checked: &Checked, answered: &Answered, args: &ShopCheck, out: &Output) -> Result<Exit, Problem> {
    let refused = verdict(answered.verdict, &checked.proven.allowance.limits);
    let symbol = answered
        .refusal
        .as_deref()
        .map(|refusal| Symbol::of(Purpose::Code, refusal))
        .transpose()
        .map_err(|_| Problem::new(Key::ErrorInternal, Exit::Other))?;
    let wanted: Option<(&Symbol, &Path)> = symbol.as_ref().zip(args.refusal.as_deref());
    let written = wanted.map(|(symbol, path)| picture::write(symbol, path)).transpose();
    if out.json() {
        let path = written
            .as_ref()
            .ok()
            .and(wanted)
            .map(|(_, path)| path.display().to_string());
        let code = written.as_ref().err().or(refused.as_ref()).map(Problem::code);
        out.object(&json!({
            "schema": 1,
            "reference": answered.reference.to_string(),
            "confirmation": format!("{:03}", answered.confirmation),
            "amount": answered.total.units(),
            "unit": "yen",
            "accepted": answered.verdict.accepted(),
            "verdict": state::verdict(answered.verdict).0,
            "refusal": answered.refusal,
            "picture": path,
            "code": code,
        }));
    } else {
        say_it(answered, refused.as_ref(), symbol.as_ref(), out);
    }
    if let Err(problem) = written {
        out.warn(&problem);
        return Ok(problem.exit());
    }
    // Refusing is what was asked for: then it is done.
    Ok(refused
        .filter(|_| !args.refuse)
        .map_or(Exit::Done, |refused| refused.exit()))
}

fn say_it(answered: &Answered, refused: Option<&Problem>, symbol: Option<&Symbol>, out: &Output) {
    let lang = out.lang();
    let amount = money(lang, Unit::Yen, answered.total.units());
    let number = format!("{:03}", answered.confirmation);
    let (mark, word) = if refused.is_some() {
        (Mark::No, Key::ShopRefused)
    } else {
        (Mark::Ok, Key::ShopAccepted)
    };
    let line = say(
        lang,
        Key::ShopVerdictLine,
        &[("verdict", text(lang, word)), ("amount", &amount), ("number", &number)],
    );
    out.verdict(mark, &line);
    let Some(refused) = refused else {
        out.say(Key::ShopAcceptedBlind, &[]);
        return;
    };
    out.line(&format!("{} ({})", refused.text(lang), refused.code()));
    out.say(Key::ShopShowRefusal, &[]);
    if let Some(symbol) = symbol {
        out.line(&symbol.terminal(Ground::Dark));
    }
}
