//! What was paid and what is paid out: transactions of all shops, settlement, the bank's file, orders.

use kinchaku_design::format::{Unit, money, number};
use kinchaku_design::{Key, Lang, say, text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{
    CancelArgs, CloseArgs, OfficeSettlements, OfficeTransactions, OrdersArgs, RefundArgs, TransactionNamed,
    TransferArgs,
};
use crate::ask::confirmed;
use crate::console::answer::Detail;
use crate::console::client::{Client, typed};
use crate::console::page::{self, Pages};
use crate::console::payouts::{self, Whose};
use crate::console::shown::{day, moment, more, typed_day, versioned};
use crate::console::table::Table;
use crate::console::{cancel as cancelling, export, transactions as listing};
use crate::output::{Exit, Mark, Output, Problem};

/// `transactions`.
pub fn transactions(client: &Client, asked: &OfficeTransactions, out: &Output) -> Result<Exit, Problem> {
    let shop = asked.shop.iter().map(|shop| ("shop", shop.clone())).collect();
    listing::list(client, "/office/transactions", shop, &asked.listed, out)
}

/// `show`.
pub fn show(client: &Client, asked: &TransactionNamed, out: &Output) -> Result<Exit, Problem> {
    let id = listing::typed_id(&asked.transaction)?;
    let answer = client.get(&format!("/office/transactions/{id}"), &[])?;
    listing::show(answer, "office", out)
}

/// `cancel`: also after the close, where the office decides (F097).
pub fn cancel(client: &Client, asked: &CancelArgs, out: &Output) -> Result<Exit, Problem> {
    let id = listing::typed_id(&asked.transaction)?;
    let route = format!("/office/transactions/{id}");
    let answer = client.get(&route, &[])?;
    let detail: Detail = typed(&answer)?;
    let shop = detail
        .row
        .shop
        .as_ref()
        .map(|shop| shop.name.clone())
        .unwrap_or_default();
    cancelling::run(client, &format!("{route}/cancel"), &answer, &shop, asked, out)
}

/// `settlements`.
pub fn settlements(client: &Client, asked: OfficeSettlements, out: &Output) -> Result<Exit, Problem> {
    if let (Some(class), Some(number)) = (asked.class, asked.period) {
        let answer = client.get(&format!("/office/settlements/{class}/{number}"), &[])?;
        return payouts::shops(answer, out);
    }
    let query: Vec<_> = asked.class.iter().map(|class| ("class", class.to_string())).collect();
    let (items, _) = page::collected(client, "/office/settlements", &query, Pages::Whole, out)?;
    if !out.json() {
        payouts::print(&items, Whose::Town, out)?;
    }
    Ok(Exit::Done)
}

/// `close`: what is over is closed; from then on nothing can be posted or taken back in it.
pub fn close(client: &Client, asked: &CloseArgs, out: &Output) -> Result<Exit, Problem> {
    let through = asked.through.as_deref().map(typed_day).transpose()?;
    if !asked.yes {
        let lang = out.lang();
        let until = through.as_deref().map_or_else(
            || text(lang, Key::ConsoleCloseAllOver).to_owned(),
            |date| day(lang, date),
        );
        out.note(Key::ConsoleCloseWhat, &[("until", &until)]);
        out.note(Key::ConsoleCloseEffect, &[]);
        if !confirmed(Key::ConsoleCloseQuestion, &[], Key::ConsoleWordClose, out)? {
            out.note(Key::ConsoleStopped, &[]);
            return Ok(Exit::Other);
        }
    }
    let mut body = json!({});
    if let Some(members) = body.as_object_mut() {
        members.extend(asked.class.map(|class| ("class".to_owned(), class.into())));
        members.extend(through.map(|day| ("through".to_owned(), day.into())));
    }
    let answer = client.post("/office/settlements/close", &body)?;
    let items = page::items(answer);
    if out.json() {
        items.into_iter().for_each(|item| out.object(&versioned(item)));
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        out.say(Key::ConsoleCloseNothing, &[]);
        return Ok(Exit::Done);
    }
    let count = number(u64::try_from(items.len()).unwrap_or(0));
    out.verdict(Mark::Ok, &say(out.lang(), Key::ConsoleClosedDone, &[("count", &count)]));
    payouts::print(&items, Whose::Town, out)?;
    Ok(Exit::Done)
}

/// `transfer`: the bank's file (全銀).
pub fn transfer(client: &Client, asked: &TransferArgs, out: &Output) -> Result<Exit, Problem> {
    let route = format!("/office/settlements/{}/{}/transfer", asked.class, asked.number);
    export::save(client, &route, &[], &asked.file, out)
}

#[derive(Deserialize)]
struct Order {
    id: u64,
    #[serde(default)]
    programme: Option<u32>,
    #[serde(default)]
    units: u64,
    price: u64,
    face: u64,
    state: String,
    made_at: String,
    #[serde(default)]
    until: Option<String>,
}

/// `orders`.
pub fn orders(client: &Client, asked: &OrdersArgs, out: &Output) -> Result<Exit, Problem> {
    let query: Vec<_> = asked.state.iter().map(|state| ("state", state.clone())).collect();
    let (items, rest) = page::collected(client, "/office/orders", &query, Pages::of(asked.all), out)?;
    if !out.json() {
        print_orders(&items, out)?;
    }
    more(out, rest);
    Ok(Exit::Done)
}

fn print_orders(items: &[Value], out: &Output) -> Result<(), Problem> {
    let lang = out.lang();
    if items.is_empty() {
        out.say(Key::ConsoleNoOrders, &[]);
        return Ok(());
    }
    let heads = [
        Key::ConsoleHeadOrder,
        Key::ConsoleHeadMade,
        Key::ConsoleHeadProgramme,
        Key::ConsoleLots,
        Key::ConsoleHeadPrice,
        Key::ConsoleHeadFace,
        Key::ConsoleHeadState,
        Key::ConsoleHeadDue,
    ];
    let mut table = Table::new(out, &heads, &[0, 3, 4, 5]);
    for item in items {
        let order: Order = typed(item)?;
        let waits = order.state == "awaiting";
        table.row(vec![
            order.id.to_string(),
            moment(&order.made_at),
            order.programme.map(|number| number.to_string()).unwrap_or_default(),
            number(order.units),
            money(lang, Unit::Yen, order.price),
            money(lang, Unit::Yen, order.face),
            order_state(lang, &order.state),
            order
                .until
                .filter(|_| waits)
                .map(|until| moment(&until))
                .unwrap_or_default(),
        ]);
    }
    table.print(out);
    Ok(())
}

fn order_state(lang: Lang, state: &str) -> String {
    let key = match state {
        "awaiting" => Key::ConsoleOrderAwaiting,
        "paid" => Key::ConsoleOrderPaid,
        "failed" => Key::ConsoleOrderFailed,
        "lapsed" => Key::ConsoleOrderLapsed,
        "refunded" => Key::ConsoleOrderRefunded,
        "charged_back" => Key::ConsoleOrderChargedBack,
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}

/// `refund`: the money of an order goes back, and its value with it.
pub fn refund(client: &Client, asked: RefundArgs, out: &Output) -> Result<Exit, Problem> {
    let keys = (
        Key::ConsoleRefundQuestion,
        Key::ConsoleWordRefund,
        Key::ConsoleRefundDone,
    );
    of_order(client, "refund", keys, asked, out)
}

/// `paid`: cash came over the counter.
pub fn paid(client: &Client, asked: RefundArgs, out: &Output) -> Result<Exit, Problem> {
    let keys = (Key::ConsolePaidQuestion, Key::ConsoleWordTaken, Key::ConsolePaidDone);
    of_order(client, "paid", keys, asked, out)
}

/// What cannot be undone about an order, once it is meant.
fn of_order(
    client: &Client,
    what: &str,
    (question, word, done): (Key, Key, Key),
    asked: RefundArgs,
    out: &Output,
) -> Result<Exit, Problem> {
    let order = asked.order.to_string();
    if !asked.yes && !confirmed(question, &[("order", &order)], word, out)? {
        out.note(Key::ConsoleStopped, &[]);
        return Ok(Exit::Other);
    }
    let answer = client.post(&format!("/office/orders/{order}/{what}"), &json!({}))?;
    if out.json() {
        out.object(&versioned(answer));
    } else {
        out.verdict(Mark::Ok, &say(out.lang(), done, &[("order", &order)]));
    }
    Ok(Exit::Done)
}
