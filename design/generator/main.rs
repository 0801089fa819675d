//! Writes `src/generated.rs` from `strings.json`, and nothing when a text breaks a rule.
//! With `--check` it only says whether the two agree.

mod catalogue;
mod rules;
mod rust;

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let only_check = std::env::args().nth(1).as_deref() == Some("--check");
    match generate(Path::new(env!("CARGO_MANIFEST_DIR")), only_check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "strings.json: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(crate_folder: &Path, only_check: bool) -> Result<(), Box<dyn Error>> {
    let generated = crate_folder.join("src/generated.rs");
    let json = std::fs::read_to_string(crate_folder.join("strings.json"))?;
    let messages = catalogue::read(&json)?;
    let faults = rules::faults(&messages);
    if !faults.is_empty() {
        return Err(faults.join("\n  ").into());
    }
    let source = rust::source(&messages);
    if only_check {
        return if std::fs::read_to_string(generated)? == source {
            Ok(())
        } else {
            Err("src/generated.rs is older; run `make strings`".into())
        };
    }
    std::fs::write(generated, source)?;
    Ok(())
}
