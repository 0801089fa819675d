//! What the card layer costs (P10): commands against the fewest there are, and time against the same commands
//! sent bare, in interleaved rounds of one run.
//!
//! The fewest for a linking, which must read both certificates and say before VERIFY that one is missing or
//! that no try is left: SELECT, the availability file, a READ BINARY for each 256 bytes of each certificate, the
//! count, VERIFY, the signature. That names PIN and key by short identifiers in P2, which no card was seen to
//! refuse and not every card was seen to take; ours selects both files, which is two commands more.
//! The fewest for a recognition: SELECT, and a READ BINARY for each 256 bytes.
//!
//! Answers are recorded ones. Each takes as long as the software card took for it and as a virtual reader on a real
//! PC/SC stack takes to carry a command (90 µs); a card in a field takes a hundred times that, which would hide
//! the layer.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "a bench prints, and stops where it cannot go on"
)]

use std::time::{Duration, Instant};

use kinchaku_core::card::{self, CardTransport, Entry, Exchange, Outcome, SignPassword, TransportLost, Trusted, pump};
use kinchaku_fixtures::card::persons::Person;
use kinchaku_tests::card_link::{Reader, sign_password, trusted};

const ROUNDS: usize = 15;
/// Touches in one timed round.
const TOUCHES: usize = 20;
/// One command through pcscd and its virtual reader, both ways.
const CARRYING: Duration = Duration::from_micros(90);

fn main() {
    let trusted = trusted();
    for person in [Person::Adult, Person::Elder] {
        commands(person, &trusted);
    }
    time("link", &trusted, link);
    time("recognise", &trusted, card::recognise);
}

fn link(trusted: Trusted) -> Exchange<card::SignLinked> {
    let password = SignPassword::parse(Person::Adult.card().sign_password).unwrap();
    card::sign_link(Entry::typed(password), vec![7; 122], trusted)
}

fn commands(person: Person, trusted: &Trusted) {
    let mut reader = Reader::of(person);
    let exchange = card::sign_link(sign_password(person), vec![7; 122], trusted.clone());
    let linked = reader.finish(exchange).unwrap();
    let reads = |der: &[u8]| der.len().div_ceil(256);
    let (auth, sign) = (reads(linked.auth.der()), reads(linked.sign.der()));
    compare("link", person, reader.heads().len(), 5 + auth + sign, 2);
    reader.finish(card::recognise(trusted.clone())).unwrap();
    compare("recognise", person, reader.heads().len(), 1 + auth, 0);
}

fn compare(what: &str, person: Person, ours: usize, fewest: usize, more: usize) {
    let judged = if ours <= fewest + more { "ok" } else { "ABOVE" };
    println!("P10 {what} ({person:?}): {ours} commands, fewest {fewest}, bound fewest + {more}  {judged}");
}

/// An answer, and how long it took.
type Taken = (Vec<u8>, Duration);

/// Answers in the order of a recorded touch.
struct Recorded {
    commands: Vec<Vec<u8>>,
    answers: Vec<Taken>,
    next: usize,
    /// Whether answers take their time.
    slow: bool,
}

impl CardTransport for Recorded {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        let begun = Instant::now();
        let (answer, took) = self.answers.get(self.next).ok_or(TransportLost)?;
        std::hint::black_box(command);
        self.next += 1;
        while self.slow && begun.elapsed() < *took {
            std::hint::spin_loop();
        }
        Ok(answer.clone())
    }
}

/// Lets a touch pass and keeps what was sent and answered.
struct Recorder<'a> {
    reader: &'a mut Reader,
    kept: Vec<(Vec<u8>, Taken)>,
}

impl CardTransport for Recorder<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        let begun = Instant::now();
        let answer = self.reader.transmit(command)?;
        let took = begun.elapsed() + CARRYING;
        self.kept.push((command.to_vec(), (answer.clone(), took)));
        Ok(answer)
    }
}

fn time<T: Send + 'static>(what: &str, trusted: &Trusted, exchange: fn(Trusted) -> Exchange<T>) {
    let mut reader = Reader::of(Person::Adult);
    reader.card.power_on();
    let mut recorder = Recorder {
        reader: &mut reader,
        kept: vec![],
    };
    touch(&mut exchange(trusted.clone()), &mut recorder);
    let (commands, answers) = recorder.kept.into_iter().unzip();
    let mut recorded = Recorded {
        commands,
        answers,
        next: 0,
        slow: true,
    };
    let (mut ratios, mut layer) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        let (mut bare, mut ours, mut alone) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        for _ in 0..TOUCHES {
            recorded.slow = true;
            bare += timed(|| send_bare(&mut recorded));
            ours += timed(|| touch(&mut exchange(trusted.clone()), &mut recorded));
            recorded.slow = false;
            recorded.next = 0;
            alone += timed(|| touch(&mut exchange(trusted.clone()), &mut recorded));
        }
        ratios.push(ours.as_secs_f64() / bare.as_secs_f64());
        layer.push(alone / u32::try_from(TOUCHES).unwrap());
    }
    ratios.sort_by(f64::total_cmp);
    layer.sort();
    let middle = ratios[ROUNDS / 2];
    println!(
        "P10 {what}, time: layer alone {:.1?}, with carrying ÷ bare {middle:.3} ({:.3}..{:.3})  bound 1.05  {}",
        layer[ROUNDS / 2],
        ratios[0],
        ratios[ROUNDS - 1],
        if middle <= 1.05 { "ok" } else { "ABOVE" },
    );
}

fn touch<T>(exchange: &mut Exchange<T>, transport: &mut dyn CardTransport) {
    match pump(exchange, transport, &mut |_| ()) {
        Ok(Outcome::Done(_)) => (),
        Ok(Outcome::TouchAgain(why)) => panic!("lost: {why:?}"),
        Err(error) => panic!("{error}"),
    }
}

fn send_bare(recorded: &mut Recorded) {
    recorded.next = 0;
    let commands = std::mem::take(&mut recorded.commands);
    for command in &commands {
        std::hint::black_box(recorded.transmit(command).unwrap());
    }
    (recorded.commands, recorded.next) = (commands, 0);
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}
