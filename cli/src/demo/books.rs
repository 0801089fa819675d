//! Chapter 8: the books. A trial balance for each class, each shop's list, and what the clone gained.

use kinchaku_design::Key;
use kinchaku_design::Lang;
use kinchaku_design::format::{Unit, money};
use serde_json::Value;

use super::error::DemoError;
use super::narrator::Narrator;
use super::setting::Setting;

/// Shops a clone could visit without a network in the story, and the most each takes from one holder in
/// a day: what a clone can gain at most before every shop has synced (docs/protocol.md, "Loss bound").
const SHOPS: u64 = 2;
const PER_SHOP_DAY: u64 = 5_000;

/// Closes the day.
pub fn close(setting: &mut Setting, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoBooks);
    let books = setting.server.office(&["books"])?;
    std::fs::write(setting.place("books.json"), books.to_string())?;
    for class in list(&books, "classes") {
        let sum: i64 = list(class, "books").iter().map(|book| number(book, "sum")).sum();
        let balanced = sum == 0 && number(class, "sum") == 0 && !list(class, "books").is_empty();
        narrator.prove(Key::DemoBalanced, balanced, &[("class", word(class, "name"))])?;
    }
    for shop in list(&books, "shops") {
        let posted = |sale: &&Value| word(sale, "status") == "posted";
        let count = list(shop, "sales").iter().filter(posted).count();
        let total: i64 = list(shop, "sales")
            .iter()
            .filter(posted)
            .map(|sale| number(sale, "total"))
            .sum();
        let owed: i64 = list(shop, "payable").iter().map(|owed| number(owed, "sum")).sum();
        let amount = money(narrator.lang(), Unit::Yen, total.unsigned_abs());
        let values = [
            ("shop", word(shop, "name")),
            ("amount", &*amount),
            ("count", &*count.to_string()),
        ];
        narrator.prove(Key::DemoShopList, total > 0 && total == owed, &values)?;
    }
    let gain: u64 = list(&books, "forks")
        .iter()
        .map(|fork| number(fork, "lost").unsigned_abs())
        .sum();
    let bound = SHOPS * PER_SHOP_DAY;
    let yen = |amount| money(Lang::Ja, Unit::Yen, amount);
    narrator.prove(
        Key::DemoBound,
        gain <= bound,
        &[("gain", &yen(gain)), ("bound", &yen(bound))],
    )?;
    let audit = setting.server.office(&["audit"]);
    narrator.prove(Key::DemoAudited, audit.is_ok(), &[])?;
    setting.server.stop()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or(0)
}
