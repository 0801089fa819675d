//! The lottery when more is wanted than there is (F078): nobody can choose who wins, and anybody can check
//! it afterwards.
//!
//! 1. Before applications open, the SHA-256 of a seed of 32 bytes is published ([`commitment`]).
//! 2. When they have closed, the SHA-256 of the list of applications is published ([`list_digest`]); ids must
//!    not be of the organiser's choosing, so each is drawn from what the applicant signed.
//! 3. The seed is published. Applications stand in the order of SHA-256(seed ‖ id) and take what they want
//!    until the stock is gone; the last winner may get less ([`draw`], [`verify`]).

use std::fmt;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// The name under which this way of drawing is published.
pub const ALGORITHM: &str = "kinchaku-draw-1";

/// What one application may want (F077).
pub const MAX_UNITS: u32 = 30;

/// An application's number: 16 bytes, so that no two rows read the same when joined to a seed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationId(pub [u8; 16]);

impl ApplicationId {
    /// Reads lower-case hexadecimal, as [`fmt::Display`] writes it.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        <[u8; 16]>::try_from(bytes.as_slice()).ok().map(Self)
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApplicationId({self})")
    }
}

/// One application. A person has one: what is counted once is up to whoever takes them in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Application {
    /// Its number.
    pub id: ApplicationId,
    /// Units wanted.
    pub wanted: u32,
}

/// What one application got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub id: ApplicationId,
    /// Units wanted.
    pub wanted: u32,
    /// Units won: all, some or none of them.
    pub won: u32,
}

/// What is published about a draw besides its seed and its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// SHA-256 of the seed, published before applications close.
    pub commitment: [u8; 32],
    /// SHA-256 of the list, published before the seed.
    pub list: [u8; 32],
    /// Units there are.
    pub stock: u64,
    /// Units one application may want.
    pub most: u32,
}

/// Why a list cannot be drawn from, or a draw is not what was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// The same application stands in the list twice.
    #[error("application {0} is listed twice")]
    Twice(ApplicationId),
    /// Nothing, or more than one application may want.
    #[error("application {id} wants {wanted} units")]
    Units {
        /// Which.
        id: ApplicationId,
        /// How many.
        wanted: u32,
    },
    /// The seed is not the one that was committed to.
    #[error("the seed is another than was committed to")]
    Seed,
    /// The list is not the one that was published.
    #[error("the list is another than was published")]
    List,
    /// The outcome differs from this place on, counted from 0.
    #[error("the outcome differs at place {0}")]
    Outcome(usize),
}

/// What is published before applications close.
#[must_use]
pub fn commitment(seed: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(seed).into()
}

/// What is published before the seed: SHA-256 of id and wish (four bytes, big-endian) of every application,
/// by id.
#[must_use]
pub fn list_digest(applications: &[Application]) -> [u8; 32] {
    let mut sorted = applications.to_vec();
    sorted.sort_unstable();
    let mut hash = Sha256::new();
    for application in sorted {
        hash.update(application.id.0);
        hash.update(application.wanted.to_be_bytes());
    }
    hash.finalize().into()
}

/// Draws: the outcome of every application, in the order of the draw.
///
/// # Errors
/// [`DrawError::Twice`], [`DrawError::Units`].
pub fn draw(seed: &[u8; 32], applications: &[Application], stock: u64, most: u32) -> Result<Vec<Outcome>, DrawError> {
    let mut order: Vec<([u8; 32], &Application)> = Vec::with_capacity(applications.len());
    for application in applications {
        if application.wanted == 0 || application.wanted > most {
            return Err(DrawError::Units {
                id: application.id,
                wanted: application.wanted,
            });
        }
        let place = Sha256::new().chain_update(seed).chain_update(application.id.0);
        order.push((place.finalize().into(), application));
    }
    order.sort_unstable();
    let mut left = stock;
    let mut before = None;
    let mut outcomes = Vec::with_capacity(order.len());
    for (_, Application { id, wanted }) in order {
        // Equal ids have equal places, so they are neighbours.
        if before.replace(*id) == Some(*id) {
            return Err(DrawError::Twice(*id));
        }
        let won = u32::try_from(left.min(u64::from(*wanted))).unwrap_or(*wanted);
        left = left.saturating_sub(u64::from(won));
        outcomes.push(Outcome {
            id: *id,
            wanted: *wanted,
            won,
        });
    }
    Ok(outcomes)
}

