//! Buying as people do it, on both databases: persons known by their cards, lists and paper, and a provider that
//! declines, dawdles, repeats itself and takes money back.

use crate::sale_town;
use std::sync::Arc;

use crate::card_town::{MUNI, Town};
use crate::sale_town::{COIN, DRAWN, GIVEN, OPEN, at, folder};
use kinchaku_fixtures::card::persons::Person;
use kinchaku_protocol::doc::{FactKind, Reason};
use kinchaku_protocol::ids::DocId;
use kinchaku_protocol::jpki::attributes::BirthDate;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::rules::draw;
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_server::books::BooksError;
use kinchaku_server::command::{Action, CommandError, Town as Books};
use kinchaku_server::identity::action::CardAction;
use kinchaku_server::jobs;
use kinchaku_server::ledger::rows::LotRow;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::programme::{PayIn, Refusal};
use kinchaku_server::sale::action::SaleAction;
use kinchaku_server::sale::desk::{Placed, SaleError, Shows, Wish};
use kinchaku_server::sale::provider::{AskOutcome, Callback, ChargeProvider as _, ProviderEvent, Sandbox, Script};
use kinchaku_server::sale::rows::{EventKind, EventVerdict, OrderRow, OrderState, RefundStep};
use kinchaku_server::sale::somebody::OnPaper;
use kinchaku_server::store::table::{Column as _, Table as _};
use kinchaku_server::store::{Query, Which};

const POSTED: (FactKind, Reason) = (FactKind::Posted, Reason::None);

macro_rules! in_collecting_towns {
    ($($test:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    let fresh = crate::support::database::sqlite().await;
                    super::$test(super::opened(&fresh.address).await).await;
                    fresh.end().await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(fresh) = crate::support::database::postgres(stringify!($test)).await {
                        super::$test(super::opened(&fresh.address).await).await;
                        fresh.end().await;
                    }
                }
            )*
        }
    };
}

in_collecting_towns!(
    a_card_is_confirmed_and_brings_value_once,
    cash_is_paid_with_a_number_even_after_a_restart,
    a_declined_card_and_a_payer_who_turns_back_keep_no_lots,
    an_answer_that_was_lost_is_asked_for_by_status,
    a_callback_that_was_lost_is_found_before_lots_are_given_away,
    one_order_nobody_can_look_up_keeps_no_other_lots,
    what_counts_is_told_again_whatever_became_of_the_card,
    late_money_goes_back_as_soon_as_the_provider_can,
    the_office_gives_back_and_the_bank_takes_back,
    nobody_forges_a_callback,
    a_winner_on_paper_buys_by_number_and_phone,
    who_stands_on_the_register_is_found_by_the_card,
    an_erased_person_keeps_what_was_bought_and_buys_no_more,
    without_a_provider_people_pay_at_the_counter,
);

/// NOW is 21 November 2026: applications run until the 28th, and winners buy from 5 December.
async fn opened(address: &str) -> Town {
    let town = Town::collecting(address).await;
    load(&town).await;
    town
}

async fn load(town: &Town) {
    let folder = folder(MUNI, "2026-11-01T10:00", "2026-11-28T00:00", "2026-12-05T10:00");
    town.run(Action::SetUp(SetUpAction::Load(Arc::new(folder)))).await;
}

fn sandbox(town: &Town) -> &Sandbox {
    town.books.charge_provider().unwrap().sandbox().unwrap()
}

fn lots(units: u32) -> Wish {
    Wish::Lots {
        programme: OPEN,
        units,
        shows: Shows::Account,
    }
}

const fn money(amount: u32) -> Wish {
    Wish::TopUp {
        class: COIN,
        amount: Amount::of(amount),
    }
}

async fn placed(town: &Town, key: &str, account: u64, wish: &Wish, pay_in: PayIn) -> Placed {
    town.books.order(key, account, wish, pay_in, town.now).await.unwrap()
}

fn refused(result: Result<impl std::fmt::Debug, SaleError>) -> CommandError {
    match result {
        Err(SaleError::Books(BooksError::Command(error))) => error,
        other => panic!("not refused but {other:?}"),
    }
}

