# SPDX-License-Identifier: Apache-2.0
"""The sensor is surer than is written: what is written must be raised"""
EXPECT = "none"
WHY = "It was so once."


def play(case):
    case.actor("fork")
    case.asks(case.client())
