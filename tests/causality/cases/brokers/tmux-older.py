# SPDX-License-Identifier: Apache-2.0
"""Keys sent to a tmux server that is no session's"""
import kit

EXPECT = "none"
WHY = "What a session types into the terminal of another process is not followed."


def before(case):
    case.start("tmux", "-S", case.folder / "tmux", "-f", "/dev/null", "new-session", "-d", listens=False).wait()


def play(case):
    target = case.target()
    kit.ssh(case, f"tmux -S {case.folder / 'tmux'} send-keys {kit.go(case, target)!r} Enter")
    case.reached(case.clients[0], target)
