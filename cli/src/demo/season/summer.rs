//! Fourteen weeks: people pay with and without a network, a shop takes a payment back and may not any more after the
//! close, points for buying come, every week is closed and its transfer known.

use kinchaku_core::sync::sync;
use kinchaku_core::{pay, view};
use kinchaku_design::Key;
use kinchaku_design::format::{Unit, money};
use kinchaku_protocol::ids::ClassId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::split::Choice;
use serde_json::Value;

use super::super::counter::{answer, confirm, scan_shop, show_receipt};
use super::super::error::{DemoError, Within as _};
use super::super::narrator::Narrator;
use super::super::people::Actor;
use super::super::setting::ShopSheet;
use super::papers::{self, WEEK_4};
use super::people::{Resident, pass_to, till};
use super::town::{POINTS, Season, VOUCHER};

/// Number, first and last day, day of the transfer, as the source's slide has them; where it leaves rows out, by its
/// own rule.
pub const SOURCE: [(u32, &str, &str, &str); 14] = [
    (1, "2024-06-03", "2024-06-07", "2024-06-18"),
    (2, "2024-06-08", "2024-06-14", "2024-06-25"),
    (3, "2024-06-15", "2024-06-21", "2024-07-02"),
    (4, "2024-06-22", "2024-06-28", "2024-07-09"),
    (5, "2024-06-29", "2024-07-05", "2024-07-16"),
    (6, "2024-07-06", "2024-07-12", "2024-07-23"),
    (7, "2024-07-13", "2024-07-19", "2024-07-30"),
    (8, "2024-07-20", "2024-07-26", "2024-08-06"),
    (9, "2024-07-27", "2024-08-02", "2024-08-13"),
    (10, "2024-08-03", "2024-08-09", "2024-08-20"),
    (11, "2024-08-10", "2024-08-16", "2024-08-27"),
    (12, "2024-08-17", "2024-08-23", "2024-09-03"),
    (13, "2024-08-24", "2024-08-30", "2024-09-10"),
    (14, "2024-08-31", "2024-08-31", "2024-09-17"),
];

/// The places of the story, with what differs from the usual week.
const OPENING: u32 = 1;
const COMBINED: u32 = 2;
const CANCELLED: u32 = 3;
const TOO_LATE: u32 = 4;
const STRADDLING: u32 = 5;

/// Who does what in the summer.
struct Summer<'a> {
    season: &'a mut Season,
    first: &'a Resident,
    second: &'a Resident,
    bakery: Actor,
    books: Actor,
}

/// Lives it; gives what is transferred for all weeks together.
pub fn live(season: &mut Season, residents: &(Resident, Resident), narrator: &mut Narrator) -> Result<u64, DemoError> {
    narrator.chapter(Key::DemoSeasonSummer);
    season.at("2024-06-03T09:30")?;
    let bakery = season.setting.bakery.shop.to_string();
    let bookshop = season.setting.greengrocer.shop.to_string();
    let mut summer = Summer {
        bakery: till(season, "till-bakery", &bakery)?,
        books: till(season, "till-books", &bookshop)?,
        first: &residents.0,
        second: &residents.1,
        season,
    };
    summer.opening(narrator)?;
    let mut late = None;
    for (number, _, last, _) in SOURCE {
        summer.season.at(&format!("{last}T12:00"))?;
        if number == COMBINED {
            summer.bonus(narrator)?;
        }
        summer.come_online()?;
        match number {
            COMBINED => summer.combined(narrator)?,
            CANCELLED => summer.cancelled(narrator)?,
            TOO_LATE => late = Some(summer.pay(summer.first, true, 980)?),
            STRADDLING => summer.straddling(narrator)?,
            OPENING | 6.. => {}
            0 => return Err(DemoError::DidNotHappen("a week")),
        }
        summer.usual(number)?;
        summer.close(last)?;
        if let Some(total) = late.take_if(|_| number == TOO_LATE) {
            summer.too_late(total, narrator)?;
        }
    }
    summer.table(narrator)
}

