//! Whose card it is, and what the books make of it: each rule of linking, of being here again, of My Key
//! IDs, of a person's data and of its end, on both databases.

use crate::card_town;
use crate::in_towns;
use std::sync::atomic::Ordering;

use crate::card_town::{NOW, Town, Wallet, town_keys};
use kinchaku_fixtures::card::persons::Person;
use kinchaku_protocol::api::{CHALLENGE_LIFE, KeyIdAction, KeyIdOutcome, PayKey, UnlockRequest};
use kinchaku_protocol::doc::field::to_bytes;
use kinchaku_protocol::doc::{
    Allowance, AnswerItem, CardMethod, FactKind, LinkProof, ParkReason, Reason, Received, UploadItem,
};
use kinchaku_protocol::ids::{ClassId, ServiceType, SetId};
use kinchaku_protocol::jpki::my_key_id::MyKeyId;
use kinchaku_protocol::jpki::statement::CardPurpose;
use kinchaku_protocol::money::Amount;
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::time::DAY_SECONDS;
use kinchaku_server::books::BooksError;
use kinchaku_server::command::{Action, CommandError, Credit, Legal, NewClass, Outcome};
use kinchaku_server::identity::action::CardAction;
use kinchaku_server::identity::cards::CardError;
use kinchaku_server::identity::rows::{PersonalKind, PersonalRow};
use kinchaku_server::keys::{KeysError, TownKeys};
use kinchaku_server::ledger::rows::ParkedRow;
use kinchaku_server::store::table::Table as _;
use kinchaku_server::store::{Query, Which, Write};

const POSTED: (FactKind, Reason) = (FactKind::Posted, Reason::None);
const UNKNOWN_CARD: (FactKind, Reason) = (FactKind::Pending, Reason::UnknownCard);

const fn rejected(reason: Reason) -> (FactKind, Reason) {
    (FactKind::Rejected, reason)
}

in_towns!(
    an_adult_links_and_the_answer_is_the_same_ever_after,
    a_challenge_is_for_one_device_purpose_and_proof_for_fifteen_minutes,
    a_sixth_challenge_takes_the_oldest_ones_place,
    without_a_status_nothing_is_decided_and_nothing_used_up,
    a_restart_between_challenge_and_proof_loses_nothing,
    a_minor_links_with_a_linked_adult_beside,
    a_town_can_keep_minors_cards_away,
    a_level_never_goes_down,
    a_certificate_that_came_along_is_proven_by_a_login,
    a_copied_certificate_stands_in_nobodys_way,
    an_account_stays_with_its_person,
    a_person_has_one_account,
    a_renewed_card_is_tied_by_the_platform,
    a_renewed_card_nobody_knows_is_tied_at_the_office,
    cards_at_the_office_are_few,
    two_accounts_link_one_card_at_once,
    a_locked_pin_comes_back_with_the_card,
    a_my_key_id_is_made_at_most_three_times,
    a_my_key_id_is_chosen_until_three_were_taken,
    a_my_key_id_changes_and_its_old_one_leads_here,
    a_revoked_my_key_id_is_gone_for_good,
    a_my_key_id_needs_the_card_on_this_device,
    two_devices_choose_one_my_key_id_at_once,
    an_erased_person_leaves_the_books_sound,
    certificates_are_asked_about_once_a_month,
    a_few_without_an_answer_keep_nobody_from_being_asked_about,
    a_person_whose_data_is_damaged_keeps_nobody_from_being_asked_about,
    a_guardian_of_whom_nothing_is_proven_stands_for_nobody,
    a_certificate_that_came_along_takes_no_other_ones_place,
    a_proof_that_lost_its_way_is_not_kept,
    what_is_proven_decides_who_may_have_what,
    a_stopped_device_brings_no_card,
    one_document_twice_at_once_is_one_fact,
    the_secret_of_persons_is_made_once_and_never_replaced,
);

fn no_challenge(result: Result<kinchaku_protocol::api::CardAnswer, CardError>) {
    let error = result.unwrap_err();
    let wanted = matches!(error, CardError::Books(BooksError::Command(CommandError::NoChallenge)));
    assert!(wanted, "{error:?}");
}

/// F055, F137, F138: name and address are official with source and time, and the document again is the
/// same fact, byte for byte.
async fn an_adult_links_and_the_answer_is_the_same_ever_after(mut town: Town) {
    let wallet = town.resident().await;
    assert_eq!(town.books.official(wallet.account).await.unwrap(), None);
    let challenge = town.challenge(&wallet, CardPurpose::Link).await;
    let request = wallet.link(Person::Adult, &challenge);
    let answer = town.proves(&wallet, &request).await.unwrap();
    let standing = answer.standing.clone().unwrap();
    assert_eq!(
        (standing.level, standing.linked_at, standing.key_id),
        (2, Some(town.now), None)
    );

    let official = town.books.official(wallet.account).await.unwrap().unwrap();
    assert_eq!(official.official.four.name, Person::Adult.card().resident.name);
    assert_eq!(official.official.four.address, Person::Adult.card().resident.address);
    assert_eq!(
        (official.official.as_of, official.level, official.lapsed),
        (town.now, 2, None)
    );
    assert_eq!(official.official.source, CardMethod::SignatureCertificate);

    // The same document, at once, hours later and after a restart; and details do not matter any more.
    assert_eq!(town.proves(&wallet, &request).await.unwrap(), answer);
    town.later(3 * 3_600);
    let town = town.restarted().await;
    assert_eq!(town.proves(&wallet, &request).await.unwrap(), answer);

    // Another document for the same challenge is too late, whoever's card it is; and stays refused.
    let other = wallet.link(Person::Elder, &challenge);
    assert_eq!(town.decides(&wallet, &other).await, rejected(Reason::Challenge));
    assert_eq!(town.decides(&wallet, &other).await, rejected(Reason::Challenge));
    let official = town.books.official(wallet.account).await.unwrap().unwrap();
    assert_eq!(official.official.four.name, Person::Adult.card().resident.name);
    town.sound().await;
}

