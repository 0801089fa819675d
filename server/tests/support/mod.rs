//! A small town for the ledger's tests: two shops with devices, one with only paper, residents whose
//! wallets sign whatever a test asks for, and both databases.

pub mod database;
pub mod season;
pub mod simulation;
pub mod town_folder;
pub mod wallet;

use std::sync::Arc;

use kinchaku_protocol::doc::field::Bytes;
use kinchaku_protocol::doc::{
    AnswerItem, Assurance, Cancel, Device, Document, Fact, Received, Role, Seen, UploadItem, Verdict, Verified,
};
use kinchaku_protocol::ids::{ClassId, MarkId, Pid, Ref, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{PublicKey, Signer, SoftwareSigner};
use kinchaku_protocol::time::{Day, Time};
use kinchaku_server::command::{
    Action, Command, CommandError, Credit, Invitee, Legal, NewClass, NewDevice, NewShop, Outcome, Signers, Town,
    TownRules,
};
use kinchaku_server::lane::Lane;
use kinchaku_server::query::Reader;
use kinchaku_server::store::Store;
use wallet::Wallet;
use zeroize::Zeroizing;

/// 2026-06-01 12:00 in Japan.
pub const START: Time = Time(1_780_282_800);
pub const TOWN: Town = Town { muni: 13_204 };
pub const MONEY: ClassId = ClassId(1);
pub const POINTS: ClassId = ClassId(2);
pub const VOUCHER: ClassId = ClassId(3);
pub const MARK: MarkId = MarkId([1, 2, 3, 4]);

/// The town's day `days` after the first one.
pub fn day(days: u32) -> Day {
    START.day().plus(days)
}

pub fn key(seed: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[seed; 32]).unwrap()
}

pub fn signers() -> Signers {
    Signers {
        issuer: Arc::new(key(101)),
        fact: Arc::new(key(102)),
        bulletin: Arc::new(key(103)),
        device_ca: Arc::new(key(104)),
        console: vec![key(105).public_key()],
        keyset_version: 1,
        pseudonym: Zeroizing::new([106; 32]),
    }
}

/// A shop with a device.
pub struct Shop {
    pub pid: Pid,
    pub device: SoftwareSigner,
}

impl Shop {
    pub fn new(seed: u8) -> Self {
        Self {
            pid: Pid([seed; 8]),
            device: key(seed),
        }
    }

    pub fn seen(&self, intent: Ref, verdict: Verdict, assurance: Assurance) -> Vec<u8> {
        let seen = Seen {
            intent,
            mark: MARK,
            seen_at: START,
            verdict,
            epoch: 1,
            assurance,
        };
        seen.sign(&self.device).unwrap().bytes().to_vec()
    }

    pub fn accepts(&self, intent: Ref) -> Vec<u8> {
        self.seen(intent, Verdict::Accepted, Assurance::Blind)
    }

    pub fn relays(&self, intent: Ref) -> Vec<u8> {
        self.seen(intent, Verdict::Accepted, Assurance::None)
    }

    pub fn refuses(&self, intent: Ref) -> Vec<u8> {
        self.seen(intent, Verdict::ByStaff, Assurance::None)
    }

    pub fn cancels(&self, intent: Ref) -> Vec<u8> {
        let cancel = Cancel {
            intent,
            shop: self.pid,
            reason: 1,
            cancelled_at: START,
        };
        cancel.sign(&self.device).unwrap().bytes().to_vec()
    }
}

/// A town with its lane running.
pub struct World {
    pub store: Arc<dyn Store>,
    pub lane: Lane,
    pub reader: Reader,
    pub now: Time,
    pub a: Shop,
    pub b: Shop,
    issuer: PublicKey,
    device_ca: PublicKey,
    invited: u8,
}

impl World {
    /// Three classes; shops A and B with devices, C with only paper and only in set 7.
    pub async fn new(store: Arc<dyn Store>) -> Self {
        Self::with_rules(store, TownRules::default()).await
    }

    pub async fn with_rules(store: Arc<dyn Store>, rules: TownRules) -> Self {
        Self::of(store, TOWN, rules).await
    }

    /// The same again in another town of the same database.
    pub async fn moved_to(self, town: Town) -> Self {
        self.lane.drain().await;
        Self::of(self.store, town, TownRules::default()).await
    }

    async fn of(store: Arc<dyn Store>, town: Town, rules: TownRules) -> Self {
        Self::kept_by(store, town, rules, signers(), START).await
    }

    /// A town with keys of its own, that begins at a time of its own.
    pub async fn kept_by(store: Arc<dyn Store>, town: Town, rules: TownRules, signers: Signers, now: Time) -> Self {
        let (issuer, device_ca) = (signers.issuer.public_key(), signers.device_ca.public_key());
        let lane = Lane::start(store.clone(), town, Arc::new(signers), rules, "test".to_owned());
        let mut world = Self {
            reader: Reader::new(store.clone(), town),
            store,
            lane,
            now,
            a: Shop::new(11),
            b: Shop::new(12),
            issuer,
            device_ca,
            invited: 0,
        };
        world.set_up().await;
        world
    }

