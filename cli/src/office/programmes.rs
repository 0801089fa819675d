//! The town's folder, how far a programme is, and lists of people. What is wrong with a file is said by file, line
//! and key (F071, F075, F076).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use encoding_rs::SHIFT_JIS;
use kinchaku_design::format::{Unit, money, number};
use kinchaku_design::{Key, Lang, text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{ProgrammeNamed, ProgrammesShow, RosterImport, TownFolder};
use crate::console::client::{Client, typed};
use crate::console::refusal::{Failed, Mistake};
use crate::console::shown::{moment, until, versioned};
use crate::console::table::{Table, facts};
use crate::output::{Exit, Mark, Output, Problem};

/// The files at the top of a town's folder.
const FILES: [&str; 4] = ["town.toml", "classes.toml", "shops.csv", "holidays.csv"];

#[derive(Deserialize)]
struct InForce {
    version: u64,
    files: BTreeMap<String, String>,
}

/// `programmes show`: the names of the files in force, or one of them.
pub fn show(client: &Client, asked: &ProgrammesShow, out: &Output) -> Result<Exit, Problem> {
    let answer = client.get("/office/programmes", &[])?;
    let folder: InForce = typed(&answer)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    if let Some(name) = &asked.town_file {
        let text = folder
            .files
            .get(name)
            .ok_or_else(|| Problem::new(Key::ErrorFileUnreadable, Exit::Usage).named("path", name.clone()))?;
        text.lines().for_each(|line| out.line(line));
        return Ok(Exit::Done);
    }
    if folder.files.is_empty() {
        out.say(Key::ConsoleNoFolder, &[]);
        return Ok(Exit::Done);
    }
    out.say(Key::ConsoleFolderVersion, &[("version", &number(folder.version))]);
    for (name, text) in &folder.files {
        let lines = u64::try_from(text.lines().count()).unwrap_or(0);
        out.say(Key::ConsoleFolderFile, &[("name", name), ("lines", &number(lines))]);
    }
    Ok(Exit::Done)
}

/// `programmes check`: everything that is wrong, and nothing changed.
pub fn check(client: &Client, folder: &TownFolder, out: &Output) -> Result<Exit, Problem> {
    let body = json!({ "files": files(&folder.town_folder)? });
    let answer = told(client.post("/office/programmes/check", &body), out)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let count = |name: &str| number(answer.get(name).and_then(Value::as_u64).unwrap_or(0));
    let (classes, programmes, shops) = (count("classes"), count("programmes"), count("shops"));
    let values = [
        ("classes", classes.as_str()),
        ("programmes", &programmes),
        ("shops", &shops),
    ];
    out.verdict(
        Mark::Ok,
        &kinchaku_design::say(out.lang(), Key::ConsoleFolderGood, &values),
    );
    Ok(Exit::Done)
}

/// `programmes load`.
pub fn load(client: &Client, folder: &TownFolder, out: &Output) -> Result<Exit, Problem> {
    let body = json!({ "files": files(&folder.town_folder)? });
    let answer = told(client.post("/office/programmes", &body), out)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let version = number(answer.get("version").and_then(Value::as_u64).unwrap_or(0));
    let line = kinchaku_design::say(out.lang(), Key::ConsoleFolderLoaded, &[("version", &version)]);
    out.verdict(Mark::Ok, &line);
    Ok(Exit::Done)
}

/// `roster import`: whole, or not at all.
pub fn import(client: &Client, asked: &RosterImport, out: &Output) -> Result<Exit, Problem> {
    let bytes = read(&asked.roster_file)?;
    let route = format!("/office/rosters/{}", escaped(&asked.roster));
    let shown = asked.roster_file.display().to_string();
    let answer = told_of(client.post_bytes(&route, "text/csv", bytes), Some(&shown), out)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let lines = number(answer.get("lines").and_then(Value::as_u64).unwrap_or(0));
    let values = [("name", asked.roster.as_str()), ("lines", &lines)];
    out.verdict(
        Mark::Ok,
        &kinchaku_design::say(out.lang(), Key::ConsoleRosterDone, &values),
    );
    Ok(Exit::Done)
}

/// A name as a part of a path.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn told(answer: Result<Value, Failed>, out: &Output) -> Result<Value, Problem> {
    told_of(answer, None, out)
}

/// The mistakes are said first, one a line; `file` is what the person calls it.
fn told_of(answer: Result<Value, Failed>, file: Option<&str>, out: &Output) -> Result<Value, Problem> {
    if let Err(Failed::Refused(refusal)) = &answer {
        for mistake in &refusal.problems {
            let name = file.unwrap_or(&mistake.file);
            if out.json() {
                out.object(&json!({
                    "schema": 1,
                    "file": name,
                    "line": mistake.line,
                    "key": mistake.key,
                    "said": mistake.said,
                }));
            } else {
                out.aside(&placed(out.lang(), name, mistake));
            }
        }
    }
    Ok(answer?)
}

