//! Payments taken back before and after the close, on both databases: every refusal, whole or not at all, once.

use crate::on_both;
use std::sync::Arc;

use crate::support::season::{SHORT, Season, said};
use crate::support::town_folder::{earned, rows};
use crate::support::{MONEY, POINTS, VOUCHER, key};
use kinchaku_protocol::doc::{Cancel, Document, FactKind, Reason};
use kinchaku_server::command::{Action, CommandError, Outcome};
use kinchaku_server::ledger::rows::OperationId;
use kinchaku_server::points::rows::EarningState;
use kinchaku_server::query::transactions::TransactionQuery;
use kinchaku_server::settlement::action::{CancelRefusal, Canceller, SettleAction};
use kinchaku_server::settlement::rows::{RefundKind, RefundRow};
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    a_shop_takes_back_a_payment_of_an_open_week_once,
    after_the_close_the_office_decides,
    every_refusal_says_why,
    a_combined_payment_is_taken_back_whole_or_not_at_all,
    cash_is_written_down_and_excludes_a_reversal,
    a_cancellation_that_comes_first_counts_whenever_its_payment_comes,
    a_cancellation_of_a_device_is_told_that_the_week_is_closed,
);

const fn refused<T>(refusal: CancelRefusal) -> Result<T, CommandError> {
    Err(CommandError::NotCancelled(refusal))
}

/// F096, F113, F121, F124, F126: the row is found, taken back, and cannot be taken back again.
async fn a_shop_takes_back_a_payment_of_an_open_week_once(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 3_000)]).await;
    let paid = season.pays(&mut wallet, 0, &[(VOUCHER, 1_200)]).await;
    let shop = season.by_shop(0);
    let newest = TransactionQuery {
        shop: Some(season.shop(0)),
        first: None,
        last: None,
        after: None,
        limit: 50,
    };
    let now = season.world.now;
    let list = season.world.reader.transactions(&newest, now).await.unwrap();
    assert_eq!(list.len(), 1);
    assert!(list[0].active && !list[0].closed && !list[0].line.combined);
    assert_eq!(list[0].mark_label.as_deref(), Some("レジ1"));
    let tran_id = list[0].line.row.tran_id.clone();
    let detail = season
        .world
        .reader
        .transaction(&tran_id, shop, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((detail.cancel, detail.cash), (Ok(()), Err(CancelRefusal::StillOpen)));

    let back = season.cancel(&paid, shop).await.unwrap();
    assert_eq!(back.total.units(), 1_200);
    assert_eq!(back.rows.len(), 1);
    assert_eq!(season.cancel(&paid, shop).await, Ok(back), "asked twice in one second");
    season.go_to(now.after(1));
    assert_eq!(season.cancel(&paid, shop).await, refused(CancelRefusal::Already));
    assert_eq!(
        season.cancel(&paid, Canceller::Office).await,
        refused(CancelRefusal::Already)
    );
    assert_eq!(season.world.owed(season.shop(0)).await, 0);

    let list = season.world.reader.transactions(&newest, now).await.unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[0].line.row.operation_id, OperationId::UseCancel);
    assert_eq!(list[0].line.row.target.as_ref(), Some(&tran_id));
    assert!(!list[0].active && !list[1].active);
    let detail = season
        .world
        .reader
        .transaction(&tran_id, shop, now)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(detail.cancel, Err(CancelRefusal::Already));
    let refund = detail.refund.unwrap();
    assert_eq!(
        (refund.kind, refund.by, refund.note.as_str()),
        (RefundKind::Reversal, 7, "間違い")
    );
    let other = season.by_shop(1);
    assert_eq!(
        season.world.reader.transaction(&tran_id, other, now).await.unwrap(),
        None
    );
    // A page goes on where the one before ended.
    let next = TransactionQuery {
        after: Some(list[0].line.row.tran_id.clone()),
        ..newest
    };
    let list = season.world.reader.transactions(&next, now).await.unwrap();
    assert_eq!(
        list.iter().map(|row| &row.line.row.tran_id).collect::<Vec<_>>(),
        [&tran_id]
    );
    season.world.sound().await;
}

