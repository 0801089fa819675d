//! What else hangs and lies about at a counter: Wi-Fi, business cards, articles' numbers. Only what a
//! screen says about it is taken out of it, never a password.

use std::fmt;

use super::{Scanned, web};
use crate::mpm::shown::shown;

/// Something that has nothing to do with payments. Names are fit for a screen, untrusted, and absent
/// where the code has none. Its `Debug` says the kind and nothing of the content.
#[derive(Clone, PartialEq, Eq)]
pub enum Everyday {
    /// A network to join.
    Wifi {
        /// What the network is called.
        name: Option<String>,
    },
    /// A business card: vCard, MECARD and other forms of Japanese phones.
    Contact {
        /// Whose.
        name: Option<String>,
    },
    /// A mail to write.
    Mail {
        /// To whom.
        address: Option<String>,
    },
    /// A number to call.
    Phone {
        /// Which.
        number: Option<String>,
    },
    /// A short message to write.
    Message {
        /// To whom.
        number: Option<String>,
    },
    /// A place on the map.
    Place,
    /// An appointment.
    Event {
        /// What it is called.
        title: Option<String>,
    },
    /// The secret of one-time passwords, or a login.
    Login {
        /// Where it logs in.
        issuer: Option<String>,
    },
    /// A mobile line (eSIM) or a device for the home to set up.
    Setup,
    /// An article's number with a right check digit (GS1).
    Product {
        /// The digits.
        number: String,
    },
    /// Something for another app.
    App {
        /// The scheme of its address.
        scheme: String,
    },
}

impl Everyday {
    /// One word, which stays as it is for good.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Wifi { .. } => "wifi",
            Self::Contact { .. } => "contact",
            Self::Mail { .. } => "mail",
            Self::Phone { .. } => "phone",
            Self::Message { .. } => "message",
            Self::Place => "place",
            Self::Event { .. } => "event",
            Self::Login { .. } => "login",
            Self::Setup => "setup",
            Self::Product { .. } => "product",
            Self::App { .. } => "app",
        }
    }

    /// What it calls itself, fit for a screen.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Wifi { name } | Self::Contact { name } => name.as_deref(),
            Self::Mail { address } => address.as_deref(),
            Self::Phone { number } | Self::Message { number } => number.as_deref(),
            Self::Event { title } => title.as_deref(),
            Self::Login { issuer } => issuer.as_deref(),
            Self::Product { number } => Some(number),
            Self::App { scheme } => Some(scheme),
            Self::Place | Self::Setup => None,
        }
    }
}

impl fmt::Debug for Everyday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Everyday({})", self.kind())
    }
}

/// How the content after a known first word is read.
type Read = fn(&str) -> Everyday;

/// First words, without regard to case. Web and payment addresses are not among them.
const HEADS: [(&str, Read); 22] = [
    ("WIFI:", |rest| Everyday::Wifi { name: item(rest, "S") }),
    ("DPP:", |_| Everyday::Wifi { name: None }),
    ("MECARD:", |rest| Everyday::Contact { name: item(rest, "N") }),
    ("BIZCARD:", |rest| Everyday::Contact { name: item(rest, "N") }),
    // Phones of au and SoftBank before smartphones.
    ("MEMORY:", |rest| Everyday::Contact {
        name: property(rest, "NAME1"),
    }),
    ("BEGIN:VCARD", |rest| Everyday::Contact {
        name: property(rest, "FN").or_else(|| property(rest, "N")),
    }),
    ("BEGIN:VEVENT", event),
    ("BEGIN:VCALENDAR", event),
    ("MATMSG:", |rest| Everyday::Mail {
        address: item(rest, "TO"),
    }),
    ("SMTP:", |rest| Everyday::Mail { address: target(rest) }),
    ("MAILTO:", |rest| Everyday::Mail { address: target(rest) }),
    ("TEL:", |rest| Everyday::Phone { number: target(rest) }),
    ("SMSTO:", message),
    ("SMS:", message),
    ("MMSTO:", message),
    ("MMS:", message),
    ("GEO:", |_| Everyday::Place),
    ("OTPAUTH://", |rest| Everyday::Login { issuer: issuer(rest) }),
    ("OTPAUTH-MIGRATION:", |_| Everyday::Login { issuer: None }),
    ("FIDO:/", |_| Everyday::Login { issuer: None }),
    ("LPA:1$", |_| Everyday::Setup),
    ("MT:", |_| Everyday::Setup),
];

