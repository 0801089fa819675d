//! Transactions one by one (F113 to F122), with both times: when it was paid (取引日時) and when it came into
//! the books (受付日時).

use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::Time;

use super::table::{Cell, Column, Flavour, Row, Service, moment};

/// What a transaction is (F117).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// OP1
    Use,
    /// OP2
    Grant,
    /// OP3
    Charge,
    /// OP4
    UseCancel,
    /// OP5
    GrantCancel,
}

impl Operation {
    const fn kind(self) -> &'static str {
        match self {
            Self::Use => "SUB",
            Self::Grant | Self::Charge => "ADD",
            Self::UseCancel | Self::GrantCancel => "CANCEL",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Use => "OP1",
            Self::Grant => "OP2",
            Self::Charge => "OP3",
            Self::UseCancel => "OP4",
            Self::GrantCancel => "OP5",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Use => "利用",
            Self::Grant => "付与",
            Self::Charge => "チャージ",
            Self::UseCancel => "利用キャンセル",
            Self::GrantCancel => "付与キャンセル",
        }
    }
}

/// A name with its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// As it is shown.
    pub name: String,
    /// As it is counted.
    pub id: String,
}

/// One transaction of one service (F115 to F121).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRow {
    /// 20 characters, used once (F113).
    pub tran_id: String,
    /// The company that runs the service.
    pub operator_id: String,
    /// Which class of value.
    pub service: Service,
    /// What happened.
    pub operation: Operation,
    /// Whether several services paid together (F114).
    pub combined: bool,
    /// 加盟店
    pub merchant: Place,
    /// 店舗
    pub shop: Place,
    /// 端末: one for each sheet (F119).
    pub terminal: Place,
    /// The payer, by a name that means nothing outside this shop.
    pub uid: String,
    /// How much.
    pub amount: Amount,
    /// The balance before, as of posting (F120).
    pub before: Signed,
    /// The balance after, as of posting.
    pub after: Signed,
    /// Remarks.
    pub notes: [String; 3],
    /// For a cancellation: how much of which transaction it takes back (F121).
    pub target: Option<(Amount, String)>,
    /// Where value came from.
    pub from: String,
    /// Where it went.
    pub to: String,
    /// Whether its period is closed.
    pub closed: bool,
    /// Whether it stands: 1 in the file. A cancelled use and the slip that cancels it do not (F122).
    pub active: bool,
    /// When it came into the books.
    pub posted: Time,
    /// When the row last changed.
    pub updated: Time,
    /// When it was paid.
    pub occurred: Time,
}

const fn column(field: &'static str, label: &'static str) -> Column {
    Column { field, label }
}

const COLUMNS: [Column; 31] = [
    column("tranId", "取引ID"),
    column("serviceOperatorId", "運営会社ID"),
    column("serviceId", "サービスID"),
    column("serviceDisplayName", "サービス名称"),
    column("serviceType", "サービスタイプ"),
    column("operationType", "操作タイプ"),
    column("operationId", "操作サブタイプ"),
    column("operationName", "操作サブタイプ名称"),
    column("merchantDisplayName", "加盟店名称"),
    column("merchantId", "加盟店ID"),
    column("shopDisplayName", "店舗名称"),
    column("shopId", "店舗ID"),
    column("terminalDisplayName", "端末名称"),
    column("terminalId", "端末ID"),
    column("terminalType", "端末タイプ"),
    column("uid", "利用ユーザーUID"),
    column("amount", "操作バリュー"),
    column("beforeValue", "前の値"),
    column("afterValue", "後の値"),
    column("note1", "備考1"),
    column("note2", "備考2"),
    column("note3", "備考3"),
    column("targetAmount", "対象バリュー"),
    column("targetTranId", "対象取引ID"),
    column("from", "from"),
    column("to", "to"),
    column("closed", "締めフラグ"),
    column("status", "取引ステータス"),
    column("createdAt", "受付日時"),
    column("updatedAt", "変更日時"),
    column("occurredAt", "取引日時"),
];

/// `status` of what does not stand: anything but 1.
const CANCELLED: i64 = 2;

impl Row for TransactionRow {
    fn columns(flavour: Flavour) -> &'static [Column] {
        let (source, _) = COLUMNS.split_at(30);
        match flavour {
            Flavour::Usual => &COLUMNS,
            Flavour::Legacy => source,
        }
    }

    fn cells<'a>(&'a self, flavour: Flavour, into: &mut Vec<Cell<'a>>) {
        let name = match (self.operation, self.combined) {
            (Operation::Use, true) => "利用（複数サービス決済）",
            (operation, _) => operation.name(),
        };
        let (target, target_id) = match &self.target {
            Some((amount, id)) => (Cell::number(amount.units()), Cell::text(id.as_str())),
            None => (Cell::Number(0), Cell::Empty),
        };
        into.extend([
            Cell::text(self.tran_id.as_str()),
            Cell::text(self.operator_id.as_str()),
            Cell::text(self.service.id.as_str()),
            Cell::text(self.service.name.as_str()),
            Cell::number(u64::from(self.service.kind.number())),
            Cell::text(self.operation.kind()),
            Cell::text(self.operation.id()),
            Cell::text(name),
        ]);
        for place in [&self.merchant, &self.shop, &self.terminal] {
            into.push(Cell::text(place.name.as_str()));
            into.push(Cell::text(place.id.as_str()));
        }
        into.extend([
            Cell::Number(1),
            Cell::text(self.uid.as_str()),
            Cell::number(self.amount.units()),
            Cell::Number(self.before.units()),
            Cell::Number(self.after.units()),
        ]);
        into.extend(self.notes.iter().map(|note| Cell::text(note.as_str())));
        into.extend([
            target,
            target_id,
            Cell::text(self.from.as_str()),
            Cell::text(self.to.as_str()),
            Cell::Number(i64::from(self.closed)),
            Cell::Number(if self.active { 1 } else { CANCELLED }),
            Cell::text(moment(self.posted, flavour)),
            Cell::text(moment(self.updated, flavour)),
        ]);
        if flavour == Flavour::Usual {
            into.push(Cell::text(moment(self.occurred, flavour)));
        }
    }
}

/// What was used and not cancelled, by both ways of counting that shops are told (F122). They agree where
/// a cancellation stands in the same file as what it cancels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetUse {
    /// The sum of uses that stand.
    pub by_status: Signed,
    /// The sum of all uses less the sum of cancellations.
    pub by_slips: Signed,
}

impl NetUse {
    /// Counts one more row.
    #[must_use]
    pub fn and(mut self, row: &TransactionRow) -> Self {
        let add = |sum: Signed, amount: Signed| sum.plus(amount).unwrap_or(sum);
        match row.operation {
            Operation::Use => {
                if row.active {
                    self.by_status = add(self.by_status, row.amount.credit());
                }
                self.by_slips = add(self.by_slips, row.amount.credit());
            }
            Operation::UseCancel => self.by_slips = add(self.by_slips, row.amount.debit()),
            _ => (),
        }
        self
    }
}
