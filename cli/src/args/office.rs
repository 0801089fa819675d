//! `kinchaku office …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CancelArgs, ConsoleArgs, ExportArgs, Listed, ResultsArgs, TransactionNamed};

/// The office's desk.
#[derive(Debug, Args)]
pub struct OfficeArgs {
    /// Where, and who.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: OfficeCommand,
}

/// What an office does.
#[derive(Debug, Subcommand)]
pub enum OfficeCommand {
    /// Whose token this is.
    Me,
    /// The folder of programmes.
    #[command(subcommand)]
    Programmes(ProgrammesCommand),
    /// How far one is.
    Programme(ProgrammeNamed),
    /// Lists of people.
    #[command(subcommand)]
    Roster(RosterCommand),
    /// Everything that was posted.
    Transactions(OfficeTransactions),
    /// One payment.
    Show(TransactionNamed),
    /// Take a payment back.
    Cancel(CancelArgs),
    /// Sums by day or month.
    Results(ResultsArgs),
    /// Files.
    Export(ExportArgs),
    /// Settlement periods.
    Settlements(OfficeSettlements),
    /// Close what is over.
    Close(CloseArgs),
    /// The bank's file.
    Transfer(TransferArgs),
    /// A sale, its applications and its draw.
    #[command(subcommand)]
    Sale(SaleCommand),
    /// Orders.
    Orders(OrdersArgs),
    /// Give an order's money back.
    Refund(RefundArgs),
    /// The money of an order was taken at the counter.
    Paid(RefundArgs),
    /// Exchanges of points.
    Exchanges(ExchangesArgs),
    /// A member by card number.
    Member(MemberArgs),
    /// Take value away.
    RevokeValue(ForfeitArgs),
    /// Run a job.
    Job(JobArgs),
    /// The trial balance.
    Books,
    /// Whether the books agree with themselves.
    Audit,
    /// What was done, and by whom.
    Log(LogArgs),
}

/// The folder of programmes.
#[derive(Debug, Subcommand)]
pub enum ProgrammesCommand {
    /// The one in force.
    Show(ProgrammesShow),
    /// Look at one.
    Check(TownFolder),
    /// Put one in force.
    Load(TownFolder),
}

/// `programmes show`.
#[derive(Clone, Debug, Args)]
pub struct ProgrammesShow {
    /// One of its files.
    #[arg(value_name = "FILE")]
    pub town_file: Option<String>,
}

/// A folder.
#[derive(Clone, Debug, Args)]
pub struct TownFolder {
    /// Which.
    #[arg(value_name = "FOLDER")]
    pub town_folder: PathBuf,
}

/// A programme.
#[derive(Clone, Copy, Debug, Args)]
pub struct ProgrammeNamed {
    /// Which.
    #[arg(value_name = "N")]
    pub programme: u32,
}

/// Lists of people.
#[derive(Debug, Subcommand)]
pub enum RosterCommand {
    /// Take one in, whole.
    Import(RosterImport),
}

/// `roster import`.
#[derive(Clone, Debug, Args)]
pub struct RosterImport {
    /// Its name.
    #[arg(value_name = "NAME")]
    pub roster: String,
    /// The CSV.
    #[arg(value_name = "FILE")]
    pub roster_file: PathBuf,
}

/// `transactions`.
#[derive(Clone, Debug, Args)]
pub struct OfficeTransactions {
    /// Of one shop.
    #[arg(long, value_name = "ID")]
    pub shop: Option<String>,
    /// Which days.
    #[command(flatten)]
    pub listed: Listed,
}

/// `settlements`.
#[derive(Clone, Copy, Debug, Args)]
pub struct OfficeSettlements {
    /// Of one class.
    #[arg(long, value_name = "N")]
    pub class: Option<u64>,
    /// What each shop is paid for one period of it.
    #[arg(long, value_name = "NUMBER", requires = "class")]
    pub period: Option<u32>,
}

