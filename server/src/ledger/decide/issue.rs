//! Allowances: value set aside for one device key.
//!
//! Lots are locked earliest last day first, and become lines of interchangeable lots: one class, one last
//! day, one scope, eight lines at most. What is owed of a class, and what may not be used yet, stays out.

use std::collections::BTreeMap;

use kinchaku_protocol::doc::{Allowance, Document, Received, ReserveLine, Role, Table as List};
use kinchaku_protocol::ids::{ClassId, Ref, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::{lots, refresh};
use kinchaku_protocol::time::{DAY_SECONDS, Day, Time};

use super::documents::Checked;
use super::{Books, Item};
use crate::command::{CommandError, Outcome};
use crate::ledger::line::put_lot;
use crate::ledger::rows::{
    AllowanceRow, DeviceRow, HoldKind, HoldLineRow, HoldLotRow, HoldRow, HoldState, HolderRow, Topic, account_party,
};
use crate::ledger::stop::EPOCH;
use crate::points::{free, opened_since};
use crate::store::table::Column;

/// The last day of a line whose lots have none: 9999-12-31.
const NO_LAST_DAY: Day = Day(2_932_896);

/// The lines an allowance has room for.
const MAX_LINES: usize = 8;

/// Days of a pseudonym.
const WINDOW_DAYS: u32 = 7;

/// Allowances for one holder in one window, given back or not.
const ISSUED_MOST: u32 = 24;

/// Days after its end at which a hold that was not closed ends by itself; longer where shops may claim on paper.
const LAPSE_DAYS: u64 = 14;
const PAPER_LAPSE_DAYS: u64 = 30;

/// What makes lots interchangeable, in the order lines stand in the allowance.
type LineKey = (Day, ClassId, SetId);

/// A line to be, with its lots and what is held of each.
type Lines = BTreeMap<LineKey, Vec<(u64, Amount)>>;

impl Books<'_> {
    pub(super) fn issue(
        &mut self,
        reference: Ref,
        closes: bool,
        documents: &[Checked],
        at_most: Option<Amount>,
    ) -> Result<Outcome, CommandError> {
        let device = self.device(reference)?;
        let (Role::Wallet, Some(account), Some(_)) = (device.role, device.account, device.pay_key) else {
            return Err(CommandError::NoDevice);
        };
        if closes {
            self.close_first(&device, documents)?;
        }
        if let Some(current) = self.still_good(&device)? {
            return Ok(Outcome::Allowance(current));
        }
        let owner = self.view.accounts.copy(&(account,)).ok_or(CommandError::Broken)?;
        if owner.stopped {
            return Err(CommandError::Stopped);
        }
        let holder = self.holder(account, owner.generation)?;
        let ceiling = at_most.unwrap_or(self.rules.reserve).min(self.rules.reserve);
        let lines = self.choose(account, ceiling);
        if lines.is_empty() {
            return Err(CommandError::NothingToReserve);
        }
        self.write(device, account, holder, &lines)
    }

    /// Takes in the close that came with the request.
    fn close_first(&mut self, device: &DeviceRow, documents: &[Checked]) -> Result<(), CommandError> {
        let [Checked::Close(close)] = documents else {
            return Err(CommandError::Close);
        };
        let row = self
            .view
            .allowances
            .get(&(close.allowance,))
            .ok_or(CommandError::Close)?;
        (row.device == device.id).then_some(()).ok_or(CommandError::Close)?;
        match self.take_in(documents)?.as_slice() {
            [Item::Noted] => Ok(()),
            _ => Err(CommandError::Close),
        }
    }

    /// The device's allowance where it is open and not due for another.
    fn still_good(&self, device: &DeviceRow) -> Result<Option<Vec<u8>>, CommandError> {
        let Some(reference) = device.allowance else {
            return Ok(None);
        };
        let row = self.view.allowances.get(&(reference,)).ok_or(CommandError::Broken)?;
        let hold = self.view.holds.get(&(reference,)).ok_or(CommandError::Broken)?;
        if hold.state != HoldState::Open || self.view.revoked.get(&(row.holder,)).is_some() {
            return Ok(None);
        }
        let allowance = Received::<Allowance>::read(&row.doc).map_err(|_| CommandError::Broken)?;
        if Some(allowance.claims().device_key) != device.pay_key {
            return Ok(None);
        }
        let today = self.now.day();
        let lines = self.view.hold_lines.by(&reference.to_value());
        let left = Amount::sum(
            lines
                .filter(|line| line.day >= today)
                .map(|line| line.amount.less(line.consumed)),
        )?;
        let lots = free(self.view, row.account, self.now);
        let free = Amount::sum(lots.iter().map(|lot| lot.available))?;
        let due = refresh::due(allowance.claims(), left, free, self.now);
        // What could not be used when it was issued is not in it.
        let opened = opened_since(self.view, row.account, row.issued_at, self.now);
        Ok((!due && !opened).then(|| row.doc.clone()))
    }

    /// The account's pseudonym in this window, if it may have another allowance under it.
    fn holder(&self, account: u64, generation: u32) -> Result<HolderRow, CommandError> {
        let window_no = self.now.day().0.checked_div(WINDOW_DAYS).unwrap_or(0);
        let which = u64::from(window_no) << 32 | u64::from(generation);
        let pid = self.pseudonym(b"holder", account, which);
        let mut row = self.view.holders.copy(&(pid,)).unwrap_or(HolderRow {
            pid,
            account,
            window_no,
            issued: 0,
            returned: 0,
            until: self.now,
        });
        let out = row.issued.saturating_sub(row.returned);
        if out >= self.rules.allowances_per_window || row.issued >= ISSUED_MOST {
            let next = Day(window_no.saturating_add(1).saturating_mul(WINDOW_DAYS));
            return Err(CommandError::TooManyAllowances { until: next.start() });
        }
        row.issued = row.issued.saturating_add(1);
        Ok(row)
    }

    /// Which lots, and how much of each.
    fn choose(&self, account: u64, ceiling: Amount) -> Lines {
        let free = free(self.view, account, self.now);
        let mut lines = Lines::new();
        for (id, amount) in lots::take(&free, ceiling, self.now.day()) {
            let end = free.iter().find(|lot| lot.id == id).and_then(|lot| lot.until);
            let Some(lot) = self.view.lots.get(&(id,)) else {
                continue;
            };
            let key = (end.unwrap_or(NO_LAST_DAY), lot.class, lot.set_id);
            if lines.len() < MAX_LINES || lines.contains_key(&key) {
                lines.entry(key).or_default().push((id, amount));
            }
        }
        lines
    }

    fn write(
        &mut self,
        mut device: DeviceRow,
        account: u64,
        mut holder: HolderRow,
        lines: &Lines,
    ) -> Result<Outcome, CommandError> {
        // A holder's allowances of one second must not be one document: each ends a second before the last.
        let earlier = u64::from(holder.issued).saturating_sub(1);
        let expires = self.now.after(self.rules.allowance_life).before(earlier);
        let document = Allowance {
            holder: holder.pid,
            device_key: device.pay_key.ok_or(CommandError::Broken)?,
            lines: lines
                .iter()
                .map(|(&(day, class, set), lots)| {
                    let amount = Amount::sum(lots.iter().map(|(_, amount)| *amount))?;
                    Ok(ReserveLine {
                        class,
                        amount,
                        day,
                        set,
                    })
                })
                .collect::<Result<_, CommandError>>()?,
            limits: self.rules.limits.clone(),
            window: vec![self.now, expires],
            level: device.level,
            epoch: u32::try_from(self.view.counter(EPOCH)).unwrap_or(u32::MAX),
            child_daily: None,
            guardian: None,
            crisis: None,
            paper: self.rules.paper.clone(),
        };
        let signed = document.sign(self.signers.issuer.as_ref())?;
        let reference = signed.to_ref();
        self.lock(reference, &signed.lines, lines)?;
        self.view.holds.put(HoldRow {
            subject: reference,
            kind: HoldKind::Allowance,
            account,
            state: HoldState::Open,
            lapses_at: expires.after(1),
            ends_at: self.ends_at(expires),
            lapsed: false,
            done_at: None,
        });
        let doc = signed.bytes().to_vec();
        self.view.allowances.put(AllowanceRow {
            reference,
            doc: doc.clone(),
            device: device.id,
            account,
            holder: holder.pid,
            issued_at: self.now,
            expires,
        });
        holder.until = holder.until.max(expires);
        self.view.holders.put(holder);
        device.allowance = Some(reference);
        self.view.devices.put(device);
        let party = account_party(account);
        self.view
            .tell(Topic::Account, party, List::Allowance, reference.0.to_vec());
        Ok(Outcome::Allowance(doc))
    }

    const fn ends_at(&self, expires: Time) -> Time {
        let days = if self.rules.paper.is_some() {
            PAPER_LAPSE_DAYS
        } else {
            LAPSE_DAYS
        };
        expires.after(days.saturating_mul(DAY_SECONDS))
    }

    /// Holds the lots.
    fn lock(&mut self, hold: Ref, reserve: &[ReserveLine], lines: &Lines) -> Result<(), CommandError> {
        for (line, (reserved, lots)) in (0_u8..).zip(reserve.iter().zip(lines.values())) {
            self.view.hold_lines.put(HoldLineRow {
                hold,
                line,
                class: reserved.class,
                amount: reserved.amount,
                consumed: Amount::ZERO,
                lost: Amount::ZERO,
                day: reserved.day,
                set_id: reserved.set,
            });
            for &(id, amount) in lots {
                let mut lot = self.view.lots.copy(&(id,)).ok_or(CommandError::Broken)?;
                lot.held = lot.held.plus(amount)?;
                put_lot(self.view, lot);
                self.view.hold_lots.put(HoldLotRow {
                    hold,
                    line,
                    lot: id,
                    amount,
                    taken: Amount::ZERO,
                });
            }
        }
        Ok(())
    }
}
