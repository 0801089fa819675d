//! What the server refuses, each with its own stable code and without a word about anybody.

use crate::http_town::{Gadget, Town, path};
use kinchaku_protocol::api::{EnrolRequest, PullRequest};
use kinchaku_protocol::doc::field::{Bytes, to_bytes};
use kinchaku_protocol::doc::{Answer, AnswerItem, Role, Upload, UploadItem};
use kinchaku_protocol::ids::Ref;
use kinchaku_server::clock;
use kinchaku_server::http::MAX_BODY;

fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn pull() -> Vec<u8> {
    to_bytes(&PullRequest {
        cursor: Bytes(Vec::new()),
        nonce: Bytes(vec![1; 16]),
    })
}

#[test]
fn another_version_town_address_or_method_is_named() {
    let town = Town::start();
    let none = town.exchange("GET", &path("keyset"), &[], b"");
    assert_eq!(none.problem(), problem(400, "version"));
    let two = town.exchange("GET", &path("keyset"), &[("kinchaku-version", "2")], b"");
    assert_eq!(two.problem(), problem(400, "version"));
    let ours = [("kinchaku-version", "1")];
    let other = town.exchange("GET", "/v1/2/keyset", &ours, b"");
    assert_eq!(other.problem(), problem(404, "unknown_town"));
    assert_eq!(town.get("nothing").problem(), problem(404, "not_found"));
    assert_eq!(town.get("upload").problem(), problem(405, "method"));
    let live = town.exchange("GET", "/healthz", &[], b"");
    let ready = town.exchange("GET", "/readyz", &[], b"");
    assert_eq!((live.status, ready.status), (200, 200));
    let metrics = town.exchange("GET", "/metrics", &[], b"").text();
    assert!(metrics.contains("kinchaku_requests_total"));
    assert!(
        metrics.contains(r#"route="/v1/{muni}/keyset",status="400""#),
        "{metrics}"
    );
    let outside = town.exchange("GET", "/metrics", &[("x-forwarded-for", "198.51.100.7")], b"");
    assert_eq!(outside.problem(), problem(404, "not_found"));
}

#[test]
fn junk_and_masses_are_refused_before_anything_reads_them() {
    let town = Town::start();
    let text = [("kinchaku-version", "1"), ("content-type", "text/plain")];
    let media = town.exchange("POST", &path("upload"), &text, b"\xa1\x00\x80");
    assert_eq!(media.problem(), problem(415, "media_type"));
    // Cut, trailing, not the shortest form, another shape.
    for body in [&b"\xa1\x00"[..], b"\xa1\x00\x80\x00", b"\xa1\x18\x00\x80", b"\x80", b""] {
        assert_eq!(
            town.post("upload", body).problem(),
            problem(400, "malformed"),
            "{body:02x?}"
        );
    }
    assert_eq!(town.post("enrol", b"\x80").problem(), problem(400, "malformed"));
    let large = vec![0; MAX_BODY + 1];
    assert_eq!(town.post("upload", &large).problem(), problem(413, "too_large"));
}

/// Only the enrolled key, only now, only once.
#[test]
fn a_request_counts_once_and_only_with_its_device_s_signature() {
    let town = Town::start();
    let (code, _) = town.invited();
    let wallet = Gadget::new(41).enrolled(&town, &code, Role::Wallet);
    let (body, now) = (pull(), clock::now());

    assert_eq!(town.post("pull", &body).problem(), problem(401, "signature"));
    let signed = wallet.signed("pull", &body, 7, now);
    assert_eq!(town.post_signed("pull", &body, &signed).status, 200);
    assert_eq!(
        town.post_signed("pull", &body, &signed).problem(),
        problem(409, "replay")
    );

    // Another body, another route, another key, another time, another device.
    let signed = wallet.signed("pull", &body, 8, now);
    let mut other = body.clone();
    *other.last_mut().unwrap() ^= 1;
    assert_eq!(
        town.post_signed("pull", &other, &signed).problem(),
        problem(401, "signature")
    );
    assert_eq!(
        town.post_signed("allowance", &body, &signed).problem(),
        problem(401, "signature")
    );
    let mut thief = Gadget::new(43);
    thief.reference = wallet.reference;
    assert_eq!(thief.asks(&town, "pull", &body).problem(), problem(401, "signature"));
    for at in [now.before(400), now.after(400)] {
        let signed = wallet.signed("pull", &body, 10, at);
        assert_eq!(
            town.post_signed("pull", &body, &signed).problem(),
            problem(401, "clock")
        );
    }
    thief.reference = Ref([9; 16]);
    assert_eq!(thief.asks(&town, "pull", &body).problem(), problem(403, "device"));
}

/// T5: nobody gets a page signed that another device would take for its own.
#[test]
fn a_page_s_nonce_names_no_other_device() {
    let town = Town::start();
    let (code, _) = town.invited();
    let wallet = Gadget::new(45).enrolled(&town, &code, Role::Wallet);
    let asked = |nonce: Vec<u8>| {
        let request = PullRequest {
            cursor: Bytes(Vec::new()),
            nonce: Bytes(nonce),
        };
        wallet.asks(&town, "pull", &to_bytes(&request))
    };
    let own = [wallet.reference.0, [3; 16]].concat();
    assert_eq!(asked(own).status, 200);
    let others = [[8; 16], [3; 16]].concat();
    assert_eq!(asked(others).problem(), problem(400, "malformed"));
    assert_eq!(asked(Vec::new()).problem(), problem(400, "malformed"));
}

#[test]
fn enrolment_needs_a_fresh_nonce_both_keys_and_an_unused_code() {
    let town = Town::start();
    let (code, _) = town.invited();
    let gadget = Gadget::new(51);
    let good = gadget.enrol_request(&town, &code, Role::Wallet);
    let tried = |request: &EnrolRequest| town.post("enrol", &to_bytes(request));

    let mut stale = good.clone();
    stale.nonce.0[3] ^= 1;
    assert_eq!(tried(&stale).problem(), problem(400, "nonce"));
    let mut forged = good.clone();
    forged.sync_proof[5] ^= 1;
    assert_eq!(tried(&forged).problem(), problem(403, "key"));
    let mut forged = good.clone();
    forged.pay.as_mut().unwrap().proof[5] ^= 1;
    assert_eq!(tried(&forged).problem(), problem(403, "key"));
    let mut without = good.clone();
    without.pay = None;
    assert_eq!(tried(&without).problem(), problem(403, "key"));
    // A proof for one role is none for another.
    let mut shop = good.clone();
    (shop.role, shop.pay) = (Role::Shop, None);
    assert_eq!(tried(&shop).problem(), problem(403, "key"));
    let unknown = gadget.enrol_request(&town, "0000-0000-0000", Role::Wallet);
    assert_eq!(tried(&unknown).problem(), problem(403, "code"));

    assert_eq!(tried(&good).status, 200);
    let second = Gadget::new(53).enrol_request(&town, &code, Role::Wallet);
    assert_eq!(tried(&second).problem(), problem(403, "code"));
}

#[test]
fn the_office_is_for_those_who_can_read_its_token() {
    let town = Town::start();
    let ask = |headers: &[(&str, &str)], body: &[u8]| town.exchange("POST", &path("office"), headers, body);
    let right = ("authorization", "Bearer the token of this test");
    let books = br#"{"do":"books"}"#;
    assert_eq!(ask(&[], books).problem(), problem(401, "token"));
    assert_eq!(
        ask(&[("authorization", "Bearer guess")], books).problem(),
        problem(401, "token")
    );
    assert_eq!(
        ask(&[right, ("x-forwarded-for", "198.51.100.7")], books).problem(),
        problem(404, "not_found")
    );
    assert_eq!(
        ask(&[right], br#"{"do":"everything"}"#).problem(),
        problem(400, "malformed")
    );
    assert_eq!(ask(&[right], books).status, 200);
}

/// T3, T4: whatever byte of an upload is altered on the way, nothing is posted and nothing breaks.
#[test]
fn no_altered_byte_is_posted() {
    let town = Town::start();
    let place = town.furnished();
    let (code, account) = town.invited();
    let wallet = Gadget::new(71).enrolled(&town, &code, Role::Wallet);
    town.credit(account, 5_000, "first");
    let intent = wallet.pays(&wallet.allowance(&town), place, 700);
    let item = UploadItem {
        document: Bytes(intent.bytes().to_vec()),
        evidence: None,
    };
    let body = Upload { items: vec![item] }.encode();
    for at in 0..body.len() {
        let mut altered = body.clone();
        altered[at] ^= 1;
        let answer = town.post("upload", &altered);
        match answer.status {
            400 => assert_eq!(answer.problem(), problem(400, "malformed")),
            _ => {
                assert_eq!(answer.status, 200, "byte {at}: {}", answer.text());
                let items = Answer::decode(&answer.body).unwrap().items;
                assert!(
                    items.iter().all(|item| matches!(item, AnswerItem::Parked(_))),
                    "byte {at}: {items:?}"
                );
            }
        }
    }
    let answer = town.post("upload", &body);
    let items = Answer::decode(&answer.body).unwrap().items;
    assert!(matches!(items.as_slice(), [AnswerItem::Fact(_)]), "{items:?}");
}

/// A device that asks without end is told when to come back, and others are not held up.
#[test]
fn one_device_cannot_take_it_all() {
    let town = Town::start();
    let (code, _) = town.invited();
    let wallet = Gadget::new(61).enrolled(&town, &code, Role::Wallet);
    let refused = (0..80)
        .map(|_| wallet.asks(&town, "pull", &pull()))
        .find(|answer| answer.status != 200);
    let refused = refused.unwrap();
    assert_eq!(refused.problem(), problem(429, "too_many"));
    assert!(refused.head.contains("retry-after: "));
    let (code, _) = town.invited();
    let other = Gadget::new(63).enrolled(&town, &code, Role::Wallet);
    assert_eq!(other.asks(&town, "pull", &pull()).status, 200);
}

/// Whoever knows a device's name cannot use up what it may ask for.
#[test]
fn a_stranger_costs_a_device_nothing() {
    let town = Town::start();
    let (code, _) = town.invited();
    let wallet = Gadget::new(61).enrolled(&town, &code, Role::Wallet);
    let mut stranger = Gadget::new(65);
    stranger.reference = wallet.reference;
    for _ in 0..80 {
        let refused = stranger.asks(&town, "pull", &pull());
        assert_eq!(refused.problem(), problem(401, "signature"));
    }
    assert_eq!(wallet.asks(&town, "pull", &pull()).status, 200);
}
