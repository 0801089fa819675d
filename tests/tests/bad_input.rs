//! Everything that can be wrong with what people, cameras, disks and servers give to the wallet: each is its
//! own error, nothing panics, and nothing of it leaves anything half done.

use std::fs;
use std::sync::Arc;

use kinchaku_core::book::payments::State as Paid;
use kinchaku_core::draw::receipt_png;
use kinchaku_core::gate::{self, GateError};
use kinchaku_core::home::{Home, Host};
use kinchaku_core::lock::{LockError, Pin};
use kinchaku_core::network::{NetworkError, Response};
use kinchaku_core::pay::{
    self, AmountTextError, Notice, PayError, RefusedError, ShopCodeError, read_amount, read_shop,
};
use kinchaku_core::receive::{self, ReceiveError};
use kinchaku_core::scan::{FileKind, MAX_FILE_BYTES, PICTURE_DEADLINE, ScanError, decode};
use kinchaku_core::store::{OpenError, StoreError};
use kinchaku_core::sync::{SyncError, sync};
use kinchaku_core::vault::FileVault;
use kinchaku_core::view;
use kinchaku_protocol::doc::{Bulletin, Gate, Received};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::mpm::{Fault, crc};
use kinchaku_protocol::rules::split::Choice;
use kinchaku_protocol::symbol::{Level, Symbol};
use kinchaku_tests::counter::{AUTOMATIC, answer, pay, quoted, shop, try_pay};
use kinchaku_tests::offline_town::{COIN, OfflineTown, PIN, POINTS, START, TestDevice, VOUCHER};
use kinchaku_tests::scripted_server::{ScriptedServer, said};

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

struct Scene {
    town: OfflineTown,
    folder: tempfile::TempDir,
    payer: TestDevice,
    sheet: String,
}

impl Scene {
    fn new() -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let payer = town.wallet(&folder.path().join("payer"));
        let sheet = town.sheet(SHOP, MARK, Offline::Scan);
        Self {
            town,
            folder,
            payer,
            sheet,
        }
    }

    fn stranger(&self) -> TestDevice {
        TestDevice::open(&self.folder.path().join("stranger"), self.town.roots(), START).0
    }
}

/// F065: pictures.
#[test]
fn a_picture_that_is_none_says_which() {
    let look = |bytes: &[u8]| {
        decode(bytes, PICTURE_DEADLINE, |_| true)
            .map(|scan| scan.texts)
            .unwrap_err()
    };
    let code = receipt_png(&Symbol::alphanumeric("KC1:", Level::M).unwrap(), 8).unwrap();
    let mut blank = Vec::new();
    let mut writer = png::Encoder::new(&mut blank, 200, 200);
    writer.set_color(png::ColorType::Grayscale);
    writer.write_header().unwrap().write_image_data(&[255; 40_000]).unwrap();
    for (bytes, error) in [
        (&b""[..], ScanError::Empty),
        (b"hello", ScanError::NotAPicture),
        (b"GIF89a", ScanError::Unsupported(FileKind::Gif)),
        (&code[..code.len() / 2], ScanError::Damaged),
        (&vec![0; MAX_FILE_BYTES + 1], ScanError::TooLarge),
        (&blank, ScanError::NoCode),
    ] {
        assert_eq!(look(bytes), error);
    }
    assert!(decode(&code, PICTURE_DEADLINE, |_| true).is_ok());
}

/// An EMV code of another service.
fn elsewhere(crc_of: impl Fn(&[u8]) -> String) -> String {
    let covered = "00020101021126190015jp.example.paym5204581253033925802JP5904SHOP6005TOKYO6304";
    format!("{covered}{}", crc_of(covered.as_bytes()))
}

