//! The town of the season: its folder, its server with a clock of its own, and the commands of office and shops.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use chrono::{NaiveDateTime, Utc};
use kinchaku_core::home::Town;
use kinchaku_core::trust::Roots;
use kinchaku_design::Key;
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::time::Time;
use serde_json::Value;

use super::super::error::{DemoError, Within as _};
use super::super::narrator::Narrator;
use super::super::server::Server;
use super::super::setting::{Setting, ShopSheet, roots_in, text};

/// The issuing region of `towns/mitaka-like`.
pub const MUNI: u64 = 13_901;
/// The sale.
pub const SALE: &str = "2024";
/// What is sold.
pub const VOUCHER: u32 = 2;
/// What is given for buying at 70 and over.
pub const POINTS: u32 = 1;

/// Ceilings of the story: 80 lots, fewer than are wanted. The source's are 1.2 billion and 200 million yen.
const CEILINGS: [(&str, &str); 2] = [
    ("issue = 1_200_000_000", "issue = 96_000"),
    ("premium = 200_000_000", "premium = 16_000"),
];
/// A notice on paper has a buyer number: nobody of this act has a card.
const BUYER: (&str, &str) = ("by = \"account\"", "by = \"buyer_number\"");

const FILES: [(&str, &str); 4] = [
    ("town.toml", include_str!("../../../../towns/mitaka-like/town.toml")),
    (
        "classes.toml",
        include_str!("../../../../towns/mitaka-like/classes.toml"),
    ),
    ("shops.csv", include_str!("../../../../towns/mitaka-like/shops.csv")),
    (
        "programmes/voucher-2024.toml",
        include_str!("../../../../towns/mitaka-like/programmes/voucher-2024.toml"),
    ),
];

/// A season in a town.
pub struct Season {
    /// Its server, folder, shops, and what wallets know of it.
    pub setting: Setting,
    clock: PathBuf,
    token: PathBuf,
    /// The token of the bakery's clerk.
    clerk: PathBuf,
    /// The time of the story.
    pub now: Time,
}

/// What a program answered.
pub struct Answer {
    /// Its exit status.
    pub status: i32,
    /// Its lines.
    pub lines: Vec<Value>,
}

impl Answer {
    /// Whether it ended well.
    pub const fn done(&self) -> bool {
        self.status == 0
    }

    /// Something in its last line.
    pub fn at(&self, place: &str) -> Value {
        let last = self.lines.last();
        last.and_then(|line| line.pointer(place))
            .cloned()
            .unwrap_or(Value::Null)
    }

    /// A text in its last line.
    pub fn text(&self, place: &str) -> String {
        self.at(place).as_str().unwrap_or_default().to_owned()
    }

    /// A number in its last line.
    pub fn number(&self, place: &str) -> u64 {
        self.at(place).as_u64().unwrap_or(0)
    }
}

/// A moment in Japan, `2024-06-03T10:00`.
pub fn moment(text: &str) -> Result<Time, DemoError> {
    let wall = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").within("moment")?;
    let seconds = wall.and_utc().timestamp().saturating_sub(9 * 3_600);
    Ok(Time(u64::try_from(seconds).within("moment")?))
}

