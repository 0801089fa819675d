//! How the library is linked where lld links it: equal functions once, and addresses to be moved packed (RELR).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let arguments: &[&str] = match system.as_str() {
        "linux" => &["-Wl,--icf=safe", "-Wl,-z,pack-relative-relocs"],
        // RELR is known from API 28 on; this packing from API 23.
        "android" => &["-Wl,--icf=safe", "-Wl,--pack-dyn-relocs=android"],
        _ => &[],
    };
    for argument in arguments {
        println!("cargo::rustc-cdylib-link-arg={argument}");
    }
}
