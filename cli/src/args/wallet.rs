//! `kinchaku wallet …`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use super::acquire::{Apply, Buy, Charge, Exchange, Receive};
use super::{Device, TownArgs};

/// A resident's wallet.
#[derive(Debug, Args)]
pub struct WalletArgs {
    /// Which device.
    #[command(flatten)]
    pub device: Device,
    /// What to do with it.
    #[command(subcommand)]
    pub command: WalletCommand,
}

/// What a wallet does.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Enrol with an invitation code.
    Enrol(Enrol),
    /// What can be used.
    Status,
    /// Pay a shop.
    Pay(Pay),
    /// Show a receipt again.
    Receipt(ReceiptArgs),
    /// Take a shop's refusal.
    Refusal(RefusalArgs),
    /// The newest payments and transactions.
    History,
    /// Send and fetch.
    Sync,
    /// The PIN.
    #[command(subcommand)]
    Pin(PinCommand),
    /// Open paying again with the office's code.
    Unlock(Unlock),
    /// What is sold and handed out.
    Offers,
    /// Fetch what is handed out.
    Receive(Receive),
    /// Apply for lots.
    Apply(Apply),
    /// Buy lots.
    Buy(Buy),
    /// Top up.
    Charge(Charge),
    /// Turn points into money.
    Exchange(Exchange),
    /// What was applied for, ordered and received.
    Orders,
    /// How records and keys are.
    Doctor,
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, Args)]
pub struct SecretFrom {
    /// The descriptor PINs are read from, one a line.
    #[arg(long, value_name = "N")]
    pub pin_fd: Option<u32>,
}

/// What was scanned: a picture, or its text.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("seen").required(true).args(["image", "text"]))]
pub struct Seen {
    /// A picture.
    #[arg(value_name = "IMAGE")]
    pub image: Option<PathBuf>,
    /// The text itself.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
}

/// `enrol`.
#[derive(Debug, Args)]
pub struct Enrol {
    /// Where.
    #[command(flatten)]
    pub town: TownArgs,
    /// The PIN.
    #[command(flatten)]
    pub secret: SecretFrom,
}

/// `pay`.
#[derive(Debug, Args)]
pub struct Pay {
    /// The shop's code.
    #[command(flatten)]
    pub seen: Seen,
    /// How much.
    #[arg(long, value_name = "YEN", allow_hyphen_values = true)]
    pub amount: String,
    /// Points may be used.
    #[arg(long, conflicts_with = "part")]
    pub points: bool,
    /// An amount for a class, by hand.
    #[arg(long, value_name = "CLASS=AMOUNT")]
    pub part: Vec<String>,
    /// The same amount was paid here a moment ago, and that is right.
    #[arg(long)]
    pub duplicate_ok: bool,
    /// Where the receipt's picture goes.
    #[arg(long, value_name = "PNG")]
    pub receipt: Option<PathBuf>,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// The PIN.
    #[command(flatten)]
    pub secret: SecretFrom,
}

/// `receipt`.
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// The payment's number, or its beginning.
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Where the picture goes.
    #[arg(long, value_name = "PNG")]
    pub out: Option<PathBuf>,
}

/// `refusal`.
#[derive(Debug, Args)]
pub struct RefusalArgs {
    /// The shop's code.
    #[command(flatten)]
    pub seen: Seen,
}

/// `pin`.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum PinCommand {
    /// How many tries are left.
    Status,
    /// Another PIN.
    Change(SecretFrom),
}

/// `unlock`.
#[derive(Debug, Args)]
pub struct Unlock {
    /// The code from the office.
    #[arg(value_name = "CODE")]
    pub code: String,
    /// The new PIN.
    #[command(flatten)]
    pub secret: SecretFrom,
}
