//! Members by their card number (F026), exchanges of points (F014, F015), and value that is taken away (F105).

use kinchaku_design::format::{Unit, money};
use kinchaku_design::{Key, Lang, say, text};
use kinchaku_protocol::rules::card_number;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{ExchangesArgs, ForfeitArgs, MemberArgs};
use crate::ask::confirmed;
use crate::console::client::{Client, typed};
use crate::console::page::{self, Pages};
use crate::console::shown::{day, moment, more, versioned};
use crate::console::table::Table;
use crate::output::{Exit, Mark, Output, Problem};

#[derive(Deserialize)]
struct Member {
    card: String,
    account: u64,
    stopped: bool,
    opened_at: String,
    holdings: Vec<Holding>,
}

#[derive(Deserialize)]
struct Holding {
    name: String,
    service_type: u8,
    value: i64,
    held: u64,
    owed: u64,
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    rank: Option<String>,
    coming: u64,
}

#[derive(Deserialize)]
struct Exchange {
    #[serde(default)]
    card: Option<String>,
    points: u64,
    amount: u64,
    asked_at: String,
    due: String,
    state: String,
}

/// A card number as it was typed, with its check digit.
fn card(typed: &str) -> Result<String, Problem> {
    let number = card_number::typed(typed).filter(|number| card_number::account(*number).is_some());
    number
        .map(card_number::shown)
        .ok_or(Problem::new(Key::ErrorCardNumber, Exit::Usage))
}

/// `member`.
pub fn member(client: &Client, asked: &MemberArgs, out: &Output) -> Result<Exit, Problem> {
    let card = card(&asked.card_number)?;
    let answer = client.get(&format!("/office/members/{card}"), &[])?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let member: Member = typed(&answer)?;
    let (account, opened) = (member.account.to_string(), moment(&member.opened_at));
    let values = [
        ("card", member.card.as_str()),
        ("account", &account),
        ("opened", &opened),
    ];
    out.say(Key::ConsoleMemberLine, &values);
    if member.stopped {
        out.say(Key::ConsoleMemberStopped, &[]);
    }
    let heads = [
        Key::ConsoleHeadClass,
        Key::ConsoleHeadValue,
        Key::ConsoleHeadHeld,
        Key::ConsoleHeadOwed,
        Key::ConsoleHeadUntil,
        Key::ConsoleHeadRank,
        Key::ConsoleHeadComing,
    ];
    let lang = out.lang();
    let mut table = Table::new(out, &heads, &[1, 2, 3, 6]);
    for holding in member.holdings {
        let unit = if holding.service_type == 2 {
            Unit::Point
        } else {
            Unit::Yen
        };
        let amount = |units| money(lang, unit, units);
        let below = if holding.value < 0 { "-" } else { "" };
        table.row(vec![
            holding.name,
            format!("{below}{}", amount(holding.value.unsigned_abs())),
            amount(holding.held),
            amount(holding.owed),
            holding.until.map(|until| day(lang, &until)).unwrap_or_default(),
            holding.rank.unwrap_or_default(),
            amount(holding.coming),
        ]);
    }
    table.print(out);
    Ok(Exit::Done)
}

/// `revoke-value`: the same key again takes nothing more.
pub fn revoke_value(client: &Client, asked: &ForfeitArgs, out: &Output) -> Result<Exit, Problem> {
    let card = card(&asked.card_number)?;
    let lang = out.lang();
    let class = asked.class.to_string();
    let amount = asked.units.map_or_else(
        || text(lang, Key::ConsoleForfeitAll).to_owned(),
        |units| money(lang, Unit::Yen, units),
    );
    let values = [("card", card.as_str()), ("class", &class), ("amount", &amount)];
    if !asked.yes && !confirmed(Key::ConsoleForfeitQuestion, &values, Key::ConsoleWordForfeit, out)? {
        out.note(Key::ConsoleStopped, &[]);
        return Ok(Exit::Other);
    }
    let mut body = json!({ "key": asked.key, "class": asked.class, "reason": asked.reason });
    if let (Some(units), Some(members)) = (asked.units, body.as_object_mut()) {
        members.insert("amount".to_owned(), units.into());
    }
    let answer = client.post(&format!("/office/members/{card}/forfeits"), &body)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let taken = answer.get("amount").and_then(Value::as_u64).unwrap_or(0);
    let amount = money(lang, Unit::Yen, taken);
    let values = [("amount", amount.as_str()), ("reason", &asked.reason)];
    out.verdict(Mark::Ok, &say(lang, Key::ConsoleForfeitDone, &values));
    Ok(Exit::Done)
}

/// `exchanges`.
pub fn exchanges(client: &Client, asked: &ExchangesArgs, out: &Output) -> Result<Exit, Problem> {
    let query: Vec<_> = asked.state.iter().map(|state| ("state", state.clone())).collect();
    let (items, rest) = page::collected(client, "/office/exchanges", &query, Pages::of(asked.all), out)?;
    if !out.json() {
        print(&items, out)?;
    }
    more(out, rest);
    Ok(Exit::Done)
}

fn print(items: &[Value], out: &Output) -> Result<(), Problem> {
    let lang = out.lang();
    if items.is_empty() {
        out.say(Key::ConsoleNoExchanges, &[]);
        return Ok(());
    }
    let heads = [
        Key::ConsoleHeadMade,
        Key::ConsoleHeadCard,
        Key::ConsoleHeadPoints,
        Key::ConsoleHeadAmountGiven,
        Key::ConsoleHeadDayDue,
        Key::ConsoleHeadState,
    ];
    let mut table = Table::new(out, &heads, &[2, 3]);
    for item in items {
        let exchange: Exchange = typed(item)?;
        table.row(vec![
            moment(&exchange.asked_at),
            exchange.card.unwrap_or_default(),
            money(lang, Unit::Point, exchange.points),
            money(lang, Unit::Yen, exchange.amount),
            day(lang, &exchange.due),
            state(lang, &exchange.state),
        ]);
    }
    table.print(out);
    Ok(())
}

fn state(lang: Lang, state: &str) -> String {
    let key = match state {
        "waiting" => Key::ConsoleExchangeWaiting,
        "granted" => Key::ConsoleExchangeGranted,
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}
