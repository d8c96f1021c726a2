# SPDX-License-Identifier: Apache-2.0
"""A session uses another's ssh connection to the next host (ControlMaster)"""
import kit

EXPECT = "none"
WHY = "No connection is opened on this host; the next one's sshd connects."


def play(case):
    path, target = case.folder / "master", case.target()
    onward = f"root@{case.lab.names.ip['B']}"
    kit.ssh(case, f"ssh -n -M -S {path} -o ControlPersist=60 {onward} true")
    case.wait_for(path.exists, "the master")
    user = kit.ssh(case, f"ssh -n -S {path} {onward} {kit.go(case, target)}")
    case.reached(user, target)
