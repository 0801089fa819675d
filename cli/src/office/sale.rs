//! A sale's applications and its draw, as the office does them (F078, F149 to F152). The seed is made here and stays
//! in a file of the office until the draw: before it the server knows only its hash.

use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use kinchaku_design::format::number;
use kinchaku_design::{Key, Lang, say, text};
use kinchaku_protocol::rules::draw::commitment;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{apply, verify};
use crate::args::{ProgrammeNamed, SaleApplications, SaleClose, SaleCommand, SaleDraw, SaleVoid, Seeded};
use crate::ask::confirmed;
use crate::console::client::{Client, typed};
use crate::console::file;
use crate::console::page::{self, Pages};
use crate::console::shown::{moment, versioned};
use crate::console::table::Table;
use crate::output::{Exit, Mark, Output, Problem};

/// Runs a `sale` command.
pub fn run(client: &Client, command: &SaleCommand, out: &Output) -> Result<Exit, Problem> {
    match command {
        SaleCommand::Commit(asked) => commit(client, asked, out),
        SaleCommand::Applications(asked) => applications(client, *asked, out),
        SaleCommand::Apply(asked) => apply::run(client, asked, out),
        SaleCommand::Void(asked) => void(client, asked, out),
        SaleCommand::CloseList(asked) => close_list(client, *asked, out),
        SaleCommand::Draw(asked) => draw(client, asked, out),
        SaleCommand::Outcome(named) => verify::outcome(client, *named, out),
        SaleCommand::Verify(asked) => verify::verify(client, asked, out),
    }
}

fn route(named: ProgrammeNamed, rest: &str) -> String {
    format!("/office/sales/{}/{rest}", named.programme)
}

/// Makes the seed, keeps it, and publishes its hash. With the same file it can be done again after a failure.
fn commit(client: &Client, asked: &Seeded, out: &Output) -> Result<Exit, Problem> {
    let path = &asked.seed_file;
    if !path.exists() {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| Problem::new(Key::ErrorInternal, Exit::Other))?;
        let line = Zeroizing::new(format!("{}\n", HEXLOWER.encode(seed.as_ref())));
        file::secret(path, &line).map_err(|_| {
            Problem::new(Key::ErrorFileUnwritable, Exit::Other).named("path", path.display().to_string())
        })?;
    }
    let hash = HEXLOWER.encode(&commitment(&*seed(path)?));
    let answer = client.post(&route(asked.named, "commitment"), &json!({ "commitment": hash }))?;
    let shown = path.display().to_string();
    if out.json() {
        let mut object = versioned(answer);
        if let Some(members) = object.as_object_mut() {
            members.insert("commitment".to_owned(), hash.into());
            members.insert("seed_file".to_owned(), shown.into());
        }
        out.object(&object);
        return Ok(Exit::Done);
    }
    out.verdict(Mark::Ok, text(out.lang(), Key::ConsoleSeedDone));
    out.say(Key::ConsoleSeedHash, &[("hash", &hash)]);
    out.say(Key::ConsoleSeedKept, &[("path", &shown)]);
    Ok(Exit::Done)
}

fn seed(path: &Path) -> Result<Zeroizing<[u8; 32]>, Problem> {
    let wrong = || Problem::new(Key::ErrorSeedFile, Exit::Usage).named("path", path.display().to_string());
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|_| wrong())?);
    let bytes = Zeroizing::new(HEXLOWER.decode(text.trim().as_bytes()).map_err(|_| wrong())?);
    let seed = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| wrong())?;
    Ok(Zeroizing::new(seed))
}

#[derive(Deserialize)]
struct Application {
    id: String,
    wanted: u32,
    #[serde(default)]
    won: Option<u32>,
    #[serde(default)]
    void: bool,
    #[serde(default)]
    paper: bool,
    at: String,
}

