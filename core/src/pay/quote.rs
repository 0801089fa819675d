//! Everything that can refuse or warn, evaluated before the person commits.

use kinchaku_protocol::doc::{Part, Quality};
use kinchaku_protocol::ids::{ClassId, Ref};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::rules::duplicate::{self, Before};
use kinchaku_protocol::rules::split::{self, Choice, SplitError, Together};
use kinchaku_protocol::time::{Day, Time};
use rusqlite::Connection;

use super::error::PayError;
use super::shop_code::Shop;
use crate::book::purse::{Purse, class_of};
use crate::book::{allowances, payments};
use crate::clock::AnchoredTime;
use crate::home::{self, Home};
use crate::store::{Standing, StoreError};

/// A payment that could be made, as the person is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// To whom.
    pub shop: Shop,
    /// How much.
    pub total: Amount,
    /// From which lines.
    pub parts: Vec<Part>,
    /// The same by class, for the screen.
    pub by_class: Vec<(ClassId, Amount)>,
    /// Whether the payer had a network when asking.
    pub online: bool,
    /// Worth saying before the person confirms.
    pub notices: Vec<Notice>,
    /// How the person wants it split.
    pub(super) choice: Choice,
    /// Whether nobody will verify it: no network, and a shop with only paper.
    pub(super) paper: bool,
    /// The allowance it spends.
    pub(super) allowance: Ref,
}

/// Worth saying before the person confirms; none of them stops the payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Above this a shop without a network will refuse.
    AboveBlindCap(Amount),
    /// After this many more payments the wallet has to go online once.
    GoOnlineSoon(u32),
    /// The device does not know the time well.
    ClockUnsure,
    /// Nobody verifies this payment: the shop has only paper.
    NobodyVerifies,
    /// The same total was paid to the same shop a moment ago (F158).
    Duplicate(Time),
}

/// Quotes a payment.
///
/// # Errors
/// [`PayError`]; never [`PayError::Duplicate`], which is a [`Notice`] here.
pub fn quote(home: &Home, shop: &Shop, total: Amount, choice: &Choice, online: bool) -> Result<Quote, PayError> {
    if home.store().standing() != Standing::Current {
        return Err(PayError::RolledBack);
    }
    let now = home.now()?;
    let quoted = home.store().read(|db| quote_in(db, now, shop, total, choice, online));
    if let Err(PayError::AllowanceEnded { .. }) = quoted {
        // Acted on: a clock set back after this answer does not bring the allowance back (T11).
        home.store().write(|db| home.act_now(db).map(|_| ()))?;
    }
    quoted
}

/// As [`quote`], in the transaction that acts on it.
pub(super) fn quote_in(
    db: &Connection,
    now: AnchoredTime,
    shop: &Shop,
    total: Amount,
    choice: &Choice,
    online: bool,
) -> Result<Quote, PayError> {
    let purse = Purse::load(db)?.ok_or(PayError::NoAllowance)?;
    if home::payment_public(db)? != Some(purse.allowance.device_key) {
        // K_pay was replaced, and the allowance for the new one has not come yet.
        return Err(PayError::NoAllowance);
    }
    if now.time > purse.allowance.expires() {
        return Err(PayError::AllowanceEnded {
            at: purse.allowance.expires(),
        });
    }
    if purse.used >= purse.allowance.limits.hard_count {
        return Err(PayError::CountUsedUp);
    }
    let day = now.time.day();
    let parts = split_in(&purse, shop, total, choice, now.time)?;
    let paper = !online && shop.offline == Offline::Paper;
    if paper {
        within_paper_tier(db, &purse, total, day)?;
    }
    let mut notices = Vec::new();
    if let Some(at) = duplicate_of(db, shop, total, now.time)? {
        notices.push(Notice::Duplicate(at));
    }
    if paper {
        notices.push(Notice::NobodyVerifies);
    } else if !online && total > purse.allowance.limits.per_payment {
        notices.push(Notice::AboveBlindCap(purse.allowance.limits.per_payment));
    }
    if purse.used >= purse.allowance.limits.soft_count {
        let left = purse.allowance.limits.hard_count.saturating_sub(purse.used);
        notices.push(Notice::GoOnlineSoon(left));
    }
    if now.quality == Quality::Lost {
        notices.push(Notice::ClockUnsure);
    }
    Ok(Quote {
        shop: shop.clone(),
        total,
        by_class: by_class(&purse, &parts),
        parts,
        online,
        notices,
        choice: choice.clone(),
        paper,
        allowance: purse.allowance.to_ref(),
    })
}

