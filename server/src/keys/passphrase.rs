//! Where the passphrase of the roots comes from: a file descriptor, the terminal without echo, or one
//! line of standard input. Never an argument or an environment variable, which others can read.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Read, Write as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::KeysError;

/// The fewest characters a passphrase may have.
const MIN_CHARACTERS: usize = 12;

/// More than anybody types; stops reading what is not a passphrase.
const MAX_BYTES: u64 = 1_024;

/// A passphrase; wiped when dropped, never printed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Takes a passphrase over.
    ///
    /// # Errors
    /// [`KeysError::ShortPassphrase`] below twelve characters.
    pub fn new(text: String) -> Result<Self, KeysError> {
        let text = Zeroizing::new(text);
        if text.chars().count() < MIN_CHARACTERS {
            return Err(KeysError::ShortPassphrase);
        }
        Ok(Self(text))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Reads one line from descriptor `fd`, or without one from standard input; there a terminal is
    /// asked with `prompt` and does not echo.
    ///
    /// # Errors
    /// [`KeysError::NoPassphrase`], [`KeysError::ShortPassphrase`].
    pub fn read(fd: Option<u32>, prompt: &str) -> Result<Self, KeysError> {
        let line = match fd {
            Some(fd) => File::open(format!("/dev/fd/{fd}")).and_then(line),
            None if io::stdin().is_terminal() => ask(prompt),
            None => line(io::stdin().lock()),
        };
        match line {
            Ok(line) if !line.is_empty() => Self::new(line.as_str().to_owned()),
            _ => Err(KeysError::NoPassphrase),
        }
    }
}

fn line(from: impl Read) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    BufReader::new(from.take(MAX_BYTES)).read_line(&mut text)?;
    let kept = text.trim_end_matches(['\n', '\r']).len();
    text.truncate(kept);
    Ok(text)
}

fn ask(prompt: &str) -> io::Result<Zeroizing<String>> {
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let mut stderr = io::stderr();
    write!(stderr, "{prompt}: ")?;
    stderr.flush()?;
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let read = line(stdin.lock());
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    writeln!(stderr)?;
    read
}
