# SPDX-License-Identifier: Apache-2.0
"""A candidate that was no client, and not the one that was"""
from dataclasses import replace

EXPECT = "service"
WHY = "It is older."


def play(case):
    case.actor("iterative")
    case.asks(case.client())
    case.clients.clear()
    case.hops = [replace(hop, cause=("192.0.2.1", 1)) for hop in case.hops]
