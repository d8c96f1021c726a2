# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Nothing is listed: what a service runs is its own affair as long as it goes to no internal host.
set -euo pipefail

WORLD=203.0.113.7 # behind B, which routes
ip -netns B address add "$WORLD/32" dev lo
ip -netns H route add "$WORLD/32" via "$IP_B"

CGI=/srv/web/cgi-bin
mkdir -p "$CGI"
cat >"$CGI/report.cgi" <<END
#!/bin/sh
printf 'Content-Type: text/plain\n\n'
id -un
curl -sS -m 10 http://127.0.0.1:8081/
curl -sS -m 10 http://$IP_H:8081/
curl -sS -m 10 http://$WORLD:8080/
END
chmod 755 "$CGI/report.cgi"

serve B 8080
serve H 8081
background web on H python3 -m http.server --cgi --directory /srv/web 8000
wait_port H 8000

for ((round = 0; round < LEARN_ROUNDS; round++)); do
	[[ $(on A curl -sS "http://$IP_H:8000/cgi-bin/report.cgi") == $'nobody\nok\nok\nok' ]]
done
