//! `kinchaku wallet offers, receive, apply, buy, charge, exchange, orders`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use kinchaku_protocol::api::acquire::PayWay;

/// How money is paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// By credit card.
    Card,
    /// By bank.
    Bank,
    /// At an ATM.
    Atm,
    /// At a convenience store.
    Store,
    /// At the counter.
    Counter,
}

impl From<Way> for PayWay {
    fn from(way: Way) -> Self {
        match way {
            Way::Card => Self::Card,
            Way::Bank => Self::Bank,
            Way::Atm => Self::Atm,
            Way::Store => Self::Store,
            Way::Counter => Self::Counter,
        }
    }
}

/// `receive`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("fetched").required(true).args(["image", "text", "offer"]))]
pub struct Receive {
    /// A picture of the voucher's code.
    #[arg(value_name = "IMAGE")]
    pub image: Option<PathBuf>,
    /// The text of the code.
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// The programme, chosen from the list.
    #[arg(long = "programme", value_name = "N")]
    pub offer: Option<u32>,
}

/// `apply`.
#[derive(Clone, Debug, Args)]
pub struct Apply {
    /// The sale.
    #[arg(long = "programme", value_name = "N")]
    pub offer: u32,
    /// How many lots.
    #[arg(long, value_name = "N")]
    pub units: u32,
    /// The telephone number.
    #[arg(long, value_name = "PHONE")]
    pub phone: Option<String>,
}

/// `buy`.
#[derive(Clone, Debug, Args)]
pub struct Buy {
    /// The sale.
    #[arg(long = "programme", value_name = "N")]
    pub offer: u32,
    /// How many lots.
    #[arg(long, value_name = "N")]
    pub units: u32,
    /// How it is paid.
    #[arg(long, value_enum, hide_possible_values = true)]
    pub pay_in: Way,
    /// The buyer number of the notice.
    #[arg(long, value_name = "N", requires = "phone")]
    pub buyer: Option<u64>,
    /// The telephone number of the application.
    #[arg(long, value_name = "PHONE")]
    pub phone: Option<String>,
}

/// `charge`.
#[derive(Clone, Debug, Args)]
pub struct Charge {
    /// The class.
    #[arg(long = "class", id = "value_class", value_name = "N")]
    pub class: u32,
    /// How much.
    #[arg(long, value_name = "YEN", allow_hyphen_values = true)]
    pub amount: String,
    /// How it is paid.
    #[arg(long, value_enum, hide_possible_values = true)]
    pub pay_in: Way,
}

/// `exchange`.
#[derive(Clone, Debug, Args)]
pub struct Exchange {
    /// The programme.
    #[arg(long = "programme", value_name = "N")]
    pub offer: u32,
    /// How many points.
    #[arg(
        long = "points",
        id = "points_given",
        value_name = "POINTS",
        allow_hyphen_values = true
    )]
    pub points: String,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}
