//! What a scanned text is, for a screen that says so.

use kinchaku_protocol::mpm::recognise::{ConsumerCode, Everyday, NextStep as CoreNext, Scanned as Core};
use kinchaku_protocol::mpm::{Fault, Network};

/// What a scanned text is; nothing of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CodeKind {
    /// A payment code, ours or another service's.
    Payment,
    /// A receipt of ours.
    Receipt,
    /// A shop's refusal, which gives the value back.
    Refusal,
    /// A person's own code of ours.
    MyQr,
    /// A code by which vouchers are fetched (F069).
    Voucher,
    /// An invitation.
    Invitation,
    /// One of ours of a later version.
    Newer,
    /// A payment address of another service.
    Service,
    /// Another web address.
    Web,
    /// A payer's own code, meant for a shop's scanner.
    Payer,
    /// A network to join.
    Wifi,
    /// A business card.
    Contact,
    /// A mail to write.
    Mail,
    /// A number to call.
    Phone,
    /// A short message to write.
    Message,
    /// A place on the map.
    Place,
    /// An appointment.
    Event,
    /// A login, or the secret of one.
    Login,
    /// A device or a mobile line to set up.
    Setup,
    /// An article's number.
    Product,
    /// Something for another app.
    App,
    /// Any other text.
    Text,
    /// Nothing at all.
    Empty,
}

/// A scanned text by its kind, with the one name there is of it.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct Scanned {
    /// What it is.
    pub kind: CodeKind,
    /// The service, host, network, person or text, fit for a screen, where there is one. By a stranger: shown, never
    /// followed, stored or logged.
    pub name: Option<String>,
    /// What the person can do with it.
    pub next: NextStep,
}

/// What the person can do with what was scanned; a screen offers it as a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NextStep {
    /// Pay the shop.
    Pay,
    /// Let the shop's device scan it.
    ShowToShop,
    /// Have the value back.
    TakeRefusal,
    /// Receive the voucher.
    ReceiveVoucher,
    /// Enrol this device.
    Enrol,
    /// Update the app.
    Update,
    /// Scan the same code again: the camera misread it.
    Rescan,
    /// Ask the shop: its code is broken.
    AskShop,
    /// Use the service's own app.
    OtherApp,
    /// Look for the shop's sheet instead.
    FindSheet,
}

/// Which rule a payment code breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum CodeFault {
    /// The camera misread it, or it is cut off.
    Misread,
    /// Its parts do not follow one another as they must.
    Broken,
    /// Something stands twice in it.
    Ambiguous,
    /// Longer than any may be.
    TooLong,
    /// The amount is zero or not a plain number.
    Amount,
    /// Something is missing or not as it must be.
    Incomplete,
}

/// Says what a scanned text is. Without a wallet, and without writing anything.
#[uniffi::export]
#[must_use]
pub fn recognise(text: String) -> Scanned {
    let found = kinchaku_protocol::mpm::recognise(&text);
    Scanned {
        kind: (&found).into(),
        next: found.next().into(),
        name: name(&found),
    }
}

fn name(found: &Core) -> Option<String> {
    match found {
        Core::Emv(parsed) => match parsed.network() {
            Network::Other(name) => Some(name.to_owned()),
            Network::Ours | Network::Jpqr | Network::Unknown => None,
        },
        Core::Service { name } => Some((*name).to_owned()),
        Core::Web { host } => Some(host.clone()),
        Core::Consumer(ConsumerCode::Digits { service }) => service.map(str::to_owned),
        Core::Everyday(thing) => thing.name().map(str::to_owned),
        Core::Text(start) => Some(start.clone()),
        // Whole documents of ours, and one-time codes: secrets, or nothing to be read by people.
        Core::Consumer(ConsumerCode::Emv | ConsumerCode::Jpqr)
        | Core::Receipt(_)
        | Core::Refusal(_)
        | Core::MyQr(_)
        | Core::Voucher(_)
        | Core::Invitation(_)
        | Core::Newer
        | Core::Empty => None,
    }
}

impl From<&Core> for CodeKind {
    fn from(found: &Core) -> Self {
        match found {
            Core::Emv(_) => Self::Payment,
            Core::Receipt(_) => Self::Receipt,
            Core::Refusal(_) => Self::Refusal,
            Core::MyQr(_) => Self::MyQr,
            Core::Voucher(_) => Self::Voucher,
            Core::Invitation(_) => Self::Invitation,
            Core::Newer => Self::Newer,
            Core::Service { .. } => Self::Service,
            Core::Web { .. } => Self::Web,
            Core::Consumer(_) => Self::Payer,
            Core::Everyday(thing) => thing.into(),
            Core::Text(_) => Self::Text,
            Core::Empty => Self::Empty,
        }
    }
}

impl From<&Everyday> for CodeKind {
    fn from(thing: &Everyday) -> Self {
        match thing {
            Everyday::Wifi { .. } => Self::Wifi,
            Everyday::Contact { .. } => Self::Contact,
            Everyday::Mail { .. } => Self::Mail,
            Everyday::Phone { .. } => Self::Phone,
            Everyday::Message { .. } => Self::Message,
            Everyday::Place => Self::Place,
            Everyday::Event { .. } => Self::Event,
            Everyday::Login { .. } => Self::Login,
            Everyday::Setup => Self::Setup,
            Everyday::Product { .. } => Self::Product,
            Everyday::App { .. } => Self::App,
        }
    }
}

impl From<CoreNext> for NextStep {
    fn from(next: CoreNext) -> Self {
        match next {
            CoreNext::Pay => Self::Pay,
            CoreNext::ShowToShop => Self::ShowToShop,
            CoreNext::TakeRefusal => Self::TakeRefusal,
            CoreNext::ReceiveVoucher => Self::ReceiveVoucher,
            CoreNext::Enrol => Self::Enrol,
            CoreNext::Update => Self::Update,
            CoreNext::Rescan => Self::Rescan,
            CoreNext::AskShop => Self::AskShop,
            CoreNext::OtherApp => Self::OtherApp,
            CoreNext::FindSheet => Self::FindSheet,
        }
    }
}

impl From<Fault> for CodeFault {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Misread => Self::Misread,
            Fault::Broken => Self::Broken,
            Fault::Ambiguous => Self::Ambiguous,
            Fault::TooLong => Self::TooLong,
            Fault::Amount => Self::Amount,
            Fault::Incomplete => Self::Incomplete,
        }
    }
}