/// `close`.
#[derive(Clone, Debug, Args)]
pub struct CloseArgs {
    /// Of one class.
    #[arg(long, value_name = "N")]
    pub class: Option<u64>,
    /// Periods that ended on this day or before.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub through: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `transfer`.
#[derive(Clone, Debug, Args)]
pub struct TransferArgs {
    /// Of which class.
    #[arg(value_name = "CLASS", id = "class_named")]
    pub class: u64,
    /// Which period.
    #[arg(value_name = "NUMBER")]
    pub number: u32,
    /// Where it goes.
    #[arg(long = "out", value_name = "FILE", id = "file_out")]
    pub file: PathBuf,
}

/// A sale, its applications and its draw.
#[derive(Debug, Subcommand)]
pub enum SaleCommand {
    /// Make the seed of the draw and publish its hash.
    Commit(Seeded),
    /// Who applied.
    Applications(SaleApplications),
    /// Enter an application on paper.
    Apply(PaperArgs),
    /// An application that does not count.
    Void(SaleVoid),
    /// No more applications.
    CloseList(SaleClose),
    /// Draw.
    Draw(SaleDraw),
    /// Who won.
    Outcome(ProgrammeNamed),
    /// Draw again and compare.
    Verify(SaleVerify),
}

/// `sale commit`.
#[derive(Clone, Debug, Args)]
pub struct Seeded {
    /// Of which sale.
    #[command(flatten)]
    pub named: ProgrammeNamed,
    /// Where the seed is kept.
    #[arg(long, value_name = "FILE")]
    pub seed_file: PathBuf,
}

/// `sale applications`.
#[derive(Clone, Copy, Debug, Args)]
pub struct SaleApplications {
    /// Of which sale.
    #[command(flatten)]
    pub named: ProgrammeNamed,
    /// Those alone whose applicant owes points.
    #[arg(long)]
    pub owing: bool,
}

/// `sale void`.
#[derive(Clone, Debug, Args)]
pub struct SaleVoid {
    /// Of which sale.
    #[command(flatten)]
    pub named: ProgrammeNamed,
    /// Its number.
    #[arg(value_name = "APPLICATION")]
    pub application: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `sale close-list`.
#[derive(Clone, Copy, Debug, Args)]
pub struct SaleClose {
    /// Of which sale.
    #[command(flatten)]
    pub named: ProgrammeNamed,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `sale draw`.
#[derive(Clone, Debug, Args)]
pub struct SaleDraw {
    /// With which seed.
    #[command(flatten)]
    pub seeded: Seeded,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `sale verify`.
#[derive(Clone, Debug, Args)]
pub struct SaleVerify {
    /// Of which sale.
    #[command(flatten)]
    pub named: ProgrammeNamed,
    /// The hash that was published before applications closed, as somebody noted it.
    #[arg(long, value_name = "HEX")]
    pub commitment: Option<String>,
}

/// `orders`.
#[derive(Clone, Debug, Args)]
pub struct OrdersArgs {
    /// In one state.
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// To its end.
    #[arg(long)]
    pub all: bool,
}

/// `refund`.
#[derive(Clone, Copy, Debug, Args)]
pub struct RefundArgs {
    /// Which.
    #[arg(value_name = "ORDER")]
    pub order: u64,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `sale apply`.
#[derive(Clone, Debug, Args)]
pub struct PaperArgs {
    /// Which sale.
    #[arg(value_name = "N")]
    pub programme: u32,
    /// Of the same form, where no answer came.
    #[arg(long, value_name = "HEX")]
    pub nonce: Option<String>,
}

/// `log`.
#[derive(Clone, Copy, Debug, Args)]
pub struct LogArgs {
    /// After this line.
    #[arg(long = "after", value_name = "LINE")]
    pub after_line: Option<u64>,
}

/// `job`.
#[derive(Clone, Debug, Args)]
pub struct JobArgs {
    /// Which.
    #[arg(value_name = "NAME")]
    pub job: String,
    /// As if it were this time.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// `exchanges`.
#[derive(Clone, Debug, Args)]
pub struct ExchangesArgs {
    /// In one state.
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// To its end.
    #[arg(long)]
    pub all: bool,
}

/// `member`.
#[derive(Clone, Debug, Args)]
pub struct MemberArgs {
    /// The card number.
    #[arg(value_name = "CARD")]
    pub card_number: String,
}

/// `revoke-value`.
#[derive(Clone, Debug, Args)]
pub struct ForfeitArgs {
    /// Whose.
    #[arg(value_name = "CARD")]
    pub card_number: String,
    /// Which value.
    #[arg(long = "class", id = "value_class", value_name = "N")]
    pub class: u32,
    /// How much; all that is free where absent.
    #[arg(long = "amount", id = "amount", value_name = "YEN", value_parser = clap::value_parser!(u64).range(1..))]
    pub units: Option<u64>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The same key again is the same.
    #[arg(long, value_name = "KEY")]
    pub key: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}