/// What the payer was told to confirm or to pay with.
fn in_hand(placed: &Placed) -> &str {
    match placed.next.as_ref().unwrap() {
        AskOutcome::Confirm { url, .. } => url,
        AskOutcome::PayAt { number, .. } => number,
        AskOutcome::Declined(_) => panic!("declined"),
    }
}

async fn now(town: &Town, placed: &Placed) -> OrderRow {
    town.books.reader().order(placed.order.id).await.unwrap().unwrap()
}

/// All that an account has.
async fn value(town: &Town, account: u64) -> u64 {
    let query = Query {
        table: LotRow::DEF,
        which: Which::Among("account", vec![account.to_value()], None),
    };
    let store = kinchaku_server::store::open(&town.address).await.unwrap();
    let loaded = store.load(Books { muni: MUNI }, vec![query]).await.unwrap();
    let lots = loaded.iter().flatten().map(|row| LotRow::from_values(row).unwrap());
    lots.map(|lot| lot.remaining.units()).sum()
}

async fn bring(town: &Town, callback: &Callback) -> EventVerdict {
    let told = town.books.provider_event(&callback.body, &callback.signature, town.now);
    told.await.unwrap()
}

/// F064, F070: an order waits for the issuer's page; the callback comes twice and counts once.
async fn a_card_is_confirmed_and_brings_value_once(mut town: Town) {
    let account = town.resident().await.account;
    let first = placed(&town, "a", account, &lots(3), PayIn::Card).await;
    assert_eq!(first.order.state, OrderState::Awaiting);
    assert!(in_hand(&first).starts_with("/sandbox/pay/"));
    let again = placed(&town, "a", account, &lots(3), PayIn::Card).await;
    assert_eq!(again.next, first.next, "the same charge");
    assert_eq!(value(&town, account).await, 0);
    sandbox(&town).will(Amount::of(3_000), Script::TellsTwice);
    sandbox(&town).pay(in_hand(&first)).unwrap();
    let callbacks = sandbox(&town).callbacks();
    assert_eq!(callbacks.len(), 2);
    for callback in &callbacks {
        assert_eq!(bring(&town, callback).await, EventVerdict::Taken);
    }
    assert_eq!(value(&town, account).await, 3_600);
    let done = placed(&town, "a", account, &lots(3), PayIn::Card).await;
    assert_eq!((done.order.state, done.next), (OrderState::Paid, None));
    town.sound().await;
}

/// F153: what the payer holds is enough, whatever happened to the server meanwhile.
async fn cash_is_paid_with_a_number_even_after_a_restart(mut town: Town) {
    let account = town.resident().await.account;
    let first = placed(&town, "a", account, &lots(2), PayIn::Store).await;
    assert!(matches!(first.next, Some(AskOutcome::PayAt { .. })));
    let number = in_hand(&first).to_owned();
    town.books.close().await;
    let mut again = Town::collecting(&town.address).await;
    again.now = town.now;
    assert!(
        again
            .books
            .pay_in_sandbox("1-2000-0000000000", again.now)
            .await
            .is_err()
    );
    again.books.pay_in_sandbox(&number, again.now).await.unwrap();
    again.books.pay_in_sandbox(&number, again.now).await.unwrap();
    assert_eq!(value(&again, account).await, 2_400);
    again.sound().await;
}

/// F064: declined at once, declined by the issuer, turned back: no value, no lots kept.
async fn a_declined_card_and_a_payer_who_turns_back_keep_no_lots(mut town: Town) {
    let account = town.resident().await.account;
    let at_once = placed(&town, "a", account, &money(901), PayIn::Card).await;
    assert_eq!((at_once.order.state, at_once.next), (OrderState::Failed, None));
    let later = placed(&town, "b", account, &money(902), PayIn::Card).await;
    town.books.pay_in_sandbox(in_hand(&later), town.now).await.unwrap();
    assert_eq!(now(&town, &later).await.state, OrderState::Failed);
    let back = placed(&town, "c", account, &lots(30), PayIn::Card).await;
    sandbox(&town).turn_back(in_hand(&back)).unwrap();
    for callback in sandbox(&town).callbacks() {
        bring(&town, &callback).await;
    }
    assert_eq!(now(&town, &back).await.state, OrderState::Failed);
    let row = town.books.reader().sale(OPEN).await.unwrap().unwrap();
    assert_eq!((row.sold, row.reserved), (0, 0));
    placed(&town, "d", account, &lots(30), PayIn::Card).await;
    assert_eq!(value(&town, account).await, 0);
    town.sound().await;
}

