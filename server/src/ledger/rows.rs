//! The rows of the books, one declaration for each table. Both folders of migrations create exactly
//! these; a test compares them.

use kinchaku_protocol::doc::{Assurance, FactKind, Reason, Role, Verdict};
use kinchaku_protocol::ids::{ClassId, DocId, Kid, MarkId, Pid, Ref, ServiceType, SetId};
use kinchaku_protocol::money::{Amount, Signed};
use kinchaku_protocol::signature::PublicKey;
use kinchaku_protocol::time::{Day, Time};

use crate::command::Legal;
use crate::store::table::{TableDef, coded, numbered, table};

coded!(Role, Verdict, Assurance, FactKind, Reason);
coded!(ServiceType, Legal);

impl Legal {
    /// As it stands in the database.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::FreePoint => 0,
            Self::PrepaidExempt => 1,
            Self::Prepaid => 2,
        }
    }

    /// From the database.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::FreePoint),
            1 => Some(Self::PrepaidExempt),
            2 => Some(Self::Prepaid),
            _ => None,
        }
    }
}

numbered! {
    /// Where a hold is in its life: OPEN → CLOSED → DONE, or OPEN → LAPSED → DONE.
    pub enum HoldState {
        /// Can be paid from.
        Open = 0,
        /// The wallet gave it back; documents up to its last counter are awaited.
        Closed = 1,
        /// Its allowance has ended without a close; shops' documents are awaited.
        Lapsed = 2,
        /// What was not used is free again.
        Done = 3,
    }
}

numbered! {
    /// What holds value.
    pub enum HoldKind {
        /// An allowance.
        Allowance = 0,
    }
}

numbered! {
    /// A kind of journal entry.
    pub enum EntryKind {
        /// Points or vouchers given.
        Grant = 0,
        /// Money paid in.
        Charge = 1,
        /// Vouchers bought: their price, and the town's premium on it.
        Purchase = 2,
        /// Points given up for something else, and what came of them.
        Exchange = 3,
        /// A payment to a shop.
        Pay = 4,
        /// A payment taken back.
        Reverse = 5,
        /// The end of unused value.
        Expire = 6,
        /// Value taken back: points of a payment that was taken back (F006), or what was bought and not paid for.
        Clawback = 7,
        /// Value the office took away (F105).
        Forfeit = 8,
        /// A shop's claims, transferred to its bank.
        Payout = 9,
        /// A loss that lots could cover after all.
        ForkLoss = 10,
    }
}

numbered! {
    /// An account of the ledger; some have one for each party.
    pub enum Book {
        /// What the town gives from: by class.
        Budget = 0,
        /// Money that came from outside: by class.
        Suspense = 1,
        /// A resident's value.
        User = 2,
        /// What is owed to a shop.
        ShopPayable = 3,
        /// What forks cost the scheme.
        ForkLoss = 4,
        /// Value that ended unused.
        ExpiryIncome = 5,
        /// What a resident owes after a claw-back (F008).
        Receivable = 6,
        /// What was transferred to shops.
        Payout = 7,
        /// Points that people gave up for something of a programme, and what came of them.
        Exchange = 8,
        /// Value the office took away.
        Forfeit = 9,
    }
}

numbered! {
    /// What a business row does (F117).
    pub enum Operation {
        /// ADD.
        Add = 1,
        /// SUB.
        Sub = 2,
        /// CANCEL.
        Cancel = 3,
    }
}

numbered! {
    /// What a business row is about (F117).
    pub enum OperationId {
        /// OP1 利用.
        Use = 1,
        /// OP2 付与.
        Grant = 2,
        /// OP3 チャージ.
        Charge = 3,
        /// OP4 利用キャンセル.
        UseCancel = 4,
        /// OP5 付与キャンセル.
        GrantCancel = 5,
    }
}

numbered! {
    /// Who hears of a change.
    pub enum Topic {
        /// Everybody.
        Public = 0,
        /// The devices of an account.
        Account = 1,
        /// The devices of a shop.
        Shop = 2,
    }
}

numbered! {
    /// Why the documents of one allowance cannot all be those of an honest wallet.
    pub enum Proof {
        /// Two payloads with one counter.
        SameCounter = 0,
        /// A link that names none of the intents before it.
        BrokenLink = 1,
        /// More than a line held, accepted by shops that checked.
        OverReserve = 2,
        /// A counter above the one a close declares as the last.
        AboveClose = 3,
    }
}

