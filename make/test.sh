#!/usr/bin/env bash
# Everything that is tested, in order, then one summary. Exit 0 only when nothing failed; a part that
# can't run here is SKIPPED in the summary, and in CI (CI=true) counts as failed.
set -uo pipefail
. "$(dirname "$0")/say.sh"

features=kinchaku-core/demo,kinchaku-server/demo,kinchaku-cli/demo,kinchaku-fixtures/held-out
logs=$target/test-logs
mkdir -p "$logs"
summary=()
passed_all=0
failed_all=0

# record NAME PASSED FAILED SECONDS [NOTE]
record() {
  passed_all=$((passed_all + $2))
  failed_all=$((failed_all + $3))
  local word=ok
  [ "$3" = 0 ] || word=FAILED
  summary+=("$(printf '%-22s %-8s %4d passed %3d failed %5d s  %s' "$1" "$word" "$2" "$3" "$4" "${5:-}")")
}

# skip NAME REASON
skip() {
  local failed=0
  in_ci && failed=1
  failed_all=$((failed_all + failed))
  summary+=("$(printf '%-22s %-8s %s' "$1" SKIPPED "$2")")
}

# A part's tests by the lines its runner prints; a part that broke without saying so failed once.
# counted NAME STATUS PASSED FAILED SECONDS [NOTE]
counted() {
  local failed=$4
  if [ "$2" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
  if [ "$2" = 0 ] && [ "$3" = 0 ]; then failed=$((failed + 1)); fi
  record "$1" "$3" "$failed" "$5" "${6:-}"
}

# sum LOG PATTERN: the total of the numbers that stand before PATTERN.
sum() { grep -oE "[0-9]+ $2" "$1" | awk '{ n += $1 } END { print n + 0 }'; }

finish() {
  trap - EXIT
  stop_postgres
  stop_smartcard
  printf '\n%s\n' "== make test"
  printf '%s\n' "${summary[@]}"
  printf '\n%d passed, %d failed\n' "$passed_all" "$failed_all"
  if [ "$failed_all" = 0 ]; then exit 0; else exit 1; fi
}

pg_folder=
start_postgres() {
  "$root/make/install.sh" postgresql
  case $? in
  0) ;;
  *) skip PostgreSQL "not here and not installable: its half of the tests was left out"; return ;;
  esac
  # Short, for the socket's name, and therefore not under the target folder.
  pg_folder=$(mktemp -d "${TMPDIR:-/tmp}/kc-pg.XXXXXX")
  KINCHAKU_TEST_POSTGRES=$("$root/make/postgres.sh" start "$pg_folder") || {
    record PostgreSQL 0 1 0 "did not start"
    return
  }
  export KINCHAKU_TEST_POSTGRES
  say "PostgreSQL: $("$root/make/postgres.sh" where)"
}
stop_postgres() {
  [ -z "$pg_folder" ] || "$root/make/postgres.sh" stop "$pg_folder"
  pg_folder=
}

smartcard_folder=
start_smartcard() {
  if ! "$root/make/install.sh" smartcard; then
    skip "Smart card" "no PC/SC here and not installable: the tests over a card reader were left out"
    return
  fi
  smartcard_folder=$(mktemp -d "${TMPDIR:-/tmp}/kinchaku-sc.XXXXXX")
  "$root/make/smartcard.sh" start "$smartcard_folder"
  case $? in
  0) export KINCHAKU_TEST_PCSC=1 ;;
  77) skip "Smart card" "no PC/SC stack can be started: the tests over a card reader were left out" ;;
  *) record "Smart card" 0 1 0 "pcscd did not start" ;;
  esac
}
stop_smartcard() {
  [ -z "$smartcard_folder" ] || "$root/make/smartcard.sh" stop "$smartcard_folder"
  smartcard_folder=
}

build() {
  local began=$SECONDS
  say "building everything, with the demo's powers"
  if ! cargo build --locked --workspace --all-targets --features "$features"; then
    record build 0 1 $((SECONDS - began))
    finish
  fi
}

rust_tests() {
  local began=$SECONDS status log=$logs/rust.log
  say "Rust tests"
  cargo test --locked --workspace --no-fail-fast --features "$features" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  counted Rust "$status" "$(sum "$log" 'passed;')" "$(sum "$log" 'failed;')" $((SECONDS - began))
  local ignored
  ignored=$(sum "$log" 'ignored;')
  [ "$ignored" = 0 ] || skip "Rust, ignored" "$ignored tests are marked #[ignore]"
}

peer_tests() {
  local began=$SECONDS status skipped python log=$logs/peers.log
  if ! python=$("$root/make/peers.sh"); then
    skip Peers "no Python 3 with the packages of tests/peers/requirements.txt"
    return
  fi
  "$root/make/install.sh" zbar || say "libzbar0 could not be installed"
  say "other people's software reads what we write"
  KINCHAKU_TEST_VECTORS=$root/fixtures/vectors PYTHONDONTWRITEBYTECODE=1 \
    "$python" -m pytest -p no:cacheprovider -rs tests/peers 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  # The last line alone: a test's own output may speak of numbers too.
  tail -n 1 "$log" >"$log.last"
  counted Peers "$status" "$(sum "$log.last" passed)" \
    "$(($(sum "$log.last" failed) + $(sum "$log.last" error)))" $((SECONDS - began))
  skipped=$(sum "$log.last" skipped)
  [ "$skipped" = 0 ] || skip "Peers, skipped" "$skipped tests skipped themselves"
}

kotlin_tests() {
  local began=$SECONDS status failed log=$logs/kotlin.log
  if ! "$root/make/install.sh" java; then
    skip Kotlin "no JDK with Maven"
    return
  fi
  say "Kotlin pays through the library"
  rm -rf android/*/target/surefire-reports
  # Built above with the demo's powers, like the server it speaks to.
  mvn -B -q -f android/pom.xml test "-Dkinchaku.bin=$(cd "$target/debug" && pwd)" -Dsurefire.useFile=false 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  grep -h -oE '<testsuite [^>]*' android/*/target/surefire-reports/*.xml >"$log.suites" 2>/dev/null
  failed=$(($(attributes "$log.suites" failures) + $(attributes "$log.suites" errors)))
  counted Kotlin "$status" "$(($(attributes "$log.suites" tests) - failed))" "$failed" $((SECONDS - began))
}

# attributes LOG NAME: the total of an attribute's numbers.
attributes() { grep -oE " $2=\"[0-9]+\"" "$1" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'; }

plain_release() {
  local began=$SECONDS status log=$logs/plain_release.log
  say "the plain release build has none of the demo's powers"
  { "${MAKE:-make}" --no-print-directory build && tests/plain_release.sh "$target/release" "$KINCHAKU_TEST_BIN"; } 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  counted "Plain release" "$status" "$(grep -c '^ok - ' "$log")" "$(grep -c '^not ok - ' "$log")" $((SECONDS - began))
}

trap finish EXIT
trap 'record interrupted 0 1 0; exit' INT TERM

for tool in cargo cc; do
  command -v "$tool" >/dev/null || { record "$tool" 0 1 0 "not on the PATH"; finish; }
done
start_postgres
start_smartcard
pcsc=$("$root/make/features.sh" cli tests)
features=$features${pcsc:+,$pcsc}
build
# The binaries that tests start as programs of their own.
export KINCHAKU_TEST_BIN=$target/debug
rust_tests
peer_tests
kotlin_tests
plain_release
finish