/// F064: the charge was made though its answer did not come: there is one charge, and it is found.
async fn an_answer_that_was_lost_is_asked_for_by_status(mut town: Town) {
    let account = town.resident().await.account;
    let first = placed(&town, "a", account, &money(905), PayIn::Card).await;
    assert_eq!(first.order.provider_ref.as_deref(), Some("sandbox-1"));
    town.books.pay_in_sandbox(in_hand(&first), town.now).await.unwrap();
    assert_eq!(value(&town, account).await, 905);
    town.sound().await;
}

/// F153: what was paid in time is not given away because its callback was lost.
async fn a_callback_that_was_lost_is_found_before_lots_are_given_away(mut town: Town) {
    let account = town.resident().await.account;
    let paid = placed(&town, "a", account, &lots(5), PayIn::Card).await;
    let unpaid = placed(&town, "b", account, &lots(1), PayIn::Card).await;
    sandbox(&town).pay(in_hand(&paid)).unwrap();
    let lost = sandbox(&town).callbacks();
    town.later(16 * 60);
    assert_eq!(town.books.lapse_orders(town.now).await.unwrap(), 1);
    assert_eq!(now(&town, &paid).await.state, OrderState::Paid);
    assert_eq!(now(&town, &unpaid).await.state, OrderState::Lapsed);
    assert_eq!(bring(&town, &lost[0]).await, EventVerdict::Taken, "the very same event");
    assert_eq!(value(&town, account).await, 6_000);
    town.sound().await;
}

/// F153: what its provider tells of one order cannot be taken in; both lapse.
async fn one_order_nobody_can_look_up_keeps_no_other_lots(mut town: Town) {
    let account = town.resident().await.account;
    let odd = placed(&town, "a", account, &lots(5), PayIn::Card).await;
    let other = placed(&town, "b", account, &lots(1), PayIn::Card).await;
    sandbox(&town).pay(in_hand(&odd)).unwrap();
    let number = sandbox(&town).callbacks().remove(0);
    let told = sandbox(&town).read(&number.body, &number.signature).unwrap();
    let used = ProviderEvent {
        amount: Amount::of(1),
        ..told
    };
    assert_eq!(
        bring(&town, &sandbox(&town).callback(&used)).await,
        EventVerdict::OtherAmount
    );
    town.later(16 * 60);
    assert_eq!(town.books.lapse_orders(town.now).await.unwrap(), 2);
    for placed in [&odd, &other] {
        assert_eq!(now(&town, placed).await.state, OrderState::Lapsed);
    }
    town.sound().await;
}

/// F149, F064: an answer that was lost is told again, though the person is erased or the provider gone; and nobody
/// outside can tell which number an application gets.
async fn what_counts_is_told_again_whatever_became_of_the_card(mut town: Town) {
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, Person::Elder).await, POSTED);
    let register = "name,birth,address\n大久保トメ,1936-08-15,東京都巾着市大字上巾着\n";
    let list = town.books.import_roster("2026-04-01", register.as_bytes(), town.now);
    list.await.unwrap();
    let apply = async |town: &Town, sent: &[u8]| {
        let account = wallet.account;
        town.books.apply(DRAWN, account, 1, Some("1"), sent, town.now).await
    };
    let id = apply(&town, b"x").await.unwrap();
    assert_ne!(id, DocId::of(b"x").to_ref());
    let order = placed(&town, "a", wallet.account, &lots(1), PayIn::Card).await;
    town.run(Action::Card(CardAction::Erase {
        account: wallet.account,
    }))
    .await;
    assert_eq!(apply(&town, b"x").await.unwrap(), id);
    assert_eq!(
        refused(apply(&town, b"y").await),
        CommandError::Refused(Refusal::NoCard)
    );
    town.books.close().await;
    let mut without = Town::new(&town.address).await;
    without.now = town.now;
    let again = placed(&without, "a", wallet.account, &lots(1), PayIn::Card).await;
    assert_eq!(
        (again.order.id, again.order.state),
        (order.order.id, OrderState::Awaiting)
    );
    assert_eq!(again.next, None);
    without.sound().await;
}

