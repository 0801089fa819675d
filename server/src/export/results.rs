//! Results by day and by month (F104 to F108): one row for each service.

use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::Day;

use super::table::{Cell, Column, Flavour, Row, Service, day, label};

/// An amount and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Yen or points.
    pub amount: Amount,
    /// Transactions.
    pub count: u64,
}

/// What happened with one service in a day or month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sales {
    /// 付与: granted, charged or bought.
    pub added: Tally,
    /// 利用
    pub used: Tally,
    /// 付与キャンセル
    pub add_cancelled: Tally,
    /// 利用キャンセル
    pub use_cancelled: Tally,
}

impl Sales {
    /// Use less cancelled use, amount and count (F108). Below zero where more was cancelled than used.
    #[must_use]
    pub fn net(&self) -> (Signed, i64) {
        let amount = self.used.amount.credit().plus(self.use_cancelled.amount.debit());
        let count = |tally: Tally| i64::try_from(tally.count).unwrap_or(i64::MAX);
        (
            amount.unwrap_or(Signed::ZERO),
            count(self.used).saturating_sub(count(self.use_cancelled)),
        )
    }

    fn cells(&self, into: &mut Vec<Cell<'_>>) {
        for tally in [self.added, self.used, self.add_cancelled, self.use_cancelled] {
            into.push(Cell::number(tally.amount.units()));
            into.push(Cell::number(tally.count));
        }
    }
}

/// One service on one day (F106).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyRow {
    /// The posting day.
    pub day: Day,
    /// Which service.
    pub service: Service,
    /// What happened.
    pub sales: Sales,
}

/// One service in one month (F107).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthlyRow {
    /// Year of posting.
    pub year: u32,
    /// Month of posting.
    pub month: u32,
    /// Which service.
    pub service: Service,
    /// What happened.
    pub sales: Sales,
}

const fn column(field: &'static str, label: &'static str) -> Column {
    Column { field, label }
}

const MONTHLY: [Column; 14] = [
    column("year", "年"),
    column("month", "月"),
    column("serviceType", "サービスタイプ"),
    column("type", "種別"),
    column("service", "サービス"),
    column("serviceId", "サービスID"),
    column("addAmount", "付与金額"),
    column("addCount", "付与件数"),
    column("subAmount", "利用金額"),
    column("subCount", "利用件数"),
    column("addCancelAmount", "付与キャンセル金額"),
    column("addCancelCount", "付与キャンセル件数"),
    column("subCancelAmount", "利用キャンセル金額"),
    column("subCancelCount", "利用キャンセル件数"),
];

const DAILY: [Column; 13] = {
    let mut columns = [column("date", "日付"); 13];
    let mut place = 1;
    while place < 13 {
        columns[place] = MONTHLY[place + 1];
        place += 1;
    }
    columns
};

fn service<'a>(service: &'a Service, flavour: Flavour, into: &mut Vec<Cell<'a>>) {
    let number = Cell::number(u64::from(service.kind.number()));
    let label = Cell::text(label(service.kind));
    let (service_type, kind) = match flavour {
        Flavour::Usual => (number, label),
        Flavour::Legacy => (label, number),
    };
    into.push(service_type);
    into.push(kind);
    into.push(Cell::text(service.name.as_str()));
    into.push(Cell::text(service.id.as_str()));
}

impl Row for DailyRow {
    fn columns(_: Flavour) -> &'static [Column] {
        &DAILY
    }

    fn cells<'a>(&'a self, flavour: Flavour, into: &mut Vec<Cell<'a>>) {
        into.push(Cell::text(day(self.day, flavour)));
        service(&self.service, flavour, into);
        self.sales.cells(into);
    }
}

impl Row for MonthlyRow {
    fn columns(_: Flavour) -> &'static [Column] {
        &MONTHLY
    }

    fn cells<'a>(&'a self, flavour: Flavour, into: &mut Vec<Cell<'a>>) {
        into.push(Cell::number(u64::from(self.year)));
        into.push(Cell::number(u64::from(self.month)));
        service(&self.service, flavour, into);
        self.sales.cells(into);
    }
}