/// F097, F128: on Saturday, whether or not anybody has closed the week.
async fn after_the_close_the_office_decides(db: Db) {
    let mut season = Season::new(db).await;
    season.noon(6, 7);
    let mut wallet = season.payer(&[(VOUCHER, 3_000)]).await;
    let paid = season.pays(&mut wallet, 0, &[(VOUCHER, 1_200)]).await;
    season.noon(6, 8);
    assert_eq!(
        season.cancel(&paid, season.by_shop(0)).await,
        refused(CancelRefusal::Closed)
    );
    season.close().await;
    assert_eq!(
        season.cancel(&paid, season.by_shop(0)).await,
        refused(CancelRefusal::Closed)
    );
    let back = season.cancel(&paid, Canceller::Office).await.unwrap();
    assert!(back.rows[0].0.starts_with("20240608"), "the reversal is of this week");
    assert_eq!(season.world.owed(season.shop(0)).await, -1_200);
    season.world.sound().await;
}

/// A refused command leaves the books as they were, and says which rule it was.
async fn every_refusal_says_why(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 3_000), (SHORT, 500)]).await;
    let office = Canceller::Office;
    let unsent = season.signs(&mut wallet, 0, &[(VOUCHER, 100)]);
    assert_eq!(season.cancel(&unsent, office).await, refused(CancelRefusal::NotPosted));
    assert_eq!(season.cash(&unsent, office).await, refused(CancelRefusal::NotPosted));
    season.posts(&unsent).await;
    assert_eq!(
        season.cancel(&unsent, season.by_shop(1)).await,
        refused(CancelRefusal::OtherShop)
    );
    assert_eq!(
        season.cash(&unsent, season.by_shop(1)).await,
        refused(CancelRefusal::OtherShop)
    );
    assert_eq!(
        season.cash(&unsent, season.by_shop(0)).await,
        refused(CancelRefusal::StillOpen)
    );

    let short = season.pays(&mut wallet, 0, &[(SHORT, 300)]).await;
    assert_eq!(
        season.cancel(&short, season.by_shop(0)).await,
        refused(CancelRefusal::OfficeOnly)
    );
    season.cancel(&short, office).await.unwrap();

    let beyond = season.signs(&mut wallet, 0, &[(VOUCHER, 90_000)]);
    assert_eq!(season.world.fact(&beyond.bytes).await.kind, FactKind::Rejected);
    assert_eq!(season.cancel(&beyond, office).await, refused(CancelRefusal::NotPaid));

    // Signed by a key that is not the console's: nothing this server answers for.
    let cancel = Cancel {
        intent: unsent.reference,
        shop: season.shop(0),
        reason: 0,
        cancelled_at: season.world.now,
    };
    let forged = SettleAction::Cancel {
        document: cancel.sign(&key(66)).unwrap().bytes().to_vec(),
        by: office,
        token: 1,
        note: String::new(),
    };
    let answer = season.world.run(Action::Settle(forged)).await;
    assert_eq!(answer, Err(CommandError::Unavailable));

    // The same document again is the same answer: a commit whose answer was lost.
    let document = cancel.sign(&key(105)).unwrap().bytes().to_vec();
    let twice = SettleAction::Cancel {
        document,
        by: office,
        token: 1,
        note: String::new(),
    };
    let first = season.world.run(Action::Settle(twice.clone())).await.unwrap();
    assert!(matches!(first, Outcome::Fact(_)));
    assert_eq!(season.world.run(Action::Settle(twice)).await.unwrap(), first);
    assert_eq!(season.world.owed(season.shop(0)).await, 0);
    season.world.sound().await;
}

/// F089, F114, F127: one step for all classes; one closed part closes all.
async fn a_combined_payment_is_taken_back_whole_or_not_at_all(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 3_000), (POINTS, 500)]).await;
    let first = season.pays(&mut wallet, 0, &[(VOUCHER, 1_000), (POINTS, 200)]).await;
    let second = season.pays(&mut wallet, 0, &[(VOUCHER, 700), (POINTS, 100)]).await;
    let back = season.cancel(&first, season.by_shop(0)).await.unwrap();
    let rows: Vec<_> = back
        .rows
        .iter()
        .map(|(_, class, amount)| (*class, amount.units()))
        .collect();
    assert_eq!(rows, [(POINTS, 200), (VOUCHER, 1_000)]);
    assert_eq!(back.total.units(), 1_200);
    // The week of the vouchers is over, the month of the points is not.
    season.noon(6, 10);
    assert_eq!(
        season.cancel(&second, season.by_shop(0)).await,
        refused(CancelRefusal::Closed)
    );
    assert_eq!(season.world.owed(season.shop(0)).await, 800);
    let back = season.cancel(&second, Canceller::Office).await.unwrap();
    assert_eq!(back.rows.len(), 2);
    season.close().await;
    season.world.sound().await;
}

