#!/usr/bin/env bash
# What a reviewer need not look for: format, lints, words, licences. Every check runs, then the verdict.
# ONLY=fmt|clippy|strings|bindings|deny runs one.
set -uo pipefail
. "$(dirname "$0")/say.sh"

deny_version=0.20.2
features=kinchaku-core/demo,kinchaku-server/demo,kinchaku-cli/demo,kinchaku-fixtures/held-out
failed=()

fmt() { cargo fmt --all --check; }

# Twice: a plain build must be as clean as one with the demo's powers.
clippy() {
  local pcsc
  pcsc=$("$root/make/features.sh" cli tests)
  cargo clippy --locked --workspace --all-targets --features "$features${pcsc:+,$pcsc}" -- -D warnings &&
    cargo clippy --locked --workspace --exclude kinchaku-tests --lib --bins -- -D warnings
}

strings() { cargo run --locked --quiet -p kinchaku-design --example strings -- --check; }

bindings() { "$root/make/bindings.sh" --check; }

deny() {
  local tool=$root/.tools/bin/cargo-deny
  if [ "$("$tool" --version 2>/dev/null)" != "cargo-deny $deny_version" ]; then
    say "installing into .tools: cargo-deny $deny_version"
    # Outside the tree, whose .cargo/config.toml is for our own build.
    if ! (cd / && cargo install --locked --quiet --force --version "$deny_version" --root "$root/.tools" cargo-deny); then
      say "SKIPPED: cargo-deny could not be installed"
      ! in_ci
      return
    fi
  fi
  "$tool" --locked check --hide-inclusion-graph licenses bans sources
}

for check in ${ONLY:-fmt strings clippy bindings deny}; do
  say "check: $check"
  "$check" || failed+=("$check")
done
if [ ${#failed[@]} != 0 ]; then
  say "make check FAILED: ${failed[*]}"
  exit 1
fi
say "make check: all clean"
