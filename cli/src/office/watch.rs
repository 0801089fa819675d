//! Whose token this is, jobs, the trial balance, and whether the books agree with themselves.

use kinchaku_design::format::number;
use kinchaku_design::{Key, Lang, say, text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{JobArgs, LogArgs};
use crate::console::answer::Service;
use crate::console::client::{Client, typed};
use crate::console::shown::{moment, signed, versioned};
use crate::console::table::{Table, facts};
use crate::output::{Exit, Mark, Output, Problem};

#[derive(Deserialize)]
struct Me {
    name: String,
    role: String,
    #[serde(default)]
    merchant: Option<String>,
    #[serde(default)]
    shop: Option<String>,
    expires: String,
}

/// `me`.
pub fn me(client: &Client, out: &Output) -> Result<Exit, Problem> {
    let answer = client.get("/me", &[])?;
    let me: Me = typed(&answer)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    facts(
        out,
        &[
            (Key::ConsoleHeadName, me.name),
            (Key::ConsoleHeadRole, role(out.lang(), &me.role)),
            (Key::ConsoleHeadMerchant, me.merchant.unwrap_or_default()),
            (Key::WordShop, me.shop.unwrap_or_default()),
            (Key::ConsoleHeadExpires, moment(&me.expires)),
        ],
    );
    Ok(Exit::Done)
}

fn role(lang: Lang, word: &str) -> String {
    let key = match word {
        "shop" => Key::ConsoleRoleShop,
        "merchant" => Key::ConsoleRoleMerchant,
        "viewer" => Key::ConsoleRoleViewer,
        "office" => Key::ConsoleRoleOffice,
        "manager" => Key::ConsoleRoleManager,
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}

/// `job`: any of them may run twice, or late.
pub fn job(client: &Client, asked: &JobArgs, out: &Output) -> Result<Exit, Problem> {
    let name = asked.job.trim();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
        return Err(Problem::new(Key::ErrorJobName, Exit::Usage));
    }
    let mut body = json!({});
    if let (Some(at), Some(members)) = (&asked.at, body.as_object_mut()) {
        members.insert("at".to_owned(), at.as_str().into());
    }
    let answer = client.post(&format!("/office/jobs/{name}"), &body)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let done = answer
        .get("done")
        .or_else(|| answer.get("count"))
        .and_then(Value::as_u64);
    let values = [("name", name.to_owned()), ("count", number(done.unwrap_or(0)))];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    out.verdict(Mark::Ok, &say(out.lang(), Key::ConsoleJobDone, &values));
    Ok(Exit::Done)
}

#[derive(Deserialize)]
struct ClassBooks {
    #[serde(flatten)]
    service: Service,
    books: Vec<Line>,
    sum: i64,
}

#[derive(Deserialize)]
struct Line {
    book: String,
    sum: i64,
}

/// `books`: every class adds up to zero, or something is wrong.
pub fn books(client: &Client, out: &Output) -> Result<Exit, Problem> {
    let answer = client.get("/office/books", &[])?;
    let classes = answer.get("classes").cloned().unwrap_or_else(|| answer.clone());
    let classes: Vec<ClassBooks> = typed(&classes)?;
    let level = classes.iter().all(|class| class.sum == 0);
    if out.json() {
        out.object(&versioned(answer));
    } else {
        print(&classes, out);
    }
    if level {
        Ok(Exit::Done)
    } else {
        Err(Problem::new(Key::ErrorBooksUneven, Exit::Other))
    }
}

fn print(classes: &[ClassBooks], out: &Output) {
    let lang = out.lang();
    let heads = [Key::ConsoleHeadService, Key::ConsoleHeadBook, Key::ConsoleHeadSum];
    let mut table = Table::new(out, &heads, &[2]);
    for class in classes {
        for line in &class.books {
            table.row(vec![
                class.service.name.clone(),
                book(lang, &line.book),
                signed(lang, &class.service, line.sum),
            ]);
        }
        table.row(vec![
            class.service.name.clone(),
            text(lang, Key::WordTotal).to_owned(),
            signed(lang, &class.service, class.sum),
        ]);
    }
    table.print(out);
    if classes.iter().all(|class| class.sum == 0) {
        out.verdict(Mark::Ok, text(lang, Key::ConsoleBooksEven));
    }
}

#[derive(Deserialize)]
struct Audited {
    looked_at: u64,
    #[serde(default)]
    state: String,
    violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    rule: String,
    place: String,
}

/// `audit`.
pub fn audit(client: &Client, out: &Output) -> Result<Exit, Problem> {
    let answer = client.get("/office/audit", &[])?;
    let audited: Audited = typed(&answer)?;
    if out.json() {
        out.object(&versioned(answer));
    } else {
        let looked_at = number(audited.looked_at);
        out.say(Key::ConsoleAudited, &[("count", &looked_at)]);
        if !audited.state.is_empty() {
            out.say(Key::ConsoleAuditState, &[("hash", &audited.state)]);
        }
        for violation in &audited.violations {
            let line = format!("{} {}", violation.rule, violation.place);
            out.verdict(Mark::No, &line);
        }
        if audited.violations.is_empty() {
            out.verdict(Mark::Ok, text(out.lang(), Key::ConsoleAuditClean));
        }
    }
    if audited.violations.is_empty() {
        Ok(Exit::Done)
    } else {
        Err(Problem::new(Key::ErrorAudit, Exit::Other))
    }
}

#[derive(Deserialize)]
struct Deeds {
    items: Vec<Deed>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Deed {
    id: u64,
    token: u64,
    #[serde(default)]
    device: Option<u64>,
    deed: String,
    target: String,
    at: String,
}

/// `log`: a page of it; the next one is asked for with `--after`.
pub fn log(client: &Client, asked: LogArgs, out: &Output) -> Result<Exit, Problem> {
    let mut query = vec![("limit", "200".to_owned())];
    query.extend(asked.after_line.map(|after| ("after", after.to_string())));
    let answer = client.get("/office/log", &query)?;
    let deeds: Deeds = typed(&answer)?;
    if out.json() {
        out.object(&versioned(answer));
        return Ok(Exit::Done);
    }
    let heads = [
        Key::ConsoleHeadLine,
        Key::ConsoleHeadAt,
        Key::ConsoleHeadToken,
        Key::ConsoleHeadDevice,
        Key::ConsoleHeadOperation,
        Key::ConsoleHeadOf,
    ];
    let mut table = Table::new(out, &heads, &[0]);
    for deed in deeds.items {
        table.row(vec![
            deed.id.to_string(),
            moment(&deed.at),
            deed.device.map_or_else(|| deed.token.to_string(), |_| String::new()),
            deed.device.map_or_else(String::new, |device| device.to_string()),
            deed.deed,
            deed.target,
        ]);
    }
    table.print(out);
    if let Some(next) = deeds.next {
        out.say(Key::ConsoleLogMore, &[("line", &next)]);
    }
    Ok(Exit::Done)
}

fn book(lang: Lang, word: &str) -> String {
    let key = match word {
        "budget" => Key::ConsoleBookBudget,
        "suspense" => Key::ConsoleBookSuspense,
        "user" => Key::ConsoleBookUser,
        "shop_payable" => Key::ConsoleBookShopPayable,
        "fork_loss" => Key::ConsoleBookForkLoss,
        "expiry_income" => Key::ConsoleBookExpiryIncome,
        "receivable" => Key::ConsoleBookReceivable,
        "payout" => Key::ConsoleBookPayout,
        "exchange" => Key::ConsoleBookExchange,
        "forfeit" => Key::ConsoleBookForfeit,
        other => return other.to_owned(),
    };
    text(lang, key).to_owned()
}
