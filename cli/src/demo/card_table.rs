//! What the second act is played with: cards put into the virtual reader and taken out, the test authorities, and the
//! real program as a child process, with everything it says kept.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::error::DemoError;
use super::server::beside;
use crate::card::has_reader;

const READER: &str = "Virtual PCD 00 00";

/// What no log and no message may have: secrets and what the cards of this act say of people.
const PERSONAL: [&str; 9] = [
    "ABC123",
    "abc123",
    "JIRO0621",
    "WRONG1",
    "花子",
    "次郎",
    "若葉町",
    "19850203",
    "昭和60年",
];

/// A table with a reader on it.
pub struct Table {
    out: PathBuf,
    /// What was said beside the data.
    said: RefCell<String>,
}

/// How a child process ended.
pub struct Ran {
    status: Option<i32>,
    data: Value,
    said: String,
}

/// A card in the reader.
pub struct Card {
    process: Child,
    /// Kept, as a card that cannot speak ends.
    _stdout: Option<BufReader<ChildStdout>>,
    log: PathBuf,
    begins: usize,
    /// Its PINs, which a test card tells.
    pub auth_pin: String,
    pub text_pin: String,
}

/// What passed between card and reader.
pub struct Log(Vec<String>);

/// The test authorities, while this lives.
pub struct Authority {
    process: Child,
    /// Where they answer.
    pub address: String,
}

impl Table {
    /// Whether there is a virtual reader.
    pub fn is_there() -> bool {
        has_reader(READER)
    }

    /// With everything kept in this folder.
    pub const fn new(out: PathBuf) -> Self {
        Self {
            out,
            said: RefCell::new(String::new()),
        }
    }

    /// Runs the program.
    pub fn run(&self, words: &[&str], secrets: &str) -> Result<Ran, DemoError> {
        self.run_until(words, secrets, "\0", || Ok(()))
    }

    /// The same; `then` once, when a line with `awaited` is said.
    pub fn run_until(
        &self,
        words: &[&str],
        secrets: &str,
        awaited: &str,
        mut then: impl FnMut() -> Result<(), DemoError>,
    ) -> Result<Ran, DemoError> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--json", "--lang", "ja"]).args(words);
        if words.first() == Some(&"card") {
            command.args(["--reader", READER]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // A command that ended before it asked has closed its end.
            let _ = stdin.write_all(secrets.as_bytes());
        }
        let mut said = String::new();
        if let Some(stderr) = child.stderr.take() {
            for line in BufReader::new(stderr).lines() {
                let line = line?;
                if line.contains(awaited) {
                    then()?;
                }
                said.push_str(&line);
                said.push('\n');
            }
        }
        let mut data = String::new();
        if let Some(mut stdout) = child.stdout.take() {
            stdout.read_to_string(&mut data)?;
        }
        let status = child.wait()?;
        self.said.borrow_mut().push_str(&said);
        Ok(Ran {
            status: status.code(),
            data: data
                .lines()
                .last()
                .and_then(|line| serde_json::from_str(line).ok())
                .unwrap_or(Value::Null),
            said,
        })
    }

    /// Whether no log and nothing that was said beside the data has a secret or a person in it.
    pub fn kept_silent(&self) -> Result<bool, DemoError> {
        let mut texts = vec![self.said.borrow().clone()];
        for file in ["server.log", "jpki.log", "card.log"] {
            let bytes = std::fs::read(self.out.join(file))?;
            texts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
        let read = texts.iter().any(|text| !text.is_empty());
        Ok(read && !texts.iter().any(|text| PERSONAL.iter().any(|word| text.contains(word))))
    }
}

impl Ran {
    /// Whether it ended well.
    pub fn done(&self) -> bool {
        self.status == Some(0)
    }

    /// The code of its problem.
    pub fn code(&self) -> String {
        self.text("/code")
    }

    /// A text of its answer.
    pub fn text(&self, place: &str) -> String {
        let found = self.data.pointer(place).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    }

    /// A number of its answer.
    pub fn number(&self, place: &str) -> Option<u64> {
        self.data.pointer(place).and_then(Value::as_u64)
    }

    /// How many steps of a touch were told.
    pub fn steps(&self) -> usize {
        self.said.lines().filter(|line| line.starts_with("[OK]")).count()
    }
}

impl Card {
    /// Puts a person's card into the reader, with what is to go wrong.
    pub fn insert(person: &str, fault: Option<&str>, table: &Table) -> Result<Self, DemoError> {
        let log = table.out.join("card.log");
        // One file for all cards; this one's part begins here.
        let whole = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let begins = usize::try_from(whole.metadata()?.len()).unwrap_or(usize::MAX);
        let mut command = Command::new(beside("kinchaku-card")?);
        command.args(["--person", person, "--log", "--json", "--back-after", "1000"]);
        if let Some(fault) = fault {
            command.args(["--fault", fault]);
        }
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(whole)
            .spawn()?;
        let mut first = String::new();
        let mut stdout = process.stdout.take().map(BufReader::new);
        if let Some(stdout) = &mut stdout {
            // It speaks when the reader has spoken to it.
            stdout.read_line(&mut first)?;
        }
        let told: Value = serde_json::from_str(&first).unwrap_or(Value::Null);
        let pin = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (auth_pin, text_pin) = (pin("auth_pin"), pin("text_pin"));
        if auth_pin.is_empty() {
            return Err(DemoError::DidNotHappen("a card in the reader"));
        }
        Ok(Self {
            process,
            _stdout: stdout,
            log,
            begins,
            auth_pin,
            text_pin,
        })
    }

    /// Takes it out.
    pub fn remove(mut self) -> Result<(), DemoError> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// What passed so far.
    pub fn log(&self) -> Result<Log, DemoError> {
        let text = std::fs::read(&self.log)?;
        let own = text.get(self.begins..).unwrap_or_default();
        Ok(Log(String::from_utf8_lossy(own).lines().map(str::to_owned).collect()))
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // A story that ended early leaves nothing running.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Log {
    /// How often a secret reached the card.
    pub fn verifies(&self) -> usize {
        let verify = |line: &&String| line.starts_with("00200080+") && !line.starts_with("00200080+0 ");
        self.0.iter().filter(verify).count()
    }

    /// Whether the card's own count was the last thing it was asked.
    pub fn ends_with_a_count(&self) -> bool {
        self.0.last().is_some_and(|line| line.starts_with("00200080+0 "))
    }
}

impl Authority {
    /// Starts them and waits until they listen.
    pub fn start(log: &Path) -> Result<Self, DemoError> {
        let log = std::fs::File::create(log)?;
        let mut process = Command::new(beside("kinchaku-jpki")?)
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let mut first = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut first)?;
        }
        let told: Value = serde_json::from_str(&first).unwrap_or(Value::Null);
        let address = told
            .get("listening")
            .and_then(Value::as_str)
            .map(|at| format!("http://{at}"));
        let address = address.ok_or(DemoError::Program {
            program: "kinchaku-jpki",
            detail: first,
        })?;
        Ok(Self { process, address })
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
