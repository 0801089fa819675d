//! What the JSON API answers, as far as this program reads it. Members it does not know are left to `--json`.

use serde::Deserialize;

/// A class of value as shops know it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Service {
    /// Its number.
    pub class: u64,
    /// Its name.
    pub name: String,
    /// 1 money, 2 points, 3 voucher (F116).
    pub service_type: u8,
}

/// A register's printed code.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Mark {
    /// Its id.
    #[serde(default)]
    pub mark: String,
    /// Its name.
    #[serde(default)]
    pub label: String,
}

/// One row of the books for one service (F113 to F121).
#[derive(Clone, Debug, Deserialize)]
pub struct Transaction {
    /// 20 digits.
    pub tran_id: String,
    /// Whether several services paid together (F114).
    #[serde(default)]
    pub combined: bool,
    /// Which service.
    pub service: Service,
    /// OP1 to OP5.
    pub operation_id: String,
    /// In the source's words.
    #[serde(default)]
    pub operation_name: String,
    /// Yen or points.
    pub amount: u64,
    /// The payer's balance before.
    pub before: i64,
    /// And after.
    pub after: i64,
    /// The register.
    #[serde(default)]
    pub mark: Option<Mark>,
    /// The payer, by a name that means nothing elsewhere.
    #[serde(default)]
    pub uid: String,
    /// Whether it stands (F121).
    pub active: bool,
    /// Whether its period is closed.
    pub closed: bool,
    /// What a slip takes back.
    #[serde(default)]
    pub target_tran_id: Option<String>,
    /// When it came into the books (受付日時).
    pub posted_at: String,
    /// When it was paid (取引日時).
    pub occurred_at: String,
    /// The shop, where a list is of several.
    #[serde(default)]
    pub shop: Option<Shop>,
}

/// One transaction with all that belongs to it (F125).
#[derive(Clone, Debug, Deserialize)]
pub struct Detail {
    /// The row itself.
    #[serde(flatten)]
    pub row: Transaction,
    /// All rows of the payment, this one among them.
    #[serde(default)]
    pub parts: Vec<Transaction>,
    /// The whole payment.
    pub total: u64,
    /// Whether cash can be given back instead (F097).
    #[serde(default)]
    pub may_refund_cash: Option<May>,
    /// Whether it can be taken back now (F128).
    #[serde(default)]
    pub may_cancel: Option<May>,
    /// What somebody wrote.
    #[serde(default)]
    pub note: Option<String>,
}

/// Whether something can be done.
#[derive(Clone, Debug, Deserialize)]
pub struct May {
    /// It can.
    pub ok: bool,
    /// Why not.
    #[serde(default)]
    pub code: Option<String>,
}

/// A shop.
#[derive(Clone, Debug, Deserialize)]
pub struct Shop {
    /// Its id.
    pub shop: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
}

/// A payment that was taken back.
#[derive(Clone, Debug, Deserialize)]
pub struct Cancelled {
    /// The slips.
    #[serde(default)]
    pub rows: Vec<CancelledRow>,
}

/// One slip.
#[derive(Clone, Debug, Deserialize)]
pub struct CancelledRow {
    /// Its number.
    pub tran_id: String,
}

/// An amount and how often.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Tally {
    /// Yen or points.
    pub amount: i64,
    /// Transactions.
    pub count: i64,
}

/// What happened with one service in a day or month (F104 to F108).
#[derive(Clone, Debug, Deserialize)]
pub struct ResultRow {
    /// The day, `YYYY-MM-DD`.
    #[serde(default)]
    pub day: Option<String>,
    /// Or the month, `YYYY-MM`.
    #[serde(default)]
    pub month: Option<String>,
    /// Which service.
    pub service: Service,
    /// 付与
    #[serde(default)]
    pub add: Tally,
    /// 利用
    #[serde(default)]
    pub sub: Tally,
    /// 付与キャンセル
    #[serde(default)]
    pub add_cancel: Tally,
    /// 利用キャンセル
    #[serde(default)]
    pub sub_cancel: Tally,
    /// 有効期限切れ
    #[serde(default)]
    pub expired: Tally,
    /// 失効
    #[serde(default)]
    pub lapsed: Tally,
    /// Use less cancelled use (F108).
    #[serde(default)]
    pub net: Tally,
}

/// A settlement period as one shop sees it (F167).
#[derive(Clone, Debug, Deserialize)]
pub struct Period {
    /// Which service.
    #[serde(default)]
    pub service: Option<Service>,
    /// Its class.
    pub class: u64,
    /// Its place, from 1.
    pub number: u32,
    /// Its first posting day.
    pub first: String,
    /// Its last.
    pub last: String,
    /// When the money arrives.
    pub paid_on: String,
    /// Whether it is the one for what came in after the season.
    #[serde(default)]
    pub late: bool,
    /// `open`, `due`, `closing` or `closed`.
    pub state: String,
    /// Payments.
    #[serde(default)]
    pub used: u64,
    /// Payments taken back.
    #[serde(default)]
    pub cancelled: u64,
    /// Left over from before.
    #[serde(default)]
    pub carried_in: i64,
    /// Transferred, or so far to be transferred.
    #[serde(default)]
    pub paid: u64,
    /// How many shops, in the office's list.
    #[serde(default)]
    pub shops: u64,
}

/// What one shop is paid for a period.
#[derive(Clone, Debug, Deserialize)]
pub struct Payout {
    /// Which.
    pub shop: Shop,
    /// Payments.
    pub used: u64,
    /// Payments taken back.
    pub cancelled: u64,
    /// Left over from before.
    pub carried_in: i64,
    /// Transferred.
    pub paid: u64,
}
