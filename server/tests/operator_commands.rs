//! The binary as an operator uses it: with no server running, beside a running one, and refused.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use kinchaku_protocol::mpm::parse;
use kinchaku_protocol::mpm::shop_mark::SignedMark;
use serde_json::Value;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    /// A folder with the keys of a town.
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let keys = desk.path("keys");
        let made = desk.typed(
            &["keys", "init", "--dir", keys.to_str().unwrap()],
            "a purse with a cord\n",
        );
        assert_eq!(made.status.code(), Some(0), "{}", words(&made.stderr));
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinchaku-server"));
        command.args(arguments).env("KINCHAKU_KEYS", self.path("keys")).env(
            "KINCHAKU_DATABASE",
            format!("sqlite:{}", self.path("books.db").display()),
        );
        command
    }

    fn typed(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not ask closes its input.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.typed(arguments, "")
    }

    /// The JSON answer of a command that must succeed.
    fn asks(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[&["--json"], arguments].concat());
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            words(&output.stdout)
        );
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["schema"], 1);
        value
    }

    /// Exit code and error code of a command that must fail.
    fn refused(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.run(&[&["--json"], arguments].concat());
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let code = value["error"]["code"].as_str().unwrap().to_owned();
        (output.status.code().unwrap(), code)
    }

    fn serve(&self) -> Server {
        let mut child = self
            .command(&["--json", "serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let value: Value = serde_json::from_str(&line).unwrap();
        assert!(value["listening"].as_str().unwrap().starts_with("http://127.0.0.1:"));
        Server(child)
    }
}

struct Server(Child);

impl Server {
    fn terminate(mut self) -> Option<i32> {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already where the test went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn exists(path: &Path) -> bool {
    path.try_exists().unwrap()
}

/// The same commands work before the server runs and beside it, and neither writes twice.
#[test]
fn a_town_is_set_up_with_and_without_a_running_server() {
    let desk = Desk::new();
    desk.asks(&["migrate"]);
    desk.asks(&[
        "class",
        "add",
        "--class",
        "1",
        "--service",
        "coin",
        "--name",
        "南町コイン",
    ]);
    let shop = [
        "shop",
        "add",
        "--name",
        "青空パン",
        "--kana",
        "アオゾラパン",
        "--romaji",
        "AOZORA PAN",
        "--city",
        "MINAMI",
        "--sets",
        "1,2",
        "--offline",
        "paper",
    ];
    let shop = desk.asks(&shop)["shop"].as_str().unwrap().to_owned();

    let server = desk.serve();
    assert!(exists(&desk.path("keys/office.json")));
    let out = desk.path("sheets");
    let mark = desk.asks(&[
        "mark",
        "add",
        "--shop",
        &shop,
        "--label",
        "レジ2",
        "--out",
        out.to_str().unwrap(),
    ]);
    let payload = mark["payload"].as_str().unwrap();
    let signed = SignedMark::read(&parse(payload)).unwrap();
    assert_eq!(signed.claim().shop.to_string(), shop);
    assert_eq!(signed.claim().local_name, "青空パン");
    let svg = std::fs::read_to_string(mark["svg"].as_str().unwrap()).unwrap();
    assert!(svg.contains("青空パン") && svg.contains("レジ2"));
    assert!(
        std::fs::read(mark["png"].as_str().unwrap())
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    // Printed again, on other paper: the same code, and only the file that was asked for.
    let again = desk.asks(&[
        "mark",
        "sheet",
        "--shop",
        &shop,
        "--mark",
        mark["mark"].as_str().unwrap(),
        "--format",
        "pdf",
        "--paper",
        "a4",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!((&again["payload"], &again["label"]), (&mark["payload"], &mark["label"]));
    assert!(again.get("svg").is_none() && again.get("png").is_none());
    assert!(
        std::fs::read(again["pdf"].as_str().unwrap())
            .unwrap()
            .starts_with(b"%PDF-")
    );

    let invitation = desk.asks(&["invite", "--role", "wallet"]);
    let account = invitation["account"].to_string();
    assert_eq!(invitation["code"].as_str().unwrap().len(), 14);
    let credit = |amount: &'static str, key: &'static str| {
        [
            "credit",
            "--account",
            account.as_str(),
            "--class",
            "1",
            "--amount",
            amount,
            "--key",
            key,
        ]
        .map(str::to_owned)
    };
    let once = credit("3000", "k1");
    let once: Vec<&str> = once.iter().map(String::as_str).collect();
    let first = desk.asks(&once);
    assert_eq!(desk.asks(&once)["tran_id"], first["tran_id"]);

    assert_eq!(server.terminate(), Some(0));
    assert!(!exists(&desk.path("keys/office.json")));
    // Without a server, and the same credit still counts once.
    assert_eq!(desk.asks(&once)["tran_id"], first["tran_id"]);
    let books = desk.asks(&["books"]);
    assert_eq!(books["classes"][0]["sum"], 0);
    desk.asks(&["audit"]);

    let other = credit("4000", "k1");
    let other: Vec<&str> = other.iter().map(String::as_str).collect();
    assert_eq!(desk.refused(&other), (7, "taken".to_owned()));
    let nobody = [
        "credit",
        "--account",
        "99",
        "--class",
        "1",
        "--amount",
        "1",
        "--key",
        "k2",
    ];
    assert_eq!(desk.refused(&nobody), (4, "unknown".to_owned()));
    let nothing = [
        "credit",
        "--account",
        account.as_str(),
        "--class",
        "1",
        "--amount",
        "0",
        "--key",
        "k3",
    ];
    assert_eq!(desk.refused(&nothing), (4, "amount".to_owned()));
}

#[test]
fn each_way_of_failing_has_its_exit_code() {
    let desk = Desk::new();
    assert_eq!(desk.run(&["credit"]).status.code(), Some(2));
    let again = desk.typed(
        &["--json", "keys", "init", "--dir", desk.path("keys").to_str().unwrap()],
        "a purse with a cord\n",
    );
    assert_eq!(again.status.code(), Some(7));
    let short = desk.typed(
        &["keys", "init", "--dir", desk.path("other").to_str().unwrap()],
        "purse\n",
    );
    assert_eq!(short.status.code(), Some(5));
    assert_eq!(
        desk.refused(&["serve", "--listen", "0.0.0.0:0"]),
        (4, "not_loopback".to_owned())
    );
    let late = ["job", "lapse", "--at", "2999-01-01T00:00:00+09:00"];
    if !cfg!(feature = "demo") {
        assert_eq!(desk.refused(&late), (4, "future".to_owned()));
    }
    std::fs::write(desk.path("keys/keyset.cose"), b"\x80").unwrap();
    assert_eq!(desk.refused(&["books"]), (8, "data".to_owned()));
}

/// Where nobody is linked, each word says so; and erasing has to be meant.
#[test]
fn what_is_asked_about_a_person_is_answered() {
    let desk = Desk::new();
    let account = desk.asks(&["invite", "--role", "wallet"])["account"].to_string();
    let nobody = (4, "no_person".to_owned());
    assert_eq!(desk.refused(&["person", "show", "--account", &account]), nobody);
    let tie = ["person", "tie", "--account", &account, "--pending", "1"];
    assert_eq!(desk.refused(&tie), nobody);
    assert_eq!(
        desk.refused(&["person", "show", "--account", &account, "--reveal"]),
        nobody
    );
    let erase = ["person", "erase", "--account", &account];
    assert_eq!(desk.refused(&erase), (4, "confirm".to_owned()));
    assert_eq!(desk.refused(&[&erase[..], &["--yes"]].concat()), nobody);
    assert_eq!(
        desk.refused(&["person", "show", "--account", "999"]),
        (4, "unknown".to_owned())
    );
    let run = desk.asks(&["job", "cards", "--at", "2026-01-01T00:00:00+09:00"]);
    assert_eq!((&run["asked"], &run["left"]), (&Value::from(0), &Value::from(0)));
    let words_of = words(&desk.run(&["job", "cards"]).stdout);
    assert!(words_of.starts_with("0 件を確かめ"), "{words_of}");
    // Where certificates are asked about has to be an address.
    let path = desk.path("keys/town.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    config["jpki"] = serde_json::json!({ "ocsp": "not an address" });
    std::fs::write(&path, config.to_string()).unwrap();
    assert_eq!(desk.refused(&["job", "cards"]), (8, "data".to_owned()));
}

/// A plain build knows neither test roots nor another clock.
#[cfg(not(feature = "demo"))]
#[test]
fn a_plain_build_has_no_demo_powers() {
    let desk = Desk::new();
    let demo = desk.typed(
        &["keys", "init", "--demo", "--dir", desk.path("demo").to_str().unwrap()],
        "",
    );
    assert_eq!(demo.status.code(), Some(2));
    let lines: Vec<String> = kinchaku_protocol::test_roots::TEST_ROOTS
        .iter()
        .map(|root| format!("{}\n", data_encoding::HEXLOWER.encode(&root.0)))
        .collect();
    std::fs::write(desk.path("keys/roots.txt"), lines.concat()).unwrap();
    assert_eq!(
        desk.refused(&["serve", "--listen", "127.0.0.1:0"]),
        (4, "test_root".to_owned())
    );
    let now = i64::try_from(kinchaku_server::clock::now().0).unwrap();
    assert!((now - published_under_a_moved_clock()).abs() < 60);
    let desk = Desk::new();
    let mut fault = desk.command(&["job", "publish"]);
    let fault = fault.env("KINCHAKU_FAULT", "lane.committed").output().unwrap();
    assert_eq!(fault.status.code(), Some(0), "{}", words(&fault.stderr));
}

/// A build for demonstrations moves its clock and makes a town on the published roots.
#[cfg(feature = "demo")]
#[test]
fn a_demo_build_has_them() {
    let now = i64::try_from(kinchaku_server::clock::now().0).unwrap();
    assert!(published_under_a_moved_clock() >= now + 10 * 86_400 - 60);
    let desk = Desk::new();
    let folder = desk.path("demo");
    let demo = desk.asks(&[
        "keys",
        "init",
        "--demo",
        "--paper-tier",
        "--dir",
        folder.to_str().unwrap(),
    ]);
    let root = data_encoding::HEXLOWER.encode(&kinchaku_protocol::test_roots::TEST_ROOTS[0].0);
    assert_eq!(demo["roots"][0]["key"], root);
}

/// When a bulletin says it was made, with the clock file ten days ahead.
fn published_under_a_moved_clock() -> i64 {
    let desk = Desk::new();
    std::fs::write(desk.path("clock"), "864000").unwrap();
    let output = desk
        .command(&["--json", "job", "publish"])
        .env("KINCHAKU_CLOCK", desk.path("clock"))
        .output()
        .unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let made = value["made_at"].as_str().unwrap();
    chrono::DateTime::parse_from_rfc3339(made).unwrap().timestamp()
}

/// F075: a folder is checked without books, loaded into them, and everything wrong is said with its place.
#[test]
fn a_folder_and_a_token_come_from_the_command_line() {
    let desk = Desk::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../towns/mimura-like");
    let folder = desk.path("town");
    std::fs::create_dir_all(folder.join("programmes")).unwrap();
    for name in ["classes.toml", "shops.csv", "programmes/coupon.toml"] {
        std::fs::copy(source.join(name), folder.join(name)).unwrap();
    }
    let town = std::fs::read_to_string(source.join("town.toml")).unwrap();
    let folder_text = folder.to_str().unwrap();
    let write = |text: &str| std::fs::write(folder.join("town.toml"), text).unwrap();
    // Of another region than the keys.
    write(&town);
    let (exit, code) = desk.refused(&["town", "check", folder_text]);
    assert_eq!((exit, code.as_str()), (4, "bad_folder"));
    assert_eq!(
        desk.refused(&["town", "load", folder_text]),
        (4, "bad_folder".to_owned())
    );
    write(&town.replace("24901", "1"));
    assert_eq!(desk.asks(&["town", "check", folder_text])["shops"], 5);
    assert_eq!(desk.asks(&["town", "load", folder_text])["version"], 1);
    assert_eq!(desk.asks(&["town", "load", folder_text])["version"], 1);

    let list = desk.path("list.csv");
    std::fs::write(&list, "name,birth,address\n美村　花子,1954-04-01,美村町１\n").unwrap();
    let list = list.to_str().unwrap();
    assert_eq!(
        desk.asks(&["roster", "import", "--list", "2026-04-01", list])["lines"],
        1
    );

    let token = desk.asks(&[
        "token",
        "issue",
        "--role",
        "merchant",
        "--merchant",
        "M01",
        "--name",
        "本部",
    ]);
    assert!(token["token"].as_str().unwrap().starts_with("kct_"));
    let id = token["id"].to_string();
    desk.asks(&["token", "revoke", "--id", &id]);
    let listed = desk.asks(&["token", "list"]);
    assert_eq!(
        (
            listed["tokens"][0]["good"].as_bool(),
            listed["tokens"][0]["name"].as_str()
        ),
        (Some(false), Some("本部"))
    );
    for job in ["points", "rank", "bonus", "orders", "close"] {
        assert!(desk.asks(&["job", job])["ended"].is_u64(), "{job}");
    }
    let sender = |account: &'static str| {
        [
            "town",
            "sender",
            "--code",
            "1234567890",
            "--bank",
            "9999",
            "--branch",
            "001",
            "--account",
            account,
            "--holder",
            "ミムラチイキ",
        ]
    };
    assert_eq!(desk.refused(&sender("1234567")), (4, "account".to_owned()));
    assert_eq!(desk.asks(&sender("普通 1234567"))["sender"]["bank"], "9999");
}
