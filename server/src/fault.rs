//! Named places where a test kills the server, to show that whatever was committed before is enough.
//!
//! Without the feature `demo` a point is nothing at all. With it, `KINCHAKU_FAULT=name` aborts the
//! process where the point is passed first, `KINCHAKU_FAULT=name@n` where it is passed for the n-th time.

/// Every point there is; a name that is not here is a mistake of whoever sets the variable.
pub const POINTS: &[&str] = &[
    "lane.decided",
    "lane.before_commit",
    "lane.committed",
    "store.migrated",
    "close.begun",
    "close.paid",
    "close.finished",
];

/// Passes a point.
#[cfg(not(feature = "demo"))]
#[inline]
pub const fn point(_name: &str) {}

/// Passes a point: returns, or aborts the process.
#[cfg(feature = "demo")]
pub fn point(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static WANTED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);

    debug_assert!(POINTS.contains(&name), "a fault point that is not listed");
    let wanted = WANTED.get_or_init(|| {
        let text = std::env::var("KINCHAKU_FAULT").ok()?;
        let (name, nth) = text.split_once('@').unwrap_or((&text, "1"));
        Some((name.to_owned(), nth.parse().ok()?))
    });
    if let Some((wanted, nth)) = wanted
        && wanted == name
        && PASSED.fetch_add(1, Ordering::SeqCst).saturating_add(1) == *nth
    {
        std::process::abort();
    }
}
