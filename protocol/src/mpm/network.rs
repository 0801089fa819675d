//! Whose a payment code is: told by the identifier of an account template, or by the numbers that
//! card networks have in 02 to 16 (EMV QRCPS MPM 4.1).

use super::jpqr;
use super::payload::Payload;
use super::shop_mark;

/// Who settles what is paid by a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Network {
    /// Ours.
    Ours,
    /// The unified Japanese code.
    Jpqr,
    /// Another known one, by the name people call it.
    Other(&'static str),
    /// None that is known here.
    Unknown,
}

/// Starts of unique identifiers, in small letters, and names. Public, as national schemes print them.
const GUIDS: [(&str, &str); 19] = [
    ("br.gov.bcb.pix", "PIX"),
    // PromptPay's application IDs go from …0111 to …0114, Thai QR's other ones start alike.
    ("a000000677", "PromptPay"),
    ("a000000727", "VietQR"),
    ("a000000775", "VNPAY"),
    ("a0000006150001", "DuitNow"),
    ("a000000524", "BHIM UPI"),
    ("id.co.qris", "QRIS"),
    ("sg.paynow", "PayNow"),
    ("sg.sgqr", "SGQR"),
    ("com.p2pqrpay", "QR Ph"),
    ("ph.ppmi", "QR Ph"),
    ("hk.com.hkicl", "FPS"),
    ("com.alipay", "Alipay"),
    ("com.grab", "GrabPay"),
    ("com.go-jek", "GoPay"),
    ("com.nets", "NETS"),
    ("sg.com.nets", "NETS"),
    ("a000000333", "UnionPay"),
    ("khqr@", "KHQR"),
];

/// Card networks' own numbers.
const CARDS: [(std::ops::RangeInclusive<u8>, &str); 6] = [
    (2..=3, "Visa"),
    (4..=5, "Mastercard"),
    (9..=10, "Discover"),
    (11..=12, "American Express"),
    (13..=14, "JCB"),
    (15..=16, "UnionPay"),
];

impl Network {
    /// What people call it; `None` where nobody knows.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Ours => Some("巾着"),
            Self::Jpqr => Some("JPQR"),
            Self::Other(name) => Some(name),
            Self::Unknown => None,
        }
    }
}

impl Payload {
    /// Whose code this is: ours where it has an account of ours, else JPQR, else the first known one.
    #[must_use]
    pub fn network(&self) -> Network {
        let has = |guid: &str| {
            self.merchant_accounts
                .iter()
                .any(|account| account.guid.as_deref() == Some(guid))
        };
        if has(shop_mark::GUID) {
            return Network::Ours;
        }
        if has(jpqr::GUID) {
            return Network::Jpqr;
        }
        let templates = self
            .merchant_accounts
            .iter()
            .filter_map(|account| account.guid.as_deref());
        let national = templates.clone().find_map(known).or_else(|| self.cambodian());
        let card = || {
            let ids = self.merchant_accounts.iter().map(|account| account.id.number());
            ids.into_iter()
                .find_map(|id| CARDS.iter().find(|(ids, _)| ids.contains(&id)))
                .map(|(_, name)| *name)
        };
        national.or_else(card).map_or(Network::Unknown, Network::Other)
    }

    /// Cambodia's identifiers are account names, `somebody@bank`.
    fn cambodian(&self) -> Option<&'static str> {
        let account = self.merchant_accounts.iter().any(|account| {
            let guid = account.guid.as_deref();
            guid.is_some_and(|guid| guid.contains('@'))
        });
        (account && self.country.as_deref() == Some("KH")).then_some("KHQR")
    }
}

fn known(guid: &str) -> Option<&'static str> {
    let guid = guid.to_ascii_lowercase();
    let found = GUIDS.iter().find(|(start, _)| guid.starts_with(start));
    found.map(|(_, name)| *name)
}
