# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Every request of A makes nginx on H connect to the upstream on C. When half of them are done, somebody
# comes in and goes on.
set -euo pipefail

REQUESTS=1000000
PARTS=10 # one after the other, so that it is known how far they are

nginx_on() {
	local host=$1 port=$2 location=$3 dir=/tmp/nginx-$1
	mkdir -p "$dir"
	cat >"$dir/conf" <<-END
		pid $dir/pid;
		error_log $dir/errors;
		worker_processes 1;
		worker_rlimit_nofile 8192;
		events { worker_connections 4096; }
		http {
			access_log off;
			keepalive_requests $REQUESTS;
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			server {
				listen $port backlog=1024;
				location / { $location }
			}
		}
	END
	background "nginx-$host" on "$host" nginx -c "$dir/conf" -g 'daemon off;'
	wait_port "$host" "$port"
}

load() {
	local part
	for ((part = 1; part <= PARTS; part++)); do
		on A ab -q -k -n "$((REQUESTS / PARTS))" -c 16 "http://$IP_H/" >/tmp/ab
		grep -Eq "^Complete requests: +$((REQUESTS / PARTS))\$" /tmp/ab
		grep -Eq '^Failed requests: +0$' /tmp/ab
		if grep '^Non-2xx responses' /tmp/ab; then return 1; fi
		echo "$part" >/tmp/parts
	done
}

attack() {
	nginx_on C 8080 'return 200 "from the upstream\n";'
	nginx_on H 80 "proxy_pass http://$IP_C:8080;"
	echo 0 >/tmp/parts
	load &
	until (($(cat /tmp/parts) >= PARTS / 2)); do sleep 0.1; done
	on A ssh "$USER1@$IP_H" "echo \$SSH_CONNECTION >$LAB_ROOT; ssh $IP_B true"
	wait $!
}
