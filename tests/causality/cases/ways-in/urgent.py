# SPDX-License-Identifier: Apache-2.0
"""A byte out of band (MSG_OOB)"""
import socket

EXPECT = "none"
WHY = "Bytes out of band are taken without the kernel function that tells of readers."


def play(case):
    target = case.target()
    case.actor("fork", str(target), "hear=urgent")
    client = case.client()
    client.stream.send(b"!", socket.MSG_OOB)
    case.reached(client, target)
