//! Writes `src/generated.rs` from `strings.json`, and nothing when a text breaks a rule.

mod catalogue;
mod rules;
mod rust;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match generate(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "strings.json: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(crate_folder: &Path) -> Result<(), Box<dyn Error>> {
    let json = std::fs::read_to_string(crate_folder.join("strings.json"))?;
    let messages = catalogue::read(&json)?;
    let faults = rules::faults(&messages);
    if !faults.is_empty() {
        return Err(faults.join("\n  ").into());
    }
    std::fs::write(
        crate_folder.join("src/generated.rs"),
        rust::source(&messages),
    )?;
    Ok(())
}
