# SPDX-License-Identifier: Apache-2.0
"""TCP_FASTOPEN_CONNECT, the SYN with the first byte"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=fastopen-connect")
    case.asks(case.client())
