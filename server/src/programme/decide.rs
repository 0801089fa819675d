//! Loading a folder and importing a list. What was sold or is in people's hands limits what another folder may say
//! ([`super::change`]); the same folder or list again changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kinchaku_protocol::doc::Table as List;
use kinchaku_protocol::ids::{DocId, SetId};
use kinchaku_protocol::mpm::shop_mark::Offline;
use sha2::{Digest as _, Sha256};

use super::action::SetUpAction;
use super::model::{Class, LegalKind, Programmes};
use super::rows::{ProgrammeFileRow, RosterLineRow, RosterRow};
use super::shops::Shop;
use super::{Folder, PROGRAMMES, change};
use crate::command::{CommandError, Legal, NewShop, Outcome};
use crate::ledger::decide::{Books, Reply};
use crate::ledger::rows::{ClassRow, NO_PARTY, Topic};
use crate::store::table::Column as _;

impl Books<'_> {
    /// Carries it out.
    pub(crate) fn set_up(&mut self, action: &SetUpAction) -> Result<Reply, CommandError> {
        match action {
            SetUpAction::Load(folder) => self.load_folder(folder),
            SetUpAction::Roster { name, lines } => self.import(name, lines),
        }
        .map(|()| Reply::Ready(Outcome::Done))
    }

    fn load_folder(&mut self, folder: &Folder) -> Result<(), CommandError> {
        let known: BTreeMap<&str, &[u8]> = self
            .view
            .programme_files
            .all()
            .filter(|row| row.present)
            .map(|row| (row.path.as_str(), row.content.as_slice()))
            .collect();
        let same = known.len() == folder.files.len()
            && folder.files.iter().all(|(path, content)| {
                known
                    .get(path.as_str())
                    .is_some_and(|known| *known == content.as_slice())
            });
        if same {
            return Ok(());
        }
        let next = Arc::new(Programmes::read(folder).map_err(|_| CommandError::BadFolder)?);
        let before = self.view.programmes.clone();
        change::compatible(self.view, before.as_deref(), &next, self.now)?;
        self.keep_files(folder);
        for class in next.classes.values() {
            self.register_class(before.as_deref(), class);
        }
        for shop in &next.shops {
            self.register_shop(&next, shop)?;
        }
        self.view.next(PROGRAMMES);
        self.view.programmes = Some(next);
        Ok(())
    }

    fn keep_files(&mut self, folder: &Folder) {
        let gone = self.view.programme_files.all();
        let gone = gone.filter(|row| row.present && !folder.files.contains_key(&row.path));
        let gone: Vec<ProgrammeFileRow> = gone.cloned().collect();
        for row in gone {
            let at = self.now;
            self.view.programme_files.put(ProgrammeFileRow {
                present: false,
                at,
                ..row
            });
        }
        for (path, content) in &folder.files {
            let known = self.view.programme_files.get(&(path.clone(),));
            if known.is_some_and(|row| row.present && row.content == *content) {
                continue;
            }
            self.view.programme_files.put(ProgrammeFileRow {
                path: path.clone(),
                content: content.clone(),
                present: true,
                at: self.now,
            });
        }
    }

    fn register_class(&mut self, before: Option<&Programmes>, class: &Class) {
        let row = ClassRow {
            id: class.id,
            service_type: class.service,
            legal: legal(class.legal),
            name: class.name.clone(),
        };
        let key = class.id.0.to_be_bytes().to_vec();
        if self.view.classes.get(&(class.id,)) != Some(&row) {
            self.view.classes.put(row);
            self.view.tell(Topic::Public, NO_PARTY, List::Class, key.clone());
        }
        if before.and_then(|before| before.classes.get(&class.id)) != Some(class) {
            self.view.tell(Topic::Public, NO_PARTY, List::Rule, key);
        }
    }

    fn register_shop(&mut self, programmes: &Programmes, shop: &Shop) -> Result<(), CommandError> {
        let new = NewShop {
            shop: shop.pid(programmes.region.number),
            merchant_id: shop.merchant.clone(),
            name: shop.name.clone(),
            kana: shop.kana.clone(),
            romaji: shop.romaji.clone(),
            city: shop.city.clone(),
            mcc: shop.mcc,
            postal: shop.postal.clone(),
            sets: programmes.sets_of(shop),
            offline: match shop.offline {
                Offline::None => 0,
                Offline::Scan => 1,
                Offline::Paper => 2,
            },
        };
        if self.knows(&new) {
            return Ok(());
        }
        self.add_shop(&new).map(|_| ())
    }

    fn knows(&self, shop: &NewShop) -> bool {
        let sets = self.view.shop_sets.by(&shop.shop.to_value());
        let sets: BTreeSet<SetId> = sets.filter(|row| row.member).map(|row| row.set_id).collect();
        self.view.shops.get(&(shop.shop,)).is_some_and(|row| {
            row.merchant_id == shop.merchant_id
                && row.name == shop.name
                && row.kana == shop.kana
                && row.romaji == shop.romaji
                && row.city == shop.city
                && row.mcc == shop.mcc
                && row.postal == shop.postal
                && row.offline == shop.offline
                && sets == shop.sets.iter().copied().collect()
        })
    }

    fn import(&mut self, name: &str, lines: &[(DocId, DocId)]) -> Result<(), CommandError> {
        let lines: BTreeSet<(DocId, DocId)> = lines.iter().copied().collect();
        let mut digest = Sha256::new();
        for (person, address) in &lines {
            digest.update(person.0);
            digest.update(address.0);
        }
        let row = RosterRow {
            name: name.to_owned(),
            lines: u64::try_from(lines.len()).map_err(|_| CommandError::Broken)?,
            digest: DocId(digest.finalize().into()),
            at: self.now,
        };
        let known = self.view.rosters.get(&(row.name.clone(),));
        if known.is_some_and(|known| known.digest == row.digest) {
            return Ok(());
        }
        let gone = self.view.roster_lines.by(&row.name.to_value());
        let gone: Vec<RosterLineRow> = gone
            .filter(|line| line.listed && !lines.contains(&(line.person, line.address)))
            .cloned()
            .collect();
        for line in gone {
            self.view.roster_lines.put(RosterLineRow { listed: false, ..line });
        }
        for (person, address) in lines {
            self.view.roster_lines.put(RosterLineRow {
                list: row.name.clone(),
                person,
                address,
                listed: true,
            });
        }
        self.view.rosters.put(row);
        Ok(())
    }
}

/// As the books write it.
pub(super) const fn legal(kind: LegalKind) -> Legal {
    match kind {
        LegalKind::FreePoint => Legal::FreePoint,
        LegalKind::PrepaidExempt => Legal::PrepaidExempt,
        LegalKind::Prepaid => Legal::Prepaid,
    }
}

/// Whether a class of the books is the one a folder means.
pub(super) fn is_same(row: &ClassRow, class: &Class) -> bool {
    row.service_type == class.service && row.legal == legal(class.legal)
}
