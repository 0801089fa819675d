use std::collections::BTreeSet;

use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};

use super::page::Mark;
use super::*;

/// 25 characters, the most that a payment code has room for, and all wide.
const LONG: &str = "南町中央卸売市場水産仲卸業協同組合連合会直営髙﨑食堂";

fn key() -> SoftwareSigner {
    SoftwareSigner::from_scalar(&[9; 32]).unwrap()
}

fn mark(local_name: &str) -> ShopMark {
    ShopMark {
        shop: Pid([1, 2, 3, 4, 5, 6, 7, 8]),
        mark: MarkId([0xca, 0xfe, 0xba, 0xbe]),
        kid: key().public_key().kid(),
        sets: BTreeSet::from([SetId(3)]),
        offline: Offline::Paper,
        name: "AOZORA BAKERY".to_owned(),
        city: "MINAMI".to_owned(),
        language: "JA".to_owned(),
        local_name: local_name.to_owned(),
        local_city: Some("南町".to_owned()),
        postal_code: None,
        mcc: "5462".to_owned(),
    }
}

const WORDS: Words<'_> = Words {
    town: "南町",
    kana: "アオゾラ ベーカリー",
    register: "レジ2",
    issued: Day(20_700),
};

fn with_sheet<T>(local_name: &str, check: impl FnOnce(&str, &Sheet<'_>) -> T) -> T {
    let mark = mark(local_name);
    let payload = mark.sign(&key()).unwrap();
    check(&payload, &Sheet::new(&payload, &mark, WORDS).unwrap())
}

/// What a PNG has: width, height, and the pixels' red.
fn pixels(file: &[u8]) -> (usize, usize, Vec<u8>) {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut colours = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut colours).unwrap();
    assert_eq!(info.color_type, ::png::ColorType::Rgb);
    let red = colours.chunks_exact(3).map(|pixel| pixel[0]).collect();
    (info.width as usize, info.height as usize, red)
}

