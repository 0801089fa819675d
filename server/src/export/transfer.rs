//! The transfer order of a closed period: one record for each shop that is paid, to the account the town's folder
//! has for it.

use std::collections::BTreeMap;

use kinchaku_protocol::ids::{ClassId, Pid};

use super::{Sender, Totals, Transfer, ZenginProblem, ZenginWriter};
use crate::books::Books;
use crate::programme::Shop;
use crate::query::Reader;
use crate::settlement::rows::PeriodState;
use crate::store::StoreError;

/// An order for the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransferOrder {
    /// A name to save it under.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What is ordered in all.
    pub totals: Totals,
}

/// Why there is no order.
#[derive(Debug, thiserror::Error)]
pub enum TransferProblem {
    /// The books did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The town has no folder.
    #[error("プログラムが登録されていません。")]
    NotSetUp,
    /// No such period, or it is not closed yet.
    #[error("この期間はまだ締まっていません。")]
    NotClosed,
    /// A shop that is paid is not in the folder any more.
    #[error("加盟店 {shop} の口座が登録されていません。")]
    NoAccount {
        /// Which.
        shop: Pid,
    },
    /// It does not fit the form.
    #[error(transparent)]
    Form(#[from] ZenginProblem),
}

/// The transfer order of a closed period.
///
/// # Errors
/// [`TransferProblem`].
pub async fn transfer_order(
    reader: &Reader,
    (class, number): (ClassId, u32),
    sender: &Sender,
    line_breaks: bool,
) -> Result<TransferOrder, TransferProblem> {
    let periods = reader.periods(Some(class)).await?;
    let period = periods
        .into_iter()
        .find(|row| row.number == number && row.state == PeriodState::Closed)
        .ok_or(TransferProblem::NotClosed)?;
    let programmes = reader.programmes().await?.ok_or(TransferProblem::NotSetUp)?;
    let shops = programmes.shops.iter();
    let shops: BTreeMap<Pid, &Shop> = shops.map(|shop| (shop.pid(programmes.region.number), shop)).collect();
    let mut bytes = Vec::new();
    let mut writer = ZenginWriter::new(&mut bytes, sender, period.paid_on, line_breaks)?;
    for payout in reader.payouts(class, number).await? {
        if payout.paid.is_zero() {
            continue;
        }
        let shop = shops
            .get(&payout.shop)
            .ok_or(TransferProblem::NoAccount { shop: payout.shop })?;
        let numeric = shop.code.len() <= 10 && shop.code.bytes().all(|byte| byte.is_ascii_digit());
        writer.push(&Transfer {
            account: shop.account.clone(),
            bank_name: String::new(),
            branch_name: String::new(),
            amount: payout.paid,
            reference: if numeric { shop.code.clone() } else { String::new() },
        })?;
    }
    let totals = writer.finish()?;
    Ok(TransferOrder {
        name: format!("transfer-{class}-{number}-{}.txt", period.paid_on.digits()),
        bytes,
        totals,
    })
}

impl Books {
    /// The transfer order of a closed period. `line_breaks` puts CR LF after each record.
    ///
    /// # Errors
    /// [`TransferProblem`].
    pub async fn transfer_order(
        &self,
        class: ClassId,
        number: u32,
        sender: &Sender,
        line_breaks: bool,
    ) -> Result<TransferOrder, TransferProblem> {
        transfer_order(self.reader(), (class, number), sender, line_breaks).await
    }
}