table! {
    /// A number the lane counts.
    pub struct CounterRow in "counters" key [
        /// What is counted.
        name: String,
    ] {
        /// The last one given.
        value: u64,
    }
}

table! {
    /// A value class.
    pub struct ClassRow in "classes" key [
        /// Its number.
        id: ClassId,
    ] {
        /// Money, points or voucher.
        service_type: ServiceType,
        /// What the law calls it.
        legal: Legal,
        /// The programme's name.
        name: String,
    }
}

table! {
    /// A shop.
    pub struct ShopRow in "shops" key [
        /// Which.
        shop: Pid,
    ] {
        /// The merchant it belongs to.
        merchant_id: String,
        /// As on its sign.
        name: String,
        /// For sorting and speech.
        kana: String,
        /// In ASCII.
        romaji: String,
        /// Its town, in ASCII.
        city: String,
        /// Merchant category code.
        mcc: u16,
        /// Postal code.
        postal: String,
        /// 0 none, 1 scan, 2 paper.
        offline: u8,
        /// Since when it is no longer a shop of the scheme.
        dead_at: Option<Time>,
    }
}

table! {
    /// A shop's place in a set.
    pub struct ShopSetRow in "shop_sets" key [
        /// The shop.
        shop: Pid,
        /// The set.
        set_id: SetId,
    ] {
        /// Whether it is still in it.
        member: bool,
    }
}

table! {
    /// A sheet or register.
    pub struct MarkRow in "marks" key [
        /// The shop.
        shop: Pid,
        /// The sheet.
        mark: MarkId,
    ] {
        /// What the shop calls it.
        label: String,
        /// Since when it is no longer valid.
        dead_at: Option<Time>,
    }
}

table! {
    /// Somebody's value. Who it is stands elsewhere.
    pub struct AccountRow in "accounts" key [
        /// Its number.
        id: u64,
    ] {
        /// Since when.
        opened_at: Time,
        /// Assurance level of the person.
        level: u8,
        /// Whether nothing more is issued to it.
        stopped: bool,
        /// How often its pseudonym was changed because a phone was lost.
        generation: u32,
    }
}

table! {
    /// A pseudonym of an account.
    pub struct HolderRow in "holders" key [
        /// The pseudonym.
        pid: Pid,
    ] {
        /// The account.
        account: u64,
        /// The seven-day window, counted from 1970-01-01.
        window_no: u32,
        /// Allowances issued under it.
        issued: u32,
        /// How many of them were given back by a close, with every payment they made.
        returned: u32,
        /// When the last of them ends.
        until: Time,
    }
}

table! {
    /// An invitation code.
    pub struct InvitationRow in "invitations" key [
        /// SHA-256 of the code.
        code_hash: DocId,
    ] {
        /// As what a device may enrol.
        role: Role,
        /// The account, for wallets.
        account: Option<u64>,
        /// The shop, for its devices.
        shop: Option<Pid>,
        /// Until when.
        expires: Time,
        /// The device that used it.
        device: Option<u64>,
    }
}

table! {
    /// A device: a pair of keys and whose they are.
    pub struct DeviceRow in "devices" key [
        /// Its number.
        id: u64,
    ] {
        /// As what.
        role: Role,
        /// Its owner as its document says it.
        owner: Pid,
        /// The account, for wallets.
        account: Option<u64>,
        /// K_sync.
        sync_key: PublicKey,
        /// Its short name, by which its documents name it.
        kid: Kid,
        /// K_pay, for wallets.
        pay_key: Option<PublicKey>,
        /// How the keys are kept.
        level: u8,
        /// Its newest document.
        current: Ref,
        /// Its newest allowance.
        allowance: Option<Ref>,
        /// Whether it was stopped.
        revoked: bool,
    }
}

table! {
    /// A `device` document.
    pub struct DeviceDocRow in "device_docs" key [
        /// Its reference.
        reference: Ref,
    ] {
        /// The device.
        device: u64,
        /// As signed.
        doc: Vec<u8>,
        /// Until when.
        expires: Time,
    }
}

table! {
    /// A lot.
    pub struct LotRow in "lots" key [
        /// Its number.
        id: u64,
    ] {
        /// Whose.
        account: u64,
        /// Which value.
        class: ClassId,
        /// How much it was.
        units: Amount,
        /// How much is left.
        remaining: Amount,
        /// How much of that is held.
        held: Amount,
        /// When it came.
        issued_at: Time,
        /// The last day it can be used.
        until: Option<Day>,
        /// Which shops take it.
        set_id: SetId,
        /// The entry it came from.
        origin: u64,
        /// What was paid for it.
        consideration: Amount,
    }
}

