# SPDX-License-Identifier: Apache-2.0
"""The sensor names another client than the truth does"""
EXPECT = "exact"


def play(case):
    case.actor("fork")
    first, second, target = case.client(), case.client(), case.target()
    first.say(f"{target}\n")
    case.reached(second, target)
