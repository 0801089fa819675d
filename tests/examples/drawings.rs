//! Writes everything that is drawn into a folder, for other people's readers: `drawings FOLDER`.
//!
//! `drawings --read FILE…` is two of those readers: a line of JSON for each grey PNG, with what rqrr and rxing read in
//! it as they come, without any of our own steps.
#![expect(clippy::print_stdout, reason = "a tool for tests")]

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use kinchaku_tests::drawings;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args_os().skip(1).map(PathBuf::from);
    let first = words.next().ok_or("drawings FOLDER, or drawings --read FILE…")?;
    if first != Path::new("--read") {
        return drawings::write(&first);
    }
    for file in words {
        let (width, height, grey) = grey(&file)?;
        println!(
            "{}",
            json!({ "file": file, "rqrr": by_rqrr(width, height, &grey), "rxing": by_rxing(width, height, grey) })
        );
    }
    Ok(())
}

fn grey(file: &Path) -> Result<(usize, usize, Vec<u8>), Box<dyn Error>> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(file)?)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut pixels)?;
    if (info.color_type, info.bit_depth) != (png::ColorType::Grayscale, png::BitDepth::Eight) {
        return Err("not a grey picture of eight bits".into());
    }
    Ok((usize::try_from(info.width)?, usize::try_from(info.height)?, pixels))
}

fn by_rqrr(width: usize, height: usize, grey: &[u8]) -> Vec<String> {
    let pixel = |x: usize, y: usize| grey.get(y * width + x).copied().unwrap_or(u8::MAX);
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
    let grids = picture.detect_grids();
    grids.iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
}

fn by_rxing(width: usize, height: usize, grey: Vec<u8>) -> Vec<String> {
    let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else {
        return Vec::new();
    };
    let read = rxing::helpers::detect_in_luma(grey, width, height, Some(rxing::BarcodeFormat::QR_CODE));
    read.iter().map(|read| read.getText().to_owned()).collect()
}
