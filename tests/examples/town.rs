//! A running town for programs in other languages: the real server, the office's commands, and a software My Number card
//! at a reader. One JSON object a line comes in, one goes out; it ends when its input does.
//!
//! ```text
//! {"do":"town"}                              → address, muni, roots, counters with their sheets
//! {"do":"invite"} {"do":"invite","shop":…}   → code, account
//! {"do":"credit","account":n}                → what `running_town` gives a resident
//! {"do":"sheet","payload":…,"out":…}         → a picture of it, PNG
//! {"do":"owed","shop":…}                     → what the town owes a shop
//! {"do":"stop"} {"do":"start"}               the server
//! {"do":"card","person":"adult"}             → what the person types; from now on this card lies at the reader
//! {"do":"touch"} {"do":"transmit","hex":…}   → what the card answers
//! {"do":"measure","times":n}                 → nanoseconds of a screen's calls in Rust
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a scenario that cannot be set up has failed; it answers by printing"
)]

use std::fs::File;
use std::io::{BufRead as _, BufWriter};
use std::time::Instant;

use data_encoding::HEXLOWER;
use kinchaku_core::gate;
use kinchaku_core::home::Home;
use kinchaku_core::pay;
use kinchaku_core::view;
use kinchaku_fixtures::card::SoftCard;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_fixtures::jpki::responder::Responder;
use kinchaku_protocol::doc::Gate;
use kinchaku_protocol::ids::Pid;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::symbol::{Purpose, Symbol};
use kinchaku_tests::card_link::takes_cards;
use kinchaku_tests::counter::{AUTOMATIC, pay as paid};
use kinchaku_tests::database::Kind;
use kinchaku_tests::running_town::{Counter, PURSE, RunningTown, word};
use serde_json::{Value, json};

struct Scene {
    town: RunningTown,
    card: Option<SoftCard>,
    /// Lives as long as the town asks it.
    _responder: Responder,
}

fn main() {
    let mut town = RunningTown::start(Kind::Sqlite, "town").unwrap();
    let responder = takes_cards(&mut town);
    let mut scene = Scene {
        town,
        card: None,
        _responder: responder,
    };
    for line in std::io::stdin().lock().lines() {
        let asked: Value = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", scene.answer(&asked));
    }
}

impl Scene {
    fn answer(&mut self, asked: &Value) -> Value {
        match word(asked, "do").as_str() {
            "town" => self.describe(),
            "invite" => self.invite(asked.get("shop").and_then(Value::as_str)),
            "credit" => {
                self.town.credit(asked["account"].as_u64().unwrap(), PURSE);
                json!({})
            }
            "sheet" => {
                draw(&word(asked, "payload"), &word(asked, "out"));
                json!({})
            }
            "owed" => json!({ "sum": self.town.owed(Pid::from_hex(&word(asked, "shop")).unwrap()) }),
            "stop" => json!({ "well": self.town.server.stop() }),
            "start" => json!({ "address": self.town.server.start(None).unwrap() }),
            "card" => self.lay(&word(asked, "person")),
            "touch" => {
                let card = self.card.as_mut().unwrap();
                card.power_off();
                card.power_on();
                json!({})
            }
            "transmit" => {
                let command = HEXLOWER.decode(word(asked, "hex").as_bytes()).unwrap();
                json!({ "hex": HEXLOWER.encode(&self.card.as_mut().unwrap().transmit(&command)) })
            }
            "measure" => self.measure(asked["times"].as_u64().unwrap()),
            other => panic!("nobody does {other}"),
        }
    }

    fn describe(&self) -> Value {
        let counter = |counter: &Counter| json!({ "shop": counter.shop.to_string(), "sheet": counter.sheet });
        let roots = self.town.roots.keys().iter().map(|key| HEXLOWER.encode(&key.0));
        json!({
            "address": self.town.town.address,
            "muni": self.town.town.muni,
            "roots": roots.collect::<Vec<_>>(),
            "bakery": counter(&self.town.bakery),
            "greengrocer": counter(&self.town.greengrocer),
            "stall": counter(&self.town.stall),
        })
    }

    fn invite(&self, shop: Option<&str>) -> Value {
        match shop {
            None => {
                let (code, account) = self.town.invited();
                json!({ "code": code, "account": account })
            }
            Some(shop) => {
                let invited = self.town.server.office(&["invite", "--role", "shop", "--shop", shop]);
                json!({ "code": word(&invited, "code") })
            }
        }
    }

    fn lay(&mut self, person: &str) -> Value {
        let person = match person {
            "adult" => Person::Adult,
            "child" => Person::Child,
            "elder" => Person::Elder,
            "cloned" => Person::Cloned,
            other => panic!("nobody is {other}"),
        };
        self.card = Some(SoftCard::new(&person.content()));
        json!({ "sign_password": person.card().sign_password, "name": person.card().resident.name })
    }

    /// The ten calls that a screen makes most, each as a screen's process makes it in Rust.
    fn measure(&mut self, times: u64) -> Value {
        let payer = self.town.resident();
        let home = &payer.home;
        let sheet = self.town.bakery.sheet.clone();
        let shop = pay::read_shop(home, &sheet, false).unwrap();
        let quoted = |home: &Home| pay::quote(home, &shop, Amount::of(120), &AUTOMATIC, false).unwrap();
        let quote = quoted(home);
        let receipt = paid(home, &sheet, 300);
        let gate = Gate::PIN.and(Gate::DUPLICATE_OK);
        json!({
            "role": each(times, || view::role(home).unwrap()),
            "balance": each(times, || view::wallet(home).unwrap()),
            "history": each(times, || view::history(home).unwrap()),
            "pinStatus": each(times, || gate::lock(home).status().unwrap()),
            "recognise": each(times, || kinchaku_protocol::mpm::recognise(&sheet)),
            "amountOf": each(times, || pay::read_amount("１，２００円").unwrap()),
            "readShop": each(times, || pay::read_shop(home, &sheet, false).unwrap()),
            "quote": each(times, || quoted(home)),
            "prepare": each(times, || {
                let prepared = pay::prepare(home, &quote, gate).unwrap();
                pay::abandon(home, prepared).unwrap();
            }),
            "receipt": each(times, || {
                let paid = pay::receipt(home, receipt.reference).unwrap().unwrap();
                (paid.symbol().unwrap(), paid.short_symbol().unwrap())
            }),
        })
    }
}

/// Nanoseconds of one, by the median of nine rounds.
fn each<T>(times: u64, mut call: impl FnMut() -> T) -> u64 {
    let mut rounds: Vec<u128> = (0..9)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..times {
                std::hint::black_box(call());
            }
            started.elapsed().as_nanos() / u128::from(times)
        })
        .collect();
    rounds.sort_unstable();
    u64::try_from(rounds[4]).unwrap()
}

/// A sheet as it is printed, eight pixels a module.
fn draw(payload: &str, out: &str) {
    let luma = Symbol::of(Purpose::Mark, payload).unwrap().luma(8);
    let side = u32::try_from(luma.side).unwrap();
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(out).unwrap()), side, side);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&luma.pixels).unwrap();
}
