#!/usr/bin/env bash
# smartcard.sh start FOLDER | stop FOLDER | card ARGUMENTS…: a PC/SC stack with virtual readers, and a card in one.
#
# `start` makes sure that pcscd runs with vsmartcard's readers, reusing one that does: its ports and its
# socket are fixed, so a machine has one. `stop` ends what this FOLDER's `start` began and nothing else.
# `card` does both around one card: `card --person adult`. Exit 77: there can be no PC/SC stack here.
#
# The readers listen on every address (35963 and 35964), as Debian sets them up: not for a machine whose
# network is not trusted.
set -euo pipefail
. "$(dirname "$0")/say.sh"

socket=/run/pcscd/pcscd.comm
process=/run/pcscd/pcscd.pid
reader="Virtual PCD 00 00"

cannot() {
  say "no PC/SC stack: $*"
  exit 77
}

# opensc-tool fails where there is no card; what it lists is what counts.
has_reader() { timeout 10 opensc-tool --list-readers 2>/dev/null | grep -q "$reader"; }

# wait_until SECONDS COMMAND…
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# Whether the process of this file is a pcscd, and no zombie of one. pcscd ends its own file with a zero byte.
runs() {
  local status
  [ -s "$1" ] || return 1
  status=/proc/$(tr -d '\0\n' <"$1")/status
  grep -q '^Name:[[:space:]]pcscd$' "$status" 2>/dev/null && ! grep -q '^State:[[:space:]]Z' "$status" 2>/dev/null
}
gone() { ! runs "$1"; }

start() {
  for tool in pcscd opensc-tool timeout; do
    command -v "$tool" >/dev/null || cannot "$tool is not installed"
  done
  [ -e /etc/reader.conf.d/vpcd ] || cannot "vsmartcard-vpcd is not installed"
  mkdir -p "$folder"
  if has_reader; then
    say "PC/SC: a pcscd with virtual readers runs already"
    return
  fi
  ! runs "$process" || cannot "a pcscd without virtual readers runs already"
  mkdir -p "$(dirname "$socket")" 2>/dev/null && [ -w "$(dirname "$socket")" ] || cannot "only root can start pcscd"
  # What a pcscd leaves behind that was killed.
  rm -f "$socket" "$process"
  setsid pcscd --foreground --info >"$folder/pcscd.log" 2>&1 </dev/null &
  echo $! >"$folder/pcscd.pid"
  if ! wait_until 20 has_reader; then
    tail -n 20 "$folder/pcscd.log" >&2
    stop
    say "pcscd did not come up"
    exit 1
  fi
  say "PC/SC: $(pcscd --version | head -n 1)"
}

stop() {
  if runs "$folder/pcscd.pid"; then
    kill "$(cat "$folder/pcscd.pid")"
    wait_until 10 gone "$folder/pcscd.pid" || kill -9 "$(cat "$folder/pcscd.pid")"
    runs "$process" || rm -f "$socket" "$process"
  fi
  rm -rf "$folder"
}

card() {
  local status=0
  folder=$(mktemp -d "${TMPDIR:-/tmp}/kinchaku-card.XXXXXX")
  trap stop EXIT
  trap 'exit 0' INT TERM
  start
  "${KINCHAKU_CARD:-$target/debug/kinchaku-card}" "$@" || status=$?
  exit "$status"
}

case ${1:-} in
start | stop)
  folder=${2:?a folder}
  "$1"
  ;;
card) "$@" ;;
*)
  echo "smartcard.sh start FOLDER | stop FOLDER | card ARGUMENTS…" >&2
  exit 2
  ;;
esac
