//! Transactions as they are posted, with both times, and one of them in full (F109, F112 to F114, F125, F128).

use std::collections::BTreeMap;

use kinchaku_design::{Key, Lang, say, text};
use serde_json::Value;

use super::answer::{Detail, Mark, May, Service, Transaction};
use super::client::{Client, typed};
use super::page::{self, Pages};
use super::refusal::cannot_cancel;
use super::shown;
use super::shown::{amount, moment, more, operation, signed, typed_day, unit, versioned};
use super::table::{Table, facts};
use crate::args::{Days, Listed};
use crate::output::{Exit, Mark as Sign, Output, Problem};

/// Days as a query.
pub fn days(days: &Days) -> Result<Vec<(&'static str, String)>, Problem> {
    let mut query = Vec::new();
    for (name, day) in [("from", &days.from), ("to", &days.to)] {
        if let Some(day) = day {
            query.push((name, typed_day(day)?));
        }
    }
    Ok(query)
}

/// `sales`, `transactions`: newest first.
pub fn list(
    client: &Client,
    route: &str,
    more_query: Vec<(&'static str, String)>,
    listed: &Listed,
    out: &Output,
) -> Result<Exit, Problem> {
    let mut query = days(&listed.days)?;
    query.extend(more_query);
    let mut rows: Vec<Transaction> = Vec::new();
    let rest = page::each(client, route, &query, Pages::of(listed.all), |item| {
        let row: Transaction = typed(&item)?;
        if out.json() {
            out.object(&with_unit(item, &row));
        } else {
            rows.push(row);
        }
        Ok(())
    })?;
    if !out.json() {
        print(&rows, rest, out);
    }
    more(out, rest);
    Ok(Exit::Done)
}

/// Amounts of machines have their unit.
fn with_unit(item: Value, row: &Transaction) -> Value {
    let mut object = versioned(item);
    let word = match unit(row.service.service_type) {
        kinchaku_design::format::Unit::Yen => "yen",
        kinchaku_design::format::Unit::Point => "point",
    };
    if let Some(members) = object.as_object_mut() {
        members.insert("unit".to_owned(), word.into());
    }
    object
}

fn print(rows: &[Transaction], rest: bool, out: &Output) {
    let lang = out.lang();
    if rows.is_empty() {
        out.say(Key::ConsoleNoTransactions, &[]);
        return;
    }
    let several = rows.iter().any(|row| row.shop.is_some());
    let mut heads = vec![
        Key::ConsoleHeadOccurred,
        Key::ConsoleHeadPosted,
        Key::WordTransactionNumber,
        Key::ConsoleHeadOperation,
        Key::ConsoleHeadService,
        Key::WordAmount,
        Key::ConsoleHeadState,
    ];
    if several {
        heads.push(Key::WordShop);
    }
    let mut table = Table::new(out, &heads, &[5]);
    for row in rows {
        let mut cells = vec![
            moment(&row.occurred_at),
            moment(&row.posted_at),
            row.tran_id.clone(),
            operation(lang, &row.operation_id, row.combined, &row.operation_name),
            row.service.name.clone(),
            amount(lang, &row.service, row.amount),
            state(lang, row).to_owned(),
        ];
        cells.extend(row.shop.as_ref().map(|shop| shop.name.clone()));
        table.row(cells);
    }
    table.print(out);
    if !rest {
        print_net(rows, out);
    }
}

/// Use less cancelled use, by service: points and yen are never added up (F108, F122).
fn print_net(rows: &[Transaction], out: &Output) {
    let lang = out.lang();
    let mut sums: BTreeMap<u64, (&Service, i64)> = BTreeMap::new();
    for row in rows {
        let value = i64::try_from(row.amount).unwrap_or(i64::MAX);
        let value = match row.operation_id.as_str() {
            "OP1" => value,
            "OP4" => value.saturating_neg(),
            _ => continue,
        };
        let sum = sums.entry(row.service.class).or_insert((&row.service, 0));
        sum.1 = sum.1.saturating_add(value);
    }
    let said: Vec<String> = sums
        .values()
        .map(|(service, sum)| format!("{} {}", service.name, signed(lang, service, *sum)))
        .collect();
    if !said.is_empty() {
        out.say(Key::ConsoleNet, &[("sums", &said.join("  "))]);
    }
}

/// The word of a row's state.
fn state(lang: Lang, row: &Transaction) -> &'static str {
    let key = match (row.active, row.closed) {
        // The slip itself is no payment that could be taken back.
        _ if row.operation_id == "OP4" => Key::ConsoleSlip,
        (false, _) => Key::ConsoleStateCancelled,
        (true, true) => Key::ConsoleStateClosed,
        (true, false) => Key::ConsoleStatePosted,
    };
    text(lang, key)
}

