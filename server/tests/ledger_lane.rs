//! A lane whose database plays tricks on it: whoever waits is answered, and nobody takes others down.

use crate::on_both;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{MONEY, START, TOWN, World, key, signers};
use kinchaku_protocol::doc::{Bulletin, Received};
use kinchaku_protocol::ids::SetId;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{PublicKey, SignError, Signer};
use kinchaku_server::command::{Action, Command, CommandError, Credit, Outcome, Signers, Stop, Town, TownRules};
use kinchaku_server::lane::Lane;
use kinchaku_server::ledger::rows::AccountRow;
use kinchaku_server::store::table::{Table, Value};
use kinchaku_server::store::{Answer, Lease, Query, Store, StoreError, Write};

type Db = Arc<dyn Store>;

on_both!(
    a_command_the_database_refuses_takes_no_other_down,
    a_lane_that_panicked_starts_again,
    a_lane_that_waits_for_the_lease_answers_and_ends,
    a_bulletin_that_cannot_be_signed_holds_up_nothing_else,
);

/// A database with a weakness.
struct Tricky {
    inner: Db,
    /// Commits that write a resident's account fail.
    no_accounts: AtomicBool,
    /// The next commit panics.
    panics: AtomicBool,
    /// Somebody else has the lane.
    taken: AtomicBool,
}

impl Tricky {
    fn of(inner: Db) -> Arc<Self> {
        Arc::new(Self {
            inner,
            no_accounts: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            taken: AtomicBool::new(false),
        })
    }
}

impl Store for Tricky {
    fn load(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.inner.load(town, queries)
    }

    fn read(&self, town: Town, queries: Vec<Query>) -> Answer<'_, Vec<Vec<Vec<Value>>>> {
        self.inner.read(town, queries)
    }

    fn report(&self, town: Town, sql: &'static str, parameters: Vec<Value>) -> Answer<'_, Vec<Vec<Value>>> {
        self.inner.report(town, sql, parameters)
    }

    fn commit(&self, town: Town, lease: Lease, writes: Vec<Write>) -> Answer<'_, ()> {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "the trick");
        let bad = writes.iter().any(|write| write.table.name == AccountRow::DEF.name);
        if bad && self.no_accounts.load(Ordering::SeqCst) {
            let what = "no room".to_owned();
            return Box::pin(async { Err(StoreError::Failed { what }) });
        }
        self.inner.commit(town, lease, writes)
    }

    fn lease(&self, town: Town, holder: String) -> Answer<'_, Lease> {
        if self.taken.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::LeaseLost) });
        }
        self.inner.lease(town, holder)
    }

    fn renew(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        self.inner.renew(town, lease)
    }

    fn release(&self, town: Town, lease: Lease) -> Answer<'_, ()> {
        self.inner.release(town, lease)
    }
}

fn credit(account: u64, number: u32) -> Action {
    Action::Credit(Credit {
        key: number.to_string(),
        account,
        class: MONEY,
        amount: Amount::of(number),
        until: None,
        set: SetId::ANYWHERE,
    })
}

/// T18: twenty credits and one command that can never be written, all at once.
async fn a_command_the_database_refuses_takes_no_other_down(db: Db) {
    let tricky = Tricky::of(db);
    let mut world = World::new(tricky.clone()).await;
    let wallet = world.resident().await;
    tricky.no_accounts.store(true, Ordering::SeqCst);
    let (lane, now) = (world.lane.clone(), world.now);
    let invite = Action::Invite {
        code_hash: [9; 32],
        invitee: kinchaku_server::command::Invitee::Resident,
    };
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..20_u32 {
        let action = if number == 10 {
            invite.clone()
        } else {
            credit(wallet.account, number + 1)
        };
        let lane = lane.clone();
        waiting.spawn(async move { lane.run(Command { now, action }).await });
    }
    let answers = waiting.join_all().await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.is_err()).collect();
    assert_eq!(refused, [&Err(CommandError::Unavailable)]);
    world.sound().await;
}

async fn a_lane_that_panicked_starts_again(db: Db) {
    let tricky = Tricky::of(db);
    let mut world = World::new(tricky.clone()).await;
    let wallet = world.resident().await;
    tricky.panics.store(true, Ordering::SeqCst);
    assert_eq!(
        world.run(credit(wallet.account, 1)).await,
        Err(CommandError::Unavailable)
    );
    // PostgreSQL keeps the old lease until it runs out; here somebody may have let it go.
    let lease = loop {
        let released = world.store.lease(TOWN, "office".to_owned()).await;
        match released {
            Ok(lease) => break lease,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    world.store.release(TOWN, lease).await.unwrap();
    let again = loop {
        match world.run(credit(wallet.account, 1)).await {
            Err(CommandError::Unavailable) => tokio::task::yield_now().await,
            other => break other,
        }
    };
    assert!(matches!(again, Ok(Outcome::Credited { .. })));
    assert!(world.lane.keeps());
    world.sound().await;
}

async fn a_lane_that_waits_for_the_lease_answers_and_ends(db: Db) {
    let tricky = Tricky::of(db);
    tricky.taken.store(true, Ordering::SeqCst);
    let rules = TownRules::default();
    let lane = Lane::start(tricky, TOWN, Arc::new(signers()), rules, "mine".to_owned());
    let command = Command {
        now: START,
        action: Action::Lapse,
    };
    for _ in 0..3 {
        assert_eq!(lane.run(command.clone()).await, Err(CommandError::Unavailable));
    }
    assert!(!lane.keeps());
    lane.drain().await;
    assert_eq!(lane.run(command).await, Err(CommandError::Unavailable));
}

/// A key that is away.
struct Away;

impl Signer for Away {
    fn public_key(&self) -> PublicKey {
        key(103).public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], SignError> {
        Err(SignError)
    }
}

async fn a_bulletin_that_cannot_be_signed_holds_up_nothing_else(db: Db) {
    let mut world = World::new(db).await;
    let wallet = world.payer(1_000).await;
    world.lane.drain().await;
    let start = |signers| {
        Lane::start(
            world.store.clone(),
            TOWN,
            Arc::new(signers),
            TownRules::default(),
            "next".to_owned(),
        )
    };
    let away = Signers {
        bulletin: Arc::new(Away),
        ..signers()
    };
    world.lane = start(away);
    let stop = Action::Revoke(Stop::Holder(wallet.allowance().holder));
    assert_eq!(world.run(stop).await, Ok(Outcome::Done));
    assert_eq!(world.run(Action::PublishBulletin).await, Err(CommandError::Unavailable));
    assert!(world.run(credit(wallet.account, 7)).await.is_ok());
    assert!(world.reader.bulletin().await.unwrap().is_some(), "the one before");
    // It is signed as soon as the key is there again.
    world.lane.drain().await;
    world.lane = start(signers());
    world.run(credit(wallet.account, 8)).await.unwrap();
    let bytes = world.reader.bulletin().await.unwrap().unwrap();
    let bulletin = Received::<Bulletin>::read(&bytes).unwrap();
    assert!(bulletin.claims().stops(&wallet.allowance().holder));
    world.sound().await;
}
