# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lighttpd reads all requests in one thread and gives scripts pipes. Others were served before, but
# theirs are closed: the thread has this one connection that it can be working for.
set -euo pipefail

mkdir -p /srv/web
cat >/srv/web/run.cgi <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
sh -c "$(head -c "$CONTENT_LENGTH")" 2>&1
END
chmod 755 /srv/web/run.cgi
cat >/tmp/lighttpd.conf <<'END'
server.modules = ("mod_cgi")
server.document-root = "/srv/web"
server.port = 8000
server.username = "www-data"
cgi.assign = (".cgi" => "")
END

serve B 6379
background web on H lighttpd -D -f /tmp/lighttpd.conf
wait_port H 8000

run() { # HOST COMMAND
	on "$1" curl -sS "${@:3}" --data-binary "$2" "http://$IP_H:8000/run.cgi"
}

attack() {
	[[ $(run C 'id -un') == www-data ]]
	[[ $(run A 'id -un') == www-data ]]
	run A "echo | socat -t 5 - TCP:$IP_B:6379" -w '%{stderr}%{local_ip} %{local_port}\n' 2>"$LAB_ROOT" | grep -q ok
}
