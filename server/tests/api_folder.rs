//! Folders, lists of people and tokens in the books, on both databases: loaded once, the same again changes nothing,
//! and what people have stays what it was.

use crate::on_both;
use std::path::Path;
use std::sync::Arc;

use crate::support::{START, signers};
use kinchaku_protocol::ids::{ClassId, DocId, SetId};
use kinchaku_server::access::action::{AccessAction, NewToken};
use kinchaku_server::access::rows::AccessRole;
use kinchaku_server::command::{Action, CommandError, Outcome, Town, TownRules};
use kinchaku_server::lane::Lane;
use kinchaku_server::programme::action::SetUpAction;
use kinchaku_server::programme::{Folder, Programmes};
use kinchaku_server::query::Reader;
use kinchaku_server::store::Store;

type Db = Arc<dyn Store>;

on_both!(
    a_folder_is_registered_once,
    what_people_know_a_class_by_stays,
    a_list_takes_the_place_of_the_one_before,
    a_token_is_made_once_and_ends_once,
);

const REGION: Town = Town { muni: 24_901 };

struct Office {
    lane: Lane,
    reader: Reader,
}

impl Office {
    fn open(db: Db) -> Self {
        let lane = Lane::start(
            db.clone(),
            REGION,
            Arc::new(signers()),
            TownRules::default(),
            "test".to_owned(),
        );
        Self {
            lane,
            reader: Reader::new(db, REGION),
        }
    }

    async fn run(&self, action: Action) -> Result<Outcome, CommandError> {
        let now = START;
        loop {
            let command = kinchaku_server::command::Command {
                now,
                action: action.clone(),
            };
            match self.lane.run(command).await {
                // The lane is not ours yet.
                Err(CommandError::Unavailable) if !self.lane.keeps() => tokio::task::yield_now().await,
                outcome => return outcome,
            }
        }
    }

    async fn load(&self, folder: &Folder) -> Result<Outcome, CommandError> {
        self.run(Action::SetUp(SetUpAction::Load(Arc::new(folder.clone()))))
            .await
    }

    async fn state(&self) -> String {
        let report = self.reader.audit().await.unwrap();
        assert_eq!(report.violations, []);
        report.state
    }
}

fn folder() -> Folder {
    Folder::from_disk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../towns/mimura-like"))
}

fn edited(file: &str, from: &str, to: &str) -> Folder {
    let mut folder = folder();
    let text = String::from_utf8(folder.files[file].clone()).unwrap();
    assert!(text.contains(from), "{from}");
    folder
        .files
        .insert(file.to_owned(), text.replacen(from, to, 1).into_bytes());
    folder
}

/// F027, F072: classes and shops are in the books with the folder, shops under numbers that stay; the same folder
/// again writes nothing.
async fn a_folder_is_registered_once(db: Db) {
    let office = Office::open(db);
    assert!(office.reader.programmes().await.unwrap().is_none());
    office.load(&folder()).await.unwrap();
    let programmes = office.reader.programmes().await.unwrap().unwrap();
    let classes: Vec<ClassId> = office
        .reader
        .class_list()
        .await
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(classes, [ClassId(1), ClassId(2), ClassId(3), ClassId(4)]);
    let market = programmes.shops.iter().find(|shop| shop.code == "A003").unwrap();
    let row = office.reader.shop(market.pid(REGION.muni)).await.unwrap().unwrap();
    assert_eq!(
        (row.name.as_str(), row.merchant_id.as_str(), row.offline),
        ("朝市だんご", "M03", 2)
    );
    assert_eq!(row.sets, [SetId(2)]);

    let before = office.state().await;
    office.load(&folder()).await.unwrap();
    assert_eq!(
        (office.reader.folder().await.unwrap().0, office.state().await),
        (1, before)
    );

    // A shop moves, a file goes: the directory says so, and the rest stays.
    let mut next = edited("shops.csv", "朝市だんご,アサイチダンゴ", "夜市だんご,ヨイチダンゴ");
    next.files.remove("programmes/campaign.toml");
    office.load(&next).await.unwrap();
    let row = office.reader.shop(market.pid(REGION.muni)).await.unwrap().unwrap();
    assert_eq!(row.name, "夜市だんご");
    let (version, now) = office.reader.folder().await.unwrap();
    assert_eq!((version, now), (2, next));
}

