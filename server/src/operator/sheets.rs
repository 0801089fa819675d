//! Writing a shop's sheet to files.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use kinchaku_protocol::mpm::parse;
use kinchaku_protocol::mpm::shop_mark::SignedMark;
use kinchaku_protocol::time::Day;
use serde_json::Value;

use super::failure::Failure;
use crate::sheet::{Paper, Sheet, Words};

/// Where sheets go, and as what.
#[derive(Args, Clone, Debug)]
pub struct SheetFiles {
    /// 書き出すフォルダー
    #[arg(long, default_value = ".")]
    pub out: PathBuf,
    /// ファイルの形（例: pdf,png）
    #[arg(long, value_enum, value_delimiter = ',', default_value = "pdf,svg,png")]
    pub format: Vec<Format>,
    /// 紙の大きさ
    #[arg(long, value_enum, default_value_t = PaperSize::A5)]
    pub paper: PaperSize,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// 印刷するもの
    Pdf,
    /// 手を入れて使うもの
    Svg,
    /// 画像（300 dpi）
    Png,
}

/// The size of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PaperSize {
    /// 148 × 210 mm
    A5,
    /// 210 × 297 mm
    A4,
}

impl SheetFiles {
    /// Writes `SHOP-MARK-PAPER.FORMAT` for the answer of `mark add` or `mark sheet`, and names the files in it.
    ///
    /// # Errors
    /// [`Failure::Other`].
    pub(super) fn write(&self, answer: &mut Value) -> Result<(), Failure> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let payload = text("payload");
        let mark = SignedMark::read(&parse(&payload)).map_err(|error| other(&error))?;
        let (town, kana, register) = (text("town"), text("kana"), text("label"));
        let words = Words {
            town: &town,
            kana: &kana,
            register: &register,
            issued: text("issued").parse().ok().and_then(Day::of).unwrap_or_default(),
        };
        let sheet = Sheet::new(&payload, mark.claim(), words).map_err(|error| other(&error))?;
        let (paper, size) = match self.paper {
            PaperSize::A5 => (Paper::A5, "a5"),
            PaperSize::A4 => (Paper::A4, "a4"),
        };
        let stem = format!("{}-{}-{size}", text("shop"), text("mark"));
        for format in &self.format {
            let (ending, file) = match format {
                Format::Pdf => ("pdf", sheet.pdf(paper)),
                Format::Svg => ("svg", Ok(sheet.svg(paper).into_bytes())),
                Format::Png => ("png", sheet.png(paper)),
            };
            let path = self.out.join(format!("{stem}.{ending}"));
            put(&path, &file.map_err(|error| other(&error))?)?;
            if let Some(members) = answer.as_object_mut() {
                members.insert(ending.to_owned(), path.to_string_lossy().into());
            }
        }
        Ok(())
    }
}

fn put(path: &Path, file: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder
        .and_then(|()| fs::write(path, file))
        .map_err(|error| other(&error))
}

fn other(error: &dyn std::error::Error) -> Failure {
    Failure::Other {
        what: error.to_string(),
    }
}
