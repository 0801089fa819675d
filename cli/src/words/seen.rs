//! What was scanned, in a sentence: what it is, and what it is good for. The same sentences whoever
//! asks, a wallet that wanted to pay gets [`super::scan::shop_code`] instead.

use kinchaku_design::{Key, Lang, say, text};
use kinchaku_protocol::mpm::{ConsumerCode, Everyday, Network, Parsed, Scanned};

use super::scan::faulty;

/// The sentence.
pub fn sentence(lang: Lang, scanned: &Scanned) -> String {
    let plain = |key| text(lang, key).to_owned();
    match scanned {
        Scanned::Emv(parsed) => shop(lang, parsed),
        Scanned::Receipt(_) => plain(Key::SeenReceipt),
        Scanned::Refusal(_) => plain(Key::SeenRefusal),
        Scanned::MyQr(_) => plain(Key::SeenMyQr),
        Scanned::Voucher(_) => plain(Key::SeenVoucher),
        Scanned::Invitation(_) => plain(Key::SeenInvitation),
        Scanned::Newer => plain(Key::ErrorQrNewer),
        Scanned::Service { name } => say(lang, Key::SeenService, &[("service", name)]),
        Scanned::Web { host } => say(lang, Key::SeenWeb, &[("host", host)]),
        Scanned::Consumer(ConsumerCode::Digits { service: Some(service) }) => {
            say(lang, Key::SeenConsumerService, &[("service", service)])
        }
        Scanned::Consumer(_) => plain(Key::SeenConsumer),
        Scanned::Everyday(thing) => everyday(lang, thing),
        Scanned::Text(_) => plain(Key::SeenText),
        Scanned::Empty => plain(Key::SeenEmpty),
    }
}

fn shop(lang: Lang, parsed: &Parsed) -> String {
    let name = parsed.payload.shown_name().filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| text(lang, Key::SeenNameless).to_owned());
    let whole = parsed.is_whole();
    match (parsed.fault(), parsed.network()) {
        (None, Network::Ours) => say(lang, Key::SeenShopOurs, &[("name", &name)]),
        (_, network @ (Network::Jpqr | Network::Other(_))) if whole => {
            let service = network.name().unwrap_or_default();
            say(lang, Key::SeenShopService, &[("service", service), ("name", &name)])
        }
        (Some(fault), _) => text(lang, faulty(fault)).to_owned(),
        (None, _) => say(lang, Key::SeenShopUnknown, &[("name", &name)]),
    }
}

fn everyday(lang: Lang, thing: &Everyday) -> String {
    let what = text(lang, word(thing));
    match thing.name() {
        Some(name) => say(lang, Key::SeenThingNamed, &[("what", what), ("name", name)]),
        None => say(lang, Key::SeenThing, &[("what", what)]),
    }
}

/// What people call it.
pub const fn word(thing: &Everyday) -> Key {
    match thing {
        Everyday::Wifi { .. } => Key::ThingWifi,
        Everyday::Contact { .. } => Key::ThingContact,
        Everyday::Mail { .. } => Key::ThingMail,
        Everyday::Phone { .. } => Key::ThingPhone,
        Everyday::Message { .. } => Key::ThingMessage,
        Everyday::Place => Key::ThingPlace,
        Everyday::Event { .. } => Key::ThingEvent,
        Everyday::Login { .. } => Key::ThingLogin,
        Everyday::Setup => Key::ThingSetup,
        Everyday::Product { .. } => Key::ThingProduct,
        Everyday::App { .. } => Key::ThingApp,
    }
}
