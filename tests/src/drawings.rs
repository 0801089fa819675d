//! Everything that is drawn, as files for readers that nobody here wrote: symbols as SVG, PNG and terminal lines, sheets
//! as PDF, SVG and PNG. Beside each picture stands what it says.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use kinchaku_core::draw::receipt_png;
use kinchaku_protocol::base45;
use kinchaku_protocol::ids::{MarkId, Pid, SetId};
use kinchaku_protocol::mpm::shop_mark::{Offline, ShopMark};
use kinchaku_protocol::signature::{Signer as _, SoftwareSigner};
use kinchaku_protocol::symbol::{Ground, Purpose, Symbol};
use kinchaku_protocol::time::Day;
use kinchaku_protocol::voucher::VoucherCode;
use kinchaku_server::sheet::{Paper, Sheet, Words};

/// Pixels a module of the pictures of symbols.
const SCALE: usize = 4;

/// Shops with what is hard about their names: short, long in 25 kanji, other writing, half-width kana and characters
/// outside the first plane.
const SHOPS: [(&str, &str, &str); 5] = [
    ("bakery", "青空パン", "アオゾラパン"),
    (
        "long",
        "南町中央卸売市場水産仲卸業協同組合連合会直営髙﨑食",
        "ミナミマチ チュウオウ オロシウリ シジョウ チョクエイ タカサキショク",
    ),
    (
        "katakana",
        "ベーカリーショップ南町商店街本店",
        "ベーカリーショップ ミナミマチショウテンガイ ホンテン",
    ),
    ("half", "ﾊﾝｶｸｶﾅ 𠮷田屋 🍡", "ハンカクカナ ヨシダヤ"),
    ("latin", "MINAMI COFFEE & ROASTERY", "キンチャクコーヒー"),
];

/// Writes all drawings into a folder: `NAME.txt` has what `NAME.svg`, `NAME.png`, `NAME.dark`, `NAME.light` and
/// `NAME-PAPER.pdf`, `.svg`, `.png` show.
///
/// # Errors
/// Whatever could not be drawn or written.
pub fn write(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (name, purpose, text) in texts() {
        symbol(folder, &name, &Symbol::of(purpose, &text)?, &text)?;
    }
    let key = SoftwareSigner::from_scalar(&[9; 32])?;
    for (number, (name, local_name, kana)) in (1..).zip(SHOPS) {
        let mark = ShopMark {
            shop: Pid([number; 8]),
            mark: MarkId([0xca, 0xfe, 0xba, number]),
            kid: key.public_key().kid(),
            sets: BTreeSet::from([SetId(1), SetId(2)]),
            offline: [Offline::Paper, Offline::Scan, Offline::None][usize::from(number) % 3],
            name: name.to_uppercase(),
            city: "MINAMI".to_owned(),
            language: "JA".to_owned(),
            local_name: local_name.to_owned(),
            local_city: None,
            postal_code: Some("1810000".to_owned()),
            mcc: "5462".to_owned(),
        };
        let payload = mark.sign(&key)?;
        symbol(folder, name, &Symbol::of(Purpose::Mark, &payload)?, &payload)?;
        let words = Words {
            town: "南町",
            kana,
            register: "レジ1",
            issued: Day(20_700),
        };
        let sheet = Sheet::new(&payload, &mark, words)?;
        for (paper, size) in [(Paper::A5, "a5"), (Paper::A4, "a4")] {
            let file = |ending: &str| folder.join(format!("{name}-{size}.{ending}"));
            fs::write(file("txt"), &payload)?;
            fs::write(file("pdf"), sheet.pdf(paper)?)?;
            fs::write(file("svg"), sheet.svg(paper))?;
            fs::write(file("png"), sheet.png(paper)?)?;
        }
    }
    Ok(())
}

/// What two screens, flyers and letters show: texts as long as docs/protocol.md says they get.
fn texts() -> Vec<(String, Purpose, String)> {
    let receipt = |length: usize| {
        // Bytes as signatures are: without pattern, and always the same.
        let bytes: Vec<u8> = (0..length)
            .map(|n| (n.wrapping_mul(n).wrapping_mul(197) >> 3) as u8)
            .collect();
        format!("KC1:{}", base45::encode(&bytes))
    };
    let mut texts: Vec<(String, Purpose, String)> = [("intent", 155), ("refusal", 270), ("presence", 242)]
        .map(|(name, bytes)| (name.to_owned(), Purpose::Code, receipt(bytes)))
        .to_vec();
    for (name, bytes) in [("receipt", 341), ("receipt-child", 545), ("receipt-longest", 707)] {
        texts.push((name.to_owned(), Purpose::FullReceipt, receipt(bytes)));
    }
    let voucher = VoucherCode {
        muni: 24_901,
        programme: 12,
    }
    .text();
    texts.push(("voucher".to_owned(), Purpose::Code, voucher));
    texts.push(("invitation".to_owned(), Purpose::Code, "K7QM-3XNP-W2ZR".to_owned()));
    texts.push((
        "words".to_owned(),
        Purpose::Code,
        "美村町の窓口へ：ﾊﾝｶｸ ゐヱ 髙﨑 𠮷 🍡".to_owned(),
    ));
    texts
}

fn symbol(folder: &Path, name: &str, symbol: &Symbol, text: &str) -> Result<(), Box<dyn Error>> {
    let file = |ending: &str| folder.join(format!("{name}.{ending}"));
    fs::write(file("txt"), text)?;
    fs::write(file("svg"), symbol.svg())?;
    fs::write(file("png"), receipt_png(symbol, SCALE)?)?;
    fs::write(file("dark"), symbol.terminal(Ground::Dark))?;
    fs::write(file("light"), symbol.terminal(Ground::Light))?;
    Ok(())
}
