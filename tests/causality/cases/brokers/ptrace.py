# SPDX-License-Identifier: Apache-2.0
"""ptrace makes another process connect"""
EXPECT = "none"
WHY = "What one process does to another's memory and registers is not followed."


def play(case):
    path = case.folder / "victim"
    case.actor("victim", path, listens=False)
    case.wait_for(lambda: path.exists() and path.read_text(), "the victim")
    case.actor("fork", path, "go=ptrace")
    case.asks(case.client())
