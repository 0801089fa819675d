//! A provider inside the server, for demonstrations and tests: no money moves, everything else is as with a real one.
//! It declines, keeps people waiting, answers late, twice or not at all, gives money back and takes it back.
//!
//! How a charge goes is decided by its amount: the last three digits 901 to 906 are the [`Script`]s below, and
//! [`Sandbox::will`] says it for any other amount. It remembers charges only as long as it runs; what a payer holds in
//! hand names its charge completely, so paying works after a restart too.

use std::collections::BTreeMap;
use std::sync::Mutex;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use kinchaku_protocol::money::Amount;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{
    AskOutcome, Charge, ChargeProvider, NotGenuine, ProviderError, ProviderEvent, RefundOutcome, Standing, Told,
};
use crate::programme::PayIn;
use crate::sale::rows::EventKind;

/// How a charge goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Script {
    /// As it should.
    #[default]
    Pays,
    /// Declined at once. 901
    Declines,
    /// Declined after the payer confirmed. 902
    DeclinesLater,
    /// Paid, and told twice. 903
    TellsTwice,
    /// Paid, and told only when [`Sandbox::release`] is called. 904
    TellsLate,
    /// Made, but the answer does not come the first time. 905
    AnswersLate,
    /// As it should; of the first request for a refund the answer does not come. 906
    RefundsLate,
}

impl Script {
    const fn by(amount: Amount) -> Self {
        match amount.units() % 1_000 {
            901 => Self::Declines,
            902 => Self::DeclinesLater,
            903 => Self::TellsTwice,
            904 => Self::TellsLate,
            905 => Self::AnswersLate,
            906 => Self::RefundsLate,
            _ => Self::Pays,
        }
    }
}

/// A callback as it goes over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// JSON.
    pub body: Vec<u8>,
    /// For the header [`super::SIGNATURE`].
    pub signature: String,
}

/// What a payer holds names no charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such charge")]
pub struct NoSuchCharge;

/// The body of a callback.
#[derive(Serialize, Deserialize)]
struct Body {
    id: String,
    order: u64,
    kind: String,
    amount: u64,
}

const KINDS: [(&str, EventKind); 4] = [
    ("paid", EventKind::Paid),
    ("declined", EventKind::Declined),
    ("refunded", EventKind::Refunded),
    ("charged_back", EventKind::ChargedBack),
];

/// One charge.
#[derive(Clone, Default)]
struct Held {
    told: Vec<ProviderEvent>,
    asked: u32,
    refunds: u32,
}

#[derive(Default)]
struct Memory {
    held: BTreeMap<u64, Held>,
    scripts: BTreeMap<Amount, Script>,
    on_their_way: Vec<ProviderEvent>,
    kept_back: Vec<ProviderEvent>,
}

/// The provider inside the server.
pub struct Sandbox {
    secret: Zeroizing<[u8; 32]>,
    memory: Mutex<Memory>,
}