async fn a_challenge_is_for_one_device_purpose_and_proof_for_fifteen_minutes(mut town: Town) {
    let (wallet, other) = (town.resident().await, town.resident().await);
    let challenge = town.challenge(&wallet, CardPurpose::Link).await;
    // Nobody gave this one out, and that one was given to another device.
    no_challenge(town.proves(&wallet, &wallet.link(Person::Adult, &[9; 32])).await);
    no_challenge(town.proves(&other, &other.link(Person::Adult, &challenge)).await);
    // A document of one device brought by another.
    let stolen = town.proves(&other, &wallet.link(Person::Adult, &challenge)).await;
    assert!(matches!(stolen, Err(CardError::Signature)));
    // A card that signed for another device's challenge.
    let mut document = Received::<LinkProof>::read(&wallet.link(Person::Adult, &challenge).proof.0)
        .unwrap()
        .claims()
        .clone();
    let theirs = town.challenge(&other, CardPurpose::Link).await;
    document.challenge = theirs;
    assert_eq!(
        town.decides(&other, &other.signs(&document, None)).await,
        rejected(Reason::CardSignature)
    );
    // A challenge for logging in links nobody, and one for linking logs nobody in.
    let login = town.challenge(&other, CardPurpose::Login).await;
    assert_eq!(
        town.decides(&other, &other.link(Person::Adult, &login)).await,
        rejected(Reason::Challenge)
    );
    // A card that signed for another purpose.
    let login = town.challenge(&wallet, CardPurpose::Login).await;
    let unlock = wallet.here(Person::Adult, &login, CardPurpose::KeyId, None);
    assert_eq!(town.decides(&wallet, &unlock).await, rejected(Reason::CardSignature));
    // The last second counts, the next one does not.
    let late = town.challenge(&wallet, CardPurpose::Link).await;
    town.later(CHALLENGE_LIFE);
    assert_eq!(
        town.decides(&wallet, &wallet.link(Person::Adult, &challenge)).await,
        POSTED
    );
    town.later(1);
    assert_eq!(
        town.decides(&wallet, &wallet.link(Person::Adult, &late)).await,
        rejected(Reason::Challenge)
    );
    let guardian = town
        .books
        .card_challenge(&wallet.enrolled, CardPurpose::Guardian, town.now)
        .await;
    assert!(matches!(guardian, Err(CardError::Purpose)));
    town.sound().await;
}

async fn a_sixth_challenge_takes_the_oldest_ones_place(mut town: Town) {
    let wallet = town.resident().await;
    let mut challenges = Vec::new();
    for _ in 0..6 {
        challenges.push(town.challenge(&wallet, CardPurpose::Link).await);
        town.later(1);
    }
    no_challenge(town.proves(&wallet, &wallet.link(Person::Adult, &challenges[0])).await);
    for challenge in &challenges[1..] {
        assert_eq!(
            town.decides(&wallet, &wallet.link(Person::Adult, challenge)).await,
            POSTED
        );
    }
}

async fn without_a_status_nothing_is_decided_and_nothing_used_up(mut town: Town) {
    let wallet = town.resident().await;
    let challenge = town.challenge(&wallet, CardPurpose::Link).await;
    let request = wallet.link(Person::Adult, &challenge);
    town.registry.is_silent(true);
    let answer = town.proves(&wallet, &request).await;
    assert!(
        matches!(answer, Err(CardError::Status { retry: 1.., .. })),
        "{answer:?}"
    );
    assert_eq!(town.level(&wallet).await, 0);
    town.registry.is_silent(false);
    town.later(CHALLENGE_LIFE - 1);
    assert_eq!(town.decides(&wallet, &request).await, POSTED);
    // It had been asked about; what is decided is not asked about again.
    let asked = town.registry.asked.load(Ordering::SeqCst);
    assert_eq!(town.decides(&wallet, &request).await, POSTED);
    assert_eq!(town.registry.asked.load(Ordering::SeqCst), asked);
}

async fn a_restart_between_challenge_and_proof_loses_nothing(mut town: Town) {
    let wallet = town.resident().await;
    let challenge = town.challenge(&wallet, CardPurpose::Link).await;
    let town = town.restarted().await;
    assert_eq!(
        town.decides(&wallet, &wallet.link(Person::Adult, &challenge)).await,
        POSTED
    );
}

async fn link_minor(town: &Town, wallet: &Wallet, guardian: Person) -> (FactKind, Reason) {
    let challenge = town.challenge(wallet, CardPurpose::Link).await;
    town.decides(wallet, &wallet.link_minor(Person::Child, guardian, &challenge))
        .await
}

/// F053: a child has no certificate for signatures, so the card's record and a linked adult stand for it.
async fn a_minor_links_with_a_linked_adult_beside(mut town: Town) {
    let (mother, child) = (town.resident().await, town.resident().await);
    let refused = rejected(Reason::Guardian);
    assert_eq!(
        link_minor(&town, &child, Person::Adult).await,
        refused,
        "nobody has linked this card"
    );
    assert_eq!(town.links(&mother, Person::Adult).await, POSTED);
    assert_eq!(
        link_minor(&town, &child, Person::Adult).await,
        refused,
        "her certificate merely came along"
    );
    assert_eq!(town.logs_in(&mother, Person::Adult).await, POSTED);
    // On her own account she is no guardian of herself.
    assert_eq!(link_minor(&town, &mother, Person::Adult).await.0, FactKind::Rejected);
    assert_eq!(link_minor(&town, &child, Person::Adult).await, POSTED);
    assert_eq!(town.level(&child).await, 1);
    let official = town.books.official(child.account).await.unwrap().unwrap();
    assert_eq!(official.official.four.name, Person::Child.card().resident.name);
    assert_eq!(official.official.source, CardMethod::CardRecord);
    let file = town.books.reader().person(child.account).await.unwrap().unwrap();
    assert_eq!(file.person.unwrap().guardian, Some(mother.account));
    // The child is recognised from now on.
    assert_eq!(town.logs_in(&child, Person::Child).await, POSTED);
    // A child is nobody's guardian; neither is a linked person who left.
    let friend = town.resident().await;
    assert_eq!(link_minor(&town, &friend, Person::Child).await, refused);
    town.run(erase(&mother)).await;
    assert_eq!(link_minor(&town, &child, Person::Adult).await, refused);
    town.sound().await;
}

/// A town whose counsel says no: a minor's records are not looked at, and nothing is used up.
async fn a_town_can_keep_minors_cards_away(mut town: Town) {
    let (mother, child) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&mother, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&mother, Person::Adult).await, POSTED);
    let town = town.without_minors().await;
    let challenge = town.challenge(&child, CardPurpose::Link).await;
    let request = child.link_minor(Person::Child, Person::Adult, &challenge);
    let refused = town.proves(&child, &request).await;
    assert!(matches!(refused, Err(CardError::Minors)), "{refused:?}");
    assert_eq!(town.level(&child).await, 0);
    // An adult is linked as ever, and with the same challenge where it was not used up.
    let town = town.restarted().await;
    assert_eq!(town.decides(&child, &request).await, POSTED);
}

