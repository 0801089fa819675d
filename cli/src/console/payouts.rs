//! What is paid, and when: the period that is open so far, and the ones that are closed (F092 to F095, F167).

use kinchaku_design::format::{Unit, money, number, signed_money};
use kinchaku_design::{Key, Lang, text};
use serde_json::Value;

use super::answer::Period;
use super::client::typed;
use super::shown::day;
use super::table::Table;
use crate::output::{Output, Problem};

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
    let lang = out.lang();
    if items.is_empty() {
        out.say(Key::ConsoleNoPeriods, &[]);
        return Ok(());
    }
    let mut heads = vec![
        Key::ConsoleHeadService,
        Key::ConsoleHeadPeriod,
        Key::ConsoleHeadUsePeriod,
        Key::ConsoleHeadPaidOn,
        Key::HistoryUse,
        Key::ConsoleSlipCancelled,
        Key::ConsoleHeadCarried,
        Key::ConsoleHeadPaid,
        Key::ConsoleHeadState,
    ];
    if whose == Whose::Town {
        heads.push(Key::ConsoleHeadShops);
    }
    let mut table = Table::new(out, &heads, &[1, 4, 5, 6, 7, 9]);
    for item in items {
        let period: Period = typed(item)?;
        let yen = |amount| money(lang, Unit::Yen, amount);
        let name = period.service.as_ref().map(|service| service.name.clone());
        let mut cells = vec![
            name.unwrap_or_else(|| period.class.to_string()),
            period.number.to_string(),
            format!("{}～{}", day(lang, &period.first), day(lang, &period.last)),
            day(lang, &period.paid_on),
            yen(period.used),
            yen(period.cancelled),
            signed_money(lang, Unit::Yen, period.carried_in),
            yen(period.paid),
            state(lang, &period.state),
        ];
        if whose == Whose::Town {
            cells.push(number(period.shops));
        }
        table.row(cells);
    }
    table.print(out);
    Ok(())
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
