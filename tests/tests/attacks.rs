//! Attacks at a counter without a network: what is shown there is believed only as far as it is signed.

use kinchaku_core::book::documents;
use kinchaku_core::book::receipts::State as Shown;
use kinchaku_core::gate;
use kinchaku_core::lock::Pin;
use kinchaku_core::pay::{self, ShopCodeError};
use kinchaku_core::receive::{self, Answered, ReceiveError};
use kinchaku_core::store::StoreError;
use kinchaku_core::view;
use kinchaku_protocol::base45;
use kinchaku_protocol::cose::{self, Envelope};
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{
    Allowance, Bulletin, ClockReading, DeadMark, Document as _, Gate, Intent, Part, Quality, Receipt, Received,
    Verdict, Verified,
};
use kinchaku_protocol::ids::{MarkId, Pid, Ref, SetId};
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::mpm::crc;
use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::signature::{PublicKey, Signer as _, SoftwareSigner};
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_tests::chance::Chance;
use kinchaku_tests::counter::{answer, pay};
use kinchaku_tests::offline_town::{OfflineTown, PIN, START, TestDevice};

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

/// A wallet and a shop's device, and the sheet between them.
struct Scene {
    town: OfflineTown,
    folder: tempfile::TempDir,
    payer: TestDevice,
    till: TestDevice,
    sheet: String,
}

impl Scene {
    fn new() -> Self {
        let town = OfflineTown::new();
        let folder = tempfile::tempdir().unwrap();
        let payer = town.wallet(&folder.path().join("payer"));
        let till = town.till(&folder.path().join("till"), SHOP, MARK);
        let sheet = town.sheet(SHOP, MARK, Offline::Scan);
        Self {
            town,
            folder,
            payer,
            till,
            sheet,
        }
    }

    /// Whether the till would take it: checked, answered and relayed, nothing of it may be paid.
    fn takes(&self, text: &str) -> bool {
        let checked = receive::check(&self.till.home, text);
        let accepted = checked.is_ok_and(|checked| checked.verdict.accepted());
        let relayed = receive::relay(&self.till.home, text).is_ok_and(|relayed| relayed.state.paid());
        accepted || relayed
    }

    fn receipts(&self) -> Vec<Shown> {
        let receipts = view::till(&self.till.home).unwrap().receipts;
        receipts.into_iter().map(|receipt| receipt.state).collect()
    }
}

/// An intent as an attacker would make it: with any key, for any allowance.
fn intent(allowance: &Verified<Allowance>, amount: u32, signer: &SoftwareSigner) -> Verified<Intent> {
    chained(allowance, 1, allowance.to_ref(), SHOP, MARK, amount, signer)
}

fn chained(
    allowance: &Verified<Allowance>,
    seq: u32,
    prev: Ref,
    shop: Pid,
    mark: MarkId,
    amount: u32,
    signer: &SoftwareSigner,
) -> Verified<Intent> {
    let intent = Intent {
        authorisation: allowance.to_ref(),
        seq,
        prev,
        shop,
        mark,
        parts: vec![Part {
            line: 0,
            amount: Amount::of(amount),
        }],
        occurred_at: START,
        clock: ClockReading {
            quality: Quality::Anchored,
            age: 0,
        },
        gate: Gate::PIN,
        shop_nonce: None,
    };
    intent.sign(signer).unwrap()
}

fn full(intent: &Verified<Intent>, allowance: &Verified<Allowance>) -> String {
    Receipt::text(intent.bytes(), Some(allowance.bytes()))
}

/// The bytes behind a receipt's text.
fn bytes_of(text: &str) -> Vec<u8> {
    base45::decode(text.strip_prefix("KC1:").unwrap()).unwrap()
}

fn text_of(bytes: &[u8]) -> String {
    format!("KC1:{}", base45::encode(bytes))
}

