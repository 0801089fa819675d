//! What leaves the books as files: results and transactions for shops and offices (CSV, XLSX), and the
//! transfer order for the bank (全銀).
//!
//! The way in for HTTP and commands is `Books::export(FileRequest, now) -> ExportFile` (a streaming body:
//! `axum::body::Body::new(file)`, or piece by piece with `file.next().await`) and `Books::transfer_order(class,
//! number, &Sender, line_breaks) -> TransferOrder` (a whole file in memory, some thousand records).
//!
//! Below that: pure writers over rows that a query hands in one by one: nothing is collected, so a file may be of any
//! size. A row that cannot be written is an error before a byte of it is out.

mod account;
mod books;
mod charset;
mod csv;
mod file;
mod kana;
mod results;
mod table;
#[cfg(test)]
mod tests;
mod transactions;
mod transfer;
mod xlsx;
mod zengin;

pub use self::account::{Account, AccountKind, AccountProblem};
pub use self::books::Exports;
pub use self::charset::Charset;
pub use self::csv::{CsvWriter, Written};
pub use self::file::{ExportFile, ExportProblem, FileRequest, Form, REPLACED, Scope, What};
pub use self::kana::{KanaError, bank_kana};
pub use self::results::{DailyRow, MonthlyRow, Sales, Tally};
pub use self::table::{Cell, Column, Flavour, Row, Service};
pub use self::transactions::{NetUse, Operation, Place, TransactionRow};
pub use self::transfer::{TransferOrder, TransferProblem, transfer_order};
pub use self::xlsx::{XlsxProblem, write_xlsx};
pub use self::zengin::{Sender, Totals, Transfer, ZenginProblem, ZenginWriter};