impl Season {
    /// Makes the keys, starts the server, loads the folder.
    pub fn open(first: &Setting, narrator: &mut Narrator) -> Result<Self, DemoError> {
        let out = first.place("season");
        let folder = out.join("mitaka-like");
        std::fs::create_dir_all(folder.join("programmes"))?;
        for (name, content) in FILES {
            let mut content = content.to_owned();
            for (from, to) in CEILINGS.into_iter().chain([BUYER]) {
                content = content.replace(from, to);
            }
            std::fs::write(folder.join(name), content)?;
        }
        let clock = out.join("clock");
        let keys = out.join("town-keys");
        let database = format!("sqlite:{}", out.join("town.db").display());
        let now = moment("2024-03-25T09:00")?;
        set(&clock, now)?;
        let mut server = Server::new(database, keys, out.join("server.log"))?.in_town(MUNI, clock.clone());
        let roots = Roots::new(roots_in(&server.init_keys()?));
        contracts(&out.join("town-keys").join("town.json"))?;
        let address = server.start()?;
        let issued = server.office(&["token", "issue", "--role", "manager", "--name", "担当", "--days", "366"])?;
        let (token, clerk) = (out.join("token"), out.join("clerk-token"));
        secret(&token, &text(&issued, "token")?)?;
        let nothing = |name: &'static str| ShopSheet {
            shop: Pid([0; 8]),
            name,
            png: PathBuf::new(),
        };
        let setting = Setting {
            out,
            server,
            town: Town { address, muni: MUNI },
            roots,
            bakery: nothing("パン工房はと"),
            greengrocer: nothing("駅前書房"),
            stall: nothing(""),
        };
        let mut season = Self {
            setting,
            clock,
            token,
            clerk,
            now,
        };
        let folder = folder.display().to_string();
        let loaded = season.office(&["programmes", "load", &folder], "")?;
        let stock = season.office(&["programme", SALE], "")?;
        let lots = stock.number("/stock").to_string();
        narrator.prove(Key::DemoSeasonLoaded, loaded.done() && lots == "80", &[("lots", &lots)])?;
        season.sheets()?;
        let bakery = season.setting.bakery.shop.to_string();
        let words = ["token", "issue", "--role", "shop", "--name", "店員", "--shop", &bakery];
        let issued = season.setting.server.office(&words)?;
        secret(&season.clerk, &text(&issued, "token")?)?;
        Ok(season)
    }

    /// The sheets of two shops, as they would be printed.
    fn sheets(&mut self) -> Result<(), DemoError> {
        let books = self.setting.server.office(&["books"])?;
        let folder = self.setting.place("sheets");
        std::fs::create_dir_all(&folder)?;
        let folder = folder.display().to_string();
        let listed = books.get("shops").cloned().unwrap_or(Value::Null);
        let id = |name: &str| {
            let shops = listed.as_array().map_or(&[][..], Vec::as_slice);
            let shop = shops
                .iter()
                .find(|shop| shop.get("name").and_then(Value::as_str) == Some(name));
            shop.and_then(|shop| shop.get("shop")?.as_str().map(str::to_owned))
        };
        for sheet in [&mut self.setting.bakery, &mut self.setting.greengrocer] {
            let id = id(sheet.name).ok_or(DemoError::DidNotHappen("a shop of the folder"))?;
            let words = ["mark", "add", "--shop", &id, "--label", "レジ1", "--out", &folder];
            let made = self.setting.server.office(&words)?;
            sheet.shop = Pid::from_hex(&id).ok_or(DemoError::DidNotHappen("a shop id"))?;
            sheet.png = PathBuf::from(text(&made, "png")?);
        }
        Ok(())
    }

    /// The story goes on at another moment.
    pub fn at(&mut self, when: &str) -> Result<(), DemoError> {
        self.go_to(moment(when)?)
    }

    /// The same.
    pub fn go_to(&mut self, now: Time) -> Result<(), DemoError> {
        self.now = now;
        set(&self.clock, now)
    }

    /// `kinchaku office …` with the office's token.
    pub fn office(&self, words: &[&str], input: &str) -> Result<Answer, DemoError> {
        self.kinchaku("office", &self.token, words, input)
    }

    /// `kinchaku shop …` with the clerk's token.
    pub fn shop(&self, words: &[&str]) -> Result<Answer, DemoError> {
        self.kinchaku("shop", &self.clerk, words, "")
    }

    fn kinchaku(&self, who: &str, token: &std::path::Path, words: &[&str], input: &str) -> Result<Answer, DemoError> {
        let offset = offset(self.now)?;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--json", "--lang", "ja", "--clock", &offset, who])
            .args(words)
            .env("KINCHAKU_SERVER", &self.setting.town.address)
            .env("KINCHAKU_MUNI", MUNI.to_string())
            .env("KINCHAKU_TOKEN_FILE", token)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that asks for nothing has closed its end.
            let _ = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(Answer {
            status: output.status.code().unwrap_or(-1),
            lines: said
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect(),
        })
    }
}

/// Who collects money for the town, and from which account shops are paid.
fn contracts(path: &std::path::Path) -> Result<(), DemoError> {
    let mut town: Value = serde_json::from_slice(&std::fs::read(path)?).map_err(std::io::Error::other)?;
    if let Some(members) = town.as_object_mut() {
        members.insert("provider".to_owned(), "sandbox".into());
        let sender = serde_json::json!({
            "code": "1234567890", "bank": "9999", "branch": "001", "account": "普通 7654321",
            "holder": "ミタカシ", "bank_name": "タメシ", "branch_name": "ホンテン",
        });
        members.insert("sender".to_owned(), sender);
    }
    Ok(std::fs::write(path, town.to_string())?)
}

/// Seconds from the machine's clock to the story's.
fn offset(now: Time) -> Result<String, DemoError> {
    let story = i64::try_from(now.0).within("clock")?;
    Ok(story.saturating_sub(Utc::now().timestamp()).to_string())
}

fn set(clock: &std::path::Path, now: Time) -> Result<(), DemoError> {
    // In one step: the server may read it at any moment.
    let next = clock.with_extension("next");
    std::fs::write(&next, offset(now)?)?;
    Ok(std::fs::rename(next, clock)?)
}

/// A file for its owner alone.
fn secret(path: &std::path::Path, content: &str) -> Result<(), DemoError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    Ok(file.write_all(content.as_bytes())?)
}
