//! Files that are there whole or not at all, and files that hold a secret.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kinchaku_design::Key;
use kinchaku_design::format::number;

use crate::output::{Exit, Output, Problem};

const CHUNK: usize = 64 * 1_024;
/// How often a person at a terminal, and a log, hear of a long download.
const ON_TERMINAL: Duration = Duration::from_millis(500);
const IN_LOG: Duration = Duration::from_secs(10);

/// A file in the making, beside its place. Dropped before it is whole, it leaves nothing.
struct Making {
    path: PathBuf,
    file: File,
    whole: bool,
}

impl Making {
    fn beside(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let name = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
        let path = target.with_file_name(name);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(Self {
            path,
            file,
            whole: false,
        })
    }

    fn finish(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, target)?;
        self.whole = true;
        Ok(())
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.whole {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes all of `from` to `target`: whole, or not at all. Gives how many bytes.
pub fn receive(mut from: impl Read, target: &Path, out: &Output) -> Result<u64, Problem> {
    let mut making = Making::beside(target).map_err(|_| unwritable(target))?;
    let mut chunk = vec![0; CHUNK];
    let mut progress = Progress::new();
    let mut total: u64 = 0;
    loop {
        let read = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => {
                progress.end(out);
                let path = target.display().to_string();
                return Err(Problem::new(Key::ErrorFileCut, Exit::NeedsNetwork).named("path", path));
            }
        };
        let bytes = chunk.get(..read).unwrap_or_default();
        making.file.write_all(bytes).map_err(|_| unwritable(target))?;
        total = total.saturating_add(u64::try_from(read).unwrap_or(0));
        progress.at(total, out);
    }
    progress.end(out);
    making.finish(target).map_err(|_| unwritable(target))?;
    Ok(total)
}

fn unwritable(target: &Path) -> Problem {
    Problem::new(Key::ErrorFileUnwritable, Exit::Other).named("path", target.display().to_string())
}

/// Makes a file that only its owner may read; an existing one is left alone.
pub fn secret(target: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(target)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(target);
    }
    written
}

/// How far a long download is.
struct Progress {
    said: Instant,
    every: Duration,
    terminal: bool,
    any: bool,
}

impl Progress {
    fn new() -> Self {
        let terminal = io::stderr().is_terminal();
        Self {
            said: Instant::now(),
            every: if terminal { ON_TERMINAL } else { IN_LOG },
            terminal,
            any: false,
        }
    }

    fn at(&mut self, bytes: u64, out: &Output) {
        if self.said.elapsed() < self.every {
            return;
        }
        self.said = Instant::now();
        self.any = true;
        let kilobytes = number(bytes.checked_div(1_024).unwrap_or(0));
        let line = kinchaku_design::say(out.lang(), Key::ConsoleReceiving, &[("kilobytes", &kilobytes)]);
        if self.terminal {
            let mut stderr = io::stderr();
            let _ = write!(stderr, "\r{line}").and_then(|()| stderr.flush());
        } else {
            out.aside(&line);
        }
    }

    fn end(&self, out: &Output) {
        if self.any && self.terminal {
            out.aside("");
        }
    }
}
