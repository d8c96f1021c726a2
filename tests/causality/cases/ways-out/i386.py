# SPDX-License-Identifier: Apache-2.0
"""A static program of 32 bits"""
EXPECT = "exact"


def play(case):
    case.actor("fork", "go=i386")
    case.asks(case.client())
