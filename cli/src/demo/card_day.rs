//! The second act: a resident links her My Number card, over real PC/SC. Reader and cards are the virtual ones that
//! `make/smartcard.sh` starts, the town asks the test authorities of `kinchaku-jpki`, and every line is what a child
//! process of the real program did. Told in one line that it is left out, where there is no such reader.

use kinchaku_design::{Key, text as said};
use kinchaku_protocol::jpki::my_key_id::GENERATIONS;
use serde_json::{Value, json};

use super::card_table::{Authority, Card, Ran, Table};
use super::error::DemoError;
use super::narrator::Narrator;
use super::setting::{Setting, text};

/// The wrong password, the right one in small letters as people type it, and the PINs of the test cards.
const WRONG: &str = "WRONG1";
const PASSWORD: &str = "abc123";
const HANAKO_PIN: &str = "1234";
const NEIGHBOUR_PASSWORD: &str = "JIRO0621";
/// Commands of a link before the card gets the password (the card's own count is the one before).
const BEFORE_VERIFY: &str = "11:drop-after";

/// Lives it.
pub fn live(setting: &mut Setting, narrator: &mut Narrator) -> Result<(), DemoError> {
    narrator.chapter(Key::DemoCard);
    if !Table::is_there() {
        narrator.tell(Key::DemoCardSkipped, &[]);
        return Ok(());
    }
    let authority = Authority::start(&setting.place("jpki.log"))?;
    trust(setting, &authority)?;
    let address = setting.server.start()?;
    let table = Table::new(setting.out.clone());
    narrator.prove(Key::DemoCardTown, true, &[])?;
    let (hanako, account) = wallet(setting, &table, "hanako", &address)?;
    let (riku, _) = wallet(setting, &table, "riku", &address)?;
    narrator.prove(Key::DemoCardEnrolled, true, &[])?;

    linking(&table, &hanako, narrator)?;
    attacks(&table, &hanako, narrator)?;
    key_id(&table, &hanako, narrator)?;
    // A guardian is known by the key she logged in with.
    family(&table, &riku, narrator)?;
    narrator.prove(Key::DemoCardSilent, table.kept_silent()?, &[])?;
    erased(setting, &account, narrator)?;
    setting.server.stop()
}

/// The town's settings name whom to ask about certificates; the server reads them when it starts.
fn trust(setting: &Setting, authority: &Authority) -> Result<(), DemoError> {
    let path = setting.place("town-keys").join("town.json");
    let mut town: Value = serde_json::from_slice(&std::fs::read(&path)?).map_err(std::io::Error::other)?;
    if let Some(members) = town.as_object_mut() {
        let at = |route: &str| format!("{}/{route}", authority.address);
        members.insert(
            "jpki".to_owned(),
            json!({ "ocsp": at("ocsp"), "platform": at("correspondence") }),
        );
    }
    Ok(std::fs::write(path, town.to_string())?)
}

/// A wallet enrolled by the real command; its folder and its account.
fn wallet(setting: &Setting, table: &Table, name: &str, address: &str) -> Result<(String, String), DemoError> {
    let invited = setting.server.office(&["invite", "--role", "wallet"])?;
    let (code, account) = (text(&invited, "code")?, text(&invited, "account")?);
    let home = setting.place(name).display().to_string();
    let muni = setting.town.muni.to_string();
    let mut words = vec!["wallet", "--home", &home, "enrol", "--server", address, "--muni", &muni];
    let roots: Vec<String> = setting
        .roots
        .keys()
        .iter()
        .map(|root| data_encoding::HEXLOWER.encode(&root.0))
        .collect();
    for root in &roots {
        words.extend(["--root", root]);
    }
    words.extend(["--pin-fd", "0", &code]);
    let ran = table.run(&words, "2580\n")?;
    if !ran.done() {
        return Err(DemoError::DidNotHappen("a wallet"));
    }
    Ok((home, account))
}

fn link(home: &str) -> [&str; 7] {
    ["card", "--home", home, "link", "--yes", "--pin-fd", "0"]
}

