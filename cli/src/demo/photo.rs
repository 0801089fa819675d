//! Codes go from one device to the other as photographs: drawn, photographed by `kinchaku-fixtures`,
//! read from the photograph. As at a counter, a picture that does not read is taken again.

use std::path::{Path, PathBuf};
use std::process::Command;

use kinchaku_core::draw::receipt_png;
use kinchaku_core::scan::{PICTURE_DEADLINE, decode};
use kinchaku_protocol::symbol::Symbol;

use super::error::{DemoError, Within as _};
use super::server::beside;

const PROGRAM: &str = "kinchaku-fixtures";

/// How often a person holds the phone there again.
const TAKES: u32 = 4;

/// What lies before the camera.
#[derive(Clone, Copy)]
pub enum Of {
    /// A printed sheet at a counter.
    Sheet,
    /// Another phone's screen.
    Screen,
}

impl Of {
    const fn preset(self) -> &'static str {
        match self {
            Self::Sheet => "counter",
            Self::Screen => "screen",
        }
    }
}

/// Photographs a picture until its code reads; gives the text and the photograph that did.
pub fn scan(picture: &Path, of: Of, seed: u32) -> Result<(String, PathBuf), DemoError> {
    for take in 0..TAKES {
        let photograph = picture.with_extension(format!("photo{take}.jpg"));
        let seed = seed.wrapping_mul(10).wrapping_add(take);
        let output = Command::new(beside(PROGRAM)?)
            .arg("photograph")
            .arg(picture)
            .arg(&photograph)
            .args(["--preset", of.preset(), "--seed", &seed.to_string()])
            .output()?;
        if !output.status.success() {
            let detail = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(DemoError::Program {
                program: PROGRAM,
                detail,
            });
        }
        let bytes = std::fs::read(&photograph)?;
        if let Ok(read) = decode(&bytes, PICTURE_DEADLINE, |_| true)
            && let Some(text) = read.texts.into_iter().next()
        {
            return Ok((text, photograph));
        }
    }
    Err(DemoError::DidNotHappen("a code read from a photograph"))
}

/// Draws a code into a file, photographs it and reads it.
pub fn show(symbol: &Symbol, file: &Path, seed: u32) -> Result<String, DemoError> {
    std::fs::write(file, receipt_png(symbol, 8).within("draw")?)?;
    Ok(scan(file, Of::Screen, seed)?.0)
}