async fn a_level_never_goes_down(mut town: Town) {
    town.registry.tells(true);
    let (mother, wallet) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&mother, Person::Adult).await, POSTED);
    assert_eq!(link_minor(&town, &wallet, Person::Adult).await, POSTED);
    assert_eq!(link_minor(&town, &wallet, Person::Adult).await, POSTED, "again");
    assert_eq!(town.level(&wallet).await, 1);
    assert_eq!(town.links(&mother, Person::Adult).await, POSTED, "again");
    assert_eq!(town.level(&mother).await, 2);
    town.sound().await;
}

/// F196: the certificate for user authentication recognises somebody once its key has signed.
async fn a_certificate_that_came_along_is_proven_by_a_login(mut town: Town) {
    let (wallet, other) = (town.resident().await, town.resident().await);
    assert_eq!(town.logs_in(&wallet, Person::Adult).await, rejected(Reason::NotLinked));
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    assert_eq!(town.links(&other, Person::Elder).await, POSTED);
    assert_eq!(town.logs_in(&other, Person::Elder).await, POSTED);
    assert_eq!(
        town.logs_in(&wallet, Person::Elder).await,
        rejected(Reason::AnotherPerson)
    );
    assert_eq!(town.logs_in(&wallet, Person::Adult).await, POSTED);
    assert_eq!(
        town.logs_in(&other, Person::Adult).await,
        rejected(Reason::AnotherPerson)
    );
    // A clone of the card has its files and not its keys.
    assert_eq!(
        town.logs_in(&wallet, Person::Cloned).await,
        rejected(Reason::CardSignature)
    );
    assert_eq!(
        town.logs_in(&wallet, Person::Forged).await,
        rejected(Reason::CertificateUntrusted)
    );
    // The same serial number under another issuer is another card.
    assert_eq!(town.logs_in(&wallet, Person::Neighbour).await, UNKNOWN_CARD);
    town.sound().await;
}

/// Anybody reads this certificate from a card without a PIN: having a copy of it is worth nothing.
async fn a_copied_certificate_stands_in_nobodys_way(mut town: Town) {
    let (thief, victim) = (town.resident().await, town.resident().await);
    let challenge = town.challenge(&thief, CardPurpose::Link).await;
    let copied = thief.link_beside(Person::Neighbour, Person::Adult, &challenge);
    assert_eq!(town.decides(&thief, &copied).await, POSTED);
    assert_eq!(town.links(&victim, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&victim, Person::Adult).await, POSTED);
    assert_eq!(
        town.logs_in(&thief, Person::Adult).await,
        rejected(Reason::AnotherPerson)
    );
    // Nor does it make the victim's account the thief's.
    let challenge = town.challenge(&victim, CardPurpose::Link).await;
    let copied = victim.link_beside(Person::Neighbour, Person::Adult, &challenge);
    assert_eq!(town.decides(&victim, &copied).await, rejected(Reason::AnotherPerson));
    // Where the platform is asked, it says that these are two persons' certificates.
    town.registry.tells(true);
    let third = town.resident().await;
    let challenge = town.challenge(&third, CardPurpose::Link).await;
    let copied = third.link_beside(Person::Elder, Person::Adult, &challenge);
    assert_eq!(town.decides(&third, &copied).await, rejected(Reason::AnotherPerson));
    town.sound().await;
}

/// F143: another person's card never overwrites the attributes.
async fn an_account_stays_with_its_person(mut town: Town) {
    let (wallet, other) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    assert_eq!(town.links(&other, Person::Elder).await, POSTED);
    let before = town.books.official(wallet.account).await.unwrap();
    town.later(60);
    let another = rejected(Reason::AnotherPerson);
    assert_eq!(
        town.links(&wallet, Person::Elder).await,
        another,
        "a card with an account"
    );
    assert_eq!(
        town.links(&wallet, Person::Neighbour).await,
        another,
        "born on another day"
    );
    assert_eq!(town.books.official(wallet.account).await.unwrap(), before);
    // The right card again is proven again.
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    let after = town.books.official(wallet.account).await.unwrap().unwrap();
    assert_eq!(after.official.as_of, town.now);
    assert_eq!(after.official.four, before.unwrap().official.four);
    for (person, reason) in [
        (Person::Expired, Reason::CertificateExpired),
        (Person::Forged, Reason::CertificateUntrusted),
        (Person::Cloned, Reason::CardSignature),
    ] {
        assert_eq!(town.links(&wallet, person).await, rejected(reason), "{person:?}");
    }
    town.registry
        .revoke(&Person::Adult.content().jpki.sign.unwrap().certificate);
    assert_eq!(
        town.links(&wallet, Person::Adult).await,
        rejected(Reason::CertificateRevoked)
    );
    town.sound().await;
}

async fn a_person_has_one_account(mut town: Town) {
    let (first, second) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&first, Person::Adult).await, POSTED);
    assert_eq!(
        town.links(&second, Person::Adult).await,
        rejected(Reason::AnotherAccount)
    );
    // The platform knows that the next card is hers, too.
    assert_eq!(town.logs_in(&first, Person::Adult).await, POSTED);
    town.registry.tells(true);
    assert_eq!(
        town.links(&second, Person::Renewed).await,
        rejected(Reason::AnotherAccount)
    );
    assert_eq!(town.books.official(second.account).await.unwrap(), None);
    // A second phone of the same account is no second account.
    let phone = town.second(&first).await;
    assert_eq!(town.links(&phone, Person::Adult).await, POSTED);
    town.sound().await;
}

/// F193: the new serial number takes the old one's place at its next use.
async fn a_renewed_card_is_tied_by_the_platform(mut town: Town) {
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&wallet, Person::Adult).await, POSTED);
    town.registry.tells(true);
    assert_eq!(town.logs_in(&wallet, Person::Renewed).await, POSTED);
    town.registry.tells(false);
    assert_eq!(
        town.logs_in(&wallet, Person::Renewed).await,
        POSTED,
        "known from now on"
    );
    assert_eq!(
        town.logs_in(&wallet, Person::Adult).await,
        POSTED,
        "as long as it stands"
    );
    town.sound().await;
}

