//! What benches of the books share: interleaved rounds, and the PostgreSQL they are measured on.
#![allow(dead_code, reason = "each bench uses its part")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Rounds of each measurement; medians and the spread over rounds are printed.
pub const ROUNDS: usize = 9;

/// Where benches find a PostgreSQL that writes to its disk.
const SERVER: &str = "KINCHAKU_BENCH_POSTGRES";

/// A number of something a second, once for each round.
#[derive(Default)]
pub struct Rates(Vec<f64>);

impl Rates {
    /// Does something and notes how many a second.
    pub fn time<T>(&mut self, count: usize, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        self.note(count, start.elapsed());
        done
    }

    pub fn note(&mut self, count: usize, took: Duration) {
        self.0
            .push(f64::from(u32::try_from(count).unwrap()) / took.as_secs_f64());
    }

    pub fn rate(&mut self, rate: f64) {
        self.0.push(rate);
    }
}

/// Which way a ratio is good.
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// One line of the table: how the second compares with the first, round by round.
pub fn report(name: &str, goal: &Goal, floor: &Rates, ours: &Rates) {
    let mut ratios: Vec<f64> = ours.0.iter().zip(&floor.0).map(|(ours, floor)| ours / floor).collect();
    if matches!(goal, Goal::AtMost(_)) {
        ratios = ratios.iter().map(|ratio| 1.0 / ratio).collect();
    }
    ratios.sort_by(f64::total_cmp);
    let middle = ratios[ratios.len() / 2];
    let (sign, bound, met) = match goal {
        Goal::AtLeast(bound) => (">=", bound, middle >= *bound),
        Goal::AtMost(bound) => ("<=", bound, middle <= *bound),
    };
    println!(
        "{name}: floor {:>9.0}/s  ours {:>9.0}/s  ratio {middle:.2} ({:.2}..{:.2})  goal {sign} {bound:.2}  {}",
        median(&floor.0),
        median(&ours.0),
        ratios[0],
        ratios[ratios.len() - 1],
        if met { "ok" } else { "MISSED" },
    );
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A fresh database beside the others; none, said in a visible line, where there is no server.
pub async fn fresh(name: &str) -> Option<String> {
    let Ok(server) = std::env::var(SERVER) else {
        println!("SKIPPED: what is measured on PostgreSQL ({SERVER} is not set)");
        return None;
    };
    let (client, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let name = format!("{name}_{}", std::process::id());
    client
        .batch_execute(&format!("create database {name} template template0"))
        .await
        .unwrap();
    let (head, tail) = server.split_once("/postgres?").unwrap();
    Some(format!("{head}/{name}?{tail}"))
}

/// TPC-B by pgbench on the same server.
pub struct TpcB {
    url: String,
}

impl TpcB {
    /// Makes its tables, at scale 10.
    pub async fn new() -> Option<Self> {
        let bench = Self {
            url: libpq(&fresh("tpcb").await?),
        };
        bench.run(&["-i", "-q", "-s", "10"])?;
        Some(bench)
    }

    /// Transactions a second over two seconds, 16 clients, prepared.
    pub fn rate(&self) -> f64 {
        let said = self
            .run(&["-n", "-M", "prepared", "-c", "16", "-j", "2", "-T", "2"])
            .unwrap();
        let line = said.lines().find(|line| line.starts_with("tps = ")).unwrap();
        line.split(' ').nth(2).unwrap().parse().unwrap()
    }

    fn run(&self, words: &[&str]) -> Option<String> {
        let Ok(output) = Command::new("pgbench").args(words).arg(&self.url).output() else {
            println!("SKIPPED: what is measured against pgbench, which is not here");
            return None;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Runs a statement by psql, whose output goes nowhere.
pub fn psql(address: &str, sql: &str) {
    let mut command = Command::new("psql");
    command
        .args(["-X", "-q", "-d", &libpq(address), "-c", sql])
        .stdout(Stdio::null());
    assert!(command.status().unwrap().success());
}

/// The address as PostgreSQL's own programs take it.
fn libpq(address: &str) -> String {
    let (head, options) = address.split_once('?').unwrap();
    let name = head.rsplit('/').next().unwrap();
    format!("dbname={name} {}", options.replace('&', " "))
}
