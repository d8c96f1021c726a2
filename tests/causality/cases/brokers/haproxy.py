# SPDX-License-Identifier: Apache-2.0
"""haproxy passes what comes in on to a server on loopback"""
from stage import BACK_PORT, PROGRAMS

EXPECT = "loopback"
WHY = "What another process is asked for through loopback is a session of its own, of the proxy's connection."

CONFIG = """defaults
    mode tcp
    timeout connect 10s
    timeout client 60s
    timeout server 60s
listen front
    bind *:{front}
    server back 127.0.0.1:{back}
"""


def play(case):
    case.start(PROGRAMS / "actor", "fork", BACK_PORT, port=BACK_PORT)
    case.start("haproxy", "-db", "-f", case.file("haproxy.cfg", CONFIG.format(front=case.port, back=BACK_PORT)))
    case.asks(case.client())
