//! Pictures and scanned texts. What was scanned instead of a shop is named.

use kinchaku_core::pay::ShopCodeError;
use kinchaku_core::scan::{FileKind, ScanError};
use kinchaku_design::Key;
use kinchaku_protocol::mpm::{ConsumerCode, Fault, Scanned};

use super::{seen, store};
use crate::output::{Exit, Filling, Problem};

/// Why a picture gave no text.
pub fn scan(error: ScanError) -> Problem {
    let key = match error {
        ScanError::Empty => Key::ErrorPictureEmpty,
        ScanError::NotAPicture => Key::ErrorNotAPicture,
        ScanError::Unsupported(FileKind::Heic) => Key::ErrorPictureHeic,
        ScanError::Unsupported(kind) => {
            return Problem::new(Key::ErrorPictureKind, Exit::Other).named("kind", kind.name());
        }
        ScanError::Damaged => Key::ErrorPictureDamaged,
        ScanError::TooLarge => Key::ErrorPictureTooLarge,
        ScanError::NoCode => Key::ErrorNoQr,
        ScanError::OutOfTime => Key::ErrorScanTime,
        ScanError::Unavailable => Key::ErrorInternal,
    };
    Problem::new(key, Exit::Other)
}

/// Why a scanned text is not a shop to pay.
pub fn shop_code(error: &ShopCodeError) -> Problem {
    let other = |key| Problem::new(key, Exit::Other);
    match error {
        ShopCodeError::NotAShop(scanned) => not_a_shop(scanned),
        ShopCodeError::Faulty(fault) => other(faulty(*fault)),
        ShopCodeError::Newer => other(Key::ErrorQrNewer),
        ShopCodeError::NotVerified => Problem::new(Key::ErrorShopNotVerified, Exit::Refused),
        ShopCodeError::Withdrawn => Problem::new(Key::ErrorShopStopped, Exit::Refused),
        ShopCodeError::NeedsNetwork { .. } => Problem::new(Key::ErrorShopNoOffline, Exit::NeedsNetwork),
        ShopCodeError::NotEnrolled => other(Key::ErrorNotEnrolled),
        ShopCodeError::Store(error) => store::store(error),
    }
}

/// What it is instead, and where to look for the shop's code.
pub fn not_a_shop(scanned: &Scanned) -> Problem {
    let other = |key| Problem::new(key, Exit::Other);
    let service = |name: &str| other(Key::ErrorQrOtherService).named("service", name);
    match scanned {
        Scanned::Emv(parsed) => match (parsed.network().name(), parsed.fault()) {
            (_, Some(fault)) if !parsed.is_whole() => other(faulty(fault)),
            (Some(name), _) => service(name),
            (None, Some(fault)) => other(faulty(fault)),
            (None, None) => other(Key::ErrorQrAnother),
        },
        Scanned::Receipt(_) => other(Key::ErrorQrIsReceipt),
        Scanned::Refusal(_) => other(Key::ErrorQrIsRefusal),
        Scanned::MyQr(_) => other(Key::ErrorQrIsMyQr),
        Scanned::Voucher(_) => other(Key::ErrorQrIsVoucher),
        Scanned::Invitation(_) => other(Key::ErrorQrIsInvitation),
        Scanned::Newer => other(Key::ErrorQrNewer),
        Scanned::Service { name } => service(name),
        Scanned::Web { host } => other(Key::ErrorQrWeb).named("host", host),
        Scanned::Consumer(ConsumerCode::Digits { service: Some(name) }) => service(name),
        Scanned::Consumer(_) => other(Key::ErrorQrConsumer),
        Scanned::Everyday(thing) => {
            other(Key::ErrorQrThing).with("what", Filling::Word(thing.kind(), seen::word(thing)))
        }
        Scanned::Text(_) | Scanned::Empty => other(Key::ErrorQrNotEmv),
    }
}

/// Scanning again helps where the checksum fails; a rule broken by the shop's printer needs the shop.
pub const fn faulty(fault: Fault) -> Key {
    match fault {
        Fault::Misread => Key::ErrorQrCrc,
        Fault::Ambiguous => Key::ErrorQrAmbiguous,
        Fault::TooLong => Key::ErrorQrTooLong,
        Fault::Amount => Key::ErrorQrAmount,
        Fault::Broken | Fault::Incomplete => Key::ErrorQrMalformed,
    }
}
