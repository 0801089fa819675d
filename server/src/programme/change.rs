//! What another folder may change. What somebody paid for, waits for or holds stays what it was: a class what the
//! law calls it, a sale its price, its face value and its class, and room for every lot that was sold or ordered. What
//! shops were paid for stays settled: a class's periods go on where the last one of the books ended.

use kinchaku_protocol::time::Time;

use super::decide::is_same;
use super::model::{Class, Kind, Programme, Programmes};
use crate::calendar::Period;
use crate::command::CommandError;
use crate::ledger::view::View;
use crate::sale::rows::SaleRow;
use crate::settlement::next_period;

/// Whether the books can go over from one folder to another.
///
/// # Errors
/// [`CommandError::Incompatible`].
pub(super) fn compatible(
    view: &View,
    before: Option<&Programmes>,
    next: &Programmes,
    now: Time,
) -> Result<(), CommandError> {
    let classes = next.classes.values().all(|class| {
        let known = view.classes.get(&(class.id,));
        known.is_none_or(|row| is_same(row, class))
    });
    // A class stays, since rows of the books name it for ever.
    let stay = before.is_none_or(|before| before.classes.keys().all(|id| next.classes.contains_key(id)));
    let settled = next.classes.values().all(|class| goes_on(view, next, class));
    let region = before.is_none_or(|before| before.region.number == next.region.number);
    let programmes = before.into_iter().flat_map(|before| before.programmes.values());
    let mut programmes = programmes.filter(|programme| begun(view, programme, now));
    let kept = programmes.all(|programme| {
        let after = next.programmes.get(&programme.id);
        after.is_some_and(|after| keeps(programme, after, view.sales.get(&(programme.id,))))
    });
    (classes && stay && settled && region && kept)
        .then_some(())
        .ok_or(CommandError::Incompatible)
}

/// Whether a class's periods are those whose close the books have begun, and go on after them.
fn goes_on(view: &View, next: &Programmes, class: &Class) -> bool {
    let begun = view.periods.between((class.id, 0), (class.id, u32::MAX));
    let Some(last) = begun.last() else {
        return true;
    };
    // A year whose holidays the folder does not know is told where something is to be paid in it.
    let again = class.settlement.period(&next.calendar, last.first);
    let same = |period: Period| {
        (period.number, period.first, period.last, period.late) == (last.number, last.first, last.last, last.late)
    };
    again.map_or(true, |period| period.is_some_and(same))
        && next_period(next, class, Some((last.number, last.last))).map_or(true, |period| period.is_some())
}

/// Whether anybody has, waits for or may have something of it.
fn begun(view: &View, programme: &Programme, now: Time) -> bool {
    if let Kind::Campaign(campaign) = &programme.kind {
        return campaign.opens <= now;
    }
    view.sales.get(&(programme.id,)).is_some_and(|row| {
        row.sold > 0
            || row.reserved > 0
            || row.applications > 0
            || !row.issued.is_zero()
            || row.commitment.is_some()
            || row.closed_at.is_some()
    })
}

fn keeps(before: &Programme, after: &Programme, row: Option<&SaleRow>) -> bool {
    if before.class != after.class {
        return false;
    }
    match (&before.kind, &after.kind) {
        (Kind::Sale(old), Kind::Sale(new)) => {
            let lots = row.map_or(0, |row| row.sold.saturating_add(row.reserved));
            // What was published with the list of applications has to give the same draw for ever.
            let listed = row.is_some_and(|row| row.closed_at.is_some());
            // Who applied did so under the rules of the application.
            let applied = row.is_some_and(|row| row.applications > 0);
            let drawn = |sale: &super::model::Sale| sale.apply.map(|apply| (apply.draw, apply.entry));
            (lots == 0 || (old.price == new.price && old.face == new.face && new.stock() >= lots))
                && (!applied || drawn(old) == drawn(new))
                && (!listed || (old.stock() == new.stock() && old.most == new.most))
        }
        (Kind::Distribution(_), Kind::Distribution(new)) => row.is_none_or(|row| row.issued <= new.issue_ceiling),
        (Kind::Campaign(_), Kind::Campaign(_)) => true,
        // Each exchange keeps the terms it was asked on.
        (Kind::Exchange(old), Kind::Exchange(new)) => old.source == new.source,
        _ => false,
    }
}