/// F064: paid, told after the order had lapsed, and the first request to give it back stays without answer.
async fn late_money_goes_back_as_soon_as_the_provider_can(mut town: Town) {
    let account = town.resident().await.account;
    let late = placed(&town, "a", account, &money(904), PayIn::Card).await;
    sandbox(&town).pay(in_hand(&late)).unwrap();
    town.later(16 * 60);
    jobs::do_due(&town.books, town.now).await.unwrap();
    assert_eq!(now(&town, &late).await.state, OrderState::Lapsed);
    sandbox(&town).will(Amount::of(904), Script::RefundsLate);
    sandbox(&town).release();
    let callbacks = sandbox(&town).callbacks();
    assert_eq!(bring(&town, &callbacks[0]).await, EventVerdict::TooLate);
    let row = now(&town, &late).await;
    assert_eq!((row.state, row.refund), (OrderState::Refunded, RefundStep::Due));
    jobs::do_due(&town.books, town.now).await.unwrap();
    assert_eq!(now(&town, &late).await.refund, RefundStep::Done);
    assert_eq!(value(&town, account).await, 0);
    town.sound().await;
}

/// F070, F008: an unused order goes back by the provider; a bank's chargeback takes the value.
async fn the_office_gives_back_and_the_bank_takes_back(mut town: Town) {
    let account = town.resident().await.account;
    let one = placed(&town, "a", account, &lots(2), PayIn::Card).await;
    town.books.pay_in_sandbox(in_hand(&one), town.now).await.unwrap();
    let row = town.books.refund(one.order.id, town.now).await.unwrap();
    assert_eq!((row.state, row.refund), (OrderState::Refunded, RefundStep::Done));
    assert_eq!(town.books.refund(one.order.id, town.now).await.unwrap(), row);
    let other = placed(&town, "b", account, &lots(1), PayIn::Card).await;
    town.books.pay_in_sandbox(in_hand(&other), town.now).await.unwrap();
    sandbox(&town).charge_back(other.order.id, Amount::of(1_000));
    for callback in sandbox(&town).callbacks() {
        assert_eq!(bring(&town, &callback).await, EventVerdict::Taken);
    }
    assert_eq!(now(&town, &other).await.state, OrderState::ChargedBack);
    assert_eq!(value(&town, account).await, 0);
    assert_eq!(
        refused(town.books.refund(other.order.id, town.now).await),
        CommandError::OrderState
    );
    town.sound().await;
}

/// A callback counts by the provider's signature over its bytes alone.
async fn nobody_forges_a_callback(mut town: Town) {
    let account = town.resident().await.account;
    let first = placed(&town, "a", account, &lots(1), PayIn::Card).await;
    let event = ProviderEvent {
        id: "forged".to_owned(),
        order: first.order.id,
        kind: EventKind::Paid,
        amount: Amount::of(1_000),
    };
    let real = sandbox(&town).callback(&event);
    let mut body = real.body.clone();
    body[7] ^= 1;
    for (body, signature) in [
        (body.as_slice(), real.signature.as_str()),
        (real.body.as_slice(), ""),
        (real.body.as_slice(), real.signature.get(2..).unwrap()),
        (b"{}".as_slice(), &real.signature),
    ] {
        let told = town.books.provider_event(body, signature, town.now).await;
        assert!(matches!(told, Err(SaleError::NotGenuine(_))));
    }
    assert_eq!(value(&town, account).await, 0);
    let unknown = sandbox(&town).callback(&ProviderEvent { order: 99, ..event });
    let told = town.books.provider_event(&unknown.body, &unknown.signature, town.now);
    assert_eq!(refused(told.await), CommandError::NoOrder);
    town.sound().await;
}

