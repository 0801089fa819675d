//! What the lane posts, as ratios of one run: payments with their signatures verified and one signed fact each, of
//! three parts (coins, points, and vouchers of a set of shops), each line over two lots.
//!
//! - P3: payments a second through the lane ÷ TPC-B transactions a second on the same PostgreSQL
//! - P4: all of them at one shop ÷ over 2,000 shops
//! - P5: 256 at a time ÷ one commit for each, on SQLite
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

mod measured;
#[allow(dead_code, reason = "of the tests; a bench uses its part of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use kinchaku_protocol::doc::{AnswerItem, Device, Fact, FactKind, Received, Role};
use kinchaku_protocol::ids::{ClassId, Pid, ServiceType, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_server::command::{
    Action, Command, Credit, Invitee, Legal, NewClass, NewDevice, NewShop, Outcome, TownRules,
};
use kinchaku_server::lane::Lane;
use kinchaku_server::store;
use measured::{Goal, ROUNDS, Rates, TpcB, report};
use support::wallet::Wallet;
use support::{MARK, MONEY, POINTS, START, TOWN, VOUCHER, day, item, key, new_shop, signers};

const SHOPS: u64 = 2_000;
const WALLETS: usize = 4_000;
/// Payments in a round: two batches of the lane.
const PAYMENTS: usize = 2_000;
/// Payments of a wallet, all within its lots.
const EACH: u32 = 10;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        println!("medians of {ROUNDS} interleaved rounds; spread = lowest..highest round");
        on_postgres().await;
        on_sqlite().await;
    });
}

async fn on_postgres() {
    let Some(address) = measured::fresh("lane").await else {
        return;
    };
    let mut town = Town::new(&address, WALLETS).await;
    let tpcb = TpcB::new().await;
    let (mut many, mut hot, mut transactions) = (Rates::default(), Rates::default(), Rates::default());
    for round in 0..=ROUNDS {
        let everywhere = town.payments(PAYMENTS, |number| number % SHOPS);
        let at_one = town.payments(PAYMENTS, |_| 0);
        // The first round warms caches up and counts for nothing.
        let (mut warm_many, mut warm_hot) = (Rates::default(), Rates::default());
        let (many, hot) = if round == 0 {
            (&mut warm_many, &mut warm_hot)
        } else {
            (&mut many, &mut hot)
        };
        town.post(everywhere, PAYMENTS, many).await;
        town.post(at_one, PAYMENTS, hot).await;
        if let Some(tpcb) = tpcb.as_ref().filter(|_| round > 0) {
            transactions.rate(tokio::task::block_in_place(|| tpcb.rate()));
        }
    }
    if tpcb.is_some() {
        report(
            "P3 payments through the lane / TPC-B",
            &Goal::AtLeast(2.0),
            &transactions,
            &many,
        );
    }
    report("P4 one shop / 2,000 shops", &Goal::AtLeast(0.95), &many, &hot);
    town.sound().await;
}

async fn on_sqlite() {
    const AT_ONCE: usize = 256;
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("books.db").display());
    let mut town = Town::new(&address, 1_000).await;
    let (mut alone, mut together) = (Rates::default(), Rates::default());
    for _ in 0..ROUNDS {
        let payments = town.payments(AT_ONCE, |number| number % SHOPS);
        town.post(payments, 1, &mut alone).await;
        let payments = town.payments(2 * AT_ONCE, |number| number % SHOPS);
        town.post(payments, AT_ONCE, &mut together).await;
    }
    report(
        "P5 SQLite, 256 at a time / one by one",
        &Goal::AtLeast(6.0),
        &alone,
        &together,
    );
    town.sound().await;
}

fn shop(number: u64) -> Pid {
    Pid((number + 1).to_be_bytes())
}

