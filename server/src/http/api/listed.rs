//! Lists: some rows, and where the next ones begin.

use serde::Serialize;
use utoipa::ToSchema;

/// A part of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Listed<T> {
    /// The rows.
    pub(super) items: Vec<T>,
    /// What to ask for as `after` to get those that follow; none at the end.
    pub(super) next: Option<String>,
}

impl<T> Listed<T> {
    /// The first rows of those after the last page, of which one more than wanted was fetched where there is one.
    pub(super) fn part(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }

    /// All there is.
    pub(super) const fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}
