//! `shops.csv`: one shop a line, UTF-8 with or without a byte order mark. A wrong cell names its line and
//! column.

use std::collections::BTreeSet;

use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::mpm::shop_mark::Offline;
use sha2::{Digest as _, Sha256};

use super::model::Region;
use super::problem::{ProgrammeProblem, Wrong};
use crate::export::{Account, AccountKind};

const FILE: &str = "shops.csv";

/// The columns, by name, in any order.
const COLUMNS: [&str; 15] = [
    "code", "merchant", "name", "kana", "romaji", "city", "town", "postal", "mcc", "groups", "offline", "bank",
    "branch", "account", "holder",
];

/// One shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The town's own number for it.
    pub code: String,
    /// The merchant it belongs to.
    pub merchant: String,
    /// As on its sign.
    pub name: String,
    /// For sorting and speech.
    pub kana: String,
    /// For the payment code, in ASCII.
    pub romaji: String,
    /// Its town for the payment code, in ASCII.
    pub city: String,
    /// Its town, one of the region's.
    pub town: String,
    /// Postal code, seven digits.
    pub postal: String,
    /// Merchant category code (ISO 18245).
    pub mcc: u16,
    /// Groups it belongs to.
    pub groups: Vec<String>,
    /// What it takes without a network.
    pub offline: Offline,
    /// Where its money goes.
    pub account: Account,
}

impl Shop {
    /// Its id in documents: the same for the same code in the same region, so that reading the file again
    /// finds the same shop.
    #[must_use]
    pub fn pid(&self, region: u64) -> Pid {
        let mut digest = Sha256::new_with_prefix(b"kinchaku/shop/1\0");
        digest.update(region.to_be_bytes());
        digest.update(self.code.as_bytes());
        let mut id = [0; 8];
        for (to, from) in id.iter_mut().zip(digest.finalize()) {
            *to = from;
        }
        Pid(id)
    }
}

pub(super) fn read(text: &[u8], region: &Region) -> Result<Vec<Shop>, Vec<ProgrammeProblem>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let mut problems = Vec::new();
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(vec![syntax(1, &error)]),
    };
    for column in COLUMNS
        .into_iter()
        .filter(|column| !header.iter().any(|cell| cell == *column))
    {
        problems.push(problem(1, column, Wrong::Missing));
    }
    for column in header.iter().filter(|cell| !COLUMNS.contains(cell)) {
        problems.push(problem(1, column, Wrong::Unknown));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut shops = Vec::new();
    let mut codes = BTreeSet::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push(syntax(error.position().map_or(0, csv::Position::line), &error));
                break;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            let found = record.len();
            problems.push(problem(line, "", Wrong::Columns { found }));
            continue;
        }
        let cell = |column: &str| {
            let place = header.iter().position(|cell| cell == column);
            place.and_then(|place| record.get(place)).unwrap_or("").trim()
        };
        match shop(&cell, region) {
            Ok(shop) if codes.insert(shop.code.clone()) => shops.push(shop),
            Ok(shop) => problems.push(problem(line, "code", Wrong::Twice { name: shop.code })),
            Err(wrongs) => problems.extend(wrongs.into_iter().map(|(column, wrong)| problem(line, column, wrong))),
        }
    }
    if problems.is_empty() { Ok(shops) } else { Err(problems) }
}

fn shop<'a>(cell: &impl Fn(&str) -> &'a str, region: &Region) -> Result<Shop, Vec<(&'static str, Wrong)>> {
    let mut wrongs = Vec::new();
    for column in COLUMNS
        .into_iter()
        .filter(|column| *column != "groups" && cell(column).is_empty())
    {
        wrongs.push((column, Wrong::Missing));
    }
    for column in ["romaji", "city"].into_iter().filter(|column| !cell(column).is_ascii()) {
        wrongs.push((column, Wrong::NotAscii));
    }
    let town = cell("town");
    if !town.is_empty() && !region.towns.iter().any(|known| known == town) {
        let name = town.to_owned();
        wrongs.push(("town", Wrong::NoSuch { what: "町", name }));
    }
    let postal = cell("postal");
    let seven = postal.len() == 7 && postal.bytes().all(|byte| byte.is_ascii_digit());
    if !postal.is_empty() && !seven {
        let wanted = "数字7桁（ハイフンなし）";
        wrongs.push(("postal", Wrong::Kind { wanted }));
    }
    let mcc = cell("mcc").parse().ok().filter(|mcc| *mcc <= 9_999);
    if mcc.is_none() && !cell("mcc").is_empty() {
        wrongs.push(("mcc", Wrong::Range { least: 0, most: 9_999 }));
    }
    let offline = match cell("offline") {
        "none" => Some(Offline::None),
        "scan" => Some(Offline::Scan),
        "paper" => Some(Offline::Paper),
        _ => None,
    };
    if offline.is_none() && !cell("offline").is_empty() {
        let words = vec!["none", "scan", "paper"];
        wrongs.push(("offline", Wrong::Choice { words }));
    }
    // 普通 1234567: the kind before the number.
    let (kind, number) = cell("account").split_once(' ').unwrap_or(("", cell("account")));
    let kind = AccountKind::from_name(kind);
    if kind.is_none() && !cell("account").is_empty() {
        let wanted = "「普通 1234567」の形";
        wrongs.push(("account", Wrong::Kind { wanted }));
    }
    let account = kind.map(|kind| Account::new(cell("bank"), cell("branch"), kind, number.trim(), cell("holder")));
    let account = match account {
        Some(Err(problem)) => {
            wrongs.push((problem.column(), problem.into()));
            None
        }
        Some(Ok(account)) => Some(account),
        None => None,
    };
    match (mcc, offline, account) {
        (Some(mcc), Some(offline), Some(account)) if wrongs.is_empty() => Ok(Shop {
            code: cell("code").to_owned(),
            merchant: cell("merchant").to_owned(),
            name: cell("name").to_owned(),
            kana: cell("kana").to_owned(),
            romaji: cell("romaji").to_owned(),
            city: cell("city").to_owned(),
            town: town.to_owned(),
            postal: postal.to_owned(),
            mcc,
            groups: cell("groups").split_whitespace().map(ToOwned::to_owned).collect(),
            offline,
            account,
        }),
        _ => Err(wrongs),
    }
}

fn problem(line: u64, column: &str, wrong: Wrong) -> ProgrammeProblem {
    ProgrammeProblem {
        file: FILE.to_owned(),
        line: usize::try_from(line).unwrap_or(0),
        key: column.to_owned(),
        wrong,
    }
}

fn syntax(line: u64, error: &csv::Error) -> ProgrammeProblem {
    let said = error.to_string();
    problem(line, "", Wrong::Syntax { said })
}
