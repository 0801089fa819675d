//! The real server as a process of its own, and its operator's commands.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::error::DemoError;

const PROGRAM: &str = "kinchaku-server";

/// The server's program, database and keys.
pub struct Server {
    program: PathBuf,
    database: String,
    keys: PathBuf,
    log: PathBuf,
    /// The issuing region, and the file with its clock where that is moved.
    town: (u64, Option<PathBuf>),
    /// Once known, the same for the whole story: wallets keep the address.
    address: Option<String>,
    running: Option<Child>,
}

impl Server {
    /// The program beside this one.
    pub fn new(database: String, keys: PathBuf, log: PathBuf) -> Result<Self, DemoError> {
        let program = beside(PROGRAM)?;
        Ok(Self {
            program,
            database,
            keys,
            log,
            town: (1, None),
            address: None,
            running: None,
        })
    }

    /// The same in another town, with a clock of its own.
    pub fn in_town(mut self, muni: u64, clock: PathBuf) -> Self {
        self.town = (muni, Some(clock));
        self
    }

    /// The program, with where its books, keys and clock are.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--json")
            .env("KINCHAKU_DATABASE", &self.database)
            .env("KINCHAKU_KEYS", &self.keys)
            .stdin(Stdio::null());
        if let Some(clock) = &self.town.1 {
            command.env("KINCHAKU_CLOCK", clock);
        }
        command
    }

    /// Makes the town's keys, with the published test roots.
    pub fn init_keys(&self) -> Result<Value, DemoError> {
        let (muni, keys) = (self.town.0.to_string(), self.keys.display().to_string());
        self.with_roots(&["init", "--demo", "--paper-tier", "--muni", &muni, "--dir", &keys])
    }

    /// Makes the next key for a use; the server takes it up where it starts on that day or later.
    pub fn rotate(&self, usage: &str, from: &str) -> Result<Value, DemoError> {
        self.with_roots(&["rotate", usage, "--demo", "--from", from])
    }

    fn with_roots(&self, words: &[&str]) -> Result<Value, DemoError> {
        let mut child = self
            .command()
            .arg("keys")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(b"demo passphrase\n")?;
        }
        answer(child.wait_with_output()?)
    }

    /// An operator's command.
    pub fn office(&self, words: &[&str]) -> Result<Value, DemoError> {
        let output = self.command().args(words).output()?;
        answer(output)
    }

    /// Starts it and waits until it listens.
    pub fn start(&mut self) -> Result<String, DemoError> {
        let listen = match &self.address {
            Some(address) => address.trim_start_matches("http://").to_owned(),
            None => "127.0.0.1:0".to_owned(),
        };
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut child = self
            .command()
            .args(["serve", "--listen", &listen])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut first = String::new();
        if let Some(stdout) = child.stdout.take() {
            let mut reader = BufReader::new(stdout);
            reader.read_line(&mut first)?;
            // Whatever it prints later goes nowhere, without ever filling a pipe.
            std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        }
        self.running = Some(child);
        let said: Value = serde_json::from_str(&first).unwrap_or(Value::Null);
        let address = said.get("listening").and_then(Value::as_str).map(str::to_owned);
        let address = address.ok_or(DemoError::Program {
            program: PROGRAM,
            detail: first,
        })?;
        self.address = Some(address.clone());
        Ok(address)
    }

    /// Asks it to stop, as an operator would, and waits until it has.
    pub fn stop(&mut self) -> Result<(), DemoError> {
        let Some(mut child) = self.running.take() else {
            return Ok(());
        };
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status()?;
        let status = child.wait()?;
        if status.success() {
            return Ok(());
        }
        Err(DemoError::Program {
            program: PROGRAM,
            detail: status.to_string(),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // A story that ended early leaves nothing running.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A program that was built with this one.
pub fn beside(name: &str) -> Result<PathBuf, DemoError> {
    let here = std::env::current_exe()?;
    Ok(here.with_file_name(name))
}

fn answer(output: std::process::Output) -> Result<Value, DemoError> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let value: Option<Value> = text.lines().last().and_then(|line| serde_json::from_str(line).ok());
    match value {
        Some(value) if output.status.success() => Ok(value),
        _ => Err(DemoError::Program {
            program: PROGRAM,
            detail: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
        }),
    }
}
