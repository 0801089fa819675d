use super::*;
use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use std::collections::BTreeSet;

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

fn with_sheet<T>(local_name: &str, check: impl FnOnce(&Sheet<'_>) -> T) -> T {
    let mark = mark(local_name);
    let payload = mark.sign(&key()).unwrap();
    check(&Sheet::new(&payload, &mark, "アオゾラ ベーカリー", "レジ2", Day(20_700)).unwrap())
}

#[test]
fn the_sheet_says_shop_register_number_and_what_works_without_a_network() {
    let svg = with_sheet("青空パン", |sheet| sheet.svg());
    for words in [
        "青空パン",
        "アオゾラ ベーカリー",
        "レジ2",
        "cafe-babe",
        "1,000円まで",
        "巾着",
        "2026年9月4日発行",
    ] {
        assert!(svg.contains(words), "{words}");
    }
}

#[test]
fn a_name_cannot_break_out_of_the_drawing() {
    let svg = with_sheet("<b>&\"店\"</b>", |sheet| sheet.svg());
    assert!(svg.contains("&lt;b&gt;&amp;&quot;店&quot;&lt;/b&gt;"));
    assert!(!svg.contains("<b>"));
}

/// The picture's modules are those of the symbol: each centre has the right colour.
#[test]
fn the_picture_has_the_code_in_whole_pixels() {
    with_sheet("青空パン", |sheet| {
        let file = sheet.png().unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (1748, 2480));
        let framed = sheet.symbol.framed_size();
        let scale = 944 / framed;
        let left = (1748 - framed * scale) / 2;
        let mut dark = 0;
        for y in 0..sheet.symbol.size() {
            for x in 0..sheet.symbol.size() {
                let at = |module: usize| (module + 4) * scale + scale / 2;
                let pixel = pixels[(755 + at(y)) * 1748 + left + at(x)];
                assert_eq!(pixel == 0, sheet.symbol.dark(x, y), "{x},{y}");
                dark += usize::from(pixel == 0);
            }
        }
        assert!(dark > 500);
    });
}

/// The name takes the room of its letters and no more: nothing is printed over the code.
#[test]
fn the_picture_has_the_latin_name() {
    with_sheet("青空パン", |sheet| {
        let file = sheet.png().unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let dark = |rows: std::ops::Range<usize>| {
            pixels[rows.start * 1748..rows.end * 1748]
                .iter()
                .filter(|p| **p == 0)
                .count()
        };
        // Between the band and the name, the name, between the name and the town.
        assert_eq!(dark(290..377), 0);
        assert!(dark(377..475) > 2_000);
        assert_eq!(dark(480..588), 0);
    });
}
