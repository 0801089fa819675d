//! Files of a real card of J-LIS's test hierarchy, as the crate `myna-card` publishes them. The person on it does
//! not exist.

use std::path::PathBuf;

/// Where they are: in the sources of the crate, which cargo has unpacked to build the tests of this workspace.
#[must_use]
pub fn folder() -> PathBuf {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"));
    std::fs::read_dir(home.join("registry/src"))
        .unwrap()
        .map(|registry| registry.unwrap().path().join("myna-card-3.3.4/tests/fixtures"))
        .find(|path| path.is_dir())
        .expect("the sources of myna-card 3.3.4")
}

/// One of them.
#[must_use]
pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}