    async fn set_up(&mut self) {
        let classes = [
            (MONEY, ServiceType::Money, Legal::Prepaid, "みたかコイン"),
            (POINTS, ServiceType::Points, Legal::FreePoint, "みたかポイント"),
            (VOUCHER, ServiceType::Voucher, Legal::PrepaidExempt, "みたか商品券"),
        ];
        for (id, service_type, legal, name) in classes {
            let class = NewClass {
                id,
                service_type,
                legal,
                name: name.to_owned(),
            };
            self.run(Action::AddClass(class)).await.unwrap();
        }
        for seed in [11, 12, 13] {
            self.run(Action::AddShop(new_shop(seed))).await.unwrap();
            let mark = Action::AddMark {
                shop: Pid([seed; 8]),
                mark: MARK,
                label: "レジ".to_owned(),
            };
            self.run(mark).await.unwrap();
        }
        for seed in [11, 12] {
            let invite = Action::Invite {
                code_hash: [seed; 32],
                invitee: Invitee::Shop(Pid([seed; 8])),
            };
            self.run(invite).await.unwrap();
            let device = NewDevice {
                code_hash: [seed; 32],
                role: Role::Shop,
                sync_key: key(seed).public_key(),
                pay_key: None,
                level: 1,
            };
            self.run(Action::Enrol(device)).await.unwrap();
        }
    }

    pub async fn run(&self, action: Action) -> Result<Outcome, CommandError> {
        self.lane.run(Command { now: self.now, action }).await
    }

    /// A resident with a wallet and nothing in it.
    pub async fn resident(&mut self) -> Wallet {
        self.invited += 1;
        let seed = 20 + 2 * self.invited;
        let code_hash = [seed; 32];
        let invite = Action::Invite {
            code_hash,
            invitee: Invitee::Resident,
        };
        let Ok(Outcome::Invited { account: Some(account) }) = self.run(invite).await else {
            panic!("no account");
        };
        let (sync, pay) = (key(seed), key(seed + 1));
        let device = NewDevice {
            code_hash,
            role: Role::Wallet,
            sync_key: sync.public_key(),
            pay_key: Some(pay.public_key()),
            level: 1,
        };
        let Ok(Outcome::Device(bytes)) = self.run(Action::Enrol(device)).await else {
            panic!("not enrolled");
        };
        let device = Received::<Device>::read(&bytes)
            .unwrap()
            .verify(&self.device_ca)
            .unwrap();
        let wallet = Wallet::new(account, device.to_ref(), sync, pay);
        Wallet {
            issuer: self.issuer,
            ..wallet
        }
    }

    pub async fn credit(&self, account: u64, class: ClassId, amount: u32, until: Option<Day>) {
        let lots = self.reader.audit().await.unwrap().looked_at;
        let credit = Credit {
            key: format!("{account}-{class}-{amount}-{lots}"),
            account,
            class,
            amount: Amount::of(amount),
            until,
            set: SetId::ANYWHERE,
        };
        self.run(Action::Credit(credit)).await.unwrap();
    }

    /// Gives a wallet its next allowance, with a close of the one it has.
    pub async fn issue(&self, wallet: &mut Wallet) -> Result<(), CommandError> {
        let close = wallet.closes();
        let action = Action::IssueAllowance {
            device: wallet.device,
            close,
            at_most: None,
        };
        match self.run(action).await? {
            Outcome::Allowance(bytes) => wallet.take(&bytes),
            other => panic!("no allowance but {other:?}"),
        }
        Ok(())
    }

    /// A resident with money and an allowance over all of it.
    pub async fn payer(&mut self, money: u32) -> Wallet {
        let mut wallet = self.resident().await;
        self.credit(wallet.account, MONEY, money, None).await;
        self.issue(&mut wallet).await.unwrap();
        wallet
    }

    pub async fn upload(&self, documents: &[&[u8]]) -> Vec<AnswerItem> {
        let items = documents.iter().map(|bytes| item(bytes)).collect();
        match self.run(Action::Upload(items)).await.unwrap() {
            Outcome::Answer(items) => items,
            other => panic!("no answer but {other:?}"),
        }
    }

    /// Uploads one document that must be answered by a fact.
    pub async fn fact(&self, document: &[u8]) -> Verified<Fact> {
        fact(&self.upload(&[document]).await[0])
    }

    /// Whether the books are sound; gives the state hash.
    pub async fn sound(&self) -> String {
        let report = self.reader.audit().await.unwrap();
        assert_eq!(report.violations, []);
        for class in [MONEY, POINTS, VOUCHER] {
            let lines = self.reader.trial_balance().await.unwrap();
            let sum: i64 = lines
                .iter()
                .filter(|line| line.class == class)
                .map(|line| line.sum.units())
                .sum();
            assert_eq!(sum, 0, "the trial balance of class {class}");
        }
        report.state
    }

    /// What a shop is owed, over all classes.
    pub async fn owed(&self, shop: Pid) -> i64 {
        self.reader
            .payable(shop)
            .await
            .unwrap()
            .iter()
            .map(|(_, sum)| sum.units())
            .sum()
    }

    /// What forks cost, over all classes.
    pub async fn lost(&self) -> u64 {
        self.reader
            .exposure()
            .await
            .unwrap()
            .iter()
            .map(|row| row.lost.units())
            .sum()
    }
}

pub fn new_shop(seed: u8) -> NewShop {
    NewShop {
        shop: Pid([seed; 8]),
        merchant_id: format!("M{seed:04}"),
        name: format!("店{seed}"),
        kana: "ミセ".to_owned(),
        romaji: "MISE".to_owned(),
        city: "MITAKA".to_owned(),
        mcc: 5812,
        postal: "1810001".to_owned(),
        sets: if seed == 13 { vec![SetId(7)] } else { Vec::new() },
        offline: if seed == 13 { 2 } else { 1 },
    }
}

pub fn item(bytes: &[u8]) -> UploadItem {
    UploadItem {
        document: Bytes(bytes.to_vec()),
        evidence: None,
    }
}

/// The fact in an answer, signed by the town.
pub fn fact(item: &AnswerItem) -> Verified<Fact> {
    let AnswerItem::Fact(bytes) = item else {
        panic!("no fact but {item:?}");
    };
    Received::<Fact>::read(&bytes.0)
        .unwrap()
        .verify(&key(102).public_key())
        .unwrap()
}
