//! The part of the books a batch of commands needs: rows loaded before, changed in memory, written
//! back together. Nothing here reads a clock, a database or a random number.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kinchaku_protocol::doc::{Fact, Table as List};
use kinchaku_protocol::ids::{DocId, Pid, Ref};

use super::change::{self, Change, FACT_LIST};
use super::rows::{
    AccountRow, AllowanceRow, BulletinRow, BusinessRow, CancelRow, ChangeRow, ClassRow, CloseRow, CounterRow,
    CreditRow, DeviceDocRow, DeviceRow, EntryRow, FactRow, ForkRow, HoldLineRow, HoldLotRow, HoldRow, HolderRow,
    IntentRow, InvitationRow, LotRow, MarkRow, ParkedRow, PostingRow, RevokedRow, SeenRow, ShopRow, ShopSetRow,
    TakingRow, Topic, UnlockRow, account_party,
};
use crate::access::rows::{OfficeDeedRow, TokenRow};
use crate::identity::rows::{
    ChallengeRow, DeedRow, KeyIdProgressRow, KeyIdRow, KeyRow, PendingRow, PersonRow, PersonalKeyRow, PersonalRow,
    ProofRow,
};
use crate::points::rows::{BalanceRow, CampaignPointsRow, EarningRow, ExtendingRow, ForfeitRow, PointDayRow, RankRow};
use crate::programme::Programmes;
use crate::programme::rows::{ProgrammeFileRow, RosterLineRow, RosterRow};
use crate::sale::rows::{ApplicationRow, ExchangeRow, OrderRow, ProviderEventRow, SaleRow, ShareRow};
use crate::settlement::rows::{PayoutRow, PeriodRow, RefundRow};
use crate::store::Write;
use crate::store::table::{BadValue, Column, Table, TableDef, Value};

/// The rows of one table that are at hand.
#[derive(Clone, Debug)]
pub struct Sheet<R: Table> {
    rows: BTreeMap<R::Key, R>,
    dirty: BTreeSet<R::Key>,
    /// Finds rows by a value that never changes.
    index: Option<fn(&R) -> Value>,
    found: BTreeMap<Value, BTreeSet<R::Key>>,
}

impl<R: Table> Sheet<R> {
    const fn new(index: Option<fn(&R) -> Value>) -> Self {
        Self {
            rows: BTreeMap::new(),
            dirty: BTreeSet::new(),
            index,
            found: BTreeMap::new(),
        }
    }

    /// The row with this key.
    pub fn get(&self, key: &R::Key) -> Option<&R> {
        self.rows.get(key)
    }

    /// The row with this key, to be put back changed.
    pub fn copy(&self, key: &R::Key) -> Option<R> {
        self.rows.get(key).cloned()
    }

    /// Writes a row, new or in place of the one with its key.
    pub fn put(&mut self, row: R) {
        let key = row.key();
        if self.rows.get(&key) == Some(&row) {
            return;
        }
        self.dirty.insert(key);
        self.keep(row);
    }

    /// All rows at hand, by key.
    pub fn all(&self) -> impl Iterator<Item = &R> {
        self.rows.values()
    }

    /// Rows from one key to another, by key.
    pub fn between(&self, from: R::Key, to: R::Key) -> impl Iterator<Item = &R> {
        self.rows.range(from..=to).map(|(_, row)| row)
    }

    /// Rows with this value in the indexed place, by key.
    pub fn by<'s>(&'s self, value: &Value) -> impl Iterator<Item = &'s R> + use<'s, R> {
        self.found
            .get(value)
            .into_iter()
            .flatten()
            .filter_map(|key| self.rows.get(key))
    }

    fn keep(&mut self, row: R) {
        let key = row.key();
        if let Some(index) = self.index {
            self.found.entry(index(&row)).or_default().insert(key.clone());
        }
        self.rows.insert(key, row);
    }

    fn absorb(&mut self, rows: &[Vec<Value>]) -> Result<(), BadValue> {
        for values in rows {
            let row = R::from_values(values)?;
            if !self.rows.contains_key(&row.key()) {
                self.keep(row);
            }
        }
        Ok(())
    }

    fn changed(&self) -> impl Iterator<Item = Vec<Value>> {
        self.dirty.iter().filter_map(|key| self.rows.get(key)).map(R::to_values)
    }
}

