# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Plain serving: each request is a connection from H to the upstream; the clients' connections are
# short ones in a fifth of the requests, and kept ones in the rest.
set -euo pipefail

SHORT=2000
KEPT=8000

nginx_on() {
	local host=$1 port=$2 location=$3
	mkdir -p "/tmp/nginx-$host"
	cat >"/tmp/nginx-$host/conf" <<-END
		pid /tmp/nginx-$host/pid;
		error_log /tmp/nginx-$host/errors;
		worker_processes 1;
		events { worker_connections 1024; }
		http {
			access_log off;
			keepalive_requests $KEPT;
			client_body_temp_path /tmp/nginx-$host/body;
			proxy_temp_path /tmp/nginx-$host/proxy;
			fastcgi_temp_path /tmp/nginx-$host/fastcgi;
			uwsgi_temp_path /tmp/nginx-$host/uwsgi;
			scgi_temp_path /tmp/nginx-$host/scgi;
			server {
				listen $port backlog=1024;
				location / { $location }
			}
		}
	END
	background "nginx-$host" on "$host" nginx -c "/tmp/nginx-$host/conf" -g 'daemon off;'
	wait_port "$host" "$port"
}

nginx_on B 8080 'return 200 "from the upstream\n";'
nginx_on H 80 "proxy_pass http://$IP_B:8080;"

load() {
	local requests=$1
	shift
	on A ab -q -n "$requests" -c 16 "$@" "http://$IP_H/" | tee /tmp/ab
	grep -Eq "^Complete requests: +$requests\$" /tmp/ab
	grep -Eq '^Failed requests: +0$' /tmp/ab
	if grep '^Non-2xx responses' /tmp/ab; then return 1; fi
}

load "$SHORT"
load "$KEPT" -k
