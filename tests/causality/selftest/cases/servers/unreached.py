# SPDX-License-Identifier: Apache-2.0
"""A play whose target is not reached"""
EXPECT = "none"
WHY = "Nothing goes out, which is no reason."


def play(case):
    case.actor("fork", "go=no-such-way", listens=False)
    case.reached(case.known_client(("192.0.2.1", 1)), case.target(), 1)
