# SPDX-License-Identifier: Apache-2.0
"""The target saw it come from elsewhere"""
from dataclasses import replace

EXPECT = "exact"


def play(case):
    case.actor("fork")
    case.asks(case.client())
    case.hops = [replace(hop, reached_from=("192.0.2.1", 1)) for hop in case.hops]