table! {
    /// Value set aside.
    pub struct HoldRow in "holds" key [
        /// The document it was set aside for.
        subject: Ref,
    ] {
        /// What kind that is.
        kind: HoldKind,
        /// Whose value.
        account: u64,
        /// Where it is in its life.
        state: HoldState,
        /// When it lapses where it was not closed: its allowance has ended.
        lapses_at: Time,
        /// When it ends by itself.
        ends_at: Time,
        /// Whether it ended by itself.
        lapsed: bool,
        /// When it was done.
        done_at: Option<Time>,
    }
}

table! {
    /// A line of a hold.
    pub struct HoldLineRow in "hold_lines" key [
        /// The hold.
        hold: Ref,
        /// Its index.
        line: u8,
    ] {
        /// Which value.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// How much of it was paid from lots.
        consumed: Amount,
        /// How much was paid beyond it.
        lost: Amount,
        /// The last day it can be used.
        day: Day,
        /// Which shops take it.
        set_id: SetId,
    }
}

table! {
    /// A lot's share of a line.
    pub struct HoldLotRow in "hold_lots" key [
        /// The hold.
        hold: Ref,
        /// The line.
        line: u8,
        /// The lot.
        lot: u64,
    ] {
        /// How much of the lot is held.
        amount: Amount,
        /// How much of it was paid.
        taken: Amount,
    }
}

table! {
    /// An allowance.
    pub struct AllowanceRow in "allowances" key [
        /// Its reference.
        reference: Ref,
    ] {
        /// As signed.
        doc: Vec<u8>,
        /// For which device.
        device: u64,
        /// Whose value.
        account: u64,
        /// Under which pseudonym.
        holder: Pid,
        /// When it was issued.
        issued_at: Time,
        /// The last second it can be used.
        expires: Time,
    }
}

table! {
    /// A payment.
    pub struct IntentRow in "intents" key [
        /// Its id.
        id: DocId,
    ] {
        /// How other documents name it.
        reference: Ref,
        /// The allowance it spends.
        allowance: Ref,
        /// Its counter.
        seq: u32,
        /// The payee.
        shop: Pid,
        /// The sheet.
        mark: MarkId,
        /// Whose value.
        account: u64,
        /// As signed.
        doc: Vec<u8>,
        /// The whole payment.
        total: Amount,
        /// When it was signed.
        occurred_at: Time,
        /// When it came.
        received_at: Time,
        /// Why it is not valid in itself; none where it is.
        fault: Reason,
        /// Whether it came after its hold had lapsed.
        late: bool,
        /// Whether its holder was stopped when it came.
        stopped: bool,
        /// Whether the shop is paid.
        paid: bool,
        /// Whether a shop that waited for the answer was told so: it has handed the goods over.
        posted_to_shop: bool,
        /// Why it is not.
        reason: Reason,
        /// The kind of its last fact.
        status: FactKind,
        /// The number of its last fact.
        fact: u64,
        /// When the books took its last change.
        posted_at: Time,
        /// The entry that paid it last; 0 where none did.
        entry: u64,
    }
}

table! {
    /// A shop's answer to a payment.
    pub struct SeenRow in "seens" key [
        /// Its id.
        id: DocId,
    ] {
        /// The payment.
        intent: Ref,
        /// The shop whose device signed it.
        shop: Pid,
        /// Taken or not.
        verdict: Verdict,
        /// What it stood on.
        assurance: Assurance,
        /// As signed.
        doc: Vec<u8>,
        /// When the shop says it was.
        seen_at: Time,
        /// When it came.
        received_at: Time,
        /// Why a relay vouches for nothing: what stood against the payment when both were here; else none.
        void: Reason,
    }
}

table! {
    /// A cancellation.
    pub struct CancelRow in "cancels" key [
        /// Its id.
        id: DocId,
    ] {
        /// The payment.
        intent: Ref,
        /// The shop.
        shop: Pid,
        /// As signed.
        doc: Vec<u8>,
        /// The number of its fact.
        fact: u64,
        /// When it came.
        received_at: Time,
        /// Why it takes nothing back; none where it does.
        void: Reason,
    }
}

