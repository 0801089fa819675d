#!/usr/bin/env bash
# features.sh CRATE…: the cargo features of these crates that this machine can build, comma-separated, maybe none.
#
# `pcsc` links the PC/SC library. Where that is not here, an install is tried first; without it everything
# else builds and runs.
set -euo pipefail
. "$(dirname "$0")/say.sh"

"$root/make/install.sh" smartcard >&2 || true
pkg-config --exists libpcsclite 2>/dev/null || exit 0
list=
for crate in "$@"; do
  grep -q '^pcsc = ' "$root/$crate/Cargo.toml" || continue
  list=$list${list:+,}kinchaku-$crate/pcsc
done
echo "$list"
