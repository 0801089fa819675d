//! A member as the office sees one by the card number (F026): what the account has, and nothing of who it is.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::Day;

use super::Reader;
use crate::ledger::rows::{AccountRow, LotRow};
use crate::points::rows::{BalanceRow, ExtendingRow, RankRow};
use crate::store::StoreError;
use crate::store::table::Column as _;

/// What an account has of one class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Which value.
    pub class: ClassId,
    /// How much, owed points taken off (F008).
    pub value: Signed,
    /// Of that, what is set aside for payments.
    pub held: Amount,
    /// What is owed after a claw-back.
    pub owed: Amount,
    /// The last day of a balance of the extending kind (F022).
    pub until: Option<Day>,
    /// The name of the rank (F016).
    pub rank: Option<String>,
    /// What comes later: earned points, money of exchanges.
    pub coming: Amount,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// It.
    pub account: AccountRow,
    /// What it has, by class.
    pub holdings: Vec<Holding>,
}

impl Reader {
    /// An account and what it has; none where there is no such account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn member(&self, account: u64) -> Result<Option<Member>, StoreError> {
        let Some(row) = self.account_by_number(account).await? else {
            return Ok(None);
        };
        let of = || vec![account.to_value()];
        let mut holdings: BTreeMap<ClassId, Holding> = BTreeMap::new();
        let mut set = |class: ClassId, put: &mut dyn FnMut(&mut Holding)| {
            put(holdings.entry(class).or_insert_with(|| nothing(class)));
        };
        for row in self.among::<BalanceRow>("account", of()).await? {
            set(row.class, &mut |holding| {
                (holding.value, holding.owed) = (row.value, row.owed)
            });
        }
        for lot in self.among::<LotRow>("account", of()).await? {
            set(lot.class, &mut |holding| {
                holding.held = holding.held.plus(lot.held).unwrap_or(Amount::MAX);
            });
        }
        for row in self.among::<ExtendingRow>("account", of()).await? {
            set(row.class, &mut |holding| holding.until = row.until);
        }
        for (class, coming) in self.coming(account).await? {
            set(class, &mut |holding| holding.coming = coming);
        }
        let programmes = self.programmes().await?;
        for row in self.among::<RankRow>("account", of()).await? {
            let known = programmes.as_ref().and_then(|all| all.classes.get(&row.class));
            let place = usize::try_from(row.rank).unwrap_or(usize::MAX);
            let name = known.and_then(|class| class.ranks.get(place));
            set(row.class, &mut |holding| {
                holding.rank = name.map(|(name, _)| name.clone());
            });
        }
        Ok(Some(Member {
            account: row,
            holdings: holdings.into_values().collect(),
        }))
    }
}

const fn nothing(class: ClassId) -> Holding {
    Holding {
        class,
        value: Signed::ZERO,
        held: Amount::ZERO,
        owed: Amount::ZERO,
        until: None,
        rank: None,
        coming: Amount::ZERO,
    }
}
