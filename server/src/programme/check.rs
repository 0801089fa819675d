//! What may be done, by programme, person's facts and moment. Eligibility is asked when something is acquired,
//! never when it is held or spent.

use std::fmt;

use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::money::{Amount, AmountError};
use kinchaku_protocol::rules::eligibility::{age_on, lives_in};
use kinchaku_protocol::rules::expiry;
use kinchaku_protocol::time::{Day, Time};

use super::model::{Distribution, Exchange, Programmes, Sale, UsePeriod, Who, Window};
use crate::calendar::{Business, Calendar, CalendarError, Shift};

/// What is proven about a person, as far as a rule may ask.
#[derive(Clone, Copy, Default)]
pub struct Facts<'a> {
    /// From the linked card.
    pub birth: Option<BirthDate>,
    /// From the linked card.
    pub address: Option<&'a str>,
    /// Days of resident registers that were imported and in which the person stands.
    pub registered_on: &'a [Day],
    /// Lists on which the person stands.
    pub rosters: &'a [&'a str],
}

impl fmt::Debug for Facts<'_> {
    /// Attributes of persons are in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts(…)")
    }
}

/// What one person has of a sale so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bought {
    /// Lots won in the draw; none where nothing was drawn for this person.
    pub won: Option<u32>,
    /// Lots bought, by all accounts of the person.
    pub bought: u32,
}

/// What was sold to all in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sold {
    /// Lots.
    pub lots: u64,
}

/// Why something may not be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too early.
    #[error("not before {opens}")]
    NotYet {
        /// When it begins.
        opens: Time,
    },
    /// Too late.
    #[error("over since {closed}")]
    Over {
        /// When it ended.
        closed: Time,
    },
    /// A card has to be linked first.
    #[error("needs a linked card")]
    NoCard,
    /// Lives elsewhere.
    #[error("lives elsewhere")]
    Elsewhere,
    /// Too young.
    #[error("younger than {least}")]
    TooYoung {
        /// From this age on.
        least: u16,
    },
    /// Too old.
    #[error("older than {most}")]
    TooOld {
        /// Up to this age.
        most: u16,
    },
    /// The register does not know the birth date well enough: the office decides.
    #[error("the age is not certain")]
    AgeUnclear,
    /// Not in the resident register of the day.
    #[error("not registered on {on}")]
    NotRegistered {
        /// Which day.
        on: Day,
    },
    /// Not on the list.
    #[error("not on the list")]
    NotListed,
    /// A person applies once.
    #[error("applied before")]
    AppliedBefore,
    /// There is no application in this programme, or no draw.
    #[error("nothing to apply for")]
    NoApplication,
    /// Drawn, and not won.
    #[error("not won")]
    NotWon,
    /// None, or more than one person may have.
    #[error("{left} left of {most}")]
    TooMany {
        /// What one person may have.
        most: u32,
        /// What is left of it.
        left: u32,
    },
    /// Not so many are left for anybody.
    #[error("{left} left in all")]
    SoldOut {
        /// How many are left.
        left: u64,
    },
    /// Not a way in which this is paid for.
    #[error("not paid for in this way")]
    PayIn,
    /// Owes value that was taken back: it has to be settled before.
    #[error("owes value")]
    Owing,
    /// Not so many points are free; what is set aside for payments is not.
    #[error("{left} points are free")]
    NotEnough {
        /// How many are.
        left: Amount,
    },
    /// Not whole steps, or fewer than at least.
    #[error("steps of {step}, at least {least}")]
    Step {
        /// Points in one step.
        step: Amount,
        /// The fewest at once.
        least: Amount,
    },
    /// These two do not pay together.
    #[error("{0} and {1} do not pay together")]
    Apart(ClassId, ClassId),
    /// A class nobody knows.
    #[error("no class {0}")]
    NoClass(ClassId),
}

impl Window {
    /// Whether a moment is in it.
    ///
    /// # Errors
    /// [`Refusal::NotYet`], [`Refusal::Over`].
    pub fn check(&self, now: Time) -> Result<(), Refusal> {
        if now < self.opens {
            Err(Refusal::NotYet { opens: self.opens })
        } else if now >= self.closes {
            Err(Refusal::Over { closed: self.closes })
        } else {
            Ok(())
        }
    }
}

