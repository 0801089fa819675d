//! What the commands on the JSON API share: where it is, who asks, which days, which file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Where the JSON API is, and who asks. A token is never a word of the command line.
#[derive(Clone, Debug, Args)]
pub struct ConsoleArgs {
    /// The address of the server.
    #[arg(long, global = true, value_name = "URL", env = "KINCHAKU_SERVER", hide_env = true)]
    pub server: Option<String>,
    /// The number of the issuing region.
    #[arg(long, global = true, value_name = "N", env = "KINCHAKU_MUNI", hide_env = true)]
    pub muni: Option<u64>,
    /// The certificate authority of the server, PEM.
    #[arg(long, global = true, value_name = "FILE", env = "KINCHAKU_CA", hide_env = true)]
    pub ca: Option<PathBuf>,
    /// The descriptor the token is read from.
    #[arg(long, global = true, value_name = "N")]
    pub token_fd: Option<u32>,
    /// The file the token is in, for its owner alone.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "KINCHAKU_TOKEN_FILE",
        hide_env = true
    )]
    pub token_file: Option<PathBuf>,
}

/// Which days, both included.
#[derive(Clone, Debug, Args)]
pub struct Days {
    /// The first.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub from: Option<String>,
    /// The last.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub to: Option<String>,
}

/// A list that may be long.
#[derive(Clone, Debug, Args)]
pub struct Listed {
    /// Which days.
    #[command(flatten)]
    pub days: Days,
    /// To its end.
    #[arg(long)]
    pub all: bool,
}

/// Of a day or of a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// A day.
    #[default]
    Day,
    /// A month.
    Month,
}

/// `results`.
#[derive(Clone, Debug, Args)]
pub struct ResultsArgs {
    /// Of a day or of a month.
    #[arg(long, value_enum, default_value_t = By::Day, hide_possible_values = true, value_name = "day|month")]
    pub by: By,
    /// Which days.
    #[command(flatten)]
    pub days: Days,
}

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportKind {
    /// Results by day.
    Daily,
    /// Results by month.
    Monthly,
    /// Transactions one by one.
    Transactions,
}

/// In which manner a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FlavourWish {
    /// Each column holds what its name says.
    #[default]
    Usual,
    /// As the older system wrote it.
    Legacy,
}

/// In which characters a CSV is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CharsetWish {
    /// UTF-8 with its mark.
    #[default]
    Utf8,
    /// Shift JIS, as older programs read it.
    Cp932,
}

/// `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// Which.
    #[arg(value_enum, value_name = "daily|monthly|transactions", hide_possible_values = true)]
    pub kind: ExportKind,
    /// Where it goes.
    #[arg(long = "out", value_name = "FILE", id = "file_out")]
    pub file: PathBuf,
    /// Which days.
    #[command(flatten)]
    pub days: Days,
    /// In which manner.
    #[arg(long, value_enum, default_value_t = FlavourWish::Usual, hide_possible_values = true, value_name = "usual|legacy")]
    pub flavour: FlavourWish,
    /// In which characters.
    #[arg(long, value_enum, default_value_t = CharsetWish::Utf8, hide_possible_values = true, value_name = "utf8|cp932")]
    pub charset: CharsetWish,
    /// As a spreadsheet.
    #[arg(long, conflicts_with_all = ["charset", "flavour"])]
    pub xlsx: bool,
}

/// `cancel`.
#[derive(Clone, Debug, Args)]
pub struct CancelArgs {
    /// Which payment.
    #[arg(value_name = "TRANID")]
    pub transaction: String,
    /// The whole payment's amount, as it is shown.
    #[arg(long, value_name = "YEN")]
    pub amount: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

impl By {
    /// As the API calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
        }
    }
}

impl ExportKind {
    /// As the API calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Monthly => "monthly",
            Self::Transactions => "transactions",
        }
    }
}
