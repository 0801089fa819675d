//! `kinchaku office …` against the real server.

use crate::served::Served;
use crate::town::{Ran, kinchaku};

fn office(town: &Served, token: &str, words: &[&str], input: &str) -> Ran {
    let who = [
        "office",
        "--server",
        &town.address,
        "--muni",
        "1",
        "--token-file",
        token,
    ];
    kinchaku(&[&who[..], words].concat(), input)
}

/// F075, F102: a folder with a mistake is named by file, line and key, and changes nothing; a right one is loaded.
#[test]
fn a_folder_is_checked_and_loaded() {
    let town = Served::start();
    let (manager, viewer) = (town.token("manager", None), town.token("viewer", None));
    let folder = town.folder_of_programmes();
    let path = folder.display().to_string();
    office(&town, &viewer, &["programmes", "check", &path], "").failed(4, "K-853");

    let season = folder.join("programmes/season.toml");
    let right = std::fs::read_to_string(&season).unwrap();
    std::fs::write(&season, right.replace("price = 1_000", "price = \"much\"")).unwrap();
    for verb in ["check", "load"] {
        let wrong = office(&town, &manager, &["programmes", verb, &path], "");
        wrong.failed(4, "K-858");
        assert!(
            wrong.err.contains("programmes/season.toml:22 lots.price："),
            "{wrong:?}"
        );
    }
    let machine = office(&town, &manager, &["--json", "programmes", "check", &path], "");
    let first: serde_json::Value = serde_json::from_str(machine.out.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["schema"], &first["line"], &first["key"]),
        (&1.into(), &22.into(), &"lots.price".into())
    );
    office(&town, &viewer, &["programmes", "show"], "").failed(4, "K-853");
    let none = office(&town, &manager, &["programmes", "show"], "");
    assert!(none.out.starts_with("事業のフォルダーはまだ"), "{none:?}");

    std::fs::write(&season, right).unwrap();
    let checked = office(&town, &manager, &["programmes", "check", &path], "");
    assert_eq!(
        (checked.status, checked.out.as_str()),
        (Some(0), "[OK] 誤りはありません。種類1、事業1、店1。\n"),
        "{checked:?}"
    );
    let loaded = office(&town, &manager, &["programmes", "load", &path, "--json"], "");
    assert_eq!(
        (loaded.status, &loaded.json()["schema"]),
        (Some(0), &1.into()),
        "{loaded:?}"
    );
    let shown = office(&town, &manager, &["programmes", "show"], "");
    assert!(shown.out.contains("programmes/season.toml（"), "{shown:?}");
    let stock = office(&town, &viewer, &["programme", "7"], "");
    assert!(
        stock.out.contains("0円 ／ 上限 120,000円（あと120,000円）"),
        "{stock:?}"
    );
    office(&town, &viewer, &["programme", "8"], "").failed(1, "K-856");
}

/// F071, F076: a list is imported whole; a wrong row is named by line and column, and nothing of it is kept.
#[test]
fn a_list_is_imported_whole_or_not_at_all() {
    let town = Served::start();
    let manager = town.token("manager", None);
    let list = town.word("list.csv");
    std::fs::write(
        &list,
        "name,birth,address\n佐藤花子,1950-04-05,東京都南町1\n鈴木一郎,1950-13-05,東京都南町2\n",
    )
    .unwrap();
    let wrong = office(&town, &manager, &["roster", "import", "invited", &list], "");
    wrong.failed(4, "K-858");
    assert!(wrong.err.contains("list.csv:3 birth："), "{wrong:?}");
    assert!(!wrong.err.contains("鈴木"), "{wrong:?}");
    std::fs::write(&list, "name,birth,address\n佐藤花子,1950-04-05,東京都南町1\n").unwrap();
    let done = office(&town, &manager, &["roster", "import", "invited", &list], "");
    assert_eq!(
        (done.status, done.out.as_str()),
        (Some(0), "[OK] 名簿「invited」を取り込みました。1人です。\n"),
        "{done:?}"
    );
    office(&town, &manager, &["roster", "import", "invited", "no such file"], "").failed(2, "K-874");
}