async fn a_renewed_card_nobody_knows_is_tied_at_the_office(mut town: Town) {
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&wallet, Person::Adult).await, POSTED);
    let before = town.books.official(wallet.account).await.unwrap().unwrap();
    town.later(60);
    // The same name, the same birth date: that ties nothing.
    assert_eq!(town.links(&wallet, Person::Renewed).await, UNKNOWN_CARD);
    assert_eq!(town.links(&wallet, Person::Renewed).await, UNKNOWN_CARD);
    assert_eq!(town.books.official(wallet.account).await.unwrap().unwrap(), before);
    let file = town.books.reader().person(wallet.account).await.unwrap().unwrap();
    assert_eq!(file.pendings.len(), 1);
    let account = wallet.account;
    town.later(60);
    let tie = |pending| Action::Card(CardAction::Tie { account, pending });
    let pending = file.pendings[0].id;
    assert_eq!(town.run(tie(pending)).await, Outcome::Tied { pending });
    let again = town.books.execute(tie(pending), town.now).await.unwrap_err();
    assert!(matches!(again, BooksError::Command(CommandError::NoPending)));
    let after = town.books.official(wallet.account).await.unwrap().unwrap();
    assert_ne!(after.official.certificate, before.official.certificate);
    // Its signature is known now; its other certificate came along, and is proven by a login.
    assert_eq!(town.links(&wallet, Person::Renewed).await, POSTED);
    assert_eq!(town.logs_in(&wallet, Person::Renewed).await, POSTED);
    let file = town.books.reader().person(account).await.unwrap().unwrap();
    assert_eq!((file.pendings.len(), file.deeds.len()), (0, 1));
    let nobody = town.resident().await.account;
    let refused = town
        .books
        .execute(
            Action::Card(CardAction::Tie {
                account: nobody,
                pending,
            }),
            town.now,
        )
        .await
        .unwrap_err();
    assert!(matches!(refused, BooksError::Command(CommandError::NoPerson)));
    town.sound().await;
}

async fn cards_at_the_office_are_few(mut town: Town) {
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    for person in [
        Person::Elder,
        Person::Neighbour,
        Person::Substituted,
        Person::PartialBirth,
    ] {
        assert_eq!(town.logs_in(&wallet, person).await, UNKNOWN_CARD);
        town.later(1);
    }
    let file = town.books.reader().person(wallet.account).await.unwrap().unwrap();
    assert_eq!(file.pendings.len(), 3);
    let tie = |pending| {
        Action::Card(CardAction::Tie {
            account: wallet.account,
            pending,
        })
    };
    // The first of four gave its place away.
    let gone = file.pendings[0].id - 1;
    let refused = town.books.execute(tie(gone), town.now).await.unwrap_err();
    assert!(matches!(refused, BooksError::Command(CommandError::NoPending)));
    // One of them has become somebody's own since.
    let other = town.resident().await;
    assert_eq!(town.links(&other, Person::PartialBirth).await, POSTED);
    assert_eq!(town.logs_in(&other, Person::PartialBirth).await, POSTED);
    let last = file.pendings[2].id;
    let refused = town.books.execute(tie(last), town.now).await.unwrap_err();
    assert!(matches!(refused, BooksError::Command(CommandError::Taken)));
    town.sound().await;
}

async fn two_accounts_link_one_card_at_once(mut town: Town) {
    let (one, two) = (town.resident().await, town.resident().await);
    let (first, second) = tokio::join!(town.links(&one, Person::Adult), town.links(&two, Person::Adult));
    let mut said = [first, second];
    said.sort_by_key(|(kind, _)| kind.number());
    assert_eq!(said, [POSTED, rejected(Reason::AnotherAccount)]);
    // And two cards one account: the first stays.
    let three = town.resident().await;
    let (elder, neighbour) = tokio::join!(town.links(&three, Person::Elder), town.links(&three, Person::Neighbour));
    let posted = [elder, neighbour].iter().filter(|said| **said == POSTED).count();
    assert_eq!(posted, 1, "{elder:?} {neighbour:?}");
    let official = town.books.official(three.account).await.unwrap().unwrap();
    let stays = if elder == POSTED {
        Person::Elder
    } else {
        Person::Neighbour
    };
    assert_eq!(official.official.four.name, stays.card().resident.name);
    town.sound().await;
}

async fn money(town: &Town, account: u64) {
    let class = NewClass {
        id: ClassId(1),
        service_type: ServiceType::Money,
        legal: Legal::Prepaid,
        name: "コイン".to_owned(),
    };
    town.run(Action::AddClass(class)).await;
    let credit = Credit {
        key: format!("{account}-{}", town.now.0),
        account,
        class: ClassId(1),
        amount: Amount::of(3_000),
        until: None,
        set: SetId::ANYWHERE,
    };
    town.run(Action::Credit(credit)).await;
}

async fn pays_with(town: &Town, wallet: &Wallet) -> kinchaku_protocol::signature::PublicKey {
    let issue = Action::IssueAllowance {
        device: wallet.reference,
        close: None,
        at_most: None,
    };
    match town.run(issue).await {
        Outcome::Allowance(bytes) => Received::<Allowance>::read(&bytes).unwrap().claims().device_key,
        other => panic!("{other:?}"),
    }
}

/// The card takes the place of the office's code: a new payment key, proven, and agreed to by the card.
async fn a_locked_pin_comes_back_with_the_card(mut town: Town) {
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    money(&town, wallet.account).await;
    let (new, other) = (key(200), key(201));
    let pay = |key: &SoftwareSigner, signer: &SoftwareSigner| {
        let challenge = UnlockRequest::challenge(wallet.reference, &key.public_key());
        to_bytes(&PayKey {
            key: key.public_key(),
            proof: signer.sign(&challenge).unwrap(),
        })
    };
    let unlock = CardPurpose::Unlock;
    let challenge = town.challenge(&wallet, unlock).await;
    let none = town
        .proves(&wallet, &wallet.here(Person::Adult, &challenge, unlock, None))
        .await;
    assert!(matches!(none, Err(CardError::Malformed)));
    let unproven = wallet.here(Person::Adult, &challenge, unlock, Some(pay(&new, &other)));
    assert!(matches!(town.proves(&wallet, &unproven).await, Err(CardError::Key)));
    // Details that the card did not agree to.
    let mut changed = wallet.here(Person::Adult, &challenge, unlock, Some(pay(&new, &new)));
    changed.details = Some(kinchaku_protocol::doc::field::Bytes(pay(&other, &other)));
    assert_eq!(town.decides(&wallet, &changed).await, rejected(Reason::CardSignature));
    // Somebody else's card unlocks nothing.
    let challenge = town.challenge(&wallet, unlock).await;
    let theirs = wallet.here(Person::Elder, &challenge, unlock, Some(pay(&other, &other)));
    assert_eq!(town.decides(&wallet, &theirs).await, UNKNOWN_CARD);
    let challenge = town.challenge(&wallet, unlock).await;
    let request = wallet.here(Person::Adult, &challenge, unlock, Some(pay(&new, &new)));
    assert_eq!(town.decides(&wallet, &request).await, POSTED);
    assert_eq!(pays_with(&town, &wallet).await, new.public_key());
    // Details belong to unlocking alone.
    let login = town.challenge(&wallet, CardPurpose::Login).await;
    let detailed = wallet.here(Person::Adult, &login, CardPurpose::Login, Some(pay(&other, &other)));
    assert!(matches!(
        town.proves(&wallet, &detailed).await,
        Err(CardError::Malformed)
    ));
    town.sound().await;
}

