#!/bin/sh
# Stands for an operator's switch of clients: acts on every live writer of this sandbox and waits for its answer.
#   switch-clients old|new [-]   move the writers there; exit 0 once each has written there
#   switch-clients -             the same, with the target from the JSON on standard input
#   switch-clients fence|unfence hold all writes back, or let them go on
#   switch-clients --check [-]   exit 0 when every writer can read its tables on both clusters
# With `-` standard input holds {"to": "new", "tables": ["a", "ns:b"]}; only these tables move, or are read.
set -eu
PATH=/usr/bin:/bin
writers="$(cd "$(dirname "$0")" && pwd)/writers"
limit_s=15
id="$$-$(date +%s)"
to=''
tables=''

live() {
  [ -f "$1/pid" ] && [ ! -f "$1/ended" ] && is_writer "$(cat "$1/pid")" "/writers/${1##*/}"
}

# A killed writer says no end, and its pid may be another process's by now.
is_writer() { # pid, end of its folder's path
  if [ -d /proc/self ]; then
    { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null | grep -qF -e "$2 "
  else
    printf '%s ' "$(ps -ww -o args= -p "$1")" | grep -qF -e "$2 "
  fi
}

# Table and cluster names hold no quote, comma or bracket, so this is all the JSON there is to understand.
read_input() {
  input="$(tr -d '\n ')"
  tables="$(printf '%s' "$input" | sed -n 's/.*"tables":\[\([^]]*\)\].*/\1/p' | tr -d '"' | tr ',' ' ')"
  to="$(printf '%s' "$input" | sed -n 's/.*"to":"\([^"]*\)".*/\1/p')"
}

ask() { # folder
  printf '%s %s\n' "$id" "$request" >"$1/.request.$$" && mv "$1/.request.$$" "$1/request"
}

await() { # folder
  name="$(basename "$1")"
  until_s=$(($(date +%s) + limit_s))
  while live "$1"; do
    answer="$(cat "$1/answer" 2>/dev/null || true)"
    if [ "${answer%% *}" = "$id" ]; then
      answer="${answer#* }"
      echo "$name: $answer"
      [ "${answer%% *}" = ok ]
      return
    fi
    if [ "$(date +%s)" -ge "$until_s" ]; then
      echo "$name: no answer within $limit_s s" >&2
      return 1
    fi
    sleep 0.05
  done
  echo "$name: has ended"
}

all() {
  for folder in "$writers"/*/; do
    if live "${folder%/}"; then ask "${folder%/}"; fi
  done
  failed=0
  for folder in "$writers"/*/; do
    if live "${folder%/}"; then await "${folder%/}" || failed=1; fi
  done
  return $failed
}

[ "${2-}" != - ] || read_input
case "${1-}" in
  old | new) request="switch $1 $tables" ;;
  -)
    read_input
    [ -n "$to" ] || { echo "no \"to\" on standard input" >&2 && exit 2; }
    request="switch $to $tables"
    ;;
  fence | unfence) request="$1" ;;
  --check) request="probe $tables" ;;
  *) echo "usage: $0 old|new|-|fence|unfence|--check" >&2 && exit 2 ;;
esac
all
