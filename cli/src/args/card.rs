//! `kinchaku card …`.

use clap::{Args, Subcommand};

use super::Device;
use super::wallet::SecretFrom;

/// A My Number card in a reader, alone or with a wallet.
#[derive(Debug, Args)]
pub struct CardArgs {
    /// Which wallet, where one is needed.
    #[command(flatten)]
    pub device: Device,
    /// Which reader.
    #[command(flatten)]
    pub reader: ReaderArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: CardCommand,
}

/// Which reader, and how long to wait at it.
#[derive(Clone, Debug, Args)]
pub struct ReaderArgs {
    /// Its name, or part of it.
    #[arg(long, global = true, value_name = "NAME")]
    pub reader: Option<String>,
    /// Seconds.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u32,
}

/// What is done with a card.
#[derive(Debug, Subcommand)]
pub enum CardCommand {
    /// What card it is, and the tries left.
    Status,
    /// Who is here again, without a PIN.
    Recognise,
    /// Name, address, birth date and sex.
    Read(Entered),
    /// A certificate.
    ShowCertificate(ShowCertificate),
    /// Link the card to a wallet.
    Link(Link),
    /// The person of the linked card is here.
    Login(Entered),
    /// Open paying again.
    Unlock(Entered),
    /// The My Key ID.
    #[command(subcommand)]
    Id(IdCommand),
    /// What is linked.
    Standing,
    /// Send a proof that waits.
    Resume,
}

/// What is entered for the card.
#[derive(Clone, Copy, Debug, Args)]
pub struct Entered {
    /// Where it comes from.
    #[command(flatten)]
    pub secret: SecretFrom,
    /// Use the last try, too.
    #[arg(long)]
    pub last_try: bool,
}

/// `show-certificate`.
#[derive(Clone, Copy, Debug, Args)]
pub struct ShowCertificate {
    /// The one for signatures.
    #[arg(long)]
    pub signature: bool,
    /// As PEM.
    #[arg(long)]
    pub pem: bool,
    /// Its password.
    #[command(flatten)]
    pub entered: Entered,
}

/// `link`.
#[derive(Clone, Copy, Debug, Args)]
pub struct Link {
    /// A card without a certificate for signatures.
    #[arg(long)]
    pub minor: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// Password or PINs.
    #[command(flatten)]
    pub entered: Entered,
}

/// `id`.
#[derive(Debug, Subcommand)]
pub enum IdCommand {
    /// A candidate made by the server.
    Generate(Entered),
    /// The last candidate.
    Accept(IdNamed),
    /// One's own choice.
    Choose(IdNamed),
    /// No ID any more.
    Revoke(IdRevoked),
}

/// A step about one ID.
#[derive(Clone, Debug, Args)]
pub struct IdNamed {
    /// Which.
    #[arg(value_name = "ID")]
    pub key_id: String,
    /// The PIN, where the card is asked.
    #[command(flatten)]
    pub entered: Entered,
}

/// `id revoke`.
#[derive(Clone, Debug, Args)]
pub struct IdRevoked {
    /// Which.
    #[command(flatten)]
    pub named: IdNamed,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}
