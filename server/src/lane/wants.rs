//! Which rows a batch needs. What is at hand names further rows, so this is asked again until nothing
//! new is wanted: some five rounds, whatever the size of the batch.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kinchaku_protocol::ids::{DocId, Ref};

use super::uploads::Uploads;
use crate::command::{Action, Invitee, Stop};
use crate::identity::action::{CardAction, CardProof, Finding, KeyIdStep};
use crate::identity::rows::{
    ChallengeRow, KeyIdProgressRow, KeyIdRow, KeyRow, PendingRow, PersonRow, PersonalKeyRow, PersonalRow, ProofRow,
};
use crate::ledger::decide::{Checked, Task};
use crate::ledger::rows::{
    AccountRow, AllowanceRow, BulletinRow, BusinessRow, CancelRow, ClassRow, CloseRow, CounterRow, CreditRow,
    DeviceDocRow, DeviceRow, FactRow, ForkRow, HoldLineRow, HoldLotRow, HoldRow, HolderRow, IntentRow, InvitationRow,
    LotRow, MarkRow, ParkedRow, RevokedRow, SeenRow, ShopRow, ShopSetRow, TakingRow, UnlockRow,
};
use crate::ledger::stop::EPOCH;
use crate::ledger::view::View;
use crate::points::rows::BalanceRow;
use crate::store::table::{Column, Table, Value};
use crate::store::{Query, Which};

