# SPDX-License-Identifier: Apache-2.0
"""Kernel TLS"""
import socket
import struct

EXPECT = "exact"
VM_ONLY = True
TCP_ULP, SOL_TLS, TLS_TX = 31, 282, 1
TLS_1_2, AES_GCM_128 = 0x0303, 51


def play(case):
    case.actor("fork", "hear=ktls")
    client = case.client()
    client.stream.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"tls")
    # Keys, salt and numbers are zero, as the server's.
    client.stream.setsockopt(SOL_TLS, TLS_TX, struct.pack("=HH36x", TLS_1_2, AES_GCM_128))
    case.asks(client)