/// F149 to F152, F076: the office types in a form; the person stands on the register; number and phone buy.
async fn a_winner_on_paper_buys_by_number_and_phone(mut town: Town) {
    let register = "name,birth,address\n美鷹　太郎,1980-05-06,東京都巾着市本町３－１\n";
    let list = town.books.import_roster("2026-04-01", register.as_bytes(), town.now);
    list.await.unwrap();
    let form = OnPaper {
        name: "美鷹 太郎".to_owned(),
        birth: BirthDate::from_digits(b"19800506").unwrap(),
        address: "東京都巾着市本町３－１".to_owned(),
        phone: "090-1234-5678".to_owned(),
    };
    assert_eq!(format!("{form:?}"), "OnPaper(..)");
    let commitment = DocId(draw::commitment(&[7; 32]));
    town.run(Action::Sale(SaleAction::Commit {
        programme: DRAWN,
        commitment,
    }))
    .await;
    let apply = |form: &OnPaper, sent: &'static [u8]| {
        let (books, form, now) = (town.books.clone(), form.clone(), town.now);
        async move { books.apply_on_paper(DRAWN, &form, 3, sent, now).await }
    };
    let id = apply(&form, b"form 1").await.unwrap();
    assert_eq!(apply(&form, b"form 1").await.unwrap(), id);
    assert_eq!(
        refused(apply(&form, b"form 2").await),
        CommandError::Refused(Refusal::AppliedBefore)
    );
    let stranger = OnPaper {
        name: "府中　次郎".to_owned(),
        ..form.clone()
    };
    let on = sale_town::on(2026, 4, 1);
    assert_eq!(
        refused(apply(&stranger, b"form 3").await),
        CommandError::Refused(Refusal::NotRegistered { on })
    );
    let silent = OnPaper {
        phone: " - ".to_owned(),
        ..form.clone()
    };
    assert!(matches!(apply(&silent, b"form 4").await, Err(SaleError::NoPhone)));
    town.now = at(2026, 11, 28, 1);
    town.run(Action::Sale(SaleAction::CloseList { programme: DRAWN })).await;
    let draw = SaleAction::Draw {
        programme: DRAWN,
        seed: [7; 32],
    };
    town.run(Action::Sale(draw)).await;
    let won = town.books.reader().applications(DRAWN, None, 10).await.unwrap();
    town.now = at(2026, 12, 5, 10);
    let account = town.resident().await.account;
    let wish = |phone: &str| Wish::Lots {
        programme: DRAWN,
        units: 3,
        shows: Shows::Number {
            number: won[0].buyer,
            phone: phone.to_owned(),
        },
    };
    let wrong = wish("090-1234-5679");
    let wrong = town.books.order("w", account, &wrong, PayIn::Bank, town.now).await;
    assert_eq!(refused(wrong), CommandError::NoApplication);
    let order = placed(&town, "a", account, &wish("０９０ １２３４ ５６７８"), PayIn::Bank).await;
    town.books.pay_in_sandbox(in_hand(&order), town.now).await.unwrap();
    assert_eq!(value(&town, account).await, 3_600);
    town.sound().await;
}