/// F065, F066, F119: texts that are no shop to pay, before any amount is typed.
#[test]
fn a_code_that_is_no_shop_says_which() {
    let scene = Scene::new();
    let home = &scene.payer.home;
    let read = |text: &str| read_shop(home, text, false).unwrap_err();
    let instead = |text: &str| match read(text) {
        ShopCodeError::NotAShop(found) => found.kind(),
        other => panic!("{text}: {other}"),
    };
    for (text, kind) in [
        ("hello", "text"),
        ("", "empty"),
        ("https://example.com/pay", "web"),
        ("https://qr.paypay.ne.jp/abc", "paypay"),
        ("KC1:ABC", "receipt"),
        ("KCV1:QJGH7375", "voucher"),
        ("ABCD-EFGH-JK23", "invitation"),
        ("hQVDUFYwMWE=", "consumer"),
        ("WIFI:S:shop;P:geheim;;", "wifi"),
        (&elsewhere(crc::digits), "emv"),
    ] {
        assert_eq!(instead(text), kind, "{text}");
    }
    assert!(matches!(
        read(&elsewhere(|_| "0000".to_owned())),
        ShopCodeError::Faulty(Fault::Misread)
    ));
    // Ours by name, with a checksum that fails, and cut off.
    let mut wrong = scene.sheet.clone();
    wrong.replace_range(wrong.len() - 4.., "0000");
    assert!(matches!(read(&wrong), ShopCodeError::Faulty(Fault::Misread)));
    let half: String = scene.sheet.chars().take(scene.sheet.chars().count() / 2).collect();
    assert!(matches!(read(&half), ShopCodeError::Faulty(Fault::Misread)));
    // A shop that needs a network, said by name; with a network it can be paid.
    let online = scene.town.sheet(SHOP, MARK, Offline::None);
    assert!(matches!(read(&online), ShopCodeError::NeedsNetwork { name } if name == "ベーカリー美村"));
    assert!(read_shop(home, &online, true).is_ok());
    let stranger = scene.stranger();
    assert!(matches!(
        read_shop(&stranger.home, &scene.sheet, false),
        Err(ShopCodeError::NotEnrolled)
    ));
}

/// F065: amounts as people type them.
#[test]
fn an_amount_that_is_none_says_why() {
    for (text, error) in [
        ("", AmountTextError::Empty),
        ("円", AmountTextError::Empty),
        ("0", AmountTextError::Zero),
        ("０", AmountTextError::Zero),
        ("-5", AmountTextError::Negative),
        ("−５００", AmountTextError::Negative),
        ("abc", AmountTextError::NotANumber),
        ("1.5", AmountTextError::NotANumber),
        ("千円", AmountTextError::NotANumber),
        ("0x10", AmountTextError::NotANumber),
        ("99999999999999999999", AmountTextError::TooLarge),
    ] {
        assert_eq!(read_amount(text), Err(error), "{text}");
    }
    for text in ["1200", "１２００", "1,200", "1,200円", " １，２００円 "] {
        assert_eq!(read_amount(text), Ok(Amount::of(1_200)), "{text}");
    }
}

