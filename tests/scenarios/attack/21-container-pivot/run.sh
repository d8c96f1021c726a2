# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The container has the host's network, as `--network host` gives it. Its process ids begin with 1,
# so that they are other processes' ids outside, where Sidewatch runs.
set -euo pipefail

container() {
	# shellcheck disable=SC2016 # expanded in the container
	unshare --pid --fork --kill-child --mount --mount-proc --uts -- bash -c '
		hostname container
		exec "$(readlink -f /usr/sbin/sshd)" -D -p 2222'
}

attack() {
	background container on H container
	wait_port H 2222
	on A ssh -p 2222 "$USER1@$IP_H" "[[ \$(hostname) == container && \$PPID -lt 100 ]] || exit 1
		echo \$SSH_CONNECTION >$LAB_ROOT; ssh $IP_B id"
}