impl Sandbox {
    /// Signs with this secret.
    #[must_use]
    pub fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self {
            secret,
            memory: Mutex::default(),
        }
    }

    /// From now on, charges of this amount go so.
    pub fn will(&self, amount: Amount, script: Script) {
        self.with(|memory| memory.scripts.insert(amount, script));
    }

    /// The payer confirms, or pays cash, with what the order's answer said: the end of the address, or the number.
    ///
    /// # Errors
    /// [`NoSuchCharge`].
    pub fn pay(&self, held: &str) -> Result<(), NoSuchCharge> {
        let (order, amount) = self.named(held).ok_or(NoSuchCharge)?;
        self.with(|memory| {
            let script = memory.script(amount);
            let declines = matches!(script, Script::Declines | Script::DeclinesLater);
            let kind = if declines { EventKind::Declined } else { EventKind::Paid };
            let Some(event) = memory.becomes(order, amount, kind) else {
                return;
            };
            match script {
                Script::TellsLate => memory.kept_back.push(event),
                Script::TellsTwice => memory.on_their_way.extend([event.clone(), event]),
                _ => memory.on_their_way.push(event),
            }
        });
        Ok(())
    }

    /// The payer turns back at the issuer's page.
    ///
    /// # Errors
    /// [`NoSuchCharge`].
    pub fn turn_back(&self, held: &str) -> Result<(), NoSuchCharge> {
        let (order, amount) = self.named(held).ok_or(NoSuchCharge)?;
        self.with(|memory| {
            let event = memory.becomes(order, amount, EventKind::Declined);
            memory.on_their_way.extend(event);
        });
        Ok(())
    }

    /// The payer's bank takes the money of an order back.
    pub fn charge_back(&self, order: u64, amount: Amount) {
        self.with(|memory| {
            let event = memory.becomes(order, amount, EventKind::ChargedBack);
            memory.on_their_way.extend(event);
        });
    }

    /// Sends what was kept back.
    pub fn release(&self) {
        self.with(|memory| {
            let late = std::mem::take(&mut memory.kept_back);
            memory.on_their_way.extend(late);
        });
    }

    /// The callbacks on their way, signed; the caller brings them.
    #[must_use]
    pub fn callbacks(&self) -> Vec<Callback> {
        let events = self.with(|memory| std::mem::take(&mut memory.on_their_way));
        events.iter().map(|event| self.callback(event)).collect()
    }

    /// A callback about any event, signed.
    #[must_use]
    pub fn callback(&self, event: &ProviderEvent) -> Callback {
        let kind = KINDS.iter().find(|(_, kind)| *kind == event.kind);
        let body = Body {
            id: event.id.clone(),
            order: event.order,
            kind: kind.map_or("", |(word, _)| word).to_owned(),
            amount: event.amount.units(),
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let signature = HEXLOWER.encode(&self.mac(b"callback", &body));
        Callback { body, signature }
    }

    fn mac(&self, purpose: &[u8], message: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        // HMAC takes a key of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_slice()) {
            mac.update(purpose);
            mac.update(&[0]);
            mac.update(message);
            tag = mac.finalize().into_bytes().into();
        }
        tag
    }

    /// What a payer holds: order, amount and ten digits nobody else can make.
    fn hand(&self, order: u64, amount: Amount) -> String {
        let named = format!("{order}-{}", amount.units());
        let tag = self.mac(b"charge", named.as_bytes());
        let digits = tag.iter().take(8).fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte)) % 10_000_000_000;
        format!("{named}-{digits:010}")
    }

    fn named(&self, held: &str) -> Option<(u64, Amount)> {
        let held = held.rsplit('/').next()?;
        let mut parts = held.split('-');
        let (order, amount) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let amount = Amount::new(amount).ok()?;
        let right = self.hand(order, amount);
        let same: bool = subtle::ConstantTimeEq::ct_eq(right.as_bytes(), held.as_bytes()).into();
        same.then_some((order, amount))
    }

    fn outcome(&self, charge: &Charge, script: Script, memory: &mut Memory) -> AskOutcome {
        if script == Script::Declines {
            let _ = memory.becomes(charge.order, charge.amount, EventKind::Declined);
            return AskOutcome::Declined(event(charge.order, charge.amount, EventKind::Declined));
        }
        let provider_ref = format!("sandbox-{}", charge.order);
        let hand = self.hand(charge.order, charge.amount);
        match charge.pay_in {
            PayIn::Card | PayIn::Bank | PayIn::Counter => AskOutcome::Confirm {
                provider_ref,
                url: format!("/sandbox/pay/{hand}"),
            },
            PayIn::Atm | PayIn::Store => AskOutcome::PayAt {
                provider_ref,
                number: hand,
            },
        }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        let mut memory = self.memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        change(&mut memory)
    }
}

impl Memory {
    fn script(&self, amount: Amount) -> Script {
        let said = self.scripts.get(&amount).copied();
        said.unwrap_or_else(|| Script::by(amount))
    }

