//! A town in memory: the same decisions as behind the lane, without a database, for thousands of orders
//! of arrival in a second or two. Signatures of the town are not real here.

use std::sync::{Arc, LazyLock};

use kinchaku_protocol::doc::{Cancel, Close, Device, Document, Intent, Received, Role, Seen, kind_of};
use kinchaku_protocol::ids::{ClassId, Kid, Pid, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{PublicKey, SignError, Signer};
use kinchaku_protocol::time::{Day, Time};
use kinchaku_server::command::{
    Action, CommandError, Credit, Invitee, Legal, NewClass, NewDevice, Outcome, Signers, TownRules,
};
use kinchaku_server::ledger::decide::{self, Books, CancelledBy, Checked, Task};
use kinchaku_server::ledger::view::View;
use kinchaku_server::programme::Programmes;
use kinchaku_server::query::audit;

use super::wallet::Wallet;
use super::{MARK, MONEY, START, TOWN, key, new_shop, signers};

/// Signs nothing, quickly.
struct Quick;

impl Signer for Quick {
    fn public_key(&self) -> PublicKey {
        PublicKey([2; 33])
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], SignError> {
        Ok([1; 64])
    }
}

#[derive(Clone)]
pub struct Simulation {
    pub view: View,
    signers: Arc<Signers>,
    rules: TownRules,
    pub now: Time,
}

impl Simulation {
    /// Nothing is set up yet.
    pub fn empty() -> Self {
        let signers = Signers {
            fact: Arc::new(Quick),
            bulletin: Arc::new(Quick),
            ..signers()
        };
        Self {
            view: View::default(),
            signers: Arc::new(signers),
            rules: TownRules::default(),
            now: START,
        }
    }

    pub fn new() -> Self {
        let mut town = Self::empty();
        let class = NewClass {
            id: MONEY,
            service_type: ServiceType::Money,
            legal: Legal::Prepaid,
            name: "コイン".to_owned(),
        };
        town.run(Action::AddClass(class)).unwrap();
        for seed in [11, 12, 13] {
            town.run(Action::AddShop(new_shop(seed))).unwrap();
            let shop = Pid([seed; 8]);
            town.run(Action::AddMark {
                shop,
                mark: MARK,
                label: String::new(),
            })
            .unwrap();
        }
        town
    }

    pub fn run(&mut self, action: Action) -> Result<Outcome, CommandError> {
        self.task(action, Vec::new())
    }

    pub fn task(&mut self, action: Action, documents: Vec<Checked>) -> Result<Outcome, CommandError> {
        let task = Task {
            now: self.now,
            action,
            documents,
        };
        let mut books = Books {
            view: &mut self.view,
            rules: &self.rules,
            signers: &self.signers,
            now: self.now,
        };
        let reply = decide::decide(&mut books, &task)?;
        decide::seal(&mut self.view, &self.signers, self.now)?;
        decide::answer(&self.view, reply)
    }

    /// A resident with lots of these sizes, a month between their last days where `dated`, and an allowance.
    pub fn payer(&mut self, lots: &[u32], dated: bool) -> Wallet {
        let code_hash = [22; 32];
        let Ok(Outcome::Invited { account: Some(account) }) = self.run(Action::Invite {
            code_hash,
            invitee: Invitee::Resident,
        }) else {
            panic!("no account");
        };
        let (sync, pay) = (key(22), key(23));
        let device = NewDevice {
            code_hash,
            role: Role::Wallet,
            sync_key: sync.public_key(),
            pay_key: Some(pay.public_key()),
            level: 1,
        };
        let Ok(Outcome::Device(bytes)) = self.run(Action::Enrol(device)) else {
            panic!("not enrolled");
        };
        let device = Received::<Device>::read(&bytes).unwrap().trusted().to_ref();
        let mut wallet = Wallet::new(account, device, sync, pay);
        for (number, amount) in (0_u32..).zip(lots) {
            let until = dated.then(|| Day(START.day().0 + 30 * (number / 2 + 1)));
            self.credit(account, MONEY, *amount, until, number);
        }
        let issue = Action::IssueAllowance {
            device,
            close: None,
            at_most: None,
        };
        let Ok(Outcome::Allowance(bytes)) = self.run(issue) else {
            panic!("no allowance");
        };
        wallet.take(&bytes);
        wallet
    }

    pub fn credit(&mut self, account: u64, class: ClassId, amount: u32, until: Option<Day>, number: u32) {
        let credit = Credit {
            key: format!("{account} {number}"),
            account,
            class,
            amount: Amount::of(amount),
            until,
            set: SetId::ANYWHERE,
        };
        self.run(Action::Credit(credit)).unwrap();
    }

    /// One upload of documents that need no proof; the books must be sound afterwards.
    pub fn upload(&mut self, documents: &[&[u8]]) {
        let checked = documents.iter().map(|bytes| checked(bytes)).collect();
        self.task(Action::Upload(Vec::new()), checked).unwrap();
        assert_eq!(audit::inspect(&self.view).violations, []);
    }

    pub fn violations(&self) -> Vec<audit::Violation> {
        audit::inspect(&self.view).violations
    }

    pub fn state(&self) -> String {
        audit::inspect(&self.view).state
    }
}

/// Shops by the names of their devices' keys: those of most tests, and those of the season.
static SHOPS: LazyLock<Vec<(Kid, Pid)>> = LazyLock::new(|| {
    let programmes = Programmes::read(&super::season::folder()).unwrap();
    let season = programmes.shops.iter().map(|shop| shop.pid(TOWN.muni));
    let others = [11, 12].map(|seed| (seed, Pid([seed; 8])));
    let all = others.into_iter().chain((200_u8..).zip(season));
    all.map(|(seed, shop)| (key(seed).public_key().kid(), shop)).collect()
});

/// A document as the front of the lane would hand it on; whose device signed is known by its key.
pub fn checked(bytes: &[u8]) -> Checked {
    match kind_of(bytes).unwrap() {
        Intent::KIND => Checked::Intent(Received::read(bytes).unwrap().trusted()),
        Seen::KIND => {
            let seen = Received::<Seen>::read(bytes).unwrap().trusted();
            let shop = SHOPS.iter().find(|(kid, _)| Some(*kid) == seen.kid());
            Checked::Seen(seen, shop.unwrap().1)
        }
        Close::KIND => Checked::Close(Received::read(bytes).unwrap().trusted()),
        Cancel::KIND => Checked::Cancel(Received::read(bytes).unwrap().trusted(), CancelledBy::Shop),
        other => panic!("no document of kind {other} is uploaded"),
    }
}
