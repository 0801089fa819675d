//! Which rows a command about acquiring value needs.

use kinchaku_protocol::ids::DocId;

use super::action::{Buyer, ByHand, NewOrder, Ordered, SaleAction};
use super::decide::nobody;
use super::event::by_hand;
use super::exchange::exchange_key;
use super::hand_out::{receipt_key, receipts, receive_key};
use super::order::order_key;
use super::rows::{ApplicationRow, ExchangeRow, OrderRow, OrderState, ProviderEventRow, SaleRow, ShareRow};
use crate::lane::wants::Wants;
use crate::ledger::rows::{AccountRow, ClassRow, CreditRow, LotRow, PostingRow};
use crate::ledger::view::View;

/// What the command itself names.
pub(crate) fn wants(wants: &mut Wants, action: &SaleAction) {
    match action {
        SaleAction::Commit { programme, .. } => wants.one::<SaleRow>("programme", programme),
        SaleAction::Apply(asked) => {
            wants.one::<SaleRow>("programme", &asked.programme);
            wants.one::<ApplicationRow>("id", &asked.id);
            wants.one::<ApplicationRow>("account", &asked.account);
            wants.one::<ShareRow>("person", &asked.who.person);
            wants.one::<AccountRow>("id", &asked.account);
            wants.filtered::<LotRow>("account", &asked.account, Some("remaining > 0"));
        }
        SaleAction::Exchange(asked) => {
            wants.one::<ExchangeRow>("id", &exchange_key(asked.account, &asked.key));
            wants.one::<SaleRow>("programme", &asked.programme);
            wants.one::<AccountRow>("id", &asked.account);
            wants.filtered::<LotRow>("account", &asked.account, Some("remaining > 0"));
        }
        SaleAction::GrantExchanges { exchanges } => {
            wants.granting = true;
            for id in exchanges {
                wants.one::<ExchangeRow>("id", id);
            }
        }
        SaleAction::Void { programme, id } => {
            wants.one::<SaleRow>("programme", programme);
            wants.one::<ApplicationRow>("id", id);
            wants.applicants = true;
        }
        SaleAction::CloseList { programme } | SaleAction::Draw { programme, .. } => {
            wants.one::<SaleRow>("programme", programme);
            wants.one::<ApplicationRow>("programme", programme);
        }
        SaleAction::Order(asked) => order(wants, asked),
        SaleAction::Asked { order, .. } | SaleAction::Refund { order } => wants.one::<OrderRow>("id", order),
        SaleAction::Event { id, order, .. } => {
            wants.one::<ProviderEventRow>("id", &DocId::of(id.as_bytes()));
            wants.one::<OrderRow>("id", order);
        }
        SaleAction::ByHand(what) => {
            wants.one::<ProviderEventRow>("id", &by_hand(what));
            match what {
                ByHand::Order(order) => wants.one::<OrderRow>("id", order),
                ByHand::Event(event) => {
                    wants.odd = true;
                    wants.one::<ProviderEventRow>("id", event);
                }
            }
        }
        SaleAction::LapseOrders { orders } | SaleAction::GrantBonus { orders } => {
            wants.granting = true;
            for order in orders {
                wants.one::<OrderRow>("id", order);
            }
        }
        SaleAction::Receive {
            programme,
            account,
            who,
            key,
        } => {
            wants.granting = true;
            wants.receipts.insert((*programme, *account));
            wants.one::<CreditRow>("id", &receive_key(*account, key));
            wants.one::<SaleRow>("programme", programme);
            wants.one::<AccountRow>("id", account);
            wants.one::<ShareRow>("person", &nobody(*account));
            wants.one::<ShareRow>("person", &who.as_ref().map(|who| who.person));
        }
    }
}

fn order(wants: &mut Wants, asked: &NewOrder) {
    wants.one::<OrderRow>("key", &order_key(asked.account, &asked.key));
    wants.one::<AccountRow>("id", &asked.account);
    match &asked.ordered {
        Ordered::TopUp { class, .. } => {
            wants.one::<ClassRow>("id", class);
            wants.one::<OrderRow>("account", &asked.account);
        }
        Ordered::Lots { programme, buyer, .. } => {
            wants.one::<SaleRow>("programme", programme);
            match buyer {
                Buyer::Account(who) => {
                    wants.one::<OrderRow>("account", &asked.account);
                    wants.one::<ApplicationRow>("account", &asked.account);
                    wants.applicants = true;
                    wants.one::<ShareRow>("person", &nobody(asked.account));
                    wants.one::<ShareRow>("person", &who.as_ref().map(|who| who.person));
                }
                // 0 is the number of all who won nothing.
                Buyer::Number { number: 0, .. } => {}
                Buyer::Number { number, .. } => {
                    wants.one::<ApplicationRow>("buyer", number);
                    wants.applicants = true;
                }
            }
        }
    }
}

/// What the rows at hand name further.
pub(crate) fn follow(wants: &mut Wants, view: &View) {
    for order in view.orders.all() {
        wants.one::<SaleRow>("programme", &order.programme);
        wants.one::<ShareRow>("person", &order.person);
        wants.one::<AccountRow>("id", &order.account);
        wants.one::<LotRow>("id", &order.lot);
        if order.state == OrderState::Paid {
            // What is taken back comes from all of them.
            wants.filtered::<LotRow>("account", &order.account, Some("remaining > 0"));
        }
    }
    for (programme, account) in wants.receipts.clone() {
        let next = receipts(view, programme, account).saturating_add(1);
        wants.one::<CreditRow>("id", &receipt_key(programme, account, next));
    }
    if wants.odd {
        for event in view.provider_events.all() {
            wants.one::<OrderRow>("id", &event.order_id);
        }
    }
    for share in view.shares.all() {
        wants.one::<ApplicationRow>("id", &share.application);
    }
    if wants.applicants {
        for application in view.applications.all() {
            wants.one::<ShareRow>("person", &application.person);
            // What it cost may come back to the lots it came from.
            if let Some(entry) = application.entry {
                wants.one::<AccountRow>("id", &application.account);
                wants.one::<PostingRow>("entry", &entry);
                for posting in view.postings.between((entry, 0), (entry, u32::MAX)) {
                    wants.one::<LotRow>("id", &posting.lot);
                }
            }
        }
    }
    for exchange in view.exchanges.all() {
        wants.one::<AccountRow>("id", &exchange.account);
    }
}
