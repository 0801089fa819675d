#!/usr/bin/env bash
# install.sh postgresql|python|smartcard|zbar|java: makes sure that it is there. Exit 77 when it is not and can't be got.
set -euo pipefail
. "$(dirname "$0")/say.sh"

postgres_there() { "$root/make/postgres.sh" where >/dev/null 2>&1; }
python_there() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }
java_there() { command -v javac >/dev/null && command -v mvn >/dev/null; }
smartcard_there() {
  local tool
  for tool in pcscd opensc-tool pkcs15-tool pkcs15-crypt pkcs11-tool openssl pkg-config; do
    command -v "$tool" >/dev/null || return 1
  done
  [ -e /etc/reader.conf.d/vpcd ] && pkg-config --exists libpcsclite
}
zbar_there() { ldconfig -p | grep -q 'libzbar\.so\.0'; }

case ${1:-} in
postgresql) there=postgres_there packages="postgresql" ;;
java) there=java_there packages="default-jdk-headless maven" ;;
python) there=python_there packages="python3 python3-venv" ;;
smartcard) there=smartcard_there packages="pcscd libpcsclite-dev vsmartcard-vpcd opensc openssl pkg-config" ;;
zbar) there=zbar_there packages="libzbar0" ;;
*) say "install.sh postgresql|python|smartcard|zbar|java"; exit 2 ;;
esac

if $there; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  say "needed and not here: $packages (only root on Debian can have it installed by this script)"
  exit 77
fi

say "installing with apt-get: $packages"
apt=(apt-get -o DPkg::Lock::Timeout=600 -qq)
export DEBIAN_FRONTEND=noninteractive
# Runlevel 1 keeps Debian from starting a database service of its own.
export RUNLEVEL=1
"${apt[@]}" update >/dev/null || say "the package lists could not be renewed; trying with those at hand"
# shellcheck disable=SC2086
"${apt[@]}" install --no-install-recommends --no-upgrade -y $packages >/dev/null || exit 77
$there || exit 77
