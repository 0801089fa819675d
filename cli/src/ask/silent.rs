//! One line that nobody may see: from a descriptor, or from the terminal without echo.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use super::interrupt;

/// More than any PIN; stops reading what is none.
const MAX_BYTES: usize = 64;

/// Where secret lines come from.
pub enum Source {
    /// A descriptor that was handed over.
    Descriptor(File),
    /// The terminal.
    Terminal,
}

impl Source {
    /// The descriptor, or else the terminal; `None` where there is neither.
    pub fn find(descriptor: Option<u32>) -> Option<Self> {
        match descriptor {
            Some(number) => File::open(format!("/dev/fd/{number}")).ok().map(Self::Descriptor),
            None => io::stdin().is_terminal().then_some(Self::Terminal),
        }
    }

    /// Whether a person is there who can be asked again.
    pub const fn is_person(&self) -> bool {
        matches!(self, Self::Terminal)
    }

    /// The next line; the terminal is asked with `prompt`.
    pub fn line(&mut self, prompt: &str) -> io::Result<Zeroizing<String>> {
        match self {
            Self::Descriptor(file) => read(file),
            Self::Terminal => ask(prompt),
        }
    }
}

/// Byte by byte: what is read ahead would stay in a buffer, and belongs to the next line.
fn read(from: &mut impl Read) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_BYTES));
    let mut byte = [0; 1];
    while from.read(&mut byte)? == 1 && byte != *b"\n" && line.len() < MAX_BYTES {
        line.extend(byte);
    }
    let text = std::str::from_utf8(&line).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok(Zeroizing::new(text.trim_end_matches('\r').to_owned()))
}

fn ask(prompt: &str) -> io::Result<Zeroizing<String>> {
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let mut stderr = io::stderr();
    write!(stderr, "{prompt} ")?;
    stderr.flush()?;
    // Whoever stops now must not be left with a silent terminal.
    interrupt::restore_on_stop(Some(before.clone()));
    tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    let line = read(&mut stdin.lock());
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    interrupt::restore_on_stop(None);
    writeln!(stderr)?;
    line
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn lines_are_read_one_by_one() {
        let mut from = "２５８０\r\n1379\n".as_bytes();
        assert_eq!(read(&mut from).unwrap().as_str(), "２５８０");
        assert_eq!(read(&mut from).unwrap().as_str(), "1379");
        assert_eq!(read(&mut from).unwrap().as_str(), "");
        assert!(read(&mut [0xff, 0xfe].as_slice()).is_err());
    }
}
