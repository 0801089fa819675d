#!/usr/bin/env bash
# peers.sh: installs other people's software (tests/peers/requirements.txt) into .venv and prints the path of its Python. Exit 77
# when that can't be done here.
set -euo pipefail
. "$(dirname "$0")/say.sh"

venv=$root/.venv
wanted=tests/peers/requirements.txt
"$root/make/install.sh" python || { say "no Python 3 with venv"; exit 77; }
if ! cmp -s "$wanted" "$venv/requirements.txt"; then
  say "installing into .venv: $wanted"
  rm -rf "$venv"
  if ! python3 -m venv "$venv" >&2 ||
    ! "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$wanted" >&2; then
    say "the packages of $wanted could not be installed"
    exit 77
  fi
  cp "$wanted" "$venv/requirements.txt"
fi
printf '%s\n' "$venv/bin/python"