fn key(seed: u8) -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[seed; 32]).unwrap()
}

/// A linked resident whose card was just proven for a My Key ID.
async fn at_the_key_id(town: &mut Town, person: Person) -> Wallet {
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, person).await, POSTED);
    assert_eq!(town.taps(&wallet, person, CardPurpose::KeyId).await, POSTED);
    wallet
}

async fn again(town: &Town, wallet: &Wallet, person: Person) {
    assert_eq!(town.taps(wallet, person, CardPurpose::KeyId).await, POSTED);
}

async fn account_of(town: &Town, id: &str) -> Option<u64> {
    let id = MyKeyId::parse(id).unwrap();
    town.books.account_of_key_id(&id).await.unwrap()
}

use KeyIdAction::{Accept, Choose, Generate, Revoke};

/// F190: a candidate twice, and the third is registered.
async fn a_my_key_id_is_made_at_most_three_times(mut town: Town) {
    let wallet = at_the_key_id(&mut town, Person::Adult).await;
    let first = town.key_id(&wallet, Generate, None).await;
    assert_eq!((first.outcome, first.generations_left), (KeyIdOutcome::Candidate, 2));
    let first = first.id.unwrap();
    assert_eq!(account_of(&town, &first).await, None, "not registered yet");
    // The count goes on over a new tap and a restart.
    town.later(CHALLENGE_LIFE + 1);
    assert_eq!(
        town.key_id(&wallet, Generate, None).await.outcome,
        KeyIdOutcome::CardFirst
    );
    again(&town, &wallet, Person::Adult).await;
    let town = town.restarted().await;
    let second = town.key_id(&wallet, Generate, None).await;
    assert_eq!((second.outcome, second.generations_left), (KeyIdOutcome::Candidate, 1));
    let second = second.id.unwrap();
    assert_ne!(first, second);
    assert_eq!(
        town.key_id(&wallet, Accept, Some(&first)).await.outcome,
        KeyIdOutcome::NoSuchId
    );
    let third = town.key_id(&wallet, Generate, None).await;
    assert_eq!((third.outcome, third.generations_left), (KeyIdOutcome::Registered, 0));
    let third = third.id.unwrap();
    assert_eq!(account_of(&town, &third).await, Some(wallet.account));
    let standing = town.books.card_standing(wallet.account).await.unwrap();
    assert_eq!(standing.key_id.as_deref(), Some(third.as_str()));
    // The answer was lost: accepting it again is the same. More needs the card.
    assert_eq!(
        town.key_id(&wallet, Accept, Some(&third)).await.outcome,
        KeyIdOutcome::Registered
    );
    assert_eq!(
        town.key_id(&wallet, Generate, None).await.outcome,
        KeyIdOutcome::CardFirst
    );
    // A candidate nobody took is anybody's.
    let mut town = town;
    let other = at_the_key_id(&mut town, Person::Elder).await;
    assert_eq!(
        town.key_id(&other, Choose, Some(&first)).await.outcome,
        KeyIdOutcome::Registered
    );
    town.sound().await;
}

/// F189, F191.
async fn a_my_key_id_is_chosen_until_three_were_taken(mut town: Town) {
    let holder = at_the_key_id(&mut town, Person::Adult).await;
    let chosen = town.key_id(&holder, Choose, Some("hanako01")).await;
    assert_eq!(chosen.outcome, KeyIdOutcome::Registered);
    assert_eq!(chosen.id.as_deref(), Some("HANAKO01"), "as it is written");
    let other = at_the_key_id(&mut town, Person::Elder).await;
    for left in [2, 1, 0] {
        let taken = town.key_id(&other, Choose, Some("ＨＡＮＡＫＯ０１")).await;
        assert_eq!((taken.outcome, taken.choices_left), (KeyIdOutcome::Taken, left));
    }
    let only = town.key_id(&other, Choose, Some("TOME0001")).await;
    assert_eq!(only.outcome, KeyIdOutcome::GenerateOnly);
    assert_eq!(account_of(&town, "TOME0001").await, None);
    again(&town, &other, Person::Elder).await;
    assert_eq!(
        town.key_id(&other, Choose, Some("TOME0001")).await.outcome,
        KeyIdOutcome::GenerateOnly
    );
    let made = town.key_id(&other, Generate, None).await;
    let made = town.key_id(&other, Accept, made.id.as_deref()).await;
    assert_eq!(made.outcome, KeyIdOutcome::Registered);
    for wrong in [Some("SHORT"), Some("TOO-LONG-"), None] {
        let request = kinchaku_protocol::api::KeyIdRequest {
            action: Choose,
            id: wrong.map(str::to_owned),
        };
        let refused = town.books.key_id(&other.enrolled, &request, town.now).await;
        assert!(matches!(refused, Err(CardError::Malformed)));
    }
    town.sound().await;
}

/// F211.
async fn a_my_key_id_changes_and_its_old_one_leads_here(mut town: Town) {
    let wallet = at_the_key_id(&mut town, Person::Adult).await;
    town.key_id(&wallet, Choose, Some("HANAKO01")).await;
    again(&town, &wallet, Person::Adult).await;
    let changed = town.key_id(&wallet, Choose, Some("HANAKO02")).await;
    assert_eq!(changed.outcome, KeyIdOutcome::Registered);
    for id in ["HANAKO01", "HANAKO02"] {
        assert_eq!(account_of(&town, id).await, Some(wallet.account));
    }
    let other = at_the_key_id(&mut town, Person::Elder).await;
    assert_eq!(
        town.key_id(&other, Choose, Some("HANAKO01")).await.outcome,
        KeyIdOutcome::Taken
    );
    // One's own old one can be taken up again.
    again(&town, &wallet, Person::Adult).await;
    assert_eq!(
        town.key_id(&wallet, Choose, Some("HANAKO01")).await.outcome,
        KeyIdOutcome::Registered
    );
    let standing = town.books.card_standing(wallet.account).await.unwrap();
    assert_eq!(standing.key_id.as_deref(), Some("HANAKO01"));
    assert_eq!(account_of(&town, "HANAKO02").await, Some(wallet.account));
    town.sound().await;
}

