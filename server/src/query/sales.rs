//! Sales: applications, what is published of a draw, orders, and what the calendar will ask for.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::ids::{ClassId, DocId, Pid, Ref};
use kinchaku_protocol::money::Signed;
use kinchaku_protocol::rules::draw;
use kinchaku_protocol::time::{Day, Time};

use super::Reader;
use super::lists::columns;
use crate::ledger::rows::Book;
use crate::programme::Kind;
use crate::sale::action::ByHand;
use crate::sale::audit::Sales;
use crate::sale::event::by_hand;
use crate::sale::order::order_key;
use crate::sale::rows::{ApplicationRow, EventVerdict, OrderRow, OrderState, ProviderEventRow, RefundStep, SaleRow};
use crate::store::StoreError;
use crate::store::table::{Column, Table, Value};

/// What is published of a draw (docs/programmes.md, "Checking a draw").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedDraw {
    /// The way of drawing; none where who came first won.
    pub algorithm: Option<&'static str>,
    /// SHA-256 of the seed.
    pub commitment: Option<DocId>,
    /// SHA-256 of the list, once it is closed.
    pub list: Option<DocId>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// The seed, once it was used.
    pub seed: Option<DocId>,
    /// When lots were drawn.
    pub drawn_at: Option<Time>,
    /// Lots there are.
    pub stock: u64,
    /// Lots one application may want.
    pub most: u32,
}

/// A line of the published list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedApplication {
    /// Its number.
    pub id: Ref,
    /// Lots wanted.
    pub wanted: u32,
    /// Lots won; none before the draw.
    pub won: Option<u32>,
}

macro_rules! orders {
    ($rest:literal) => {
        concat!(
            "select id, key, content, programme, class, account, person, units, price, face, pay_in, state, \
             provider_ref, made_at, until, settled_at, lot, tran_id, returned, bonus_class, bonus, bonus_due, \
             bonus_done, bonus_lot, bonus_tran, refund from orders where muni = $1 ",
            $rest
        )
    };
}