/// `programmes/premium.toml:12 lots.price: …`: editors jump to such a place.
fn placed(lang: Lang, file: &str, mistake: &Mistake) -> String {
    let line = match mistake.line {
        0 => String::new(),
        line => format!(":{line}"),
    };
    let key = if mistake.key.is_empty() {
        String::new()
    } else {
        format!(" {}", mistake.key)
    };
    let colon = if lang == Lang::En { ": " } else { "：" };
    format!("{file}{line}{key}{colon}{}", mistake.said)
}

/// The texts of a town's folder: its own files and `programmes/*.toml`, nothing else of it.
fn files(folder: &Path) -> Result<BTreeMap<String, String>, Problem> {
    if !folder.is_dir() {
        return Err(unreadable(folder));
    }
    let mut names: Vec<String> = FILES.map(str::to_owned).to_vec();
    let programmes = fs::read_dir(folder.join("programmes")).into_iter().flatten();
    for entry in programmes.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") {
            names.push(format!("programmes/{name}"));
        }
    }
    let mut files = BTreeMap::new();
    for name in names {
        let path = folder.join(&name);
        if path.exists() {
            files.insert(name, decoded(read(&path)?, &path)?);
        }
    }
    Ok(files)
}

/// UTF-8, or what spreadsheets write where they are not told otherwise.
fn decoded(bytes: Vec<u8>, path: &Path) -> Result<String, Problem> {
    String::from_utf8(bytes).or_else(|error| {
        SHIFT_JIS
            .decode_without_bom_handling_and_without_replacement(error.as_bytes())
            .map(std::borrow::Cow::into_owned)
            .ok_or_else(|| unreadable(path))
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    fs::read(path).map_err(|_| unreadable(path))
}

fn unreadable(path: &Path) -> Problem {
    Problem::new(Key::ErrorFileUnreadable, Exit::Usage).named("path", path.display().to_string())
}

#[derive(Deserialize)]
struct Progress {
    id: u32,
    name: String,
    issued: u64,
    premium: u64,
    #[serde(default)]
    issue_ceiling: Option<u64>,
    #[serde(default)]
    premium_ceiling: Option<u64>,
    #[serde(default)]
    stock: Option<u64>,
    sold: u64,
    reserved: u64,
    applications: u64,
    #[serde(default)]
    windows: Vec<Window>,
}

#[derive(Deserialize)]
struct Window {
    what: String,
    opens: String,
    closes: String,
    state: String,
}

/// `programme`: stock, issue and premium against their ceilings, and what is open.
pub fn programme(client: &Client, named: ProgrammeNamed, out: &Output) -> Result<Exit, Problem> {
    let answer = client.get(&format!("/office/programmes/{}", named.programme), &[])?;
    let progress: Progress = typed(&answer)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let lang = out.lang();
    out.line(&format!("{} {}", progress.id, progress.name));
    let yen = |amount| money(lang, Unit::Yen, amount);
    let against = |value: u64, ceiling: Option<u64>| match ceiling {
        None => yen(value),
        Some(ceiling) => kinchaku_design::say(
            lang,
            Key::ConsoleAgainst,
            &[
                ("value", &yen(value)),
                ("ceiling", &yen(ceiling)),
                ("left", &yen(ceiling.saturating_sub(value))),
            ],
        ),
    };
    let mut rows = vec![
        (Key::ConsoleIssued, against(progress.issued, progress.issue_ceiling)),
        (Key::ConsolePremium, against(progress.premium, progress.premium_ceiling)),
    ];
    if let Some(stock) = progress.stock {
        let taken = progress.sold.saturating_add(progress.reserved);
        let values = [
            ("sold", number(progress.sold)),
            ("reserved", number(progress.reserved)),
            ("stock", number(stock)),
            ("left", number(stock.saturating_sub(taken))),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        rows.push((
            Key::ConsoleLots,
            kinchaku_design::say(lang, Key::ConsoleLotsLine, &values),
        ));
        rows.push((Key::ConsoleApplications, number(progress.applications)));
    }
    facts(out, &rows);
    let heads = [
        Key::ConsoleHeadWhat,
        Key::ConsoleHeadFrom,
        Key::ConsoleHeadTo,
        Key::ConsoleHeadState,
    ];
    let mut table = Table::new(out, &heads, &[]);
    for window in &progress.windows {
        table.row(vec![
            window_word(lang, &window.what),
            moment(&window.opens),
            until(&window.closes),
            standing(lang, &window.state),
        ]);
    }
    if !table.is_empty() {
        table.print(out);
    }
    Ok(Exit::Done)
}

fn window_word(lang: Lang, what: &str) -> String {
    let key = match what {
        "apply" => Key::ConsoleWindowApply,
        "buy" => Key::ConsoleWindowBuy,
        "receive" => Key::ConsoleWindowReceive,
        "use" => Key::ConsoleWindowUse,
        "earn" => Key::ConsoleWindowEarn,
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}

fn standing(lang: Lang, state: &str) -> String {
    let key = match state {
        "before" => Key::ConsoleWindowBefore,
        "open" => Key::ConsoleWindowOpen,
        "over" => Key::ConsoleWindowOver,
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_name_of_a_list_is_one_part_of_a_path() {
        assert_eq!(escaped("2024-04-01"), "2024-04-01");
        assert_eq!(escaped("a/b 名"), "a%2Fb%20%E5%90%8D");
    }
}
