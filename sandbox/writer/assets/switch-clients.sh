#!/bin/sh
# Moves every live writer of this sandbox to the cluster named, and returns once each has written there.
#   switch-clients old|new     exit 0: all writers write there
#   switch-clients --check     exit 0: every writer can read its tables on both clusters
set -eu
PATH=/usr/bin:/bin
writers="$(cd "$(dirname "$0")" && pwd)/writers"
limit_s=15

live() {
  [ -f "$1/pid" ] && [ ! -f "$1/ended" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

tell() { # folder, file, text
  printf '%s\n' "$3" >"$1/.$2.$$" && mv "$1/.$2.$$" "$1/$2"
}

wait_for() { # folder, file, first word wanted
  until_s=$(($(date +%s) + limit_s))
  while live "$1"; do
    answer="$(cat "$1/$2" 2>/dev/null || true)"
    [ "${answer%% *}" = "$3" ] && return 0
    if [ "$(date +%s)" -ge "$until_s" ]; then
      echo "$(basename "$1") did not answer within $limit_s s: $(cat "$1/failed" 2>/dev/null || true)" >&2
      return 1
    fi
    sleep 0.05
  done
  echo "$(basename "$1") has ended" >&2
}

each() { # function
  for folder in "$writers"/*/; do
    folder="${folder%/}"
    if live "$folder"; then "$1" "$folder"; fi
  done
}

ask_switch() { tell "$1" target "$target"; }
await_switch() { wait_for "$1" cluster "$target" && echo "$(basename "$1") writes to $target"; }
ask_probe() { tell "$1" probe "$$-$now"; }
await_probe() {
  wait_for "$1" probed "$$-$now"
  answer="$(cat "$1/probed")"
  answer="${answer#* }"
  echo "$(basename "$1"): $answer"
  [ "$answer" = ok ]
}

case "${1-}" in
  old | new) target="$1" && each ask_switch && each await_switch ;;
  --check) now="$(date +%s)" && each ask_probe && each await_probe ;;
  *) echo "usage: $0 old|new|--check" >&2 && exit 2 ;;
esac
