//! The books once more, written from the rules and not from the server: vectors, loops and no ledger. What a resident
//! has and owes of each class, and what shops are owed, is added up anew whenever somebody asks.
//!
//! It knows credits, sales, allowances and their end, combined payments of honest wallets, refusals and cancellations,
//! points earned, granted and taken back, what is owed, and last days. It does not know forks, late arrivals, grace
//! and closed periods.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{ClassId, Pid};
use kinchaku_protocol::time::{Day, Time};

use super::generated::{Payment, Witness, Word};
use super::support::town_folder::on;
use super::support::{MONEY, POINTS, VOUCHER};

/// Life of an allowance, and how long shops' documents are awaited after it.
const HELD: u64 = (7 + 14) * 86_400;
/// The last day of a lot that has none: 9999-12-31.
const NEVER: Day = Day(2_932_896);
/// Lines of an allowance at most.
const LINES: usize = 8;

struct Lot {
    who: usize,
    class: ClassId,
    until: Day,
    issued: Time,
    /// What the lot has; what living holds have paid of it is still in it.
    left: i64,
    held: i64,
}
struct Line {
    class: ClassId,
    /// Lots, and how much of each is held.
    shares: Vec<(usize, i64)>,
    used: i64,
}
struct Hold {
    who: usize,
    lines: Vec<Line>,
    ends: Time,
    over: bool,
}
struct Sale {
    who: usize,
    hold: usize,
    shop: Pid,
    parts: Vec<(usize, ClassId, i64)>,
    stands: bool,
    /// Points earned, the Monday of their week, and whether they were granted.
    earned: i64,
    week: Day,
    granted: bool,
}
#[derive(Default)]
pub struct Model {
    now: Time,
    lots: Vec<Lot>,
    holds: Vec<Hold>,
    sales: BTreeMap<usize, Sale>,
    owed: BTreeMap<(usize, ClassId), i64>,
    current: BTreeMap<usize, usize>,
}

impl Model {
    /// What somebody has of a class, what is owed taken off.
    pub fn value(&self, who: usize, class: ClassId) -> i64 {
        let lots = self.lots.iter().filter(|lot| (lot.who, lot.class) == (who, class));
        let holds = self.holds.iter().filter(|hold| hold.who == who && !hold.over);
        let lines = holds.flat_map(|hold| &hold.lines).filter(|line| line.class == class);
        lots.map(|lot| lot.left).sum::<i64>() - lines.map(|line| line.used).sum::<i64>() - self.owes(who, class)
    }

    pub fn owes(&self, who: usize, class: ClassId) -> i64 {
        self.owed.get(&(who, class)).copied().unwrap_or(0)
    }

    /// What a shop is owed of a class.
    pub fn payable(&self, shop: Pid, class: ClassId) -> i64 {
        let sales = self.sales.values().filter(|sale| sale.stands && sale.shop == shop);
        let parts = sales.flat_map(|sale| &sale.parts);
        parts
            .filter(|(_, of, _)| *of == class)
            .map(|(_, _, amount)| amount)
            .sum()
    }

    /// Somebody's lots of any class, in the order they are used.
    fn in_order(&self, who: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lots.len()).filter(|at| self.lots[*at].who == who).collect();
        order.sort_by_key(|at| (self.lots[*at].until, self.lots[*at].issued, *at));
        order
    }

    /// Value that comes settles what is owed first.
    fn comes(&mut self, who: usize, class: ClassId, amount: i64, until: Day) {
        let owed = self.owed.entry((who, class)).or_default();
        let settled = amount.min(*owed);
        *owed -= settled;
        self.lots.push(Lot {
            who,
            class,
            until: until.min(NEVER),
            issued: self.now,
            left: amount - settled,
            held: 0,
        });
    }

    /// Takes from these lots what nothing holds and what is still good, up to an amount; gives what was taken.
    fn takes(&mut self, lots: &[usize], class: ClassId, amount: i64) -> i64 {
        let (today, mut missing) = (self.now.day(), amount);
        for at in lots {
            let lot = &mut self.lots[*at];
            if lot.class == class && lot.until >= today {
                let taken = missing.min(lot.left - lot.held);
                lot.left -= taken;
                missing -= taken;
            }
        }
        amount - missing
    }

    /// A hold is over: its lots give what was paid, in (issue, number) order, and the rest of them is free.
    fn end(&mut self, hold: usize) {
        let Some(hold) = self.holds.get_mut(hold).filter(|hold| !hold.over) else {
            return;
        };
        hold.over = true;
        let who = hold.who;
        let mut freed = Vec::new();
        for line in &mut hold.lines {
            line.shares.sort_by_key(|(at, _)| (self.lots[*at].issued, *at));
            let mut used = line.used;
            for (at, amount) in &line.shares {
                let taken = used.min(*amount);
                used -= taken;
                self.lots[*at].left -= taken;
                self.lots[*at].held -= amount;
                if taken < *amount {
                    freed.push((line.class, *at));
                }
            }
        }
        for class in [MONEY, POINTS, VOUCHER] {
            let owes = self.owes(who, class);
            let order = self.in_order(who);
            let lots: Vec<usize> = order.into_iter().filter(|at| freed.contains(&(class, *at))).collect();
            let taken = self.takes(&lots, class, owes);
            *self.owed.entry((who, class)).or_default() -= taken;
        }
    }
}

