# SPDX-License-Identifier: Apache-2.0
"""What the fuzz targets start from: the inputs of all other tests, as far as they are for the target and not too long."""

import base64
import io
import json
import re
import shlex
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
LONGEST = {"fuzz_kubevirt": 8192, "fuzz_nodes": 8192, "fuzz_expression": 4096, "fuzz_workloads": 8192,
           "fuzz_plan": 8192, "fuzz_fast": 16384, "fuzz_fn": 8192}
REGRESSIONS = TESTS / "fuzz" / "regressions"


def files():
    """Every input file of the examples and the golden tests, with the documents that a command has in itself."""
    for folder in (TESTS.parent / "examples", TESTS / "golden"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and "expect" not in path.relative_to(folder).parts:
                yield path.read_bytes()


def vectors(name):
    for line in (TESTS / "conformance" / name).read_text().splitlines():
        yield json.loads(line)


def documents(targets):
    for vector in vectors("yaml.jsonl"):
        if vector["target"] in targets:
            yield vector["doc"].encode() if vector.get("doc") is not None else base64.b64decode(vector["doc_base64"])


def kubevirts():
    yield from (data for data in files() if re.search(rb"KubeVirt|HyperConverged", data))
    yield from documents(["kubevirt"])
    for vector in vectors("selector.jsonl"):
        yield vector["cr_yaml"].encode()


def nodes():
    yield from (data for data in files() if re.search(rb"Node", data))
    yield from documents(["node", "nodelist"])


def snapshots():
    """Nodes behind the byte that says how they are read, and some of the size that real ones have."""
    for number, data in enumerate([*nodes(), *real_snapshots()]):
        for how in (0, 0x80 | number & 0x7f):
            yield bytes([how]) + data


def real_snapshots():
    sys.path.insert(0, str(TESTS / "bench"))
    import snapshot  # noqa: PLC0415  (found through the path above)

    for form in ("yaml", "json"):
        for count, seed in ((1, 1), (2, 2), (3, 3), (4, 4)):
            out = io.StringIO()
            snapshot.write_snapshot(out, count, form, profile="plain", seed=seed)
            yield out.getvalue().encode()
            yield with_managed_fields(out.getvalue(), form).encode()
            if form == "json":
                yield with_ends_and_beginnings_in_a_line(out.getvalue()).encode()


def with_ends_and_beginnings_in_a_line(text):
    """As people write JSON by hand: a mapping ends in the line of its last value, and the next begins there."""
    return re.sub(r"([]}]),\n *([\[{])", r"\1, \2", re.sub(r"\n *([]}])", r"\1", text))


def with_managed_fields(text, form):
    """The same snapshot with what `kubectl get --show-managed-fields` adds, keys with quotes in them among it."""
    if form == "yaml":
        return text.replace("    name:", '    managedFields:\n    - apiVersion: v1\n      fieldsV1:\n        f:status:\n'
                            '          k:{"type":"Ready"}:\n            .: {}\n    name:')
    listed = json.loads(text)
    for item in listed["items"]:
        item["metadata"]["managedFields"] = [{"apiVersion": "v1",
                                              "fieldsV1": {"f:status": {'k:{"type":"Ready"}': {".": {}}}}}]
    return json.dumps(listed, indent=4) + "\n"


def resource_lists():
    """Those of the golden tests, and layouts of every kind from the tests of fn."""
    yield from (data for data in files() if b"ResourceList" in data)
    sys.path.insert(0, str(TESTS / "e2e"))
    import test_fn  # noqa: PLC0415  (found through the path above)

    for text in [*test_fn.ODD.values(), *(text for _, text, _ in test_fn.SHARED.values())]:
        yield test_fn.listed(text)
    for seed in range(60):
        writer = test_fn.Writer(seed)
        writer.list()
        yield writer.texts()[0]


def workloads():
    yield from (data for data in files() if re.search(rb"VirtualMachine", data))


def plans():
    """The plans that the golden tests expect."""
    for path in sorted((TESTS / "golden").glob("*/expect/**/*")):
        if path.is_file() and re.search(rb'kind"?: "Plan"', path.read_bytes()):
            yield path.read_bytes()


def expressions():
    """What stands behind -l in the golden tests, and the canonical texts of the vectors."""
    for path in sorted((TESTS / "golden").glob("*/cmd")):
        for line in path.read_text().splitlines():
            try:
                words = shlex.split(line)
            except ValueError:
                continue  # a here-document, or a quote that goes on in the next line
            yield from (words[at + 1].encode() for at, word in enumerate(words[:-1]) if word == "-l")
    for vector in vectors("selector.jsonl"):
        yield (vector["selector_string"] or "").encode()


def seeds(target):
    """The seeds of one target: committed ones, regressions, and what the other tests have. Each once."""
    own = sorted(REGRESSIONS.glob(f"{target}-*"))
    collected = {"fuzz_kubevirt": kubevirts, "fuzz_nodes": nodes, "fuzz_expression": expressions,
                 "fuzz_workloads": workloads, "fuzz_plan": plans, "fuzz_fast": snapshots,
                 "fuzz_fn": resource_lists}[target]()
    found = dict.fromkeys([*(path.read_bytes() for path in own), *collected])
    return [seed for seed in found if len(seed) <= LONGEST[target]]
