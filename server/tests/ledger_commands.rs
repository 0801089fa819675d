//! What the office and the devices ask of the books, asked once and asked again.

use crate::on_both;
use std::sync::Arc;

use crate::support::{MONEY, POINTS, VOUCHER, World, day, key};
use kinchaku_protocol::doc::{Device, FactKind, Received, Role};
use kinchaku_protocol::ids::{ClassId, Pid, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::Signer;
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_server::command::{Action, CommandError, Credit, Invitee, NewDevice, Outcome, Stop, TownRules};
use kinchaku_server::ledger::rows::{Book, OperationId};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    a_code_enrols_one_device_and_repeats_its_answer,
    a_code_is_for_its_role_and_for_seven_days,
    a_credit_happens_once_and_says_what_it_was,
    an_allowance_holds_the_earliest_lots_in_lines,
    an_allowance_is_given_again_until_it_is_due,
    a_new_payment_key_pays_from_the_next_allowance,
    a_stopped_holder_gets_nothing_more,
    a_town_with_paper_says_so_in_its_allowances,
    a_device_is_renewed_in_the_second_half_of_its_life,
);

fn device(code: u8, sync: u8, pay: Option<u8>) -> NewDevice {
    NewDevice {
        code_hash: [code; 32],
        role: if pay.is_some() { Role::Wallet } else { Role::Shop },
        sync_key: key(sync).public_key(),
        pay_key: pay.map(|seed| key(seed).public_key()),
        level: 1,
    }
}

async fn a_code_enrols_one_device_and_repeats_its_answer(db: Db) {
    let world = World::new(db).await;
    let invite = Action::Invite {
        code_hash: [60; 32],
        invitee: Invitee::Resident,
    };
    let invited = world.run(invite.clone()).await.unwrap();
    assert_eq!(
        world.run(invite).await.unwrap(),
        invited,
        "the same code is the same account"
    );
    let first = world.run(Action::Enrol(device(60, 61, Some(62)))).await.unwrap();
    let Outcome::Device(bytes) = &first else { panic!() };
    let document = Received::<Device>::read(bytes)
        .unwrap()
        .verify(&key(104).public_key())
        .unwrap();
    assert_eq!((document.role, document.sync_key), (Role::Wallet, key(61).public_key()));
    assert_eq!(world.run(Action::Enrol(device(60, 61, Some(62)))).await.unwrap(), first);
    assert_eq!(
        world.run(Action::Enrol(device(60, 63, Some(62)))).await,
        Err(CommandError::CodeUsed)
    );
    let known = world.reader.device(document.to_ref()).await.unwrap().unwrap();
    assert_eq!((known.sync_key, known.revoked), (key(61).public_key(), false));
}

async fn a_code_is_for_its_role_and_for_seven_days(db: Db) {
    let mut world = World::new(db).await;
    let invite = |code, invitee| Action::Invite {
        code_hash: [code; 32],
        invitee,
    };
    world.run(invite(60, Invitee::Shop(world.a.pid))).await.unwrap();
    assert_eq!(
        world.run(Action::Enrol(device(60, 61, Some(62)))).await,
        Err(CommandError::NoCode)
    );
    assert_eq!(
        world.run(Action::Enrol(device(59, 61, Some(62)))).await,
        Err(CommandError::NoCode)
    );
    assert_eq!(world.run(invite(60, Invitee::Resident)).await, Err(CommandError::Taken));
    assert_eq!(
        world.run(invite(58, Invitee::Shop(Pid([77; 8])))).await,
        Err(CommandError::NoShop)
    );
    assert_eq!(
        world.run(invite(57, Invitee::Account(999))).await,
        Err(CommandError::NoAccount)
    );
    world.run(invite(56, Invitee::Resident)).await.unwrap();
    let keyless = NewDevice {
        pay_key: None,
        ..device(56, 61, Some(62))
    };
    assert_eq!(
        world.run(Action::Enrol(keyless)).await,
        Err(CommandError::KeyNotAcceptable)
    );
    world.now = world.now.after(7 * DAY_SECONDS + 1);
    assert_eq!(
        world.run(Action::Enrol(device(60, 61, None))).await,
        Err(CommandError::CodeExpired)
    );
}

