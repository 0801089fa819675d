//! The rows of a page that come of the town's folder and of what is kept beside lots: what programmes say of the
//! classes, and how an account stands with each.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::doc::{Row, RuleRow, StandingRow, Table as List};
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::Reader;
use super::page_rows::page_row;
use super::pull::Asker;
use crate::points::rows::{BalanceRow, EarningState, ExtendingRow, RankRow};
use crate::programme::{Kind, Programmes};
use crate::sale::rows::ExchangeState;
use crate::store::StoreError;
use crate::store::table::{Column, Value};

impl Reader {
    /// What the town's folder says of its classes; nothing where the town has none.
    pub(super) async fn rules(&self) -> Result<Vec<Row>, StoreError> {
        let Some(programmes) = self.programmes().await? else {
            return Ok(Vec::new());
        };
        let rule = |class: &crate::programme::Class| RuleRow {
            class: class.id,
            combine: class.combine.clone(),
            from: begins(&programmes, class.id),
            pin_always: class.pin_always,
            ranks: class.ranks.iter().map(|(name, _)| name.clone()).collect(),
        };
        let rules = programmes.classes.values().map(rule);
        Ok(rules
            .map(|rule| page_row(List::Rule, rule.class.0.to_be_bytes().to_vec(), &rule))
            .collect())
    }

    /// How the account stands with the classes in `wanted`; with none wanted, with all of which there is something
    /// to say.
    pub(super) async fn standings(
        &self,
        asker: &Asker<'_>,
        wanted: &BTreeSet<Vec<u8>>,
    ) -> Result<Vec<Row>, StoreError> {
        let Some(account) = asker.device.account else {
            return Ok(Vec::new());
        };
        let mut standings: BTreeMap<ClassId, StandingRow> = BTreeMap::new();
        for class in wanted.iter().filter_map(|key| class_of(key)) {
            standings.insert(class, nothing(class));
        }
        let mut of = |class: ClassId, set: &mut dyn FnMut(&mut StandingRow)| {
            set(standings.entry(class).or_insert_with(|| nothing(class)));
        };
        for row in self.among::<ExtendingRow>("account", vec![account.to_value()]).await? {
            of(row.class, &mut |standing| standing.until = row.until);
        }
        for row in self.owed(account).await? {
            of(row.class, &mut |standing| standing.owed = row.owed);
        }
        for row in self.among::<RankRow>("account", vec![account.to_value()]).await? {
            of(row.class, &mut |standing| standing.rank = Some(row.rank));
        }
        for (class, coming) in self.coming(account).await? {
            of(class, &mut |standing| standing.coming = coming);
        }
        Ok(standings
            .into_iter()
            .map(|(class, standing)| (class.0.to_be_bytes().to_vec(), standing))
            .filter(|(key, _)| wanted.is_empty() || wanted.contains(key))
            .map(|(key, standing)| page_row(List::Standing, key, &standing))
            .collect())
    }

    /// What an account owes (F008).
    pub(super) async fn owed(&self, account: u64) -> Result<Vec<BalanceRow>, StoreError> {
        let balances = self.among::<BalanceRow>("account", vec![account.to_value()]).await?;
        Ok(balances.into_iter().filter(|row| !row.owed.is_zero()).collect())
    }

    /// Points earned and not granted yet (F026), and money of exchanges whose day has not come (F014).
    pub(super) async fn coming(&self, account: u64) -> Result<Vec<(ClassId, Amount)>, StoreError> {
        let sql = "select class, cast(sum(amount) as bigint) from (\
                 select class, base + bonus as amount from earnings where muni = $1 and account = $2 and state = $3 \
                 union all \
                 select class, amount from exchanges where muni = $1 and account = $2 and state = $4\
             ) as due group by class order by class";
        let parameters = vec![
            account.to_value(),
            EarningState::Pending.to_value(),
            ExchangeState::Waiting.to_value(),
        ];
        let sums = self.store.report(self.town, sql, parameters).await?;
        let sum = |row: &Vec<Value>| match row.as_slice() {
            [class, sum] => Ok((ClassId::from_value(class)?, Amount::from_value(sum)?)),
            _ => Err(StoreError::Value(crate::store::table::BadValue)),
        };
        sums.iter().map(sum).collect()
    }
}

/// The first second in which anything of a class can be used (F079): of the programmes that it comes from, the
/// earliest.
fn begins(programmes: &Programmes, class: ClassId) -> Option<Time> {
    let of_class = programmes
        .programmes
        .values()
        .filter(|programme| programme.class == class);
    let begins = of_class.filter_map(|programme| match &programme.kind {
        Kind::Sale(sale) => Some(sale.usage.from),
        Kind::Distribution(distribution) => Some(distribution.usage.from),
        Kind::Campaign(_) | Kind::Exchange(_) => None,
    });
    begins.min()
}

const fn nothing(class: ClassId) -> StandingRow {
    StandingRow {
        class,
        until: None,
        owed: Amount::ZERO,
        rank: None,
        coming: Amount::ZERO,
    }
}

fn class_of(key: &[u8]) -> Option<ClassId> {
    Some(ClassId(u32::from_be_bytes(key.try_into().ok()?)))
}