macro_rules! view {
    ($($field:ident: $row:ident $(by $index:expr)?;)*) => {
        /// The rows at hand.
        #[derive(Clone, Debug)]
        pub struct View {
            $(
                #[doc = concat!("[`", stringify!($row), "`].")]
                pub $field: Sheet<$row>,
            )*
            unsigned: Vec<(u64, Fact)>,
            told: BTreeSet<(Topic, Pid, u8, Vec<u8>)>,
            /// What the town's folder says; none where it has none.
            pub programmes: Option<Arc<Programmes>>,
        }

        impl Default for View {
            fn default() -> Self {
                Self {
                    $($field: Sheet::new(view!(@index $row $($index)?)),)*
                    unsigned: Vec::new(),
                    told: BTreeSet::new(),
                    programmes: None,
                }
            }
        }

        impl View {
            /// Takes in rows from the database; those already at hand stay as they are.
            ///
            /// # Errors
            /// [`BadValue`] where a stored value is not of its type.
            pub fn absorb(&mut self, table: &TableDef, rows: &[Vec<Value>]) -> Result<(), BadValue> {
                $(
                    if table.name == $row::DEF.name {
                        return self.$field.absorb(rows);
                    }
                )*
                Err(BadValue)
            }

            /// Whether anything has to be written.
            #[must_use]
            pub fn is_changed(&self) -> bool {
                $(!self.$field.dirty.is_empty())||*
            }

            /// What has to be written.
            #[must_use]
            pub fn writes(&self) -> Vec<Write> {
                let mut writes = Vec::new();
                $(
                    let rows: Vec<_> = self.$field.changed().collect();
                    if !rows.is_empty() {
                        writes.push(Write { table: $row::DEF, rows });
                    }
                )*
                writes
            }
        }
    };
    (@index $row:ident) => { None };
    (@index $row:ident $index:expr) => { Some($index) };
}

view! {
    counters: CounterRow;
    classes: ClassRow;
    shops: ShopRow;
    shop_sets: ShopSetRow by |row| row.shop.to_value();
    marks: MarkRow by |row| row.shop.to_value();
    accounts: AccountRow;
    holders: HolderRow by |row| row.account.to_value();
    invitations: InvitationRow;
    devices: DeviceRow by |row| row.kid.to_value();
    device_docs: DeviceDocRow;
    lots: LotRow by |row| row.account.to_value();
    holds: HoldRow;
    hold_lines: HoldLineRow by |row| row.hold.to_value();
    hold_lots: HoldLotRow by |row| row.hold.to_value();
    allowances: AllowanceRow;
    intents: IntentRow by |row| row.allowance.to_value();
    seens: SeenRow by |row| row.intent.to_value();
    cancels: CancelRow by |row| row.intent.to_value();
    closes: CloseRow by |row| row.allowance.to_value();
    forks: ForkRow by |row| row.allowance.to_value();
    facts: FactRow;
    takings: TakingRow by |row| row.intent.to_value();
    entries: EntryRow;
    postings: PostingRow;
    business: BusinessRow by |row| row.intent.to_value();
    revoked: RevokedRow;
    bulletins: BulletinRow;
    credits: CreditRow;
    parked: ParkedRow;
    unlocks: UnlockRow;
    changes: ChangeRow;
    card_challenges: ChallengeRow;
    card_proofs: ProofRow;
    persons: PersonRow;
    card_keys: KeyRow by |row| row.hash.to_value();
    card_pendings: PendingRow;
    personal_keys: PersonalKeyRow;
    personal_data: PersonalRow;
    my_key_ids: KeyIdRow;
    my_key_progress: KeyIdProgressRow;
    identity_log: DeedRow;
    programme_files: ProgrammeFileRow;
    rosters: RosterRow;
    roster_lines: RosterLineRow by |row| row.list.to_value();
    earnings: EarningRow by |row| row.intent.to_value();
    campaign_points: CampaignPointsRow by |row| row.account.to_value();
    balances: BalanceRow by |row| row.account.to_value();
    extending: ExtendingRow by |row| row.account.to_value();
    point_days: PointDayRow by |row| row.account.to_value();
    ranks: RankRow;
    sales: SaleRow;
    applications: ApplicationRow by |row| row.programme.to_value();
    shares: ShareRow;
    orders: OrderRow by |row| row.account.to_value();
    provider_events: ProviderEventRow;
    periods: PeriodRow;
    payouts: PayoutRow by |row| row.shop.to_value();
    refunds: RefundRow;
    tokens: TokenRow by |row| row.id.to_value();
    office_log: OfficeDeedRow;
    exchanges: ExchangeRow;
    forfeits: ForfeitRow;
}