/// F065, F072, F081, F158: payments that cannot be, with what the screen needs to say it; nothing is written.
#[test]
fn a_payment_that_cannot_be_says_why() {
    let scene = Scene::new();
    let home = &scene.payer.home;
    let counter = shop(home, &scene.sheet);
    let ask = |amount, choice: &Choice| pay::quote(home, &counter, Amount::of(amount), choice, false);
    assert_eq!(ask(0, &AUTOMATIC).unwrap_err(), PayError::Zero);
    let short = PayError::Short {
        missing: Amount::of(7_001),
        payable: Amount::of(13_000),
    };
    assert_eq!(ask(20_001, &AUTOMATIC).unwrap_err(), short);
    let by_hand =
        |parts: &[(_, u32)]| Choice::ByHand(parts.iter().map(|(class, of)| (*class, Amount::of(*of))).collect());
    assert_eq!(
        ask(500, &by_hand(&[(COIN, 300), (POINTS, 100)])).unwrap_err(),
        PayError::NotTheTotal
    );
    let missing = PayError::ClassShort {
        class: VOUCHER,
        missing: Amount::of(500),
    };
    assert_eq!(ask(3_500, &by_hand(&[(VOUCHER, 3_500)])).unwrap_err(), missing);
    // Above the blind cap is a warning: the shop may have a network.
    let above = ask(3_001, &AUTOMATIC).unwrap();
    assert!(above.notices.contains(&Notice::AboveBlindCap(Amount::of(3_000))));
    // Paper was not allowed to this wallet.
    let stall = scene.town.sheet(Pid([8; 8]), MarkId([8; 4]), Offline::Paper);
    let paper = PayError::AbovePaper {
        per_payment: Amount::ZERO,
    };
    assert_eq!(try_pay(home, &stall, 100).unwrap_err(), paper);
    // The same again within ten minutes is asked about.
    let first = pay(home, &scene.sheet, 400);
    let again = quoted(home, &scene.sheet, 400).unwrap();
    let asked = pay::prepare(home, &again, Gate::PIN).unwrap_err();
    assert!(matches!(asked, PayError::Duplicate { at } if at == START));
    // A quote that another payment has made impossible is not paid.
    let stale = ask(12_000, &AUTOMATIC).unwrap();
    let second = pay(home, &scene.sheet, 9_000);
    let short = PayError::Short {
        missing: Amount::of(8_400),
        payable: Amount::of(3_600),
    };
    assert_eq!(pay::prepare(home, &stale, Gate::PIN).unwrap_err(), short);
    let made = view::history(home).unwrap().payments;
    let made: Vec<_> = made.iter().map(|payment| (payment.reference, payment.state)).collect();
    assert_eq!(
        made,
        [(second.reference, Paid::Signed), (first.reference, Paid::Signed)]
    );
    // After as many as an allowance has, a network is needed.
    for _ in 0..28 {
        let _ = pay(home, &scene.sheet, 1);
    }
    assert_eq!(try_pay(home, &scene.sheet, 1).unwrap_err(), PayError::CountUsedUp);
    let stranger = scene.stranger();
    let refused = pay::quote(&stranger.home, &counter, Amount::of(1), &AUTOMATIC, false);
    assert_eq!(refused.unwrap_err(), PayError::NoAllowance);
}

/// F155, T14: PINs, with the tries that are left.
#[test]
fn a_wrong_pin_says_what_is_left() {
    let scene = Scene::new();
    let home = &scene.payer.home;
    let wrong = Pin::parse("1357").unwrap();
    for text in ["", "12", "12345", "12a4"] {
        assert!(Pin::parse(text).is_err(), "{text}");
    }
    let mut told = Vec::new();
    for _ in 0..5 {
        let Err(GateError::Lock(error)) = gate::open(home, &wrong) else {
            panic!("opened")
        };
        told.push(error);
        if matches!(error, LockError::WrongPin { tries_left: 2, .. }) {
            assert_eq!(
                gate::open(home, &wrong).err(),
                Some(GateError::Lock(LockError::Wait { seconds: 30 }))
            );
            scene.payer.clock.pass(30);
        }
    }
    let left = |tries_left, wait_s| LockError::WrongPin { tries_left, wait_s };
    assert_eq!(
        told,
        [left(4, 0), left(3, 0), left(2, 30), left(1, 0), LockError::Locked]
    );
    assert_eq!(
        gate::open(home, &Pin::parse(PIN).unwrap()).err(),
        Some(GateError::Lock(LockError::Locked))
    );
}

/// F286: texts shown to a shop's device that are no receipt for it.
#[test]
fn a_receipt_that_is_none_says_why() {
    let scene = Scene::new();
    let till = scene.town.till(&scene.folder.path().join("till"), SHOP, MARK);
    let look = |text: &str| receive::check(&till.home, text).map(|checked| checked.verdict);
    assert!(matches!(look("hello"), Err(ReceiveError::NotAReceipt(_))));
    assert!(matches!(look(&scene.sheet), Err(ReceiveError::NotAReceipt(_))));
    let receipt = pay(&scene.payer.home, &scene.sheet, 500);
    assert_eq!(look(&receipt.short), Err(ReceiveError::NeedsFullReceipt));
    let elsewhere = pay(
        &scene.payer.home,
        &scene.town.sheet(Pid([8; 8]), MarkId([8; 4]), Offline::Scan),
        500,
    );
    assert_eq!(look(&elsewhere.full), Err(ReceiveError::OtherShop));
    // A wallet is no till, and a device that was never enrolled is nothing.
    assert!(matches!(
        receive::check(&scene.payer.home, &receipt.full),
        Err(ReceiveError::NotEnrolled)
    ));
    assert!(matches!(
        receive::check(&scene.stranger().home, &receipt.full),
        Err(ReceiveError::NotEnrolled)
    ));
    // Too long without a sync: whom to refuse is not known.
    till.clock.pass(31 * 86_400);
    assert!(matches!(
        look(&receipt.full),
        Err(ReceiveError::NotSynced { .. } | ReceiveError::NotEnrolled)
    ));
}