    /// A change of a charge, where that can come of it; none where it was so before.
    fn becomes(&mut self, order: u64, amount: Amount, kind: EventKind) -> Option<ProviderEvent> {
        let held = self.held.entry(order).or_default();
        let was = |kind| held.told.iter().any(|event| event.kind == kind);
        let may = match kind {
            EventKind::Paid | EventKind::Declined => held.told.is_empty(),
            EventKind::Refunded | EventKind::ChargedBack => {
                was(EventKind::Paid) && !was(EventKind::Refunded) && !was(EventKind::ChargedBack)
            }
        };
        let event = event(order, amount, kind);
        may.then(|| {
            held.told.push(event.clone());
            event
        })
    }
}

/// Each change of a charge has one number.
fn event(order: u64, amount: Amount, kind: EventKind) -> ProviderEvent {
    ProviderEvent {
        id: format!("sandbox-{order}-{}", kind.number()),
        order,
        kind,
        amount,
    }
}

impl ChargeProvider for Sandbox {
    fn ask(&self, charge: Charge) -> Told<'_, AskOutcome> {
        let outcome = self.with(|memory| {
            let script = memory.script(charge.amount);
            let held = memory.held.entry(charge.order).or_default();
            held.asked = held.asked.saturating_add(1);
            let lost = script == Script::AnswersLate && held.asked == 1;
            let outcome = self.outcome(&charge, script, memory);
            if lost {
                Err(ProviderError::NoAnswer)
            } else {
                Ok(outcome)
            }
        });
        Box::pin(std::future::ready(outcome))
    }

    fn status(&self, charge: Charge) -> Told<'_, Standing> {
        let standing = self.with(|memory| {
            let known = memory.held.get(&charge.order).map(|held| held.told.clone());
            let script = memory.script(charge.amount);
            match known {
                // A charge whose callback is kept back does not show here either: a slow provider.
                Some(_) if script == Script::TellsLate => {
                    Standing::Known(Box::new(self.outcome(&charge, script, memory)), Vec::new())
                }
                Some(told) => Standing::Known(Box::new(self.outcome(&charge, script, memory)), told),
                None => Standing::Unknown,
            }
        });
        Box::pin(std::future::ready(Ok(standing)))
    }

    fn refund(&self, charge: Charge) -> Told<'_, RefundOutcome> {
        let outcome = self.with(|memory| {
            let script = memory.script(charge.amount);
            let held = memory.held.entry(charge.order).or_default();
            held.refunds = held.refunds.saturating_add(1);
            if script == Script::RefundsLate && held.refunds == 1 {
                return Err(ProviderError::NoAnswer);
            }
            if held.told.iter().any(|event| event.kind == EventKind::ChargedBack) {
                return Err(ProviderError::Refused);
            }
            // Of a charge before the last restart nothing is known here but that the books saw it paid.
            if held.told.is_empty() {
                held.told.push(event(charge.order, charge.amount, EventKind::Paid));
            }
            let _ = memory.becomes(charge.order, charge.amount, EventKind::Refunded);
            Ok(RefundOutcome::Done(event(
                charge.order,
                charge.amount,
                EventKind::Refunded,
            )))
        });
        Box::pin(std::future::ready(outcome))
    }

    fn read(&self, body: &[u8], signature: &str) -> Result<ProviderEvent, NotGenuine> {
        let signed = HEXLOWER.decode(signature.as_bytes()).map_err(|_| NotGenuine)?;
        let right: bool = subtle::ConstantTimeEq::ct_eq(self.mac(b"callback", body).as_slice(), &signed).into();
        if !right {
            return Err(NotGenuine);
        }
        let body: Body = serde_json::from_slice(body).map_err(|_| NotGenuine)?;
        let kind = KINDS.iter().find(|(word, _)| *word == body.kind).ok_or(NotGenuine)?.1;
        Ok(ProviderEvent {
            id: body.id,
            order: body.order,
            kind,
            amount: Amount::new(body.amount).map_err(|_| NotGenuine)?,
        })
    }

    fn sandbox(&self) -> Option<&Sandbox> {
        Some(self)
    }
}