/// `show`: one transaction in full, and whether it can be taken back. `command` is who does that.
pub fn show(answer: Value, command: &str, out: &Output) -> Result<Exit, Problem> {
    let detail: Detail = typed(&answer)?;
    if out.json() {
        let row = detail.row.clone();
        out.object(&with_unit(answer, &row));
        return Ok(Exit::Done);
    }
    let lang = out.lang();
    let row = &detail.row;
    let line = |mark: &Mark| {
        let label = if mark.label.is_empty() { &mark.mark } else { &mark.label };
        label.clone()
    };
    facts(
        out,
        &[
            (Key::WordTransactionNumber, row.tran_id.clone()),
            (
                Key::ConsoleHeadOperation,
                operation(lang, &row.operation_id, row.combined, &row.operation_name),
            ),
            (Key::ConsoleHeadState, state(lang, row).to_owned()),
            (Key::WordAmount, amount(lang, &row.service, row.amount)),
            (Key::ConsoleHeadService, row.service.name.clone()),
            (Key::ConsoleHeadOccurred, moment(&row.occurred_at)),
            (Key::ConsoleHeadPosted, moment(&row.posted_at)),
            (
                Key::WordShop,
                row.shop.as_ref().map(|shop| shop.name.clone()).unwrap_or_default(),
            ),
            (Key::WordRegister, row.mark.as_ref().map(line).unwrap_or_default()),
            (Key::ConsoleHeadUser, row.uid.clone()),
            (Key::ConsoleHeadBefore, signed(lang, &row.service, row.before)),
            (Key::ConsoleHeadAfter, signed(lang, &row.service, row.after)),
            (Key::ConsoleHeadTarget, row.target_tran_id.clone().unwrap_or_default()),
            (Key::ConsoleHeadNote, detail.note.clone().unwrap_or_default()),
        ],
    );
    if detail.parts.len() > 1 {
        out.say(Key::ConsoleParts, &[]);
        let mut table = Table::new(
            out,
            &[
                Key::WordTransactionNumber,
                Key::ConsoleHeadService,
                Key::WordAmount,
                Key::ConsoleHeadState,
            ],
            &[2],
        );
        for part in &detail.parts {
            table.row(vec![
                part.tran_id.clone(),
                part.service.name.clone(),
                amount(lang, &part.service, part.amount),
                state(lang, part).to_owned(),
            ]);
        }
        table.print(out);
    }
    if let Some(may) = &detail.may_cancel {
        say_whether(may, &detail, command, out);
    }
    Ok(Exit::Done)
}

fn say_whether(may: &May, detail: &Detail, command: &str, out: &Output) {
    let lang = out.lang();
    if may.ok {
        let total = detail.total.to_string();
        let line = say(
            lang,
            Key::ConsoleMayCancel,
            &[("command", command), ("id", &detail.row.tran_id), ("amount", &total)],
        );
        out.verdict(Sign::Ok, &line);
        return;
    }
    let key = may
        .code
        .as_deref()
        .and_then(cannot_cancel)
        .unwrap_or(Key::ErrorCancelNotUse);
    out.verdict(Sign::Note, text(lang, key));
    if command == "shop" && detail.may_refund_cash.as_ref().is_some_and(|may| may.ok) {
        out.say(Key::ConsoleMayRefund, &[("id", &detail.row.tran_id)]);
    }
}

/// `商品券1,000円、コイン200円`.
pub fn parts(lang: Lang, detail: &Detail) -> String {
    let uses = detail.parts.iter().filter(|part| part.operation_id == "OP1");
    let said: Vec<String> = uses.map(|part| part_of(lang, part)).collect();
    if said.is_empty() {
        part_of(lang, &detail.row)
    } else {
        said.join(match lang {
            Lang::Ja | Lang::Easy => "、",
            Lang::En => ", ",
        })
    }
}

fn part_of(lang: Lang, part: &Transaction) -> String {
    let gap = if lang == Lang::Ja { "" } else { " " };
    format!(
        "{}{gap}{}",
        part.service.name,
        shown::amount(lang, &part.service, part.amount)
    )
}

/// A transaction's number as it may be typed: with gaps, in wide digits.
pub fn typed_id(text: &str) -> Result<String, Problem> {
    let digits: Option<String> = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '－' | '　'))
        .map(|c| match c {
            '０'..='９' => u32::from(c)
                .checked_sub(u32::from('０'))
                .and_then(|digit| char::from_digit(digit, 10)),
            _ => Some(c),
        })
        .collect();
    digits
        .filter(|digits| digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or(Problem::new(Key::ErrorTransactionNumber, Exit::Usage))
}

#[cfg(test)]
mod tests {
    use super::typed_id;

    #[test]
    fn a_number_may_be_typed_in_groups() {
        let id = "20240603000000000001";
        assert_eq!(typed_id("2024 0603 0000 0000 0001").unwrap(), id);
        assert_eq!(typed_id("２０２４-0603-0000-0000-0001").unwrap(), id);
        assert!(typed_id("2024060300000000000").is_err());
        assert!(typed_id("2024060300000000000x").is_err());
    }
}