fn linking(table: &Table, home: &str, narrator: &mut Narrator) -> Result<(), DemoError> {
    let card = Card::insert("adult", None, table)?;
    let ran = table.run(&link(home), WRONG)?;
    let log = card.log()?;
    let so = ran.code() == "K-705" && ran.number("/values/left") == Some(4) && log.verifies() == 1;
    screen(&ran, narrator);
    narrator.prove(Key::DemoCardWrong, so, &[("left", "4"), ("count", "1")])?;

    let ran = table.run(&link(home), PASSWORD)?;
    let so = ran.done() && ran.number("/level") == Some(2) && ran.steps() == 4 && card.log()?.verifies() == 2;
    narrator.prove(Key::DemoCardLinked, so, &[("count", "4")])?;
    let standing = table.run(&["card", "--home", home, "standing"], "")?;
    narrator.prove(Key::DemoCardOfficial, standing.number("/level") == Some(2), &[])?;
    narrator.screen(said(narrator.lang(), Key::CardStandingAdult), None);
    card.remove()
}

fn attacks(table: &Table, home: &str, narrator: &mut Narrator) -> Result<(), DemoError> {
    let card = Card::insert("adult", Some(BEFORE_VERIFY), table)?;
    let ran = table.run(&link(home), PASSWORD)?;
    let log = card.log()?;
    let so = ran.code() == "K-708" && log.verifies() == 1 && log.ends_with_a_count();
    screen(&ran, narrator);
    narrator.prove(Key::DemoCardPulled, so, &[("count", "1")])?;
    card.remove()?;

    let card = Card::insert("cloned", None, table)?;
    let ran = table.run(&link(home), PASSWORD)?;
    screen(&ran, narrator);
    narrator.prove(Key::DemoCardClone, ran.code() == "K-713", &[])?;
    card.remove()?;

    let before = table.run(&["card", "--home", home, "standing"], "")?;
    let card = Card::insert("neighbour", None, table)?;
    let ran = table.run(&link(home), NEIGHBOUR_PASSWORD)?;
    let after = table.run(&["card", "--home", home, "standing"], "")?;
    let unchanged =
        before.number("/level") == after.number("/level") && before.text("/linked_at") == after.text("/linked_at");
    screen(&ran, narrator);
    narrator.prove(Key::DemoCardNeighbour, ran.code() == "K-745" && unchanged, &[])?;
    card.remove()
}

/// The child's card, then the mother's on the same reader, when the program asks for it.
fn family(table: &Table, home: &str, narrator: &mut Narrator) -> Result<(), DemoError> {
    let child = Card::insert("child", None, table)?;
    let pins = format!("{}\n{}\n{HANAKO_PIN}\n", child.text_pin, child.auth_pin);
    let words = ["card", "--home", home, "link", "--minor", "--yes", "--pin-fd", "0"];
    let mut guardian = None;
    let mut child = Some(child);
    let ran = table.run_until(
        &words,
        &pins,
        said(kinchaku_design::Lang::Ja, Key::CardChangeGuardian),
        || {
            child.take().map_or(Ok(()), Card::remove)?;
            guardian = Some(Card::insert("adult", None, table)?);
            Ok(())
        },
    )?;
    narrator.prove(Key::DemoCardMinor, ran.done() && ran.number("/level") == Some(1), &[])?;
    guardian.map_or(Ok(()), Card::remove)
}

fn key_id(table: &Table, home: &str, narrator: &mut Narrator) -> Result<(), DemoError> {
    let card = Card::insert("adult", None, table)?;
    let made = table.run(&["card", "--home", home, "id", "generate", "--pin-fd", "0"], HANAKO_PIN)?;
    let left = made.number("/generations_left");
    let so = made.text("/outcome") == "candidate" && left == Some(u64::from(GENERATIONS.saturating_sub(1)));
    narrator.prove(Key::DemoCardCandidate, so, &[("count", &left.unwrap_or(0).to_string())])?;
    let id = made.text("/key_id");
    let taken = table.run(&["card", "--home", home, "id", "accept", &id], "")?;
    let so = taken.text("/outcome") == "registered" && taken.text("/key_id") == id;
    narrator.prove(Key::DemoCardKeyId, so, &[])?;
    let ran = table.run(&["card", "--home", home, "login", "--pin-fd", "0"], HANAKO_PIN)?;
    narrator.prove(Key::DemoCardLogin, ran.done() && ran.text("/state") == "done", &[])?;
    card.remove()
}

fn erased(setting: &Setting, account: &str, narrator: &mut Narrator) -> Result<(), DemoError> {
    setting
        .server
        .office(&["person", "erase", "--account", account, "--yes"])?;
    let audit = setting.server.office(&["audit"]);
    narrator.prove(Key::DemoCardErased, audit.is_ok(), &[])
}

fn screen(ran: &Ran, narrator: &mut Narrator) {
    narrator.screen(&ran.text("/message"), Some(&ran.code()));
}
