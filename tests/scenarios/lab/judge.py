# SPDX-License-Identifier: Apache-2.0
"""The verdict: what the syslog daemon wrote, against what expect.yaml says and what really happened."""
import json
from dataclasses import dataclass, field
from datetime import datetime

from .scenario import BANDS

DATASET = "sidewatch.incident"


@dataclass
class Message:
    time_s: float
    body: dict


@dataclass
class Incident:
    """All messages about one incident, taken together."""
    id: str
    first_s: float
    messages: list = field(default_factory=list)

    def values(self, *path):
        """The value at that path in each message that has it."""
        for message in self.messages:
            value = message.body
            for key in path:
                value = value.get(key) if isinstance(value, dict) else None
            if value is not None:
                yield value

    @property
    def band(self):
        return max((band for band in self.values("sidewatch", "incident", "band")), key=BANDS.index)

    @property
    def detectors(self):
        return sorted({name for names in self.values("sidewatch", "detectors") for name in names})

    @property
    def roots(self):
        return {(origin.get("ip"), origin.get("port")) for origin in self.values("sidewatch", "origin")}

    @property
    def users(self):
        return {origin.get("user") for origin in self.values("sidewatch", "origin")}

    @property
    def hops(self):
        return {hop.get("ip") for hops in self.values("sidewatch", "hops") for hop in hops}

    @property
    def lost(self):
        return max(self.values("sidewatch", "lost"), default=0)

    def reached_s(self, band):
        """When it first was told at that band or above."""
        return min(message.time_s for message in self.messages
                   if at_least(message.body["sidewatch"]["incident"]["band"], band))

    def __str__(self):
        text = next(self.values("message"), "")
        return f"{self.id} {self.band} {','.join(self.detectors)}: {text}"


def at_least(band, least):
    return BANDS.index(band) >= BANDS.index(least)


def body_of(raw):
    return json.loads(raw[raw.index("@cee:") + len("@cee:"):])


def bodies(text):
    """What the messages say, whatever they are about; those that cannot be read are read()'s to tell."""
    for line in text.splitlines():
        try:
            yield body_of(line)
        except ValueError:
            pass


