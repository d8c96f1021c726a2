# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The user becomes root by sudo and goes on with root's key.
set -euo pipefail

attack() {
	on A ssh "$USER1@$IP_H" "echo \$SSH_CONNECTION >$LAB_ROOT; sudo -n sh -c 'id -u; ssh $USER2@$IP_B id'"
}
