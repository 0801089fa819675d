//! Kinchaku.
fn main() {}