/// F212.
async fn a_revoked_my_key_id_is_gone_for_good(mut town: Town) {
    let wallet = at_the_key_id(&mut town, Person::Adult).await;
    town.key_id(&wallet, Choose, Some("HANAKO01")).await;
    again(&town, &wallet, Person::Adult).await;
    town.key_id(&wallet, Choose, Some("HANAKO02")).await;
    again(&town, &wallet, Person::Adult).await;
    assert_eq!(
        town.key_id(&wallet, Revoke, Some("HANAKO01")).await.outcome,
        KeyIdOutcome::NoSuchId
    );
    assert_eq!(
        town.key_id(&wallet, Revoke, Some("HANAKO02")).await.outcome,
        KeyIdOutcome::Revoked
    );
    assert_eq!(
        town.key_id(&wallet, Revoke, Some("HANAKO02")).await.outcome,
        KeyIdOutcome::Revoked,
        "again"
    );
    again(&town, &wallet, Person::Adult).await;
    assert_eq!(
        town.key_id(&wallet, Generate, None).await.outcome,
        KeyIdOutcome::GoneForGood
    );
    assert_eq!(
        town.key_id(&wallet, Choose, Some("HANAKO03")).await.outcome,
        KeyIdOutcome::GoneForGood
    );
    let other = at_the_key_id(&mut town, Person::Elder).await;
    for id in ["HANAKO01", "HANAKO02"] {
        assert_eq!(account_of(&town, id).await, None);
        assert_eq!(town.key_id(&other, Choose, Some(id)).await.outcome, KeyIdOutcome::Taken);
    }
    town.sound().await;
}

/// F194, F192: the card on this device, within fifteen minutes, and its serial number beside the ID.
async fn a_my_key_id_needs_the_card_on_this_device(mut town: Town) {
    let wallet = town.resident().await;
    let first = KeyIdOutcome::CardFirst;
    assert_eq!(
        town.key_id(&wallet, Generate, None).await.outcome,
        first,
        "nobody is linked"
    );
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&wallet, Person::Adult).await, POSTED);
    assert_eq!(
        town.key_id(&wallet, Generate, None).await.outcome,
        first,
        "that was for something else"
    );
    again(&town, &wallet, Person::Adult).await;
    let phone = town.second(&wallet).await;
    assert_eq!(
        town.key_id(&phone, Generate, None).await.outcome,
        first,
        "another device"
    );
    town.later(CHALLENGE_LIFE);
    assert_eq!(
        town.key_id(&wallet, Generate, None).await.outcome,
        KeyIdOutcome::Candidate
    );
    town.later(1);
    assert_eq!(town.key_id(&wallet, Generate, None).await.outcome, first, "too late");
    let file = town.books.reader().person(wallet.account).await.unwrap().unwrap();
    assert!(
        file.data
            .iter()
            .any(|row| row.kind == PersonalKind::Certificate && row.sealed.is_some())
    );
    town.sound().await;
}

async fn two_devices_choose_one_my_key_id_at_once(mut town: Town) {
    let one = at_the_key_id(&mut town, Person::Adult).await;
    let two = at_the_key_id(&mut town, Person::Elder).await;
    let (first, second) = tokio::join!(
        town.key_id(&one, Choose, Some("SAMEID01")),
        town.key_id(&two, Choose, Some("SAMEID01"))
    );
    let mut said = [first.outcome, second.outcome];
    said.sort();
    assert_eq!(said, [KeyIdOutcome::Registered, KeyIdOutcome::Taken]);
    town.sound().await;
}

fn erase(wallet: &Wallet) -> Action {
    Action::Card(CardAction::Erase {
        account: wallet.account,
    })
}

async fn an_erased_person_leaves_the_books_sound(mut town: Town) {
    let wallet = at_the_key_id(&mut town, Person::Adult).await;
    town.key_id(&wallet, Choose, Some("HANAKO01")).await;
    money(&town, wallet.account).await;
    assert_eq!(town.links(&wallet, Person::Renewed).await, UNKNOWN_CARD);
    let state = town.sound().await;
    assert_eq!(town.run(erase(&wallet)).await, Outcome::Done);
    assert_eq!(town.run(erase(&wallet)).await, Outcome::Done, "again");
    assert_eq!(town.level(&wallet).await, 0, "the wallet lets go of what it kept");
    assert_eq!(town.sound().await, state, "no person is part of it");
    assert_eq!(town.books.official(wallet.account).await.unwrap(), None);
    assert_eq!(account_of(&town, "HANAKO01").await, None);
    let file = town.books.reader().person(wallet.account).await.unwrap().unwrap();
    assert_eq!((file.wrapped, file.pendings.len()), (None, 0));
    assert!(file.data.iter().all(|row| row.sealed.is_none()));
    assert!(file.keys.iter().all(|row| row.hash.is_none()));
    assert!(file.key_ids.iter().all(|row| row.sealed.is_none()));
    // Value and books go on.
    town.later(1);
    money(&town, wallet.account).await;
    pays_with(&town, &wallet).await;
    // Nobody can say whose the account is, so nobody gets it; the person may begin again elsewhere.
    assert_eq!(town.logs_in(&wallet, Person::Adult).await, rejected(Reason::NotLinked));
    assert_eq!(
        town.links(&wallet, Person::Elder).await,
        rejected(Reason::AnotherPerson)
    );
    let mut town = town.restarted().await;
    let fresh = at_the_key_id(&mut town, Person::Adult).await;
    assert_eq!(
        town.key_id(&fresh, Choose, Some("HANAKO01")).await.outcome,
        KeyIdOutcome::Taken
    );
    let nobody = town.resident().await;
    let refused = town.books.execute(erase(&nobody), town.now).await.unwrap_err();
    assert!(matches!(refused, BooksError::Command(CommandError::NoPerson)));
    town.sound().await;
}

