# SPDX-License-Identifier: Apache-2.0
"""php-fpm behind nginx, by a unix socket"""
from pathlib import Path

from kit import WEB

EXPECT = "none"
WHY = "What another process is asked for through a unix socket is not followed."

NGINX = """daemon off;
pid {folder}/pid;
events {{ }}
http {{
    access_log off;
    server {{
        listen {port};
        location / {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {folder}/go.php;
            fastcgi_pass unix:{folder}/fpm;
        }}
    }}
}}
"""
FPM = """[global]
daemonize = no
error_log = /proc/self/fd/2
[www]
user = www-data
listen = {folder}/fpm
listen.mode = 0666
pm = static
pm.max_children = 2
"""
PHP = "<?php [$ip, $port] = explode('+', $_SERVER['QUERY_STRING']); fsockopen($ip, (int)$port); sleep(60);\n"


def play(case):
    case.file("go.php", PHP)
    fpm, = Path("/usr/sbin").glob("php-fpm?*")
    case.start(fpm, "-y", case.file("fpm.conf", FPM.format(folder=case.folder)), listens=False)
    case.wait_for((case.folder / "fpm").exists, "php-fpm")
    case.start("nginx", "-e", "stderr", "-c", case.file("nginx.conf", NGINX.format(folder=case.folder, port=case.port)))
    case.asks(case.client(), form=WEB)