def read(text):
    """Incidents by id, in the order of their first message, and what is wrong with messages."""
    incidents, faults = {}, []
    for line in text.splitlines():
        try:
            time, parsed, raw = line.split(" ", 2)
            body = body_of(raw)
            if parsed != "OK":
                raise ValueError("rsyslog's mmjsonparse does not take it")
            if not isinstance(body, dict) or body.get("event", {}).get("dataset") != DATASET:
                continue
            known = body["sidewatch"]["incident"]
            if known["band"] not in BANDS:
                raise ValueError(f"no such band: {known['band']}")
            message = Message(datetime.fromisoformat(time).timestamp(), body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            faults.append(f"bad message ({type(error).__name__}: {error}): {line[:300]}")
            continue
        incident = incidents.setdefault(str(known["id"]), Incident(str(known["id"]), message.time_s))
        incident.messages.append(message)
    return list(incidents.values()), faults


@dataclass
class Truth:
    """What happened in the lab, from witnesses other than the detector."""
    names: object
    syns: list  # from the switch
    sshd_peers: set  # (address, port) logged by sshd on H
    logins: dict  # (address, port): the user whom sshd on any host let in from there
    told: tuple | None  # the root's (address, port), where the scenario's own session wrote it down
    since_s: float  # when the attack began

    def addresses(self, host):
        return self.names.ip[host], self.names.ip6[host]

    def roots(self, host):
        """The (address, port) pairs that can be the root: connections from host to H, as the wire has them."""
        if self.told:
            return {self.told}
        pairs = set()
        for syn in self.syns:
            pair = (syn.source, syn.source_port)
            if syn.source in self.addresses(host) and syn.target in self.addresses("H"):
                if syn.target_port != self.names.port or pair in self.sshd_peers:
                    pairs.add(pair)
        return pairs

    def connected_s(self, hosts):
        """When H first tried to reach one of the hosts (or any) in the attack, on the wire."""
        targets = {address for host in hosts for address in self.addresses(host)}
        return min((syn.time_s for syn in self.syns
                    if syn.source in self.addresses("H") and syn.time_s >= self.since_s
                    and (not targets or syn.target in targets)), default=None)


@dataclass
class Verdict:
    why: list = field(default_factory=list)  # empty: passed
    severity: str | None = None
    detectors: list = field(default_factory=list)
    root_ok: bool | None = None
    time_to_detect_ms: int | None = None
    lost: int = 0
    false_alerts: int = 0
    skipped: bool = False
    bodies: list = field(default_factory=list)  # of all messages: held to docs/schema outside of the lab


def endpoint(ip, port):
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def is_in_order(wanted, there):
    """Whether the items of wanted stand in there in this order, whatever is in between."""
    rest = iter(there)
    return all(item in rest for item in wanted)


def set_faults(incidents, probes):
    """What names another probe set than the one that was asked for."""
    named = {name for incident in incidents for name in incident.values("sidewatch", "probes")}
    wanted = named if probes == "auto" else {probes}
    return [f"an incident names the probe set {name}, not {probes}" for name in sorted(named - wanted)]


def evidence_faults(expected, incident, names):
    """What the incident's last word does not prove, or says in two ways."""
    body = incident.messages[-1].body
    told, text = body["sidewatch"], str(body.get("message", ""))
    points = sum(term.get("points", 0) for term in told.get("score", []))
    if points != told["incident"].get("score"):
        yield f"the terms add up to {points}, the score is {told['incident'].get('score')}"
    confidence = told.get("session", {}).get("confidence")
    if expected.confidence is not None and confidence != expected.confidence:
        yield f"the origin is {confidence}, not {expected.confidence}"
    wanted = [names.programs.get(path, path) for path in expected.chain]
    shown = [step.get("executable") for step in told.get("lineage", [])]
    if not is_in_order(wanted, shown):
        yield f"the programs are {shown}, not {wanted}"
    destination = body.get("destination", {})
    ends = [endpoint(*root) for root in incident.roots if None not in root]
    ends.append(endpoint(str(destination.get("ip")), destination.get("port")))
    parts = [*ends, str(told["incident"].get("score")), *incident.users, str(confidence), f"lost {told.get('lost')}",
             *(f"{term['term']} {term['points']}" for term in told.get("score", []))]
    for part in parts:
        if str(part) not in text:
            yield f"the line does not say '{part}': {text}"


def candidate_faults(expected, incident, truth):
    """Where several can be the cause: each must be shown, none singled out, and none invented."""
    shown = {(one.get("ip"), one.get("port")) for origin in incident.values("sidewatch", "origin")
             for one in origin.get("candidates", [])}
    if incident.roots != {(None, None)}:
        yield f"{sorted(incident.roots, key=str)} is singled out"
    for host in expected.candidates:
        if not any(ip in truth.addresses(host) for ip, _ in shown):
            yield f"no connection of {host} is among the candidates {sorted(shown, key=str)}"
    made = {(syn.source, syn.source_port) for syn in truth.syns if syn.target in truth.addresses("H")}
    for ip, port in sorted(shown - made, key=str):
        yield f"the candidate {ip}:{port} never connected to H"


def judge_attack(expected, incidents, truth):
    """expected: a scenario with a severity."""
    verdict = Verdict()
    enough = [incident for incident in incidents if at_least(incident.band, expected.severity)]
    roots = truth.roots(expected.root) if expected.root else None
    ours = [incident for incident in enough if roots is None or incident.roots and incident.roots <= roots]
    if roots is not None:
        verdict.root_ok = bool(ours)
    if not enough:
        verdict.why.append(f"no incident at {expected.severity} or above")
    elif not ours:
        verdict.why.append("no incident names the root "
                           + ", ".join(sorted(f"{ip}:{port}" for ip, port in roots)) + "; named: "
                           + ", ".join(f"{ip}:{port}" for incident in enough for ip, port in incident.roots))
    if truth.told and len(ours) > 1:
        verdict.why.append(f"one root session has {len(ours)} incidents")
    shown = max(ours or incidents, key=lambda incident: BANDS.index(incident.band), default=None)
    if shown:
        verdict.severity, verdict.detectors = shown.band, shown.detectors
        verdict.lost = max(incident.lost for incident in ours or [shown])
    if ours:
        fired = {name for incident in ours for name in incident.detectors}
        reached = {ip for incident in ours for ip in incident.hops}
        for name in expected.detectors:
            if name not in fired:
                verdict.why.append(f"detector {name} did not fire")
        for incident in ours:
            logged = {truth.logins[root] for root in incident.roots if root in truth.logins}
            if logged and incident.users != logged:
                verdict.why.append(f"the incident names the user {incident.users}, sshd let in {logged}")
            verdict.why += evidence_faults(expected, incident, truth.names)
            if expected.candidates:
                verdict.why += candidate_faults(expected, incident, truth)
        for host in expected.to:
            if not reached & set(truth.addresses(host)):
                verdict.why.append(f"no hop to {host} ({truth.names.ip[host]}) is named; named: {sorted(reached)}")
        connected_s = truth.connected_s(expected.to)
        start_s = truth.since_s if connected_s is None else connected_s
        told_s = min(incident.reached_s(expected.severity) for incident in ours)
        verdict.time_to_detect_ms = round((told_s - start_s) * 1000)
        if expected.within_ms is not None and verdict.time_to_detect_ms > expected.within_ms:
            verdict.why.append(f"told {verdict.time_to_detect_ms} ms after the connection, {expected.within_ms} allowed")
    if truth.told:
        others = [incident for incident in incidents if incident not in ours and at_least(incident.band, "alert")]
        verdict.false_alerts = len(others)
        verdict.why += [f"false alert: {incident}" for incident in others]
    return verdict


def judge_silence(expected, incidents):
    """expected: a scenario with silent; incidents: those of the silent phase alone."""
    verdict = Verdict()
    worst = max(incidents, key=lambda incident: BANDS.index(incident.band), default=None)
    if worst:
        verdict.severity, verdict.detectors = worst.band, worst.detectors
        verdict.lost = max(incident.lost for incident in incidents)
    verdict.false_alerts = sum(at_least(incident.band, "alert") for incident in incidents)
    above = [incident for incident in incidents if at_least(incident.band, expected.at_most)
             and incident.band != expected.at_most]
    verdict.why += [f"not silent: {incident}" for incident in above]
    at_limit = [incident for incident in incidents if incident.band == expected.at_most]
    if len(at_limit) > 1:
        verdict.why.append(f"{len(at_limit)} incidents at {expected.at_most}, one is allowed")
    return verdict
