//! Writes the Kotlin and the Swift of the library: `make bindings`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
