#!/bin/sh
# Runs jobs detached from the connection that starts them, and tells what became of them. For a POSIX shell on
# GNU/Linux (setsid, flock, /proc). A job's folder, 0700, holds:
#   lock      held (flock) from the decision to start until `process` is written: at most one start
#   input     what the job reads, if anything
#   process   `pid start-time boot-id supervisor start-time started-at`, written before the program starts
#   log       stdout and stderr
#   exit      exit code and time, once
# and for a job of the shared runner also:
#   entry     path of its file in the runner's queue; whoever renames that file away decides about the job
#   taken     that file, taken by a runner whose identity is in process.next
#   unstarted that file, taken out again: the job never begins
#   stop      asks the runner to end it
# A runner is a job of its own with `queue` in its folder. Every look at whether it serves is under its lock.
#
# launch.sh probe                                                      boot id
# launch.sh start FOLDER BOOT LIMIT PROGRAM ARG…      < input          attach, or start; then as `poll`
# launch.sh submit FOLDER BOOT RUNNER ENTRY PROGRAM ARG… < input       the same for a job of the shared runner
# launch.sh poll FOLDER BOOT FROM
# launch.sh stop FOLDER BOOT FROM                                      TERM, later KILL, until nothing is left
# launch.sh remove FOLDER BOOT FROM
# launch.sh retire RUNNER                                              exit 0: the idle runner may end
# launch.sh session                                                    what the login manager does at a logout
# BOOT is the boot id the claim was made under; LIMIT in seconds; FROM a byte offset into the log.
set -u
umask 077
boot_file=${TEMPORAL_HBASE_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}
chunk_limit=65536
term_tries=${TEMPORAL_HBASE_TERM_TRIES:-100}

absolute() {
  case $1 in
  /*) printf '%s\n' "$1" ;;
  *) printf '%s/%s\n' "$PWD" "$1" ;;
  esac
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
read -r boot <"$boot_file" || exit 1

# Sets `start` to the start time of a process in clock ticks since boot; to nothing for one that is gone or a zombie.
# A process name may hold blanks and parentheses, so what follows the last one is read.
look_at() {
  start=
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  # shellcheck disable=SC2086
  set -- ${line##*\) }
  case ${1-Z} in
  Z | X | x) ;;
  *) start=${20} ;;
  esac
}

# Is process $1 with start time $2 of boot $3 still there? Never true for pid 0 or 1: a signal to them hits all.
is_alive() {
  case $1 in '' | 0 | 1 | *[!0-9]*) return 1 ;; esac
  [ "$3" = "$boot" ] || return 1
  look_at "$1"
  [ -n "$start" ] && [ "$start" = "$2" ]
}

# Sets pid, pid_start, pid_boot, supervisor, supervisor_start, started_at from a `process` file.
read_process() {
  pid= pid_start= pid_boot= supervisor= supervisor_start= started_at=
  { read -r pid pid_start pid_boot supervisor supervisor_start started_at <"$1"; } 2>/dev/null
}

job_alive() { read_process "$1" && is_alive "$pid" "$pid_start" "$pid_boot"; }

# Processes of a job wherever they went: a child may have outlived its parent, or left its group.
members() {
  grep -lzxF -- "TEMPORAL_HBASE_JOB=$folder" /proc/[0-9]*/environ 2>/dev/null | sed 's|^/proc/\([0-9]*\)/.*|\1|'
}

is_working() {
  job_alive "$folder/process" || is_alive "$supervisor" "$supervisor_start" "$pid_boot" || [ -n "$(members)" ]
}

runner_alive() { job_alive "$runner/process"; }

# Writes a file whole or not at all.
put() {
  cat >"$1.tmp.$$" && mv -f -- "$1.tmp.$$" "$1"
}

take_lock() {
  exec 9>>"$1/lock"
  flock -w 60 9 || {
    echo "the lock of $1 is held by another start" >&2
    exit 75
  }
}

# --- what became of a job