fn secret(number: usize, usage: u8) -> SoftwareSigner {
    let mut bytes = [usage; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    SoftwareSigner::from_scalar(&bytes).unwrap()
}

/// A town with its wallets, which pay in turn.
struct Town {
    lane: Lane,
    reader: kinchaku_server::query::Reader,
    wallets: Vec<Wallet>,
    next: usize,
}

impl Town {
    async fn new(address: &str, wallets: usize) -> Self {
        let store = store::open(address).await.unwrap();
        let lane = Lane::start(
            store.clone(),
            TOWN,
            Arc::new(signers()),
            TownRules::default(),
            "bench".to_owned(),
        );
        while !lane.keeps() {
            tokio::task::yield_now().await;
        }
        let mut town = Self {
            lane,
            reader: kinchaku_server::query::Reader::new(store, TOWN),
            wallets: Vec::new(),
            next: 0,
        };
        town.set_up().await;
        town.enrol(wallets).await;
        town
    }

    /// Many commands at once; their outcomes in order.
    async fn run(&self, actions: Vec<Action>) -> Vec<Outcome> {
        let commands = actions.into_iter().map(|action| {
            let lane = self.lane.clone();
            tokio::spawn(async move { lane.run(Command { now: START, action }).await })
        });
        let mut outcomes = Vec::new();
        for command in commands.collect::<Vec<_>>() {
            outcomes.push(command.await.unwrap().unwrap());
        }
        outcomes
    }

    async fn set_up(&self) {
        let classes = [
            (MONEY, ServiceType::Money, Legal::Prepaid),
            (POINTS, ServiceType::Points, Legal::FreePoint),
            (VOUCHER, ServiceType::Voucher, Legal::PrepaidExempt),
        ];
        let classes = classes.map(|(id, service_type, legal)| {
            Action::AddClass(NewClass {
                id,
                service_type,
                legal,
                name: "価値".to_owned(),
            })
        });
        self.run(classes.to_vec()).await;
        let shops = (0..SHOPS).map(|number| {
            Action::AddShop(NewShop {
                shop: shop(number),
                sets: vec![SetId(1)],
                ..new_shop(11)
            })
        });
        self.run(shops.collect()).await;
        let marks = (0..SHOPS).map(|number| Action::AddMark {
            shop: shop(number),
            mark: MARK,
            label: String::new(),
        });
        self.run(marks.collect()).await;
    }

    /// Residents with six lots of three classes, and an allowance over them.
    async fn enrol(&mut self, wallets: usize) {
        let code = |number: usize| {
            let mut code = [0; 32];
            code[..8].copy_from_slice(&number.to_be_bytes());
            code
        };
        let invitations = (0..wallets).map(|number| Action::Invite {
            code_hash: code(number),
            invitee: Invitee::Resident,
        });
        let accounts = self.run(invitations.collect()).await;
        let devices = (0..wallets).map(|number| {
            Action::Enrol(NewDevice {
                code_hash: code(number),
                role: Role::Wallet,
                sync_key: secret(number, 1).public_key(),
                pay_key: Some(secret(number, 2).public_key()),
                level: 1,
            })
        });
        let devices = self.run(devices.collect()).await;
        for (number, (account, device)) in accounts.into_iter().zip(devices).enumerate() {
            let (Outcome::Invited { account: Some(account) }, Outcome::Device(bytes)) = (account, device) else {
                panic!("not enrolled");
            };
            let device = Received::<Device>::read(&bytes).unwrap();
            let device = device.verify(&key(104).public_key()).unwrap().to_ref();
            let wallet = Wallet::new(account, device, secret(number, 1), secret(number, 2));
            self.wallets.push(wallet);
        }
        let lots: [(ClassId, u32, Option<u32>, SetId); 3] = [
            (MONEY, 11 * EACH, None, SetId::ANYWHERE),
            (POINTS, 3 * EACH, Some(60), SetId::ANYWHERE),
            (VOUCHER, 6 * EACH, Some(30), SetId(1)),
        ];
        let credits = self.wallets.iter().flat_map(|wallet| {
            (0..6).map(|number| {
                let (class, amount, days, set) = lots[number % 3];
                Action::Credit(Credit {
                    key: format!("{} {number}", wallet.account),
                    account: wallet.account,
                    class,
                    amount: Amount::of(amount),
                    until: days.map(day),
                    set,
                })
            })
        });
        self.run(credits.collect()).await;
        let allowances = self.wallets.iter().map(|wallet| Action::IssueAllowance {
            device: wallet.device,
            close: None,
            at_most: None,
        });
        let allowances = self.run(allowances.collect()).await;
        for (wallet, allowance) in self.wallets.iter_mut().zip(allowances) {
            let Outcome::Allowance(bytes) = allowance else {
                panic!("no allowance")
            };
            wallet.take(&bytes);
        }
    }

    /// The next payments, signed, each of the next wallet.
    fn payments(&mut self, count: usize, shop_of: impl Fn(u64) -> u64) -> Vec<Vec<u8>> {
        let numbers = 0..u64::try_from(count).unwrap();
        numbers
            .map(|number| {
                let wallets = self.wallets.len();
                let wallet = &mut self.wallets[self.next % wallets];
                self.next += 1;
                wallet
                    .pays_parts(shop(shop_of(number)), &[(0, 10), (1, 5), (2, 20)])
                    .bytes
            })
            .collect()
    }

    /// Uploads payments from so many hands, each document by itself, and notes how many are posted a second.
    async fn post(&self, payments: Vec<Vec<u8>>, hands: usize, rates: &mut Rates) {
        let count = payments.len();
        let waiting = Arc::new(std::sync::Mutex::new(payments));
        let start = std::time::Instant::now();
        let hands = (0..hands).map(|_| {
            let (lane, waiting) = (self.lane.clone(), waiting.clone());
            tokio::spawn(async move {
                let mut answers = Vec::new();
                loop {
                    let next = waiting.lock().unwrap().pop();
                    let Some(bytes) = next else { return answers };
                    let action = Action::Upload(vec![item(&bytes)]);
                    answers.push(lane.run(Command { now: START, action }).await.unwrap());
                }
            })
        });
        let mut answers = Vec::with_capacity(count);
        for hand in hands.collect::<Vec<_>>() {
            answers.extend(hand.await.unwrap());
        }
        rates.note(count, start.elapsed());
        assert_eq!(answers.len(), count);
        for answer in answers {
            let Outcome::Answer(items) = answer else {
                panic!("no answer")
            };
            let [AnswerItem::Fact(fact)] = items.as_slice() else {
                panic!("no fact")
            };
            let fact = Received::<Fact>::read(&fact.0).unwrap();
            assert_eq!(fact.claims().kind, FactKind::Posted);
        }
    }

    async fn sound(&self) {
        assert_eq!(self.reader.audit().await.unwrap().violations, []);
    }
}
