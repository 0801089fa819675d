//! Whose card is it? What follows from the certificates a proof shows and from those that are known, and
//! from nothing else: never from a name.
//!
//! A certificate belongs to an account where its key signed for that account, or where the platform says
//! so. One that merely came along (`Claimed`) recognises nobody. A renewed card has new certificates; it is
//! the same person's where the platform says so, or where the office does (F193).

use kinchaku_protocol::doc::Reason;
use kinchaku_protocol::ids::DocId;

use super::rows::{KeyKind, KeyStanding};

/// What a proof shows, as hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The certificate for user authentication.
    pub auth: DocId,
    /// What ties it to the person of the proof.
    pub standing: KeyStanding,
    /// The certificate for signatures, which signed.
    pub sign: Option<DocId>,
    /// Certificates for user authentication that the platform calls the same person's.
    pub platform: Vec<DocId>,
    /// Whether the birth date is another one than the account's person has. It never changes, so it can
    /// tell two persons apart; it cannot make two the same.
    pub other_birth: bool,
}

/// A certificate that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub hash: DocId,
    /// What it is for.
    pub kind: KeyKind,
    /// Whose.
    pub account: u64,
    /// What ties it to that account's person.
    pub standing: KeyStanding,
}

/// The person of the account that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// Nobody yet.
    Nobody,
    /// Somebody.
    Somebody,
    /// Somebody who was erased: nobody can say any more who may come back.
    Erased,
}

/// Whose card it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Of a person who has no account: the account's person from now on.
    New,
    /// Of the account's person.
    Same,
    /// Perhaps of the account's person: the office looks.
    Unknown,
    /// Of somebody else, or of nobody that counts here.
    Refused(Reason),
}

/// Whose card it is that came to `account` to be linked.
#[must_use]
pub fn link(account: u64, linked: Linked, shown: &Shown, held: &[Held]) -> Tie {
    match linked {
        Linked::Erased => Tie::Refused(Reason::AnotherPerson),
        Linked::Nobody => {
            // A copied certificate is refused as well: whoever brings it either is that person or not the
            // person of the card.
            let all = shown.proven().chain(shown.claimed()).chain(shown.platform());
            if all.filter_map(|key| owner(key, held)).any(|owner| owner != account) {
                Tie::Refused(Reason::AnotherAccount)
            } else {
                Tie::New
            }
        }
        Linked::Somebody => match same(account, shown, held) {
            Tie::Unknown if shown.other_birth => Tie::Refused(Reason::AnotherPerson),
            tie => tie,
        },
    }
}

/// Whether the card that came to `account` is its person's.
#[must_use]
pub fn recognise(account: u64, linked: Linked, shown: &Shown, held: &[Held]) -> Tie {
    match linked {
        Linked::Nobody | Linked::Erased => Tie::Refused(Reason::NotLinked),
        Linked::Somebody => same(account, shown, held),
    }
}

fn same(account: u64, shown: &Shown, held: &[Held]) -> Tie {
    let ours = |key: &Key| {
        held.iter()
            .any(|held| held.hash == key.0 && held.kind == key.1 && held.account == account)
    };
    let signed = shown.sign.is_some_and(|hash| ours(&(hash, KeyKind::Sign)));
    let foreign = |key: Key| owner(key, held).is_some_and(|owner| owner != account);
    if shown.proven().chain(shown.platform()).any(foreign) {
        // Our person, who has another account as well; or somebody else.
        return Tie::Refused(if signed {
            Reason::AnotherAccount
        } else {
            Reason::AnotherPerson
        });
    }
    if signed || shown.proven().chain(shown.platform()).any(|key| ours(&key)) {
        Tie::Same
    } else {
        Tie::Unknown
    }
}

type Key = (DocId, KeyKind);

impl Shown {
    /// The certificates that are this person's for sure.
    fn proven(&self) -> impl Iterator<Item = Key> {
        let auth = (self.standing > KeyStanding::Claimed).then_some((self.auth, KeyKind::Auth));
        let sign = self.sign.map(|hash| (hash, KeyKind::Sign));
        sign.into_iter().chain(auth)
    }

    fn claimed(&self) -> impl Iterator<Item = Key> {
        (self.standing == KeyStanding::Claimed)
            .then_some((self.auth, KeyKind::Auth))
            .into_iter()
    }