/// F097: no value moves, what the payment earned is gone, and nothing takes it back besides.
async fn cash_is_written_down_and_excludes_a_reversal(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(MONEY, 3_000)]).await;
    let paid = season.pays(&mut wallet, 0, &[(MONEY, 1_000)]).await;
    assert_eq!(earned(&season.world, &paid).await.unwrap().base.units(), 5);
    season.noon(7, 1);
    season.cash(&paid, season.by_shop(0)).await.unwrap();
    season.cash(&paid, season.by_shop(0)).await.unwrap();
    assert_eq!(season.world.owed(season.shop(0)).await, 1_000);
    assert_eq!(earned(&season.world, &paid).await.unwrap().state, EarningState::Void);
    let refunds = rows::<RefundRow>(&season.world).await;
    assert_eq!(
        refunds.iter().map(|row| row.kind).collect::<Vec<_>>(),
        [RefundKind::Cash]
    );

    assert_eq!(
        season.cancel(&paid, Canceller::Office).await,
        refused(CancelRefusal::Cash)
    );
    assert_eq!(
        season.cancel(&paid, season.by_shop(0)).await,
        refused(CancelRefusal::Cash)
    );
    let device = season.shops[0].cancels(paid.reference);
    let noted = season.uploads(&device).await;
    assert_eq!(said(&noted), (FactKind::CancelNoted, Reason::CashRefunded));
    season.uploads(&season.shops[0].refuses(paid.reference)).await;
    assert_eq!(season.world.fact(&paid.bytes).await.kind, FactKind::Posted);
    assert_eq!(season.world.owed(season.shop(0)).await, 1_000);
    season.world.sound().await;
}

/// Whichever way they come: the goods were never handed over.
async fn a_cancellation_that_comes_first_counts_whenever_its_payment_comes(db: Db) {
    let mut season = Season::new(db).await;
    season.noon(6, 6);
    let mut wallet = season.payer(&[(VOUCHER, 3_000)]).await;
    let paid = season.signs(&mut wallet, 0, &[(VOUCHER, 1_000)]);
    let noted = season.uploads(&season.shops[0].cancels(paid.reference)).await;
    assert_eq!(said(&noted), (FactKind::CancelNoted, Reason::None));
    season.noon(6, 10);
    let fact = season.world.fact(&paid.bytes).await;
    assert_eq!((fact.kind, fact.reason), (FactKind::Reversed, Reason::Cancelled));
    assert_eq!(season.world.owed(season.shop(0)).await, 0);
    season.world.sound().await;
}

/// What a device signs is held to the same rule as the console's page, and told so in the fact.
async fn a_cancellation_of_a_device_is_told_that_the_week_is_closed(db: Db) {
    let mut season = Season::new(db).await;
    let mut wallet = season.payer(&[(VOUCHER, 3_000)]).await;
    let open = season.pays(&mut wallet, 0, &[(VOUCHER, 500)]).await;
    let late = season.pays(&mut wallet, 0, &[(VOUCHER, 700)]).await;
    let noted = season.uploads(&season.shops[0].cancels(open.reference)).await;
    assert_eq!(said(&noted), (FactKind::CancelNoted, Reason::None));
    let refunds = rows::<RefundRow>(&season.world).await;
    assert_eq!(
        refunds.iter().map(|row| row.kind).collect::<Vec<_>>(),
        [RefundKind::Reversal]
    );
    season.noon(6, 8);
    let device = season.shops[0].cancels(late.reference);
    let noted = season.uploads(&device).await;
    assert_eq!(said(&noted), (FactKind::CancelNoted, Reason::Closed));
    assert_eq!(season.uploads(&device).await, noted);
    assert_eq!(season.world.owed(season.shop(0)).await, 700);
    season.cancel(&late, Canceller::Office).await.unwrap();
    assert_eq!(season.world.owed(season.shop(0)).await, 0);
    season.world.sound().await;
}
