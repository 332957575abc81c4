# SPDX-License-Identifier: Apache-2.0
"""What samepage reads and selects against what Kubernetes reads and selects: one test for each vector."""

import base64
import json

from harness import TOP, case, cases, run, samepage, tool, write

CONFORMANCE = TOP / "tests" / "conformance"
NUL = str.maketrans({"\0": "\ufffd"})  # samepage keeps texts that hold a NUL apart from all others that way


def read(name):
    return [json.loads(line) for line in (CONFORMANCE / name).read_text().splitlines()]


def difference_lines():
    """The class and the line of each difference: [class], then lines of an id and its reason."""
    group = None
    for line in (CONFORMANCE / "differences.txt").read_text().splitlines():
        if line.startswith("["):
            group = line.strip("[]")
        elif line and not line.startswith("#"):
            yield group, line


def differences():
    return {line.split()[0]: line for _, line in difference_lines()}


def compare(vector, document, wanted, found, result, known):
    shown = f"{vector.get('note', vector.get('source'))}\n{document}\nexpected: {wanted}\nfound:    {found}\n{result}"
    if vector["id"] in known:
        assert wanted != found, f"listed as different ({known[vector['id']]}), but agrees\n{shown}"
    else:
        assert wanted == found, shown


def outcome(result):
    """What a plan says of its one node, and the selector's canonical text."""
    if result.status == 1:
        return "refused", None
    assert result.status == 0, f"{result}"
    plan = json.loads(result.stdout)
    selector = plan["selector"]
    if selector["kind"] == "absent":
        return "no-config", None
    return ("match" if plan["nodes"][0]["selected"] else "nomatch"), selector["text"]


def expected(vector, lenient):
    strict = vector["json_strict_error"]
    pruned = vector["json_pruned_result"]
    twice = strict and "already set in map" in strict  # refused by lenient samepage, too
    if (strict and not lenient) or twice or pruned in ("error", "decode-error"):
        return "refused"
    return pruned


def selector(vector, known):
    def try_vector(folder):
        cr = write(folder / "cr.yaml", vector["cr_yaml"])
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node01", "labels": vector["node_labels"]}}
        nodes = write(folder / "node.json", json.dumps(node))
        for lenient in (False, True):
            result = samepage("plan", "-f", cr, "-n", nodes, "-o", "json", *(["--lenient"] if lenient else []))
            found, text = outcome(result)
            compare(vector, f"{vector['cr_yaml']}{vector['node_labels']}", expected(vector, lenient), found, result, known)
            if text is not None and vector["selector_string"] is not None and not lenient:
                compare(vector, vector["cr_yaml"], vector["selector_string"], text, result, known)
    return try_vector


def labels(mapping):
    return {key.translate(NUL): value.translate(NUL) for key, value in (mapping or {}).items()}


def read_of(item):
    return {"name": item["name"], "labels": labels(item["labels"]), "annotations": labels(item["annotations"])}


def selector_of(configuration):
    """The kind of the selector, and its requirements in any order."""
    if configuration is None:
        return "absent", []
    selector_ = configuration.get("nodeLabelSelector")
    if selector_ is None:
        return "nil", []
    requirements = [{"key": key, "operator": "=", "values": [value]}
                    for key, value in (selector_.get("matchLabels") or {}).items()]
    requirements += [{"key": each["key"], "operator": each["operator"], "values": each.get("values") or []}
                     for each in selector_.get("matchExpressions") or []]
    return ("requirements" if requirements else "empty"), sorted(map(json.dumps, requirements))


def reference(vector):
    """What Kubernetes reads: None where it refuses the document."""
    strict = vector["serializer_strict"]
    if vector["target"] == "nodelist":  # the serializer knows no v1.List as a NodeList
        strict = vector["unmarshal_strict"]
    if not strict["ok"] or vector["stream_error"] is not None:
        return None
    value = strict["value"]
    if vector["target"] == "nodelist":
        return [read_of(item) for item in value["items"]]
    if vector["target"] == "node":
        return [read_of(value)]
    return [value["name"], value.get("namespace"), *selector_of(value["ksmConfiguration"])]


def observed(vector, result):
    if result.status == 1:
        return None
    assert result.status == 0, f"{result}"
    read_ = json.loads(result.stdout)
    if vector["target"] != "kubevirt":
        return [read_of(item) for item in read_]
    return [read_["name"], read_["namespace"], read_["selector"], sorted(map(json.dumps, read_["requirements"]))]


def yaml(vector, known):
    def try_vector(folder):
        document = vector["doc"].encode() if vector.get("doc") is not None else base64.b64decode(vector["doc_base64"])
        path = write(folder / "document", document)
        kind = "kubevirt" if vector["target"] == "kubevirt" else "nodes"
        result = run([tool("dump"), kind, path])
        compare(vector, document[:4000], reference(vector), observed(vector, result), result, known)
    return try_vector


@case
def differences_are_few_and_known():
    listed = [(group, line.split()) for group, line in difference_lines()]
    ids = [words[0] for _, words in listed]
    vectors_ = {vector["id"] for name in ("selector.jsonl", "yaml.jsonl") for vector in read(name)}
    assert len(set(ids)) == len(ids), "an id is listed twice"
    assert set(ids) <= vectors_, f"no such vectors: {sorted(set(ids) - vectors_)}"
    assert all(len(words) > 1 for _, words in listed), "each needs its reason"
    groups = {group for group, _ in listed}
    assert groups <= {"not this program's question", "deliberately different"}, f"unknown classes: {groups}"
    deliberate = sum(group == "deliberately different" for group, _ in listed)
    assert deliberate <= len(vectors_) * 2 // 100, f"{deliberate} of {len(vectors_)} differ on purpose"


@cases
def vectors():
    known = differences()
    for vector in read("selector.jsonl"):
        yield vector["id"], selector(vector, known)
    for vector in read("yaml.jsonl"):
        yield vector["id"], yaml(vector, known)
