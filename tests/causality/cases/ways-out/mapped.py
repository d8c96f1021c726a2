# SPDX-License-Identifier: Apache-2.0
"""An IPv4-mapped IPv6 address"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=mapped")
    case.asks(case.client())