#[test]
fn the_sheet_says_shop_register_number_and_what_works_without_a_network() {
    let svg = with_sheet("青空パン", |_, sheet| sheet.svg(Paper::A5));
    for words in [
        ">青空パン<",
        ">アオゾラ ベーカリー<",
        ">レジ2　番号 cafe-babe<",
        "1,000円まで",
        ">巾着<",
        ">南町<",
        "2026年9月4日 発行",
    ] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn a_name_cannot_break_out_of_the_drawing() {
    let svg = with_sheet("<b>&\"店\"</b>", |_, sheet| sheet.svg(Paper::A5));
    assert!(svg.contains("&lt;b&gt;&amp;&quot;店&quot;&lt;/b&gt;"));
    assert!(!svg.contains("<b>"));
}

/// Nothing leaves the page or touches another thing: every line of text, the code with its quiet zone, every shape.
#[test]
fn everything_stands_on_the_page_and_clear_of_the_code() {
    let long: String = LONG.chars().take(25).collect();
    for name in ["店", "青空パン", "ベーカリーショップ南町商店街本店", &long] {
        for paper in [Paper::A5, Paper::A4] {
            with_sheet(name, |_, sheet| {
                let page = sheet.page(paper);
                let mut boxes: Vec<(f32, f32, f32, f32)> = Vec::new();
                let mut code = None;
                for mark in page.blocks.iter().flat_map(|block| &block.marks) {
                    match mark {
                        Mark::Line(line) => {
                            let width = sheet.face.width(&line.text) * line.size;
                            let (left, top) = (line.at.0, line.at.1 - 0.88 * line.size);
                            let new = (left, top, left + width, line.at.1 + 0.12 * line.size);
                            for old in &boxes {
                                let apart = new.2 <= old.0 || old.2 <= new.0 || new.3 <= old.1 || old.3 <= new.1;
                                assert!(apart, "{name}: {} at {new:?} meets {old:?}", line.text);
                            }
                            assert!(
                                left >= 0.0 && new.2 <= page.size.0 && new.3 <= page.size.1,
                                "{}",
                                line.text
                            );
                            boxes.push(new);
                        }
                        Mark::Shape(path, _) => {
                            let bounds = path.bounds();
                            assert!(bounds.left() >= 0.0 && bounds.right() <= page.size.0);
                            assert!(bounds.top() >= 0.0 && bounds.bottom() <= page.size.1 + 0.01);
                        }
                        Mark::Code((left, top), side) => code = Some((*left, *top, left + side, top + side)),
                    }
                }
                let code = code.unwrap();
                for old in boxes {
                    let apart = code.2 <= old.0 || old.2 <= code.0 || code.3 <= old.1 || old.3 <= code.1;
                    assert!(apart, "{name}: {old:?} is in the quiet zone {code:?}");
                }
            });
        }
    }
}

/// The code without its quiet zone is 70 mm wide on A5 and 110 mm on A4.
#[test]
fn the_code_has_its_size() {
    for (paper, wanted) in [(Paper::A5, 70.0), (Paper::A4, 110.0)] {
        with_sheet("青空パン", |_, sheet| {
            let page = sheet.page(paper);
            let marks = page.blocks.iter().flat_map(|block| &block.marks);
            let sides: Vec<f32> = marks
                .filter_map(|mark| match mark {
                    Mark::Code(_, side) => Some(*side),
                    _ => None,
                })
                .collect();
            let modules = sheet.symbol.size() as f32 / sheet.symbol.framed_size() as f32;
            assert_eq!(sides.len(), 1);
            assert!((sides[0] * modules - wanted).abs() < 0.01, "{sides:?}");
        });
    }
}

/// F119, F154: two readers of two families read the payload, and nothing else, off the drawn sheet.
#[test]
fn two_readers_read_the_picture() {
    for (paper, size) in [(Paper::A5, (1748, 2480)), (Paper::A4, (2480, 3508))] {
        with_sheet("青空パン", |payload, sheet| {
            let (width, height, grey) = pixels(&sheet.png(paper).unwrap());
            assert_eq!((width, height), size);
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
            let grids = image.detect_grids();
            assert_eq!(grids.len(), 1);
            assert_eq!(grids[0].decode().unwrap().1, payload);
            let format = Some(rxing::BarcodeFormat::QR_CODE);
            let read = rxing::helpers::detect_in_luma(grey, width as u32, height as u32, format);
            assert_eq!(read.unwrap().getText(), payload);
        });
    }
}

/// The picture's modules are those of the symbol, each a square of whole pixels.
#[test]
fn the_picture_has_the_code_in_whole_pixels() {
    with_sheet("青空パン", |_, sheet| {
        let (width, height, grey) = pixels(&sheet.png(Paper::A5).unwrap());
        let framed = sheet.symbol.framed_size();
        // 70 mm at 300 dpi are 826.8 pixels.
        let scale = (827 + sheet.symbol.size() / 2) / sheet.symbol.size();
        let black = |x: usize, y: usize| grey[y * width + x] == 0;
        // The upper left finder: seven dark modules from the left edge of the code.
        let left = (width - framed * scale) / 2 + 4 * scale;
        // Below the band, which has no red either.
        let top = (400..height)
            .find(|y| (left..left + 7 * scale).all(|x| black(x, *y)))
            .unwrap();
        let mut dark = 0;
        for y in 0..sheet.symbol.size() * scale {
            for x in 0..sheet.symbol.size() * scale {
                assert_eq!(
                    black(left + x, top + y),
                    sheet.symbol.dark(x / scale, y / scale),
                    "{x},{y}"
                );
                dark += usize::from(black(left + x, top + y));
            }
        }
        assert!(dark > 500 * scale * scale);
    });
}

#[test]
fn the_same_sheet_is_the_same_bytes() {
    let files = || {
        with_sheet("髙﨑商店", |_, sheet| {
            (
                sheet.pdf(Paper::A4).unwrap(),
                sheet.svg(Paper::A4),
                sheet.png(Paper::A5).unwrap(),
            )
        })
    };
    assert_eq!(files(), files());
}

/// The typeface is 5.4 MB; a sheet carries the letters it uses.
#[test]
fn a_pdf_carries_only_the_letters_it_uses() {
    for paper in [Paper::A5, Paper::A4] {
        let file = with_sheet("髙﨑商店", |_, sheet| sheet.pdf(paper).unwrap());
        assert!(file.starts_with(b"%PDF-1.7"));
        assert!(file.len() < 100_000, "{}", file.len());
    }
}