impl UsePeriod {
    /// Whether a payment may use it, by the time at which it occurred (F079).
    ///
    /// # Errors
    /// [`Refusal::NotYet`], [`Refusal::Over`].
    pub fn check(&self, occurred: Time) -> Result<(), Refusal> {
        if occurred < self.from {
            Err(Refusal::NotYet { opens: self.from })
        } else if expiry::usable(Some(self.until), occurred.day()) {
            Ok(())
        } else {
            Err(Refusal::Over {
                closed: self.until.end(),
            })
        }
    }
}

impl Who {
    /// Whether somebody may take part (F071, F076), on a day in Japan.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn check(&self, facts: &Facts<'_>, today: Day) -> Result<(), Refusal> {
        if !self.towns.is_empty() {
            let address = facts.address.ok_or(Refusal::NoCard)?;
            let towns: Vec<&str> = self.towns.iter().map(String::as_str).collect();
            if !lives_in(address, &towns) {
                return Err(Refusal::Elsewhere);
            }
        }
        if let Some(on) = self.registered_on.filter(|on| !facts.registered_on.contains(on)) {
            return Err(Refusal::NotRegistered { on });
        }
        if let Some(limit) = self.age {
            let birth = facts.birth.ok_or(Refusal::NoCard)?;
            let age = age_on(&birth, limit.on.unwrap_or(today)).ok_or(Refusal::AgeUnclear)?;
            if age.at_most < limit.least {
                return Err(Refusal::TooYoung { least: limit.least });
            }
            if age.at_least > limit.most {
                return Err(Refusal::TooOld { most: limit.most });
            }
            if age.at_least < limit.least || age.at_most > limit.most {
                return Err(Refusal::AgeUnclear);
            }
        }
        let listed = |roster: &String| facts.rosters.contains(&roster.as_str());
        match &self.roster {
            Some(roster) if !listed(roster) => Err(Refusal::NotListed),
            _ => Ok(()),
        }
    }
}

impl Sale {
    /// Lots there are: what both ceilings leave room for (F075).
    #[must_use]
    pub fn stock(&self) -> u64 {
        let by_issue = self.issue_ceiling.units() / self.face.units().max(1);
        match self.premium().units() {
            0 => by_issue,
            premium => by_issue.min(self.premium_ceiling.units() / premium),
        }
    }

    /// What one lot is worth above its price.
    #[must_use]
    pub fn premium(&self) -> Amount {
        self.face.less(self.price)
    }

    /// Whether somebody may apply for so many lots. `applied` says whether the person has.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_apply(&self, who: &Who, facts: &Facts<'_>, units: u32, applied: bool, now: Time) -> Result<(), Refusal> {
        self.apply.ok_or(Refusal::NoApplication)?.window.check(now)?;
        who.check(facts, now.day())?;
        if applied {
            return Err(Refusal::AppliedBefore);
        }
        within(units, self.most, self.most)
    }

    /// Whether somebody may buy so many lots. Who won was asked at the application; who buys without one is
    /// asked here (F151, F152).
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_buy(
        &self,
        who: &Who,
        facts: &Facts<'_>,
        person: Bought,
        all: Sold,
        units: u32,
        now: Time,
    ) -> Result<(), Refusal> {
        self.buy.check(now)?;
        let most = if self.apply.is_some() {
            person.won.filter(|won| *won > 0).ok_or(Refusal::NotWon)?.min(self.most)
        } else {
            who.check(facts, now.day())?;
            self.most
        };
        within(units, most, most.saturating_sub(person.bought))?;
        let left = self.stock().saturating_sub(all.lots);
        if u64::from(units) > left {
            return Err(Refusal::SoldOut { left });
        }
        Ok(())
    }

    /// Points that are due to a person for buying (F080): for each lot bought so many days ago or longer, less
    /// what was granted for it before. All accounts of the person together, so each lot counts once.
    ///
    /// # Errors
    /// [`AmountError`] where the sum does not fit.
    pub fn bonus_due(
        &self,
        birth: Option<BirthDate>,
        purchases: &[(Day, u32)],
        granted: Amount,
        today: Day,
    ) -> Result<Amount, AmountError> {
        let Some(bonus) = self.bonus else {
            return Ok(Amount::ZERO);
        };
        let age = birth.and_then(|birth| age_on(&birth, bonus.on));
        if age.is_none_or(|age| age.at_least < bonus.age) {
            return Ok(Amount::ZERO);
        }
        let ripe = purchases
            .iter()
            .filter(|(bought, _)| crate::calendar::after_purchase(*bought, bonus.after_days) <= today);
        let lots: u64 = ripe.map(|(_, lots)| u64::from(*lots)).sum();
        let lots = lots.min(u64::from(self.most));
        let due = Amount::new(lots.saturating_mul(u64::from(bonus.points)))?;
        Ok(due.less(granted))
    }
}

