//! `town.toml`: the region, its towns, the days its offices are closed, and sets of shops.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::ids::SetId;
use kinchaku_protocol::time::Day;

use super::model::{Region, ShopSet};
use super::problem::Wrong;
use super::reader::Reader;

pub(super) struct Town {
    pub(super) region: Region,
    pub(super) closed: BTreeSet<Day>,
    pub(super) sets: BTreeMap<SetId, ShopSet>,
}

pub(super) fn read(file: &Reader<'_>) -> Option<Town> {
    let region = file.table("region", |table| {
        let number = table.number("number", 1..=999_999_999);
        let name = table.text("name");
        let towns = table.texts("towns");
        let closed = table.days("closed");
        if towns.as_ref().is_some_and(Vec::is_empty) {
            table.wrong("towns", Wrong::Missing);
        }
        let region = Region {
            number: number?,
            name: name?,
            towns: towns?,
        };
        Some((region, closed?.into_iter().collect()))
    });
    let towns: &[String] = region.as_ref().map_or(&[], |(region, _): &(Region, _)| &region.towns);
    let numbers = RefCell::new(BTreeSet::new());
    let sets = file.tables("shop_set", |table| {
        let number = table.small("number", 1..=9_999);
        if let Some(number) = number.filter(|number| !numbers.borrow_mut().insert(*number)) {
            let name = number.to_string();
            table.wrong("number", Wrong::Twice { name });
        }
        let name = table.text("name");
        let of_towns = table.texts("towns");
        let groups = table.texts("groups");
        let shops = table.texts("shops");
        for town in of_towns.iter().flatten().filter(|town| !towns.contains(town)) {
            let name = town.clone();
            table.wrong("towns", Wrong::NoSuch { what: "町", name });
        }
        let set = ShopSet {
            name: name?,
            towns: of_towns?,
            groups: groups?,
            shops: shops?,
        };
        if set.towns.is_empty() && set.groups.is_empty() && set.shops.is_empty() {
            table.wrong("towns", Wrong::Missing);
        }
        Some((SetId(number?), set))
    });
    let (region, closed) = region?;
    Some(Town {
        region,
        closed,
        sets: sets?.into_iter().collect(),
    })
}
