//! Clocks that somebody sets, on the payer's side of the counter.

use kinchaku_core::pay::PayError;
use kinchaku_core::view;
use kinchaku_protocol::doc::{Quality, Receipt, Verdict};
use kinchaku_protocol::ids::{MarkId, Pid};
use kinchaku_protocol::mpm::shop_mark::Offline;
use kinchaku_protocol::time::{DAY_SECONDS, Time};
use kinchaku_tests::chance::Chance;
use kinchaku_tests::counter::{answer, quoted, try_pay};
use kinchaku_tests::offline_town::{OfflineTown, START, TestDevice};

const SHOP: Pid = Pid([7; 8]);
const MARK: MarkId = MarkId([7; 4]);

/// The end of the allowances here.
const END: Time = Time(START.0 + 7 * DAY_SECONDS);

struct Pair {
    _folder: tempfile::TempDir,
    payer: TestDevice,
    till: TestDevice,
    sheet: String,
}

fn pair() -> Pair {
    let town = OfflineTown::new();
    let folder = tempfile::tempdir().unwrap();
    let payer = town.wallet(&folder.path().join("payer"));
    let till = town.till(&folder.path().join("till"), SHOP, MARK);
    let sheet = town.sheet(SHOP, MARK, Offline::Scan);
    Pair {
        _folder: folder,
        payer,
        till,
        sheet,
    }
}

/// T11: whatever the payer does to clock and device, a shop whose clock is right takes nothing after the end.
/// What an unlucky clock costs is a refusal, and the value is still there.
#[test]
fn no_setting_of_the_clock_spends_an_ended_allowance() {
    let (mut before, mut after, mut refused) = (0, 0, 0);
    for seed in 1..25 {
        let pair = pair();
        let mut chance = Chance::new(seed);
        let mut now = START;
        for _ in 0..40 {
            match chance.below(5) {
                0 => {
                    let passed = chance.below(2 * DAY_SECONDS);
                    now = now.after(passed);
                    pair.payer.clock.pass(passed);
                    pair.till.clock.pass(passed);
                }
                1 => pair
                    .payer
                    .clock
                    .set_wall(Time(START.0 - DAY_SECONDS + chance.below(12 * DAY_SECONDS))),
                2 => pair.payer.clock.restart(),
                _ => {
                    let Ok(receipt) = try_pay(&pair.payer.home, &pair.sheet, 1) else {
                        continue;
                    };
                    let signed = Receipt::read(&receipt.full).unwrap();
                    assert!(signed.intent.claims().occurred_at <= END);
                    // A till that has not synced for long answers nothing at all.
                    let Ok(answered) = answer(&pair.till.home, &receipt.full) else {
                        continue;
                    };
                    if now <= END {
                        before += u32::from(answered.verdict.accepted());
                    } else {
                        after += u32::from(answered.verdict.accepted());
                        refused += u32::from(answered.verdict == Verdict::OutsideWindow);
                    }
                }
            }
        }
    }
    assert_eq!(after, 0, "taken after the end");
    assert!(
        before > 50 && refused > 5,
        "{before} {refused}: the story must have both"
    );
}

/// T11: once the wallet has known the end, neither a clock set back nor a restart brings the allowance back,
/// and after a restart without any network it says that it does not know the time well.
#[test]
fn an_end_that_was_seen_stays() {
    let Pair { payer, sheet, .. } = &pair();
    payer.clock.pass(7 * DAY_SECONDS + 1);
    assert_eq!(
        try_pay(&payer.home, sheet, 1),
        Err(PayError::AllowanceEnded { at: END })
    );
    payer.clock.restart();
    payer.clock.set_wall(START);
    assert_eq!(
        try_pay(&payer.home, sheet, 1),
        Err(PayError::AllowanceEnded { at: END })
    );
    assert_eq!(payer.home.now().unwrap().quality, Quality::Lost);
}

/// T12: a clock set far ahead stops payments and loses nothing: a time signed by the server repairs it.
#[test]
fn a_clock_set_ahead_costs_nothing() {
    let Pair { payer, till, sheet, .. } = &pair();
    payer.clock.set_wall(START.after(400 * DAY_SECONDS));
    // While the device is up, the wall clock plays no part.
    assert!(quoted(&payer.home, sheet, 100).is_ok());
    payer.clock.restart();
    assert!(matches!(
        try_pay(&payer.home, sheet, 100),
        Err(PayError::AllowanceEnded { .. })
    ));
    let spent = |device: &TestDevice| view::history(&device.home).unwrap().payments.len();
    assert_eq!(spent(payer), 0);
    let store = payer.home.store();
    store.write(|db| payer.home.anchor(db, START.after(60))).unwrap();
    let receipt = try_pay(&payer.home, sheet, 100).unwrap();
    till.clock.pass(60);
    assert!(answer(&till.home, &receipt.full).unwrap().verdict.accepted());
}
