//! `kinchaku shop …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CancelArgs, ConsoleArgs, Device, ExportArgs, Listed, ResultsArgs, Seen, TownArgs};

/// A shop's device.
#[derive(Debug, Args)]
pub struct ShopArgs {
    /// Which device.
    #[command(flatten)]
    pub device: Device,
    /// What to do with it.
    #[command(subcommand)]
    pub command: ShopCommand,
}

/// What a shop's device does.
#[derive(Debug, Subcommand)]
pub enum ShopCommand {
    /// Enrol with an invitation code.
    Enrol(ShopEnrol),
    /// What was received.
    Status,
    /// Check a receipt without a network, and answer.
    Check(ShopCheck),
    /// Send a receipt up and wait for the server's word.
    Relay(ShopRelay),
    /// Send and fetch.
    Sync,
    /// What was posted.
    Sales(ShopConsole<Listed>),
    /// One payment.
    Show(ShopConsole<TransactionNamed>),
    /// Take a payment back.
    Cancel(ShopConsole<CancelArgs>),
    /// Write down that cash was given back.
    CashRefund(ShopConsole<CashRefund>),
    /// Sums by day or month.
    Results(ShopConsole<ResultsArgs>),
    /// What is paid, and when.
    Settlements(ShopConsole<Nothing>),
    /// Files.
    Export(ShopConsole<ExportArgs>),
}

/// A command on the JSON API: for a device, or for somebody with a token.
#[derive(Debug, Args)]
pub struct ShopConsole<T: Args> {
    /// Where, and who.
    #[command(flatten)]
    pub console: ConsoleArgs,
    /// Which shop, where a token is for several.
    #[arg(long, value_name = "ID")]
    pub shop: Option<String>,
    /// What.
    #[command(flatten)]
    pub asked: T,
}

/// A command without words of its own.
#[derive(Clone, Copy, Debug, Args)]
pub struct Nothing {}

/// `show`.
#[derive(Clone, Debug, Args)]
pub struct TransactionNamed {
    /// Which.
    #[arg(value_name = "TRANID")]
    pub transaction: String,
}

/// `cash-refund`.
#[derive(Clone, Debug, Args)]
pub struct CashRefund {
    /// Which.
    #[command(flatten)]
    pub named: TransactionNamed,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub note: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `enrol`.
#[derive(Debug, Args)]
pub struct ShopEnrol {
    /// Where.
    #[command(flatten)]
    pub town: TownArgs,
}

/// `check`.
#[derive(Debug, Args)]
pub struct ShopCheck {
    /// The customer's code.
    #[command(flatten)]
    pub seen: Seen,
    /// Refuse it, good as it may be.
    #[arg(long)]
    pub refuse: bool,
    /// Where the picture of a refusal goes.
    #[arg(long, value_name = "PNG")]
    pub refusal: Option<PathBuf>,
}

/// `relay`.
#[derive(Debug, Args)]
pub struct ShopRelay {
    /// The customer's code.
    #[command(flatten)]
    pub seen: Seen,
}