/// A class stays what the law calls it, and does not go; a folder that is wrong is not loaded at all.
async fn what_people_know_a_class_by_stays(db: Db) {
    let office = Office::open(db);
    office.load(&folder()).await.unwrap();
    let before = office.state().await;
    let legal = edited("classes.toml", "legal = \"prepaid\"", "legal = \"prepaid_exempt\"");
    let renumbered = edited("classes.toml", "number = 1\n", "number = 9\n");
    for other in [legal, renumbered] {
        assert!(Programmes::read(&other).is_ok());
        assert_eq!(office.load(&other).await, Err(CommandError::Incompatible));
    }
    let wrong = edited("classes.toml", "number = 2\n", "number = 1\n");
    assert_eq!(office.load(&wrong).await, Err(CommandError::BadFolder));
    let region = edited("town.toml", "24901", "24902");
    assert_eq!(office.load(&region).await, Err(CommandError::Incompatible));
    assert_eq!(office.state().await, before);
    let dearer = edited("programmes/premium.toml", "price = 5_000", "price = 5_500");
    // Nobody bought yet.
    office.load(&dearer).await.unwrap();
}

/// F071: who is no longer on the list is no longer listed, and the same list again writes nothing.
async fn a_list_takes_the_place_of_the_one_before(db: Db) {
    let office = Office::open(db);
    let line = |seed: u8| (DocId([seed; 32]), DocId([seed + 100; 32]));
    let import = |lines: Vec<(DocId, DocId)>| {
        let name = "2026-04-01".to_owned();
        office.run(Action::SetUp(SetUpAction::Roster { name, lines }))
    };
    import(vec![line(1), line(2)]).await.unwrap();
    let before = office.state().await;
    import(vec![line(2), line(1), line(1)]).await.unwrap();
    assert_eq!(office.state().await, before);
    assert_eq!(office.reader.rosters_with(line(1).0).await.unwrap(), ["2026-04-01"]);
    import(vec![line(2), line(3)]).await.unwrap();
    assert_eq!(
        office.reader.rosters_with(line(1).0).await.unwrap(),
        Vec::<String>::new()
    );
    assert_eq!(office.reader.rosters_with(line(3).0).await.unwrap(), ["2026-04-01"]);
    let rosters = office.reader.roster_list().await.unwrap();
    assert_eq!(rosters.iter().map(|row| row.lines).collect::<Vec<_>>(), [2]);
}

/// A token for the same hash is the same token; what it may see is there.
async fn a_token_is_made_once_and_ends_once(db: Db) {
    let office = Office::open(db);
    office.load(&folder()).await.unwrap();
    let new = |role, merchant: Option<&str>| {
        Action::Access(AccessAction::Issue(NewToken {
            hash: [7; 32],
            name: "本部".to_owned(),
            role,
            merchant: merchant.map(str::to_owned),
            shop: None,
            expires: START.after(86_400),
        }))
    };
    for (role, merchant) in [
        (AccessRole::Merchant, None),
        (AccessRole::Merchant, Some("M99")),
        (AccessRole::Shop, None),
        (AccessRole::Office, Some("M01")),
    ] {
        assert_eq!(office.run(new(role, merchant)).await, Err(CommandError::NoShop));
    }
    for _ in 0..2 {
        let made = office.run(new(AccessRole::Merchant, Some("M01"))).await;
        assert_eq!(made, Ok(Outcome::Token { id: 1 }));
    }
    assert_eq!(
        office.run(new(AccessRole::Merchant, Some("M02"))).await,
        Err(CommandError::Taken)
    );
    let revoke = |id| office.run(Action::Access(AccessAction::Revoke { id }));
    revoke(1).await.unwrap();
    revoke(1).await.unwrap();
    assert_eq!(revoke(2).await, Err(CommandError::NoToken));
    let row = office.reader.token(DocId([7; 32])).await.unwrap().unwrap();
    assert_eq!(row.revoked_at, Some(START));
}
