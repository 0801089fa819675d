//! Whole histories of a small town from a seed: what people, shops, the office and the calendar do, in the town of the
//! season. A history is made before it is played, so that every town it is played in lives the same one.
//!
//! Wallets are honest here; what others do is `tests/tests/attacks.rs` and `ledger_orders.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use kinchaku_protocol::doc::{AnswerItem, Device, Document as _, Received, Role};
use kinchaku_protocol::ids::{ClassId, DocId, Pid, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{PublicKey, Signer as _};
use kinchaku_protocol::time::{Day, Time};
use kinchaku_server::command::{Action, CommandError, Credit, Invitee, NewDevice, Outcome};
use kinchaku_server::points::action::PointsAction;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::programme::{PayIn, Programmes};
use kinchaku_server::sale::action::{Buyer, NewOrder, Ordered, SaleAction};
use kinchaku_server::sale::rows::EventKind;
use kinchaku_server::settlement::action::{Canceller, SettleAction};

use super::support::season::folder;
use super::support::town_folder::at;
use super::support::wallet::{Paid, Wallet};
use super::support::{MARK, MONEY, POINTS, Shop, TOWN, VOUCHER, key};

pub const RESIDENTS: usize = 2;
pub const SHOPS: usize = 2;

/// Where a generator is; xorshift, so that a seed means the same for ever.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            chance.next();
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    fn place(&mut self, end: usize) -> usize {
        usize::try_from(self.below(u64::try_from(end).unwrap())).unwrap()
    }

    fn amount(&mut self, most: u32) -> u32 {
        u32::try_from(self.below(u64::from(most))).unwrap() + 1
    }
}

/// What a shop says of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Nothing,
    Accepts,
    Relays,
    Refuses,
    Cancels,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Step {
    /// Seconds go by; fewer than none where somebody sets the clock back.
    Wait(i64),
    /// Value from the office; money without a last day, or anything with one so many days away.
    Credit {
        who: usize,
        class: ClassId,
        amount: u32,
        days: Option<u32>,
    },
    /// Lots of vouchers, paid for at once; the provider says so twice.
    Buy { who: usize, units: u32 },
    /// The wallet gives its allowance back, with all it has paid, and asks for another.
    Renew { who: usize },
    /// A payment that stays in the wallet, of up to so much of each class, with what the shop says of it.
    Pay {
        who: usize,
        shop: usize,
        most: [u32; 3],
        word: Word,
    },
    /// What waits is uploaded, in some order, some of it twice.
    Deliver(u64),
    /// The office takes one of the last payments back, or one of those made of money long ago.
    TakeBack(u64),
    /// Holds, lots and grants whose day has come; and periods.
    Night,
}

/// The history of a seed.
pub fn history(seed: u64, length: usize) -> Vec<Step> {
    let mut chance = Chance::new(seed);
    let mut steps = Vec::new();
    for who in 0..RESIDENTS {
        steps.push(Step::Credit {
            who,
            class: MONEY,
            amount: 500 + chance.amount(3_000),
            days: None,
        });
        steps.push(Step::Buy {
            who,
            units: chance.amount(2),
        });
    }
    while steps.len() < length {
        let (who, shop) = (chance.place(RESIDENTS), chance.place(SHOPS));
        match chance.below(20) {
            0 | 1 => {
                let class = [MONEY, POINTS, VOUCHER][chance.place(3)];
                let days = [None, Some(8), Some(20), Some(45)][chance.place(4)];
                steps.push(Step::Credit {
                    who,
                    class,
                    amount: chance.amount(1_500),
                    days: if class == MONEY { None } else { Some(days.unwrap_or(30)) },
                });
            }
            2 => steps.push(Step::Buy {
                who,
                units: chance.amount(3),
            }),
            3 => steps.push(Step::Renew { who }),
            4..=10 => {
                let words = [Word::Nothing, Word::Accepts, Word::Relays, Word::Refuses, Word::Cancels];
                let mut most = [900, 300, 600].map(|most| chance.amount(most));
                for part in &mut most {
                    *part *= u32::from(chance.below(3) > 0);
                }
                // Most shops take what they are given.
                let word = words[chance.place(9).min(7) % 5];
                steps.push(Step::Pay { who, shop, most, word });
            }
            11..=13 => steps.push(Step::Deliver(chance.next())),
            14 => steps.push(Step::TakeBack(chance.next())),
            15 => steps.push(Step::Wait(-i64::try_from(chance.below(7_200)).unwrap())),
            16 | 17 => steps.push(Step::Wait(i64::try_from(chance.below(20_000)).unwrap())),
            _ => {
                // Nothing waits overnight here: what comes late is `ledger_payments.rs`.
                steps.push(Step::Deliver(chance.next()));
                let days = [1, 2, 9, 25][chance.place(4)];
                steps.push(Step::Wait(days * 86_400 + i64::try_from(chance.below(40_000)).unwrap()));
                steps.push(Step::Night);
            }
        }
    }
    steps.extend([Step::Deliver(chance.next()), Step::Wait(32 * 86_400), Step::Night]);
    steps
}

