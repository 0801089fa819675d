//! `wallet refusal`: the shop said no; its signed refusal gives the value back at once.

use kinchaku_core::pay::take_refusal;
use kinchaku_core::scan::Wanted;
use kinchaku_core::sync::deliver;
use kinchaku_design::format::{Unit, money};
use kinchaku_design::{Key, text};
use serde_json::json;

use super::shown;
use crate::args::RefusalArgs;
use crate::host::Opened;
use crate::output::{Exit, Mark, Output, Problem};
use crate::picture;
use crate::words::{self, state};

pub fn run(opened: &Opened, args: &RefusalArgs, out: &Output) -> Result<Exit, Problem> {
    let home = &opened.home;
    let code = picture::text(&args.seen, |text| Wanted::Refusal.fit(text))?;
    let (payment, verdict) = take_refusal(home, &code).map_err(|error| words::refusal::problem(&error))?;
    if opened.online {
        // It is back already; the server is told now or later.
        let _ = deliver(home, true);
    }
    let (word, reason) = state::verdict(verdict);
    if out.json() {
        let mut object = shown::payment(home, &payment, &shown::classes(home)?)?;
        if let Some(members) = object.as_object_mut() {
            members.insert("schema".to_owned(), 1.into());
            members.insert("reason".to_owned(), json!(word));
        }
        out.object(&object);
    } else {
        let reason = reason.map_or("", |key| text(out.lang(), key));
        let amount = money(out.lang(), Unit::Yen, payment.total.units());
        let said = kinchaku_design::say(
            out.lang(),
            Key::PayRefusalTaken,
            &[("reason", reason), ("amount", &amount)],
        );
        out.verdict(Mark::Ok, &said);
    }
    Ok(Exit::Done)
}
