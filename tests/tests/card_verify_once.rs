//! What a person types reaches the card at most once, whatever happens on the way.
//!
//! A person, a host that loses cards and mixes up events, and a link that drops, bends and invents answers, all
//! told by a seed, against the stateful software card. The card itself counts; the wire is watched for what
//! may never be sent. `KINCHAKU_CARD_RUNS` sets the number of runs.

use std::sync::atomic::{AtomicU64, Ordering};

use kinchaku_core::card::{
    self, AuthPin, CardError, CardSecret, Entry, Event, Exchange, SecretKind, SignPassword, Step, TextPin, Trusted, Why,
};
use kinchaku_fixtures::card::apdu::ins;
use kinchaku_fixtures::card::content::CardContent;
use kinchaku_fixtures::card::persons::Person;
use kinchaku_fixtures::card::{AUTH_PIN, Ef, SIGN_PASSWORD, SoftCard, TEXT_PIN};
use kinchaku_tests::card_link::trusted;
use kinchaku_tests::chance::Chance;

const RUNS: u64 = 100_000;
const THREADS: u64 = 2;
/// Touches a person has patience for in one exchange.
const TOUCHES: u64 = 4;
/// What the core allows itself in one touch.
const MOST_COMMANDS: usize = 256;
const SECRETS: [(Ef, SecretKind); 3] = [
    (SIGN_PASSWORD, SecretKind::SignPassword),
    (AUTH_PIN, SecretKind::AuthPin),
    (TEXT_PIN, SecretKind::TextPin),
];

#[test]
fn verify_reaches_the_card_at_most_once_for_each_entry() {
    let runs = std::env::var("KINCHAKU_CARD_RUNS").map_or(RUNS, |runs| runs.parse().unwrap());
    let begun = std::time::Instant::now();
    let (next, seen) = (AtomicU64::new(0), Seen::default());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let trusted = trusted();
                let people = [Person::Adult, Person::Child].map(|person| (person, person.content()));
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= runs {
                        break;
                    }
                    Run::new(seed, &people, &trusted).all(&seen);
                }
            });
        }
    });
    println!("{runs} runs in {:.1?}: {seen:?}", begun.elapsed());
    // A test that meets none of these proves nothing.
    if runs >= 10_000 {
        let Seen {
            done, verifies, lost, ..
        } = &seen;
        for count in [done, verifies, lost, &seen.unconfirmed, &seen.locked, &seen.last] {
            assert!(count.load(Ordering::Relaxed) > 0, "{seen:?}");
        }
    }
}

/// How often things came about.
#[derive(Debug, Default)]
struct Seen {
    /// With a secret.
    done: AtomicU64,
    verifies: AtomicU64,
    lost: AtomicU64,
    unconfirmed: AtomicU64,
    locked: AtomicU64,
    last: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// How much goes wrong, in a hundred commands.
#[derive(Clone, Copy)]
struct Weather {
    drops: u64,
    bends: u64,
    /// Signatures that are made, in a thousand: they take a card, and a test, longer than all the rest.
    signs: u64,
}

/// One person with one card.
struct Run<'a> {
    seed: u64,
    chance: Chance,
    weather: Weather,
    person: Person,
    content: &'a CardContent,
    trusted: &'a Trusted,
    card: SoftCard,
    /// Typed so far, by secret.
    entries: [u32; 3],
    /// Whether the person agreed to the last try, in the exchange that runs.
    agreed: [bool; 3],
    /// Whether the card is in the text application, and the PIN's file it is in.
    text: bool,
    selected: Option<usize>,
    /// The rest of an answer, which waits for GET RESPONSE.
    kept: Vec<u8>,
}

impl<'a> Run<'a> {
    fn new(seed: u64, people: &'a [(Person, CardContent)], trusted: &'a Trusted) -> Self {
        let mut chance = Chance::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let (person, content) = &people[chance.index(people.len())];
        let weather = match chance.below(4) {
            0 => Weather {
                drops: 0,
                bends: 0,
                signs: 20,
            },
            1 => Weather {
                drops: 4,
                bends: 0,
                signs: 5,
            },
            2 => Weather {
                drops: 0,
                bends: 4,
                signs: 5,
            },
            _ => Weather {
                drops: 10,
                bends: 10,
                signs: 5,
            },
        };
        let mut card = SoftCard::new(content);
        for (ef, _) in SECRETS {
            if chance.below(3) == 0 {
                card.set_tries(ef, chance.below(4) as u8);
            }
        }
        Self {
            seed,
            chance,
            weather,
            person: *person,
            content,
            trusted,
            card,
            entries: [0; 3],
            agreed: [false; 3],
            text: false,
            selected: None,
            kept: Vec::new(),
        }
    }