/// T1: screens that only look like a payment, and payments somebody made up: none is taken, and nothing is
/// signed about any of them.
#[test]
fn a_screen_proves_nothing() {
    let scene = Scene::new();
    let attacker = scene.town.stranger();
    let honest = scene.town.allowance(attacker.public_key());
    let genuine = |signer: &SoftwareSigner| honest.clone_signed(signer);
    let own_money = genuine(attacker);
    let wrong_use = genuine(&OfflineTown::key(1));
    let somebody = scene.town.allowance(PublicKey([2; 33]));
    let mut huge = honest.claims_again();
    huge.lines[0].amount = Amount::of(1_000_000);
    let huge = huge.sign(attacker).unwrap();
    let shown = [
        // Text and pictures.
        String::new(),
        "お支払いが完了しました 1,200円".to_owned(),
        "KC1:".to_owned(),
        "KC1:OK".to_owned(),
        "https://example.com/paid".to_owned(),
        scene.sheet.clone(),
        scene.sheet.clone(),
        // Documents that are no receipt.
        text_of(&to_bytes(&vec![Bytes(honest.bytes().to_vec())])),
        text_of(&to_bytes(&vec![Bytes(scene.town.bulletin.bytes().to_vec())])),
        // An allowance nobody issued, one by a key that may sign other things, and a larger one.
        full(&intent(&own_money, 1_200, attacker), &own_money),
        full(&intent(&wrong_use, 1_200, attacker), &wrong_use),
        full(&intent(&huge, 1_200, attacker), &huge),
        // A genuine allowance, and the payment signed by another key than it names.
        full(&intent(&somebody, 1_200, attacker), &somebody),
        // A genuine payment beside another's allowance.
        full(&intent(&honest, 1_200, attacker), &somebody),
        // A proven payment without its allowance: nothing to verify it with.
        Receipt::text(intent(&honest, 1_200, attacker).bytes(), None),
    ];
    let taken = shown.iter().filter(|text| scene.takes(text)).count();
    assert_eq!(taken, 0);
    assert!(
        scene.receipts().iter().all(|state| *state == Shown::Waiting),
        "relayed at most, and not green"
    );
    // The same allowance and key, signed as it should be, is taken: the scene is not just broken.
    assert!(scene.takes(&full(&intent(&honest, 1_200, attacker), &honest)));
}

/// Makes the claims of a verified allowance available to forge with.
trait Forge {
    fn claims_again(&self) -> Allowance;
    fn clone_signed(&self, signer: &SoftwareSigner) -> Verified<Allowance>;
}

impl Forge for Verified<Allowance> {
    fn claims_again(&self) -> Allowance {
        Received::<Allowance>::read(self.bytes()).unwrap().claims().clone()
    }

    fn clone_signed(&self, signer: &SoftwareSigner) -> Verified<Allowance> {
        let mut claims = self.claims_again();
        // Another moment, another document.
        claims.window[0] = claims.window[0].before(1);
        claims.sign(signer).unwrap()
    }
}

fn forged(name: &str, signer: &SoftwareSigner, kid_of: &SoftwareSigner) -> Option<String> {
    let mark = ShopMark {
        shop: Pid([0x66; 8]),
        mark: MarkId([0x66; 4]),
        kid: kid_of.public_key().kid(),
        sets: [SetId(1)].into(),
        offline: Offline::Scan,
        name: "BAKERY".to_owned(),
        city: "MIMURA".to_owned(),
        language: "JA".to_owned(),
        local_name: name.to_owned(),
        local_city: None,
        postal_code: None,
        mcc: "5462".to_owned(),
    };
    if signer.public_key() == kid_of.public_key() {
        return mark.sign(signer).ok();
    }
    // Claims one key, signed by another: the signature of the one is put over the text of the other.
    let (honest, other) = (
        mark.sign(kid_of).ok()?,
        ShopMark {
            kid: signer.public_key().kid(),
            ..mark
        }
        .sign(signer)
        .ok()?,
    );
    let at = honest.find("8062")?;
    let theirs = other.find("8062")?;
    Some(sealed(&format!(
        "{}{}",
        honest.get(..at)?,
        other.get(theirs..other.len() - 4)?
    )))
}

/// With the right checksum.
fn sealed(covered: &str) -> String {
    format!("{covered}{}", crc::digits(covered.as_bytes()))
}