impl Distribution {
    /// Whether somebody may have it once more, of which `issued` is out and which the person had `received`
    /// times (F068).
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_receive(
        &self,
        who: &Who,
        facts: &Facts<'_>,
        received: u32,
        issued: Amount,
        now: Time,
    ) -> Result<(), Refusal> {
        self.window.check(now)?;
        who.check(facts, now.day())?;
        within(1, self.times, self.times.saturating_sub(received))?;
        let left = self.issue_ceiling.less(issued).units() / self.amount.units().max(1);
        if left == 0 {
            return Err(Refusal::SoldOut { left });
        }
        Ok(())
    }
}

impl Exchange {
    /// What so many points become now, of `free` ones.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn may_exchange(
        &self,
        who: &Who,
        facts: &Facts<'_>,
        points: Amount,
        free: Amount,
        now: Time,
    ) -> Result<Amount, Refusal> {
        self.window.check(now)?;
        who.check(facts, now.day())?;
        let amount = self.value(points).filter(|_| points >= self.least);
        let (step, least) = (self.step, self.least);
        let amount = amount.ok_or(Refusal::Step { step, least })?;
        (points <= free)
            .then_some(amount)
            .ok_or(Refusal::NotEnough { left: free })
    }

    /// What so many points become; none where they are not whole steps.
    #[must_use]
    pub fn value(&self, points: Amount) -> Option<Amount> {
        worth(points, self.step, self.gives)
    }

    /// On which day the money comes that is asked for today: where the office is closed, on the next day it is open.
    ///
    /// # Errors
    /// [`CalendarError`] where nobody knows the holidays of its year.
    pub fn due(&self, calendar: &Calendar, today: Day) -> Result<Day, CalendarError> {
        calendar.shifted(today.plus(self.after_days), Business::Office, Shift::Next)
    }
}

/// What points become at so much for each step; none where they are not whole steps.
#[must_use]
pub fn worth(points: Amount, step: Amount, gives: Amount) -> Option<Amount> {
    let whole = points.units().checked_rem(step.units())? == 0;
    let steps = points.units().checked_div(step.units()).filter(|_| whole)?;
    Amount::new(steps.checked_mul(gives.units())?).ok()
}

fn within(units: u32, most: u32, left: u32) -> Result<(), Refusal> {
    if units == 0 || units > left {
        return Err(Refusal::TooMany { most, left });
    }
    Ok(())
}

impl Programmes {
    /// Whether these classes may pay together (F081, F089): each with each, where one of both names the other.
    ///
    /// # Errors
    /// [`Refusal::Apart`], [`Refusal::NoClass`].
    pub fn may_combine(&self, classes: &[ClassId]) -> Result<(), Refusal> {
        for (place, one) in classes.iter().enumerate() {
            let first = self.classes.get(one).ok_or(Refusal::NoClass(*one))?;
            for other in classes.iter().skip(place + 1).filter(|other| *other != one) {
                let second = self.classes.get(other).ok_or(Refusal::NoClass(*other))?;
                if !first.combine.contains(other) && !second.combine.contains(one) {
                    return Err(Refusal::Apart(*one, *other));
                }
            }
        }
        Ok(())
    }
}
