//! The rows of points: what payments earn, until when balances live, ranks.

use kinchaku_protocol::ids::{ClassId, DocId};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::time::{Day, Time};

use crate::store::table::{numbered, table};

numbered! {
    /// Where an earning is: PENDING → GRANTED → CLAWED BACK, or PENDING → VOID (and back, where the payment is posted again).
    pub enum EarningState {
        /// Waits for its grant.
        Pending = 0,
        /// Granted.
        Granted = 1,
        /// The payment was taken back before the grant.
        Void = 2,
        /// The payment was taken back after the grant, and so were the points.
        ClawedBack = 3,
    }
}

table! {
    /// What a payment earns of one class of points.
    pub struct EarningRow in "earnings" key [
        /// The payment.
        intent: DocId,
        /// Which points.
        class: ClassId,
    ] {
        /// Whose.
        account: u64,
        /// The Monday of the week in which it was posted (F012).
        week: Day,
        /// By the rule (F001 to F004).
        base: Amount,
        /// By campaigns, all together (F005).
        bonus: Amount,
        /// How much by which campaign: number and points, big-endian, 4 and 8 bytes.
        campaigns: Vec<u8>,
        /// The rule as it was then: for each full amount of this many yen …
        unit: u32,
        /// … that many points.
        points: u32,
        /// What earns besides money: 1 vouchers, 2 points.
        counts: u8,
        /// Where it is.
        state: EarningState,
        /// The lot of its grant.
        lot: Option<u64>,
        /// The transaction of its grant.
        tran_id: Option<String>,
        /// When that changed.
        changed_at: Time,
    }
}

table! {
    /// What one account has from a campaign.
    pub struct CampaignPointsRow in "campaign_points" key [
        /// Whose.
        account: u64,
        /// Which.
        campaign: u32,
    ] {
        /// How many.
        points: Amount,
    }
}

table! {
    /// What one account has of a class, owed points taken off: kept with every entry.
    pub struct BalanceRow in "balances" key [
        /// Whose.
        account: u64,
        /// Which value.
        class: ClassId,
    ] {
        /// How much; below zero where more is owed than there is (F008).
        value: Signed,
        /// How much is owed.
        owed: Amount,
    }
}

table! {
    /// Until when a balance of the extending kind lives (F022).
    pub struct ExtendingRow in "extending" key [
        /// Whose.
        account: u64,
        /// Which points.
        class: ClassId,
    ] {
        /// Its last day.
        until: Option<Day>,
    }
}

table! {
    /// Points granted by an entry, or taken back by it, on its day (F021).
    pub struct PointDayRow in "point_days" key [
        /// Whose.
        account: u64,
        /// Which points.
        class: ClassId,
        /// The entry.
        entry: u64,
    ] {
        /// The day of the posting.
        day: Day,
        /// How many.
        points: Signed,
    }
}

table! {
    /// A member's rank.
    pub struct RankRow in "ranks" key [
        /// Whose.
        account: u64,
        /// Of which points.
        class: ClassId,
    ] {
        /// Its place on the ladder, from 0.
        rank: u32,
        /// As of which day.
        judged: Day,
    }
}

table! {
    /// Value the office took away, and why.
    pub struct ForfeitRow in "forfeits" key [
        /// Hash of account and the caller's key.
        id: DocId,
    ] {
        /// From whom.
        account: u64,
        /// Which value.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// Why, in the office's words.
        reason: String,
        /// Whose token.
        token: u64,
        /// The entry.
        entry: u64,
        /// When.
        at: Time,
    }
}
