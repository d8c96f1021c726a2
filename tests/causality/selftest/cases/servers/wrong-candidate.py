# SPDX-License-Identifier: Apache-2.0
"""A candidate that was no client, and not the one that was"""
from dataclasses import replace

EXPECT = "service"
WHY = "One process has read from several connections, and each can be the cause."


def play(case):
    case.actor("gather")
    first, second = case.client(), case.client()
    targets = case.target(), case.target()
    first.say(f"{targets[0]}\n")
    case.asks(second, targets[1])
    case.reached(first, targets[0])
    case.clients.clear()
    case.hops = [replace(hop, cause=("192.0.2.1", 1)) for hop in case.hops]