/// Splits among the lines whose time has come.
fn split_in(purse: &Purse, shop: &Shop, total: Amount, choice: &Choice, now: Time) -> Result<Vec<Part>, PayError> {
    let (day, sets) = (now.day(), shop.sets.as_slice());
    let together = Together::of(&purse.rules);
    let lines = purse.open_lines(now);
    split::split(&lines, total, choice, day, sets, &together).map_err(|error| {
        let would_do = || split::split(&purse.lines, total, choice, day, sets, &together).is_ok();
        match early(purse, &error, now) {
            // By hand: said of the class that was named, whether or not any of it is reserved already.
            Some(early) if matches!(error, SplitError::ClassShort { .. }) || would_do() => early,
            _ => PayError::from_split(error, split::payable(&lines, false, day, sets, &together)),
        }
    })
}

/// What is missing is there and its time has not come: the class that begins first.
fn early(purse: &Purse, error: &SplitError, now: Time) -> Option<PayError> {
    let begins = |class: ClassId| Some((purse.not_before(class, now)?, class));
    let first = match error {
        SplitError::ClassShort { class, .. } => begins(*class),
        SplitError::Short { .. } => purse.lines.iter().filter_map(|line| begins(line.line.class)).min(),
        SplitError::Zero | SplitError::NotTheTotal | SplitError::Apart { .. } => None,
    };
    let (from, class) = first?;
    Some(PayError::NotYet { class, from })
}

fn by_class(purse: &Purse, parts: &[Part]) -> Vec<(ClassId, Amount)> {
    let mut sums: Vec<(ClassId, Amount)> = Vec::new();
    for part in parts {
        let Some(class) = purse.class_of(part) else { continue };
        match sums.iter_mut().find(|(of, _)| *of == class) {
            Some((_, sum)) => *sum = sum.plus(part.amount).unwrap_or(Amount::MAX),
            None => sums.push((class, part.amount)),
        }
    }
    sums
}

/// Caps of the paper tier: nobody will verify this payment, so it is small and rare.
fn within_paper_tier(db: &Connection, purse: &Purse, total: Amount, day: Day) -> Result<(), PayError> {
    let Some(paper) = &purse.allowance.paper else {
        return Err(PayError::AbovePaper {
            per_payment: Amount::ZERO,
        });
    };
    if total > paper.per_payment {
        return Err(PayError::AbovePaper {
            per_payment: paper.per_payment,
        });
    }
    let today = payments::paper_since(db, day.start())?;
    let made = today.iter().filter(|payment| payment.state.spends()).count();
    if u32::try_from(made).unwrap_or(u32::MAX) >= paper.per_day {
        return Err(PayError::PaperUsedUp { per_day: paper.per_day });
    }
    Ok(())
}

fn duplicate_of(db: &Connection, shop: &Shop, total: Amount, now: Time) -> Result<Option<Time>, StoreError> {
    let since = now.before(duplicate::WINDOW);
    let before: Vec<Before> = payments::to_shop_since(db, shop.shop, since)?
        .iter()
        .filter(|payment| payment.state.spends())
        .map(|payment| Before {
            shop: payment.intent.shop,
            total: payment.total,
            at: payment.intent.occurred_at,
        })
        .collect();
    Ok(duplicate::find(&before, shop.shop, total, now))
}

/// What a stored payment took, by class.
///
/// # Errors
/// [`StoreError`].
pub fn classes_of(db: &Connection, payment: &payments::Payment) -> Result<Vec<(ClassId, Amount)>, StoreError> {
    let Some(allowance) = allowances::get(db, payment.allowance)? else {
        return Ok(Vec::new());
    };
    let parts = payment.intent.parts.iter();
    Ok(parts
        .filter_map(|part| Some((class_of(&allowance, part)?, part.amount)))
        .collect())
}
