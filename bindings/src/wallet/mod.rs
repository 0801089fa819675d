//! An opened wallet, one flow a file.

mod balance;
mod card;
mod enrol;
mod frames;
mod history;
mod link;
mod open;
mod pay;
mod pin;
mod receipt;
mod receive;
mod scan;
mod sync;

pub use balance::{BalanceView, Balances, ClassView, LotView};
pub use card::{Availability, CardStatus, CardToken};
pub use enrol::Invitation;
pub use frames::Frames;
pub use history::{HistoryView, PaymentView, TransactionView};
pub use link::{BasicFour, CardLinking, CardTouch, CardWaiting, CardWanted, LinkOutcome, LinkStanding};
pub use open::{OpenReport, WalletConfig, open_wallet};
pub use pay::{Choice, Notice, OfflineWay, PreparedPayment, Quote, QuoteView, Shop, ShopView, amount_of};
pub use pin::PinStatus;
pub use receipt::{Receipt, RefusalTaken};
pub use receive::{Answer, CheckedReceipt, CheckedView, Relayed, SaleView, ShownReceipt, TillView, Verdict};
pub use scan::{Picture, Wanted};
pub use sync::SyncReport;

use std::sync::Arc;

use crate::engine::Engine;

/// A wallet folder, opened: a resident's wallet or a shop's device, by what it was enrolled as.
///
/// Calls may come from any thread, any number at a time. Waiting may be given up at any time: what was begun runs to its
/// end all the same. Close it with `close_wallet`, which waits for that.
#[derive(uniffi::Object)]
pub struct Wallet {
    engine: Arc<Engine>,
    report: OpenReport,
    authorities: Vec<Vec<u8>>,
}
