//! Each fuzz target for a short while, from fixed seeds (`kinchaku_tests::fuzz` for longer).

use kinchaku_tests::fuzz::{TARGETS, run};

fn short(name: &str, count: u64) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    // Unchanged samples must read too: a target that turns everything away tests nothing.
    for sample in (target.samples)() {
        (target.read)(&sample);
    }
    run(target, 20_261_121, count, |_| {});
}

#[test]
fn ber() {
    short("ber", 20_000);
}

#[test]
fn certificates() {
    short("certificate", 10_000);
}

#[test]
fn card_files() {
    short("card-files", 10_000);
}

#[test]
fn apdu_answers() {
    short("apdu-answers", 5_000);
}

#[test]
fn link_proofs() {
    short("linkproof", 10_000);
}

/// F065: files of strangers.
#[test]
fn pictures() {
    short("picture", 5_000);
}

/// F065, F066: payment codes of others, lengths that lie among them.
#[test]
fn payloads() {
    short("payload", 20_000);
}

/// F065, F069: whatever is scanned.
#[test]
fn scanned_texts() {
    short("scanned", 20_000);
}

/// F234, F069: receipts, refusals, voucher codes.
#[test]
fn texts_between_screens() {
    short("screen", 20_000);
}

#[test]
fn no_target_is_left_out() {
    let tested = [
        "ber",
        "certificate",
        "card-files",
        "apdu-answers",
        "linkproof",
        "picture",
        "payload",
        "scanned",
        "screen",
    ];
    let all: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(all, tested);
}