/// T2: stickers of every kind over the shop's sheet. None is a shop to pay.
#[test]
fn a_forged_mark_is_no_shop() {
    let scene = Scene::new();
    let home = &scene.payer.home;
    assert!(pay::read_shop(home, &scene.sheet, false).is_ok());
    let (forger, town) = (scene.town.stranger(), OfflineTown::key(4));
    let mut corpus = Vec::new();
    for name in ["ベーカリー美村", "ベーカリー 美村", "BAKERY 80"] {
        corpus.extend(forged(name, forger, forger));
        corpus.extend(forged(name, forger, &town));
        for usage in 0..4 {
            let key = OfflineTown::key(usage);
            corpus.extend(forged(name, &key, &key));
        }
    }
    assert!(corpus.len() > 15);
    // Every character of the genuine sheet changed to others, with a checksum that is right.
    let covered: Vec<char> = scene.sheet.chars().take(scene.sheet.chars().count() - 4).collect();
    for at in 0..covered.len() {
        for other in ['0', '1', '9', 'A', 'z', '村'] {
            let mut changed = covered.clone();
            changed[at] = other;
            if changed != covered {
                corpus.push(sealed(&changed.iter().collect::<String>()));
            }
        }
        // Left out, and doubled.
        let mut shorter = covered.clone();
        shorter.remove(at);
        corpus.push(sealed(&shorter.iter().collect::<String>()));
        let mut longer = covered.clone();
        longer.insert(at, longer[at]);
        corpus.push(sealed(&longer.iter().collect::<String>()));
    }
    // The signature of one sheet under the text of another, both genuine.
    let other = scene.town.sheet(Pid([8; 8]), MarkId([8; 4]), Offline::Scan);
    let (front, back) = (scene.sheet.find("8062").unwrap(), other.find("8062").unwrap());
    corpus.push(sealed(&format!(
        "{}{}",
        scene.sheet.get(..front).unwrap(),
        other.get(back..other.len() - 4).unwrap()
    )));
    // Something added outside the signature: an amount, a template of the forger's.
    for extra in ["5403100", "550201", "270411aa", "8203000"] {
        corpus.push(sealed(&format!(
            "{}{extra}6304",
            scene.sheet.get(..scene.sheet.len() - 8).unwrap()
        )));
    }
    let (mut accepted, mut tried) = (0, 0);
    for text in &corpus {
        tried += 1;
        accepted += usize::from(pay::read_shop(home, text, false).is_ok());
    }
    assert!(tried > 1_500, "{tried}");
    assert_eq!(accepted, 0);
}

/// T2: a sheet the town has withdrawn is refused at the scan.
#[test]
fn a_withdrawn_sheet_is_said() {
    let scene = Scene::new();
    let bulletin = Bulletin {
        epoch: 2,
        made_at: START,
        revoked: vec![],
        dead: vec![DeadMark {
            shop: SHOP,
            mark: Some(MARK),
        }],
        directory: 1,
        keyset: 1,
        crisis: None,
    };
    let bulletin = bulletin.sign(&OfflineTown::key(2)).unwrap();
    scene
        .payer
        .home
        .store()
        .write(|db| Ok::<_, StoreError>(documents::put(db, &bulletin)?))
        .unwrap();
    let read = pay::read_shop(&scene.payer.home, &scene.sheet, true);
    assert!(matches!(read, Err(ShopCodeError::Withdrawn)));
}