table! {
    /// A close.
    pub struct CloseRow in "closes" key [
        /// Its id.
        id: DocId,
    ] {
        /// The allowance.
        allowance: Ref,
        /// The last counter used.
        last: u32,
        /// The intent with that counter.
        head: Ref,
        /// As signed.
        doc: Vec<u8>,
        /// Whether it counts: it was the first, and came before the hold lapsed.
        counts: bool,
        /// When it came.
        received_at: Time,
    }
}

table! {
    /// A proof that a wallet was cloned. The documents themselves stay in `intents`.
    pub struct ForkRow in "forks" key [
        /// The allowance.
        allowance: Ref,
        /// The counter.
        seq: u32,
        /// What proves it.
        proof: Proof,
    ] {
        /// One payment.
        first: DocId,
        /// The other, where two share the counter.
        second: Option<DocId>,
        /// The number of the FORK fact.
        fact: Option<u64>,
        /// When it was found.
        found_at: Time,
    }
}

table! {
    /// A signed fact, returned byte for byte ever after.
    pub struct FactRow in "facts" key [
        /// Its number.
        number: u64,
    ] {
        /// What it is about.
        subject: DocId,
        /// What became of it.
        kind: FactKind,
        /// As signed.
        doc: Vec<u8>,
    }
}

table! {
    /// Which lot a finished hold's payment took.
    pub struct TakingRow in "takings" key [
        /// The payment.
        intent: DocId,
        /// The line.
        line: u8,
        /// The lot; 0 for what the scheme lost.
        lot: u64,
    ] {
        /// How much.
        amount: Amount,
    }
}

table! {
    /// A journal entry.
    pub struct EntryRow in "entries" key [
        /// Its number.
        id: u64,
    ] {
        /// Its kind.
        kind: EntryKind,
        /// The payment it is about.
        intent: Option<DocId>,
        /// The entry it takes back.
        target: Option<u64>,
        /// When it happened.
        occurred_at: Time,
        /// When the books took it.
        posted_at: Time,
        /// The day the books have it.
        period: Day,
    }
}

table! {
    /// A line of an entry; the lines of an entry sum to zero for each class.
    pub struct PostingRow in "postings" key [
        /// The entry.
        entry: u64,
        /// Its place in it.
        line: u32,
    ] {
        /// Which account of the ledger.
        book: Book,
        /// Whose: a shop's pseudonym or an account's number, big-endian; zero where there is one for all.
        party: Pid,
        /// Which value.
        class: ClassId,
        /// The lot, for a resident's value.
        lot: Option<u64>,
        /// How much.
        amount: Signed,
    }
}

table! {
    /// A row of the transaction list, one for each class of an entry (F113, F114).
    pub struct BusinessRow in "business" key [
        /// YYYYMMDD and twelve digits.
        tran_id: String,
    ] {
        /// The entry.
        entry: u64,
        /// ADD, SUB, CANCEL.
        operation: Operation,
        /// OP1 to OP5.
        operation_id: OperationId,
        /// Which value.
        class: ClassId,
        /// How much.
        amount: Amount,
        /// Whose value.
        account: u64,
        /// The shop.
        shop: Option<Pid>,
        /// The payment.
        intent: Option<DocId>,
        /// The row it takes back.
        target: Option<String>,
        /// When it happened.
        occurred_at: Time,
        /// When the books took it.
        posted_at: Time,
        /// The account's balance of the class before it, as of posting (F120).
        value_before: Signed,
        /// And after it.
        value_after: Signed,
    }
}

table! {
    /// Who was stopped.
    pub struct RevokedRow in "revoked" key [
        /// A holder, or the first eight bytes of a device's reference.
        pid: Pid,
    ] {
        /// The bulletin that said so first.
        epoch: u32,
        /// When.
        at: Time,
        /// Until when it has to be said: what bears this name is over by itself then.
        until: Time,
    }
}

table! {
    /// A bulletin.
    pub struct BulletinRow in "bulletins" key [
        /// Its epoch.
        epoch: u32,
    ] {
        /// As signed.
        doc: Vec<u8>,
    }
}

table! {
    /// A credit, by its caller's key: kept as long as the books.
    pub struct CreditRow in "credits" key [
        /// SHA-256 of the caller's key.
        id: DocId,
    ] {
        /// SHA-256 of what was asked.
        content: DocId,
        /// Its transaction.
        tran_id: String,
    }
}

