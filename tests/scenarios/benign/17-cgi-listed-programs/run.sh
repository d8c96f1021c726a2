# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The twin of attack 22: the same server, shell and curl. All of the path is listed.
set -euo pipefail

mkdir -p /srv/web/cgi-bin
cat >/srv/web/cgi-bin/orders.cgi <<END
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
curl -sS -m 10 http://$IP_B:8080/
END
chmod 755 /srv/web/cgi-bin/orders.cgi
cat >/tmp/lighttpd.conf <<'END'
server.modules = ("mod_cgi")
server.document-root = "/srv/web"
server.port = 8000
server.username = "www-data"
cgi.assign = (".cgi" => "")
END

serve B 8080
background web on H lighttpd -D -f /tmp/lighttpd.conf
wait_port H 8000

[[ $(on A curl -sS "http://$IP_H:8000/cgi-bin/orders.cgi") == ok ]]
[[ $(on C curl -sS "http://$IP_H:8000/cgi-bin/orders.cgi") == ok ]]
on A ab -q -n 20 -c 4 "http://$IP_H:8000/cgi-bin/orders.cgi" | tee /tmp/ab
grep -Eq '^Complete requests: +20$' /tmp/ab
grep -Eq '^Failed requests: +0$' /tmp/ab