    fn platform(&self) -> impl Iterator<Item = Key> {
        self.platform.iter().map(|hash| (*hash, KeyKind::Auth))
    }
}

/// The account a certificate belongs to; there is at most one.
#[must_use]
pub fn owner((hash, kind): (DocId, KeyKind), held: &[Held]) -> Option<u64> {
    held.iter()
        .find(|held| held.hash == hash && held.kind == kind && held.standing > KeyStanding::Claimed)
        .map(|held| held.account)
}

#[cfg(test)]
mod tests {
    use super::KeyStanding::{Claimed, Corresponds, Proven};
    use super::*;

    const US: u64 = 1;
    const THEM: u64 = 2;
    /// Certificates by their letters: a and b for user authentication, s and t for signatures.
    fn hash(letter: char) -> DocId {
        DocId([u8::try_from(letter).unwrap(); 32])
    }

    fn auth(letter: char, account: u64, standing: KeyStanding) -> Held {
        Held {
            hash: hash(letter),
            kind: KeyKind::Auth,
            account,
            standing,
        }
    }

    fn sign(letter: char, account: u64) -> Held {
        Held {
            hash: hash(letter),
            kind: KeyKind::Sign,
            account,
            standing: Proven,
        }
    }

    fn shown(letter: char, standing: KeyStanding) -> Shown {
        Shown {
            auth: hash(letter),
            standing,
            sign: None,
            platform: Vec::new(),
            other_birth: false,
        }
    }

    impl Shown {
        fn signed(mut self, letter: char) -> Self {
            self.sign = Some(hash(letter));
            self
        }

        fn known_as(mut self, letters: &str) -> Self {
            self.platform = letters.chars().map(hash).collect();
            self
        }

        fn born_otherwise(mut self) -> Self {
            self.other_birth = true;
            self
        }
    }

    const ANOTHER_PERSON: Tie = Tie::Refused(Reason::AnotherPerson);
    const ANOTHER_ACCOUNT: Tie = Tie::Refused(Reason::AnotherAccount);

    #[test]
    fn an_account_without_a_person_takes_one_who_has_no_other_account() {
        let rows: Vec<(&str, Shown, Vec<Held>, Tie)> = vec![
            ("an adult", shown('a', Claimed).signed('s'), vec![], Tie::New),
            ("a minor", shown('a', Proven), vec![], Tie::New),
            (
                "the same signature elsewhere",
                shown('b', Claimed).signed('s'),
                vec![sign('s', THEM)],
                ANOTHER_ACCOUNT,
            ),
            (
                "the same card elsewhere",
                shown('a', Proven),
                vec![auth('a', THEM, Proven)],
                ANOTHER_ACCOUNT,
            ),
            (
                "elsewhere, as the platform says",
                shown('a', Corresponds).signed('t'),
                vec![auth('a', THEM, Corresponds)],
                ANOTHER_ACCOUNT,
            ),
            (
                "elsewhere under an older card",
                shown('b', Corresponds).signed('t').known_as("a"),
                vec![auth('a', THEM, Proven)],
                ANOTHER_ACCOUNT,
            ),
            (
                "a certificate somebody else proved came along",
                shown('a', Claimed).signed('t'),
                vec![auth('a', THEM, Proven)],
                ANOTHER_ACCOUNT,
            ),
            (
                "somebody else only claimed it: that stands in nobody's way",
                shown('a', Claimed).signed('s'),
                vec![auth('a', THEM, Claimed), sign('t', THEM)],
                Tie::New,
            ),
            (
                "nor in the way of its holder",
                shown('a', Proven),
                vec![auth('a', THEM, Claimed)],
                Tie::New,
            ),
        ];
        for (name, shown, held, tie) in rows {
            assert_eq!(link(US, Linked::Nobody, &shown, &held), tie, "{name}");
        }
    }