/// Refusals that give nothing back.
#[test]
fn a_refusal_that_is_none_gives_nothing_back() {
    let scene = Scene::new();
    let till = scene.town.till(&scene.folder.path().join("till"), SHOP, MARK);
    let home = &scene.payer.home;
    let receipt = pay(home, &scene.sheet, 3_500);
    let refusal = answer(&till.home, &receipt.full).unwrap().refusal.unwrap();
    for text in ["", "KC1:", &receipt.full, &scene.sheet] {
        assert!(
            matches!(pay::take_refusal(home, text), Err(RefusedError::NotARefusal(_))),
            "{text}"
        );
    }
    // Another shop's device says no to this shop's payment.
    let other = scene
        .town
        .till(&scene.folder.path().join("other"), Pid([8; 8]), MarkId([8; 4]));
    let device = other.home.device().unwrap().unwrap();
    let read = kinchaku_protocol::doc::Refusal::read(&refusal).unwrap();
    let mut claims = read.seen.claims().clone();
    claims.intent = receipt.reference;
    let key = other.home.sync_key().unwrap();
    let seen = kinchaku_protocol::doc::Document::sign(&claims, &kinchaku_core::key::Verified::new(&key)).unwrap();
    let forged = kinchaku_protocol::doc::Refusal::text(seen.bytes(), device.bytes());
    assert!(matches!(
        pay::take_refusal(home, &forged),
        Err(RefusedError::NotFromTheShop)
    ));
    let stranger = scene.town.wallet(&scene.folder.path().join("somebody"));
    assert!(matches!(
        pay::take_refusal(&stranger.home, &refusal),
        Err(RefusedError::OtherPayment)
    ));
    assert_eq!(view::history(home).unwrap().payments[0].state, Paid::Signed);
    pay::take_refusal(home, &refusal).unwrap();
    pay::take_refusal(home, &refusal).unwrap();
    assert_eq!(view::history(home).unwrap().payments[0].state, Paid::RefusedAtShop);
}

/// F282: a disk without room in the middle of a payment. It is said, nothing is half done, and with room
/// again the same payment is made.
#[test]
fn a_full_disk_is_said_and_nothing_is_half_done() {
    let scene = Scene::new();
    let home = &scene.payer.home;
    let pages = |more: i64| {
        home.store().read(|db| {
            let now: i64 = db.pragma_query_value(None, "page_count", |row| row.get(0))?;
            let wanted = if more == 0 { 1_000_000 } else { now };
            db.pragma_update_and_check(None, "max_page_count", wanted, |_| Ok(()))?;
            Ok::<_, StoreError>(())
        })
    };
    pages(1).unwrap();
    let mut full = None;
    for _ in 0..30 {
        match try_pay(home, &scene.sheet, 7) {
            Ok(_) => (),
            Err(error) => {
                full = Some(error);
                break;
            }
        }
    }
    assert_eq!(full, Some(PayError::Store(StoreError::NoSpace)));
    let made = view::history(home).unwrap().payments;
    let signed = made.iter().filter(|payment| payment.doc.is_some()).count();
    assert!(
        made.iter()
            .all(|payment| matches!(payment.state, Paid::Signed | Paid::Prepared))
    );
    pages(0).unwrap();
    let next = pay(home, &scene.sheet, 8);
    let made = view::history(home).unwrap().payments;
    let of_next = made.iter().find(|payment| payment.reference == next.reference).unwrap();
    assert_eq!(
        usize::try_from(of_next.intent.seq).unwrap(),
        signed + 1,
        "no counter was lost"
    );
}

fn opened(scene: &Scene, folder: &std::path::Path) -> Result<Home, OpenError> {
    let host = Host {
        vault: Arc::new(FileVault::open(&folder.join("vault")).unwrap()),
        clock: scene.payer.clock.clone(),
        network: Arc::new(kinchaku_core::network::NoNetwork),
        roots: scene.town.roots(),
    };
    kinchaku_core::open(folder, host).map(|(home, _)| home)
}