/// Where a history is played.
pub trait Town {
    async fn act(&mut self, now: Time, action: Action) -> Result<Outcome, CommandError>;
    async fn upload(&mut self, now: Time, documents: Vec<Vec<u8>>) -> Vec<AnswerItem>;
    /// What was earned and waits for its grant.
    async fn earnings(&mut self) -> Vec<(DocId, ClassId)>;
    /// Closes the periods that are over.
    async fn close_periods(&mut self, now: Time);
}

/// Who looks on.
#[allow(unused_variables, reason = "each looks at what it needs")]
pub trait Witness {
    fn time(&mut self, now: Time) {}
    fn credited(&mut self, who: usize, class: ClassId, amount: u32, until: Day) {}
    fn bought(&mut self, who: usize, units: u32) {}
    fn closed(&mut self, who: usize) {}
    fn renewed(&mut self, who: usize, lines: &[(ClassId, u64, Day)]) {}
    /// A payment by lines, as the books have it for the first time.
    fn delivered(&mut self, number: usize, payment: &Payment) {}
    fn taken_back(&mut self, number: usize, payment: &Payment) {}
    fn night(&mut self) {}
}

impl Witness for () {}

/// A payment and what was said of it.
pub struct Payment {
    pub who: usize,
    pub shop: Pid,
    /// Line, class and amount.
    pub parts: Vec<(usize, ClassId, u32)>,
    pub word: Word,
    paid: Paid,
    delivered: bool,
    taken_back: bool,
    /// The last night before it was made.
    night: usize,
    /// Of which of the wallet's allowances.
    allowance: usize,
}

impl Payment {
    /// Whether it is of money alone.
    fn of_money(&self) -> bool {
        self.parts.iter().all(|(_, class, _)| *class == MONEY)
    }
}

struct Player {
    now: Time,
    wallets: Vec<Wallet>,
    /// What each wallet may still spend of each line.
    left: Vec<Vec<(ClassId, u64, Day)>>,
    expires: Vec<Time>,
    renewals: Vec<usize>,
    shops: Vec<Shop>,
    payments: Vec<Payment>,
    nights: usize,
    credits: u32,
    said: String,
}

/// Plays a history; gives everything that was answered, as text. `after` looks at the town after each step.
pub async fn play<T: Town, W: Witness>(
    town: &mut T,
    witness: &mut W,
    steps: &[Step],
    keys: (PublicKey, PublicKey),
    mut after: impl AsyncFnMut(&mut T, &mut W, &[u64], &str),
) -> String {
    let mut player = Player::set_up(town, keys).await;
    let accounts: Vec<u64> = player.wallets.iter().map(|wallet| wallet.account).collect();
    for step in steps {
        witness.time(player.now);
        player.step(town, witness, step).await;
        after(town, witness, &accounts, &format!("{step:?}")).await;
    }
    player.said
}

impl Player {
    async fn set_up<T: Town>(town: &mut T, (issuer, device_ca): (PublicKey, PublicKey)) -> Self {
        let now = at(2024, 6, 3, 12);
        let load = Action::SetUp(SetUpAction::Load(std::sync::Arc::new(folder())));
        assert_eq!(town.act(now, load).await, Ok(Outcome::Done));
        let programmes = Programmes::read(&folder()).unwrap();
        let mut shops = Vec::new();
        for (seed, shop) in (200_u8..).zip(&programmes.shops).take(SHOPS) {
            let shop = Shop {
                pid: shop.pid(TOWN.muni),
                device: key(seed),
            };
            let mark = Action::AddMark {
                shop: shop.pid,
                mark: MARK,
                label: "レジ1".to_owned(),
            };
            town.act(now, mark).await.unwrap();
            enrol(town, now, seed, Invitee::Shop(shop.pid)).await;
            shops.push(shop);
        }
        let mut wallets = Vec::new();
        for number in 0..u8::try_from(RESIDENTS).unwrap() {
            let seed = 20 + 2 * number;
            let (account, device) = enrol(town, now, seed, Invitee::Resident).await;
            let device = Received::<Device>::read(&device).unwrap().verify(&device_ca).unwrap();
            let wallet = Wallet::new(account.unwrap(), device.to_ref(), key(seed), key(seed + 1));
            wallets.push(Wallet { issuer, ..wallet });
        }
        Self {
            now,
            wallets,
            left: vec![Vec::new(); RESIDENTS],
            expires: vec![now; RESIDENTS],
            renewals: vec![0; RESIDENTS],
            shops,
            payments: Vec::new(),
            nights: 0,
            credits: 0,
            said: String::new(),
        }
    }

