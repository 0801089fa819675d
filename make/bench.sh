#!/usr/bin/env bash
# bench.sh: what a payment, the books of a town, a touch of a card and a call from Kotlin cost against their floors. The books are measured on a
# PostgreSQL that writes to its disk; cards over PC/SC, too, where there can be a reader.
set -euo pipefail
. "$(dirname "$0")/say.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/kinchaku-bench.XXXXXX")
# Short, for the socket's name.
pg_folder=$(mktemp -d "${TMPDIR:-/tmp}/kc-pg.XXXXXX")
stop() {
  "$root/make/smartcard.sh" stop "$folder"
  "$root/make/postgres.sh" stop "$pg_folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

cargo bench --locked -p kinchaku-tests --bench floors --bench card

if "$root/make/install.sh" postgresql; then
  KINCHAKU_BENCH_POSTGRES=$(PG_FSYNC=on "$root/make/postgres.sh" start "$pg_folder")
  export KINCHAKU_BENCH_POSTGRES
  PATH=$PATH:$("$root/make/postgres.sh" where)
else
  say "P3, P4, P11 to P13: SKIPPED, there is no PostgreSQL"
fi
cargo bench --locked -p kinchaku-server --bench lane --bench books

"$root/make/bench_bindings.sh"

pcsc=$("$root/make/features.sh" tests)
[ -n "$pcsc" ] || { say "P10 over PC/SC: SKIPPED, there is no PC/SC library"; exit 0; }
if ! "$root/make/smartcard.sh" start "$folder"; then
  say "P10 over PC/SC: SKIPPED, there is no card reader"
  exit 0
fi
cargo build --locked --release -p kinchaku-fixtures --bin kinchaku-card
cargo bench --locked -p kinchaku-tests --features "$pcsc" --bench card_pcsc
