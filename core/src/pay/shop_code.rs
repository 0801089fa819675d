//! From a scanned text to a shop one can pay: the mark's signature is checked offline (T2), and
//! whether the shop can take the payment at all is said now, before any amount is typed.

use kinchaku_protocol::doc::Bulletin;
use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::mpm::shop_mark::{MarkError, Offline, SignedMark};
use kinchaku_protocol::mpm::{Fault, Network, Scanned, recognise};

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
    /// Something else than a shop of ours, and what: another service's code, a receipt, a voucher code
    /// (F069), whatever lies on a counter. [`Scanned::next`] is what the person can do with it.
    #[error("not a shop: {0:?}")]
    NotAShop(Box<Scanned>),
    /// A payment code that breaks a rule.
    #[error("a faulty code: {}", .0.word())]
    Faulty(Fault),
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
        Scanned::Newer => return Err(ShopCodeError::Newer),
        other => return Err(ShopCodeError::NotAShop(Box::new(other))),
    };
    let foreign = matches!(parsed.network(), Network::Jpqr | Network::Other(_));
    if foreign && parsed.is_whole() {
        return Err(ShopCodeError::NotAShop(Box::new(Scanned::Emv(parsed))));
    }
    if let Some(fault) = parsed.fault() {
        return Err(ShopCodeError::Faulty(fault));
    }
    let mark = SignedMark::read(&parsed).map_err(|error| match error {
        MarkError::NotOurs | MarkError::Damaged(_) => ShopCodeError::NotAShop(Box::new(Scanned::Emv(parsed))),
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