/// Everybody who applied; names are not among it.
fn applications(client: &Client, asked: SaleApplications, out: &Output) -> Result<Exit, Problem> {
    let query = if asked.owing {
        vec![("owing", "true".to_owned())]
    } else {
        Vec::new()
    };
    let (items, _) = page::collected(client, &route(asked.named, "applications"), &query, Pages::All, out)?;
    if out.json() {
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        out.say(Key::ConsoleNoApplications, &[]);
        return Ok(Exit::Done);
    }
    let lang = out.lang();
    let heads = [
        Key::ConsoleHeadApplication,
        Key::ConsoleHeadApplied,
        Key::ConsoleHeadHow,
        Key::ConsoleHeadWanted,
        Key::ConsoleHeadWon,
        Key::ConsoleHeadState,
    ];
    let mut table = Table::new(out, &heads, &[3, 4]);
    let (mut count, mut wanted) = (0_u64, 0_u64);
    for item in &items {
        let application: Application = typed(item)?;
        if !application.void {
            count = count.saturating_add(1);
            wanted = wanted.saturating_add(application.wanted.into());
        }
        table.row(row(lang, &application));
    }
    table.print(out);
    let values = [("count", number(count)), ("wanted", number(wanted))];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    out.say(Key::ConsoleApplicationsSum, &values);
    Ok(Exit::Done)
}

fn row(lang: Lang, application: &Application) -> Vec<String> {
    let how = if application.paper {
        Key::ConsoleOnPaper
    } else {
        Key::ConsoleByApp
    };
    let state = if application.void {
        Key::ConsoleVoid
    } else {
        Key::ConsoleCounts
    };
    vec![
        application.id.clone(),
        moment(&application.at),
        text(lang, how).to_owned(),
        number(application.wanted.into()),
        application.won.map_or_else(|| "-".to_owned(), |won| number(won.into())),
        text(lang, state).to_owned(),
    ]
}

/// An application that does not count: a double or a fraud (F149).
fn void(client: &Client, asked: &SaleVoid, out: &Output) -> Result<Exit, Problem> {
    let id = asked.application.trim();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::new(Key::ErrorConsoleUnknown, Exit::Other));
    }
    if !asked.yes && !confirmed(Key::ConsoleVoidQuestion, &[("id", id)], Key::ConsoleWordVoid, out)? {
        out.note(Key::ConsoleStopped, &[]);
        return Ok(Exit::Other);
    }
    let answer = client.post(&route(asked.named, &format!("applications/{id}/void")), &json!({}))?;
    done(answer, &say(out.lang(), Key::ConsoleVoidDone, &[("id", id)]), out)
}

/// No more applications; the hash of their list is published.
fn close_list(client: &Client, asked: SaleClose, out: &Output) -> Result<Exit, Problem> {
    let number = asked.named.programme.to_string();
    if !asked.yes {
        let question = Key::ConsoleListQuestion;
        if !confirmed(question, &[("programme", &number)], Key::ConsoleWordClose, out)? {
            out.note(Key::ConsoleStopped, &[]);
            return Ok(Exit::Other);
        }
    }
    let answer = client.post(&route(asked.named, "close-list"), &json!({}))?;
    let hash = answer.get("list").and_then(Value::as_str).unwrap_or("").to_owned();
    done(answer, text(out.lang(), Key::ConsoleListDone), out)?;
    if !out.json() && !hash.is_empty() {
        out.say(Key::ConsoleListHash, &[("hash", &hash)]);
    }
    Ok(Exit::Done)
}

/// Draws. The seed is compared with what was published before it leaves this machine.
fn draw(client: &Client, asked: &SaleDraw, out: &Output) -> Result<Exit, Problem> {
    let named = asked.seeded.named;
    let seed = seed(&asked.seeded.seed_file)?;
    let published = verify::published(client, named)?;
    if published.commitment.as_deref() != Some(HEXLOWER.encode(&commitment(&seed)).as_str()) {
        return Err(Problem::new(Key::ErrorSeedOther, Exit::Refused));
    }
    if !asked.yes {
        let number = named.programme.to_string();
        if !confirmed(
            Key::ConsoleDrawQuestion,
            &[("programme", &number)],
            Key::ConsoleWordDraw,
            out,
        )? {
            out.note(Key::ConsoleStopped, &[]);
            return Ok(Exit::Other);
        }
    }
    let text = Zeroizing::new(HEXLOWER.encode(seed.as_ref()));
    let answer = client.post(&route(named, "draw"), &json!({ "seed": text.as_str() }))?;
    done(answer, kinchaku_design::text(out.lang(), Key::ConsoleDrawDone), out)?;
    if !out.json() {
        verify::outcome(client, named, out)?;
    }
    Ok(Exit::Done)
}

fn done(answer: Value, line: &str, out: &Output) -> Result<Exit, Problem> {
    if out.json() {
        out.object(&versioned(answer));
    } else {
        out.verdict(Mark::Ok, line);
    }
    Ok(Exit::Done)
}
