//! Pictures and scanned texts. What was scanned instead of a shop is named.

use kinchaku_core::pay::ShopCodeError;
use kinchaku_core::scan::ScanError;
use kinchaku_design::Key;
use kinchaku_protocol::mpm::recognise::ConsumerCode;
use kinchaku_protocol::mpm::{ErrorKind, Scanned, parse, recognise};

use super::store;
use crate::output::{Exit, Problem};

/// Why a picture gave no text.
pub fn scan(error: ScanError) -> Problem {
    let key = match error {
        ScanError::NotAPicture => Key::ErrorNotAPicture,
        ScanError::TooLarge => Key::ErrorPictureTooLarge,
        ScanError::NoCode => Key::ErrorNoQr,
        ScanError::OutOfTime => Key::ErrorScanTime,
        ScanError::Unavailable => Key::ErrorInternal,
    };
    Problem::new(key, Exit::Other)
}

/// Why a scanned text is not a shop to pay.
pub fn shop_code(text: &str, error: &ShopCodeError) -> Problem {
    let other = |key| Problem::new(key, Exit::Other);
    match error {
        ShopCodeError::Receipt => other(Key::ErrorQrIsReceipt),
        ShopCodeError::Voucher => other(Key::ErrorQrIsVoucher),
        ShopCodeError::PayPay => other(Key::ErrorQrOtherService).named("service", "PayPay"),
        ShopCodeError::OtherService => other_service(text),
        ShopCodeError::Consumer(code) => consumer(*code),
        ShopCodeError::Unknown => other(Key::ErrorQrNotEmv),
        ShopCodeError::Damaged => damaged(text),
        ShopCodeError::Newer => other(Key::ErrorQrNewer),
        ShopCodeError::NotVerified => Problem::new(Key::ErrorShopNotVerified, Exit::Refused),
        ShopCodeError::Withdrawn => Problem::new(Key::ErrorShopStopped, Exit::Refused),
        ShopCodeError::NeedsNetwork { .. } => Problem::new(Key::ErrorShopNoOffline, Exit::NeedsNetwork),
        ShopCodeError::NotEnrolled => other(Key::ErrorNotEnrolled),
        ShopCodeError::Store(error) => store::store(error),
    }
}

/// Another service's code, by its name where the text gives one.
fn other_service(text: &str) -> Problem {
    match recognise(text) {
        Scanned::Web { host } => Problem::new(Key::ErrorQrWeb, Exit::Other).named("host", host),
        Scanned::Emv(parsed) if parsed.payload.jpqr().is_some() => {
            Problem::new(Key::ErrorQrOtherService, Exit::Other).named("service", "JPQR")
        }
        Scanned::Emv(_)
        | Scanned::Receipt(_)
        | Scanned::Voucher(_)
        | Scanned::PayPay
        | Scanned::Consumer(_)
        | Scanned::Unknown => Problem::new(Key::ErrorQrAnother, Exit::Other),
    }
}

/// A code that payers show, by its service where its range tells.
fn consumer(code: ConsumerCode) -> Problem {
    match code {
        ConsumerCode::Digits { service: Some(service) } => {
            Problem::new(Key::ErrorQrOtherService, Exit::Other).named("service", service)
        }
        ConsumerCode::Digits { service: None } | ConsumerCode::Emv | ConsumerCode::Jpqr => {
            Problem::new(Key::ErrorQrConsumer, Exit::Other)
        }
    }
}

/// Scanning again helps where the checksum fails; a rule broken by the shop's printer needs the shop.
fn damaged(text: &str) -> Problem {
    let parsed = parse(text);
    let key = if parsed.has(ErrorKind::Crc) {
        Key::ErrorQrCrc
    } else if parsed.has(ErrorKind::Amount) {
        Key::ErrorQrAmount
    } else {
        Key::ErrorQrMalformed
    };
    Problem::new(key, Exit::Other)
}
