//! The PC/SC half of P10: the time of a touch through the card layer ÷ the time of one that sends the same commands bare,
//! over a real pcscd and its virtual reader, in interleaved rounds of one run.
//!
//! A touch takes the card for itself, exchanges, and takes its power, as the desk does. The commands between are told
//! apart, and not judged: a virtual reader carries one in some 30 µs, a card in a field takes a hundred times that, and
//! against it even the checks of three signatures are seen.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

use std::ffi::CStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use kinchaku_core::card::{self, CardTransport, Exchange, Outcome, TransportLost, Trusted, pump};
use kinchaku_fixtures::card::persons::Person;
use kinchaku_protocol::time::Time;
use kinchaku_tests::card_link::{sign_password, trusted};
use pcsc::{Context, Disposition, Protocols, Scope, ShareMode};

const READER: &CStr = c"Virtual PCD 00 00";
const ROUNDS: usize = 21;
/// Exchanges in one timed round.
const TOUCHES: usize = 5;

/// A reader that keeps what it sent.
struct Recording<'a> {
    card: &'a pcsc::Card,
    sent: Vec<Vec<u8>>,
}

impl CardTransport for Recording<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        self.sent.push(command.to_vec());
        bare(self.card, command)
    }
}

/// A reader, and nothing else.
struct Plain<'a>(&'a pcsc::Card);

impl CardTransport for Plain<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
        bare(self.0, command)
    }
}

fn bare(card: &pcsc::Card, command: &[u8]) -> Result<Vec<u8>, TransportLost> {
    let mut answer = [0; 258];
    let answer = card.transmit(command, &mut answer).map_err(|_| TransportLost)?;
    Ok(answer.to_vec())
}

fn main() {
    let Some(_inserted) = Inserted::adult() else {
        println!("P10 over PC/SC: SKIPPED, no virtual reader");
        return;
    };
    let context = Context::establish(Scope::User).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let trusted = Trusted {
        now: Time(now),
        ..trusted()
    };
    ratio("recognise", &context, || card::recognise(trusted.clone()));
    ratio("link", &context, || {
        card::sign_link(sign_password(Person::Adult), vec![7; 122], trusted.clone())
    });
}

fn ratio<T>(what: &str, context: &Context, exchange: impl Fn() -> Exchange<T>) {
    let commands = touched(context, |card| {
        let mut recording = Recording { card, sent: Vec::new() };
        finish(exchange(), &mut recording);
        recording.sent
    });
    let layer = |card: &pcsc::Card| finish(exchange(), &mut Plain(card));
    let plain = |card: &pcsc::Card| {
        for command in &commands {
            bare(card, command).unwrap();
        }
    };
    let (mut ours, mut alone) = (Vec::new(), Vec::new());
    let (mut our_touch, mut bare_touch) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_touch.push(timed(|| touched(context, layer)));
        bare_touch.push(timed(|| touched(context, plain)));
        touched(context, |card| {
            ours.push(timed(|| layer(card)));
            alone.push(timed(|| plain(card)));
        });
    }
    let (ours, alone) = (median(ours), median(alone));
    println!(
        "P10 {what} over PC/SC, {} commands: ours {ours:.2?}, bare {alone:.2?}",
        commands.len()
    );
    let (ours, alone) = (median(our_touch), median(bare_touch));
    let ratio = ours.as_secs_f64() / alone.as_secs_f64();
    let judged = if ratio <= 1.05 { "ok" } else { "ABOVE" };
    println!(
        "P10 {what} over PC/SC, a touch: ours {ours:.2?}, bare {alone:.2?}, ratio {ratio:.3}, bound 1.05  {judged}"
    );
}

fn touched<T>(context: &Context, exchange: impl FnOnce(&pcsc::Card) -> T) -> T {
    let card = connected(context);
    let output = exchange(&card);
    card.disconnect(Disposition::UnpowerCard)
        .map_err(|(_, error)| error)
        .unwrap();
    output
}

fn finish<T>(mut exchange: Exchange<T>, transport: &mut dyn CardTransport) {
    let ended = pump(&mut exchange, transport, &mut |_| ()).unwrap();
    assert!(matches!(ended, Outcome::Done(_)), "one touch");
}

fn timed(mut run: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..TOUCHES {
        run();
    }
    start.elapsed() / u32::try_from(TOUCHES).unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap()
}

/// pcscd looks at its readers a few times a second.
fn connected(context: &Context) -> pcsc::Card {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match context.connect(READER, ShareMode::Exclusive, Protocols::T1) {
            Ok(card) => return card,
            Err(error) => assert!(Instant::now() < end, "{error}"),
        }
    }
}

/// The adult's card in the reader.
struct Inserted(
    Child,
    #[expect(dead_code, reason = "a card that cannot speak ends")] BufReader<ChildStdout>,
);

impl Inserted {
    fn adult() -> Option<Self> {
        let here = std::env::current_exe().unwrap();
        let program = here.parent().and_then(Path::parent)?.join("kinchaku-card");
        let mut process = Command::new(program)
            .args(["--json", "--person", "adult"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut said = BufReader::new(process.stdout.take()?);
        let mut line = String::new();
        said.read_line(&mut line).ok()?;
        if line.starts_with('{') {
            return Some(Self(process, said));
        }
        let _ = process.wait();
        None
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
