#!/usr/bin/env bash
# bench.sh: what a payment and a touch of a card cost against their floors; over PC/SC, too, where there can be a reader.
set -euo pipefail
. "$(dirname "$0")/say.sh"

cargo bench --locked -p kinchaku-tests --bench floors --bench card
pcsc=$("$root/make/features.sh" tests)
[ -n "$pcsc" ] || { say "P10 over PC/SC: SKIPPED, there is no PC/SC library"; exit 0; }
folder=$(mktemp -d "${TMPDIR:-/tmp}/kinchaku-bench.XXXXXX")
trap '"$root/make/smartcard.sh" stop "$folder"' EXIT
trap 'exit 130' INT TERM
if ! "$root/make/smartcard.sh" start "$folder"; then
  say "P10 over PC/SC: SKIPPED, there is no card reader"
  exit 0
fi
cargo build --locked --release -p kinchaku-fixtures --bin kinchaku-card
cargo bench --locked -p kinchaku-tests --features "$pcsc" --bench card_pcsc
