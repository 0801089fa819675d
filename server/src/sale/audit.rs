//! What must hold of sales at every moment: no more is sold than both ceilings leave room for (I10), nobody has more
//! than one person may (I11), a draw is what its seed and list make it, and every count is the sum of its orders.

use std::collections::BTreeMap;
use std::sync::Arc;

use kinchaku_protocol::ids::{ClassId, DocId, Pid};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::rules::draw::{self, Application, ApplicationId};

use super::lottery::terms;
use super::rows::{
    ApplicationRow, EventKind, EventVerdict, ExchangeRow, ExchangeState, OrderRow, OrderState, ProviderEventRow,
    SaleRow, ShareRow,
};
use crate::ledger::rows::Book;
use crate::ledger::view::View;
use crate::points::programme_party;
use crate::programme::{Distribution, Kind, Programme, Programmes, Sale, worth};
use crate::query::audit::Violation;

/// Everything an audit of sales looks at.
pub(crate) struct Sales {
    pub sales: Vec<SaleRow>,
    pub applications: Vec<ApplicationRow>,
    pub shares: Vec<ShareRow>,
    pub orders: Vec<OrderRow>,
    pub events: Vec<ProviderEventRow>,
    /// What budgets have given, by programme and class: below zero.
    pub budgets: BTreeMap<(Pid, ClassId), Signed>,
    pub exchanges: Vec<ExchangeRow>,
    /// What people gave up for programmes, less what came of it, by programme and class.
    pub given_up: BTreeMap<(Pid, ClassId), Signed>,
    pub programmes: Option<Arc<Programmes>>,
}

/// Lots of some orders of one programme.
#[derive(Clone, Copy, Default)]
struct Lots {
    reserved: u64,
    sold: u64,
    /// Face value of what was sold.
    face: Amount,
    /// What the town adds to what is paid and not taken back.
    premium: Amount,
    /// Points for buying that were granted.
    bonus: Amount,
}

impl Sales {
    /// The rows at hand, which must be all there are.
    pub(crate) fn of(view: &View) -> Self {
        let sums = |book| {
            let mut sums: BTreeMap<(Pid, ClassId), Signed> = BTreeMap::new();
            for row in view.postings.all().filter(|row| row.book == book) {
                add(&mut sums, (row.party, row.class), row.amount);
            }
            sums
        };
        Self {
            sales: view.sales.all().cloned().collect(),
            applications: view.applications.all().cloned().collect(),
            shares: view.shares.all().cloned().collect(),
            orders: view.orders.all().cloned().collect(),
            events: view.provider_events.all().cloned().collect(),
            budgets: sums(Book::Budget),
            exchanges: view.exchanges.all().cloned().collect(),
            given_up: sums(Book::Exchange),
            programmes: view.programmes.clone(),
        }
    }

