# SPDX-License-Identifier: Apache-2.0
"""MSG_FASTOPEN, without connect"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=fastopen")
    case.asks(case.client())
