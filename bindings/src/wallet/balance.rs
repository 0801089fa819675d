//! The home screen: what a person has, now and after every change.

use std::sync::Arc;

use kinchaku_core::view;
use tokio::sync::{Mutex, watch};

use super::Wallet;
use crate::engine::Engine;
use crate::error::Trouble;
use crate::value::{ClassKind, amount, count, epoch_day, epoch_s, seconds};

/// Value of one last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LotView {
    /// The last day, none where it has none.
    pub until_day: Option<i64>,
    /// How much.
    pub remaining: i64,
}

/// One value class on the home screen.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct ClassView {
    /// Which.
    pub class_id: i64,
    /// What it is.
    pub kind: ClassKind,
    /// The programme's name.
    pub name: String,
    /// 使えるお金.
    pub usable: i64,
    /// 電波なしで使える分: the part of it that needs no network.
    pub offline: i64,
    /// What expires when, the earliest first.
    pub lots: Vec<LotView>,
    /// The last day of a balance of the extending kind (F022).
    pub until_day: Option<i64>,
    /// From when it can be used (F079).
    pub from_s: Option<i64>,
    /// What is owed after a claw-back (F008); not in `usable`.
    pub owed: i64,
    /// The rank (F016).
    pub rank: Option<String>,
    /// What was earned and has not come yet (F026).
    pub coming: i64,
}

/// The home screen.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct BalanceView {
    /// The classes.
    pub classes: Vec<ClassView>,
    /// The card number (F026), once the server has said it.
    pub card_number: Option<i64>,
    /// Payments that wait for the server (送信待ち).
    pub waiting: i32,
    /// Documents the server keeps undecided (確認中).
    pub parked: i32,
    /// Until when payments without a network are possible.
    pub offline_until_s: Option<i64>,
    /// When the server last said anything.
    pub as_of_s: Option<i64>,
    /// Paying is stopped until a sync (T5).
    pub rolled_back: bool,
    /// The office stopped this account.
    pub stopped: bool,
}

impl From<view::ClassView> for ClassView {
    fn from(view: view::ClassView) -> Self {
        let view::ClassView {
            class,
            service,
            name,
            usable,
            offline,
            lots,
            until,
            from,
            owed,
            rank,
            coming,
        } = view;
        let lots = lots.into_iter().map(|view::LotView { until, remaining }| LotView {
            until_day: until.map(epoch_day),
            remaining: amount(remaining),
        });
        Self {
            class_id: class.0.into(),
            kind: service.into(),
            name,
            usable: amount(usable),
            offline: amount(offline),
            lots: lots.collect(),
            until_day: until.map(epoch_day),
            from_s: from.map(epoch_s),
            owed: amount(owed),
            rank,
            coming: amount(coming),
        }
    }
}

impl From<view::WalletView> for BalanceView {
    fn from(view: view::WalletView) -> Self {
        let view::WalletView {
            classes,
            card,
            waiting,
            parked,
            offline_until,
            as_of,
            rolled_back,
            stopped,
        } = view;
        Self {
            classes: classes.into_iter().map(ClassView::from).collect(),
            card_number: card.map(seconds),
            waiting: count(waiting),
            parked: count(parked),
            offline_until_s: offline_until.map(epoch_s),
            as_of_s: as_of.map(epoch_s),
            rolled_back,
            stopped,
        }
    }
}

#[uniffi::export]
impl Wallet {
    /// What a person has. Works without a network, and while paying is locked.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn balance(&self) -> Result<BalanceView, Trouble> {
        balance(&self.engine).await
    }

    /// The balance now, and whenever it has become another one. For one screen; close it with the screen.
    #[must_use]
    pub fn balances(&self) -> Arc<Balances> {
        Arc::new(Balances {
            engine: Arc::clone(&self.engine),
            seen: Mutex::new((self.engine.changes(), None)),
        })
    }
}

async fn balance(engine: &Arc<Engine>) -> Result<BalanceView, Trouble> {
    engine.look(|_, home| Ok(view::wallet(home)?.into())).await
}

/// A balance that is observed. Changes that happen while nobody waits are seen as one.
#[derive(uniffi::Object)]
pub struct Balances {
    engine: Arc<Engine>,
    seen: Mutex<(watch::Receiver<u64>, Option<BalanceView>)>,
}

#[uniffi::export]
impl Balances {
    /// The first time at once; then when it is another one than it was. To be given up at will.
    ///
    /// # Errors
    /// [`Trouble`]; [`Trouble::Closed`] once the wallet is.
    pub async fn next(&self) -> Result<BalanceView, Trouble> {
        let mut seen = self.seen.lock().await;
        let (changes, last) = &mut *seen;
        loop {
            if last.is_some() && changes.changed().await.is_err() {
                return Err(Trouble::Closed);
            }
            changes.mark_unchanged();
            let now = balance(&self.engine).await?;
            if last.as_ref() != Some(&now) {
                *last = Some(now.clone());
                return Ok(now);
            }
        }
    }
}
