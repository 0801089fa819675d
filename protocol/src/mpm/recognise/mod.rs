//! Names what was scanned, so that nobody at a counter is told just "invalid".
//!
//! People point the camera at shop sheets, receipts, other services' addresses, the codes on other
//! people's phones, and whatever else is printed on a counter. Nothing found here is opened, followed,
//! dialled or stored, and nothing said about it keeps characters that could reorder a screen.

mod consumer;
mod everyday;
mod ours;
mod web;

use std::fmt;

pub use consumer::ConsumerCode;
pub use everyday::Everyday;

use super::network::Network;
use super::parse::{Parsed, parse};
use super::shown::shown;

/// How receipts, refusals and My QR start (docs/protocol.md).
pub const RECEIPT_PREFIX: &str = "KC1:";

/// What a scanned text is. Its `Debug` says the kind and nothing of the content.
#[derive(Clone, PartialEq, Eq)]
pub enum Scanned {
    /// An EMV merchant code, ours or another's, good or bad: see [`Parsed::network`] and
    /// [`Parsed::fault`].
    Emv(Box<Parsed>),
    /// A receipt of ours, or a `KC1:` that does not decode: the whole text.
    Receipt(String),
    /// A shop's refusal, which gives the payer the value back (F234): the whole text.
    Refusal(String),
    /// A person's own code of ours, for a counter to scan: the whole text.
    MyQr(String),
    /// A code by which vouchers are fetched (F069): the whole text, not yet decoded.
    Voucher(String),
    /// The one-time code that enrols a resident's phone or a shop's device: the whole text, a secret.
    Invitation(String),
    /// One of ours of a later version.
    Newer,
    /// A payment address of another service.
    Service {
        /// What people call it.
        name: &'static str,
    },
    /// Another web address.
    Web {
        /// The host it would lead to, in lower case, fit for a screen; untrusted.
        host: String,
    },
    /// A payer's own code, meant for a shop's scanner.
    Consumer(ConsumerCode),
    /// Something that has nothing to do with payments.
    Everyday(Everyday),
    /// None of these: how it starts, fit for a screen.
    Text(String),
    /// Nothing at all.
    Empty,
}

/// What the person can do with what was scanned; a screen offers it as a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// Pay the shop (S03).
    Pay,
    /// Let the shop's device scan it.
    ShowToShop,
    /// Have the value back.
    TakeRefusal,
    /// Receive the voucher.
    ReceiveVoucher,
    /// Enrol this device.
    Enrol,
    /// Update the app.
    Update,
    /// Scan the same code again: the camera misread it.
    Rescan,
    /// Ask the shop: its code is broken.
    AskShop,
    /// Use the service's own app.
    OtherApp,
    /// Look for the shop's sheet instead.
    FindSheet,
}

impl NextStep {
    /// One word, which stays as it is for good.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::ShowToShop => "show_to_shop",
            Self::TakeRefusal => "take_refusal",
            Self::ReceiveVoucher => "receive_voucher",
            Self::Enrol => "enrol",
            Self::Update => "update",
            Self::Rescan => "rescan",
            Self::AskShop => "ask_shop",
            Self::OtherApp => "other_app",
            Self::FindSheet => "find_sheet",
        }
    }
}

impl Scanned {
    /// One word, which stays as it is for good.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Emv(_) => "emv",
            Self::Receipt(_) => "receipt",
            Self::Refusal(_) => "refusal",
            Self::MyQr(_) => "my_qr",
            Self::Voucher(_) => "voucher",
            Self::Invitation(_) => "invitation",
            Self::Newer => "newer",
            Self::Service { name } if *name == web::PAYPAY => "paypay",
            Self::Service { .. } => "service",
            Self::Web { .. } => "web",
            Self::Consumer(_) => "consumer",
            Self::Everyday(thing) => thing.kind(),
            Self::Text(_) => "text",
            Self::Empty => "empty",
        }
    }

    /// Whether a device of this town can do something with it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        match self {
            Self::Emv(parsed) => parsed.network() == Network::Ours,
            Self::Receipt(_)
            | Self::Refusal(_)
            | Self::MyQr(_)
            | Self::Voucher(_)
            | Self::Invitation(_)
            | Self::Newer => true,
            _ => false,
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn next(&self) -> NextStep {
        match self {
            Self::Emv(parsed) => parsed.next(),
            Self::Receipt(_) | Self::MyQr(_) => NextStep::ShowToShop,
            Self::Refusal(_) => NextStep::TakeRefusal,
            Self::Voucher(_) => NextStep::ReceiveVoucher,
            Self::Invitation(_) => NextStep::Enrol,
            Self::Newer => NextStep::Update,
            Self::Service { .. } => NextStep::OtherApp,
            Self::Web { .. } | Self::Consumer(_) | Self::Everyday(_) | Self::Text(_) | Self::Empty => {
                NextStep::FindSheet
            }
        }
    }
}

