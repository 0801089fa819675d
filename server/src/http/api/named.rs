//! What classes and shops are called, for rows that name them.

use std::collections::{BTreeMap, BTreeSet};

use kinchaku_protocol::ids::{ClassId, Pid};
use serde::Serialize;
use utoipa::ToSchema;

use crate::command::NewShop;
use crate::ledger::rows::ClassRow;
use crate::query::Reader;
use crate::store::StoreError;

/// A class of value.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Service {
    /// Its number.
    class: u32,
    /// Its name.
    name: String,
    /// 1 money, 2 points, 3 voucher (F116).
    #[schema(minimum = 1, maximum = 3)]
    service_type: u8,
}

/// A shop.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Shop {
    /// Its id.
    #[schema(pattern = "^[0-9a-f]{16}$")]
    pub(super) shop: String,
    /// The merchant it belongs to.
    pub(super) merchant: String,
    /// As on its sign.
    pub(super) name: String,
}

/// The names there are.
pub(super) struct Names {
    classes: BTreeMap<ClassId, ClassRow>,
    shops: BTreeMap<Pid, NewShop>,
}

impl Names {
    /// Of all classes, and of these shops.
    pub(super) async fn of(reader: &Reader, shops: impl IntoIterator<Item = Pid>) -> Result<Self, StoreError> {
        let classes = reader.class_list().await?;
        let shops: BTreeSet<Pid> = shops.into_iter().collect();
        let shops = reader.shops_among(shops.into_iter().collect()).await?;
        Ok(Self {
            classes: classes.into_iter().map(|row| (row.id, row)).collect(),
            shops: shops.into_iter().map(|row| (row.shop, row)).collect(),
        })
    }

    /// A class by its number; rows name no other than those there are.
    pub(super) fn service(&self, class: ClassId) -> Service {
        let row = self.classes.get(&class);
        Service {
            class: class.0,
            name: row.map_or_else(String::new, |row| row.name.clone()),
            service_type: row.map_or(1, |row| row.service_type.number()),
        }
    }

    pub(super) fn shop(&self, shop: Pid) -> Shop {
        let row = self.shops.get(&shop);
        Shop {
            shop: shop.to_string(),
            merchant: row.map_or_else(String::new, |row| row.merchant_id.clone()),
            name: row.map_or_else(String::new, |row| row.name.clone()),
        }
    }
}
