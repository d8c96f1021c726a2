# SPDX-License-Identifier: Apache-2.0
"""socat passes what comes in on to a unix socket"""
EXPECT = "none"
WHY = "What another process is asked for through a unix socket is not followed."


def play(case):
    path = case.folder / "worker"
    case.actor("unix", path, listens=False)
    case.wait_for(path.exists, path)
    case.start("socat", f"TCP-LISTEN:{case.port},fork,reuseaddr", f"UNIX-CONNECT:{path}")
    case.asks(case.client())