pub(super) fn recognise(text: &str) -> Option<Scanned> {
    let after = |start: &str| {
        let (head, rest) = text.split_at_checked(start.len())?;
        head.eq_ignore_ascii_case(start).then_some(rest)
    };
    let known = HEADS.iter().find_map(|(head, read)| after(head).map(read));
    if let Some(thing) = known {
        return Some(Scanned::Everyday(thing));
    }
    // A bookmark is named by where it leads.
    if let Some(rest) = after("MEBKM:") {
        return item_raw(rest, "URL").and_then(|address| web::recognise(&address));
    }
    if let Some(rest) = after("URLTO:").or_else(|| after("URL:")) {
        return web::recognise(rest).or_else(|| web::recognise(&format!("http://{rest}")));
    }
    product(text)
        .or_else(|| web::recognise(text).is_none().then(|| app(text)).flatten())
        .map(Scanned::Everyday)
}

fn event(rest: &str) -> Everyday {
    Everyday::Event {
        title: property(rest, "SUMMARY"),
    }
}

fn message(rest: &str) -> Everyday {
    Everyday::Message { number: target(rest) }
}

/// What stands before parameters and a prepared text.
fn target(rest: &str) -> Option<String> {
    let end = rest.trim_start_matches('/').split(['?', ':', ';', ',']).next();
    end.and_then(named)
}

/// Where one-time passwords log in: `totp/Issuer:account?…` or the parameter `issuer`.
fn issuer(rest: &str) -> Option<String> {
    let (label, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let written = parameters.split('&').find_map(|one| one.strip_prefix("issuer="));
    let label = label.split_once('/').and_then(|(_, label)| label.split_once(':'));
    let text = written.or(label.map(|(issuer, _)| issuer))?;
    named(&text.replace("%20", " ").replace('+', " "))
}

/// The value of `key` in `key:value;key:value;`, where a backslash takes a sign's meaning away.
fn item(text: &str, key: &str) -> Option<String> {
    item_raw(text, key).as_deref().and_then(named)
}

fn item_raw(text: &str, key: &str) -> Option<String> {
    let mut rest = text.chars();
    loop {
        let name: String = rest.by_ref().take_while(|c| *c != ':').collect();
        if name.is_empty() {
            return None;
        }
        let mut value = String::new();
        while let Some(c) = rest.next() {
            match c {
                '\\' => value.extend(rest.next()),
                ';' => break,
                other => value.push(other),
            }
        }
        if name.trim().eq_ignore_ascii_case(key) {
            return Some(value);
        }
    }
}

/// The value of a line `KEY:value` or `KEY;PARAMETER=…:value`.
fn property(text: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (head, value) = line.split_once(':')?;
        let name = head.split(';').next()?;
        name.trim().eq_ignore_ascii_case(key).then(|| named(value)).flatten()
    })
}

/// Fit for a screen; parts of a name stand apart.
fn named(text: &str) -> Option<String> {
    let text = shown(&text.replace([';', ','], " "));
    (!text.is_empty()).then_some(text)
}

/// EAN-8, UPC-A, EAN-13 and GTIN-14: the weighted sum of all digits is a multiple of ten.
fn product(text: &str) -> Option<Everyday> {
    if !matches!(text.len(), 8 | 12..=14) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = text.bytes().rev().map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let weighted = digits
        .zip([1_u32, 3].into_iter().cycle())
        .map(|(digit, weight)| digit.saturating_mul(weight));
    let sum: u32 = weighted.sum();
    sum.is_multiple_of(10).then(|| Everyday::Product {
        number: text.to_owned(),
    })
}

