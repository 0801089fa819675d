//! The newest payments of this device, and the newest transactions of the account.

use kinchaku_core::book::payments::Payment;
use kinchaku_core::home::Home;
use kinchaku_core::pay::classes_of;
use kinchaku_core::store::StoreError;
use kinchaku_core::view;
use kinchaku_protocol::doc::HistoryRow;

use super::Wallet;
use super::pay::class_amounts;
use super::receipt::confirmation;
use crate::error::Trouble;
use crate::value::{ClassAmount, PaymentState, amount, epoch_s};

/// A payment of this device.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PaymentView {
    /// Names it; `Wallet.receipt` shows its receipt.
    pub reference: String,
    /// To whom.
    pub shop_name: String,
    /// How much, in yen.
    pub total: i64,
    /// From which classes.
    pub parts: Vec<ClassAmount>,
    /// When.
    pub at_s: i64,
    /// Where it stands.
    pub state: PaymentState,
    /// 確認番号.
    pub confirmation: String,
}

impl PaymentView {
    pub(super) fn of(home: &Home, payment: Payment) -> Result<Self, StoreError> {
        let parts = home.store().read(|db| classes_of(db, &payment))?;
        let Payment {
            id: _,
            allowance: _,
            reference,
            intent,
            doc: _,
            state,
            shop_name,
            total,
            fact: _,
        } = payment;
        Ok(Self {
            confirmation: confirmation(reference.confirmation_number()),
            reference: reference.to_string(),
            shop_name,
            total: amount(total),
            parts: class_amounts(&parts),
            at_s: epoch_s(intent.occurred_at),
            state: state.into(),
        })
    }
}

/// A transaction of the account, as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TransactionView {
    /// Its number (F113).
    pub transaction_id: String,
    /// 1 add, 2 subtract, 3 cancel (F117).
    pub operation: i32,
    /// 1 use, 2 grant, 3 charge, 4 use-cancel, 5 grant-cancel (F117).
    pub operation_id: i32,
    /// Of which class, and how much.
    pub amount: ClassAmount,
    /// The shop, where there is one.
    pub shop_id: Option<String>,
    /// When it happened.
    pub at_s: i64,
    /// When the books took it.
    pub posted_at_s: i64,
}

impl From<HistoryRow> for TransactionView {
    fn from(row: HistoryRow) -> Self {
        let HistoryRow {
            tran_id,
            operation,
            operation_id,
            class,
            amount: units,
            shop,
            occurred_at,
            posted_at,
        } = row;
        Self {
            transaction_id: tran_id,
            operation: operation.into(),
            operation_id: operation_id.into(),
            amount: ClassAmount {
                class_id: class.0.into(),
                amount: amount(units),
            },
            shop_id: shop.map(|shop| shop.to_string()),
            at_s: epoch_s(occurred_at),
            posted_at_s: epoch_s(posted_at),
        }
    }
}

/// The newest of both, newest first.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct HistoryView {
    /// Made on this device.
    pub payments: Vec<PaymentView>,
    /// Of the account.
    pub transactions: Vec<TransactionView>,
}

#[uniffi::export]
impl Wallet {
    /// The newest thirty of each (F207).
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn history(&self) -> Result<HistoryView, Trouble> {
        self.engine
            .look(|_, home| {
                let view::History { payments, transactions } = view::history(home)?;
                let payments = payments.into_iter().map(|payment| PaymentView::of(home, payment));
                Ok(HistoryView {
                    payments: payments.collect::<Result<_, StoreError>>()?,
                    transactions: transactions.into_iter().map(TransactionView::from).collect(),
                })
            })
            .await
    }
}
