# SPDX-License-Identifier: Apache-2.0
"""A process without an origin has the id of an earlier one with one"""
EXPECT = "none"
WHY = "Nothing that came in is the cause."


def play(case):
    unasked = case.target()
    case.actor("id-for-another", str(unasked))
    client, target = case.client(), case.target()
    client.say(f"{target}\n")
    target.wait(case.patience_s)
    client.close()
    case.reached(client, unasked)
