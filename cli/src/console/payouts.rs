//! What is paid, and when: the period that is open so far, and the ones that are closed (F092 to F095, F167).

use kinchaku_design::format::{Unit, money, number, signed_money};
use kinchaku_design::{Key, Lang, text};
use serde_json::Value;

use super::answer::{Payout, Period};
use super::client::{nonsense, typed};
use super::page;
use super::shown::{day, versioned};
use super::table::Table;
use crate::output::{Exit, Output, Problem};

/// Whose periods are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One shop's.
    Shop,
    /// The town's.
    Town,
}

/// A table of periods.
pub fn print(items: &[Value], whose: Whose, out: &Output) -> Result<(), Problem> {
    if items.is_empty() {
        out.say(Key::ConsoleNoPeriods, &[]);
        return Ok(());
    }
    let heads = [
        Key::ConsoleHeadService,
        Key::ConsoleHeadPeriod,
        Key::ConsoleHeadUsePeriod,
        Key::ConsoleHeadPaidOn,
        Key::ConsoleHeadState,
        Key::HistoryUse,
        Key::ConsoleSlipCancelled,
        // A town's shops carry over each for itself.
        match whose {
            Whose::Shop => Key::ConsoleHeadCarried,
            Whose::Town => Key::ConsoleHeadShops,
        },
        Key::ConsoleHeadPaid,
    ];
    let mut table = Table::new(out, &heads, &[1, 5, 6, 7, 8]);
    for item in items {
        table.row(row(&typed(item)?, whose, out.lang()));
    }
    table.print(out);
    Ok(())
}

fn row(period: &Period, whose: Whose, lang: Lang) -> Vec<String> {
    let yen = |amount| money(lang, Unit::Yen, amount);
    let late = if period.late { text(lang, Key::ConsoleLate) } else { "" };
    let name = period.service.as_ref().map(|service| service.name.clone());
    vec![
        name.unwrap_or_else(|| period.class.to_string()),
        format!("{}{late}", period.number),
        format!("{}～{}", day(lang, &period.first), day(lang, &period.last)),
        day(lang, &period.paid_on),
        state(lang, &period.state),
        yen(period.used),
        yen(period.cancelled),
        match whose {
            Whose::Shop => signed_money(lang, Unit::Yen, period.carried_in),
            Whose::Town => number(period.shops),
        },
        yen(period.paid),
    ]
}

/// What each shop is paid for one period.
pub fn shops(mut answer: Value, out: &Output) -> Result<Exit, Problem> {
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let period = answer.get_mut("period").map(Value::take).ok_or_else(nonsense)?;
    print(&[period], Whose::Town, out)?;
    let lang = out.lang();
    let yen = |amount| money(lang, Unit::Yen, amount);
    let heads = [
        Key::WordShop,
        Key::HistoryUse,
        Key::ConsoleSlipCancelled,
        Key::ConsoleHeadCarried,
        Key::ConsoleHeadPaid,
    ];
    let mut table = Table::new(out, &heads, &[1, 2, 3, 4]);
    for item in page::items(answer) {
        let payout: Payout = typed(&item)?;
        table.row(vec![
            payout.shop.name,
            yen(payout.used),
            yen(payout.cancelled),
            signed_money(lang, Unit::Yen, payout.carried_in),
            yen(payout.paid),
        ]);
    }
    table.print(out);
    Ok(Exit::Done)
}

/// The word of a period's state.
pub fn state(lang: Lang, word: &str) -> String {
    let key = match word {
        "open" => Key::ConsolePeriodOpen,
        "due" => Key::ConsolePeriodDue,
        "closing" => Key::ConsolePeriodClosing,
        "closed" => Key::ConsoleStateClosed,
        "paid" => Key::ConsoleStatePaid,
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}
