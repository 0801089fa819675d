//! What leaves the books: CSV files, the bank's file; and whether all of it adds up to the yen.

use kinchaku_design::Key;
use kinchaku_design::format::{Unit, money};
use serde_json::Value;

use super::super::error::{DemoError, Within as _};
use super::super::narrator::Narrator;
use super::town::{Season, VOUCHER};

/// The season.
const SUMMER: (&str, &str) = ("2024-06-03", "2024-08-31");
/// The week of which a payment is taken back when it is closed.
pub const WEEK_4: (&str, &str) = ("2024-06-22", "2024-06-28");

/// Writes the files and checks them.
pub fn check(season: &mut Season, transferred: u64, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoSeasonPapers);
    season.at("2024-09-18T09:00")?;
    let yen = |amount: u64| money(narrator.lang(), Unit::Yen, amount);

    let transactions = export(season, "transactions", SUMMER, "transactions.csv")?;
    let daily = export(season, "daily", SUMMER, "daily.csv")?;
    let by_row = net(&transactions, "serviceId", "operationId", "amount")?;
    let by_day = daily_net(&daily)?;
    let so = by_row == by_day && i64::try_from(transferred).ok() == Some(by_row);
    let total = yen(transferred);
    narrator.prove(Key::DemoSeasonAdds, so, &[("amount", &total)])?;

    let again = export(season, "transactions", WEEK_4, "week-4-again.csv")?;
    let first = std::fs::read_to_string(season.setting.place("week-4.csv"))?;
    narrator.prove(Key::DemoSeasonSame, again == first && !again.is_empty(), &[])?;

    let bank = season.setting.place("transfer.txt").display().to_string();
    let class = VOUCHER.to_string();
    let written = season.office(&["transfer", &class, "1", "--out", &bank], "")?;
    // A header, a record for each shop, a trailer and an end, of 120 bytes each.
    let records = std::fs::read(season.setting.place("transfer.txt"))?;
    let so = written.done() && records.len() == 5 * 120;
    narrator.prove(Key::DemoSeasonBank, so, &[("file", "season/transfer.txt")])?;

    let books = season.office(&["books"], "")?;
    let sums = books.at("/classes");
    let zero = sums.as_array().is_some_and(|classes| {
        !classes.is_empty()
            && classes
                .iter()
                .all(|class| class.get("sum").and_then(Value::as_i64) == Some(0))
    });
    let audit = season.office(&["audit"], "")?;
    narrator.prove(Key::DemoSeasonAudited, zero && audit.done(), &[])?;
    season.setting.server.stop()
}

/// Writes a file of the office's; gives what is in it.
pub fn export(season: &Season, kind: &str, (from, to): (&str, &str), name: &str) -> Result<String, DemoError> {
    let path = season.setting.place(name);
    let out = path.display().to_string();
    let done = season.office(&["export", kind, "--out", &out, "--from", from, "--to", to], "")?;
    if !done.done() {
        return Err(DemoError::DidNotHappen("an export"));
    }
    Ok(std::fs::read_to_string(path)?)
}

/// Uses less cancelled uses of the voucher in a file of transactions.
fn net(file: &str, service: &str, operation: &str, amount: &str) -> Result<i64, DemoError> {
    let mut rows = file.trim_start_matches('\u{feff}').lines();
    let header: Vec<&str> = rows.next().unwrap_or_default().split(',').collect();
    let at = |name: &str| header.iter().position(|column| column.trim_matches('"') == name);
    let (Some(service), Some(operation), Some(amount)) = (at(service), at(operation), at(amount)) else {
        return Err(DemoError::DidNotHappen("the columns of the source"));
    };
    let mut sum = 0_i64;
    for row in rows {
        let cells: Vec<&str> = row.split(',').map(|cell| cell.trim_matches('"')).collect();
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
        if cell(service) != VOUCHER.to_string() {
            continue;
        }
        let units: i64 = cell(amount).parse().within("an amount")?;
        match cell(operation) {
            "OP1" => sum = sum.saturating_add(units),
            "OP4" => sum = sum.saturating_sub(units),
            _ => {}
        }
    }
    Ok(sum)
}

/// The same in a file of days.
fn daily_net(file: &str) -> Result<i64, DemoError> {
    let mut rows = file.trim_start_matches('\u{feff}').lines();
    let header: Vec<&str> = rows.next().unwrap_or_default().split(',').collect();
    let at = |name: &str| header.iter().position(|column| column.trim_matches('"') == name);
    let (Some(service), Some(used), Some(cancelled)) = (at("serviceId"), at("subAmount"), at("subCancelAmount")) else {
        return Err(DemoError::DidNotHappen("the columns of the source"));
    };
    let mut sum = 0_i64;
    for row in rows {
        let cells: Vec<&str> = row.split(',').map(|cell| cell.trim_matches('"')).collect();
        let number = |at: usize| {
            cells
                .get(at)
                .copied()
                .unwrap_or_default()
                .parse::<i64>()
                .within("an amount")
        };
        if cells.get(service).copied() == Some(&*VOUCHER.to_string()) {
            sum = sum.saturating_add(number(used)?).saturating_sub(number(cancelled)?);
        }
    }
    Ok(sum)
}
