# SPDX-License-Identifier: Apache-2.0
"""A second session in an existing ssh connection (ControlMaster)"""
import kit

EXPECT = "exact"


def play(case):
    path, target = case.folder / "master", case.target()
    client = kit.ssh(case, "true", "-M", "-S", path, "-o", "ControlPersist=60")
    case.wait_for(path.exists, "the master")
    kit.ssh(case, kit.go(case, target), "-S", path, of=client)
    case.reached(client, target)
