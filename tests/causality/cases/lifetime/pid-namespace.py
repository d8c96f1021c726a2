# SPDX-License-Identifier: Apache-2.0
"""The first process of a PID namespace"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=pid-namespace")
    case.asks(case.client())