/// F071, F076, F080: the card's name and birth date find the person on the list; the elder's bonus comes by itself.
async fn who_stands_on_the_register_is_found_by_the_card(mut town: Town) {
    let (adult, elder) = (town.resident().await, town.resident().await);
    let nobody = town.books.apply(DRAWN, adult.account, 1, Some("1"), b"x", town.now);
    assert_eq!(refused(nobody.await), CommandError::Refused(Refusal::NoCard));
    assert_eq!(town.links(&adult, Person::Adult).await, POSTED);
    assert_eq!(town.links(&elder, Person::Elder).await, POSTED);
    let on = sale_town::on(2026, 4, 1);
    let unlisted = town.books.apply(DRAWN, elder.account, 1, Some("1"), b"x", town.now);
    assert_eq!(
        refused(unlisted.await),
        CommandError::Refused(Refusal::NotRegistered { on })
    );
    let register = "name,birth,address\n大久保トメ,1936-08-15,東京都巾着市大字上巾着\n";
    let list = town.books.import_roster("2026-04-01", register.as_bytes(), town.now);
    list.await.unwrap();
    let listed = town.books.apply(DRAWN, elder.account, 1, Some("1"), b"x", town.now);
    listed.await.unwrap();
    let unlisted = town.books.apply(DRAWN, adult.account, 1, Some("1"), b"y", town.now);
    assert_eq!(
        refused(unlisted.await),
        CommandError::Refused(Refusal::NotRegistered { on })
    );

    town.books.receive(GIVEN, adult.account, "k", town.now).await.unwrap();
    let again = town.books.receive(GIVEN, adult.account, "l", town.now).await;
    assert_eq!(
        refused(again),
        CommandError::Refused(Refusal::TooMany { most: 1, left: 0 })
    );

    for (wallet, bonus) in [(&adult, 0), (&elder, 120)] {
        let order = placed(&town, "b", wallet.account, &lots(4), PayIn::Card).await;
        assert_eq!(order.order.bonus.units(), bonus);
        town.books.pay_in_sandbox(in_hand(&order), town.now).await.unwrap();
    }
    town.later(14 * DAY_SECONDS);
    assert_eq!(town.books.grant_bonuses(town.now).await.unwrap(), 1);
    assert_eq!(town.books.grant_bonuses(town.now).await.unwrap(), 0);
    assert_eq!(value(&town, elder.account).await, 4_800 + 120);
    assert_eq!(value(&town, adult.account).await, 4_800 + 100);
    town.sound().await;
}

/// Whoever is erased is nobody to a programme any more; what was paid for stays the account's.
async fn an_erased_person_keeps_what_was_bought_and_buys_no_more(mut town: Town) {
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    let order = placed(&town, "a", wallet.account, &lots(30), PayIn::Card).await;
    town.run(Action::Card(CardAction::Erase {
        account: wallet.account,
    }))
    .await;
    town.books.pay_in_sandbox(in_hand(&order), town.now).await.unwrap();
    assert_eq!(value(&town, wallet.account).await, 36_000);
    assert_eq!(town.books.somebody(wallet.account).await.unwrap(), None);
    let given = town.books.receive(GIVEN, wallet.account, "k", town.now).await;
    assert_eq!(refused(given), CommandError::Refused(Refusal::NoCard));
    town.sound().await;
}

/// F070: the counter needs nobody else; what has to go through a provider is refused where there is none.
async fn without_a_provider_people_pay_at_the_counter(town: Town) {
    town.books.close().await;
    let mut town = Town::new(&town.address).await;
    let account = town.resident().await.account;
    let card = town.books.order("a", account, &lots(1), PayIn::Card, town.now).await;
    assert!(matches!(card, Err(SaleError::NoProvider)));
    assert_eq!(town.books.reader().orders(None, 0, 10).await.unwrap(), []);
    let order = placed(&town, "a", account, &lots(1), PayIn::Counter).await;
    assert_eq!(order.next, None);
    for _ in 0..2 {
        let paid = town.books.paid_at_counter(order.order.id, town.now).await.unwrap();
        assert_eq!(paid.state, OrderState::Paid);
    }
    assert_eq!(value(&town, account).await, 1_200);
    let back = town.books.refund(order.order.id, town.now).await.unwrap();
    assert_eq!((back.state, back.refund), (OrderState::Refunded, RefundStep::Done));
    let late = placed(&town, "b", account, &lots(1), PayIn::Counter).await;
    town.now = late.order.until;
    assert_eq!(town.books.run_sale_jobs(town.now).await.unwrap(), 1);
    assert_eq!(
        refused(town.books.paid_at_counter(late.order.id, town.now).await),
        CommandError::OrderState
    );
    town.sound().await;
}
