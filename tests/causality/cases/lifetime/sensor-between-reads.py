# SPDX-License-Identifier: Apache-2.0
"""The sensor starts in the middle: what a process has read before it, it reads on"""
EXPECT = "service"
WHY = "When a connection began that is older than the sensor is not known, so its reader could be older."


def before(case):
    case.actor("fork", "hear=second")
    case.client().say("something\n")


def play(case):
    case.asks(case.clients[0])