async fn certificates_are_asked_about_once_a_month(mut town: Town) {
    let (one, two) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&one, Person::Adult).await, POSTED);
    assert_eq!(town.links(&two, Person::Elder).await, POSTED);
    let run = town.books.recheck_cards(town.now).await.unwrap();
    assert_eq!((run.asked, run.lapsed), (0, 0), "just proven");
    town.later(31 * DAY_SECONDS);
    town.registry.is_silent(true);
    let run = town.books.recheck_cards(town.now).await.unwrap();
    assert_eq!((run.asked, run.unanswered), (0, 2));
    town.registry.is_silent(false);
    town.registry
        .revoke(&Person::Adult.content().jpki.sign.unwrap().certificate);
    let run = town.books.recheck_cards(town.now).await.unwrap();
    assert_eq!((run.asked, run.lapsed, run.unanswered), (2, 1, 0));
    let run = town.books.recheck_cards(town.now).await.unwrap();
    assert_eq!((run.asked, run.lapsed), (0, 0), "once");
    let official = town.books.official(one.account).await.unwrap().unwrap();
    assert_eq!(official.lapsed, Some((town.now, Reason::CertificateRevoked)));
    assert_eq!(official.level, 2, "the level stays as it was recorded");
    assert_eq!(town.books.evidence(one.account, town.now.day()).await.unwrap(), None);
    assert!(
        town.books
            .evidence(two.account, town.now.day())
            .await
            .unwrap()
            .is_some()
    );
    // She moved; her new certificate is known by the platform, and proves where she lives now.
    assert_eq!(town.logs_in(&one, Person::Adult).await, POSTED);
    town.registry.tells(true);
    assert_eq!(town.links(&one, Person::Renewed).await, POSTED);
    assert!(
        town.books
            .evidence(one.account, town.now.day())
            .await
            .unwrap()
            .is_some()
    );
    // A certificate that has ended needs nobody to say so.
    town.later(10 * 366 * DAY_SECONDS);
    let run = town.books.recheck_cards(town.now).await.unwrap();
    assert_eq!((run.asked, run.lapsed), (2, 2));
    let official = town.books.official(two.account).await.unwrap().unwrap();
    assert_eq!(official.lapsed, Some((town.now, Reason::CertificateExpired)));
    town.sound().await;
}

/// Those without an answer stay first in the row: with them it must not end for everybody behind them.
async fn a_few_without_an_answer_keep_nobody_from_being_asked_about(mut town: Town) {
    let silent = [
        Person::Adult,
        Person::Elder,
        Person::Substituted,
        Person::PartialBirth,
        Person::Neighbour,
    ];
    for person in silent {
        let wallet = town.resident().await;
        assert_eq!(town.links(&wallet, person).await, POSTED, "{person:?}");
        town.registry
            .says_nothing_of(&person.content().jpki.sign.unwrap().certificate);
    }
    town.later(1);
    let last = town.resident().await;
    assert_eq!(town.links(&last, Person::Renewed).await, POSTED);
    town.registry
        .revoke(&Person::Renewed.content().jpki.sign.unwrap().certificate);
    town.later(31 * DAY_SECONDS);
    for (asked, lapsed) in [(1, 1), (0, 0)] {
        let run = town.books.recheck_cards(town.now).await.unwrap();
        assert_eq!((run.asked, run.lapsed, run.unanswered, run.left), (asked, lapsed, 5, 0));
    }
    let official = town.books.official(last.account).await.unwrap().unwrap();
    assert_eq!(official.lapsed, Some((town.now, Reason::CertificateRevoked)));
}

/// One damaged row is one person's trouble.
async fn a_person_whose_data_is_damaged_keeps_nobody_from_being_asked_about(mut town: Town) {
    let (damaged, other) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&damaged, Person::Adult).await, POSTED);
    assert_eq!(town.links(&other, Person::Elder).await, POSTED);
    town.books.close().await;
    let store = kinchaku_server::store::open(&town.address).await.unwrap();
    let muni = kinchaku_server::command::Town { muni: card_town::MUNI };
    let lease = store.lease(muni, "a test".to_owned()).await.unwrap();
    let row = PersonalRow {
        account: damaged.account,
        kind: PersonalKind::Official,
        sealed: Some(vec![7; 60]),
        at: town.now,
    };
    let write = Write {
        table: PersonalRow::DEF,
        rows: vec![row.to_values()],
    };
    store.commit(muni, lease, vec![write]).await.unwrap();
    store.release(muni, lease).await.unwrap();
    let mut town = town.restarted().await;
    assert!(matches!(
        town.books.official(damaged.account).await,
        Err(CardError::Unreadable(_))
    ));
    town.later(31 * DAY_SECONDS);
    let run = town.books.recheck_cards(town.now).await.unwrap();
    assert_eq!((run.asked, run.unanswered, run.left), (1, 1, 0));
}

/// Once the certificate behind a guardian's birth date and address is gone, nothing is proven of the guardian.
async fn a_guardian_of_whom_nothing_is_proven_stands_for_nobody(mut town: Town) {
    let (mother, child) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&mother, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&mother, Person::Adult).await, POSTED);
    town.later(31 * DAY_SECONDS);
    town.registry
        .revoke(&Person::Adult.content().jpki.sign.unwrap().certificate);
    assert_eq!(town.books.recheck_cards(town.now).await.unwrap().lapsed, 1);
    assert_eq!(
        link_minor(&town, &child, Person::Adult).await,
        rejected(Reason::Guardian)
    );
    town.registry.tells(true);
    assert_eq!(town.links(&mother, Person::Renewed).await, POSTED);
    assert_eq!(link_minor(&town, &child, Person::Adult).await, POSTED);
    town.sound().await;
}

/// F192: what is kept beside the My Key ID is the person's own certificate.
async fn a_certificate_that_came_along_takes_no_other_ones_place(mut town: Town) {
    let (wallet, other) = (town.resident().await, town.resident().await);
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    assert_eq!(town.links(&other, Person::Elder).await, POSTED);
    assert_eq!(town.logs_in(&wallet, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&other, Person::Elder).await, POSTED);
    let kept = async || {
        let file = town.books.reader().person(wallet.account).await.unwrap().unwrap();
        let row = file.data.into_iter().find(|row| row.kind == PersonalKind::Certificate);
        row.unwrap().sealed.unwrap()
    };
    let before = kept().await;
    for beside in [Person::Elder, Person::Neighbour] {
        let challenge = town.challenge(&wallet, CardPurpose::Link).await;
        let copied = wallet.link_beside(Person::Adult, beside, &challenge);
        assert_eq!(town.decides(&wallet, &copied).await, POSTED);
        assert_eq!(kept().await, before, "{beside:?}");
    }
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    assert_ne!(kept().await, before, "her own is kept anew");
    town.sound().await;
}

/// It has a person's name in it, and of a minor what the individual number could be computed from.
async fn a_proof_that_lost_its_way_is_not_kept(mut town: Town) {
    let wallet = town.resident().await;
    let challenge = town.challenge(&wallet, CardPurpose::Link).await;
    for request in [
        wallet.link(Person::Adult, &challenge),
        wallet.link_minor(Person::Child, Person::Adult, &challenge),
    ] {
        let item = UploadItem {
            document: request.proof,
            evidence: None,
        };
        let answer = town.run(Action::Upload(vec![item])).await;
        let unreadable = AnswerItem::Parked(ParkReason::Unreadable);
        assert_eq!(answer, Outcome::Answer(vec![unreadable]));
    }
    let store = kinchaku_server::store::open(&town.address).await.unwrap();
    let muni = kinchaku_server::command::Town { muni: card_town::MUNI };
    let parked = Query {
        table: ParkedRow::DEF,
        which: Which::All,
    };
    assert_eq!(store.load(muni, vec![parked]).await.unwrap(), [Vec::<Vec<_>>::new()]);
}