/// An address of an app: a scheme (RFC 3986) and two strokes.
fn app(text: &str) -> Option<Everyday> {
    let (scheme, _) = text.split_once("://")?;
    let starts = scheme.bytes().next()?.is_ascii_alphabetic();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    (starts && scheme.len() <= 40 && scheme.bytes().all(plain)).then(|| Everyday::App {
        scheme: shown(&scheme.to_ascii_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{NextStep, recognise};
    use super::*;

    fn seen(text: &str) -> (&'static str, Option<String>) {
        match recognise(text) {
            Scanned::Everyday(thing) => (thing.kind(), thing.name().map(str::to_owned)),
            other => (other.kind(), None),
        }
    }

    #[test]
    fn what_lies_about_at_a_counter_is_named() {
        for (text, kind, name) in [
            ("WIFI:T:WPA;S:こだま堂\\;Free;P:p\\:ss;;", "wifi", Some("こだま堂 Free")),
            ("WIFI:;;", "wifi", None),
            ("wifi:P:S;S:a;;", "wifi", Some("a")),
            ("MECARD:N:山田,花子;TEL:0312345678;;", "contact", Some("山田 花子")),
            (
                "BEGIN:VCARD\r\nVERSION:3.0\r\nN:山田;花子;;;\r\nFN;CHARSET=UTF-8:山田 花子\r\nEND:VCARD",
                "contact",
                Some("山田 花子"),
            ),
            ("BEGIN:VCARD\nN:Doe;Jo;;;\nEND:VCARD", "contact", Some("Doe Jo")),
            ("MEMORY:\r\nNAME1:山田\r\nTEL1:03", "contact", Some("山田")),
            ("mailto:info@shop.example?subject=x", "mail", Some("info@shop.example")),
            (
                "MATMSG:TO:info@shop.example;SUB:a;BODY:b;;",
                "mail",
                Some("info@shop.example"),
            ),
            ("tel:+81-3-1234-5678", "phone", Some("+81-3-1234-5678")),
            ("SMSTO:09012345678:hello", "message", Some("09012345678")),
            ("geo:35.6,139.7?q=x", "place", None),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:夏祭り\n",
                "event",
                Some("夏祭り"),
            ),
            (
                "otpauth://totp/Town%20Office:hanako?secret=AB",
                "login",
                Some("Town Office"),
            ),
            ("otpauth://totp/hanako?secret=AB&issuer=Town", "login", Some("Town")),
            ("FIDO:/0123", "login", None),
            ("LPA:1$smdp.example$X", "setup", None),
            ("4901234567894", "product", Some("4901234567894")),
            ("49012348", "text", None),
            ("4901234567895", "text", None),
            ("line://ti/p/x", "app", Some("line")),
            ("MEBKM:TITLE:a;URL:https\\://town.example/;;", "web", None),
            ("URLTO:https://town.example/", "web", None),
            ("hello://", "app", Some("hello")),
            ("1x://y", "text", None),
        ] {
            assert_eq!(seen(text), (kind, name.map(str::to_owned)), "{text}");
            assert_eq!(recognise(text).next(), NextStep::FindSheet, "{text}");
        }
    }

    /// What a network's password is, is nobody's business here.
    #[test]
    fn passwords_are_not_kept() {
        let Scanned::Everyday(Everyday::Wifi { name }) = recognise("WIFI:T:WPA;P:geheim;S:net;;") else {
            panic!("no Wi-Fi");
        };
        assert_eq!(name.as_deref(), Some("net"));
        assert_eq!(seen("otpauth://totp/x?secret=GEHEIM"), ("login", None));
    }
}
