#!/usr/bin/env bash
# plain_release.sh FOLDER DEMO_FOLDER: the release binaries in FOLDER have none of the demo's powers (threats
# T5 and T11 would be child's play with them); those in DEMO_FOLDER have them, so that a refusal here says
# something. One line a check, `ok - …` or `not ok - …`.
set -uo pipefail

bin=${1:?the folder of the release binaries}
demo=${2:?the folder of the demo binaries}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# check NAME COMMAND…: passes when the command does.
check() {
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "ok - $name"
  else
    echo "not ok - $name"
    sed 's/^/    /' "$work/out"
    failed=1
  fi
}

# refuses STATUS COMMAND…: it ends with that status.
refuses() {
  local wanted=$1 status
  shift
  "$@" </dev/null
  status=$?
  [ "$status" = "$wanted" ] || { echo "ended with $status, not $wanted"; return 1; }
}

# silent_about WORD FILE: the word stands nowhere in the file.
silent_about() { [ -r "$2" ] && ! grep -a -q -F -e "$1" "$2"; }

for name in kinchaku kinchaku-server; do
  check "$name runs" "$bin/$name" --version
  check "$name has no fault points" silent_about KINCHAKU_FAULT "$bin/$name"
  check "$name offers no clock" silent_about "--clock" <("$bin/$name" --help 2>&1)
done

# The published test root 0; its private half is SHA-256 of a sentence (protocol/src/test_roots.rs).
root=039a1ffe00bfea789407101db6ff1fb945acb8dd795f85c6a84b5d9eaa5870d1f8
enrol=(wallet --home "$work/purse" enrol --server http://127.0.0.1:9 --muni 1 --root "$root" 7K3M92QX41)
clock=2026-03-31T18:47:00+09:00

check "the wallet's clock can't be set" refuses 2 "$bin/kinchaku" wallet --home "$work/purse" --clock "$clock" status
check "the server's clock can't be set" refuses 2 "$bin/kinchaku-server" serve --clock "$clock"
check "the wallet refuses a test root" refuses 4 "$bin/kinchaku" "${enrol[@]}"
check "there is no demo to run" refuses 2 "$bin/kinchaku" demo --out "$work/demo"
check "the server makes no keys under test roots" refuses 2 "$bin/kinchaku-server" keys init --demo --dir "$work/none"

# The other way round: each of these is refused above for what it is, not for a slip in its words.
keys() { echo "a demo passphrase" | "$demo/kinchaku-server" keys init --demo --dir "$work/keys"; }
accepts() {
  "$@" </dev/null
  local status=$?
  [ "$status" != 2 ] && [ "$status" != 4 ] || { echo "ended with $status"; return 1; }
}
check "the demo server makes keys under test roots" keys
check "the plain server refuses to serve under them" \
  refuses 4 "$bin/kinchaku-server" serve --keys "$work/keys" --database "sqlite:$work/books.db" --listen 127.0.0.1:0

# A provider that believes whoever knows the address of its page: for demonstrations alone.
sandbox() {
  echo "a purse with a cord" | "$bin/kinchaku-server" keys init --dir "$work/real" &&
    sed -i '0,/{/s//{ "provider": "sandbox",/' "$work/real/town.json"
}
publish=(job publish --keys "$work/real" --database "sqlite:$work/real.db")
check "a town can be told to collect money in the sandbox" sandbox
check "the plain server refuses the sandbox" refuses 4 "$bin/kinchaku-server" "${publish[@]}"
check "the demo server takes it" refuses 0 "$demo/kinchaku-server" "${publish[@]}"

check "the demo wallet's clock can be set" accepts "$demo/kinchaku" wallet --home "$work/purse" --clock "$clock" status

exit "$failed"