/// F101, F162: roles, the books, jobs. Every command says who may not do it, and every list is objects for machines.
#[test]
fn an_office_watches_its_books() {
    let mut town = Served::start();
    let (manager, viewer) = (town.token("manager", None), town.token("viewer", None));
    let folder = town.folder_of_programmes().display().to_string();
    assert_eq!(
        office(&town, &manager, &["programmes", "load", &folder], "").status,
        Some(0)
    );
    let me = office(&town, &viewer, &["me"], "");
    assert!(
        me.out.contains("佐藤 viewer") && me.out.contains("閲覧（自治体）"),
        "{me:?}"
    );
    assert_eq!(office(&town, &viewer, &["me", "--json"], "").json()["schema"], 1);
    for words in [
        &["transactions"][..],
        &["settlements"],
        &["results"],
        &["orders"],
        &["books"],
        &["audit"],
        &["log"],
    ] {
        let who = if matches!(words, &["audit"] | &["log"]) {
            &manager
        } else {
            &viewer
        };
        let ran = office(&town, who, words, "");
        assert_eq!(ran.status, Some(0), "{words:?} {ran:?}");
        assert!(!ran.out.is_empty(), "{words:?} {ran:?}");
        let machine = office(&town, who, &[words, &["--json"]].concat(), "");
        for line in machine.out.lines() {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(object["schema"], 1, "{words:?}");
        }
    }
    let closed = office(&town, &viewer, &["close", "--yes"], "");
    closed.failed(4, "K-853");
    let unasked = office(&town, &manager, &["close"], "");
    unasked.failed(1, "K-871");
    let stopped = office(&town, &manager, &["close"], "やめる\n");
    assert_eq!(stopped.status, Some(1), "{stopped:?}");
    assert!(stopped.err.contains("締めは元に戻せません。") && stopped.err.contains("何も変わっていません。"));
    assert_eq!(office(&town, &manager, &["close"], "締める\n").status, Some(0));
    assert_eq!(office(&town, &manager, &["job", "lapse"], "").status, Some(0));
    office(&town, &manager, &["job", "Nonsense"], "").failed(2, "K-877");
    town.stop();
    office(&town, &viewer, &["me"], "").failed(3, "K-501");
}

/// F078, F149: the seed stays in a file for its owner alone; only its hash goes out, and the same file goes on.
#[test]
fn a_sale_is_prepared() {
    let town = Served::start();
    let manager = town.token("manager", None);
    let folder = town.folder_of_programmes().display().to_string();
    assert_eq!(
        office(&town, &manager, &["programmes", "load", &folder], "").status,
        Some(0)
    );
    let seed = town.word("seed");
    let commit = ["sale", "commit", "7", "--seed-file", &seed, "--json"];
    let done = office(&town, &manager, &commit, "");
    assert_eq!(done.status, Some(0), "{done:?}");
    let text = std::fs::read_to_string(&seed).unwrap();
    assert!(!done.out.contains(text.trim()), "{done:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&seed).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = office(&town, &manager, &commit, "");
    assert_eq!(
        (again.status, again.json()["commitment"].clone()),
        (Some(0), done.json()["commitment"].clone())
    );
    let draw = ["sale", "draw", "7", "--seed-file", &seed, "--yes"];
    office(&town, &manager, &draw, "").failed(4, "K-865");
    std::fs::write(town.word("other"), "00".repeat(32)).unwrap();
    let other = town.word("other");
    office(
        &town,
        &manager,
        &["sale", "draw", "7", "--seed-file", &other, "--yes"],
        "",
    )
    .failed(4, "K-831");
    office(&town, &manager, &["sale", "verify", "7"], "").failed(4, "K-832");
    office(&town, &manager, &["sale", "outcome", "7"], "").failed(4, "K-832");
    office(&town, &manager, &["sale", "apply", "7"], "佐藤花子\n").failed(2, "K-898");
}
