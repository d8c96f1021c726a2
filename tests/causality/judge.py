# SPDX-License-Identifier: Apache-2.0
"""What the sensor told of a play, against what really happened."""
from dataclasses import dataclass
from ipaddress import ip_address

ONE_PEER = ("exact", "thread", "brokered", "adopted")  # confidences that name one peer as the root
# Of the others two are no confidences of the sensor's but say what it is sure of, and should not be: `loopback`, of a
# connection within the host, and `mistaken`, of another client than the cause, which the case must name.
WORDS = (*ONE_PEER, "service", "none", "loopback", "mistaken")
THEN = ", then "  # between the word of a case's first connection and that of the later ones


@dataclass(frozen=True)
class Hop:
    """One connection that went out, as those say who were there."""
    cause: tuple  # the client's address and port
    target: tuple
    reached_from: tuple  # what the target saw
    via: tuple | None = None  # the client whose request it was, where the session of the cause has started its server
    mistaken: tuple | None = None  # the client that the sensor is known to take for the cause


def text(end):
    return f"{end[0]}:{end[1]}"


def find(told, hop):
    """The attempt that the sensor told, and what it says became of it."""
    to = [line for line in told if tuple(line["to"]) == hop.target]
    attempt = next((line for line in to if line["kind"] == "CONNECT"), None)
    outcomes = [line for line in to if line["kind"] == "OUTCOME" and attempt and line["cookie"] == attempt["cookie"]]
    return attempt, outcomes[0] if outcomes else None, to


def word(line, hop):
    """What the sensor told, in a word."""
    if line["confidence"] in ONE_PEER:
        if ip_address(line["root"][0]).is_loopback:
            return "loopback"
        if tuple(line["root"]) == hop.mistaken:
            return "mistaken"
    return line["confidence"]


def peer_faults(line, hop, clients):
    """A wrong peer: never right, however sure the sensor is."""
    said = word(line, hop)
    if said in ONE_PEER:
        if tuple(line["root"]) != hop.cause:
            yield f"WRONG PEER: {text(line['root'])} instead of {text(hop.cause)}, told as {said}"
        if hop.via and tuple(line["candidates"][0]) != hop.via:
            yield f"WRONG PEER: within the session {text(line['candidates'][0])} instead of {text(hop.via)}"
    elif said == "service":
        candidates = {tuple(end) for end in (line["candidates"] if line["depth"] == 1 else [line["root"]])}
        for end in candidates - clients:
            yield f"WRONG PEER: the candidate {text(end)} never was a client"
        if hop.cause not in candidates:
            yield f"WRONG PEER: {text(hop.cause)} is not among the candidates {', '.join(map(text, sorted(candidates)))}"


def hop_faults(told, hop, clients, expected):
    attempt, outcome, lines = find(told, hop)
    for line in lines:
        yield from peer_faults(line, hop, clients)
    found = word(attempt, hop) if attempt else "none"
    if found != expected:
        yield f"{text(hop.cause)} to {text(hop.target)} is {found}, not {expected}"
    if not attempt:
        if lines:
            yield f"an outcome of {text(hop.target)} without an attempt"
    elif not outcome:
        yield f"no outcome of {text(hop.target)}"
    elif tuple(outcome["from"]) != hop.reached_from:
        yield f"{text(hop.target)} was reached from {text(hop.reached_from)}, not {text(outcome['from'])}"


def faults(told, hops, clients, expected):
    """What is wrong, of all connections of a case; each must be told as expected, in words with THEN between."""
    words = expected.split(THEN)
    if not hops:
        yield "no connection went out"
    for number, hop in enumerate(hops):
        yield from hop_faults(told, hop, clients, words[min(number, len(words) - 1)])
