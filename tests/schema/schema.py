# SPDX-License-Identifier: Apache-2.0
"""The schemas of docs/schema, and what is wrong with a message by them."""
import json
from functools import cache
from pathlib import Path

import jsonschema

FOLDER = Path(__file__).resolve().parents[2] / "docs/schema"
KINDS = ("incident", "health", "loss")  # sidewatch.KIND is the event.dataset
FORMATS = jsonschema.FormatChecker(("ipv4", "ipv6"))


def path_of(name):
    return FOLDER / f"{name}.schema.json"


@cache
def load(name):
    return json.loads(path_of(name).read_text("utf-8"))


@cache
def validator(kind):
    # Each file is known by where it lies, so that references between them need no network.
    store = {path_of(name).as_uri(): load(name) for name in ("common", *KINDS)}
    resolver = jsonschema.RefResolver(path_of(kind).as_uri(), load(kind), store=store)
    return jsonschema.Draft202012Validator(load(kind), resolver=resolver, format_checker=FORMATS)


def resolved(node, kind):
    """The node that a $ref leads to, and the file that it is in; else the node itself."""
    while "$ref" in node:
        file, _, pointer = node["$ref"].partition("#")
        kind = file.removesuffix(".schema.json") or kind
        node = load(kind)
        for part in pointer.strip("/").split("/"):
            node = node[part]
    return node, kind


def faults(body):
    """What is wrong with a message, a line each; nothing if all is well."""
    event = body.get("event") if isinstance(body, dict) else None
    dataset = event.get("dataset") if isinstance(event, dict) else None
    kind = str(dataset).removeprefix("sidewatch.")
    if kind not in KINDS or dataset == kind:
        return [f"event.dataset: there is no schema for {dataset!r}"]
    return [f"{'.'.join(map(str, error.absolute_path)) or 'the message'}: {error.message[:200]}"
            for error in validator(kind).iter_errors(body)]
