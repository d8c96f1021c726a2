# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# A monitoring server on A asks H's NRPE, whose plugins open connections to B.
set -euo pipefail

cat >/tmp/nrpe.cfg <<END
server_port=5666
nrpe_user=nagios
nrpe_group=nogroup
allowed_hosts=$IP_A
dont_blame_nrpe=0
command_timeout=30
command[ssh]=/usr/lib/nagios/plugins/check_ssh -p $SSHD_PORT $IP_B
command[tcp]=/usr/lib/nagios/plugins/check_tcp -H $IP_B -p 8080
command[load]=/usr/lib/nagios/plugins/check_load -w 1000,1000,1000 -c 1000,1000,1000
END

serve B 8080
background nrpe on H nrpe --no-ssl --no-forking --config=/tmp/nrpe.cfg
wait_port H 5666

for ((round = 0; round < LEARN_ROUNDS; round++)); do
	for command in ssh tcp load; do
		on A /usr/lib/nagios/plugins/check_nrpe --no-ssl -t 30 -H "$IP_H" -c "$command" | tee /tmp/said
		grep -q OK /tmp/said
	done
done
