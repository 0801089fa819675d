//! What of an account's value may be used: when a class opens (F079), until when a lot lives, what is not held and
//! not owed.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::{expiry, lots};
use kinchaku_protocol::time::{Day, Time};

use super::owe::owed;
use crate::ledger::rows::LotRow;
use crate::ledger::view::View;
use crate::programme::{Kind, Programmes};
use crate::store::table::Column;

/// The last day of a lot: its own, or that of the whole balance (F022).
pub(super) fn end(view: &View, lot: &LotRow) -> Option<Day> {
    let whole = || view.extending.get(&(lot.account, lot.class)).and_then(|row| row.until);
    lot.until.or_else(whole)
}

/// A lot with what nothing holds, as it stands in the order.
pub(super) const fn unheld(lot: &LotRow, until: Option<Day>) -> lots::Lot {
    lots::Lot {
        id: lot.id,
        until,
        issued_at: lot.issued_at,
        available: lot.remaining.less(lot.held),
    }
}

/// The first second at which value of a class may be used; none where nothing says so. Where several programmes hand
/// out one class, the first of them opens it.
fn opens(programmes: &Programmes, class: ClassId) -> Option<Time> {
    let handing = programmes.programmes.values().filter(|row| row.class == class);
    let from = handing.filter_map(|programme| match &programme.kind {
        Kind::Sale(sale) => Some(sale.usage.from),
        Kind::Distribution(distribution) => Some(distribution.usage.from),
        Kind::Campaign(_) | Kind::Exchange(_) => None,
    });
    from.min()
}

/// What may be set aside now: each lot with its last day and what of it is neither held nor owed. Debts come off the
/// lots that would be used last.
pub(crate) fn free(view: &View, account: u64, now: Time) -> Vec<lots::Lot> {
    let programmes = view.programmes.as_deref();
    let open = |class| {
        programmes
            .and_then(|known| opens(known, class))
            .is_none_or(|from| from <= now)
    };
    let mut by_class: BTreeMap<ClassId, Vec<lots::Lot>> = BTreeMap::new();
    for lot in view.lots.by(&account.to_value()).filter(|lot| open(lot.class)) {
        let until = end(view, lot);
        if expiry::usable(until, now.day()) {
            by_class.entry(lot.class).or_default().push(unheld(lot, until));
        }
    }
    for (class, lots) in &mut by_class {
        let mut owed = owed(view, account, *class);
        lots.sort_by_key(|lot| std::cmp::Reverse(lot.order()));
        for lot in lots {
            let less: Amount = owed.min(lot.available);
            owed = owed.less(less);
            lot.available = lot.available.less(less);
        }
    }
    by_class.into_values().flatten().collect()
}

/// Whether a class of which the account has something free has opened since then.
pub(crate) fn opened_since(view: &View, account: u64, since: Time, now: Time) -> bool {
    let Some(programmes) = view.programmes.as_deref() else {
        return false;
    };
    let free = free(view, account, now);
    let lots = free.iter().filter(|lot| !lot.available.is_zero());
    lots.filter_map(|lot| view.lots.get(&(lot.id,)))
        .filter_map(|lot| opens(programmes, lot.class))
        .any(|from| since < from && from <= now)
}
