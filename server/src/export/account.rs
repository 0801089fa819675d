//! Bank accounts. Branch codes have three digits and account numbers seven, whatever the source's form
//! allows (F169).

use std::fmt;

use super::kana::{KanaError, bank_kana};

/// The kind of an account, by the digit of the transfer file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// 普通
    Ordinary,
    /// 当座
    Current,
    /// 貯蓄
    Savings,
    /// その他
    Other,
}

impl AccountKind {
    /// Reads what people write: 普通, 当座, 貯蓄, その他.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "普通" => Some(Self::Ordinary),
            "当座" => Some(Self::Current),
            "貯蓄" => Some(Self::Savings),
            "その他" => Some(Self::Other),
            _ => None,
        }
    }

    pub(super) const fn digit(self) -> char {
        match self {
            Self::Ordinary => '1',
            Self::Current => '2',
            Self::Savings => '4',
            Self::Other => '9',
        }
    }
}

/// What is wrong with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountProblem {
    /// Not four digits.
    #[error("銀行コードは数字4桁です。")]
    Bank,
    /// Not three digits.
    #[error("支店コードは数字3桁です。")]
    Branch,
    /// Not one to seven digits.
    #[error("口座番号は数字7桁までです。")]
    Number,
    /// No holder.
    #[error("口座名義がありません。")]
    NoHolder,
    /// More than the file has room for. Banks take the first 30 characters, but only a person can say so.
    #[error("口座名義はカナで {length} 文字です。30 文字までを入れてください。")]
    LongHolder {
        /// In half-width characters.
        length: usize,
    },
    /// A character no bank has.
    #[error(transparent)]
    Kana(#[from] KanaError),
}

impl AccountProblem {
    /// The column of a list of shops that it is about.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::Branch => "branch",
            Self::Number => "account",
            Self::NoHolder | Self::LongHolder { .. } | Self::Kana(_) => "holder",
        }
    }
}

/// An account that money can be sent to.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub(super) bank: String,
    pub(super) branch: String,
    pub(super) kind: AccountKind,
    pub(super) number: String,
    pub(super) holder: String,
}

impl Account {
    /// Checks an account. Codes keep their leading zeros; a number may come without them.
    ///
    /// # Errors
    /// [`AccountProblem`].
    pub fn new(
        bank: &str,
        branch: &str,
        kind: AccountKind,
        number: &str,
        holder: &str,
    ) -> Result<Self, AccountProblem> {
        if !digits(bank) || bank.len() != 4 {
            return Err(AccountProblem::Bank);
        }
        if !digits(branch) || branch.len() != 3 {
            return Err(AccountProblem::Branch);
        }
        if !digits(number) || number.len() > 7 {
            return Err(AccountProblem::Number);
        }
        let holder = bank_kana(holder.trim())?;
        match holder.chars().count() {
            0 => return Err(AccountProblem::NoHolder),
            length @ 31.. => return Err(AccountProblem::LongHolder { length }),
            _ => (),
        }
        Ok(Self {
            bank: bank.to_owned(),
            branch: branch.to_owned(),
            kind,
            number: format!("{number:0>7}"),
            holder,
        })
    }

    /// The holder as banks carry it.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }
}

impl fmt::Debug for Account {
    /// Where money goes is nobody's business in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(…)")
    }
}

pub(super) fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