table! {
    /// A document nobody could decide on.
    pub struct ParkedRow in "parked" key [
        /// SHA-256 of its bytes.
        id: DocId,
    ] {
        /// Why.
        reason: u8,
        /// The bytes, or their beginning.
        doc: Vec<u8>,
        /// When it came.
        received_at: Time,
        /// Whether it was decided later.
        resolved: bool,
    }
}

table! {
    /// A one-time code for a locked PIN.
    pub struct UnlockRow in "unlocks" key [
        /// SHA-256 of the code.
        code_hash: DocId,
    ] {
        /// For whom.
        account: u64,
        /// Until when.
        expires: Time,
        /// The device that used it.
        device: Option<u64>,
    }
}

table! {
    /// A change that somebody must hear of, or several of one commit ([`super::change`]).
    pub struct ChangeRow in "changes" key [
        /// Its number, without holes.
        seq: u64,
    ] {
        /// Who.
        topic: Topic,
        /// Which account or shop.
        party: Pid,
        /// The number of the page's table; 255 for a fact, 254 for several changes.
        list: u8,
        /// Its key in it, or the changes one after another.
        row_key: Vec<u8>,
    }
}

/// Every table.
pub const TABLES: &[&TableDef] = &{
    use crate::access::rows::{OfficeDeedRow, TokenRow};
    use crate::identity::rows::{
        ChallengeRow, DeedRow, KeyIdProgressRow, KeyIdRow, KeyRow, PendingRow, PersonRow, PersonalKeyRow, PersonalRow,
        ProofRow,
    };
    use crate::points::rows::{
        BalanceRow, CampaignPointsRow, EarningRow, ExtendingRow, ForfeitRow, PointDayRow, RankRow,
    };
    use crate::programme::rows::{ProgrammeFileRow, RosterLineRow, RosterRow};
    use crate::sale::rows::{ApplicationRow, ExchangeRow, OrderRow, ProviderEventRow, SaleRow, ShareRow};
    use crate::settlement::rows::{PayoutRow, PeriodRow, RefundRow};
    use crate::store::table::Table;
    [
        CounterRow::DEF,
        ClassRow::DEF,
        ShopRow::DEF,
        ShopSetRow::DEF,
        MarkRow::DEF,
        AccountRow::DEF,
        HolderRow::DEF,
        InvitationRow::DEF,
        DeviceRow::DEF,
        DeviceDocRow::DEF,
        LotRow::DEF,
        HoldRow::DEF,
        HoldLineRow::DEF,
        HoldLotRow::DEF,
        AllowanceRow::DEF,
        IntentRow::DEF,
        SeenRow::DEF,
        CancelRow::DEF,
        CloseRow::DEF,
        ForkRow::DEF,
        FactRow::DEF,
        TakingRow::DEF,
        EntryRow::DEF,
        PostingRow::DEF,
        BusinessRow::DEF,
        RevokedRow::DEF,
        BulletinRow::DEF,
        CreditRow::DEF,
        ParkedRow::DEF,
        UnlockRow::DEF,
        ChangeRow::DEF,
        ChallengeRow::DEF,
        ProofRow::DEF,
        PersonRow::DEF,
        KeyRow::DEF,
        PendingRow::DEF,
        PersonalKeyRow::DEF,
        PersonalRow::DEF,
        KeyIdRow::DEF,
        KeyIdProgressRow::DEF,
        DeedRow::DEF,
        ProgrammeFileRow::DEF,
        RosterRow::DEF,
        RosterLineRow::DEF,
        EarningRow::DEF,
        CampaignPointsRow::DEF,
        BalanceRow::DEF,
        ExtendingRow::DEF,
        PointDayRow::DEF,
        RankRow::DEF,
        SaleRow::DEF,
        ApplicationRow::DEF,
        ShareRow::DEF,
        OrderRow::DEF,
        ProviderEventRow::DEF,
        PeriodRow::DEF,
        PayoutRow::DEF,
        RefundRow::DEF,
        TokenRow::DEF,
        OfficeDeedRow::DEF,
        ExchangeRow::DEF,
        ForfeitRow::DEF,
    ]
};

/// An account's number as a ledger party.
#[must_use]
pub const fn account_party(account: u64) -> Pid {
    Pid(account.to_be_bytes())
}

/// The party of a ledger account that has only one.
pub const NO_PARTY: Pid = Pid([0; 8]);
