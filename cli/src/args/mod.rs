//! The command line: English words that stay. What people read of it comes from `design/strings.json`,
//! put in by [`localise`]; what is said of a wrong one is in [`wrong`].

mod acquire;
mod card;
mod console;
mod console_words;
mod localise;
mod office;
mod shop;
mod wallet;
mod wrong;

pub use acquire::{Apply, Buy, Charge, Exchange, Receive};
pub use card::{CardArgs, CardCommand, Entered, IdCommand, IdNamed, Link, ReaderArgs, ShowCertificate};
pub use console::{By, CancelArgs, CharsetWish, ConsoleArgs, Days, ExportArgs, FlavourWish, Listed, ResultsArgs};
pub use localise::localised;
pub use office::{
    CloseArgs, ExchangesArgs, ForfeitArgs, JobArgs, LogArgs, MemberArgs, OfficeArgs, OfficeCommand, OfficeSettlements,
    OfficeTransactions, OrdersArgs, PaperArgs, ProgrammeNamed, ProgrammesCommand, ProgrammesShow, RefundArgs,
    RosterCommand, RosterImport, SaleApplications, SaleClose, SaleCommand, SaleDraw, SaleVerify, SaleVoid, Seeded,
    TownFolder, TransferArgs,
};
pub use shop::{
    CashRefund, Nothing, ShopArgs, ShopCheck, ShopCommand, ShopConsole, ShopEnrol, ShopRelay, TransactionNamed,
};
pub use wallet::{Enrol, Pay, PinCommand, ReceiptArgs, RefusalArgs, Seen, Unlock, WalletArgs, WalletCommand};
pub use wrong::answer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kinchaku_design::Lang;

use crate::output::ColourWish;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "kinchaku", version)]
pub struct Arguments {
    /// How to speak.
    #[command(flatten)]
    pub style: Style,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How to speak.
#[derive(Clone, Debug, Args)]
pub struct Style {
    /// For machines.
    #[arg(long, global = true)]
    pub json: bool,
    /// The language.
    #[arg(long, global = true, default_value_t = Lang::Ja)]
    pub lang: Lang,
    /// Colour.
    #[arg(long, global = true, value_enum, default_value_t = ColourWish::Auto, hide_possible_values = true)]
    pub color: ColourWish,
    /// Another time than the machine's: seconds from now, or an RFC 3339 time.
    #[cfg(feature = "demo")]
    #[arg(long, global = true, allow_hyphen_values = true)]
    pub clock: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A resident's wallet.
    Wallet(WalletArgs),
    /// A shop's device.
    Shop(ShopArgs),
    /// The office's desk.
    Office(OfficeArgs),
    /// A My Number card.
    Card(CardArgs),
    /// QR codes.
    #[command(subcommand)]
    Qr(QrCommand),
    /// One day in a town.
    #[cfg(feature = "demo")]
    Demo(Demo),
}

/// QR codes.
#[derive(Debug, Subcommand)]
pub enum QrCommand {
    /// Pictures to texts.
    Read {
        /// PNG or JPEG files.
        #[arg(required = true, value_name = "IMAGE")]
        images: Vec<PathBuf>,
    },
    /// Payloads to what they say.
    Parse {
        /// A payload, or `-` for one a line on standard input.
        #[arg(value_name = "TEXT")]
        payload: String,
    },
}

/// The folder of a device, and whether it may use a network.
#[derive(Clone, Debug, Args)]
pub struct Device {
    /// Where the device's records are.
    #[arg(long, global = true, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// As if there were no network.
    #[arg(long, global = true)]
    pub offline: bool,
}

/// A town, as an invitation names it.
#[derive(Clone, Debug, Args)]
pub struct TownArgs {
    /// The address of the server.
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// The number of the issuing region.
    #[arg(long, value_name = "N")]
    pub muni: u64,
    /// The town's root keys, compressed, in hexadecimal.
    #[arg(long = "root", required = true, value_name = "HEX")]
    pub root: Vec<String>,
    /// The certificate authority of the server, PEM.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The invitation code.
    #[arg(value_name = "CODE")]
    pub code: String,
}

/// The demo.
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub struct Demo {
    /// Where pictures and documents go.
    #[arg(long = "out", value_name = "DIR", default_value = "target/demo-out")]
    pub folder: PathBuf,
    /// The server's database.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}