/// 1970-01-01 was a Thursday.
fn monday(day: Day) -> Day {
    Day(day.0 - (day.0 + 3) % 7)
}

/// The Thursday two weeks after the week of a payment; none of these in the summer of 2024 is a holiday.
fn granted_on(week: Day) -> Day {
    week.plus(2 * 7 + 3)
}

impl Witness for Model {
    fn time(&mut self, now: Time) {
        // A clock that was set back moves nothing back.
        self.now = self.now.max(now);
    }

    fn credited(&mut self, who: usize, class: ClassId, amount: u32, until: Day) {
        self.comes(who, class, i64::from(amount), until);
    }

    fn bought(&mut self, who: usize, units: u32) {
        self.comes(who, VOUCHER, i64::from(units) * 1_200, on(2024, 8, 31));
    }

    fn closed(&mut self, who: usize) {
        if let Some(hold) = self.current.remove(&who) {
            self.end(hold);
        }
    }

    fn renewed(&mut self, who: usize, lines: &[(ClassId, u64, Day)]) {
        let today = self.now.day();
        let order: Vec<usize> = self
            .in_order(who)
            .into_iter()
            .filter(|at| self.lots[*at].until >= today)
            .collect();
        // What is owed comes off the lots that would be used last.
        let mut free: BTreeMap<usize, i64> = BTreeMap::new();
        let mut owed = self.owed.clone();
        for at in order.iter().rev() {
            let lot = &self.lots[*at];
            let owed = owed.entry((who, lot.class)).or_default();
            let less = (*owed).min(lot.left - lot.held);
            *owed -= less;
            free.insert(*at, lot.left - lot.held - less);
        }
        let mut reserved: BTreeMap<(Day, ClassId), Vec<(usize, i64)>> = BTreeMap::new();
        for at in order {
            let (lot, amount) = (&self.lots[at], free[&at]);
            let key = (lot.until, lot.class);
            if amount > 0 && (reserved.len() < LINES || reserved.contains_key(&key)) {
                reserved.entry(key).or_default().push((at, amount));
            }
        }
        let sums = reserved.iter().map(|((day, class), shares)| {
            let amount: i64 = shares.iter().map(|(_, amount)| amount).sum();
            (*class, amount.unsigned_abs(), *day)
        });
        assert!(sums.eq(lines.iter().copied()), "the lines of an allowance: {lines:?}");
        for (at, amount) in reserved.values().flatten() {
            self.lots[*at].held += amount;
        }
        let lines = reserved
            .into_iter()
            .map(|((_, class), shares)| Line { class, shares, used: 0 });
        self.holds.push(Hold {
            who,
            lines: lines.collect(),
            ends: self.now.after(HELD),
            over: false,
        });
        self.current.insert(who, self.holds.len() - 1);
    }

    fn delivered(&mut self, number: usize, payment: &Payment) {
        let hold = self.current[&payment.who];
        let stands = !matches!(payment.word, Word::Refuses | Word::Cancels);
        let (mut parts, mut money) = (Vec::new(), 0);
        for (line, class, amount) in &payment.parts {
            let amount = i64::from(*amount);
            parts.push((*line, *class, amount));
            money += if *class == MONEY { amount } else { 0 };
            self.holds[hold].lines[*line].used += if stands { amount } else { 0 };
        }
        let sale = Sale {
            who: payment.who,
            hold,
            shop: payment.shop,
            parts,
            stands,
            earned: if stands { money / 200 } else { 0 },
            week: monday(self.now.day()),
            granted: false,
        };
        self.sales.insert(number, sale);
    }

    fn taken_back(&mut self, number: usize, _: &Payment) {
        let Some(mut sale) = self.sales.remove(&number) else {
            return;
        };
        sale.stands = false;
        for (line, class, amount) in &sale.parts {
            let line = &mut self.holds[sale.hold].lines[*line];
            line.used -= amount;
            if self.holds[sale.hold].over {
                assert_eq!(*class, MONEY, "only money comes back so late here");
                let (at, _) = self.holds[sale.hold].lines[sale.parts[0].0].shares[0];
                self.lots[at].left += amount;
            }
        }
        if sale.granted {
            let lots = self.in_order(sale.who);
            let missing = sale.earned - self.takes(&lots, POINTS, sale.earned);
            *self.owed.entry((sale.who, POINTS)).or_default() += missing;
        }
        sale.earned = 0;
        self.sales.insert(number, sale);
    }

    fn night(&mut self) {
        for hold in 0..self.holds.len() {
            if self.holds[hold].ends <= self.now {
                self.end(hold);
            }
        }
        let today = self.now.day();
        for lot in self.lots.iter_mut().filter(|lot| lot.until < today) {
            lot.left = lot.held;
        }
        let mut due: BTreeMap<(usize, Day), i64> = BTreeMap::new();
        for sale in self.sales.values_mut() {
            if sale.earned > 0 && !sale.granted && granted_on(sale.week) <= today {
                sale.granted = true;
                *due.entry((sale.who, sale.week)).or_default() += sale.earned;
            }
        }
        for ((who, _), points) in due {
            self.comes(who, POINTS, points, today.plus(365));
        }
    }
}