/// F117: charge against suspense, grant from budget.
async fn a_credit_happens_once_and_says_what_it_was(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.resident().await;
    let credit = |key: &str, class, amount| {
        Action::Credit(Credit {
            key: key.to_owned(),
            account: wallet.account,
            class,
            amount: Amount::of(amount),
            until: None,
            set: SetId::ANYWHERE,
        })
    };
    let first = world.run(credit("a", MONEY, 1_000)).await.unwrap();
    assert_eq!(world.run(credit("a", MONEY, 1_000)).await.unwrap(), first);
    assert_eq!(world.run(credit("a", MONEY, 1_001)).await, Err(CommandError::KeyReused));
    assert_eq!(world.run(credit("b", MONEY, 0)).await, Err(CommandError::Amount));
    assert_eq!(world.run(credit("b", ClassId(9), 1)).await, Err(CommandError::NoClass));
    world.run(credit("b", POINTS, 200)).await.unwrap();
    let balance = world.reader.trial_balance().await.unwrap();
    let of = |class, book| {
        balance
            .iter()
            .find(|line| (line.class, line.book) == (class, book))
            .unwrap()
            .sum
            .units()
    };
    assert_eq!((of(MONEY, Book::Suspense), of(MONEY, Book::User)), (-1_000, 1_000));
    assert_eq!((of(POINTS, Book::Budget), of(POINTS, Book::User)), (-200, 200));
    world.sound().await;
}

async fn an_allowance_holds_the_earliest_lots_in_lines(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.resident().await;
    world.credit(wallet.account, MONEY, 60_000, None).await;
    world.credit(wallet.account, VOUCHER, 4_000, Some(day(60))).await;
    world.credit(wallet.account, VOUCHER, 3_000, Some(day(60))).await;
    world.credit(wallet.account, VOUCHER, 1_000, Some(day(3))).await;
    world.issue(&mut wallet).await.unwrap();
    let lines: Vec<_> = wallet
        .allowance()
        .lines
        .iter()
        .map(|line| (line.class, line.amount.units()))
        .collect();
    assert_eq!(
        lines,
        [(VOUCHER, 1_000), (VOUCHER, 7_000), (MONEY, 42_000)],
        "50,000 in all"
    );
    assert_eq!(wallet.allowance().expires(), world.now.after(7 * DAY_SECONDS));
    let small = Action::IssueAllowance {
        device: wallet.device,
        close: wallet.closes(),
        at_most: Some(Amount::of(900)),
    };
    let Ok(Outcome::Allowance(bytes)) = world.run(small).await else {
        panic!()
    };
    wallet.take(&bytes);
    let lines: Vec<_> = wallet
        .allowance()
        .lines
        .iter()
        .map(|line| line.amount.units())
        .collect();
    assert_eq!(lines, [900], "a ceiling the person chose");
    // At most eight lines, whatever there is.
    for days in 4..14 {
        world.credit(wallet.account, VOUCHER, 10 + days, Some(day(days))).await;
    }
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(wallet.allowance().lines.len(), 8);
    world.sound().await;
}

async fn an_allowance_is_given_again_until_it_is_due(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let ask = Action::IssueAllowance {
        device: wallet.device,
        close: None,
        at_most: None,
    };
    let first = world.run(ask.clone()).await.unwrap();
    assert_eq!(first, Outcome::Allowance(wallet.allowance().bytes().to_vec()));
    let close = wallet.closes();
    let replace = Action::IssueAllowance {
        device: wallet.device,
        close,
        at_most: None,
    };
    let second = world.run(replace.clone()).await.unwrap();
    assert_ne!(second, first);
    assert_eq!(world.run(replace).await.unwrap(), second, "a lost answer is repeated");
    assert_eq!(world.run(ask.clone()).await.unwrap(), second);
    let bogus = Action::IssueAllowance {
        device: wallet.device,
        close: Some(wallet.pays(world.a.pid, 10).bytes),
        at_most: None,
    };
    assert_eq!(world.run(bogus).await, Err(CommandError::Close));
    world.now = world.now.after(4 * DAY_SECONDS + 1);
    world.credit(wallet.account, MONEY, 500, None).await;
    assert_ne!(world.run(ask).await.unwrap(), second, "less than three days are left");
    world.sound().await;
}

async fn a_new_payment_key_pays_from_the_next_allowance(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let stranger = world.resident().await;
    let code = Action::IssueUnlock {
        code_hash: [70; 32],
        account: wallet.account,
    };
    world.run(code).await.unwrap();
    let use_code = |code: u8, device, pay: u8| Action::UseUnlock {
        code_hash: [code; 32],
        device,
        pay_key: key(pay).public_key(),
    };
    assert_eq!(
        world.run(use_code(71, wallet.device, 72)).await,
        Err(CommandError::NoCode)
    );
    assert_eq!(
        world.run(use_code(70, stranger.device, 72)).await,
        Err(CommandError::NoCode)
    );
    world.run(use_code(70, wallet.device, 72)).await.unwrap();
    world.run(use_code(70, wallet.device, 72)).await.unwrap();
    assert_eq!(
        world.run(use_code(70, wallet.device, 73)).await,
        Err(CommandError::CodeUsed)
    );
    let on_its_way = wallet.pays(world.a.pid, 300);
    world.issue(&mut wallet).await.err();
    assert_eq!(
        world.fact(&on_its_way.bytes).await.kind,
        FactKind::Posted,
        "signed by the key of its allowance"
    );
    world.issue(&mut wallet).await.unwrap();
    assert_eq!(wallet.allowance().device_key, key(72).public_key());
    world.sound().await;
}

