//! Writing a shop's sheet to files.

use std::fs;
use std::path::Path;

use kinchaku_protocol::mpm::parse;
use kinchaku_protocol::mpm::shop_mark::SignedMark;
use kinchaku_protocol::time::Day;
use serde_json::Value;

use super::failure::Failure;
use crate::sheet::Sheet;

/// Writes `SHOP-MARK.svg` and `.png` for the answer of `mark add`, and names them in it.
///
/// # Errors
/// [`Failure::Other`].
pub(super) fn write(out: &Path, answer: &mut Value) -> Result<(), Failure> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let payload = text("payload");
    let mark = SignedMark::read(&parse(&payload)).map_err(|error| other(&error))?;
    let (kana, label) = (text("kana"), text("label"));
    let issued = text("issued").parse().ok().and_then(Day::of).unwrap_or_default();
    let sheet = Sheet::new(&payload, mark.claim(), &kana, &label, issued).map_err(|error| other(&error))?;
    let png = sheet.png().map_err(|error| other(&error))?;
    let name = format!("{}-{}", text("shop"), text("mark"));
    let svg_path = out.join(format!("{name}.svg"));
    let png_path = out.join(format!("{name}.png"));
    fs::create_dir_all(out)
        .and_then(|()| fs::write(&svg_path, sheet.svg()))
        .and_then(|()| fs::write(&png_path, png))
        .map_err(|error| other(&error))?;
    if let Some(members) = answer.as_object_mut() {
        members.insert("svg".to_owned(), svg_path.to_string_lossy().into());
        members.insert("png".to_owned(), png_path.to_string_lossy().into());
    }
    Ok(())
}

fn other(error: &dyn std::error::Error) -> Failure {
    Failure::Other {
        what: error.to_string(),
    }
}
