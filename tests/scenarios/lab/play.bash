#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plays one scenario inside the lab: sources its run.sh with the helpers that are described below.
# usage: play.bash FOLDER cold|learned      The environment holds the lab's names and addresses.
# tests/scenarios/README.md describes the helpers for those who write scenarios.
set -u
FOLDER=$1
PHASE=$2
LAB=/run/lab

mark() {
	printf '%s %s\n' "$1" "$EPOCHREALTIME" >>"$LAB/marks"
}

# on HOST command…: runs it as root in that host's network namespace and control group.
on() {
	local host=$1
	shift
	if declare -F -- "$1" >/dev/null; then
		set -- bash -c "$(declare -f)"$'\n''"$@"' on "$@"
	fi
	(
		echo "$BASHPID" >"$LAB/cgroup/$host/cgroup.procs"
		exec nsenter --net="/run/netns/$host" -- "$@"
	)
}

# background NAME command…: starts it without input; what it says is in log/NAME. Its pid is in $!.
background() {
	local name=$1
	shift
	"$@" </dev/null >"$LAB/log/$name" 2>&1 &
}

# wait_port HOST PORT: returns when something listens there; fails after 20 seconds.
wait_port() {
	local i
	for ((i = 0; i < 200; i++)); do
		[[ ! $(on "$1" ss -Hltn "sport = :$2") ]] || return 0
		sleep 0.1
	done
	echo "wait_port: nothing listens on $1:$2" >&2
	return 1
}

# serve HOST PORT [program…]: listens on a TCP port; each connection gets the program as inetd
# would start it, or else a small HTTP answer. Returns when it listens.
serve() {
	local host=$1 port=$2
	shift 2
	background "serve-$host-$port" on "$host" /usr/bin/python3 "$LAB_CODE/serve.py" "$port" "$@"
	wait_port "$host" "$port"
}

# What is learned where the scenario does not say: that USER1 comes from A.
learn_logins() {
	local i
	for ((i = 0; i < LEARN_ROUNDS; i++)); do
		on A ssh "$USER1@$IP_H" true || return
		sleep "$DAY_S"
	done
}

cd "$FOLDER" || exit
if [[ $PHASE == learned ]] && ! grep -qE '^[[:space:]]*(function[[:space:]]+)?learn[[:space:]]*(\(|\{)' run.sh; then
	mark learn
	learn_logins || exit
fi
mark attack
# shellcheck source=/dev/null
. ./run.sh || exit
if [[ $PHASE == learned ]] && declare -F learn >/dev/null; then
	mark learn
	learn || exit
fi
if declare -F attack >/dev/null; then
	mark attack
	attack || exit
fi
mark end
