//! Paying: shop → quote → prepare → confirm → receipt.
//!
//! Each step gives an object of which the next is made, so that what is signed is what was shown, and nothing can be made
//! up in between.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kinchaku_core::gate;
use kinchaku_core::pay as core;
use kinchaku_protocol::doc::Gate;
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::rules::split;

use super::Wallet;
use super::receipt::Receipt;
use crate::engine::Engine;
use crate::error::{AmountError, PayError, PinError, ShopCodeError};
use crate::typed::Pin;
use crate::value::{ClassAmount, amount, amount_in, count, epoch_s};

/// Reads an amount as people type it: full-width digits, commas and a trailing 円 are fine.
///
/// # Errors
/// [`AmountError`].
#[uniffi::export]
pub fn amount_of(typed: String) -> Result<i64, AmountError> {
    Ok(amount(core::read_amount(&typed)?))
}

/// What a shop takes from a payer without a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum OfflineWay {
    /// Nothing.
    Nothing,
    /// A receipt that its device scans.
    Scan,
    /// A receipt that nobody verifies, within limits.
    Paper,
}

/// A shop, to be shown.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ShopView {
    /// Names it.
    pub shop_id: String,
    /// What people call it.
    pub name: String,
    /// What it takes from a payer without a network.
    pub offline: OfflineWay,
}

/// A shop whose sheet was verified.
#[derive(uniffi::Object)]
pub struct Shop(core::Shop);

#[uniffi::export]
impl Shop {
    /// To be shown.
    #[must_use]
    pub fn view(&self) -> ShopView {
        let core::Shop {
            shop,
            mark: _,
            name,
            sets: _,
            offline,
        } = &self.0;
        ShopView {
            shop_id: shop.to_string(),
            name: name.clone(),
            offline: match offline {
                Offline::None => OfflineWay::Nothing,
                Offline::Scan => OfflineWay::Scan,
                Offline::Paper => OfflineWay::Paper,
            },
        }
    }
}

/// How a person wants to pay.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Choice {
    /// おまかせ: vouchers, then money; points first where they may be used.
    Automatic {
        /// Whether points may be used.
        points: bool,
    },
    /// An amount for each class.
    ByHand {
        /// Which, and how much of it.
        parts: Vec<ClassAmount>,
    },
}

impl Choice {
    fn into_core(self) -> Result<split::Choice, PayError> {
        Ok(match self {
            Self::Automatic { points } => split::Choice::Automatic { points },
            Self::ByHand { parts } => {
                let parts = parts.into_iter().map(|ClassAmount { class_id, amount }| {
                    let amount = amount_in(amount).ok_or(PayError::Zero)?;
                    let class = u32::try_from(class_id).map_err(|_| PayError::NotTheTotal)?;
                    Ok((ClassId(class), amount))
                });
                split::Choice::ByHand(parts.collect::<Result<_, PayError>>()?)
            }
        })
    }
}

/// Worth saying before the person confirms; none of them stops the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Notice {
    /// Above this a shop without a network will refuse.
    AboveBlindCap {
        /// The most it takes.
        limit: i64,
    },
    /// After so many more payments the wallet has to go online once.
    GoOnlineSoon {
        /// How many.
        left: i32,
    },
    /// The phone does not know the time well.
    ClockUnsure,
    /// Nobody verifies this payment: the shop has only paper.
    NobodyVerifies,
    /// The same total was paid to the same shop a moment ago: to be asked (F158).
    Duplicate {
        /// When.
        at_s: i64,
    },
}

impl From<core::Notice> for Notice {
    fn from(notice: core::Notice) -> Self {
        match notice {
            core::Notice::AboveBlindCap(limit) => Self::AboveBlindCap { limit: amount(limit) },
            core::Notice::GoOnlineSoon(left) => Self::GoOnlineSoon { left: count(left) },
            core::Notice::ClockUnsure => Self::ClockUnsure,
            core::Notice::NobodyVerifies => Self::NobodyVerifies,
            core::Notice::Duplicate(at) => Self::Duplicate { at_s: epoch_s(at) },
        }
    }
}

/// A payment as a person agrees to it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct QuoteView {
    /// To whom.
    pub shop_name: String,
    /// How much, in yen.
    pub total: i64,
    /// From which classes.
    pub parts: Vec<ClassAmount>,
    /// Worth saying.
    pub notices: Vec<Notice>,
    /// Whether the phone had a network.
    pub online: bool,
}

impl QuoteView {
    fn of(quote: &core::Quote) -> Self {
        Self {
            shop_name: quote.shop.name.clone(),
            total: amount(quote.total),
            parts: class_amounts(&quote.by_class),
            notices: quote.notices.iter().map(|notice| Notice::from(*notice)).collect(),
            online: quote.online,
        }
    }
}

pub(super) fn class_amounts(parts: &[(ClassId, Amount)]) -> Vec<ClassAmount> {
    let parts = parts.iter().map(|(class, part)| ClassAmount {
        class_id: class.0.into(),
        amount: amount(*part),
    });
    parts.collect()
}

/// A payment that could be made.
#[derive(uniffi::Object)]
pub struct Quote(core::Quote);