impl Reader {
    /// How far a programme is; none where nobody had anything of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sale(&self, programme: u32) -> Result<Option<SaleRow>, StoreError> {
        self.one("programme", &programme).await
    }

    /// Applications for a sale after one of them, by their number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn applications(
        &self,
        programme: u32,
        after: Option<Ref>,
        limit: u32,
    ) -> Result<Vec<ApplicationRow>, StoreError> {
        let sql = "select programme, id, person, account, phone, wanted, won, void, buyer, bonus_age, at, points, \
                   point_class, entry, taken \
                   from applications where muni = $1 and programme = $2 and id > $3 order by id limit $4";
        let after = after.map_or_else(|| Value::Bytes(Vec::new()), |id| id.to_value());
        let parameters = vec![programme.to_value(), after, limit.to_value()];
        self.read(sql, parameters).await
    }

    /// Applications that count, from accounts that owe something after a claw-back (F009), as [`Reader::applications`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn owing_applications(
        &self,
        programme: u32,
        after: Option<Ref>,
        limit: u32,
    ) -> Result<Vec<ApplicationRow>, StoreError> {
        let sql = "select a.programme, a.id, a.person, a.account, a.phone, a.wanted, a.won, a.void, a.buyer, \
                   a.bonus_age, a.at, a.points, a.point_class, a.entry, a.taken \
                   from applications a where a.muni = $1 and a.programme = $2 and a.id > $3 and a.void = 0 and exists \
                   (select 1 from balances b where b.muni = a.muni and b.account = a.account and b.owed > 0) \
                   order by a.id limit $4";
        let after = after.map_or_else(|| Value::Bytes(Vec::new()), |id| id.to_value());
        let parameters = vec![programme.to_value(), after, limit.to_value()];
        self.read(sql, parameters).await
    }

    /// An application.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn application(&self, programme: u32, id: Ref) -> Result<Option<ApplicationRow>, StoreError> {
        let rows = self.among::<ApplicationRow>("id", vec![id.to_value()]).await?;
        Ok(rows.into_iter().find(|row| row.programme == programme))
    }

    /// The applications of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn applications_of(&self, account: u64) -> Result<Vec<ApplicationRow>, StoreError> {
        self.among("account", vec![account.to_value()]).await
    }

    /// What is published of a sale's draw; none where nobody applies for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn published_draw(&self, programme: u32) -> Result<Option<PublishedDraw>, StoreError> {
        let programmes = self.programmes().await?;
        let known = programmes.as_ref().and_then(|all| all.programmes.get(&programme));
        let Some(Kind::Sale(sale)) = known.map(|programme| &programme.kind) else {
            return Ok(None);
        };
        let Some(apply) = sale.apply else { return Ok(None) };
        let row = self.sale(programme).await?;
        let row = row.as_ref();
        Ok(Some(PublishedDraw {
            algorithm: apply.draw.then_some(draw::ALGORITHM),
            commitment: row.and_then(|row| row.commitment),
            list: row.and_then(|row| row.list),
            closed_at: row.and_then(|row| row.closed_at),
            seed: row.and_then(|row| row.seed),
            drawn_at: row.and_then(|row| row.drawn_at),
            stock: sale.stock(),
            most: sale.most,
        }))
    }

    /// The list that was closed, or the outcome, after an application, by their number. Empty while it is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn published_list(
        &self,
        programme: u32,
        after: Option<Ref>,
        limit: u32,
    ) -> Result<Vec<ListedApplication>, StoreError> {
        if self.sale(programme).await?.is_none_or(|row| row.closed_at.is_none()) {
            return Ok(Vec::new());
        }
        // What was found out after the draw does not change its outcome.
        let sql = "select id, wanted, won from applications where muni = $1 and programme = $2 and id > $3 \
                   and (void = 0 or won is not null) order by id limit $4";
        let after = after.map_or_else(|| Value::Bytes(Vec::new()), |id| id.to_value());
        let parameters = vec![programme.to_value(), after, limit.to_value()];
        let rows = self.store.report(self.town, sql, parameters).await?;
        rows.iter()
            .map(|row| {
                let [id, wanted, won] = columns(row)?;
                Ok(ListedApplication {
                    id: Ref::from_value(id)?,
                    wanted: u32::from_value(wanted)?,
                    won: Option::from_value(won)?,
                })
            })
            .collect()
    }

    /// An order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn order(&self, id: u64) -> Result<Option<OrderRow>, StoreError> {
        self.one("id", &id).await
    }

    /// An order by its caller's key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn order_by_key(&self, account: u64, key: &str) -> Result<Option<OrderRow>, StoreError> {
        self.one("key", &order_key(account, key)).await
    }

    /// The orders of an account.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn orders_of(&self, account: u64) -> Result<Vec<OrderRow>, StoreError> {
        self.among("account", vec![account.to_value()]).await
    }

    /// Orders after one of them, in one state or in any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn orders(&self, state: Option<OrderState>, after: u64, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
        let sql = orders!("and id > $2 and state between $3 and $4 order by id limit $5");
        let (from, to) = state.map_or((u8::MIN, u8::MAX), |state| (state.number(), state.number()));
        let parameters = vec![after.to_value(), from.to_value(), to.to_value(), limit.to_value()];
        self.read(sql, parameters).await
    }

    /// Orders nobody paid in time, the first to end first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn orders_to_lapse(&self, now: Time, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
        let sql = orders!("and state = $2 and until <= $3 order by until, id limit $4");
        let parameters = vec![OrderState::Awaiting.to_value(), now.to_value(), limit.to_value()];
        self.read(sql, parameters).await
    }

    /// Orders whose points for buying are due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bonuses_due(&self, today: Day, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
        let sql = orders!("and bonus_done = 0 and bonus_due <= $2 order by bonus_due, id limit $3");
        self.read(sql, vec![today.to_value(), limit.to_value()]).await
    }

    /// Orders after one of them, whose money the provider has to give back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn refunds_due(&self, after: u64, limit: u32) -> Result<Vec<OrderRow>, StoreError> {
        let sql = orders!("and refund = $2 and id > $3 order by id limit $4");
        let parameters = vec![RefundStep::Due.to_value(), after.to_value(), limit.to_value()];
        self.read(sql, parameters).await
    }

    /// What a provider told, by its own number for it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn provider_event(&self, id: &str) -> Result<Option<ProviderEventRow>, StoreError> {
        self.one("id", &DocId::of(id.as_bytes())).await
    }

    /// What providers told that somebody has to look at: not the price, or nothing to do with where the order is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn odd_events(&self) -> Result<Vec<ProviderEventRow>, StoreError> {
        let sql = "select id, order_id, kind, amount, verdict, at from provider_events \
                   where muni = $1 and verdict >= $2 order by at, id";
        self.read(sql, vec![EventVerdict::OtherAmount.to_value()]).await
    }

    /// Those of them that nobody has dealt with yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_oddities(&self) -> Result<Vec<ProviderEventRow>, StoreError> {
        let odd = self.odd_events().await?;
        let done: Vec<Value> = odd
            .iter()
            .map(|row| by_hand(&ByHand::Event(row.id)).to_value())
            .collect();
        let done = self.among::<ProviderEventRow>("id", done).await?;
        let done: BTreeSet<DocId> = done.into_iter().map(|row| row.id).collect();
        let open = |row: &ProviderEventRow| !done.contains(&by_hand(&ByHand::Event(row.id)));
        Ok(odd.into_iter().filter(open).collect())
    }

    /// The lists of people, registers among them, on which somebody stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rosters_with(&self, person: DocId) -> Result<Vec<String>, StoreError> {
        let sql = "select distinct rosters.name from rosters join roster_lines \
                   on roster_lines.muni = rosters.muni and roster_lines.list = rosters.name \
                   where rosters.muni = $1 and roster_lines.person = $2 and roster_lines.listed = 1 \
                   order by rosters.name";
        let rows = self.store.report(self.town, sql, vec![person.to_value()]).await?;
        rows.iter()
            .map(|row| {
                let [name] = columns(row)?;
                Ok(String::from_value(name)?)
            })
            .collect()
    }

    /// Everything an audit of sales looks at.
    pub(super) async fn all_sales(&self) -> Result<Sales, StoreError> {
        let sql = "select party, class, cast(sum(amount) as bigint) from postings \
                   where muni = $1 and book = $2 group by party, class order by party, class";
        let mut sums = [BTreeMap::new(), BTreeMap::new()];
        for (book, sums) in [Book::Budget, Book::Exchange].into_iter().zip(&mut sums) {
            for row in self.store.report(self.town, sql, vec![book.to_value()]).await? {
                let [party, class, sum] = columns(&row)?;
                let key = (Pid::from_value(party)?, ClassId::from_value(class)?);
                sums.insert(key, Signed::from_value(sum)?);
            }
        }
        let [budgets, given_up] = sums;
        Ok(Sales {
            sales: self.all().await?,
            applications: self.all().await?,
            shares: self.all().await?,
            orders: self.all().await?,
            events: self.all().await?,
            budgets,
            exchanges: self.all().await?,
            given_up,
            programmes: self.programmes().await?,
        })
    }

    pub(super) async fn read<R: Table>(&self, sql: &'static str, parameters: Vec<Value>) -> Result<Vec<R>, StoreError> {
        let rows = self.store.report(self.town, sql, parameters).await?;
        let rows = rows.iter().map(|values| R::from_values(values));
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