    async fn act<T: Town>(&mut self, town: &mut T, action: Action) -> Result<Outcome, CommandError> {
        let outcome = town.act(self.now, action).await;
        writeln!(self.said, "{outcome:?}").unwrap();
        outcome
    }

    async fn step<T: Town, W: Witness>(&mut self, town: &mut T, witness: &mut W, step: &Step) {
        match *step {
            Step::Wait(seconds) => {
                self.now = if seconds < 0 {
                    self.now.before(seconds.unsigned_abs())
                } else {
                    self.now.after(seconds.unsigned_abs())
                };
            }
            Step::Credit {
                who,
                class,
                amount,
                days,
            } => self.credit(town, witness, who, (class, amount, days)).await,
            Step::Buy { who, units } => self.buy(town, witness, who, units).await,
            Step::Renew { who } => self.renew(town, witness, who).await,
            Step::Pay { who, shop, most, word } => self.pay(town, witness, (who, shop), most, word).await,
            Step::Deliver(order) => self.deliver(town, witness, order).await,
            Step::TakeBack(which) => self.take_back(town, witness, which).await,
            Step::Night => {
                self.nights += 1;
                witness.night();
                for action in [Action::Lapse, Action::Expire] {
                    self.act(town, action).await.unwrap();
                }
                let earnings = town.earnings().await;
                // A job that runs twice does nothing the second time.
                for _ in 0..2 {
                    let grant = PointsAction::Grant {
                        earnings: earnings.clone(),
                    };
                    self.act(town, Action::Points(grant)).await.unwrap();
                }
                town.close_periods(self.now).await;
            }
        }
    }

    async fn credit<T: Town, W: Witness>(
        &mut self,
        town: &mut T,
        witness: &mut W,
        who: usize,
        (class, amount, days): (ClassId, u32, Option<u32>),
    ) {
        self.credits += 1;
        let until = days.map(|days| self.now.day().plus(days));
        let credit = Credit {
            key: format!("credit {}", self.credits),
            account: self.wallets[who].account,
            class,
            amount: Amount::of(amount),
            until,
            set: SetId::ANYWHERE,
        };
        if self.act(town, Action::Credit(credit.clone())).await.is_ok() {
            witness.credited(who, class, amount, until.unwrap_or(Day(u32::MAX)));
        }
        // The same key again is the same credit.
        self.act(town, Action::Credit(credit)).await.unwrap();
    }

    async fn buy<T: Town, W: Witness>(&mut self, town: &mut T, witness: &mut W, who: usize, units: u32) {
        self.credits += 1;
        let order = NewOrder {
            key: format!("order {}", self.credits),
            account: self.wallets[who].account,
            ordered: Ordered::Lots {
                programme: 1,
                units,
                buyer: Buyer::Account(None),
            },
            pay_in: PayIn::Counter,
        };
        let Ok(Outcome::Order(order)) = self.act(town, Action::Sale(SaleAction::Order(order))).await else {
            return;
        };
        for _ in 0..2 {
            let event = SaleAction::Event {
                id: format!("paid {}", self.credits),
                order: order.id,
                kind: EventKind::Paid,
                amount: order.price,
            };
            self.act(town, Action::Sale(event)).await.unwrap();
        }
        witness.bought(who, units);
    }

    async fn renew<T: Town, W: Witness>(&mut self, town: &mut T, witness: &mut W, who: usize) {
        if self
            .payments
            .iter()
            .any(|payment| payment.who == who && !payment.delivered)
        {
            self.deliver(town, witness, 0).await;
        }
        let close = self.wallets[who].closes();
        let action = Action::IssueAllowance {
            device: self.wallets[who].device,
            close,
            at_most: None,
        };
        let issued = self.act(town, action).await;
        self.left[who].clear();
        self.renewals[who] += 1;
        witness.closed(who);
        if let Ok(Outcome::Allowance(bytes)) = issued {
            self.wallets[who].take(&bytes);
            let allowance = self.wallets[who].allowance();
            let lines: Vec<(ClassId, u64, Day)> = allowance
                .lines
                .iter()
                .map(|line| (line.class, line.amount.units(), line.day))
                .collect();
            self.left[who].clone_from(&lines);
            self.expires[who] = allowance.not_before().after(6 * 86_400);
            witness.renewed(who, &lines);
        }
    }

