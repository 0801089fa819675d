//! Fuzzes for as long as it is told: `fuzz [TARGET] [--seconds N] [--seed N]`. Without a target all take
//! turns. An input that breaks something is left in `target/fuzz/TARGET.bin`, and given again by
//! `fuzz TARGET --input FILE`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a tool for a terminal")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use kinchaku_tests::fuzz::{TARGETS, Target, run};

/// Inputs between two looks at the watch.
const TURN: u64 = 500;

struct Wanted {
    target: Option<String>,
    seconds: u64,
    seed: u64,
    input: Option<PathBuf>,
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted {
        target: None,
        seconds: 60,
        seed: 1,
        input: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => wanted.seconds = words.next()?.parse().ok()?,
            "--seed" => wanted.seed = words.next()?.parse().ok()?,
            "--input" => wanted.input = Some(words.next()?.into()),
            name if !name.starts_with('-') => wanted.target = Some(name.to_owned()),
            _ => return None,
        }
    }
    Some(wanted)
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("fuzz [TARGET] [--seconds N] [--seed N] [--input FILE]");
        return ExitCode::from(2);
    };
    let chosen: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| wanted.target.as_deref().is_none_or(|name| name == target.name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("targets: {}", names.join(", "));
        return ExitCode::from(2);
    }
    if let Some(file) = &wanted.input {
        let Ok(input) = std::fs::read(file) else {
            eprintln!("{} cannot be read", file.display());
            return ExitCode::FAILURE;
        };
        chosen.iter().for_each(|target| (target.read)(&input));
        return ExitCode::SUCCESS;
    }
    for target in &chosen {
        let share = Duration::from_secs(wanted.seconds) / u32::try_from(chosen.len()).unwrap_or(1);
        let (began, mut seed, mut count) = (Instant::now(), wanted.seed, 0);
        while began.elapsed() < share {
            let mut last = Vec::new();
            let turn = std::panic::AssertUnwindSafe(|| run(target, seed, TURN, |input| last = input.to_vec()));
            if std::panic::catch_unwind(turn).is_err() {
                keep(target, seed, &last);
                return ExitCode::FAILURE;
            }
            seed = seed.wrapping_add(1);
            count += TURN;
        }
        println!("{:<14} {count} inputs, seeds {} to {}", target.name, wanted.seed, seed);
    }
    ExitCode::SUCCESS
}

/// Leaves the input that broke it behind.
fn keep(target: &Target, seed: u64, input: &[u8]) {
    let file = PathBuf::from("target/fuzz").join(format!("{}.bin", target.name));
    let written = std::fs::create_dir_all("target/fuzz").and_then(|()| std::fs::write(&file, input));
    match written {
        Ok(()) => eprintln!(
            "{} broke at seed {seed}; the input is in {}",
            target.name,
            file.display()
        ),
        Err(error) => eprintln!(
            "{} broke at seed {seed}; the input could not be kept: {error}",
            target.name
        ),
    }
}