impl View {
    /// The next number of a series.
    pub fn next(&mut self, name: &str) -> u64 {
        let value = self.counter(name).saturating_add(1);
        self.counters.put(CounterRow {
            name: name.to_owned(),
            value,
        });
        value
    }

    /// The last number of a series, 0 where none was given.
    #[must_use]
    pub fn counter(&self, name: &str) -> u64 {
        self.counters.get(&(name.to_owned(),)).map_or(0, |row| row.value)
    }

    /// The payment a document names by its reference.
    #[must_use]
    pub fn intent(&self, reference: Ref) -> Option<&IntentRow> {
        let edge = |fill: u8| {
            let mut id = [fill; 32];
            for (to, from) in id.iter_mut().zip(reference.0) {
                *to = from;
            }
            (DocId(id),)
        };
        self.intents.between(edge(0), edge(255)).next()
    }

    /// Puts a fact down to be signed before the commit; gives its number.
    pub fn declare(&mut self, fact: Fact) -> u64 {
        let number = self.next("fact");
        self.facts.put(FactRow {
            number,
            subject: fact.subject,
            kind: fact.kind,
            doc: Vec::new(),
        });
        self.unsigned.push((number, fact));
        number
    }

    /// The facts that are not signed yet; they are the caller's now.
    pub fn take_unsigned(&mut self) -> Vec<(u64, Fact)> {
        std::mem::take(&mut self.unsigned)
    }

    /// Remembers that somebody must hear of a row of a page.
    pub fn tell(&mut self, topic: Topic, party: Pid, list: List, key: Vec<u8>) {
        self.told.insert((topic, party, list.number(), key));
    }

    /// Remembers that somebody must hear of a fact.
    pub fn tell_fact(&mut self, topic: Topic, party: Pid, number: u64) {
        self.told
            .insert((topic, party, FACT_LIST, number.to_be_bytes().to_vec()));
    }

    /// Points that were earned, granted or lost are among what comes to their owner.
    fn tell_earnings(&mut self) {
        let changed = self.earnings.dirty.iter().filter_map(|key| self.earnings.rows.get(key));
        let owners: BTreeSet<_> = changed.map(|row| (row.account, row.class)).collect();
        for (account, class) in owners {
            let key = class.0.to_be_bytes().to_vec();
            self.tell(Topic::Account, account_party(account), List::Standing, key);
        }
    }

    /// Numbers what was remembered.
    pub fn number_changes(&mut self) {
        self.tell_earnings();
        let mut parties: BTreeMap<(Topic, Pid), Vec<Change>> = BTreeMap::new();
        for (topic, party, list, key) in std::mem::take(&mut self.told) {
            parties.entry((topic, party)).or_default().push((list, key));
        }
        for ((topic, party), changes) in parties {
            for some in changes.chunks(change::MOST) {
                match change::pack(some) {
                    Some(packed) => self.number_change(topic, party, packed),
                    None => some
                        .iter()
                        .for_each(|change| self.number_change(topic, party, change.clone())),
                }
            }
        }
    }

    fn number_change(&mut self, topic: Topic, party: Pid, (list, row_key): Change) {
        let seq = self.next("change");
        self.changes.put(ChangeRow {
            seq,
            topic,
            party,
            list,
            row_key,
        });
    }
}
