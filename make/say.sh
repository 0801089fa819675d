# shellcheck shell=bash disable=SC2034
# Read by the other scripts: where things are, and one way to speak.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
cd "$root" || exit 1

say() { printf '%s\n' "== $*" >&2; }

# In CI nothing may be left out: there a skipped part is a failed one.
in_ci() { [ "${CI:-}" = true ]; }
