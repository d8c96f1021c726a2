# SPDX-License-Identifier: Apache-2.0
"""The sensor starts in the middle: all has been read before it"""
EXPECT = "none"
WHY = "Sessions older than the sensor are not looked for when it starts."


def before(case):
    case.go = case.folder / "go"
    case.actor("fork", case.go, "go=later")
    case.waiting = case.target()
    case.client().say(f"{case.waiting}\n")


def play(case):
    case.go.touch()
    case.reached(case.clients[0], case.waiting)
