//! The real server as a process of its own: started, stopped as an operator stops it, or dead at a fault
//! point; and its operator's commands.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use serde_json::Value;

/// The folder of the programs, where they are not beside the tests.
const PROGRAMS: &str = "KINCHAKU_TEST_BIN";

/// A server that died before it listened.
#[derive(Debug)]
pub struct Died(pub ExitStatus);

/// The server's program with its database and keys.
pub struct Program {
    binary: PathBuf,
    database: String,
    keys: PathBuf,
    log: PathBuf,
    /// Once known, the same for ever: wallets keep the address.
    address: Option<String>,
    running: Option<Child>,
}

impl Program {
    /// Not started yet; `folder` takes its keys and its log.
    #[must_use]
    pub fn new(folder: &Path, database: String) -> Self {
        Self {
            binary: binary(),
            database,
            keys: folder.join("keys"),
            log: folder.join("server.log"),
            address: None,
            running: None,
        }
    }

    /// Makes the town's keys under the published test roots, with the paper tier.
    #[must_use]
    pub fn init_keys(&self) -> Value {
        let mut command = Command::new(&self.binary);
        command
            .args(["--json", "keys", "init", "--demo", "--paper-tier", "--dir"])
            .arg(&self.keys);
        let mut child = piped(&mut command).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"a purse with a cord\n").unwrap();
        answer(&child.wait_with_output().unwrap()).unwrap_or_else(|said| panic!("keys init: {said}"))
    }

    /// An operator's command.
    #[must_use]
    pub fn office(&self, words: &[&str]) -> Value {
        let mut command = Command::new(&self.binary);
        command
            .arg("--json")
            .args(words)
            .env("KINCHAKU_DATABASE", &self.database)
            .env("KINCHAKU_KEYS", &self.keys)
            .stdin(Stdio::null());
        answer(&piped(&mut command).output().unwrap()).unwrap_or_else(|said| panic!("{words:?}: {said}"))
    }

    /// An operator's command while the server's clock is ahead by so many seconds; with `fault` it dies where that
    /// point is passed. Whether it ended well.
    #[must_use]
    pub fn office_later(&self, words: &[&str], ahead: u64, fault: Option<&str>) -> bool {
        let clock = self.keys.join("clock");
        std::fs::write(&clock, ahead.to_string()).unwrap();
        let mut command = Command::new(&self.binary);
        command
            .arg("--json")
            .args(words)
            .env("KINCHAKU_DATABASE", &self.database)
            .env("KINCHAKU_KEYS", &self.keys)
            .env("KINCHAKU_CLOCK", clock)
            .stdin(Stdio::null());
        piped(&mut command);
        if let Some(fault) = fault {
            command.env("KINCHAKU_FAULT", fault);
        }
        command.output().unwrap().status.success()
    }

    /// Starts it and waits until it listens; with `fault` it dies where that point is passed.
    ///
    /// # Errors
    /// [`Died`] where it died before it listened.
    pub fn start(&mut self, fault: Option<&str>) -> Result<String, Died> {
        let listen = match &self.address {
            Some(address) => address.trim_start_matches("http://").to_owned(),
            None => "127.0.0.1:0".to_owned(),
        };
        let log = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        let mut command = Command::new(&self.binary);
        command
            .args(["--json", "serve", "--listen", &listen])
            .env("KINCHAKU_DATABASE", &self.database)
            .env("KINCHAKU_KEYS", &self.keys)
            .env_remove("KINCHAKU_FAULT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        if let Some(fault) = fault {
            command.env("KINCHAKU_FAULT", fault);
        }
        let mut child = command.spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        let said: Value = serde_json::from_str(&first).unwrap_or(Value::Null);
        let Some(address) = said.get("listening").and_then(Value::as_str) else {
            return Err(Died(child.wait().unwrap()));
        };
        // Whatever it prints later goes nowhere, without ever filling a pipe.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        self.address = Some(address.to_owned());
        self.running = Some(child);
        Ok(address.to_owned())
    }

    /// Asks it to stop, as an operator would, and waits until it has. True where it ended well; false
    /// where it had died before, or dies now.
    pub fn stop(&mut self) -> bool {
        let Some(mut child) = self.running.take() else {
            return false;
        };
        // A child that has not been waited for keeps its number, so this reaches nobody else.
        Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        child.wait().unwrap().success()
    }

    /// Whether it has died by itself.
    pub fn died(&mut self) -> bool {
        self.running
            .as_mut()
            .is_some_and(|child| child.try_wait().unwrap().is_some())
    }

    /// Its log, to be shown where something went wrong.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(mut child) = self.running.take() {
            // A test that ended early leaves nothing running.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The server's program: where the environment says, or beside the folder of the tests.
fn binary() -> PathBuf {
    let folder = std::env::var_os(PROGRAMS).map_or_else(
        || {
            let here = std::env::current_exe().unwrap();
            here.parent().and_then(Path::parent).unwrap().to_owned()
        },
        PathBuf::from,
    );
    let binary = folder.join("kinchaku-server");
    assert!(
        binary.exists(),
        "{} is not built: cargo build -p kinchaku-server --features demo",
        binary.display()
    );
    binary
}

fn piped(command: &mut Command) -> &mut Command {
    command
        .env_remove("KINCHAKU_FAULT")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
}

fn answer(output: &Output) -> Result<Value, String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let value = text.lines().last().and_then(|line| serde_json::from_str(line).ok());
    value
        .filter(|_| output.status.success())
        .ok_or_else(|| format!("{} {text}{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