/// T3: ten thousand receipts with bits turned over, one or several. None is taken.
#[test]
fn a_bit_turned_over_is_no_payment() {
    let scene = Scene::new();
    let receipt = pay(&scene.payer.home, &scene.sheet, 1_200);
    let genuine = bytes_of(&receipt.full);
    let mut chance = Chance::new(3);
    let (mut accepted, mut tried) = (0, 0);
    let bits = genuine.len() * 8;
    for number in 0..10_000 {
        let mut bytes = genuine.clone();
        // Every single bit once, then several at a time.
        let turned = if number < bits {
            vec![number]
        } else {
            (0..2 + number % 5).map(|_| chance.index(bits)).collect()
        };
        for bit in turned {
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        if bytes == genuine {
            continue;
        }
        tried += 1;
        accepted += usize::from(receive::check(&scene.till.home, &text_of(&bytes)).is_ok());
    }
    assert!(bits < 10_000 && tried > 9_900, "{bits} {tried}");
    assert_eq!(accepted, 0);
    assert!(
        receive::check(&scene.till.home, &receipt.full)
            .unwrap()
            .verdict
            .accepted()
    );
}

/// The envelope with the other s, which a lax verifier takes too.
fn high_s(envelope: &[u8]) -> Vec<u8> {
    let read = Envelope::read(envelope).unwrap();
    let low = p256::ecdsa::Signature::from_slice(&read.signature).unwrap();
    let (r, s) = low.split_scalars();
    let twin = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    cose::assemble(&read.payload, read.kid, &twin.to_bytes().into())
}

/// Other encodings of the same COSE_Sign1.
fn encodings(envelope: &[u8]) -> Vec<Vec<u8>> {
    let read = Envelope::read(envelope).unwrap();
    let protected = if read.kid.is_some() { 10 } else { 4 };
    // 84 · protected · a0 · 58 nn payload · 58 40 signature
    let (head, rest) = envelope.split_at(1 + protected);
    let length = u16::try_from(read.payload.len()).unwrap().to_be_bytes();
    let tail = |from: usize| rest[from..].to_vec();
    let body = rest.len() - 66 - read.payload.len();
    let long_payload = [head, &[0xa0, 0x5a, 0, 0], &length, &tail(body)].concat();
    vec![
        [&[0xd2], envelope].concat(),
        [&[0x98, 0x04], &envelope[1..]].concat(),
        [&[0x9f], &envelope[1..], &[0xff]].concat(),
        [head, &[0xb8, 0x00], &tail(1)].concat(),
        [head, &[0xbf, 0xff], &tail(1)].concat(),
        [head, &[0xa1, 0x04, 0x41, 0x00], &tail(1)].concat(),
        long_payload,
        [envelope, &[0x00]].concat(),
        [envelope, envelope].concat(),
    ]
}

/// T4: the same payment in another form is no second payment: high s, every other encoding, other texts of
/// the same bytes. Extra acceptances: none, before the genuine one and after it.
#[test]
fn a_second_form_is_no_second_payment() {
    let scene = Scene::new();
    let receipt = pay(&scene.payer.home, &scene.sheet, 1_200);
    let read = Receipt::read(&receipt.full).unwrap();
    let (intent, allowance) = (read.intent.bytes().to_vec(), read.allowance.unwrap().bytes().to_vec());
    let mut forms = Vec::new();
    for changed in encodings(&intent).into_iter().chain([high_s(&intent)]) {
        forms.push(Receipt::text(&changed, Some(&allowance)));
        forms.push(Receipt::text(&changed, None));
    }
    for changed in encodings(&allowance).into_iter().chain([high_s(&allowance)]) {
        forms.push(Receipt::text(&intent, Some(&changed)));
    }
    let whole = bytes_of(&receipt.full);
    forms.push(text_of(&[&[0x98, 0x02], &whole[1..]].concat()));
    forms.push(text_of(&[&[0x9f], &whole[1..], &[0xff]].concat()));
    forms.push(text_of(&[&whole[..], &[0xf6]].concat()));
    // Three allowances, a payment twice.
    forms.push(text_of(&to_bytes(
        &[&intent, &allowance, &allowance].map(|it| Bytes(it.clone())).to_vec(),
    )));
    forms.push(text_of(&to_bytes(
        &[&intent, &intent].map(|it| Bytes(it.clone())).to_vec(),
    )));
    let taken = |scene: &Scene| forms.iter().filter(|form| scene.takes(form)).count();
    assert!(forms.len() > 30);
    assert_eq!(taken(&scene), 0);
    assert!(answer(&scene.till.home, &receipt.full).unwrap().verdict.accepted());
    assert_eq!(taken(&scene), 0);
    // The same bytes in another text are the same payment, and were answered.
    for same in [
        receipt.full.to_lowercase(),
        format!("{} ", receipt.full),
        format!("\u{feff}{}", receipt.full),
    ] {
        assert!(receive::check(&scene.till.home, &same).is_err());
    }
    let accepted = scene.receipts().into_iter().filter(|state| state.paid()).count();
    assert_eq!(accepted, 1);
}

/// T8: every receipt at every counter: taken where it belongs and nowhere else.
#[test]
fn a_receipt_is_good_at_its_own_shop_alone() {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let payer = town.wallet(&folder.path().join("payer"));
    // Shops 1 and 2 have two sheets each; a device knows the sheets of its shop.
    let counters = [(1, 1), (1, 2), (2, 3), (3, 4)].map(|(shop, mark)| (Pid([shop; 8]), MarkId([mark; 4])));
    let receipts = counters.map(|(shop, mark)| {
        let sheet = town.sheet(shop, mark, Offline::Scan);
        pay(&payer.home, &sheet, 100 + u32::from(mark.0[0])).full
    });
    for (number, (shop, mark)) in counters.into_iter().enumerate() {
        let till = town.till(&folder.path().join(format!("till-{number}")), shop, mark);
        for (receipt, made_for) in receipts.iter().zip(counters) {
            let checked = receive::check(&till.home, receipt);
            if made_for == (shop, mark) {
                assert!(checked.unwrap().verdict.accepted());
            } else {
                assert!(
                    matches!(checked, Err(ReceiveError::OtherShop)),
                    "{made_for:?} at {shop:?}"
                );
                assert!(matches!(
                    receive::relay(&till.home, receipt),
                    Err(ReceiveError::OtherShop)
                ));
            }
        }
    }
}

/// T9, F286: a receipt shown again, here and at another register, at once and later.
#[test]
fn a_receipt_is_answered_once() {
    let scene = Scene::new();
    let receipt = pay(&scene.payer.home, &scene.sheet, 1_200);
    let Answered {
        verdict, confirmation, ..
    } = answer(&scene.till.home, &receipt.full).unwrap();
    assert_eq!((verdict, confirmation), (Verdict::Accepted, receipt.confirmation));
    let again = receive::check(&scene.till.home, &receipt.full);
    assert!(matches!(
        again,
        Err(ReceiveError::ShownBefore {
            state: Shown::AcceptedBlind,
            ..
        })
    ));
    let again = receive::relay(&scene.till.home, &receipt.short);
    assert!(matches!(again, Err(ReceiveError::ShownBefore { .. })));
    // What was refused stays refused.
    let refused = pay(&scene.payer.home, &scene.sheet, 900);
    let checked = receive::check(&scene.till.home, &refused.full).unwrap();
    assert_eq!(
        receive::refuse(&scene.till.home, &checked).unwrap().verdict,
        Verdict::ByStaff
    );
    // The one looked at before somebody else's answer is not a second chance.
    assert!(matches!(
        receive::answer(&scene.till.home, &checked),
        Err(ReceiveError::ShownBefore { .. })
    ));
    let (till, _) = scene.till.reopen();
    for text in [&receipt.full, &refused.full] {
        assert!(matches!(
            receive::check(&till.home, text),
            Err(ReceiveError::ShownBefore { .. })
        ));
    }
    // Another register knows nothing of it; ten minutes later the clocks speak.
    let register = scene.town.till(&scene.folder.path().join("register"), SHOP, MARK);
    register.clock.pass(601);
    let late = receive::check(&register.home, &receipt.full).unwrap();
    assert_eq!(late.verdict, Verdict::OutsideWindow);
}

/// T16, F155, F158: what the payer signed says how they confirmed, and each payment names the one before it,
/// by a key that proved itself.
#[test]
fn a_payment_says_how_it_was_confirmed() {
    let scene = Scene::new();
    let made: Vec<_> = (0..3).map(|_| pay(&scene.payer.home, &scene.sheet, 500)).collect();
    let mut before = None;
    for (number, receipt) in made.iter().enumerate() {
        let read = Receipt::read(&receipt.full).unwrap();
        let allowance = read
            .allowance
            .unwrap()
            .verify(&OfflineTown::issuer().public_key())
            .unwrap();
        let intent = read.intent.verify(&allowance.device_key).unwrap();
        let gate = if number == 0 {
            Gate::PIN
        } else {
            Gate::PIN.and(Gate::DUPLICATE_OK)
        };
        assert_eq!((intent.gate, intent.seq as usize), (gate, number + 1));
        assert_eq!(intent.prev, before.unwrap_or(allowance.to_ref()));
        before = Some(intent.to_ref());
        // Nobody can say afterwards that it was confirmed in another way.
        let mut other = Received::<Intent>::read(intent.bytes()).unwrap().claims().clone();
        other.gate = Gate::BIOMETRIC;
        let signature = Envelope::read(intent.bytes()).unwrap().signature;
        let forged = cose::assemble(&other.encode(), None, &signature);
        let text = Receipt::text(&forged, Some(allowance.bytes()));
        assert!(matches!(
            receive::check(&scene.till.home, &text),
            Err(ReceiveError::Forged(_))
        ));
    }
    // Without the PIN no key, and without the key no payment.
    assert!(gate::open(&scene.payer.home, &Pin::parse("1357").unwrap()).is_err());
    assert!(gate::open(&scene.payer.home, &Pin::parse(PIN).unwrap()).is_ok());
}

/// T7: a device keeps five allowances and spends each at three shops without a network, in one day.
/// Every shop stops at its cap for that holder; the sum is what the formula says.
#[test]
fn five_kept_allowances_gain_one_cap_at_each_shop() {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let key = SoftwareSigner::from_scalar(&[0x31; 32]).unwrap();
    let allowances: Vec<Verified<Allowance>> = (0..5)
        .map(|number| {
            let mut claims = town.allowance(key.public_key()).claims_again();
            claims.window[0] = claims.window[0].before(number);
            claims.sign(&OfflineTown::issuer()).unwrap()
        })
        .collect();
    let cap = town.limits.per_shop_day.units();
    let mut gained = 0;
    for shop in 1..4_u8 {
        let (shop, mark) = (Pid([shop; 8]), MarkId([shop; 4]));
        let till = town.till(&folder.path().join(format!("till-{}", mark.0[0])), shop, mark);
        let mut taken = 0;
        for allowance in &allowances {
            let mut prev = allowance.to_ref();
            for (seq, amount) in (1..).zip([3_000, 2_000, 1_500, 700, 1, 1]) {
                let payment = chained(allowance, seq, prev, shop, mark, amount, &key);
                prev = payment.to_ref();
                let answered = answer(&till.home, &full(&payment, allowance)).unwrap();
                if answered.verdict.accepted() {
                    taken += u64::from(amount);
                } else {
                    assert_eq!(answered.verdict, Verdict::OverShopDay);
                }
            }
        }
        assert_eq!(taken, cap);
        gained += taken;
        // The next day there is room up to the cap of the holder, and then never again in these two weeks.
        for _ in 0..3 {
            till.clock.pass(DAY_SECONDS);
            for allowance in &allowances {
                let now = till.home.now().unwrap().time;
                let mut claims = intent(allowance, 2_500, &key).claims_again();
                (claims.shop, claims.mark, claims.occurred_at) = (shop, mark, now);
                claims.seq = 20;
                claims.prev = Ref([u8::try_from(now.0 % 251).unwrap(); 16]);
                let payment = claims.sign(&key).unwrap();
                if answer(&till.home, &full(&payment, allowance))
                    .unwrap()
                    .verdict
                    .accepted()
                {
                    taken += 2_500;
                }
            }
        }
        assert_eq!(taken, town.limits.per_holder.units());
    }
    assert_eq!(gained, 3 * cap);
}

trait Claims {
    fn claims_again(&self) -> Intent;
}

impl Claims for Verified<Intent> {
    fn claims_again(&self) -> Intent {
        Received::<Intent>::read(self.bytes()).unwrap().claims().clone()
    }
}