/// A column of a table, and the further condition.
type Asked = (&'static str, &'static str, Option<&'static str>);

/// What was asked for, and what is still to be asked.
#[derive(Debug, Default)]
pub struct Wants {
    asked: BTreeMap<Asked, HashSet<Value>>,
    wholes: BTreeSet<Query>,
    next: BTreeMap<Asked, Query>,
    ranges: Vec<Query>,
    /// What the commands name was asked for; what rows name further comes with every round.
    begun: bool,
    /// A stop names every document of its device.
    stops_a_device: bool,
    /// A card is read on its device, for the person of its account.
    cards: bool,
    /// Applications at hand are single ones, and what their persons have is needed.
    pub(crate) applicants: bool,
    /// A payment is taken back, refused or given back in cash.
    undoing: bool,
    /// Of which programme which account receives something: how often it did is needed.
    pub(crate) receipts: BTreeSet<(u32, u64)>,
    /// What a provider told is at hand, and not its order.
    pub(crate) odd: bool,
    /// Value is granted, which may come to a balance that is over.
    pub(crate) granting: bool,
    uploads: Uploads,
}

impl Wants {
    /// With everything that was ever written of what the documents touch, whether it seems needed or not.
    pub fn careful() -> Self {
        Self {
            undoing: true,
            ..Self::default()
        }
    }

    /// The queries of the next round; empty when everything is at hand.
    pub fn round(&mut self, view: &View, tasks: &[Task]) -> Vec<Query> {
        if !std::mem::replace(&mut self.begun, true) {
            self.whole::<CounterRow>(Which::All);
            for task in tasks {
                self.task(task);
            }
        }
        if let Some(epoch) = view.counters.get(&(EPOCH.to_owned(),)) {
            // Whether the bulletin in force is there, or one is due.
            self.one::<BulletinRow>("epoch", &epoch.value);
        }
        self.devices(view);
        self.cards(view);
        self.allowances(view);
        self.balances(view);
        crate::programme::wanted::follow(self, view);
        crate::points::load::follow(self, view);
        crate::sale::load::follow(self, view);
        crate::settlement::load::follow(self, view);
        crate::access::load::follow(self, view);
        let mut round = std::mem::take(&mut self.ranges);
        round.extend(std::mem::take(&mut self.next).into_values());
        round
    }

    /// How the payments at hand were undone matters.
    pub(crate) const fn undoes(&mut self) {
        self.undoing = true;
    }

    /// Whether a payment may be taken back, or posted again: what was written of it is needed then.
    pub(crate) fn may_turn(&self, view: &View, intent: &IntentRow) -> bool {
        self.undoing || !self.uploads.only_add(view, intent.allowance)
    }

    pub(crate) const fn is_undoing(&self) -> bool {
        self.undoing
    }

    pub(crate) fn one<R: Table>(&mut self, column: &'static str, value: &impl Column) {
        self.filtered::<R>(column, value, None);
    }

    pub(crate) fn filtered<R: Table>(&mut self, column: &'static str, value: &impl Column, and: Option<&'static str>) {
        let value = value.to_value();
        let asked = (R::DEF.name, column, and);
        if value == Value::Null || !self.asked.entry(asked).or_default().insert(value.clone()) {
            return;
        }
        let query = self.next.entry(asked).or_insert_with(|| Query {
            table: R::DEF,
            which: Which::Among(column, Vec::new(), and),
        });
        if let Which::Among(_, values, _) = &mut query.which {
            values.push(value);
        }
    }

    pub(crate) fn whole<R: Table>(&mut self, which: Which) {
        let query = Query { table: R::DEF, which };
        if self.wholes.insert(query.clone()) {
            self.ranges.push(query);
        }
    }

    fn task(&mut self, task: &Task) {
        match &task.action {
            Action::AddClass(class) => self.one::<ClassRow>("id", &class.id),
            Action::AddShop(shop) => {
                self.one::<ShopRow>("shop", &shop.shop);
                self.one::<ShopSetRow>("shop", &shop.shop);
            }
            Action::AddMark { shop, .. } | Action::Revoke(Stop::Shop(shop, _)) => {
                self.one::<ShopRow>("shop", shop);
                self.one::<MarkRow>("shop", shop);
            }
            Action::Invite { code_hash, invitee } => {
                self.one::<InvitationRow>("code_hash", &DocId(*code_hash));
                match invitee {
                    Invitee::Resident => {}
                    Invitee::Account(id) => self.one::<AccountRow>("id", id),
                    Invitee::Shop(shop) => self.one::<ShopRow>("shop", shop),
                }
            }
            Action::Enrol(device) => self.one::<InvitationRow>("code_hash", &DocId(device.code_hash)),
            Action::RenewDevice { device } => self.device(*device),
            Action::Revoke(Stop::Device(device)) => {
                self.device(*device);
                self.stops_a_device = true;
            }
            Action::Credit(credit) => {
                self.granting = true;
                self.one::<CreditRow>("id", &DocId::of(credit.key.as_bytes()));
                self.one::<AccountRow>("id", &credit.account);
                self.one::<ClassRow>("id", &credit.class);
            }
            Action::IssueAllowance { device, .. } => self.device(*device),
            Action::Upload(_) | Action::PublishBulletin => {}
            Action::Revoke(Stop::Holder(pid)) => {
                self.one::<HolderRow>("pid", pid);
                self.one::<RevokedRow>("pid", pid);
            }
            Action::Lapse => {
                let now = i64::try_from(task.now.0).unwrap_or(i64::MAX);
                self.whole::<HoldRow>(Which::UpTo("lapses_at", now, "state = 0"));
                self.whole::<HoldRow>(Which::UpTo("ends_at", now, "state <> 3"));
            }
            Action::Expire => {
                let yesterday = i64::from(task.now.day().0).saturating_sub(1);
                self.whole::<LotRow>(Which::UpTo("until", yesterday, "remaining > held"));
            }
            Action::IssueUnlock { code_hash, account } => {
                self.one::<UnlockRow>("code_hash", &DocId(*code_hash));
                self.one::<AccountRow>("id", account);
            }
            Action::UseUnlock { code_hash, device, .. } => {
                self.one::<UnlockRow>("code_hash", &DocId(*code_hash));
                self.device(*device);
            }
            Action::Card(action) => self.card(action),
            Action::SetUp(action) => crate::programme::wanted::wants(self, action),
            Action::Points(action) => crate::points::load::wants(self, action),
            Action::Sale(action) => crate::sale::load::wants(self, action),
            Action::Settle(action) => crate::settlement::load::wants(self, action),
            Action::Access(action) => crate::access::load::wants(self, action),
        }
        for document in &task.documents {
            self.document(document);
        }
    }

    fn device(&mut self, reference: Ref) {
        self.one::<DeviceDocRow>("reference", &reference);
    }

    fn card(&mut self, action: &CardAction) {
        match action {
            CardAction::Challenge { device, .. } => {
                self.cards = true;
                self.device(*device);
            }
            CardAction::Proof(proof) => {
                self.cards = true;
                self.device(proof.device);
                self.proof(proof);
            }
            CardAction::KeyId { device, step } => {
                self.cards = true;
                self.device(*device);
                match step {
                    KeyIdStep::Generate { candidates, .. } => {
                        for id in candidates {
                            self.one::<KeyIdRow>("hash", &id.hash);
                        }
                    }
                    KeyIdStep::Choose { id, .. } => self.one::<KeyIdRow>("hash", &id.hash),
                    KeyIdStep::Accept(_) | KeyIdStep::Revoke(_) => {}
                }
            }
            CardAction::Tie { account, .. }
            | CardAction::Erase { account }
            | CardAction::Reveal { account }
            | CardAction::Checked { account, .. } => self.person(*account),
        }
    }

    fn proof(&mut self, proof: &CardProof) {
        self.one::<ProofRow>("id", &proof.document);
        if let Finding::Proven(proven) = &proof.finding {
            let shown = &proven.shown;
            let all = shown.sign.iter().chain([&shown.auth]).chain(&shown.platform);
            for hash in all.chain(proven.guardian.as_ref().map(|guardian| &guardian.auth)) {
                self.one::<KeyRow>("hash", hash);
            }
        }
    }

    /// Everything of the person of an account.
    fn person(&mut self, account: u64) {
        self.one::<AccountRow>("id", &account);
        self.one::<PersonRow>("account", &account);
        self.one::<KeyRow>("account", &account);
        self.one::<PendingRow>("account", &account);
        self.one::<PersonalKeyRow>("account", &account);
        self.one::<PersonalRow>("account", &account);
        self.one::<KeyIdRow>("account", &account);
        self.one::<KeyIdProgressRow>("account", &account);
    }

    fn cards(&mut self, view: &View) {
        if self.cards {
            for device in view.devices.all() {
                self.one::<ChallengeRow>("device", &device.id);
                if let Some(account) = device.account {
                    self.person(account);
                }
            }
        }
        for proof in view.card_proofs.all() {
            self.one::<FactRow>("number", &proof.fact);
        }
        for pending in view.card_pendings.all() {
            self.one::<KeyRow>("hash", &pending.auth);
            self.one::<KeyRow>("hash", &pending.sign);
        }
        // Whoever else has one of these certificates; a guardian among them.
        for key in view.card_keys.all() {
            self.one::<PersonRow>("account", &key.account);
            self.one::<AccountRow>("id", &key.account);
        }
    }

    fn document(&mut self, document: &Checked) {
        self.uploads.note(document);
        let bytes = match document {
            Checked::Intent(intent) => {
                self.one::<AllowanceRow>("reference", &intent.authorisation);
                self.one::<SeenRow>("intent", &intent.to_ref());
                self.one::<CancelRow>("intent", &intent.to_ref());
                self.one::<ShopRow>("shop", &intent.shop);
                self.one::<ShopSetRow>("shop", &intent.shop);
                self.one::<MarkRow>("shop", &intent.shop);
                intent.bytes()
            }
            Checked::Seen(seen, shop) => {
                self.undoing |= !seen.verdict.accepted();
                self.one::<IntentRow>("reference", &seen.intent);
                self.one::<SeenRow>("intent", &seen.intent);
                self.one::<ShopRow>("shop", shop);
                seen.bytes()
            }
            Checked::Close(close) => {
                self.one::<AllowanceRow>("reference", &close.allowance);
                close.bytes()
            }
            Checked::Cancel(cancel, _) => {
                self.undoing = true;
                self.one::<IntentRow>("reference", &cancel.intent);
                self.one::<CancelRow>("intent", &cancel.intent);
                cancel.bytes()
            }
            Checked::Stopped(inner) => return self.document(inner),
            Checked::Parked(_, bytes) => bytes,
        };
        self.one::<ParkedRow>("id", &DocId::of(bytes));
    }

    fn devices(&mut self, view: &View) {
        for invitation in view.invitations.all() {
            self.one::<DeviceRow>("id", &invitation.device);
            self.one::<ShopRow>("shop", &invitation.shop);
        }
        for document in view.device_docs.all() {
            self.one::<DeviceRow>("id", &document.device);
        }
        for device in view.devices.all() {
            self.device(device.current);
            if self.stops_a_device {
                self.one::<DeviceDocRow>("device", &device.id);
            }
            self.one::<AllowanceRow>("reference", &device.allowance);
            self.account(&device.account);
        }
    }

    /// What every account at hand has: entries keep it.
    fn balances(&mut self, view: &View) {
        for account in view.accounts.all() {
            self.one::<BalanceRow>("account", &account.id);
        }
        for lot in view.lots.all() {
            self.one::<BalanceRow>("account", &lot.account);
        }
    }

    fn account(&mut self, account: &Option<u64>) {
        self.one::<AccountRow>("id", account);
        self.one::<HolderRow>("account", account);
        self.filtered::<LotRow>("account", account, Some("remaining > 0"));
    }

    /// Everything that settling an allowance may touch.
    fn allowances(&mut self, view: &View) {
        for intent in view.intents.all() {
            self.one::<AllowanceRow>("reference", &intent.allowance);
            self.one::<SeenRow>("intent", &intent.reference);
            self.one::<CancelRow>("intent", &intent.reference);
            let turns = self.may_turn(view, intent);
            if turns {
                self.one::<TakingRow>("intent", &intent.id);
                self.one::<BusinessRow>("intent", &intent.id);
            }
            if turns || self.uploads.answers(intent) {
                self.one::<FactRow>("number", &intent.fact);
            }
        }
        for cancel in view.cancels.all() {
            self.one::<FactRow>("number", &cancel.fact);
        }
        for hold in view.holds.all() {
            self.one::<AllowanceRow>("reference", &hold.subject);
        }
        for allowance in view.allowances.all() {
            self.one::<IntentRow>("allowance", &allowance.reference);
            self.one::<HoldRow>("subject", &allowance.reference);
            self.one::<HoldLineRow>("hold", &allowance.reference);
            self.one::<HoldLotRow>("hold", &allowance.reference);
            self.one::<CloseRow>("allowance", &allowance.reference);
            self.one::<ForkRow>("allowance", &allowance.reference);
            self.one::<AccountRow>("id", &allowance.account);
            self.one::<HolderRow>("account", &allowance.account);
            self.one::<RevokedRow>("pid", &allowance.holder);
        }
        for fork in view.forks.all() {
            self.one::<FactRow>("number", &fork.fact);
        }
        for share in view.hold_lots.all() {
            self.one::<LotRow>("id", &share.lot);
        }
        for holder in view.holders.all() {
            self.one::<HolderRow>("account", &holder.account);
            self.one::<RevokedRow>("pid", &holder.pid);
            self.one::<AccountRow>("id", &holder.account);
        }
    }
}
