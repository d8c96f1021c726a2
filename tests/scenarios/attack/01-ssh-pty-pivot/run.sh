# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016,SC2094
# Typed into a terminal on H: ssh to B, a command there, and out again.
set -euo pipefail

# What is typed waits for what is seen, as a person would; the shells on H and B run on real terminals.
typist() {
	local seen=$1
	printf 'echo $SSH_CONNECTION >%s; echo on-"h" $(tty)\n' "$LAB_ROOT"
	until grep -q 'on-h /dev/pts/' "$seen"; do sleep 0.1; done
	printf 'ssh %s\n' "$IP_B"
	printf 'echo on-"b" $(tty)\n'
	until grep -q 'on-b /dev/pts/' "$seen"; do sleep 0.1; done
	printf 'exit\n' # read by the ssh on H, as all that comes before it ends
	until [[ ! $(on B ss -Htn state established "sport = :$SSHD_PORT") ]]; do sleep 0.1; done
	printf 'exit\n'
}

attack() {
	local seen
	seen=$(mktemp)
	typist "$seen" | on A ssh -tt "$USER1@$IP_H" >"$seen"
	grep -q 'on-b' "$seen"
}
