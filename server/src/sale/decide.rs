//! Which function carries out what is asked about acquiring value; and what all of them ask of the books.

use std::sync::Arc;

use kinchaku_protocol::ids::{ClassId, DocId, SetId};
use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::eligibility::age_on;
use kinchaku_protocol::time::Day;

use super::action::{SaleAction, Somebody};
use super::rows::{SaleRow, ShareRow};
use crate::command::CommandError;
use crate::ledger::decide::{Books, Reply};
use crate::programme::{Facts, Kind, Programme, Programmes, Sale, Who};

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn sale(&mut self, action: &SaleAction) -> Result<Reply, CommandError> {
        let outcome = match action {
            SaleAction::Commit { programme, commitment } => self.commit_seed(*programme, *commitment),
            SaleAction::Apply(asked) => self.apply(asked),
            SaleAction::Void { programme, id } => self.void_application(*programme, *id),
            SaleAction::CloseList { programme } => self.close_list(*programme),
            SaleAction::Draw { programme, seed } => self.draw(*programme, seed),
            SaleAction::Order(asked) => self.order(asked),
            SaleAction::Asked { order, provider_ref } => self.asked(*order, provider_ref),
            SaleAction::Event {
                id,
                order,
                kind,
                amount,
            } => self.provider_event(id, *order, *kind, *amount),
            SaleAction::Refund { order } => self.refund(*order),
            SaleAction::ByHand(what) => self.by_hand(what),
            SaleAction::LapseOrders { orders } => self.lapse_orders(orders),
            SaleAction::Receive {
                programme,
                account,
                who,
                key,
            } => self.receive(*programme, *account, who.as_ref(), key),
            SaleAction::Exchange(asked) => self.exchange(asked),
            SaleAction::GrantExchanges { exchanges } => self.grant_exchanges(exchanges),
            SaleAction::GrantBonus { orders } => self.grant_bonuses(orders),
        }?;
        Ok(Reply::Ready(outcome))
    }

    pub(super) fn programmes(&self) -> Result<Arc<Programmes>, CommandError> {
        self.view.programmes.clone().ok_or(CommandError::NotSetUp)
    }

    /// How far a programme is; one nobody had anything of yet is at its beginning.
    pub(super) fn sale_row(&self, programme: u32) -> SaleRow {
        self.view.sales.copy(&(programme,)).unwrap_or(SaleRow {
            programme,
            sold: 0,
            reserved: 0,
            issued: Amount::ZERO,
            applications: 0,
            commitment: None,
            list: None,
            closed_at: None,
            seed: None,
            drawn_at: None,
        })
    }

    /// What a person has of a programme.
    pub(super) fn share(&self, programme: u32, person: DocId) -> ShareRow {
        self.view.shares.copy(&(programme, person)).unwrap_or(ShareRow {
            programme,
            person,
            application: None,
            reserved: 0,
            bought: 0,
            received: 0,
        })
    }

    /// Whether an account is there and may have more.
    pub(super) fn may_have_more(&self, account: u64) -> Result<(), CommandError> {
        let row = self.view.accounts.get(&(account,)).ok_or(CommandError::NoAccount)?;
        (!row.stopped).then_some(()).ok_or(CommandError::Stopped)
    }
}

/// A programme that is a sale.
pub(super) fn sale_of(programmes: &Programmes, id: u32) -> Result<(&Programme, &Sale), CommandError> {
    let programme = programmes.programmes.get(&id).ok_or(CommandError::NoProgramme)?;
    match &programme.kind {
        Kind::Sale(sale) => Ok((programme, sale)),
        _ => Err(CommandError::NoProgramme),
    }
}

/// Under whom an account nobody is linked to has its share: the account itself.
pub(super) fn nobody(account: u64) -> DocId {
    DocId::of(&[b"kinchaku/account/1\0".as_slice(), &account.to_be_bytes()].concat())
}

/// Whether a programme asks for anything that only a linked person has.
pub(super) const fn asks(who: &Who) -> bool {
    !who.towns.is_empty() || who.registered_on.is_some() || who.age.is_some() || who.roster.is_some()
}

/// Calls a rule with what is known of somebody; nothing of nobody.
pub(super) fn with_facts<T>(who: Option<&Somebody>, rule: impl FnOnce(&Facts<'_>) -> T) -> T {
    let Some(who) = who else {
        return rule(&Facts::default());
    };
    let rosters: Vec<&str> = who.rosters.iter().map(String::as_str).collect();
    rule(&Facts {
        birth: who.birth,
        address: who.address.as_deref(),
        registered_on: &who.registered_on,
        rosters: &rosters,
    })
}

/// Whether somebody is certainly of the age that gets points for buying (F080).
pub(super) fn bonus_age(sale: &Sale, birth: Option<BirthDate>) -> bool {
    let age = |on| birth.and_then(|birth| age_on(&birth, on));
    sale.bonus
        .is_some_and(|bonus| age(bonus.on).is_some_and(|age| age.at_least >= bonus.age))
}

/// The last day and the shops of a lot that is made today; a programme's own end comes first where it is earlier.
pub(super) fn terms(
    programmes: Option<&Programmes>,
    class: ClassId,
    end: Option<Day>,
    today: Day,
) -> (Option<Day>, SetId) {
    let known = programmes.and_then(|programmes| programmes.classes.get(&class));
    let own = known.and_then(|class| class.expiry.lot_until(today));
    let until = match (own, end) {
        (Some(own), Some(end)) => Some(own.min(end)),
        (own, end) => own.or(end),
    };
    (until, known.map_or(SetId::ANYWHERE, |class| class.scope))
}
