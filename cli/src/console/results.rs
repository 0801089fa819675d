//! Results by day or by month: 付与, 利用, 付与キャンセル, 利用キャンセル, 有効期限切れ, 失効 and 差引 (F104 to F108).

use kinchaku_design::Key;
use serde_json::Value;

use super::answer::{ResultRow, Tally};
use super::client::{Client, typed};
use super::page::{self, Pages};
use super::shown::{day, tally};
use super::table::Table;
use super::transactions;
use crate::args::{By, ResultsArgs};
use crate::output::{Exit, Output, Problem};

/// `results`.
pub fn run(client: &Client, route: &str, args: &ResultsArgs, out: &Output) -> Result<Exit, Problem> {
    let mut query = transactions::days(&args.days)?;
    query.push(("by", args.by.word().to_owned()));
    let (items, _) = page::collected(client, route, &query, Pages::Whole, out)?;
    if out.json() {
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        out.say(Key::ConsoleNoTransactions, &[]);
        return Ok(Exit::Done);
    }
    print(&items, args.by, out)?;
    Ok(Exit::Done)
}

fn print(items: &[Value], by: By, out: &Output) -> Result<(), Problem> {
    let lang = out.lang();
    let first = match by {
        By::Day => Key::ConsoleHeadDay,
        By::Month => Key::ConsoleHeadMonth,
    };
    let heads = [
        first,
        Key::ConsoleHeadService,
        Key::HistoryGrant,
        Key::HistoryUse,
        Key::HistoryGrantCancelled,
        Key::ConsoleSlipCancelled,
        Key::ConsoleHeadExpired,
        Key::ConsoleHeadLapsed,
        Key::ConsoleHeadNet,
    ];
    let mut table = Table::new(out, &heads, &[2, 3, 4, 5, 6, 7, 8]);
    for item in items {
        let row: ResultRow = typed(item)?;
        let when = match (&row.day, &row.month) {
            (Some(date), _) => day(lang, date),
            (None, Some(month)) => month.replace('-', "/"),
            (None, None) => String::new(),
        };
        let said = |t: Tally| tally(lang, &row.service, t.amount, t.count);
        table.row(vec![
            when,
            row.service.name.clone(),
            said(row.add),
            said(row.sub),
            said(row.add_cancel),
            said(row.sub_cancel),
            said(row.expired),
            said(row.lapsed),
            said(row.net),
        ]);
    }
    table.print(out);
    Ok(())
}
