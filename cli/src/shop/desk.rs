//! `shop sales`, `show`, `cancel`, `cash-refund`, `results`, `settlements`, `export`: the shop's side of the JSON
//! API, for its enrolled device (`--home`) or for somebody with a token.

use kinchaku_design::{Key, say};
use kinchaku_protocol::doc::Role;
use serde_json::{Value, json};

use crate::args::{
    CancelArgs, CashRefund, ConsoleArgs, Device, ExportArgs, Listed, Nothing, ResultsArgs, ShopConsole,
    TransactionNamed,
};
use crate::ask::confirmed;
use crate::console::answer::{Detail, Shop};
use crate::console::client::typed;
use crate::console::page::{self, Pages};
use crate::console::{
    Client, cancel as cancelling, export as exporting, payouts, results as summing, shown, transactions,
};
use crate::host::Machine;
use crate::output::{Exit, Mark, Output, Problem};

/// A shop at the JSON API.
pub struct Desk {
    client: Client,
    shop: String,
}

impl Desk {
    /// By the device of `--home`, or else by a token.
    pub fn open<T: clap::Args>(
        device: &Device,
        asked: &ShopConsole<T>,
        machine: &Machine,
        out: &Output,
    ) -> Result<Self, Problem> {
        if device.offline {
            return Err(Problem::new(Key::ErrorOffline, Exit::NeedsNetwork));
        }
        let client = client(device, &asked.console, machine, out)?;
        let shop = match (&asked.shop, client.own_shop()?) {
            (Some(named), _) => named.clone(),
            (None, Some(own)) => own,
            (None, None) => only_shop(&client)?,
        };
        Ok(Self { client, shop })
    }

    fn route(&self, rest: &str) -> String {
        format!("/shops/{}/{rest}", self.shop)
    }

    fn transaction(&self, typed: &str) -> Result<(String, Value), Problem> {
        let id = transactions::typed_id(typed)?;
        let route = self.route(&format!("transactions/{id}"));
        let answer = self.client.get(&route, &[])?;
        Ok((route, answer))
    }

    /// The shop by name, as far as it is known here.
    fn name(&self, detail: &Detail) -> String {
        let named = detail.row.shop.as_ref().map(|shop| shop.name.clone());
        named
            .or_else(|| self.listed_name())
            .unwrap_or_else(|| self.shop.clone())
    }

    fn listed_name(&self) -> Option<String> {
        let shops = shops(&self.client).ok()?;
        shops
            .into_iter()
            .find(|shop| shop.shop == self.shop)
            .map(|shop| shop.name)
    }
}

fn client(device: &Device, args: &ConsoleArgs, machine: &Machine, out: &Output) -> Result<Client, Problem> {
    if device.home.is_none() {
        return Client::of_person(args);
    }
    let opened = machine.open(device, Role::Shop, out)?;
    let authority = Machine::authority(device)?;
    Client::of_device(opened.home, authority.as_deref())
}

fn shops(client: &Client) -> Result<Vec<Shop>, Problem> {
    let mut shops = Vec::new();
    page::each(client, "/shops", &[], Pages::All, |item| {
        shops.push(typed(&item)?);
        Ok(())
    })?;
    Ok(shops)
}

/// The shop of a token that is for one shop alone.
fn only_shop(client: &Client) -> Result<String, Problem> {
    match shops(client)?.as_slice() {
        [only] => Ok(only.shop.clone()),
        [] => Err(Problem::new(Key::ErrorTokenRole, Exit::Refused)),
        several => {
            let names: Vec<String> = several
                .iter()
                .take(20)
                .map(|shop| format!("{} {}", shop.shop, shop.name))
                .collect();
            Err(Problem::new(Key::ErrorWhichShop, Exit::Usage).named("shops", names.join("、")))
        }
    }
}

/// `sales`.
pub fn sales(desk: &Desk, asked: &Listed, out: &Output) -> Result<Exit, Problem> {
    transactions::list(&desk.client, &desk.route("transactions"), Vec::new(), asked, out)
}

/// `show`.
pub fn show(desk: &Desk, asked: &TransactionNamed, out: &Output) -> Result<Exit, Problem> {
    let (_, answer) = desk.transaction(&asked.transaction)?;
    transactions::show(answer, "shop", out)
}

/// `cancel`.
pub fn cancel(desk: &Desk, asked: &CancelArgs, out: &Output) -> Result<Exit, Problem> {
    let (route, answer) = desk.transaction(&asked.transaction)?;
    let detail: Detail = typed(&answer)?;
    let name = desk.name(&detail);
    cancelling::run(&desk.client, &format!("{route}/cancel"), &answer, &name, asked, out)
}

/// `cash-refund` (F097): written down, so that the payment is not taken back as well.
pub fn cash_refund(desk: &Desk, asked: &CashRefund, out: &Output) -> Result<Exit, Problem> {
    let (route, answer) = desk.transaction(&asked.named.transaction)?;
    let detail: Detail = typed(&answer)?;
    let lang = out.lang();
    let parts = transactions::parts(lang, &detail);
    if !asked.yes {
        cancelling::about(&detail, &desk.name(&detail), &parts, out);
        out.note(Key::ConsoleCashEffect, &[]);
        if !confirmed(Key::ConsoleCashQuestion, &[], Key::ConsoleWordCash, out)? {
            out.note(Key::ConsoleStopped, &[]);
            return Ok(Exit::Other);
        }
    }
    let done = desk
        .client
        .post(&format!("{route}/cash-refund"), &json!({ "note": asked.note }))?;
    if out.json() {
        out.object(&shown::versioned(done));
    } else {
        out.verdict(Mark::Ok, &say(lang, Key::ConsoleCashDone, &[("amount", &parts)]));
    }
    Ok(Exit::Done)
}

/// `results`.
pub fn results(desk: &Desk, asked: &ResultsArgs, out: &Output) -> Result<Exit, Problem> {
    summing::run(&desk.client, &desk.route("results"), asked, out)
}

/// `settlements` (F167).
pub fn settlements(desk: &Desk, _: &Nothing, out: &Output) -> Result<Exit, Problem> {
    let (items, _) = page::collected(&desk.client, &desk.route("settlements"), &[], Pages::Whole, out)?;
    if !out.json() {
        payouts::print(&items, payouts::Whose::Shop, out)?;
        out.say(Key::ConsoleOpenSoFar, &[]);
    }
    Ok(Exit::Done)
}

/// `export`.
pub fn export(desk: &Desk, asked: &ExportArgs, out: &Output) -> Result<Exit, Problem> {
    exporting::run(&desk.client, &desk.route("export"), asked, out)
}
