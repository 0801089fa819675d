//! `kinchaku shop …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Device, Seen, TownArgs};

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
