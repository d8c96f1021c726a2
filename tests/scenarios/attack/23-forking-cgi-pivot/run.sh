# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# busybox's httpd forks for each connection; the child reads the request itself and gives the script
# pipes. Requests came before, and two of C are being served meanwhile.
set -euo pipefail

CGI=/srv/web/cgi-bin
mkdir -p "$CGI"
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

serve B 6379
background web on H busybox httpd -f -p 8000 -h /srv/web -u www-data
wait_port H 8000

shell() {
	on A curl -sS "${@:2}" --data-binary "$1" "http://$IP_H:8000/cgi-bin/shell.cgi"
}

attack() {
	[[ $(shell 'id -un') == www-data ]]
	background one on C curl -sS "http://$IP_H:8000/cgi-bin/wait.cgi?one"
	background two on C curl -sS "http://$IP_H:8000/cgi-bin/wait.cgi?two"
	until [[ -e /tmp/waits-one && -e /tmp/waits-two ]]; do sleep 0.1; done
	shell "echo | socat -t 5 - TCP:$IP_B:6379" -w '%{stderr}%{local_ip} %{local_port}\n' 2>"$LAB_ROOT" | grep -q ok
	touch /tmp/over
}
