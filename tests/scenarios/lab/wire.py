# SPDX-License-Identifier: Apache-2.0
"""What was really sent, by a witness of its own: tcpdump on the lab's switch writes each SYN."""
import ipaddress
import struct
from dataclasses import dataclass

# A SYN without ACK, of IPv4 or of IPv6 without extension headers.
FILTER = "(ip and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn) or (ip6 and ip6[6] == 6 and ip6[53] & 0x12 == 0x02)"
PCAP_MAGIC_US = 0xA1B2C3D4
ETHERNET_BYTES = 14


@dataclass(frozen=True)
class Syn:
    time_s: float
    source: str
    source_port: int
    target: str
    target_port: int


def _syn(time_s, frame):
    packet = frame[ETHERNET_BYTES:]
    if packet[0] >> 4 == 4:
        ends, tcp = (packet[12:16], packet[16:20]), packet[(packet[0] & 15) * 4:]
    else:
        ends, tcp = (packet[8:24], packet[24:40]), packet[40:]
    source_port, target_port = struct.unpack_from("!HH", tcp)
    source, target = (str(ipaddress.ip_address(end)) for end in ends)
    return Syn(time_s, source, source_port, target, target_port)


def read(path):
    """The SYNs in a pcap file, in their order; a last packet that was cut short is left out."""
    data = path.read_bytes()
    if len(data) < 24:
        return []
    magic, = struct.unpack_from("=I", data)
    if magic != PCAP_MAGIC_US:
        raise ValueError(f"{path} is no pcap file of this machine")
    syns, at = [], 24
    while at + 16 <= len(data):
        seconds, microseconds, length, _ = struct.unpack_from("=IIII", data, at)
        at += 16
        if at + length > len(data):
            break
        syns.append(_syn(seconds + microseconds / 1e6, data[at:at + length]))
        at += length
    return syns