    fn all(mut self, seen: &Seen) {
        let before = SECRETS.map(|(ef, _)| self.card.tries(ef).unwrap());
        for _ in 0..=self.chance.below(3) {
            let trusted = self.trusted.clone();
            self.agreed = [false; 3];
            match self.chance.below(6) {
                0 | 1 => {
                    let entry = self.sign_password();
                    self.exchange(card::sign_link(entry, vec![1], trusted), seen);
                }
                2 => {
                    let entry = self.auth_pin();
                    self.exchange(card::authenticate(entry, vec![2], trusted), seen);
                }
                3 => {
                    let entry = self.text_pin();
                    self.exchange(card::read_attributes(entry, vec![3], trusted), seen);
                }
                4 => {
                    let (auth, text) = (self.auth_pin(), self.text_pin());
                    self.exchange(
                        card::link_minor(auth, text, |four| four.to_vec(), vec![5], trusted),
                        seen,
                    );
                }
                _ => self.exchange(card::status(), seen),
            }
            self.judge(before);
        }
    }

    /// What the card counted against what the person typed.
    fn judge(&self, before: [u8; 3]) {
        for (place, (ef, secret)) in SECRETS.into_iter().enumerate() {
            let entries = self.entries[place];
            let executed = self.card.verifies(ef);
            assert!(
                executed <= entries,
                "seed {}: {executed} of {secret:?} for {entries}",
                self.seed
            );
            let fell = before[place].saturating_sub(self.card.tries(ef).unwrap());
            assert!(
                u32::from(fell) <= entries,
                "seed {}: {secret:?} fell by {fell}",
                self.seed
            );
        }
    }