    #[test]
    fn an_account_stays_with_its_person() {
        let ours = vec![auth('a', US, Proven), sign('s', US)];
        let with = |more: Held| [ours.clone(), vec![more]].concat();
        let rows: Vec<(&str, Shown, Vec<Held>, Tie)> = vec![
            (
                "the same card",
                shown('a', Claimed).signed('s'),
                ours.clone(),
                Tie::Same,
            ),
            ("its other certificate", shown('a', Proven), ours.clone(), Tie::Same),
            (
                "moved house: a new signature beside the same card, as the platform says",
                shown('a', Corresponds).signed('t'),
                ours.clone(),
                Tie::Same,
            ),
            (
                "a new signature, and our certificate merely with it",
                shown('a', Claimed).signed('t'),
                ours.clone(),
                Tie::Unknown,
            ),
            (
                "a renewed card the platform knows (F193)",
                shown('b', Claimed).signed('t').known_as("a"),
                ours.clone(),
                Tie::Same,
            ),
            (
                "a card nobody knows",
                shown('b', Claimed).signed('t'),
                ours.clone(),
                Tie::Unknown,
            ),
            (
                "a card nobody knows, of somebody born on another day",
                shown('b', Claimed).signed('t').born_otherwise(),
                ours.clone(),
                ANOTHER_PERSON,
            ),
            (
                "a birth date that was corrected does not part a person from his card",
                shown('a', Proven).born_otherwise(),
                ours.clone(),
                Tie::Same,
            ),
            (
                "somebody else's signature (F143)",
                shown('b', Claimed).signed('t'),
                with(sign('t', THEM)),
                ANOTHER_PERSON,
            ),
            (
                "somebody else's card",
                shown('b', Proven),
                with(auth('b', THEM, Proven)),
                ANOTHER_PERSON,
            ),
            (
                "the renewed card of somebody else",
                shown('c', Proven).known_as("b"),
                with(auth('b', THEM, Proven)),
                ANOTHER_PERSON,
            ),
            (
                "our person's other account",
                shown('b', Corresponds).signed('s'),
                with(auth('b', THEM, Proven)),
                ANOTHER_ACCOUNT,
            ),
            (
                "our signature, and somebody else's certificate merely with it",
                shown('b', Claimed).signed('s'),
                with(auth('b', THEM, Proven)),
                Tie::Same,
            ),
        ];
        for (name, shown, held, tie) in rows {
            assert_eq!(link(US, Linked::Somebody, &shown, &held), tie, "{name}");
        }
        assert_eq!(link(US, Linked::Erased, &shown('a', Proven), &[]), ANOTHER_PERSON);
    }

    #[test]
    fn a_person_is_recognised_by_a_certificate_alone() {
        let rows: Vec<(&str, Shown, Vec<Held>, Tie)> = vec![
            (
                "proven before",
                shown('a', Proven),
                vec![auth('a', US, Proven)],
                Tie::Same,
            ),
            (
                "as the platform said",
                shown('a', Proven),
                vec![auth('a', US, Corresponds)],
                Tie::Same,
            ),
            (
                "claimed at the link, proven here",
                shown('a', Proven),
                vec![auth('a', US, Claimed)],
                Tie::Same,
            ),
            (
                "claimed here, proven elsewhere: a copied certificate recognises nobody",
                shown('a', Proven),
                vec![auth('a', US, Claimed), auth('a', THEM, Proven)],
                ANOTHER_PERSON,
            ),
            (
                "claimed at both: whoever proves it has it",
                shown('a', Proven),
                vec![auth('a', US, Claimed), auth('a', THEM, Claimed)],
                Tie::Same,
            ),
            (
                "claimed elsewhere alone",
                shown('a', Proven),
                vec![auth('b', US, Proven), auth('a', THEM, Claimed)],
                Tie::Unknown,
            ),
            (
                "somebody else's",
                shown('a', Proven),
                vec![auth('a', THEM, Proven)],
                ANOTHER_PERSON,
            ),
            (
                "renewed, as the platform says",
                shown('b', Proven).known_as("a"),
                vec![auth('a', US, Proven)],
                Tie::Same,
            ),
            (
                "renewed, as nobody says",
                shown('b', Proven),
                vec![auth('a', US, Proven)],
                Tie::Unknown,
            ),
        ];
        for (name, shown, held, tie) in rows {
            assert_eq!(recognise(US, Linked::Somebody, &shown, &held), tie, "{name}");
            let not_linked = Tie::Refused(Reason::NotLinked);
            assert_eq!(recognise(US, Linked::Nobody, &shown, &held), not_linked, "{name}");
            assert_eq!(recognise(US, Linked::Erased, &shown, &held), not_linked, "{name}");
        }
    }
}