/// Draws again from what was published and compares.
///
/// # Errors
/// [`DrawError`]: the first thing that is not as promised.
pub fn verify(
    terms: &Terms,
    seed: &[u8; 32],
    applications: &[Application],
    outcomes: &[Outcome],
) -> Result<(), DrawError> {
    if commitment(seed) != terms.commitment {
        return Err(DrawError::Seed);
    }
    if list_digest(applications) != terms.list {
        return Err(DrawError::List);
    }
    let again = draw(seed, applications, terms.stock, terms.most)?;
    let differs = again.iter().zip(outcomes).position(|(ours, theirs)| ours != theirs);
    match differs {
        Some(place) => Err(DrawError::Outcome(place)),
        None if again.len() != outcomes.len() => Err(DrawError::Outcome(again.len().min(outcomes.len()))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEED: [u8; 32] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
        30, 31,
    ];

    fn application(n: u8, wanted: u32) -> Application {
        Application {
            id: ApplicationId([n; 16]),
            wanted,
        }
    }

    fn five() -> Vec<Application> {
        [(1, 30), (2, 5), (3, 12), (4, 30), (5, 1)]
            .map(|(n, wanted)| application(n, wanted))
            .to_vec()
    }

    fn won(outcomes: &[Outcome]) -> Vec<(u8, u32)> {
        outcomes.iter().map(|outcome| (outcome.id.0[0], outcome.won)).collect()
    }

    /// F078. The digests and the order were computed with Python's hashlib.
    #[test]
    fn the_vector_that_another_program_computed() {
        assert_eq!(
            HEXLOWER.encode(&commitment(&SEED)),
            "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"
        );
        assert_eq!(
            HEXLOWER.encode(&list_digest(&five())),
            "862c25b510d397d5e54c12c3ffcee6b0c6fd7d5d4888fb4a0400f48d2b17d789"
        );
        let outcomes = draw(&SEED, &five(), 40, MAX_UNITS).unwrap();
        // 40 units: the third of the order gets the 27 that are left of its 30.
        assert_eq!(won(&outcomes), [(5, 1), (3, 12), (4, 27), (1, 0), (2, 0)]);
        assert_eq!(won(&draw(&SEED, &five(), 13, MAX_UNITS).unwrap())[2], (4, 0));
        assert!(
            draw(&SEED, &five(), 78, MAX_UNITS)
                .unwrap()
                .iter()
                .all(|o| o.won == o.wanted)
        );
    }

    /// F078: what was promised is checked piece by piece.
    #[test]
    fn a_draw_that_was_tampered_with_is_found() {
        let terms = Terms {
            commitment: commitment(&SEED),
            list: list_digest(&five()),
            stock: 40,
            most: MAX_UNITS,
        };
        let outcomes = draw(&SEED, &five(), 40, MAX_UNITS).unwrap();
        assert_eq!(verify(&terms, &SEED, &five(), &outcomes), Ok(()));
        let mut seed = SEED;
        seed[31] ^= 1;
        assert_eq!(verify(&terms, &seed, &five(), &outcomes), Err(DrawError::Seed));
        let mut more = five();
        more.push(application(9, 3));
        assert_eq!(verify(&terms, &SEED, &more, &outcomes), Err(DrawError::List));
        let mut wish = five();
        wish[1].wanted = 30;
        assert_eq!(verify(&terms, &SEED, &wish, &outcomes), Err(DrawError::List));
        let mut favour = outcomes.clone();
        favour[4].won = 5;
        assert_eq!(verify(&terms, &SEED, &five(), &favour), Err(DrawError::Outcome(4)));
        let mut short = outcomes.clone();
        short.pop();
        assert_eq!(verify(&terms, &SEED, &five(), &short), Err(DrawError::Outcome(4)));
        let mut swapped = outcomes;
        swapped.swap(0, 1);
        assert_eq!(verify(&terms, &SEED, &five(), &swapped), Err(DrawError::Outcome(0)));
    }

    /// F077, F149: one application a person, up to 30 units each.
    #[test]
    fn twice_nothing_and_too_much_are_refused() {
        let twice = [application(1, 3), application(2, 3), application(1, 4)];
        let id = ApplicationId([1; 16]);
        assert_eq!(draw(&SEED, &twice, 9, MAX_UNITS), Err(DrawError::Twice(id)));
        for wanted in [0, 31] {
            let refused = draw(&SEED, &[application(1, wanted)], 9, MAX_UNITS);
            assert_eq!(refused, Err(DrawError::Units { id, wanted }));
        }
        assert_eq!(draw(&SEED, &[], 9, MAX_UNITS), Ok(vec![]));
        assert_eq!(ApplicationId::from_hex(&id.to_string()), Some(id));
        assert_eq!(ApplicationId::from_hex("01"), None);
    }

    proptest! {
        /// F078: everything is given that can be, nobody gets more than the wish, at most one gets a part,
        /// and the order of the list is nothing.
        #[test]
        fn the_stock_is_shared_out_to_the_last_unit(
            seed in any::<[u8; 32]>(),
            wishes in proptest::collection::btree_map(any::<[u8; 16]>(), 1_u32..=30, 0..60),
            stock in 0_u64..1_200,
            turn in 0_usize..60,
        ) {
            let mut applications: Vec<Application> = wishes
                .iter()
                .map(|(id, wanted)| Application { id: ApplicationId(*id), wanted: *wanted })
                .collect();
            let outcomes = draw(&seed, &applications, stock, MAX_UNITS)?;
            let wanted: u64 = applications.iter().map(|a| u64::from(a.wanted)).sum();
            let given: u64 = outcomes.iter().map(|o| u64::from(o.won)).sum();
            prop_assert_eq!(given, stock.min(wanted));
            prop_assert!(outcomes.iter().all(|o| o.won <= o.wanted));
            prop_assert!(outcomes.iter().filter(|o| o.won > 0 && o.won < o.wanted).count() <= 1);
            // Nobody behind one who got less than the wish gets anything.
            let first_short = outcomes.iter().position(|o| o.won < o.wanted).unwrap_or(outcomes.len());
            prop_assert!(outcomes.iter().skip(first_short + 1).all(|o| o.won == 0));
            let terms = Terms { commitment: commitment(&seed), list: list_digest(&applications), stock, most: MAX_UNITS };
            let places = applications.len().max(1);
            applications.rotate_left(turn % places);
            prop_assert_eq!(verify(&terms, &seed, &applications, &outcomes), Ok(()));
        }
    }
}
