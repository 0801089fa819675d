//! What cameras and files bring: pictures, and the texts of codes.

use std::fs;
use std::path::Path;

use kinchaku_core::scan::Luma;
use kinchaku_protocol::doc::{Receipt, Refusal};
use kinchaku_protocol::mpm::shop_mark::SignedMark;
use kinchaku_protocol::mpm::{ErrorKind, Fault, Scanned, parse, recognise, write};
use kinchaku_protocol::symbol::{Level, Symbol};
use kinchaku_protocol::voucher::VoucherCode;
use kinchaku_protocol::{base45, mpm};

/// A small code as PNG in several forms, and as JPEG: plain, progressive, grey, for printers.
pub fn pictures() -> Vec<Vec<u8>> {
    let symbol = Symbol::bytes("https://town.example/", Level::L).unwrap();
    let grey = symbol.luma(1);
    let side = u32::try_from(grey.side).unwrap_or(0);
    let png = |colour, depth, bytes: &[u8]| {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, side, side);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == png::ColorType::Indexed {
            encoder.set_palette(vec![0, 0, 0, 255, 255, 255]);
            encoder.set_trns(vec![255, 0]);
        }
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(bytes).unwrap();
        writer.finish().unwrap();
        file
    };
    let each = |pixel: &dyn Fn(u8) -> Vec<u8>| grey.pixels.iter().flat_map(|grey| pixel(*grey)).collect::<Vec<u8>>();
    let eight = png::BitDepth::Eight;
    let mut samples = vec![
        png(png::ColorType::Grayscale, eight, &grey.pixels),
        png(
            png::ColorType::Grayscale,
            png::BitDepth::Sixteen,
            &each(&|g| vec![g, g]),
        ),
        png(png::ColorType::Rgb, eight, &each(&|g| vec![g, g, 200])),
        png(png::ColorType::Rgba, eight, &each(&|g| vec![0, 0, 0, 255 - g])),
        png(png::ColorType::GrayscaleAlpha, eight, &each(&|g| vec![g, 128])),
        png(png::ColorType::Indexed, eight, &each(&|g| vec![g & 1])),
    ];
    // The header says that it is woven; what follows is then wrong, and is read so far as it goes.
    let mut woven = samples.first().cloned().unwrap_or_default();
    if let Some(flag) = woven.get_mut(28) {
        *flag = 1;
    }
    samples.push(woven);
    samples.extend([
        include_bytes!("samples/baseline.jpg").to_vec(),
        include_bytes!("samples/progressive.jpg").to_vec(),
        include_bytes!("samples/grey.jpg").to_vec(),
        include_bytes!("samples/cmyk.jpg").to_vec(),
        b"GIF89a".to_vec(),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(),
    ]);
    samples
}

/// A file's grey pixels are as many as its sides say.
pub fn read_picture(bytes: &[u8]) {
    if let Ok(picture) = Luma::from_file(bytes) {
        assert_eq!(picture.data().len(), picture.width() * picture.height());
    }
}

/// Every text of the vectors that other implementations check themselves by, and what else is scanned.
pub fn texts() -> Vec<Vec<u8>> {
    const OTHERS: [&str; 21] = [
        "0002016003xxx01021129300012D156000000000510A93FO3230Q31280012D15600000001030812345678\
         26680019jp.or.paymentsjapan0113000000000000102040001030600000104060000015303392\
         5903xxx64180002JA0108メルペイ カフェ520441115802JP610710661436304DEE9",
        "00020101021229370016A0000006770101110113006600000000053037645802TH62260822Thanh toán hóa đơn6304",
        "KCV1:QJGH7375",
        "ABCD-EFGH-JK23",
        "7QX40000ZZZ9",
        "https://qr.paypay.ne.jp/p2p01_x",
        "https://user@evil.example:80/\\?#",
        "www.town.example",
        "hQVDUFYwMWETTwegAAAAVVVVUAhNYXN0ZXI=",
        "hQVKUFFSMWEbTw==",
        "900081818812345678901234",
        "4901234567894",
        "WIFI:T:WPA;S:こだま堂\\;Free;P:p\\:ss;;",
        "MECARD:N:山田,花子;TEL:0312345678;;",
        "BEGIN:VCARD\r\nFN;CHARSET=UTF-8:山田 花子\r\nEND:VCARD",
        "BEGIN:VCALENDAR\nSUMMARY:夏祭り\n",
        "MEBKM:TITLE:a;URL:https\\://town.example/;;",
        "mailto:a@b.example?subject=x",
        "otpauth://totp/Town%20Office:hanako?secret=AB&issuer=Town",
        "tel:+81-3-1234-5678",
        "line://ti/p/x",
    ];
    let mut samples: Vec<Vec<u8>> = OTHERS.iter().map(|text| text.as_bytes().to_vec()).collect();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/vectors");
    for name in ["texts.json", "marks.json"] {
        let file = fs::read(vectors.join(name)).unwrap();
        strings(&serde_json::from_slice(&file).unwrap(), &mut samples);
    }
    samples
}

