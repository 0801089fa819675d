//! Chapter 1: the town. Keys, server, three value classes, three shops and their printed sheets.

use std::path::{Path, PathBuf};

use kinchaku_core::home::Town;
use kinchaku_core::trust::Roots;
use kinchaku_design::Key;
use kinchaku_protocol::ids::{ClassId, Pid};
use kinchaku_protocol::signature::PublicKey;
use serde_json::Value;

use super::DemoArgs;
use super::error::DemoError;
use super::narrator::Narrator;
use super::server::Server;

/// コイン.
pub const COIN: ClassId = ClassId(1);
/// ポイント.
pub const POINTS: ClassId = ClassId(2);
/// 商品券, for shops of set 1.
pub const VOUCHER: ClassId = ClassId(3);

/// One shop with its printed sheet.
pub struct ShopSheet {
    /// Its id.
    pub shop: Pid,
    /// Its name.
    pub name: &'static str,
    /// The sheet as pixels.
    pub png: PathBuf,
}

/// The town of the story.
pub struct Setting {
    /// Where pictures go.
    pub out: PathBuf,
    /// The server.
    pub server: Server,
    /// What wallets are told of it.
    pub town: Town,
    /// What wallets were built with.
    pub roots: Roots,
    /// Has a device.
    pub bakery: ShopSheet,
    /// Has a device with a network.
    pub greengrocer: ShopSheet,
    /// Has only paper.
    pub stall: ShopSheet,
}

/// Name, kana, Latin letters, sets, what it takes offline.
type ShopWords = (&'static str, &'static str, &'static str, &'static str, &'static str);

const BAKERY: ShopWords = ("ベーカリー美村", "ベーカリーミムラ", "BAKERY MIMURA", "1", "scan");
const GREENGROCER: ShopWords = ("八百屋みどり", "ヤオヤミドリ", "YAOYA MIDORI", "1", "scan");
const STALL: ShopWords = ("朝市だんご", "アサイチダンゴ", "ASAICHI DANGO", "2", "paper");

impl Setting {
    /// Builds the town.
    pub fn build(args: &DemoArgs, narrator: &mut Narrator) -> Result<Self, DemoError> {
        narrator.chapter(Key::DemoTown);
        let out = fresh(&args.out)?;
        let keys = out.join("town-keys");
        let database = match &args.database {
            Some(database) => database.clone(),
            None => format!("sqlite:{}", out.join("town.db").display()),
        };
        let mut server = Server::new(database, keys, out.join("server.log"))?;
        let made = server.init_keys()?;
        let roots = Roots::new(roots_in(&made));
        narrator.prove(Key::DemoKeys, roots.keys().len() == 2, &[])?;
        let address = server.start()?;
        narrator.prove(Key::DemoServerUp, true, &[("address", &address)])?;
        for (class, service, name) in [
            (COIN, "coin", "美村コイン"),
            (POINTS, "points", "美村ポイント"),
            (VOUCHER, "voucher", "南町商品券"),
        ] {
            server.office(&[
                "class",
                "add",
                "--class",
                &class.to_string(),
                "--service",
                service,
                "--name",
                name,
            ])?;
        }
        narrator.prove(Key::DemoClasses, true, &[])?;
        let bakery = open_shop(&server, &out, BAKERY)?;
        let greengrocer = open_shop(&server, &out, GREENGROCER)?;
        let stall = open_shop(&server, &out, STALL)?;
        for sheet in [&bakery, &greengrocer, &stall] {
            narrator.prove(
                Key::DemoSheet,
                sheet.png.exists(),
                &[("shop", sheet.name), ("file", &file_name(&sheet.png))],
            )?;
        }
        let muni = 1;
        Ok(Self {
            out,
            server,
            town: Town { address, muni },
            roots,
            bakery,
            greengrocer,
            stall,
        })
    }

    /// A folder or file of the story.
    pub fn place(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }
}

fn open_shop(server: &Server, out: &Path, words: ShopWords) -> Result<ShopSheet, DemoError> {
    let (name, kana, romaji, sets, offline) = words;
    let added = server.office(&[
        "shop",
        "add",
        "--name",
        name,
        "--kana",
        kana,
        "--romaji",
        romaji,
        "--city",
        "MIMURA",
        "--postal",
        "1810000",
        "--sets",
        sets,
        "--offline",
        offline,
    ])?;
    let id = text(&added, "shop")?;
    let sheets = out.join("sheets");
    std::fs::create_dir_all(&sheets)?;
    let made = server.office(&[
        "mark",
        "add",
        "--shop",
        &id,
        "--label",
        "レジ1",
        "--out",
        &sheets.display().to_string(),
    ])?;
    let shop = Pid::from_hex(&id).ok_or(DemoError::DidNotHappen("a shop id"))?;
    Ok(ShopSheet {
        shop,
        name,
        png: PathBuf::from(text(&made, "png")?),
    })
}

/// A text member of an answer.
pub fn text(answer: &Value, name: &'static str) -> Result<String, DemoError> {
    match answer.get(name) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Err(DemoError::DidNotHappen(name)),
    }
}

/// The roots that were made.
pub fn roots_in(made: &Value) -> Vec<PublicKey> {
    let hex = |value: &Value| {
        let key = value.get("key").and_then(Value::as_str)?;
        let bytes = data_encoding::HEXLOWER.decode(key.as_bytes()).ok()?;
        bytes.try_into().ok().map(PublicKey)
    };
    made.get("roots")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |roots| roots.iter().filter_map(hex).collect())
}

/// The last part of a path, for a line.
pub fn file_name(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// An empty folder of the demo's own.
fn fresh(folder: &Path) -> Result<PathBuf, DemoError> {
    const SIGN: &str = ".kinchaku-demo";
    if folder.exists() {
        // Somebody else's folder is never emptied.
        let ours = folder.join(SIGN).exists() || folder.read_dir()?.next().is_none();
        if !ours {
            return Err(DemoError::DidNotHappen("an empty folder to write to"));
        }
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join(SIGN), [])?;
    Ok(folder.canonicalize()?)
}