/// F282: a database that is open elsewhere, damaged, or somebody else's: said, and never deleted.
#[test]
fn a_database_that_does_not_open_says_why() {
    let scene = Scene::new();
    let folder = scene.folder.path().join("payer");
    assert_eq!(opened(&scene, &folder).err(), Some(OpenError::Locked));
    let Scene {
        town,
        folder: root,
        payer,
        sheet,
    } = scene;
    let _ = pay(&payer.home, &sheet, 100);
    drop(payer.home);
    let scene = Scene {
        payer: town.wallet(&root.path().join("other")),
        town,
        folder: root,
        sheet,
    };
    let database = folder.join("wallet.db");
    let mut bytes = fs::read(&database).unwrap();
    bytes[200] ^= 1;
    fs::write(&database, &bytes).unwrap();
    let Err(OpenError::Damaged(aside)) = opened(&scene, &folder) else {
        panic!("opened")
    };
    assert_eq!(fs::read(&aside.0).unwrap(), bytes, "kept as it was");
    // Without its key nothing is touched.
    let other = scene.folder.path().join("other");
    drop(scene.payer);
    fs::remove_file(other.join("wallet.envelope")).unwrap();
    let host = Host {
        vault: Arc::new(FileVault::open(&other.join("vault")).unwrap()),
        clock: Arc::new(kinchaku_core::clock::SettableClock::new(START)),
        network: Arc::new(kinchaku_core::network::NoNetwork),
        roots: scene.town.roots(),
    };
    let before = fs::read(other.join("wallet.db")).unwrap();
    assert!(matches!(
        kinchaku_core::open(&other, host),
        Err(OpenError::KeyUnavailable(_))
    ));
    assert_eq!(fs::read(other.join("wallet.db")).unwrap(), before);
}

/// F283: servers that answer nonsense, in another version, or not at all. What waits stays.
#[test]
fn a_server_that_is_none_is_told_apart() {
    type Answered = Result<Response, NetworkError>;
    let version = |version| {
        Ok(Response {
            status: 400,
            body: Vec::new(),
            version,
            retry_after: None,
        })
    };
    let unproven = |body: &[u8]| SyncError::from(Received::<Bulletin>::read(body).unwrap_err());
    let cases: Vec<(Answered, SyncError)> = vec![
        (
            Ok(said(200, b"<html>hello</html>".to_vec())),
            unproven(b"<html>hello</html>"),
        ),
        (Ok(said(200, Vec::new())), unproven(b"")),
        (version(Some(2)), SyncError::Version { server: Some(2) }),
        (version(None), SyncError::Version { server: None }),
        (Ok(said(503, Vec::new())), SyncError::Busy { seconds: 0 }),
        (Err(NetworkError::Offline), SyncError::Network(NetworkError::Offline)),
        (Err(NetworkError::Timeout), SyncError::Network(NetworkError::Timeout)),
        (Err(NetworkError::Pin), SyncError::Network(NetworkError::Pin)),
        (Err(NetworkError::TooLarge), SyncError::Network(NetworkError::TooLarge)),
    ];
    for (answered, error) in cases {
        let scene = Scene::new();
        let receipt = pay(&scene.payer.home, &scene.sheet, 100);
        let TestDevice {
            folder, clock, home, ..
        } = scene.payer;
        drop(home);
        let server = ScriptedServer::new(move |_| answered.clone());
        let (payer, _) = TestDevice::open_with(&folder, scene.town.roots(), clock, Arc::new(server));
        assert_eq!(sync(&payer.home, true), Err(error));
        assert_eq!(view::history(&payer.home).unwrap().payments[0].state, Paid::Signed);
        assert_eq!(view::wallet(&payer.home).unwrap().waiting, 1);
        assert_eq!(pay::receipt(&payer.home, receipt.reference).unwrap(), Some(receipt));
    }
    // An unenrolled device has nobody to sync with.
    assert_eq!(sync(&Scene::new().stranger().home, true), Err(SyncError::NotEnrolled));
}
