# SPDX-License-Identifier: Apache-2.0
"""nginx, which connects to an upstream itself"""
EXPECT = "thread, then service"
WHY = "A worker is one thread with several connections open."

CONFIG = """daemon off;
pid {folder}/pid;
error_log stderr notice;
worker_processes 1;
events {{ }}
http {{
    access_log off;
    server {{
        listen {port};
        location /0 {{ proxy_pass http://{targets[0]}; }}
        location /1 {{ proxy_pass http://{targets[1]}; }}
    }}
}}
"""


def play(case):
    targets = [case.target().endpoint, case.target().endpoint]
    text = CONFIG.format(folder=case.folder, port=case.port, targets=targets)
    case.start("nginx", "-e", "stderr", "-c", case.file("nginx.conf", text))
    case.wait_for(lambda: "start worker process " in case.log(), "a worker")
    for number in range(2):
        case.asks(case.client(), case.targets[number], f"GET /{number} HTTP/1.1\r\nHost: h\r\n\r\n")
