#!/usr/bin/env bash
# bindings.sh [--check]: writes the Kotlin and the Swift of the library into android/ and ios/; with --check it only says
# whether what is committed there is what would be written. Needs neither Java nor Swift.
set -euo pipefail
. "$(dirname "$0")/say.sh"

kotlin=$root/android/core/src/main/kotlin-generated
swift=$root/ios/Kinchaku/Sources/Generated

cargo build --locked --quiet -p kinchaku-bindings --features bindgen
case $(uname) in
Darwin) library=$target/debug/libkinchaku.dylib ;;
*) library=$target/debug/libkinchaku.so ;;
esac

made=$(mktemp -d "${TMPDIR:-/tmp}/kinchaku-bindings.XXXXXX")
trap 'rm -rf "$made"' EXIT
for language in kotlin swift; do
  "$target/debug/uniffi-bindgen" generate "$library" --language "$language" --no-format --out-dir "$made/$language"
done
# The generator leaves blanks at ends of lines.
find "$made" -type f -exec sed -i.bak -e 's/[[:space:]]*$//' {} +
find "$made" -name '*.bak' -delete

if [ "${1:-}" = --check ]; then
  for pair in "kotlin:$kotlin" "swift:$swift"; do
    if ! diff -rq "$made/${pair%%:*}" "${pair#*:}" >&2; then
      say "what is committed in ${pair#*:} is not what the library has: make bindings"
      exit 1
    fi
  done
  say "the committed bindings are what the library has"
  exit 0
fi
for pair in "kotlin:$kotlin" "swift:$swift"; do
  rm -rf "${pair#*:}"
  mkdir -p "${pair#*:}"
  cp -R "$made/${pair%%:*}/." "${pair#*:}/"
done
