//! What the programmes offer to the person of an account now, and what the person has of them. Told, not decided:
//! the books ask again when something is acquired.

use std::collections::BTreeMap;

use kinchaku_protocol::api::acquire::{
    Offer, OfferApply, OfferEntry, OfferExchange, OfferKind, OfferShare, OffersAnswer, Received, Span,
};
use kinchaku_protocol::ids::{ClassId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Time;

use super::action::Somebody;
use super::answer::{refusal, way};
use super::decide::{asks, nobody, terms, with_facts};
use super::desk::SaleError;
use super::rows::{ApplicationRow, SaleRow, ShareRow};
use crate::books::Books;
use crate::command::CommandError;
use crate::programme::{
    Bought, BuyBy, Distribution, Exchange, Facts, Kind, Programme, Programmes, Refusal, Sale, Sold, UsePeriod, Window,
};

/// Who asks, with everything that is theirs.
struct Asker {
    who: Option<Somebody>,
    owes: bool,
    shares: BTreeMap<u32, ShareRow>,
    applications: BTreeMap<Ref, ApplicationRow>,
    /// Of the points that something is asked in.
    free: BTreeMap<ClassId, Amount>,
}

impl Books {
    /// What is on offer to an account.
    ///
    /// # Errors
    /// [`SaleError`].
    pub async fn offers(&self, account: u64, now: Time) -> Result<OffersAnswer, SaleError> {
        let reader = self.reader();
        let Some(programmes) = reader.programmes().await? else {
            return Ok(OffersAnswer {
                at: now,
                offers: Vec::new(),
            });
        };
        let mut asker = self.asker(account).await?;
        for class in programmes.programmes.values().filter_map(asked_in) {
            let free = reader.free_of(account, class, now.day()).await?;
            asker.free.insert(class, free);
        }
        let mut offers = Vec::new();
        for programme in programmes.programmes.values() {
            let ends = match &programme.kind {
                Kind::Sale(sale) => sale.buy.closes,
                Kind::Distribution(distribution) => distribution.window.closes,
                Kind::Exchange(exchange) => exchange.window.closes,
                Kind::Campaign(_) => continue,
            };
            if now < ends {
                let row = reader.sale(programme.id).await?;
                offers.extend(asker.offer(&programmes, programme, row.as_ref(), now));
            }
        }
        Ok(OffersAnswer { at: now, offers })
    }

    /// Hands a distribution out to an account (F068, F069). The same key again is the same.
    ///
    /// # Errors
    /// [`SaleError`]; a programme that is not fetched by a code is not, where one was read.
    pub async fn hand_out(
        &self,
        programme: u32,
        account: u64,
        key: &str,
        by_code: bool,
        now: Time,
    ) -> Result<Received, SaleError> {
        let programmes = self.reader().programmes().await?;
        let known = programmes.as_ref().and_then(|all| all.programmes.get(&programme));
        let known = known.ok_or(CommandError::NoProgramme)?;
        let Kind::Distribution(distribution) = &known.kind else {
            return Err(CommandError::NoProgramme.into());
        };
        if by_code && !distribution.by_code {
            return Err(SaleError::ByCode);
        }
        self.receive(programme, account, key, now).await?;
        let end = Some(distribution.usage.until);
        let (until, _) = terms(programmes.as_deref(), known.class, end, now.day());
        Ok(Received {
            class: known.class,
            amount: distribution.amount,
            until,
        })
    }

    async fn asker(&self, account: u64) -> Result<Asker, SaleError> {
        let who = self.somebody(account).await?;
        let mut persons = vec![nobody(account)];
        persons.extend(who.as_ref().map(|who| who.person));
        let mut shares: BTreeMap<u32, ShareRow> = BTreeMap::new();
        // What the account had before its person was known is the person's too.
        for row in self.reader().shares_of(&persons).await? {
            let sum = match shares.remove(&row.programme) {
                Some(known) => together(&known, &row),
                None => row,
            };
            shares.insert(sum.programme, sum);
        }
        let applications = shares
            .values()
            .filter_map(|share| share.application)
            .collect::<Vec<_>>();
        let applications = self.reader().applications_named(&applications).await?;
        Ok(Asker {
            who,
            owes: self.reader().owes(account).await?,
            shares,
            applications: applications.into_iter().map(|row| (row.id, row)).collect(),
            free: BTreeMap::new(),
        })
    }
}

fn together(one: &ShareRow, other: &ShareRow) -> ShareRow {
    ShareRow {
        programme: one.programme,
        person: one.person,
        application: one.application.or(other.application),
        reserved: one.reserved.saturating_add(other.reserved),
        bought: one.bought.saturating_add(other.bought),
        received: one.received.saturating_add(other.received),
    }
}

impl Asker {
    fn free(&self, class: ClassId) -> Amount {
        self.free.get(&class).copied().unwrap_or(Amount::ZERO)
    }

    fn offer(&self, all: &Programmes, programme: &Programme, row: Option<&SaleRow>, now: Time) -> Option<Offer> {
        let share = self.shares.get(&programme.id);
        let application = share.and_then(|share| self.applications.get(&share.application?));
        let application = application.filter(|row| row.programme == programme.id && !row.void);
        let mine = OfferShare {
            application: application.map(|row| row.id),
            wanted: application.map_or(0, |row| row.wanted),
            won: application.and_then(|row| row.won),
            buyer: application.map(|row| row.buyer).filter(|buyer| *buyer > 0),
            reserved: share.map_or(0, |share| share.reserved),
            bought: share.map_or(0, |share| share.bought),
            received: share.map_or(0, |share| share.received),
        };
        let base = |kind, acquire: &Window, usage: Option<UsePeriod>| Offer {
            programme: programme.id,
            name: programme.name.clone(),
            class: programme.class,
            kind,
            apply: None,
            acquire: span(acquire),
            from: usage.map_or(acquire.opens, |usage| usage.from),
            until: usage.map(|usage| usage.until),
            price: Amount::ZERO,
            face: Amount::ZERO,
            most: 0,
            by_number: false,
            by_code: false,
            pay_in: Vec::new(),
            exchange: None,
            mine: mine.clone(),
            refused: None,
        };
        match &programme.kind {
            Kind::Sale(sale) => Some(Offer {
                apply: sale.apply.map(|apply| OfferApply {
                    window: span(&apply.window),
                    draw: apply.draw,
                    entry: apply.entry.map(|entry| OfferEntry {
                        class: entry.class,
                        points: entry.points,
                    }),
                }),
                price: sale.price,
                face: sale.face,
                most: sale.most,
                by_number: sale.by == BuyBy::BuyerNumber,
                pay_in: sale.pay_in.iter().map(|pay_in| way(*pay_in)).collect(),
                refused: self.sale(programme, sale, &mine, row, now).err().map(refusal),
                ..base(OfferKind::Sale, &sale.buy, Some(sale.usage))
            }),
            Kind::Distribution(distribution) => Some(Offer {
                face: distribution.amount,
                most: distribution.times,
                by_code: distribution.by_code,
                refused: self
                    .hand_out(programme, distribution, &mine, row, now)
                    .err()
                    .map(refusal),
                ..base(OfferKind::Distribution, &distribution.window, Some(distribution.usage))
            }),
            Kind::Exchange(exchange) => Some(Offer {
                price: exchange.step,
                face: exchange.gives,
                exchange: Some(OfferExchange {
                    source: exchange.source,
                    step: exchange.step,
                    gives: exchange.gives,
                    least: exchange.least,
                    free: self.free(exchange.source),
                    due: exchange.due(&all.calendar, now.day()).ok(),
                }),
                refused: self.exchange(programme, exchange, now).err().map(refusal),
                ..base(OfferKind::Exchange, &exchange.window, None)
            }),
            Kind::Campaign(_) => None,
        }
    }

    fn exchange(&self, programme: &Programme, exchange: &Exchange, now: Time) -> Result<(), Refusal> {
        exchange.window.check(now)?;
        if self.who.is_none() && asks(&programme.who) {
            return Err(Refusal::NoCard);
        }
        if self.owes {
            return Err(Refusal::Owing);
        }
        let (least, free) = (exchange.least, self.free(exchange.source));
        let may = |facts: &Facts<'_>| exchange.may_exchange(&programme.who, facts, least, free, now);
        with_facts(self.who.as_ref(), may).map(|_| ())
    }

    /// Whether the next step is open: applying while applications are taken, then buying.
    fn sale(
        &self,
        programme: &Programme,
        sale: &Sale,
        mine: &OfferShare,
        row: Option<&SaleRow>,
        now: Time,
    ) -> Result<(), Refusal> {
        if let Some(apply) = sale.apply.filter(|apply| now < apply.window.closes) {
            apply.window.check(now)?;
            if self.who.is_none() {
                return Err(Refusal::NoCard);
            }
            if self.owes {
                return Err(Refusal::Owing);
            }
            let applied = mine.application.is_some();
            with_facts(self.who.as_ref(), |facts| {
                sale.may_apply(&programme.who, facts, 1, applied, now)
            })?;
            let free = apply.entry.map(|entry| (entry.points, self.free(entry.class)));
            return match free {
                Some((points, left)) if points > left => Err(Refusal::NotEnough { left }),
                _ => Ok(()),
            };
        }
        sale.buy.check(now)?;
        if sale.by == BuyBy::BuyerNumber {
            // Who holds number and telephone is asked when they are shown.
            return Ok(());
        }
        if self.who.is_none() && (sale.apply.is_some() || asks(&programme.who)) {
            return Err(Refusal::NoCard);
        }
        let person = Bought {
            won: mine.won,
            bought: mine.bought.saturating_add(mine.reserved),
        };
        let all = Sold {
            lots: row.map_or(0, |row| row.sold.saturating_add(row.reserved)),
        };
        with_facts(self.who.as_ref(), |facts| {
            sale.may_buy(&programme.who, facts, person, all, 1, now)
        })
    }

    fn hand_out(
        &self,
        programme: &Programme,
        distribution: &Distribution,
        mine: &OfferShare,
        row: Option<&SaleRow>,
        now: Time,
    ) -> Result<(), Refusal> {
        distribution.window.check(now)?;
        if self.who.is_none() && asks(&programme.who) {
            return Err(Refusal::NoCard);
        }
        let issued = row.map_or(Amount::ZERO, |row| row.issued);
        with_facts(self.who.as_ref(), |facts| {
            distribution.may_receive(&programme.who, facts, mine.received, issued, now)
        })
    }
}

/// The points that a programme asks for.
fn asked_in(programme: &Programme) -> Option<ClassId> {
    match &programme.kind {
        Kind::Exchange(exchange) => Some(exchange.source),
        Kind::Sale(sale) => Some(sale.apply?.entry?.class),
        Kind::Distribution(_) | Kind::Campaign(_) => None,
    }
}

const fn span(window: &Window) -> Span {
    Span {
        opens: window.opens,
        closes: window.closes,
    }
}
