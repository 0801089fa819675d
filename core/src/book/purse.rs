//! What can be paid with right now: the lines of the allowance in use, less what is spent.

use kinchaku_protocol::doc::{Allowance, ClassRow, Part, RuleRow, Table, Verified};
use kinchaku_protocol::ids::{ClassId, Ref, ServiceType};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::OpenLine;
use kinchaku_protocol::time::{Day, Time};
use rusqlite::Connection;

use super::payments::Payment;
use super::{allowances, payments, server_rows};
use crate::store::StoreError;

/// The allowance in use with everything signed under it.
#[derive(Clone, Debug)]
pub struct Purse {
    /// The allowance.
    pub allowance: Verified<Allowance>,
    /// Its lines, with what is left of each.
    pub lines: Vec<OpenLine>,
    /// Counters used.
    pub used: u32,
    /// The last intent, or the allowance itself.
    pub head: Ref,
    /// What the town's programmes say of the classes.
    pub rules: Vec<RuleRow>,
}

impl Purse {
    /// Loads it; `None` where there is no allowance in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn load(db: &Connection) -> Result<Option<Self>, StoreError> {
        match allowances::in_use(db)? {
            Some(allowance) => Self::of(db, allowance).map(Some),
            None => Ok(None),
        }
    }

    /// The same of any allowance of this device.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(db: &Connection, allowance: Verified<Allowance>) -> Result<Self, StoreError> {
        let made = payments::of_allowance(db, allowance.to_ref())?;
        let classes: Vec<ClassRow> = server_rows::all(db, Table::Class)?;
        let lines = (0_u8..)
            .zip(&allowance.lines)
            .map(|(index, line)| OpenLine {
                index,
                line: line.clone(),
                service: service(&classes, line.class),
                left: line.amount.less(spent(&made, index)),
            })
            .collect();
        let (used, head) = made
            .last()
            .map_or((0, allowance.to_ref()), |last| (last.intent.seq, last.reference));
        Ok(Self {
            allowance,
            lines,
            used,
            head,
            rules: server_rows::all(db, Table::Rule)?,
        })
    }

    /// What is left of the lines that can still be used on a day.
    #[must_use]
    pub fn left_on(&self, day: Day) -> Amount {
        let usable = self.lines.iter().filter(|line| line.line.day >= day);
        Amount::sum(usable.map(|line| line.left)).unwrap_or(Amount::MAX)
    }

    /// From when a class can be used, where that lies ahead (F079).
    #[must_use]
    pub fn not_before(&self, class: ClassId, now: Time) -> Option<Time> {
        let rule = self.rules.iter().find(|rule| rule.class == class)?;
        rule.from.filter(|from| now < *from)
    }

    /// The lines whose class can be used already.
    #[must_use]
    pub fn open_lines(&self, now: Time) -> Vec<OpenLine> {
        let begun = |line: &&OpenLine| self.not_before(line.line.class, now).is_none();
        self.lines.iter().filter(begun).cloned().collect()
    }

    /// The class of a part.
    #[must_use]
    pub fn class_of(&self, part: &Part) -> Option<ClassId> {
        class_of(&self.allowance, part)
    }
}

/// The class a part of an intent takes.
#[must_use]
pub fn class_of(allowance: &Allowance, part: &Part) -> Option<ClassId> {
    allowance.lines.get(usize::from(part.line)).map(|line| line.class)
}

/// A class nobody has described yet counts as points: never taken without being asked for.
fn service(classes: &[ClassRow], class: ClassId) -> ServiceType {
    classes
        .iter()
        .find(|row| row.class == class)
        .and_then(|row| ServiceType::from_number(row.service_type))
        .unwrap_or(ServiceType::Points)
}

fn spent(made: &[Payment], line: u8) -> Amount {
    let parts = made
        .iter()
        .filter(|payment| payment.state.spends())
        .flat_map(|payment| &payment.intent.parts)
        .filter(|part| part.line == line)
        .map(|part| part.amount);
    Amount::sum(parts).unwrap_or(Amount::MAX)
}
