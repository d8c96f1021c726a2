# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# One command, no terminal. Meanwhile another user sits quietly on H from the same A.
set -euo pipefail

attack() {
	background bystander on A ssh "$USER2@$IP_H" 'touch /tmp/sits; sleep 30'
	until [[ -e /tmp/sits ]]; do sleep 0.1; done
	on A ssh "$USER1@$IP_H" "echo \$SSH_CONNECTION >$LAB_ROOT; ssh $IP_B id"
}
