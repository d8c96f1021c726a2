# SPDX-License-Identifier: Apache-2.0
"""The sensor does not tell the connection"""
EXPECT = "exact"


def play(case):
    target = case.target()
    case.start("socat", "-u", "OPEN:/dev/null", f"TCP:{target.endpoint}", listens=False)
    case.actor("fork")
    case.reached(case.client(), target)