impl fmt::Debug for Scanned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scanned({})", self.kind())
    }
}

/// Names a scanned text. Takes time in proportion to its length.
#[must_use]
pub fn recognise(text: &str) -> Scanned {
    let parsed = parse(text);
    if parsed.looks_like_emv() {
        return Scanned::Emv(Box::new(parsed));
    }
    let text = parsed.text.as_str();
    if text.is_empty() {
        return Scanned::Empty;
    }
    ours::recognise(text)
        .or_else(|| consumer::recognise(text).map(Scanned::Consumer))
        .or_else(|| everyday::recognise(text))
        .or_else(|| web::recognise(text))
        .unwrap_or_else(|| Scanned::Text(shown(text)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{NextStep, Scanned, recognise};
    use crate::mpm::ErrorKind;

    #[test]
    fn emv_codes_go_their_way_good_or_bad() {
        let Scanned::Emv(parsed) = recognise("00020101021163040000") else {
            panic!("not named EMV");
        };
        assert!(parsed.has(ErrorKind::Crc));
        assert_eq!(recognise("00020101021163040000").next(), NextStep::Rescan);
    }

    #[test]
    fn what_is_nothing_known_is_still_named() {
        assert_eq!(recognise(" \u{feff}\n"), Scanned::Text(String::new()));
        assert_eq!(recognise(""), Scanned::Empty);
        assert_eq!(recognise("hello"), Scanned::Text("hello".to_owned()));
        assert_eq!(recognise("kc1:ABC"), Scanned::Text("kc1:ABC".to_owned()));
        assert_eq!(recognise("本日\u{202e}休業"), Scanned::Text("本日休業".to_owned()));
    }

    /// Rules for logs: what a stranger wrote, and one-time codes, are not printed.
    #[test]
    fn its_debug_form_says_the_kind_alone() {
        assert_eq!(format!("{:?}", recognise("WIFI:S:home;P:secret;;")), "Scanned(wifi)");
        assert_eq!(format!("{:?}", recognise("ABCD-EFGH-JK23")), "Scanned(invitation)");
    }

    /// What a screen gets to say never reorders or hides what stands beside it (T2).
    fn spoken(scanned: &Scanned) -> Vec<&str> {
        match scanned {
            Scanned::Web { host } => vec![host],
            Scanned::Text(text) => vec![text],
            Scanned::Everyday(thing) => thing.name().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_name_and_what_is_said_of_it_is_harmless(
            head in "(|WIFI:S:|MECARD:N:|BEGIN:VCARD\nFN:|https://|mailto:|tel:|otpauth://totp/|KC1:|KCV1:|www\\.)",
            text in "(\\PC|[\u{0}-\u{1f}\u{202a}-\u{202e}\u{2066}-\u{2069};:\\\\\n]){0,400}",
        ) {
            let scanned = recognise(&format!("{head}{text}"));
            prop_assert!(!scanned.kind().is_empty());
            for said in spoken(&scanned) {
                prop_assert!(said.chars().count() <= 41, "{said}");
                let reorders = |c: char| matches!(u32::from(c), 0x202a..=0x202e | 0x2066..=0x2069);
                let harmless = !said.contains(|c: char| c.is_control() || reorders(c));
                prop_assert!(harmless);
            }
        }
    }
}
