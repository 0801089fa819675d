//! From a scanned text to a shop one can pay: the mark's signature is checked offline (T2), and
//! whether the shop can take the payment at all is said now, before any amount is typed.

use kinchaku_protocol::doc::Bulletin;
use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::mpm::recognise::ConsumerCode;
use kinchaku_protocol::mpm::shop_mark::{MarkError, Offline, SignedMark};
use kinchaku_protocol::mpm::{Scanned, recognise};

use crate::home::Home;
use crate::store::StoreError;
use crate::trust::TrustError;

/// A shop whose mark was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shop {
    /// The shop.
    pub shop: Pid,
    /// The sheet that was scanned.
    pub mark: MarkId,
    /// Its name, fit for a screen.
    pub name: String,
    /// The sets it belongs to.
    pub sets: Vec<SetId>,
    /// What it takes from a payer without a network.
    pub offline: Offline,
}

/// Why a scanned text is not a shop to pay.
#[derive(Debug, thiserror::Error)]
pub enum ShopCodeError {
    /// A receipt or refusal of ours, not a shop.
    #[error("a receipt, not a shop")]
    Receipt,
    /// A code by which vouchers are fetched, which pays nobody (F069).
    #[error("a voucher code, not a shop")]
    Voucher,
    /// PayPay's code.
    #[error("a code of PayPay")]
    PayPay,
    /// Another service's payment code, or a web address.
    #[error("a code of another service")]
    OtherService,
    /// A payer's own code.
    #[error("a payer's code")]
    Consumer(ConsumerCode),
    /// Nothing this app knows.
    #[error("not a payment code")]
    Unknown,
    /// Ours, but damaged: scan again.
    #[error("a damaged code")]
    Damaged,
    /// Made for a later version of the app.
    #[error("made for a later version")]
    Newer,
    /// Ours by name, but not signed by this town: forged, pasted over, or of another town.
    #[error("the shop could not be verified")]
    NotVerified,
    /// The town has withdrawn this sheet.
    #[error("a withdrawn sheet")]
    Withdrawn,
    /// There is no network and this shop takes no payment without one.
    #[error("this shop takes no payment without a network")]
    NeedsNetwork {
        /// Its name, to be shown.
        name: String,
    },
    /// This device is not enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads a shop from a scanned text. `online` is whether the payer has a network.
///
/// # Errors
/// [`ShopCodeError`].
pub fn read_shop(home: &Home, text: &str, online: bool) -> Result<Shop, ShopCodeError> {
    let parsed = match recognise(text) {
        Scanned::Emv(parsed) => parsed,
        Scanned::Receipt(_) => return Err(ShopCodeError::Receipt),
        Scanned::Voucher(_) => return Err(ShopCodeError::Voucher),
        Scanned::PayPay => return Err(ShopCodeError::PayPay),
        Scanned::Web { .. } => return Err(ShopCodeError::OtherService),
        Scanned::Consumer(code) => return Err(ShopCodeError::Consumer(code)),
        Scanned::Unknown => return Err(ShopCodeError::Unknown),
    };
    let mark = SignedMark::read(&parsed).map_err(|error| match error {
        MarkError::NotOurs if parsed.is_valid() => ShopCodeError::OtherService,
        MarkError::NotOurs | MarkError::Damaged(_) => ShopCodeError::Damaged,
        MarkError::Newer => ShopCodeError::Newer,
        MarkError::Malformed(_) | MarkError::OtherKey | MarkError::BadSignature => ShopCodeError::NotVerified,
    })?;
    let trust = home.trust().ok_or(ShopCodeError::NotEnrolled)?;
    let mark = trust
        .shop_mark(&mark)
        .map_err(|_: TrustError| ShopCodeError::NotVerified)?;
    let bulletin = home.bulletin()?;
    if bulletin.is_some_and(|bulletin| Bulletin::is_dead(&bulletin, &mark.shop, &mark.mark)) {
        return Err(ShopCodeError::Withdrawn);
    }
    if !online && mark.offline == Offline::None {
        return Err(ShopCodeError::NeedsNetwork {
            name: mark.shown_name(),
        });
    }
    Ok(Shop {
        shop: mark.shop,
        mark: mark.mark,
        name: mark.shown_name(),
        sets: mark.sets.iter().copied().collect(),
        offline: mark.offline,
    })
}
