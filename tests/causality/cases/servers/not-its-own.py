# SPDX-License-Identifier: Apache-2.0
"""What the parent of a process that served does itself"""
EXPECT = "none"
WHY = "Nothing that came in is the cause: accepting alone contaminates nobody."


def play(case):
    unasked = case.target()
    case.actor("on-its-own", str(unasked))
    client, target = case.client(), case.target()
    client.say(f"{target}\n")
    target.wait(case.patience_s)
    client.close()
    case.reached(client, unasked)
