//! What was sent to a card and answered, for support: fit to leave the device.
//!
//! Of a secret not even its length is kept, of a file and of what was signed nothing but the length.

use std::collections::VecDeque;
use std::fmt;

use super::apdu::{Command, CommandKind, StatusWord};

/// Lines kept; older ones are dropped.
const MOST: usize = 512;

/// A trace of one exchange. `Display` writes a line for each command.
#[derive(Clone, Debug, Default)]
pub struct Journal(VecDeque<Line>);

#[derive(Clone, Debug)]
struct Line {
    kind: CommandKind,
    sent: String,
    end: End,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Waiting,
    Lost,
    Answered { length: usize, status: StatusWord },
}

impl Journal {
    pub(super) fn sent(&mut self, command: &Command) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(Line {
            kind: command.kind(),
            sent: command.shown(),
            end: End::Waiting,
        });
    }

    pub(super) fn answered(&mut self, length: usize, status: StatusWord) {
        self.end(End::Answered { length, status });
    }

    pub(super) fn lost(&mut self) {
        self.end(End::Lost);
    }

    fn end(&mut self, end: End) {
        if let Some(line) = self.0.back_mut() {
            line.end = end;
        }
    }

    /// How many commands were sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.0 {
            write!(f, "{:?} {} -> ", line.kind, line.sent)?;
            match line.end {
                End::Waiting => writeln!(f, "?"),
                End::Lost => writeln!(f, "lost"),
                End::Answered { length: 0, status } => writeln!(f, "{status}"),
                End::Answered { length, status } => writeln!(f, "({length} bytes) {status}"),
            }?;
        }
        Ok(())
    }
}
