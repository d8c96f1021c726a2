# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The session leaves a child behind that detached itself in every way, logs out, and only then the
# child connects: its parent is gone, its session is its own, its connection to A is closed.
set -euo pipefail

attack() {
	# shellcheck disable=SC2016 # $1 belongs to the shell on H
	local child='until [ -e /tmp/logged-out ]; do sleep 0.2; done; ssh "$1" id >/tmp/child 2>&1; echo $? >>/tmp/child'
	on A ssh "$USER1@$IP_H" "echo \$SSH_CONNECTION >$LAB_ROOT
		(nohup setsid sh -c '($child) &' sh $IP_B </dev/null >/dev/null 2>&1 &)"
	until [[ ! $(on H ss -Htn state established "sport = :$SSHD_PORT") ]]; do sleep 0.1; done
	touch /tmp/logged-out
	until [[ $(tail -n 1 /tmp/child 2>/dev/null) == [0-9]* ]]; do sleep 0.1; done
	[[ $(tail -n 1 /tmp/child) == 0 ]]
}
