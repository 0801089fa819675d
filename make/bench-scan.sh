#!/usr/bin/env bash
# bench-scan.sh: how well and how fast codes are read, side by side with other people's readers on the same frames.
#
#   FRAMES=114        frames of each series
#   SEED="1 2"        held-out series, any numbers; "development" for the frames that are tuned on
#   DEADLINE=250      milliseconds a frame may take
#   PAIRS= STILLS= SEQUENCES=   receipts in both forms, frames of 12 megapixels, sequences; from FRAMES where not given
#   PICTURES=folder   also read these pictures; each beside a .txt with what stands in it
set -euo pipefail
. "$(dirname "$0")/say.sh"

export FRAMES=${FRAMES:-} SEED=${SEED:-} DEADLINE=${DEADLINE:-} PAIRS=${PAIRS:-} STILLS=${STILLS:-} SEQUENCES=${SEQUENCES:-}
export PICTURES=${PICTURES:-}
# zbar is a library of the system; without it the others still run.
"$root/make/install.sh" zbar || say "zbar: SKIPPED, libzbar0 is not here"
if python=$("$root/make/peers.sh"); then
  export KINCHAKU_SCAN_PEERS="$python $root/make/scan-peers/readers.py"
fi
cargo bench --locked -p kinchaku-fixtures --features held-out --bench scan
