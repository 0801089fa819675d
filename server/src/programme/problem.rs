//! What is wrong with a town's folder, said so that who wrote it can mend it: file, line, key, and why.

use std::fmt;

use kinchaku_protocol::time::Day;

use crate::calendar::{CalendarError, HolidayProblem};
use crate::export::AccountProblem;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgrammeProblem {
    /// The file, as seen from the town's folder.
    pub file: String,
    /// The line, counted from 1; 0 where it is about the file as a whole.
    pub line: usize,
    /// The key (`lots.price`) or the column; empty where it is about none.
    pub key: String,
    /// What is wrong.
    pub wrong: Wrong,
}

impl fmt::Display for ProgrammeProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, " {} 行目", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, " {}", self.key)?;
        }
        write!(f, ": {}", self.wrong)
    }
}

impl std::error::Error for ProgrammeProblem {}

/// The ways in which something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The file cannot be read.
    #[error("ファイルを読めません。")]
    Unreadable,
    /// No TOML, or no CSV.
    #[error("書き方に誤りがあります（{said}）。")]
    Syntax {
        /// What the parser says, in its own words.
        said: String,
    },
    /// It has to be there.
    #[error("必要な項目がありません。")]
    Missing,
    /// Nobody knows it: most often a slip of the pen.
    #[error("この項目はありません。つづりを確かめてください。")]
    Unknown,
    /// Another kind of value.
    #[error("{wanted}で書いてください。")]
    Kind {
        /// What it should be.
        wanted: &'static str,
    },
    /// A number that is too small or too large.
    #[error("{least} から {most} までの数で書いてください。")]
    Range {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// None of the words it may be.
    #[error("次のどれかで書いてください: {}", .words.join("、"))]
    Choice {
        /// The words.
        words: Vec<&'static str>,
    },
    /// A time with seconds.
    #[error("時刻は分までで書いてください。")]
    Seconds,
    /// A time with an offset.
    #[error("日本の時刻を、時差を付けずに書いてください。")]
    Offset,
    /// It should come after something else.
    #[error("{other} より後にしてください。")]
    Order {
        /// The key of the earlier one.
        other: &'static str,
    },
    /// Something that is named nowhere.
    #[error("「{name}」という{what}はありません。")]
    NoSuch {
        /// What it would be.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something that is there twice.
    #[error("「{name}」は前にもあります。")]
    Twice {
        /// Its name or number.
        name: String,
    },
    /// A programme's class is of another kind than it needs.
    #[error("「{name}」は{wanted}ではありません。")]
    WrongClass {
        /// The class.
        name: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// The end moves on only for points that were given.
    #[error("延伸型の有効期限は、無償のポイント（legal = \"free_point\"）だけに使えます。")]
    ExtendingPaid,
    /// What is sold has been paid for.
    #[error("販売するものは無償のポイント（free_point）にできません。")]
    SoldFree,
    /// The face value is below the price.
    #[error("額面（face）を販売価格（price）より小さくできません。")]
    FaceBelowPrice,
    /// The ceilings do not leave a single lot.
    #[error("上限額がひと口分に足りません。")]
    NoStock,
    /// The fewest points are not whole steps.
    #[error("step（{step}）の倍数で、step 以上にしてください。")]
    NotSteps {
        /// Points in one step.
        step: u64,
    },
    /// The class ends on another day than the programme.
    #[error("種類の有効期限（{until}）と合っていません。")]
    OtherEnd {
        /// The class's last day.
        until: Day,
    },
    /// The days of use are not within the days that are settled.
    #[error("利用期間が精算の期間（settlement の first から last）からはみ出しています。")]
    OutsideSettlement,
    /// No step above the one before it.
    #[error("ランクの from は下のランクより大きくしてください。")]
    RankOrder,
    /// Not in ASCII, which a payment code needs.
    #[error("半角の英数字で書いてください。")]
    NotAscii,
    /// A row with more or fewer cells than the header.
    #[error("列の数が見出しと違います（{found} 列）。")]
    Columns {
        /// How many it has.
        found: usize,
    },
    /// About a bank account.
    #[error(transparent)]
    Account(#[from] AccountProblem),
    /// About the list of holidays.
    #[error(transparent)]
    Holidays(#[from] HolidayProblem),
    /// A date of settlement that cannot be told.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}
