# SPDX-License-Identifier: Apache-2.0
"""Keys sent to a tmux server that another session has started"""
import kit

EXPECT = "mistaken"
WHY = "Who started the server is named, as exact; what another session types into it is not followed."


def play(case):
    socket, target = case.folder / "tmux", case.target()
    starter = kit.ssh(case, f"tmux -S {socket} -f /dev/null new-session -d")
    case.wait_for(socket.exists, "tmux")
    user = kit.ssh(case, f"tmux -S {socket} send-keys {kit.go(case, target)!r} Enter")
    case.reached(user, target, mistaken=starter)