    /// One exchange, from its first touch until it ends or the person has enough.
    fn exchange<T: std::fmt::Debug + Send + 'static>(&mut self, mut exchange: Exchange<T>, seen: &Seen) {
        for _ in 0..TOUCHES {
            self.card.power_off();
            self.card.power_on();
            self.kept.clear();
            self.selected = None;
            let verifies = self.card.all_verifies();
            let entries: u32 = self.entries.iter().sum();
            let mut step = exchange.step(Event::Touched);
            let mut commands = 0;
            let end = loop {
                step = match step {
                    Step::Send(command) => {
                        commands += 1;
                        assert!(commands <= MOST_COMMANDS, "seed {}: endless", self.seed);
                        match self.transmit(command.bytes()) {
                            Some(answer) => exchange.step(Event::Answer(&answer)),
                            None if self.chance.below(2) == 0 => exchange.step(Event::Lost),
                            // Readers that report a card that has gone as an answer without bytes.
                            None => exchange.step(Event::Answer(&[0x90][..self.chance.index(2)])),
                        }
                    }
                    end => break end,
                };
            };
            assert!(self.card.all_verifies() <= verifies + entries, "seed {}", self.seed);
            seen.verifies
                .fetch_add(u64::from(self.card.all_verifies() - verifies), Ordering::Relaxed);
            match end {
                Step::Done(_) => {
                    if self.card.all_verifies() > verifies {
                        count(&seen.done);
                    }
                    return;
                }
                Step::Failed(error) => {
                    match error {
                        CardError::Unconfirmed { .. } => count(&seen.unconfirmed),
                        CardError::Locked { .. } => count(&seen.locked),
                        CardError::LastTry { .. } => count(&seen.last),
                        _ => (),
                    }
                    // A host that goes on with what is over gets no command out of it.
                    let over = exchange.step(Event::Touched);
                    assert!(
                        matches!(over, Step::Failed(CardError::Over)),
                        "seed {}: {over:?}",
                        self.seed
                    );
                    return;
                }
                Step::TouchAgain(why) => {
                    count(&seen.lost);
                    assert_ne!(why, Why::First);
                    // Late answers, and losses of nothing.
                    for event in [Event::Lost, Event::Answer(&[0x90, 0x00])] {
                        assert!(
                            matches!(exchange.step(event), Step::TouchAgain(_)),
                            "seed {}",
                            self.seed
                        );
                    }
                }
                Step::Send(_) => unreachable!("the loop goes on"),
            }
        }
    }

    /// The link: `None` where the card has gone.
    fn transmit(&mut self, command: &[u8]) -> Option<Vec<u8>> {
        let instruction = command[1];
        if instruction == ins::GET_RESPONSE && !self.kept.is_empty() {
            return Some(std::mem::take(&mut self.kept));
        }
        self.kept.clear();
        self.watch(command);
        let signs = instruction == ins::COMPUTE_DIGITAL_SIGNATURE;
        // The moment of VERIFY is what this is about: it drops there five times as often.
        let drops = if instruction == ins::VERIFY && command.len() > 4 {
            self.weather.drops * 5
        } else {
            self.weather.drops
        };
        if self.chance.below(100) < drops || signs && self.chance.below(1000) >= self.weather.signs {
            if !signs && self.chance.below(2) == 0 {
                self.card.transmit(command);
            }
            self.card.power_off();
            return None;
        }
        let answer = self.card.transmit(command);
        if self.chance.below(100) < self.weather.bends {
            return Some(self.bent(answer));
        }
        Some(answer)
    }

    /// What the card may never be sent.
    fn watch(&mut self, command: &[u8]) {
        match command {
            [0, 0xa4, 4, ..] => (self.text, self.selected) = (command.ends_with(&[4, 8]), None),
            [0, 0xa4, 2, _, _, _, ef] => {
                self.selected = match (self.text, ef) {
                    (false, 0x1b) => Some(0),
                    (false, 0x18) => Some(1),
                    (true, 0x11) => Some(2),
                    _ => None,
                }
            }
            _ => (),
        }
        let carries = matches!(command[1], 0x20 | 0x24 | 0x32) && command.len() > 4;
        if !carries {
            return;
        }
        assert_eq!(command[..4], [0, ins::VERIFY, 0, 0x80], "seed {}", self.seed);
        let place = self.selected.expect("a PIN's file is selected");
        let (ef, secret) = SECRETS[place];
        let left = self.card.tries(ef).unwrap();
        assert_ne!(left, 0, "seed {}: {secret:?} sent to a locked card", self.seed);
        assert!(
            left > 1 || self.agreed[place],
            "seed {}: last try of {secret:?}",
            self.seed
        );
    }

    /// An answer that is not the card's. Nobody invents a count: that would be a lying card, not a bad link.
    fn bent(&mut self, answer: Vec<u8>) -> Vec<u8> {
        let (data, status) = answer.split_at(answer.len().saturating_sub(2));
        let short = self.chance.index(data.len() + 1);
        match self.chance.below(8) {
            0 => vec![],
            1 => vec![0x63],
            2 => {
                let length = data.len().min(255) as u8;
                self.kept = answer.clone();
                vec![0x61, length]
            }
            3 => vec![0x6c, self.chance.below(256) as u8],
            4 => [&data[..short], status].concat(),
            5 => [&vec![self.chance.below(256) as u8; 300][..short], status].concat(),
            6 => {
                let high = [0x62, 0x64, 0x67, 0x69, 0x6a, 0x6b, 0x6d, 0x6f, 0x90][self.chance.index(9)];
                vec![high, self.chance.below(256) as u8]
            }
            _ => [&vec![0; 400], status].concat(),
        }
    }

    fn entry<S: CardSecret>(&mut self, place: usize, secret: S) -> Entry<S> {
        self.entries[place] += 1;
        let entry = Entry::typed(secret);
        if self.chance.below(3) == 0 {
            self.agreed[place] = true;
            entry.agreeing_to_last_try()
        } else {
            entry
        }
    }

    fn right(&mut self) -> bool {
        self.chance.below(2) == 0
    }

    fn sign_password(&mut self) -> Entry<SignPassword> {
        let right = self.content.secrets.sign_password.clone().filter(|_| self.right());
        let typed = right.unwrap_or_else(|| "WRONG00".to_owned());
        self.entry(0, SignPassword::parse(&typed).unwrap())
    }

    fn auth_pin(&mut self) -> Entry<AuthPin> {
        let typed = if self.right() {
            self.person.card().auth_pin
        } else {
            "0000"
        };
        self.entry(1, AuthPin::parse(typed).unwrap())
    }

    fn text_pin(&mut self) -> Entry<TextPin> {
        let typed = if self.right() {
            self.person.card().text_pin
        } else {
            "9999"
        };
        self.entry(2, TextPin::parse(typed).unwrap())
    }
}
