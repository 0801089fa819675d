//! Which period a posting belongs to, and whether it is over. A period is over by the calendar alone, whether or not
//! somebody has closed it yet.

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::time::Day;

use crate::calendar::{CalendarError, Period, Settlement};
use crate::programme::{CancelRule, Class, Programmes};

/// The period of a class to which a posting day belongs; none outside all of them, and for a class that the town's
/// folder does not have.
///
/// # Errors
/// [`CalendarError`].
pub fn period_of(
    programmes: Option<&Programmes>,
    class: ClassId,
    posted: Day,
) -> Result<Option<Period>, CalendarError> {
    let Some(programmes) = programmes else {
        return Ok(None);
    };
    match programmes.classes.get(&class) {
        Some(class) => class.settlement.period(&programmes.calendar, posted),
        None => Ok(None),
    }
}

/// Whether nothing can change any more what shops are paid for a posting of this day: its period is over, or it
/// belongs to none of a class that has periods (what came before its first day is for the office).
///
/// # Errors
/// [`CalendarError`].
pub fn is_closed(
    programmes: Option<&Programmes>,
    class: ClassId,
    posted: Day,
    today: Day,
) -> Result<bool, CalendarError> {
    if !programmes.is_some_and(|programmes| programmes.classes.contains_key(&class)) {
        return Ok(false);
    }
    Ok(period_of(programmes, class, posted)?.is_none_or(|period| period.last < today))
}

/// Whether payments with a class are taken back by the office alone.
#[must_use]
pub fn office_only(programmes: Option<&Programmes>, class: ClassId) -> bool {
    let all = programmes
        .into_iter()
        .flat_map(|programmes| programmes.programmes.values());
    all.filter(|programme| programme.class == class)
        .any(|programme| programme.cancel == CancelRule::Office)
}

/// The first day that is ever settled.
#[must_use]
pub const fn first_day(class: &Class) -> Day {
    match class.settlement {
        Settlement::Weekly(weekly) => weekly.first,
        Settlement::Monthly(monthly) => monthly.first,
    }
}

/// The period after another one, or the first of all; none where there is no further one.
///
/// # Errors
/// [`CalendarError`].
pub fn next_period(
    programmes: &Programmes,
    class: &Class,
    before: Option<(u32, Day)>,
) -> Result<Option<Period>, CalendarError> {
    let (number, first) = match before {
        Some((number, last)) => (number.saturating_add(1), last.plus(1)),
        None => (1, first_day(class)),
    };
    let period = class.settlement.period(&programmes.calendar, first)?;
    // A folder that was changed so that its periods do not go on where the last one ended closes nothing.
    Ok(period.filter(|period| period.number == number && period.first == first))
}
