#!/usr/bin/env bash
# demo.sh ARGUMENTS…: builds the demo and lives it. For its second act pcscd with virtual readers runs for as long; where
# there can be none, the demo says so in a line and leaves that act out.
set -euo pipefail
. "$(dirname "$0")/say.sh"

# The demo's powers (settable clock, fault points, test roots) live in a target folder of their own, so that no file of a
# plain build ever has them.
demo_target=$root/target/demo
features=kinchaku-cli/demo,kinchaku-server/demo
pcsc=$("$root/make/features.sh" cli)
features=$features${pcsc:+,$pcsc}
cargo build --locked --release --target-dir "$demo_target" \
  -p kinchaku-cli -p kinchaku-server -p kinchaku-fixtures --features "$features"

if [ -n "$pcsc" ]; then
  folder=$(mktemp -d "${TMPDIR:-/tmp}/kinchaku-demo.XXXXXX")
  trap '"$root/make/smartcard.sh" stop "$folder"' EXIT
  trap 'exit 130' INT TERM
  "$root/make/smartcard.sh" start "$folder" || say "the demo goes on without a card reader"
fi
"$demo_target/release/kinchaku" demo --out "$root/target/demo-out" "$@"
