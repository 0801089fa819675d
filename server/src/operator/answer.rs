//! What a command prints: one object for machines, or a few lines for people.

use std::io::{self, Write as _};
use std::net::SocketAddr;

use serde_json::{Value, json};

use super::failure::Failure;
use super::request::{Job, Request};

/// Prints answers in the form that was asked for.
pub struct Printer {
    json: bool,
}

impl Printer {
    /// For machines or for people.
    #[must_use]
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints `value` for machines, or else `lines` for people.
    ///
    /// # Errors
    /// [`Failure::Other`] where standard output is closed.
    pub fn print(&self, mut value: Value, lines: &str) -> Result<(), Failure> {
        if let Some(members) = value.as_object_mut() {
            members.insert("schema".to_owned(), 1.into());
        }
        let text = if self.json { value.to_string() } else { lines.to_owned() };
        let mut out = io::stdout().lock();
        writeln!(out, "{}", text.trim_end())
            .and_then(|()| out.flush())
            .map_err(|error| Failure::Other {
                what: error.to_string(),
            })
    }

    /// Tells why nothing was done: on standard error for people, as an object for machines.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let mut error = json!({ "code": failure.code(), "message": failure.to_string() });
            if let (Failure::Wrong(problems), Some(members)) = (failure, error.as_object_mut()) {
                let problems = problems.iter().map(|problem| {
                    let said = problem.wrong.to_string();
                    json!({ "file": problem.file, "line": problem.line, "key": problem.key, "said": said })
                });
                members.insert("problems".to_owned(), problems.collect());
            }
            let value = json!({ "error": error });
            // Nothing is left to tell it to.
            let _ = self.print(value, "");
        } else {
            let _ = writeln!(io::stderr(), "{failure} ({})", failure.code());
        }
    }

    pub(super) fn listening(&self, address: SocketAddr, muni: u64) -> Result<(), Failure> {
        let url = format!("http://{address}");
        self.print(
            json!({ "listening": url, "muni": muni }),
            &format!("{url} で待っています"),
        )
    }

    pub(super) fn migrated(&self) -> Result<(), Failure> {
        self.print(json!({ "migrated": true }), "表は新しい版です")
    }

    pub(super) fn answer(&self, request: &Request, answer: Value) -> Result<(), Failure> {
        let lines = lines(request, &answer);
        self.print(answer, &lines)
    }
}

/// An answer in words.
fn lines(request: &Request, answer: &Value) -> String {
    let text = |name: &str| match answer.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    match request {
        Request::ClassAdd(_) => format!("種類{}「{}」を加えました", text("class"), text("name")),
        Request::ShopAdd(_) => format!("店「{}」 ID {}", text("name"), text("shop")),
        Request::MarkAdd(_) | Request::MarkSheet(_) => ["payload", "pdf", "svg", "png"]
            .map(text)
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join("\n"),
        Request::Invite(_) => {
            let account = text("account");
            let whose = if account.is_empty() {
                format!("店 {}", text("shop"))
            } else {
                format!("口座 {account}")
            };
            format!("{}\n{whose}、{} まで、1回だけ", text("code"), text("expires"))
        }
        Request::Credit(_) => format!(
            "口座{}に{}を入れました。取引 {}",
            text("account"),
            text("amount"),
            text("tran_id")
        ),
        Request::Revoke(_) => format!("止めました。掲示 {}", text("bulletin")),
        Request::UnlockCode { .. } => format!("{}\n口座 {}、1回だけ", text("code"), text("account")),
        Request::Person(asked) => super::person::lines(asked, answer),
        Request::Token(asked) => super::tokens::lines(asked, answer),
        Request::TownLoad { .. } => format!("事業のフォルダーを入れました。第{}版", text("version")),
        Request::RosterImport { .. } => format!("名簿「{}」 {} 人", text("name"), text("lines")),
        Request::Job { job: Job::Cards, .. } => format!(
            "{} 件を確かめ、{} 件が無効になっていました。答えがなかったもの {} 件、残り {} 件",
            text("asked"),
            text("lapsed"),
            text("unanswered"),
            text("left")
        ),
        Request::Job { .. } => match answer.get("ended") {
            Some(ended) => format!("{} 件を終えました", ended),
            None => format!("掲示 {}", text("bulletin")),
        },
        Request::Books => super::report::lines(answer),
    }
}
