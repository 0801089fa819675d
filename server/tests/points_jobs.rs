//! The jobs of points as a running server does them.

use std::sync::Arc;

use crate::support::town_folder::{at, folder};
use crate::support::wallet::Wallet;
use crate::support::{MARK, MONEY, POINTS, item, key, new_shop};
use kinchaku_protocol::doc::{Allowance, AnswerItem, Device, Fact, FactKind, Received, Role, Verified};
use kinchaku_protocol::ids::{ClassId, Pid, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::Signer;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use kinchaku_server::books::Books;
use kinchaku_server::command::{Action, Credit, Invitee, NewDevice, Outcome};
use kinchaku_server::config::TownConfig;
use kinchaku_server::jobs;
use kinchaku_server::keys::{self, Passphrase, Roots};
use kinchaku_server::ledger::rows::Book;
use kinchaku_server::programme::action::SetUpAction;

async fn done(books: &Books, action: Action, now: Time) -> Outcome {
    books.execute(action, now).await.unwrap()
}

/// A town by its folder, with a shop and a wallet that has an allowance over 10,000 yen.
async fn town(books: &Books, now: Time) -> Wallet {
    done(books, Action::SetUp(SetUpAction::Load(Arc::new(folder()))), now).await;
    done(books, Action::AddShop(new_shop(11)), now).await;
    let mark = Action::AddMark {
        shop: Pid([11; 8]),
        mark: MARK,
        label: "レジ".to_owned(),
    };
    done(books, mark, now).await;
    let invite = Action::Invite {
        code_hash: [22; 32],
        invitee: Invitee::Resident,
    };
    let Outcome::Invited { account: Some(account) } = done(books, invite, now).await else {
        panic!("no account");
    };
    let device = NewDevice {
        code_hash: [22; 32],
        role: Role::Wallet,
        sync_key: key(22).public_key(),
        pay_key: Some(key(23).public_key()),
        level: 1,
    };
    let Outcome::Device(bytes) = done(books, Action::Enrol(device), now).await else {
        panic!("not enrolled");
    };
    let device: Verified<Device> = Received::read(&bytes).unwrap().trusted();
    let mut wallet = Wallet::new(account, device.to_ref(), key(22), key(23));
    done(books, credit(account, MONEY, 10_000), now).await;
    let issue = Action::IssueAllowance {
        device: wallet.device,
        close: None,
        at_most: None,
    };
    let Outcome::Allowance(bytes) = done(books, issue, now).await else {
        panic!("no allowance");
    };
    let allowance: Verified<Allowance> = Received::read(&bytes).unwrap().trusted();
    wallet.head = allowance.to_ref();
    wallet.allowance = Some(allowance);
    wallet
}

fn credit(account: u64, class: ClassId, amount: u32) -> Action {
    Action::Credit(Credit {
        key: format!("{account}-{class}-{amount}"),
        account,
        class,
        amount: Amount::of(amount),
        until: None,
        set: SetId::ANYWHERE,
    })
}

async fn sum(books: &Books, book: Book) -> i64 {
    let lines = books.reader().trial_balance().await.unwrap();
    let line = lines.iter().find(|line| (line.class, line.book) == (POINTS, book));
    line.map_or(0, |line| line.sum.units())
}

/// F011, F018, F022: grants, ranks and ends come by themselves, and a second time does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn points_come_and_go_by_themselves() {
    let files = tempfile::tempdir().unwrap();
    let roots = Roots::Sealed(Passphrase::new("a purse with a cord".to_owned()).unwrap());
    let now = at(2026, 6, 1, 12);
    let keys = keys::init(&files.path().join("keys"), &roots, now).unwrap();
    let database = format!("sqlite:{}", files.path().join("books.db").display());
    let books = Books::open(&database, &TownConfig::new(13_204), &keys, now)
        .await
        .unwrap();
    let mut wallet = town(&books, now).await;
    for amount in [450, 1_000] {
        let paid = wallet.pays(Pid([11; 8]), amount);
        let Outcome::Answer(items) = done(&books, Action::Upload(vec![item(&paid.bytes)]), now).await else {
            panic!("no answer");
        };
        let AnswerItem::Fact(bytes) = &items[0] else {
            panic!("no fact");
        };
        let fact = Received::<Fact>::read(&bytes.0).unwrap().trusted();
        assert_eq!(fact.kind, FactKind::Posted);
    }
    assert_eq!(books.run_points_jobs(now).await.unwrap(), 0);
    let thursday = at(2026, 6, 18, 1);
    assert_eq!(books.grant_due(thursday).await.unwrap(), 2);
    assert_eq!(sum(&books, Book::User).await, 7);
    // Judged on the day of the grant; and again on the day after, where nothing else is due.
    assert_eq!(books.run_points_jobs(thursday).await.unwrap(), 1);
    assert_eq!(books.run_points_jobs(thursday).await.unwrap(), 0);
    assert_eq!(books.run_points_jobs(thursday.after(DAY_SECONDS)).await.unwrap(), 1);
    let end = at(2027, 1, 1, 0);
    jobs::do_due(&books, end).await.unwrap();
    assert_eq!(sum(&books, Book::ExpiryIncome).await, 7);
    assert_eq!(sum(&books, Book::User).await, 0);
    assert_eq!(books.run_points_jobs(end).await.unwrap(), 0);
    assert_eq!(books.reader().audit().await.unwrap().violations, []);
    books.close().await;
}