    /// What does not hold.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut broken = |rule, place: String| violations.push(Violation { rule, place });
        let known = self.programmes.iter().flat_map(|all| all.programmes.values());
        for programme in known {
            let row = self.sales.iter().find(|row| row.programme == programme.id);
            let Some(row) = row else { continue };
            match &programme.kind {
                Kind::Sale(sale) => self.check_sale(programme, sale, row, &mut broken),
                Kind::Distribution(distribution) => {
                    self.check_distribution(programme, distribution, row, &mut broken);
                }
                Kind::Exchange(_) => self.check_exchange(programme, row, &mut broken),
                Kind::Campaign(_) => {}
            }
        }
        self.check_given_up(&mut broken);
        self.check_shares(&mut broken);
        self.check_orders(&mut broken);
        violations
    }

    fn check_sale(
        &self,
        programme: &Programme,
        sale: &Sale,
        row: &SaleRow,
        broken: &mut impl FnMut(&'static str, String),
    ) {
        let place = || format!("programme {}", programme.id);
        let of = |order: &&OrderRow| order.programme == Some(programme.id);
        let lots = lots(self.orders.iter().filter(of));
        if (row.sold, row.reserved, row.issued) != (lots.sold, lots.reserved, lots.face) {
            broken("I10 a sale is the sum of its orders", place());
        }
        let out = Amount::new(sale.face.units().saturating_mul(row.sold.saturating_add(row.reserved)));
        let premium = Amount::new(
            sale.premium()
                .units()
                .saturating_mul(row.sold.saturating_add(row.reserved)),
        );
        if out.is_ok_and(|out| out > sale.issue_ceiling) || premium.is_ok_and(|sum| sum > sale.premium_ceiling) {
            broken("I10 nothing is sold beyond its ceilings", place());
        }
        let given = |class| {
            let party = programme_party(programme.id);
            self.budgets.get(&(party, class)).copied().unwrap_or_default()
        };
        if given(programme.class) != lots.premium.debit() {
            broken("I10 a budget gives the premium of what is paid", place());
        }
        if sale.bonus.is_some_and(|bonus| given(bonus.class) != lots.bonus.debit()) {
            broken("F080 a budget gives the points of whoever bought", place());
        }
        let shares = self.shares.iter().filter(|share| share.programme == programme.id);
        for share in shares {
            let has = share.bought.saturating_add(share.reserved);
            let application = share.application.and_then(|id| self.application(programme.id, id.0));
            let won = application.and_then(|application| application.won);
            let most = if sale.apply.is_some() {
                won.unwrap_or(0)
            } else {
                sale.most
            };
            if has > most.min(sale.most) {
                broken("I11 nobody has more than one person may", place());
            }
        }
        self.check_draw(programme, sale, row, broken);
    }

    fn application(&self, programme: u32, id: [u8; 16]) -> Option<&ApplicationRow> {
        let at = self
            .applications
            .binary_search_by(|row| (row.programme, row.id.0).cmp(&(programme, id)));
        at.ok().and_then(|at| self.applications.get(at))
    }

    fn check_draw(
        &self,
        programme: &Programme,
        sale: &Sale,
        row: &SaleRow,
        broken: &mut impl FnMut(&'static str, String),
    ) {
        let place = || format!("programme {}", programme.id);
        let all = || self.applications.iter().filter(|one| one.programme == programme.id);
        let counting = |one: &&ApplicationRow| !one.void || one.won.is_some();
        let listed = u64::try_from(all().filter(counting).count()).unwrap_or(u64::MAX);
        if listed != row.applications {
            broken("F149 a sale counts its applications", place());
        }
        let won: u64 = all().filter_map(|one| one.won).map(u64::from).sum();
        if won > sale.stock() {
            broken("I10 no more is won than there is", place());
        }
        let (Some(terms), Some(seed)) = (terms(row, sale), row.seed) else {
            return;
        };
        let list: Vec<Application> = all().filter(counting).map(application).collect();
        let again = draw::draw(&seed.0, &list, terms.stock, terms.most).unwrap_or_default();
        let as_drawn = draw::verify(&terms, &seed.0, &list, &again).is_ok()
            && again.iter().all(|outcome| {
                let row = self.application(programme.id, outcome.id.0);
                row.is_some_and(|row| row.won == Some(outcome.won))
            });
        if !as_drawn {
            broken("F078 a draw is what its seed and list make it", place());
        }
    }

    fn check_distribution(
        &self,
        programme: &Programme,
        distribution: &Distribution,
        row: &SaleRow,
        broken: &mut impl FnMut(&'static str, String),
    ) {
        let place = || format!("programme {}", programme.id);
        let shares = || self.shares.iter().filter(|share| share.programme == programme.id);
        let times: u64 = shares().map(|share| u64::from(share.received)).sum();
        let issued = Amount::new(distribution.amount.units().saturating_mul(times));
        let given = self.budgets.get(&(programme_party(programme.id), programme.class));
        let given = given.copied().unwrap_or_default();
        if issued != Ok(row.issued) || given != row.issued.debit() {
            broken("I10 a distribution is the sum of what people received", place());
        }
        if row.issued > distribution.issue_ceiling {
            broken("I10 nothing is handed out beyond its ceiling", place());
        }
        if shares().any(|share| share.received > distribution.times) {
            broken("F068 nobody receives more often than allowed", place());
        }
    }

    fn check_exchange(&self, programme: &Programme, row: &SaleRow, broken: &mut impl FnMut(&'static str, String)) {
        let own = self.exchanges.iter().filter(|one| one.programme == programme.id);
        if Amount::sum(own.map(|one| one.amount)) != Ok(row.issued) {
            broken(
                "F014 a programme gives what its exchanges come to",
                format!("programme {}", programme.id),
            );
        }
    }

    /// Points are what was given for them: each exchange by its own terms, and all of them in the ledger.
    fn check_given_up(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut sums: BTreeMap<(Pid, ClassId), Signed> = BTreeMap::new();
        for row in &self.exchanges {
            let party = programme_party(row.programme);
            add(&mut sums, (party, row.source), row.points.credit());
            let granted = row.state == ExchangeState::Granted;
            if granted {
                add(&mut sums, (party, row.class), row.amount.debit());
            }
            if worth(row.points, row.step, row.gives) != Some(row.amount) {
                broken(
                    "F014 points become what their terms say",
                    format!("exchange {}", row.id),
                );
            }
            if granted != row.lot.is_some() {
                broken("F014 what was granted has its lot", format!("exchange {}", row.id));
            }
        }
        for row in self.applications.iter().filter(|row| row.entry.is_some()) {
            if let Some(class) = row.point_class {
                add(&mut sums, (programme_party(row.programme), class), row.points.credit());
            }
        }
        let counts = |sums: &BTreeMap<(Pid, ClassId), Signed>| {
            let some = sums.iter().filter(|(_, sum)| **sum != Signed::ZERO);
            some.map(|(key, sum)| (*key, *sum)).collect::<BTreeMap<_, _>>()
        };
        if counts(&sums) != counts(&self.given_up) {
            broken("I10 what was given up is what came of it", "all programmes".to_owned());
        }
    }

    /// What a person has is the sum of the person's orders.
    fn check_shares(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut by_person: BTreeMap<(u32, DocId), (u64, u64)> = BTreeMap::new();
        for order in &self.orders {
            if let (Some(programme), Some(person)) = (order.programme, order.person) {
                let lots = lots([order]);
                let (sold, reserved) = by_person.entry((programme, person)).or_default();
                *sold = sold.saturating_add(lots.sold);
                *reserved = reserved.saturating_add(lots.reserved);
            }
        }
        for share in &self.shares {
            let orders = by_person.remove(&(share.programme, share.person)).unwrap_or_default();
            if orders != (u64::from(share.bought), u64::from(share.reserved)) {
                broken(
                    "I11 a share is the sum of its orders",
                    format!("programme {}", share.programme),
                );
            }
        }
        for ((programme, _), lots) in by_person {
            if lots != (0, 0) {
                broken("I11 an order has its share", format!("programme {programme}"));
            }
        }
    }

    fn check_orders(&self, broken: &mut impl FnMut(&'static str, String)) {
        let mut paid: BTreeMap<u64, u32> = BTreeMap::new();
        for event in &self.events {
            let money = event.kind == EventKind::Paid;
            if money && matches!(event.verdict, EventVerdict::Taken | EventVerdict::TooLate) {
                let count = paid.entry(event.order_id).or_default();
                *count = count.saturating_add(1);
            }
        }
        for order in &self.orders {
            let place = || format!("order {}", order.id);
            if paid.get(&order.id).is_some_and(|count| *count > 1) {
                broken("F064 an order is paid once", place());
            }
            let held = order.state == OrderState::Paid;
            if held && (order.lot.is_none() || !order.returned.is_zero()) {
                broken("F064 what is paid brings its value", place());
            }
            let came = order.tran_id.is_some();
            let whole = if held || !came { Amount::ZERO } else { order.face };
            if order.returned != whole {
                broken("F064 what is taken back is all of it", place());
            }
            if order.bonus_done && !held {
                broken("F080 points for buying stay with what was bought", place());
            }
        }
    }
}

fn add(sums: &mut BTreeMap<(Pid, ClassId), Signed>, key: (Pid, ClassId), by: Signed) {
    let sum = sums.entry(key).or_default();
    *sum = sum.plus(by).unwrap_or(*sum);
}

fn application(row: &ApplicationRow) -> Application {
    Application {
        id: ApplicationId(row.id.0),
        wanted: row.wanted,
    }
}

fn lots<'o>(orders: impl IntoIterator<Item = &'o OrderRow>) -> Lots {
    let mut lots = Lots::default();
    for order in orders {
        let units = u64::from(order.units);
        match order.state {
            OrderState::Awaiting => lots.reserved = lots.reserved.saturating_add(units),
            // What was charged back once was paid: its lots are nobody else's.
            OrderState::ChargedBack if order.lot.is_none() => {}
            OrderState::Paid | OrderState::ChargedBack => {
                lots.sold = lots.sold.saturating_add(units);
                lots.face = lots.face.plus(order.face).unwrap_or(Amount::MAX);
            }
            OrderState::Failed | OrderState::Lapsed | OrderState::Refunded => {}
        }
        if order.state == OrderState::Paid {
            let premium = order.face.less(order.price);
            lots.premium = lots.premium.plus(premium).unwrap_or(Amount::MAX);
        }
        if order.bonus_done {
            lots.bonus = lots.bonus.plus(order.bonus).unwrap_or(Amount::MAX);
        }
    }
    lots
}
