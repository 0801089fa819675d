#!/usr/bin/env bash
# plain_release.sh FOLDER: the release binaries in FOLDER have none of the demo's powers (threats T5 and
# T11 would be child's play with them). One line a check, `ok - …` or `not ok - …`.
set -uo pipefail

bin=${1:?the folder of the release binaries}
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
check "the wallet's clock can't be set" refuses 2 "$bin/kinchaku" --clock 2026-03-31T18:47:00+09:00 wallet status
check "the server's clock can't be set" refuses 2 "$bin/kinchaku-server" serve --clock 2026-03-31T18:47:00+09:00

exit "$failed"
