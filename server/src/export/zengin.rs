//! The transfer order for the bank: 総合振込 in the form of 全国銀行協会 (全銀), records of 120 bytes in JIS
//! X 0201: a header, one record for each transfer, a trailer with count and sum, an end.
//!
//! Numbers stand right with zeros before them, texts left with spaces after them.

use std::io::{self, Write};

use kinchaku_protocol::money::Amount;
use kinchaku_protocol::time::Day;

use super::account::{Account, digits};
use super::kana::bank_kana;

const RECORD: usize = 120;

/// Whose money is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The number the bank gave, up to ten digits (委託者コード).
    pub code: String,
    /// The account it comes from; its holder is the name that receivers see (F098).
    pub account: Account,
    /// The bank's name in kana.
    pub bank_name: String,
    /// The branch's name in kana.
    pub branch_name: String,
}

/// One payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Where it goes.
    pub account: Account,
    /// The bank's name in kana; may be empty.
    pub bank_name: String,
    /// The branch's name in kana; may be empty.
    pub branch_name: String,
    /// How much.
    pub amount: Amount,
    /// A number of ours, up to ten digits, that the bank carries along; may be empty.
    pub reference: String,
}

/// What was ordered in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Transfers.
    pub count: u32,
    /// Yen.
    pub amount: Amount,
}

/// Why an order cannot be written. Nothing of the row is out then.
#[derive(Debug, thiserror::Error)]
pub enum ZenginProblem {
    /// Of the writer.
    #[error("ファイルに書けません。")]
    Io(#[from] io::Error),
    /// Nothing to send, or more than ten digits.
    #[error("振込金額 {amount} 円は振込データに書けません。")]
    Amount {
        /// How much.
        amount: Amount,
    },
    /// More than 999,999 transfers or twelve digits in all.
    #[error("件数か合計がひとつの振込データに入りません。")]
    Full,
    /// The sender's number or a reference has more than ten digits, or other characters.
    #[error("番号は数字10桁までです。")]
    Number,
    /// Not a day of the calendar.
    #[error("振込日が正しくありません。")]
    Day,
}

/// Writes an order.
pub struct ZenginWriter<W> {
    out: W,
    line_breaks: bool,
    totals: Totals,
}

impl<W: Write> ZenginWriter<W> {
    /// Begins an order for a day on which banks are open. `line_breaks` puts CR LF after each record, as most
    /// banks' web pages take it.
    ///
    /// # Errors
    /// [`ZenginProblem`].
    pub fn new(out: W, sender: &Sender, day: Day, line_breaks: bool) -> Result<Self, ZenginProblem> {
        let date = day.date().ok_or(ZenginProblem::Day)?;
        let mut record = Record::new("1210");
        record.number(&sender.code, 10)?;
        record.text(&sender.account.holder, 40);
        record.text(&date.format("%m%d").to_string(), 4);
        record.bank(&sender.account, &sender.bank_name, &sender.branch_name, "");
        let mut writer = Self {
            out,
            line_breaks,
            totals: Totals::default(),
        };
        writer.put(record)?;
        Ok(writer)
    }

    /// Writes one transfer.
    ///
    /// # Errors
    /// [`ZenginProblem`].
    pub fn push(&mut self, transfer: &Transfer) -> Result<(), ZenginProblem> {
        let amount = transfer.amount;
        if amount.is_zero() || amount.units() > 9_999_999_999 {
            return Err(ZenginProblem::Amount { amount });
        }
        let totals = Totals {
            count: self.totals.count + 1,
            amount: self.totals.amount.plus(amount).map_err(|_| ZenginProblem::Full)?,
        };
        if totals.count > 999_999 || totals.amount.units() > 999_999_999_999 {
            return Err(ZenginProblem::Full);
        }
        let mut record = Record::new("2");
        // 手形交換所番号 is not used.
        record.bank(&transfer.account, &transfer.bank_name, &transfer.branch_name, "0000");
        record.text(&transfer.account.holder, 30);
        record.number(&amount.units().to_string(), 10)?;
        // 新規コード 0: neither new nor changed.
        record.text("0", 1);
        record.number(&transfer.reference, 10)?;
        record.number("", 10)?;
        // 振込指定区分 7: by wire (テレ振込). 識別表示 is left blank, as no EDI text follows.
        record.text("7", 1);
        self.put(record)?;
        self.totals = totals;
        Ok(())
    }

    /// Ends the order with trailer and end record.
    ///
    /// # Errors
    /// [`ZenginProblem::Io`].
    pub fn finish(mut self) -> Result<Totals, ZenginProblem> {
        let mut trailer = Record::new("8");
        trailer.number(&self.totals.count.to_string(), 6)?;
        trailer.number(&self.totals.amount.to_string(), 12)?;
        self.put(trailer)?;
        self.put(Record::new("9"))?;
        self.out.flush()?;
        Ok(self.totals)
    }

    fn put(&mut self, record: Record) -> Result<(), ZenginProblem> {
        let mut bytes = record.0;
        bytes.resize(RECORD, b' ');
        if self.line_breaks {
            bytes.extend_from_slice(b"\r\n");
        }
        Ok(self.out.write_all(&bytes)?)
    }
}

struct Record(Vec<u8>);

impl Record {
    fn new(start: &str) -> Self {
        Self(start.as_bytes().to_vec())
    }

    /// A text of one byte a character, cut where it is too long.
    fn text(&mut self, text: &str, width: usize) {
        let end = self.0.len() + width;
        self.0.extend(text.chars().filter_map(single_byte).take(width));
        self.0.resize(end, b' ');
    }

    /// A number, its digits to the right.
    fn number(&mut self, number: &str, width: usize) -> Result<(), ZenginProblem> {
        if number.len() > width || !(number.is_empty() || digits(number)) {
            return Err(ZenginProblem::Number);
        }
        self.0.extend(std::iter::repeat_n(b'0', width - number.len()));
        self.0.extend_from_slice(number.as_bytes());
        Ok(())
    }

    /// Names of banks are for people: what has no form in kana is left out, as the codes decide.
    fn bank(&mut self, account: &Account, bank_name: &str, branch_name: &str, between: &str) {
        self.text(&account.bank, 4);
        self.text(&bank_kana(bank_name).unwrap_or_default(), 15);
        self.text(&account.branch, 3);
        self.text(&bank_kana(branch_name).unwrap_or_default(), 15);
        self.text(between, between.len());
        self.text(&account.kind.digit().to_string(), 1);
        self.text(&account.number, 7);
    }
}

/// JIS X 0201: ASCII, and half-width katakana at 0xA1 to 0xDF.
fn single_byte(c: char) -> Option<u8> {
    match c {
        ' '..='~' => u8::try_from(u32::from(c)).ok(),
        '\u{ff61}'..='\u{ff9f}' => u8::try_from(u32::from(c) - 0xff61 + 0xa1).ok(),
        _ => None,
    }
}
