# SPDX-License-Identifier: Apache-2.0
"""TCP_ZEROCOPY_RECEIVE"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "hear=zerocopy")
    case.asks(case.client())