fn strings(value: &serde_json::Value, to: &mut Vec<Vec<u8>>) {
    match value {
        serde_json::Value::String(text) => to.push(text.clone().into_bytes()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| strings(item, to)),
        serde_json::Value::Object(members) => members.values().for_each(|member| strings(member, to)),
        _ => {}
    }
}

/// A payload: its faults agree with each other, and one without any can be written again as what it is.
pub fn read_payload(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // Changed payloads rarely keep their checksum: each is read with a right one, too.
    let open = match text.rsplit_once("6304") {
        Some((head, _)) => format!("{head}6304"),
        None => format!("{text}6304"),
    };
    let sealed = format!("{open}{}", mpm::crc::digits(open.as_bytes()));
    for text in [&*text, &sealed] {
        let parsed = parse(text);
        assert_eq!(parsed.is_valid(), parsed.fault().is_none());
        assert!(parsed.is_whole() || parsed.fault().is_some());
        let _ = (parsed.network().name(), parsed.payload.jpqr(), parsed.payload.yen());
        if let Some(name) = parsed.payload.shown_name() {
            assert!(name.chars().count() <= 25);
        }
        if let Ok(mark) = SignedMark::read(&parsed) {
            assert!(parsed.text.starts_with(mark.covered()));
        }
        if parsed.is_valid() {
            match write(&parsed.payload) {
                Ok(again) => assert_eq!(
                    parse(&again).payload.merchant_accounts,
                    parsed.payload.merchant_accounts
                ),
                // Written in canonical form it may be larger than a payload may be.
                Err(error) => assert!(format!("{error}").contains("SIZE"), "{error}"),
            }
        }
    }
}

/// Any text has a name, and the name agrees with what reads the text.
pub fn read_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let trimmed = text.trim();
    let scanned = recognise(trimmed);
    assert!(!scanned.kind().is_empty() && !scanned.next().word().is_empty());
    assert_eq!(format!("{scanned:?}"), format!("Scanned({})", scanned.kind()));
    match &scanned {
        Scanned::Emv(parsed) => assert_eq!(parsed.has(ErrorKind::Crc), parsed.fault() == Some(Fault::Misread)),
        Scanned::Web { host } => assert!(!host.is_empty() && host.chars().count() <= 41),
        Scanned::Everyday(thing) => assert!(thing.name().is_none_or(|name| name.chars().count() <= 40)),
        Scanned::Text(text) => assert!(text.chars().count() <= 25),
        _ => {}
    }
    if VoucherCode::read(trimmed).is_ok() {
        assert_eq!(scanned.kind(), "voucher");
    }
    if Receipt::read(trimmed).is_ok() {
        assert_eq!(scanned.kind(), "receipt");
    }
    if Refusal::read(trimmed).is_ok() {
        assert_eq!(scanned.kind(), "refusal");
    }
}

/// What two screens show each other, and base45 below it: one text for each content.
pub fn read_screen(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(receipt) = Receipt::read(&text) {
        let allowance = receipt.allowance.as_ref().map(|allowance| allowance.bytes());
        assert_eq!(Receipt::text(receipt.intent.bytes(), allowance), text);
    }
    if let Ok(refusal) = Refusal::read(&text) {
        assert_eq!(Refusal::text(refusal.seen.bytes(), refusal.device.bytes()), text);
    }
    if let Ok(code) = VoucherCode::read(&text) {
        assert_eq!(code.text(), text.trim());
    }
    let content = text.split_once(':').map_or(&*text, |(_, content)| content);
    if let Ok(decoded) = base45::decode(content) {
        assert_eq!(base45::encode(&decoded), content);
    }
}
