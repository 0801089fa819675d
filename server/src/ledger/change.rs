//! How changes are kept: what one commit changed for one party is a row or a few, each with the keys of several
//! rows of pages. A payment touches a dozen of them, and a row for each cost more than its postings.

use super::Broken;

/// The number a change of a fact has in place of a list's.
pub const FACT_LIST: u8 = 255;

/// The number of a row that has several changes as its key.
pub const SEVERAL: u8 = 254;

/// Changes in a row at most: a page takes whole rows.
pub const MOST: usize = 16;

/// A list's number and a key in it.
pub type Change = (u8, Vec<u8>);

/// Changes as the list and the key of a row; `None` where one is not of a row's size.
///
/// Several are written one after another: the list, the key's length in one byte, the key.
#[must_use]
pub fn pack(changes: &[Change]) -> Option<Change> {
    if let [change] = changes {
        return Some(change.clone());
    }
    let mut packed = Vec::new();
    for (list, key) in changes {
        packed.push(*list);
        packed.push(u8::try_from(key.len()).ok()?);
        packed.extend_from_slice(key);
    }
    Some((SEVERAL, packed))
}

/// The changes of a row.
///
/// # Errors
/// [`Broken`] where the row was cut short.
pub fn unpack(list: u8, key: Vec<u8>) -> Result<Vec<Change>, Broken> {
    if list != SEVERAL {
        return Ok(vec![(list, key)]);
    }
    let mut changes = Vec::new();
    let mut rest = key.as_slice();
    while let Some((&list, after)) = rest.split_first() {
        let (&length, after) = after.split_first().ok_or(Broken)?;
        let (key, after) = after.split_at_checked(usize::from(length)).ok_or(Broken)?;
        changes.push((list, key.to_vec()));
        rest = after;
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_packed_comes_out_again(
            changes in proptest::collection::vec((any::<u8>().prop_filter("a list", |list| *list != SEVERAL),
                proptest::collection::vec(any::<u8>(), 0..64)), 1..=MOST),
        ) {
            let (list, key) = pack(&changes).unwrap();
            prop_assert_eq!(unpack(list, key).unwrap(), changes);
        }

        #[test]
        fn what_was_cut_short_is_refused(cut in 1_usize..5) {
            let (list, mut key) = pack(&[(1, vec![1; 4]), (2, vec![2; 4])]).unwrap();
            key.truncate(key.len() - cut);
            prop_assert_eq!(unpack(list, key), Err(Broken));
        }
    }
}
