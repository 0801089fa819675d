//! From applications to winners (F078, F149): each person once, a list that is published, lots that are drawn from
//! it or, where the programme draws none, go to whoever applied first.
//!
//! States: open → closed (the list is fixed and published) → drawn. Every step is done once; the same again
//! changes nothing.

use std::collections::BTreeSet;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kinchaku_protocol::ids::{DocId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::draw::{self, Application, ApplicationId, Outcome as Drawn};
use kinchaku_protocol::time::Time;
use sha2::Sha256;

use super::action::NewApplication;
use super::decide::{bonus_age, sale_of, with_facts};
use super::rows::{ApplicationRow, SaleRow};
use crate::command::{CommandError, Outcome};
use crate::ledger::decide::Books;
use crate::ledger::rows::Book;
use crate::points::{Spending, Spent, free_of, give_back, programme_party, spend};
use crate::programme::{Apply, Refusal, Sale};
use crate::store::table::Column as _;

/// Buyer numbers have ten digits (F151).
const FIRST_BUYER: u64 = 1_000_000_000;
const BUYERS: u64 = 9_000_000_000;

impl Books<'_> {
    pub(super) fn commit_seed(&mut self, programme: u32, commitment: DocId) -> Result<Outcome, CommandError> {
        let programmes = self.programmes()?;
        let apply = drawn(sale_of(&programmes, programme)?.1)?;
        let mut row = self.sale_row(programme);
        if row.commitment == Some(commitment) {
            return Ok(Outcome::Done);
        }
        still_open(&apply, self.now)?;
        row.commitment = Some(commitment);
        self.view.sales.put(row);
        Ok(Outcome::Done)
    }

    pub(super) fn apply(&mut self, asked: &NewApplication) -> Result<Outcome, CommandError> {
        let programmes = self.programmes()?;
        let (programme, sale) = sale_of(&programmes, asked.programme)?;
        if let Some(known) = self.view.applications.get(&(asked.programme, asked.id)) {
            let asked = (asked.who.person, asked.account, asked.phone, asked.units);
            let same = (known.person, known.account, known.phone, known.wanted) == asked;
            return same.then_some(Outcome::Done).ok_or(CommandError::Taken);
        }
        if let Some(account) = asked.account {
            self.may_have_more(account)?;
            self.owes_nothing(account)?;
        }
        let mut share = self.share(asked.programme, asked.who.person);
        // An account is one person, whatever the card calls that person now.
        let by_account = asked.account.is_some()
            && self
                .applications(asked.programme)
                .any(|row| !row.void && row.account == asked.account);
        let applied = share.application.is_some() || by_account;
        with_facts(Some(&asked.who), |facts| {
            sale.may_apply(&programme.who, facts, asked.units, applied, self.now)
        })?;
        let paid = self.pay_entry(programme.id, sale, asked)?;
        let mut row = self.sale_row(asked.programme);
        row.applications = row.applications.saturating_add(1);
        share.application = Some(asked.id);
        self.view.sales.put(row);
        self.view.shares.put(share);
        self.view.applications.put(ApplicationRow {
            programme: asked.programme,
            id: asked.id,
            person: asked.who.person,
            account: asked.account,
            phone: asked.phone,
            wanted: asked.units,
            won: None,
            void: false,
            buyer: 0,
            bonus_age: bonus_age(sale, asked.who.birth),
            at: self.now,
            points: paid.as_ref().map_or(Amount::ZERO, |(spending, _)| spending.amount),
            point_class: paid.as_ref().map(|(spending, _)| spending.class),
            entry: paid.as_ref().map(|(_, spent)| spent.entry),
            taken: paid.map(|(_, spent)| spent.tran_id),
        });
        Ok(Outcome::Done)
    }

    /// What the application costs in points goes at once (F009). On paper nobody has any.
    fn pay_entry(
        &mut self,
        programme: u32,
        sale: &Sale,
        asked: &NewApplication,
    ) -> Result<Option<(Spending, Spent)>, CommandError> {
        let Some(entry) = sale.apply.and_then(|apply| apply.entry) else {
            return Ok(None);
        };
        let points = entry.points.units().checked_mul(asked.units.into());
        let amount = Amount::new(points.ok_or(CommandError::Amount)?).map_err(|_| CommandError::Amount)?;
        let none = Refusal::NotEnough { left: Amount::ZERO };
        let account = asked.account.ok_or(none)?;
        let left = free_of(self.view, account, entry.class, self.now)?;
        if amount > left {
            return Err(Refusal::NotEnough { left }.into());
        }
        let spending = Spending {
            account,
            class: entry.class,
            amount,
            to: (Book::Exchange, programme_party(programme)),
        };
        let spent = spend(self.view, &spending, self.now)?;
        Ok(Some((spending, spent)))
    }

    /// The points of an application come back.
    fn return_entry(&mut self, application: &mut ApplicationRow) -> Result<(), CommandError> {
        let Some(entry) = application.entry.take() else {
            return Ok(());
        };
        let (account, class) = (application.account, application.point_class);
        let spending = Spending {
            account: account.ok_or(CommandError::Broken)?,
            class: class.ok_or(CommandError::Broken)?,
            amount: application.points,
            to: (Book::Exchange, programme_party(application.programme)),
        };
        let tran_id = application.taken.clone().ok_or(CommandError::Broken)?;
        give_back(self.view, &spending, &Spent { entry, tran_id }, self.now)?;
        Ok(())
    }

    /// Before the list is closed, the application leaves it, the person may apply again, and the points it cost come
    /// back, which settles what is owed of them (F009). Between list and draw nothing can: the list is published.
    /// Afterwards it keeps its place in the outcome, nothing is bought with it, and its points stay spent.
    pub(super) fn void_application(&mut self, programme: u32, id: Ref) -> Result<Outcome, CommandError> {
        let mut application = self
            .view
            .applications
            .copy(&(programme, id))
            .ok_or(CommandError::NoApplication)?;
        if application.void {
            return Ok(Outcome::Done);
        }
        let mut row = self.sale_row(programme);
        match (row.closed_at, row.drawn_at) {
            (None, _) => {
                let mut share = self.share(programme, application.person);
                share.application = share.application.filter(|counts| *counts != id);
                row.applications = row.applications.saturating_sub(1);
                self.view.shares.put(share);
                self.view.sales.put(row);
                self.return_entry(&mut application)?;
            }
            (Some(closed), None) => return Err(Refusal::Over { closed }.into()),
            (Some(_), Some(_)) => {}
        }
        application.void = true;
        self.view.applications.put(application);
        Ok(Outcome::Done)
    }

    pub(super) fn close_list(&mut self, programme: u32) -> Result<Outcome, CommandError> {
        let programmes = self.programmes()?;
        let (_, sale) = sale_of(&programmes, programme)?;
        let apply = sale.apply.ok_or(Refusal::NoApplication)?;
        let mut row = self.sale_row(programme);
        if row.closed_at.is_some() {
            return Ok(Outcome::Done);
        }
        if self.now < apply.window.closes {
            let opens = apply.window.closes;
            return Err(Refusal::NotYet { opens }.into());
        }
        row.list = Some(DocId(draw::list_digest(&self.list(programme))));
        row.closed_at = Some(self.now);
        if !apply.draw {
            row.drawn_at = Some(self.now);
            let outcomes = self.first_come(programme, sale.stock());
            self.allot(programme, &outcomes)?;
        }
        self.view.sales.put(row);
        Ok(Outcome::Done)
    }

    pub(super) fn draw(&mut self, programme: u32, seed: &[u8; 32]) -> Result<Outcome, CommandError> {
        let programmes = self.programmes()?;
        let (_, sale) = sale_of(&programmes, programme)?;
        drawn(sale)?;
        let mut row = self.sale_row(programme);
        let promised = row.commitment == Some(DocId(draw::commitment(seed)));
        if row.closed_at.is_none() || !promised {
            return Err(CommandError::NoDraw);
        }
        if row.drawn_at.is_none() {
            let list = self.list(programme);
            // What was published as the list is drawn from, or nothing is.
            if row.list != Some(DocId(draw::list_digest(&list))) {
                return Err(CommandError::Broken);
            }
            let outcomes = draw::draw(seed, &list, sale.stock(), sale.most).map_err(|_| CommandError::Broken)?;
            self.allot(programme, &outcomes)?;
            row.seed = Some(DocId(*seed));
            row.drawn_at = Some(self.now);
            self.view.sales.put(row);
        }
        let took_part = || self.applications(programme).filter_map(|row| row.won);
        Ok(Outcome::Drawn {
            applications: u64::try_from(took_part().count()).unwrap_or(u64::MAX),
            won: took_part().map(u64::from).sum(),
        })
    }

    fn applications(&self, programme: u32) -> impl Iterator<Item = &ApplicationRow> {
        self.view.applications.by(&programme.to_value())
    }

    /// The applications that count, for list and draw.
    fn list(&self, programme: u32) -> Vec<Application> {
        let counting = self.applications(programme).filter(|row| !row.void);
        counting.map(application).collect()
    }

    /// What each gets where the first who applied gets first.
    fn first_come(&self, programme: u32, stock: u64) -> Vec<Drawn> {
        let mut counting: Vec<&ApplicationRow> = self.applications(programme).filter(|row| !row.void).collect();
        counting.sort_by_key(|row| (row.at, row.id));
        let mut left = stock;
        let share = |row: &ApplicationRow| {
            let won = u32::try_from(left.min(u64::from(row.wanted))).unwrap_or(row.wanted);
            left = left.saturating_sub(u64::from(won));
            let Application { id, wanted } = application(row);
            Drawn { id, wanted, won }
        };
        counting.into_iter().map(share).collect()
    }

    /// Writes down who won what, and the winners' buyer numbers.
    fn allot(&mut self, programme: u32, outcomes: &[Drawn]) -> Result<(), CommandError> {
        let mut given = BTreeSet::new();
        for outcome in outcomes {
            let key = (programme, Ref(outcome.id.0));
            let mut row = self.view.applications.copy(&key).ok_or(CommandError::Broken)?;
            row.won = Some(outcome.won);
            if outcome.won > 0 {
                row.buyer = self.buyer_number(programme, row.id, &mut given)?;
            }
            self.view.applications.put(row);
        }
        Ok(())
    }

    /// Ten digits nobody can guess from what is published; the next try where another winner has them.
    fn buyer_number(&self, programme: u32, id: Ref, given: &mut BTreeSet<u64>) -> Result<u64, CommandError> {
        for attempt in 0..=u8::MAX {
            let mut mac = Hmac::<Sha256>::new_from_slice(self.signers.pseudonym.as_slice())
                .map_err(|_| CommandError::Unavailable)?;
            mac.update(b"buyer");
            mac.update(&programme.to_be_bytes());
            mac.update(&id.0);
            mac.update(&[attempt]);
            let bytes = mac.finalize().into_bytes();
            let number = bytes
                .iter()
                .take(8)
                .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
            let number = FIRST_BUYER.saturating_add(number % BUYERS);
            if given.insert(number) {
                return Ok(number);
            }
        }
        Err(CommandError::Broken)
    }
}

fn application(row: &ApplicationRow) -> Application {
    Application {
        id: ApplicationId(row.id.0),
        wanted: row.wanted,
    }
}

/// A sale whose lots are drawn.
fn drawn(sale: &Sale) -> Result<Apply, CommandError> {
    let apply = sale.apply.filter(|apply| apply.draw);
    apply.ok_or(CommandError::Refused(Refusal::NoApplication))
}

fn still_open(apply: &Apply, now: Time) -> Result<(), CommandError> {
    let closed = apply.window.closes;
    (now < closed).then_some(()).ok_or(Refusal::Over { closed }.into())
}

/// What is published of a draw (docs/programmes.md, "Checking a draw").
#[must_use]
pub fn terms(row: &SaleRow, sale: &Sale) -> Option<draw::Terms> {
    Some(draw::Terms {
        commitment: row.commitment?.0,
        list: row.list?.0,
        stock: sale.stock(),
        most: sale.most,
    })
}