async fn a_stopped_holder_gets_nothing_more(db: Db) {
    let mut world = World::new(db).await;
    let mut wallet = world.payer(10_000).await;
    let holder = wallet.allowance().holder;
    world.run(Action::Revoke(Stop::Holder(holder))).await.unwrap();
    let epoch = world.reader.epoch().await.unwrap();
    world.run(Action::Revoke(Stop::Holder(holder))).await.unwrap();
    assert_eq!(world.reader.epoch().await.unwrap(), epoch, "named once");
    let paid = wallet.pays(world.a.pid, 300);
    assert_eq!(
        world.fact(&paid.bytes).await.kind,
        FactKind::Posted,
        "what is reserved is still paid"
    );
    assert_eq!(world.issue(&mut wallet).await, Err(CommandError::Stopped));
    let Outcome::Bulletin(bytes) = world.run(Action::PublishBulletin).await.unwrap() else {
        panic!()
    };
    assert_eq!(world.reader.bulletin().await.unwrap(), Some(bytes));
    world.run(Action::Revoke(Stop::Shop(world.b.pid, None))).await.unwrap();
    let invite = Action::Invite {
        code_hash: [80; 32],
        invitee: Invitee::Shop(world.b.pid),
    };
    assert_eq!(world.run(invite).await, Err(CommandError::NoShop));
}

async fn a_town_with_paper_says_so_in_its_allowances(db: Db) {
    let mut world = World::with_rules(db, TownRules::default().with_paper()).await;
    let mut wallet = world.payer(10_000).await;
    assert_eq!(wallet.allowance().paper.as_ref().unwrap().per_day, 3);
    // F072: a line bound to a set is good in the shops of the set alone.
    let credit = Credit {
        key: "set".to_owned(),
        account: wallet.account,
        class: VOUCHER,
        amount: Amount::of(500),
        until: Some(day(30)),
        set: SetId(7),
    };
    world.run(Action::Credit(credit)).await.unwrap();
    world.issue(&mut wallet).await.unwrap();
    let elsewhere = wallet.pays(world.a.pid, 100);
    let there = wallet.pays(Pid([13; 8]), 100);
    let fact = world.fact(&elsewhere.bytes).await;
    assert_eq!(fact.reason, kinchaku_protocol::doc::Reason::NotUsableHere);
    let fact = world.fact(&there.bytes).await;
    assert_eq!(fact.kind, FactKind::Posted);
    let listed = world.reader.shop_sales(Pid([13; 8])).await.unwrap();
    assert_eq!(listed[0].rows[0].operation_id, OperationId::Use);
    // Shops with paper may claim for 30 days.
    world.now = world.now.after(36 * DAY_SECONDS);
    assert_eq!(world.run(Action::Lapse).await, Ok(Outcome::Ended(0)));
    world.now = world.now.after(DAY_SECONDS);
    assert_eq!(world.run(Action::Lapse).await, Ok(Outcome::Ended(1)));
    world.sound().await;
}

async fn a_device_is_renewed_in_the_second_half_of_its_life(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.resident().await;
    let renew = Action::RenewDevice { device: wallet.device };
    let Ok(Outcome::Device(same)) = world.run(renew.clone()).await else {
        panic!()
    };
    assert_eq!(
        Received::<Device>::read(&same).unwrap().trusted().to_ref(),
        wallet.device
    );
    world.now = world.now.after(16 * DAY_SECONDS);
    let Ok(Outcome::Device(new)) = world.run(renew).await else {
        panic!()
    };
    let new = Received::<Device>::read(&new)
        .unwrap()
        .verify(&key(104).public_key())
        .unwrap();
    assert_ne!(new.to_ref(), wallet.device);
    let by_old = world.reader.device(wallet.device).await.unwrap().unwrap();
    let by_new = world.reader.device(new.to_ref()).await.unwrap().unwrap();
    assert_eq!((by_old.id, by_old.reference), (by_new.id, new.to_ref()));
    assert!(by_old.expires < by_new.expires);
}
