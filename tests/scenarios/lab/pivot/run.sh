# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# What follows every silent scenario: A pivot that must alert.
set -euo pipefail
on A ssh "$USER1@$IP_H" "echo \$SSH_CONNECTION >$LAB_ROOT; ssh $IP_B true"
