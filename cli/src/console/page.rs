//! Lists of any length, a page at a time.

use serde_json::Value;

use super::client::{Client, Query, nonsense};
use crate::output::{Output, Problem};

/// As many items as a page has at most.
const MOST: &str = "200";

/// How much of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    /// The first page.
    First,
    /// One page after the other, to the end.
    All,
    /// The list has no pages.
    Whole,
}

impl Pages {
    /// The first page, or all of them.
    pub const fn of(all: bool) -> Self {
        if all { Self::All } else { Self::First }
    }
}

/// Takes the items of a list in their order, page by page. Gives whether there are more.
pub fn each(
    client: &Client,
    route: &str,
    query: &Query<'_>,
    pages: Pages,
    take: impl FnMut(Value) -> Result<(), Problem>,
) -> Result<bool, Problem> {
    each_of(client, route, "items", query, pages, take)
}

/// As [`each`], of a list that is one `member` of an answer.
pub fn each_of(
    client: &Client,
    route: &str,
    member: &str,
    query: &Query<'_>,
    pages: Pages,
    mut take: impl FnMut(Value) -> Result<(), Problem>,
) -> Result<bool, Problem> {
    let mut query = query.to_vec();
    if pages == Pages::All {
        query.push(("limit", MOST.to_owned()));
    }
    let mut after: Option<String> = None;
    loop {
        let mut asked = query.clone();
        asked.extend(after.clone().map(|after| ("after", after)));
        let mut page = client.get(route, &asked)?;
        let items = match page.get_mut(member).map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => return Err(nonsense()),
        };
        let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
        let came = items.len();
        items.into_iter().try_for_each(&mut take)?;
        match next {
            None => return Ok(false),
            Some(_) if pages != Pages::All => return Ok(true),
            // A server that says the same place again would be asked for ever.
            Some(next) if after.as_ref() == Some(&next) || came == 0 => return Err(nonsense()),
            Some(next) => after = Some(next),
        }
    }
}

/// The items of a list: for machines each as it comes, for people all of them.
pub fn collected(
    client: &Client,
    route: &str,
    query: &Query<'_>,
    pages: Pages,
    out: &Output,
) -> Result<(Vec<Value>, bool), Problem> {
    let mut items = Vec::new();
    let more = each(client, route, query, pages, |item| {
        if out.json() {
            out.object(&super::shown::versioned(item));
        } else {
            items.push(item);
        }
        Ok(())
    })?;
    Ok((items, more))
}

/// The items of an answer that is a list, or the one thing it is.
pub fn items(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(items) => items,
        Value::Object(mut members) => match members.remove("items") {
            Some(Value::Array(items)) => items,
            _ => vec![Value::Object(members)],
        },
        other => vec![other],
    }
}