#[uniffi::export]
impl Quote {
    /// To be shown.
    #[must_use]
    pub fn view(&self) -> QuoteView {
        QuoteView::of(&self.0)
    }
}

/// A payment whose bytes are fixed and whose value is set aside, waiting for the person. Closing it unconfirmed gives both
/// back; so does the next payment, and so does the next opening.
#[derive(uniffi::Object)]
pub struct PreparedPayment {
    engine: Arc<Engine>,
    view: QuoteView,
    prepared: Arc<Mutex<Option<core::Prepared>>>,
}

#[uniffi::export]
impl Wallet {
    /// A shop from a scanned text; its sheet is verified without a network. What it cannot take is said here, before any
    /// amount is typed.
    ///
    /// # Errors
    /// [`ShopCodeError`].
    pub async fn read_shop(&self, text: String) -> Result<Arc<Shop>, ShopCodeError> {
        self.engine
            .look(move |engine, home| {
                let shop = core::read_shop(home, &text, engine.online()?)?;
                Ok(Arc::new(Shop(shop)))
            })
            .await
    }

    /// What a payment would take, and everything that can refuse or warn. With a network a reserve that is short is
    /// enlarged first.
    ///
    /// # Errors
    /// [`PayError`].
    pub async fn quote(&self, shop: Arc<Shop>, total: i64, choice: Choice) -> Result<Arc<Quote>, PayError> {
        self.engine
            .act(move |engine, home| {
                let total = amount_in(total).ok_or(PayError::Zero)?;
                let choice = choice.into_core()?;
                let online = engine.online()?;
                let quote = core::quote_enlarging(home, &shop.0, total, &choice, online)?;
                Ok(Arc::new(Quote(quote)))
            })
            .await
    }

    /// Fixes a quote, to be confirmed now. `duplicate_ok`: the person was asked about [`Notice::Duplicate`] and went on.
    ///
    /// # Errors
    /// [`PayError`]; nothing is written then.
    pub async fn prepare(&self, quote: Arc<Quote>, duplicate_ok: bool) -> Result<Arc<PreparedPayment>, PayError> {
        let back = Arc::clone(&self.engine);
        self.engine
            .act(move |_, home| {
                let gate = if duplicate_ok {
                    Gate::PIN.and(Gate::DUPLICATE_OK)
                } else {
                    Gate::PIN
                };
                let prepared = core::prepare(home, &quote.0, gate)?;
                Ok(Arc::new(PreparedPayment {
                    engine: back,
                    view: QuoteView::of(&quote.0),
                    prepared: Arc::new(Mutex::new(Some(prepared))),
                }))
            })
            .await
    }
}

#[uniffi::export]
impl PreparedPayment {
    /// Exactly what will be signed, to be shown beside the PIN.
    #[must_use]
    pub fn view(&self) -> QuoteView {
        self.view.clone()
    }

    /// Pays. The receipt comes only after the signature is durable; whether or not anybody waits for it, it is in the
    /// history then.
    ///
    /// # Errors
    /// [`PayError`]; after [`PayError::Pin`] it may be confirmed again, unless paying is locked; after any other one it is
    /// over, and after [`crate::error::Trouble::Unconfirmed`] it is paid.
    pub async fn confirm(&self, pin: Arc<Pin>) -> Result<Receipt, PayError> {
        let slot = Arc::clone(&self.prepared);
        self.engine
            .act(move |engine, home| {
                // Held to the end: two taps are one payment.
                let mut slot = locked(&slot);
                if slot.is_none() {
                    return Err(PayError::Over);
                }
                let trying = engine.trying();
                let opened = gate::open(home, &pin.0);
                drop(trying);
                let key = match opened.map_err(PinError::from) {
                    Ok(key) => key,
                    Err(PinError::Locked) => {
                        if let Some(prepared) = slot.take() {
                            core::abandon(home, prepared)?;
                        }
                        return Err(PinError::Locked.into());
                    }
                    Err(error) => return Err(error.into()),
                };
                let prepared = slot.take().ok_or(PayError::Over)?;
                Ok(Receipt::of(&core::confirm(home, prepared, &key)?)?)
            })
            .await
    }

    /// Gives it up: value and counter are free again. Nothing happens where it was confirmed.
    ///
    /// # Errors
    /// [`PayError`].
    pub async fn give_up(&self) -> Result<(), PayError> {
        let slot = Arc::clone(&self.prepared);
        self.engine
            .act(move |_, home| {
                if let Some(prepared) = locked(&slot).take() {
                    core::abandon(home, prepared)?;
                }
                Ok(())
            })
            .await
    }
}

impl Drop for PreparedPayment {
    fn drop(&mut self) {
        // An effect that still runs has the slot too, and takes out of it what it needs.
        if Arc::strong_count(&self.prepared) > 1 {
            return;
        }
        if let Some(prepared) = locked(&self.prepared).take() {
            // What fails here is done by the next payment or the next opening.
            self.engine.begin(move |home| {
                let _ = core::abandon(home, prepared);
            });
        }
    }
}

fn locked(slot: &Mutex<Option<core::Prepared>>) -> MutexGuard<'_, Option<core::Prepared>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
