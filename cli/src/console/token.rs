//! The token of a person: from a descriptor, or from a file that nobody else may read. It is never a word of the
//! command line, which everybody on the machine can see.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use kinchaku_design::Key;
use zeroize::Zeroizing;

use crate::args::ConsoleArgs;
use crate::output::{Exit, Problem};

/// More than any token.
const MAX_BYTES: u64 = 256;

/// The token that was named, where one was.
pub fn find(args: &ConsoleArgs) -> Result<Option<Zeroizing<String>>, Problem> {
    if let Some(number) = args.token_fd {
        let file = File::open(format!("/dev/fd/{number}")).map_err(|_| missing())?;
        return first_line(file).map(Some).map_err(|_| missing());
    }
    let Some(path) = args.token_file.as_deref() else {
        return Ok(None);
    };
    let file = File::open(path).map_err(|_| missing())?;
    if open_to_others(&file) {
        return Err(Problem::new(Key::ErrorTokenExposed, Exit::Refused).named("path", shown(path)));
    }
    first_line(file).map(Some).map_err(|_| missing())
}

fn missing() -> Problem {
    Problem::new(Key::ErrorTokenMissing, Exit::Usage)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn first_line(file: File) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or("").trim();
    let sendable = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_graphic());
    let line = sendable.then(|| Zeroizing::new(line.to_owned()));
    line.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Whether anybody but its owner may read it.
#[cfg(unix)]
fn open_to_others(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &File) -> bool {
    false
}
