# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Plain serving: each request is a connection to H and one from H to the upstream.
set -euo pipefail

REQUESTS=10000

nginx_on() {
	local host=$1 port=$2 location=$3
	mkdir -p "/tmp/nginx-$host"
	cat >"/tmp/nginx-$host/conf" <<-END
		pid /tmp/nginx-$host/pid;
		error_log /tmp/nginx-$host/errors;
		worker_processes 2;
		events { worker_connections 1024; }
		http {
			access_log off;
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
on A ab -q -n "$REQUESTS" -c 16 "http://$IP_H/" | tee /tmp/ab
grep -Eq "^Complete requests: +$REQUESTS\$" /tmp/ab
grep -Eq '^Failed requests: +0$' /tmp/ab
! grep -q '^Non-2xx responses' /tmp/ab
