#!/usr/bin/env bash
# bench_bindings.sh: what a call from Kotlin costs against the same call in Rust, and how large the phones' library is.
set -euo pipefail
. "$(dirname "$0")/say.sh"

# The size goal of a phone, in bytes: 6 MB for each kind of processor.
goal=6000000

if "$root/make/install.sh" java; then
  cargo build --locked --release -p kinchaku-bindings -p kinchaku-server -p kinchaku-tests --lib --bins --example town \
    --features kinchaku-bindings/demo,kinchaku-server/demo --target-dir "$target/bench"
  mvn -B -q -f android/pom.xml test -Dkinchaku.tests=bench "-Dkinchaku.bin=$(cd "$target/bench/release" && pwd)"
  # Maven keeps to itself what tests print when it is told to be quiet.
  grep -h -E '(^|\[)B1 |÷' android/core/target/surefire-reports/TEST-*MeasureTest.xml | sed 's/.*CDATA\[//'
else
  say "B1: SKIPPED, no JDK with Maven"
fi

# Built with its names, which say what is in it; stripped of them, as a phone gets it.
cargo build --locked --profile phone -p kinchaku-bindings --lib --config 'profile.phone.strip="none"'
named=$target/phone/libkinchaku.so
library=$target/phone/libkinchaku.stripped.so
strip --strip-all -o "$library" "$named"
size=$(stat -c %s "$library")
printf 'B2 library for phones, stripped: %d bytes, goal %d: %s\n' "$size" "$goal" \
  "$([ "$size" -le "$goal" ] && echo "within it" || echo "above it by $((size - goal))")"
say "what is in it, by section"
size -A "$library" | awk '$2 > 20000 { printf "   %-22s %9d\n", $1, $2 }'
say "what is in its code, by crate"
nm --size-sort --radix=d -C -S "$named" | awk '
  $3 ~ /^[tT]$/ {
    bytes = $2 + 0; name = $4
    if (name ~ /^</) { name = $4 " " $5 " " $6; gsub(/[<&]|mut |dyn /, "", name) }
    crate = name; sub(/::.*/, "", crate)
    if (name !~ /::/) crate = "C (SQLCipher, ring)"
    sum[crate] += bytes
  }
  END { for (crate in sum) printf "%9d  %s\n", sum[crate], crate }' | sort -rn | head -24