# Under the runner's lock. An entry that no runner will ever take is taken here, so that the next runner cannot start
# it behind our back.
phase_of_entry() {
  entry=$(cat "$folder/entry")
  runner=${entry%/queue/*}
  exec 8>>"$runner/lock"
  flock -w 60 8
  if [ -e "$folder/unstarted" ]; then
    echo lost
  elif [ -e "$folder/process" ]; then
    phase_now "$1"
  elif [ -e "$folder/taken" ]; then
    if job_alive "$folder/process.next"; then echo starting; else echo lost; fi
  elif runner_alive; then
    # In neither place: its start died before it was queued.
    if [ -e "$entry" ] || [ -e "$folder/taken" ]; then echo starting; else echo lost; fi
  else
    mv -- "$entry" "$folder/unstarted" 2>/dev/null
    echo lost
  fi
  exec 8>&-
}

phase_now() {
  if [ -e "$folder/exit" ]; then
    echo exited
  elif [ -e "$folder/process" ]; then
    if is_working; then
      echo running
    elif [ -e "$folder/exit" ]; then # written between the two looks
      echo exited
    else
      echo lost
    fi
  elif [ -e "$folder/entry" ]; then
    phase_of_entry "$1"
  elif [ "$boot" != "$1" ]; then
    echo lost
  elif [ -e "$folder/lock" ] && ! flock -n "$folder/lock" true; then
    echo starting
  else
    echo absent
  fi
}

# Ids of the applications that the log says it submitted (a job's is printed just before), and the progress.
scan_log() {
  { head -c 2097152 "$1" && tail -c "$chunk_limit" "$1"; } | LC_ALL=C awk '
    /Submitt|Running job|track the job/ && match($0, /(application|job)_[0-9]+_[0-9]+/) {
      id = substr($0, RSTART, RLENGTH)
      sub(/^job_/, "application_", id)
      if (!(id in seen)) ids = ids id " "
      seen[id] = 1
    }
    match($0, /map +[0-9]+% +reduce/) { percent = substr($0, RSTART + 3, RLENGTH - 9) + 0 }
    END { printf "applications=%s\npercent=%s\n", ids, percent }'
}

print_state() {
  phase=$(phase_now "$1")
  from=$2
  size=0
  [ -e "$folder/log" ] && size=$(wc -c <"$folder/log")
  chunk=$((size - from))
  tail_size=0
  case $phase in
  exited | lost)
    # The end of a log that nobody followed is worth more than its middle.
    [ "$chunk" -gt "$chunk_limit" ] && from=$((size - chunk_limit)) && chunk=$chunk_limit
    tail_size=$((size < chunk_limit ? size : chunk_limit))
    ;;
  esac
  [ "$chunk" -lt 0 ] && chunk=0
  [ "$chunk" -gt "$chunk_limit" ] && chunk=$chunk_limit
  printf 'phase=%s\nboot=%s\nsize=%s\nfrom=%s\nchunk=%s\ntail=%s\n' "$phase" "$boot" "$size" "$from" "$chunk" "$tail_size"
  read_process "$folder/process" && printf 'pid=%s\npidStart=%s\nstartedAt=%s\n' "$pid" "$pid_start" "$started_at"
  [ -e "$folder/exit" ] && read -r code at <"$folder/exit" && printf 'exitCode=%s\nfinishedAt=%s\n' "$code" "$at"
  [ "$size" -gt 0 ] && scan_log "$folder/log"
  echo
  [ "$chunk" -gt 0 ] && tail -c "+$((from + 1))" "$folder/log" | head -c "$chunk"
  [ "$tail_size" -gt 0 ] && head -c "$size" "$folder/log" | tail -c "$tail_size"
  return 0
}

# --- starting

wait_for_process() {
  tries=0
  while [ ! -e "$1/process" ] && [ "$tries" -lt 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
}

# Sets `linger` and `kills` to yes or no; to nothing where no login manager answers.
look_at_session() {
  linger= kills=
  command -v loginctl >/dev/null 2>&1 || return 0
  linger=$(timeout 5 loginctl show-user "$(id -un)" --property=Linger --value 2>/dev/null)
  kills=$(timeout 5 loginctl show-user --property=KillUserProcesses --value 2>/dev/null)
  return 0
}

# Out of the login's session, which systemd-logind may end with all that is in it (KillUserProcesses). A scope of the
# user's own manager is outside, and stays when the last session ends only where the user lingers.
apart() {
  look_at_session
  : "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"
  export XDG_RUNTIME_DIR
  if [ "$linger" = yes ] && systemd-run --user --scope --quiet --collect true; then
    exec systemd-run --user --scope --quiet --collect setsid "$@"
  fi
  exec setsid "$@"
}

# The lock goes on to the new process, which gives it up when its identity is written: no second start in between.
spawn() {
  (apart sh "$self" supervise "$@") </dev/null >/dev/null 2>&1 &
}

start() {
  expected=$1 limit=$2
  shift 2
  mkdir -p -- "$folder"
  take_lock "$folder"
  if [ ! -e "$folder/process" ] && [ "$boot" = "$expected" ]; then
    put "$folder/input" || exit 1
    spawn "$folder" "$limit" "$@"
    exec 9>&-
    wait_for_process "$folder"
  fi
  exec 9>&-
  print_state "$expected" 0
}

supervise() {
  limit=$1
  shift
  setsid sh "$self" job "$folder" "$@" </dev/null >>"$folder/log" 2>&1 &
  job=$!
  exec 9>&-
  setsid sh "$self" watch "$folder" "$limit" "$job" </dev/null >/dev/null 2>&1 &
  watch=$!
  wait "$job"
  code=$?
  printf '%s %s\n' "$code" "$(now)" | put "$folder/exit"
  kill -s TERM -- "-$watch" 2>/dev/null || kill -s TERM "$watch" 2>/dev/null
}

# Becomes the program: pid, start time and group stay, so they are known before the first line of it runs.
job() {
  look_at $$
  own_start=$start
  look_at "$PPID"
  printf '%s %s %s %s %s %s\n' $$ "$own_start" "$boot" "$PPID" "${start:-0}" "$(now)" | put "$folder/process" || exit 1
  cd "$folder" || exit 1
  TEMPORAL_HBASE_JOB=$folder
  export TEMPORAL_HBASE_JOB
  exec 9>&-
  exec "$@"
}

# The time limit, on the host. Short sleeps, so that it does not outlive a job whose supervisor was killed.
watch() {
  left=$1 job=$2
  while [ "$left" -gt 0 ]; do
    sleep "$((left < 30 ? left : 30))"
    left=$((left - 30))
    look_at "$job"
    [ -n "$start" ] || exit 0
  done
  printf '\ntemporal-hbase: ended at its time limit\n' >>"$folder/log"
  end_job
}

# --- the shared runner

submit() {
  expected=$1 runner=$(absolute "$2") name=$3
  shift 3
  mkdir -p -- "$folder" "$runner"
  take_lock "$folder"
  if [ ! -e "$folder/process" ] && [ ! -e "$folder/entry" ] && [ "$boot" = "$expected" ]; then
    put "$folder/input" || exit 1
    enqueue "$@" || exit 1
  fi
  exec 9>&-
  print_state "$expected" 0
}

# `entry` comes first: a start that dies in between is seen, and settled as never begun.
enqueue() {
  exec 8>>"$runner/lock"
  flock -w 60 8 || return 1
  mkdir -p -- "$runner/queue" || return 1
  printf '%s\n' "$folder" | put "$folder/entry.new" || return 1
  printf '%s\n' "$runner/queue/$name" | put "$folder/entry" || return 1
  mv -- "$folder/entry.new" "$runner/queue/$name" || return 1
  runner_alive || start_runner "$@"
  exec 8>&-
}

start_runner() {
  rm -f -- "$runner/process" "$runner/exit"
  [ -e "$runner/log" ] && mv -f -- "$runner/log" "$runner/log.1"
  # The runner's lock goes on to it as fd 9; the job's does not. 7 days: it ends by itself when it is idle.
  (
    exec 9>&8 8>&-
    spawn "$runner" 604800 "$@" "$self" "$runner"
  )
  wait_for_process "$runner"
}

# What comes into the queue later finds no runner and starts one.
retire() {
  take_lock "$folder"
  [ -z "$(ls -A "$folder/queue")" ] && mv -f -- "$folder/process" "$folder/retired"
}

# --- ending

signal_all() {
  if job_alive "$folder/process"; then
    kill -s "$1" -- "-$pid" 2>/dev/null
  fi
  for member in $(members); do
    [ "$member" -gt 1 ] && kill -s "$1" "$member" 2>/dev/null
  done
  return 0
}

still_there() {
  job_alive "$folder/process" || [ -n "$(members)" ]
}

end_job() {
  signal_all TERM
  tries=0
  while still_there && [ "$tries" -lt $((term_tries + 100)) ]; do
    [ "$tries" -ge "$term_tries" ] && signal_all KILL
    sleep 0.1
    tries=$((tries + 1))
  done
}

stop_shared() {
  entry=$(cat "$folder/entry")
  if mv -- "$entry" "$folder/unstarted" 2>/dev/null; then
    printf '143 %s\n' "$(now)" | put "$folder/exit"
    return 0
  fi
  : >"$folder/stop"
  tries=0
  while [ "$(phase_now "$1")" = running ] || [ "$(phase_now "$1")" = starting ]; do
    [ "$tries" -ge 300 ] && return 0
    sleep 0.1
    tries=$((tries + 1))
  done
}

stop() {
  if [ -e "$folder/entry" ]; then
    stop_shared "$1"
  elif [ -e "$folder/process" ]; then
    end_job
    tries=0
    while [ "$(phase_now "$1")" = running ] && [ "$tries" -lt 50 ]; do
      sleep 0.1
      tries=$((tries + 1))
    done
  fi
  print_state "$1" "$2"
}

remove() {
  case $(phase_now "$1") in
  running | starting) ;;
  *)
    rm -rf -- "$folder"
    rmdir -p -- "$(dirname -- "$folder")" 2>/dev/null
    ;;
  esac
  print_state "$1" "$2"
}

self=$(absolute "$0")
verb=$1
shift
case $verb in
probe)
  printf 'boot=%s\n' "$boot"
  exit 0
  ;;
session)
  look_at_session
  printf 'linger=%s\nkills=%s\nuser=%s\n' "$linger" "$kills" "$(id -un)"
  exit 0
  ;;
esac
folder=$(absolute "$1")
shift
case $verb in
start) start "$@" ;;
submit) submit "$@" ;;
poll) print_state "$@" ;;
stop) stop "$@" ;;
remove) remove "$@" ;;
supervise) supervise "$@" ;;
job) job "$@" ;;
watch) watch "$@" ;;
retire) retire ;;
*)
  echo "unknown verb $verb" >&2
  exit 64
  ;;
esac
