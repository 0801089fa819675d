//! Facts are signed many at a time: a signature costs more than deciding what it says. Signing is deterministic
//! (RFC 6979), so how many threads share the work is seen nowhere.

use kinchaku_protocol::doc::{Document as _, Fact};
use kinchaku_protocol::signature::SignError;

use crate::command::ServerKey;

/// Fewer facts than this are not worth another thread.
const SHARE: usize = 16;

/// The facts with their numbers, as signed, in the same order.
pub(super) fn sign(facts: Vec<(u64, Fact)>, key: &ServerKey) -> Result<Vec<(u64, Vec<u8>)>, SignError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = facts.len().div_ceil(threads).max(SHARE);
    if facts.len() <= size {
        return share(&facts, key);
    }
    std::thread::scope(|scope| {
        let shares: Vec<_> = facts
            .chunks(size)
            .map(|facts| scope.spawn(|| share(facts, key)))
            .collect();
        let mut all = Vec::with_capacity(facts.len());
        for signed in shares {
            all.extend(signed.join().map_err(|_| SignError)??);
        }
        Ok(all)
    })
}

fn share(facts: &[(u64, Fact)], key: &ServerKey) -> Result<Vec<(u64, Vec<u8>)>, SignError> {
    let signed = facts.iter().map(|(number, fact)| {
        let signed = fact.sign(key.as_ref())?;
        Ok((*number, signed.bytes().to_vec()))
    });
    signed.collect()
}