impl Summer<'_> {
    /// Before ten nothing can be used; a minute later it can.
    fn opening(&mut self, narrator: &mut Narrator) -> Result<(), DemoError> {
        self.first.sync(self.season)?;
        let before = offline(self.first)?;
        self.season.at("2024-06-03T10:01")?;
        self.first.sync(self.season)?;
        let after = offline(self.first)?;
        narrator.prove(Key::DemoSeasonOpening, before == 0 && after > 0, &[])
    }

    /// A day's bulletin, which a server that is not hurried through a season publishes by itself; then everybody syncs.
    fn come_online(&self) -> Result<(), DemoError> {
        self.season.office(&["job", "publish"], "")?;
        for device in [&self.bakery, &self.books] {
            pass_to(device, self.season.now);
            sync(&device.home, true).within("sync")?;
        }
        self.first.sync(self.season)?;
        self.second.sync(self.season)?;
        Ok(())
    }

    /// A fortnight after the purchase; the next reserve has them.
    fn bonus(&self, narrator: &mut Narrator) -> Result<(), DemoError> {
        let granted = self.season.office(&["job", "bonus"], "")?;
        self.first.sync(self.season)?;
        let points = held(self.first, ClassId(POINTS))?;
        narrator.prove(
            Key::DemoSeasonBonus,
            granted.done() && points > 0 && points % 30 == 0,
            &[("points", &points.to_string())],
        )
    }

    /// Vouchers and points in one scan, without a network; the shop's device checks the receipt.
    fn combined(&mut self, narrator: &mut Narrator) -> Result<(), DemoError> {
        self.season.setting.server.stop()?;
        let sheet = &self.season.setting.bakery;
        let shop = scan_shop(&self.first.device, sheet, false, 61)?;
        let choice = Choice::ByHand(vec![
            (ClassId(VOUCHER), Amount::of(1_200)),
            (ClassId(POINTS), Amount::of(300)),
        ]);
        let quoted = pay::quote(&self.first.device.home, &shop, Amount::of(1_500), &choice, false).within("quote")?;
        let receipt = confirm(&self.first.device, &quoted)?;
        let shown = show_receipt(&self.season.setting, &receipt, "receipt-combined", 62)?;
        let answered = answer(&self.bakery, &shown)?;
        narrator.prove(Key::DemoSeasonCombined, answered.verdict.accepted(), &[])?;
        self.season.setting.server.start()?;
        self.come_online()?;
        let rows = self.transactions(&self.season.setting.bakery)?;
        let parts: Vec<&Value> = rows
            .iter()
            .filter(|row| row.get("combined") == Some(&true.into()))
            .collect();
        let times: Vec<Option<&Value>> = parts.iter().map(|row| row.get("posted_at")).collect();
        let same = times.iter().all(|time| Some(time) == times.first());
        narrator.prove(Key::DemoSeasonRows, parts.len() == 2 && same, &[])
    }

    /// Taken back by the shop within the week.
    fn cancelled(&self, narrator: &mut Narrator) -> Result<(), DemoError> {
        let before = held(self.first, ClassId(VOUCHER))?;
        let total = self.pay(self.first, true, 770)?;
        let id = self.newest(&self.season.setting.bakery, total)?;
        let words = ["cancel", &id, "--amount", "770", "--yes"];
        let (done, again) = (self.season.shop(&words)?, self.season.shop(&words)?);
        self.first.sync(self.season)?;
        let after = held(self.first, ClassId(VOUCHER))?;
        narrator.prove(
            Key::DemoSeasonCancelled,
            done.done() && !again.done() && before == after,
            &[],
        )
    }

    /// After the close the shop may not any more; the office takes it back, in the next week's books.
    fn too_late(&self, total: u64, narrator: &mut Narrator) -> Result<(), DemoError> {
        let id = self.newest(&self.season.setting.bakery, total)?;
        papers::export(self.season, "transactions", WEEK_4, "week-4.csv")?;
        let amount = total.to_string();
        let refused = self.season.shop(&["cancel", &id, "--amount", &amount, "--yes"])?;
        narrator.screen(&refused.text("/message"), Some(&refused.text("/code")));
        let office = self.season.office(&["cancel", &id, "--amount", &amount, "--yes"], "")?;
        narrator.prove(Key::DemoSeasonTooLate, refused.status == 4 && office.done(), &[])
    }

    /// Paid on the last day of a week without a network, uploaded in the next.
    fn straddling(&self, narrator: &mut Narrator) -> Result<(), DemoError> {
        let shop = scan_shop(&self.second.device, &self.season.setting.greengrocer, false, 71)?;
        let choice = Choice::Automatic { points: false };
        let quoted = pay::quote(&self.second.device.home, &shop, Amount::of(1_110), &choice, false).within("quote")?;
        let receipt = confirm(&self.second.device, &quoted)?;
        narrator.prove(Key::DemoSeasonStraddling, !receipt.full.is_empty(), &[])
    }

    /// What happens every week.
    fn usual(&self, number: u32) -> Result<(), DemoError> {
        if number != STRADDLING {
            self.pay(self.second, false, 640)?;
        }
        self.pay(self.first, true, number.saturating_mul(10).saturating_add(800))?;
        Ok(())
    }

    /// A payment at the bakery or the bookshop that is in the books at once.
    fn pay(&self, resident: &Resident, bakery: bool, amount: u32) -> Result<u64, DemoError> {
        let sheet = if bakery {
            &self.season.setting.bakery
        } else {
            &self.season.setting.greengrocer
        };
        let seed = u32::try_from(self.season.now.0 % 100_000)
            .unwrap_or(1)
            .wrapping_add(amount);
        let shop = scan_shop(&resident.device, sheet, true, seed)?;
        let choice = Choice::Automatic { points: false };
        let quoted = pay::quote(&resident.device.home, &shop, Amount::of(amount), &choice, true).within("quote")?;
        confirm(&resident.device, &quoted)?;
        resident.sync(self.season)?;
        Ok(u64::from(amount))
    }

    /// The office closes the week ten minutes after its end.
    fn close(&mut self, last: &str) -> Result<(), DemoError> {
        let end = super::town::moment(&format!("{last}T23:59"))?.after(660);
        self.season.go_to(end)?;
        let closed = self.season.office(&["close", "--through", last, "--yes"], "")?;
        if closed.done() {
            Ok(())
        } else {
            Err(DemoError::DidNotHappen("a close"))
        }
    }

    /// The table of the books beside the source's.
    fn table(&self, narrator: &mut Narrator) -> Result<u64, DemoError> {
        let class = VOUCHER.to_string();
        let listed = self.season.office(&["settlements", "--class", &class], "")?;
        let mut transferred = 0_u64;
        for (number, first, last, paid_on) in SOURCE {
            let row = listed
                .lines
                .iter()
                .find(|row| row.get("number") == Some(&number.into()));
            let row = row.ok_or(DemoError::DidNotHappen("a closed week"))?;
            let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let paid = row.get("paid").and_then(Value::as_u64).unwrap_or(0);
            let so = text("first") == first && text("last") == last && text("paid_on") == paid_on;
            let amount = money(narrator.lang(), Unit::Yen, paid);
            let values = [
                ("number", &*format!("{number:2}")),
                ("first", first),
                ("last", last),
                ("paid", paid_on),
                ("amount", &*amount),
            ];
            narrator.prove(Key::DemoSeasonWeek, so && text("state") == "closed", &values)?;
            transferred = transferred.saturating_add(paid);
        }
        Ok(transferred)
    }

    fn transactions(&self, sheet: &ShopSheet) -> Result<Vec<Value>, DemoError> {
        let shop = sheet.shop.to_string();
        let listed = self.season.office(&["transactions", "--shop", &shop, "--all"], "")?;
        Ok(listed.lines)
    }

    /// The newest transaction of a shop with this amount.
    fn newest(&self, sheet: &ShopSheet, amount: u64) -> Result<String, DemoError> {
        let rows = self.transactions(sheet)?;
        let found = rows.iter().find(|row| row.get("amount") == Some(&amount.into()));
        let id = found.and_then(|row| row.get("tran_id")?.as_str());
        id.map(str::to_owned).ok_or(DemoError::DidNotHappen("a transaction"))
    }
}

/// What a resident could pay now without a network.
fn offline(resident: &Resident) -> Result<u64, DemoError> {
    let seen = view::wallet(&resident.device.home).within("view")?;
    Ok(seen.classes.iter().map(|class| class.offline.units()).sum())
}

/// What a resident has of a class.
fn held(resident: &Resident, class: ClassId) -> Result<u64, DemoError> {
    let seen = view::wallet(&resident.device.home).within("view")?;
    let found = seen.classes.iter().find(|view| view.class == class);
    Ok(found.map_or(0, |view| view.usable.units()))
}
