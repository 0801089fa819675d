#!/usr/bin/env bash
# postgres.sh where | start FOLDER | stop FOLDER: a PostgreSQL server for tests, in a folder of its own.
#
# `start` prints the URL of the database. It listens on a socket in FOLDER alone, whose path must be
# short: a socket's name has at most 107 bytes. Nothing is synced to disk unless PG_FSYNC=on, which
# crash tests and benches want. Exit 77: there is no PostgreSQL here.
set -euo pipefail

find_bin() {
  local folder
  for folder in "${PG_BIN:-}" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -rV) \
    "$(dirname "$(command -v initdb || echo /none/initdb)")"; do
    if [ -n "$folder" ] && [ -x "$folder/initdb" ]; then
      printf '%s\n' "$folder"
      return
    fi
  done
  return 77
}

# PostgreSQL refuses to run as root, so root lends the folder to another user. HOME is set because the
# server looks for certificates in it, and root's home can't be read.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    env HOME="$folder" setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups -- "$@"
  else
    "$@"
  fi
}

start() {
  local fsync=${PG_FSYNC:-off}
  mkdir -p "$folder"
  [ "$(id -u)" != 0 ] || chown "$owner" "$folder"
  cd "$folder" # the one place that the owner is sure to be let into
  LC_ALL=C as_owner "$bin/initdb" -D "$folder/data" -U app -A trust -E UTF8 --locale=C --no-sync >/dev/null
  as_owner tee -a "$folder/data/postgresql.conf" >/dev/null <<SETTINGS
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 100
shared_buffers = 128MB
max_wal_size = 4GB
fsync = $fsync
synchronous_commit = $fsync
full_page_writes = $fsync
SETTINGS
  as_owner "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -s start >&2 || {
    cat "$folder/log" >&2
    return 1
  }
  printf 'postgres:///postgres?host=%s&user=app\n' "$folder"
}

stop() {
  if [ -f "$folder/data/postmaster.pid" ]; then
    cd "$folder"
    as_owner "$bin/pg_ctl" -D "$folder/data" -m immediate -s stop
  fi
  cd /
  rm -rf "$folder"
}

bin=$(find_bin) || exit 77
owner=$(id -un postgres 2>/dev/null || echo nobody)
case ${1:-} in
where) printf '%s\n' "$bin" ;;
start | stop)
  folder=${2:?a folder}
  "$1"
  ;;
*)
  echo "postgres.sh where | start FOLDER | stop FOLDER" >&2
  exit 2
  ;;
esac
