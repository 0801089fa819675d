//! What one scanned text is, for people and for machines.

use kinchaku_design::{Key, Lang, say, text};
use kinchaku_protocol::mpm::shown::is_invisible;
use kinchaku_protocol::mpm::{ConsumerCode, Everyday, Parsed, Scanned};
use serde::Serialize;

use super::words::table;
use crate::output::{Mark, Output};
use crate::words::seen::sentence;

/// The most characters of a stranger's text that are written on a terminal.
const SHOWN: usize = 400;

/// One code of a picture. Values are fit for a screen and untrusted; absent ones are left out.
#[derive(Debug, Serialize)]
pub struct Code {
    kind: &'static str,
    /// What a person can do with it.
    next: &'static str,
    /// In a sentence.
    said: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
    /// Why a payment code is not paid.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

impl Code {
    /// What this is.
    pub fn of(scanned: &Scanned, lang: Lang) -> Self {
        let mut code = Self {
            kind: scanned.kind(),
            next: scanned.next().word(),
            said: sentence(lang, scanned),
            service: None,
            name: None,
            city: None,
            amount: None,
            currency: None,
            host: None,
            fault: None,
        };
        match scanned {
            Scanned::Emv(parsed) => code.shop(parsed),
            Scanned::Service { name } => code.service = Some(name),
            Scanned::Consumer(ConsumerCode::Digits { service }) => code.service = *service,
            Scanned::Web { host } => code.host = Some(host.clone()),
            Scanned::Everyday(thing) => code.name = thing.name().map(str::to_owned),
            _ => {}
        }
        code
    }

    /// What a misread code says is not passed on.
    fn shop(&mut self, parsed: &Parsed) {
        self.fault = parsed.fault().map(kinchaku_protocol::mpm::Fault::word);
        if parsed.is_whole() {
            let payload = &parsed.payload;
            self.service = parsed.network().name();
            self.name = payload.shown_name();
            self.city = payload.shown_city();
            self.amount = payload.amount.as_deref().map(harmless);
            self.currency = payload.currency.as_deref().map(harmless);
        }
    }
}

/// Tells what one text is, with what stands in it.
pub fn tell(file: &str, scanned: &Scanned, content: &str, out: &Output) {
    let sound = !matches!(scanned, Scanned::Emv(parsed) if parsed.fault().is_some());
    let mark = if sound { Mark::Ok } else { Mark::Note };
    out.verdict(mark, &format!("{file}: {}", sentence(out.lang(), scanned)));
    if let Scanned::Emv(parsed) = scanned
        && parsed.is_whole()
    {
        table(&parsed.payload, out);
    }
    // One-time codes and the secrets of logins are not for a terminal's history.
    let secret = matches!(
        scanned,
        Scanned::Invitation(_) | Scanned::Everyday(Everyday::Login { .. })
    );
    if !secret && *scanned != Scanned::Empty {
        let head = text(out.lang(), Key::SeenContent);
        out.line(&format!("  {head}  {}", cut(content, out.lang())));
    }
}

fn cut(content: &str, lang: Lang) -> String {
    let count = content.chars().count();
    if count <= SHOWN {
        return harmless(content);
    }
    let head: String = content.chars().take(SHOWN).collect();
    let rest = say(lang, Key::SeenCut, &[("count", &count.to_string())]);
    format!("{}…{rest}", harmless(&head))
}

/// A stranger's text on a terminal: control characters could do there what they like, and others
/// could reorder or hide what stands beside them.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() || is_invisible(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}
