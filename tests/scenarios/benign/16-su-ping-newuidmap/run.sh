# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# An administrator's session uses programs that are setuid or have file capabilities.
set -euo pipefail

session() {
	cat <<-END
		set -eu
		ping -c 1 -W 5 $IP_B
		sudo -n su - $USER2 -c 'id -un'
		unshare --user sh -c 'touch /tmp/ready; until [ -e /tmp/mapped ]; do sleep 0.1; done; cat /proc/self/uid_map' &
		until [ -e /tmp/ready ]; do sleep 0.1; done
		newuidmap \$! 0 \$(id -u) 1 1 $first 1000
		touch /tmp/mapped
		wait \$!
	END
}

first=$(awk -F : -v user="$USER1" '$1 == user { print $2; exit }' /etc/subuid)
on A ssh "$USER1@$IP_H" "$(session)"
