# SPDX-License-Identifier: Apache-2.0
"""TCP Fast Open: the request comes with the SYN"""

EXPECT = "exact"


def play(case):
    for host, value in ("A", 5), ("H", 0x203):  # without cookies
        case.start("sysctl", "-qw", f"net.ipv4.tcp_fastopen={value}", host=host, listens=False).wait()
    case.actor("fork")
    target = case.target()
    client = case.client(first=f"{target}\n")
    case.reached(client, target)