/// Nothing that was a person's is found in the file, wherever the database had put it.
#[tokio::test]
async fn the_file_forgets_an_erased_person() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("books.db");
    let mut town = Town::new(&format!("sqlite:{}", path.display())).await;
    let wallet = at_the_key_id(&mut town, Person::Adult).await;
    town.key_id(&wallet, Choose, Some("HANAKO01")).await;
    assert_eq!(town.links(&wallet, Person::Renewed).await, UNKNOWN_CARD);
    let file = town.books.reader().person(wallet.account).await.unwrap().unwrap();
    let mut secrets: Vec<Vec<u8>> = file.wrapped.into_iter().collect();
    secrets.extend(file.data.into_iter().filter_map(|row| row.sealed));
    secrets.extend(file.keys.into_iter().filter_map(|row| Some(row.hash?.0.to_vec())));
    secrets.extend(file.key_ids.into_iter().filter_map(|row| row.sealed));
    for row in file.pendings {
        secrets.extend([row.official, row.certificate, row.evidence].into_iter().flatten());
    }
    assert!(secrets.len() >= 10, "{}", secrets.len());
    town.run(erase(&wallet)).await;
    town.books.close().await;
    drop(town);
    // The last connection to close brings the journal into the file.
    let journal = folder.path().join("books.db-wal");
    let closed = async {
        while journal.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), closed)
        .await
        .unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for (at, secret) in secrets.iter().enumerate() {
        let start = &secret[..secret.len().min(16)];
        let found = bytes.windows(start.len()).any(|window| window == start);
        assert!(!found, "secret {at} of {} bytes", secret.len());
    }
}

/// F071: age and address, proven by the card, as of a day.
async fn what_is_proven_decides_who_may_have_what(mut town: Town) {
    let (mother, child, nobody) = (town.resident().await, town.resident().await, town.resident().await);
    assert_eq!(town.links(&mother, Person::Adult).await, POSTED);
    assert_eq!(town.logs_in(&mother, Person::Adult).await, POSTED);
    assert_eq!(link_minor(&town, &child, Person::Adult).await, POSTED);
    let day = NOW.day();
    let adult = town.books.evidence(mother.account, day).await.unwrap().unwrap();
    assert!(adult.age_at_least(18) && !adult.age_at_most(18) && !adult.age_at_least(80));
    assert_eq!(
        (adult.proven_by, adult.as_of),
        (CardMethod::SignatureCertificate, town.now)
    );
    let minor = town.books.evidence(child.account, day).await.unwrap().unwrap();
    assert!(!minor.age_at_least(18) && minor.age_at_most(17));
    assert_eq!(minor.proven_by, CardMethod::CardRecord);
    assert_eq!(town.books.evidence(nobody.account, day).await.unwrap(), None);
    let address = Person::Adult.card().resident.address;
    let city: String = address
        .chars()
        .take_while(|letter| *letter != '市')
        .chain(['市'])
        .collect();
    assert!(adult.lives_in(&[&city]));
    assert!(!adult.lives_in(&["北海道札幌市"]));
}

async fn a_stopped_device_brings_no_card(mut town: Town) {
    let wallet = town.resident().await;
    let challenge = town.challenge(&wallet, CardPurpose::Link).await;
    town.run(Action::Revoke(kinchaku_server::command::Stop::Device(wallet.reference)))
        .await;
    let refused = town
        .proves(&wallet, &wallet.link(Person::Adult, &challenge))
        .await
        .unwrap_err();
    let stopped = matches!(refused, CardError::Books(BooksError::Command(CommandError::NoDevice)));
    assert!(stopped, "{refused:?}");
    assert_eq!(town.level(&wallet).await, 0);
}

async fn one_document_twice_at_once_is_one_fact(mut town: Town) {
    let wallet = town.resident().await;
    let challenge = town.challenge(&wallet, CardPurpose::Link).await;
    let request = wallet.link(Person::Adult, &challenge);
    let (one, two) = tokio::join!(town.proves(&wallet, &request), town.proves(&wallet, &request));
    assert_eq!(one.unwrap(), two.unwrap());
    // Two cards for one challenge: one of them is too late.
    let other = town.resident().await;
    let challenge = town.challenge(&other, CardPurpose::Link).await;
    let (elder, neighbour) = (
        other.link(Person::Elder, &challenge),
        other.link(Person::Neighbour, &challenge),
    );
    let (elder, neighbour) = tokio::join!(town.decides(&other, &elder), town.decides(&other, &neighbour));
    let mut said = [elder, neighbour];
    said.sort_by_key(|(kind, _)| kind.number());
    assert_eq!(said, [POSTED, rejected(Reason::Challenge)]);
    town.sound().await;
}

/// A town older than persons gets the secret; one with persons and without their secret does not open.
async fn the_secret_of_persons_is_made_once_and_never_replaced(mut town: Town) {
    let folder = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(&town_keys().0).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
    }
    let secret = folder.path().join("identity.secret");
    let ours = std::fs::read(&secret).unwrap();
    std::fs::remove_file(&secret).unwrap();
    let keys = TownKeys::load(folder.path()).unwrap();
    town.books.close().await;
    let open = |keys| Town::opened(&town.address, keys);
    let books = open(&keys).await.unwrap();
    let made = std::fs::read(&secret).unwrap();
    assert!(made.len() == 32 && made != ours);
    books.close().await;
    open(&keys).await.unwrap().close().await;
    assert_eq!(std::fs::read(&secret).unwrap(), made, "it stays");

    town = town.restarted().await;
    let wallet = town.resident().await;
    assert_eq!(town.links(&wallet, Person::Adult).await, POSTED);
    town.books.close().await;
    let open = |keys| Town::opened(&town.address, keys);
    assert!(
        matches!(open(&keys).await, Err(BooksError::Identity(_))),
        "another town's"
    );
    std::fs::remove_file(&secret).unwrap();
    assert!(matches!(
        open(&keys).await,
        Err(BooksError::Keys(KeysError::Damaged(_)))
    ));
    assert!(!secret.exists());
    open(&town_keys().1).await.unwrap().close().await;
}