    async fn pay<T: Town, W: Witness>(
        &mut self,
        town: &mut T,
        witness: &mut W,
        (who, shop): (usize, usize),
        most: [u32; 3],
        word: Word,
    ) {
        if self.left[who].is_empty() || self.now > self.expires[who] {
            self.renew(town, witness, who).await;
        }
        let mut most: BTreeMap<ClassId, u32> = [MONEY, POINTS, VOUCHER].into_iter().zip(most).collect();
        let mut parts = Vec::new();
        // What ends tomorrow is left alone: it is taken back with grace, which `points_expiry.rs` is about.
        let soon = self.now.day().plus(2);
        for (line, (class, left, day)) in self.left[who].iter_mut().enumerate() {
            if *day < soon {
                continue;
            }
            let wanted = most.entry(*class).or_default();
            let amount = (*wanted).min(u32::try_from(*left).unwrap());
            if amount > 0 {
                *wanted -= amount;
                *left -= u64::from(amount);
                parts.push((line, *class, amount));
            }
        }
        if parts.is_empty() {
            return;
        }
        let by_line: Vec<(u8, u32)> = parts
            .iter()
            .map(|(line, _, amount)| (u8::try_from(*line).unwrap(), *amount))
            .collect();
        let shop = self.shops[shop].pid;
        let paid = self.wallets[who].pays_parts(shop, &by_line);
        self.payments.push(Payment {
            who,
            shop,
            parts,
            word,
            paid,
            delivered: false,
            taken_back: false,
            night: self.nights,
            allowance: self.renewals[who],
        });
    }

    async fn deliver<T: Town, W: Witness>(&mut self, town: &mut T, witness: &mut W, order: u64) {
        let mut chance = Chance::new(order);
        let mut documents = Vec::new();
        for (number, payment) in self
            .payments
            .iter_mut()
            .enumerate()
            .filter(|(_, payment)| !payment.delivered)
        {
            payment.delivered = true;
            witness.delivered(number, payment);
            let shop = self.shops.iter().find(|shop| shop.pid == payment.shop).unwrap();
            let reference = payment.paid.reference;
            documents.push(payment.paid.bytes.clone());
            match payment.word {
                Word::Nothing => {}
                Word::Accepts => documents.push(shop.accepts(reference)),
                Word::Relays => documents.push(shop.relays(reference)),
                Word::Refuses => documents.push(shop.refuses(reference)),
                Word::Cancels => documents.push(shop.cancels(reference)),
            }
        }
        for at in (1..documents.len()).rev() {
            documents.swap(at, chance.place(at + 1));
        }
        while !documents.is_empty() {
            let some = documents.split_off(documents.len() - (1 + chance.place(3)).min(documents.len()));
            for _ in 0..=chance.below(5) / 4 {
                let answers = town.upload(self.now, some.clone()).await;
                writeln!(self.said, "{answers:?}").unwrap();
            }
        }
    }

    async fn take_back<T: Town, W: Witness>(&mut self, town: &mut T, witness: &mut W, which: u64) {
        let (nights, renewals) = (self.nights, self.renewals.clone());
        let may = |payment: &Payment| {
            let stands = !matches!(payment.word, Word::Refuses | Word::Cancels);
            let fresh = (payment.night, payment.allowance) == (nights, renewals[payment.who]);
            payment.delivered && !payment.taken_back && stands && (fresh || payment.of_money())
        };
        let standing: Vec<usize> = (0..self.payments.len()).filter(|at| may(&self.payments[*at])).collect();
        if standing.is_empty() {
            return;
        }
        let number = standing[Chance::new(which).place(standing.len())];
        let payment = &mut self.payments[number];
        payment.taken_back = true;
        let cancel = kinchaku_protocol::doc::Cancel {
            intent: payment.paid.reference,
            shop: payment.shop,
            reason: 1,
            cancelled_at: self.now,
        };
        witness.taken_back(number, payment);
        let action = SettleAction::Cancel {
            document: cancel.sign(&key(105)).unwrap().bytes().to_vec(),
            by: Canceller::Office,
            token: 7,
            note: "間違い".to_owned(),
        };
        for _ in 0..2 {
            let again = self.act(town, Action::Settle(action.clone())).await;
            assert!(
                !matches!(again, Err(CommandError::Broken | CommandError::Unavailable)),
                "{again:?}"
            );
        }
    }
}

async fn enrol<T: Town>(town: &mut T, now: Time, seed: u8, invitee: Invitee) -> (Option<u64>, Vec<u8>) {
    let invite = Action::Invite {
        code_hash: [seed; 32],
        invitee,
    };
    let Ok(Outcome::Invited { account }) = town.act(now, invite).await else {
        panic!("not invited");
    };
    let wallet = matches!(invitee, Invitee::Resident);
    let device = NewDevice {
        code_hash: [seed; 32],
        role: if wallet { Role::Wallet } else { Role::Shop },
        sync_key: key(seed).public_key(),
        pay_key: wallet.then(|| key(seed + 1).public_key()),
        level: 1,
    };
    match town.act(now, Action::Enrol(device)).await {
        Ok(Outcome::Device(bytes)) => (account, bytes),
        other => panic!("not enrolled: {other:?}"),
    }
}
