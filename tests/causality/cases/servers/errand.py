# SPDX-License-Identifier: Apache-2.0
"""A worker is forked for one client's request and also reads from another, older than it"""
EXPECT = "service"
WHY = "Either of them can be the cause."


def play(case):
    case.actor("errand")
    first, second, target = case.client(), case.client(), case.target()
    second.say("something\n")
    first.say(f"{target}\n")
    case.reached(first, target)
