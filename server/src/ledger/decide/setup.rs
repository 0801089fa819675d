//! What the office sets up: classes, shops, sheets.

use std::collections::BTreeSet;

use kinchaku_protocol::doc::Table as List;
use kinchaku_protocol::ids::{MarkId, Pid, Ref};
use kinchaku_protocol::time::Time;

use super::Books;
use crate::command::{CommandError, NewClass, NewShop, Outcome, Stop};
use crate::ledger::rows::{ClassRow, MarkRow, NO_PARTY, ShopRow, ShopSetRow, Topic};
use crate::ledger::stop::{EPOCH, device_name, living, name, stop_holder};
use crate::store::table::Column;

/// The series that counts versions of the directory.
pub const DIRECTORY: &str = "directory";

impl Books<'_> {
    pub(super) fn add_class(&mut self, class: &NewClass) -> Result<Outcome, CommandError> {
        let row = ClassRow {
            id: class.id,
            service_type: class.service_type,
            legal: class.legal,
            name: class.name.clone(),
        };
        if self.view.classes.get(&(class.id,)).is_some_and(|known| *known != row) {
            return Err(CommandError::Taken);
        }
        self.view.classes.put(row);
        self.view
            .tell(Topic::Public, NO_PARTY, List::Class, class.id.0.to_be_bytes().to_vec());
        Ok(Outcome::Done)
    }

    pub(crate) fn add_shop(&mut self, shop: &NewShop) -> Result<Outcome, CommandError> {
        let dead_at = self.view.shops.get(&(shop.shop,)).and_then(|known| known.dead_at);
        self.view.shops.put(ShopRow {
            shop: shop.shop,
            merchant_id: shop.merchant_id.clone(),
            name: shop.name.clone(),
            kana: shop.kana.clone(),
            romaji: shop.romaji.clone(),
            city: shop.city.clone(),
            mcc: shop.mcc,
            postal: shop.postal.clone(),
            offline: shop.offline,
            dead_at,
        });
        let known: Vec<ShopSetRow> = self.view.shop_sets.by(&shop.shop.to_value()).cloned().collect();
        for mut row in known {
            row.member = shop.sets.contains(&row.set_id);
            self.view.shop_sets.put(row);
        }
        for &set_id in &shop.sets {
            self.view.shop_sets.put(ShopSetRow {
                shop: shop.shop,
                set_id,
                member: true,
            });
        }
        self.directory_changed(shop.shop);
        Ok(Outcome::Done)
    }

    pub(super) fn add_mark(&mut self, shop: Pid, mark: MarkId, label: &str) -> Result<Outcome, CommandError> {
        self.view.shops.get(&(shop,)).ok_or(CommandError::NoShop)?;
        let dead_at = self.view.marks.get(&(shop, mark)).and_then(|known| known.dead_at);
        self.view.marks.put(MarkRow {
            shop,
            mark,
            label: label.to_owned(),
            dead_at,
        });
        self.directory_changed(shop);
        Ok(Outcome::Done)
    }

    fn directory_changed(&mut self, shop: Pid) {
        self.view.next(DIRECTORY);
        self.view.tell(Topic::Public, NO_PARTY, List::Shop, shop.0.to_vec());
    }

    pub(super) fn revoke(&mut self, stop: Stop) -> Result<Outcome, CommandError> {
        match stop {
            Stop::Holder(pid) => {
                let holder = self.view.holders.copy(&(pid,)).ok_or(CommandError::NoAccount)?;
                stop_holder(self.view, pid, holder.account, self.now);
            }
            Stop::Device(reference) => self.revoke_device(reference)?,
            Stop::Shop(shop, mark) => {
                let mut row = self.view.shops.copy(&(shop,)).ok_or(CommandError::NoShop)?;
                if let Some(mark) = mark {
                    let mut sheet = self.view.marks.copy(&(shop, mark)).ok_or(CommandError::NoShop)?;
                    sheet.dead_at.get_or_insert(self.now);
                    self.view.marks.put(sheet);
                } else {
                    row.dead_at.get_or_insert(self.now);
                    self.view.shops.put(row);
                }
                self.view.next(EPOCH);
                self.directory_changed(shop);
            }
        }
        Ok(Outcome::Done)
    }

    /// A lost phone: its pseudonyms are named, and the account goes on under others.
    fn revoke_device(&mut self, reference: Ref) -> Result<(), CommandError> {
        let mut device = self.device(reference)?;
        device.revoked = true;
        let documents = self.view.device_docs.all();
        let mut names: BTreeSet<(Pid, Time)> = documents
            .filter(|row| row.device == device.id && row.expires >= self.now)
            .map(|row| (device_name(row.reference), row.expires))
            .collect();
        names.extend(
            device
                .account
                .map(|id| living(self.view, id, self.now))
                .unwrap_or_default(),
        );
        name(self.view, names, self.now);
        if let Some(mut account) = device.account.and_then(|id| self.view.accounts.copy(&(id,))) {
            account.generation = account.generation.saturating_add(1);
            self.view.accounts.put(account);
        }
        self.view.devices.put(device);
        Ok(())
    }
}
