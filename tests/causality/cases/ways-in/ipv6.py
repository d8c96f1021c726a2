# SPDX-License-Identifier: Apache-2.0
"""A listener of IPv6 and IPv4, by IPv6"""
import socket

import kit

EXPECT = "exact"


def play(case):
    case.start("socat", f"TCP6-LISTEN:{case.port},fork,reuseaddr", f"EXEC:{kit.answer(case)},nofork")
    case.asks(case.client(family=socket.AF_INET6))
