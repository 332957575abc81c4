# SPDX-License-Identifier: Apache-2.0
"""What samepage emits, kubectl takes, and then there is nothing left to do.

For many small snapshots, made up from a fixed seed: emit the patches, apply them with the real kubectl (merge,
strategic merge, JSON patch, kustomize), look at the nodes, plan again. The second plan must be empty, the two keys must
be what the rules say, worked out here a second time, and nothing else on the node may have changed.
"""

import copy
import json
import random
import shlex
import subprocess

from harness import TOP, cases, is_sanitized, need, run, samepage, write

BLOCKS, SNAPSHOTS_PER_BLOCK = 30, 10
KUBECTL_TIMEOUT = 60
LABEL, ANNOTATION = "kubevirt.io/ksm-enabled", "kubevirt.io/ksm-handler-managed"

KEYS = ["rack", "zone", "kubernetes.io/hostname", "a.b-c.d/E.F-G_h", "x" * 63, "p" * 63 + "." + "q" * 63 + "/k", "true", "1"]
# kustomize loses the quotes of such a key, and then stumbles over it.
BEYOND_KUSTOMIZE = {"true", "1"}
# All of them legal, and most of them something else to a YAML reader that meets them without quotes.
VALUES = ["", "a", "true", "True", "yes", "on", "null", "NULL", "1", "0x1F", "1e3", "1.0", "017", "1_000", "2024-01-01", "0",
          "NaN", "n", "v" * 63, "a.b-c_d", "12E3", "0o7", "0b1"]
TEXTS = VALUES + ["two\nlines\n", '{"json": "in a string"}', "- x", " lead", "ö 😀 中", "#", "a: b", "\t", "'", '"', "\\", "~", "*a", "&a", "<<"]
STATES = [None, "true", "false", "True", "", "yes", "1"]


# ---- making up clusters ----

def make_name(chance):
    length = chance.choice([1, 2, 6, 6, 6, 30, 63, 64, 200, 250, 251, 253])
    name = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz0123456789-.") for _ in range(length))
    parts = [part.strip("-") or "n" for part in name.split(".")]
    return ".".join(parts)[:length].rstrip("-.") or "n"


def make_map(chance, texts, own_key):
    """A map of labels or annotations; None: none at all; "null": there by name only."""
    kind = chance.random()
    if kind < 0.15:
        return None
    if kind < 0.2:
        return "null"
    found = {key: chance.choice(texts) for key in chance.sample(KEYS, chance.randint(0, 4))}
    state = chance.choice(STATES)
    if state is not None:
        found[own_key] = state
    return found


def make_node(chance):
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": make_name(chance)}}
    if chance.random() < 0.7:
        node["metadata"]["uid"] = "%08x-0000-4000-8000-%012x" % (chance.getrandbits(32), chance.getrandbits(48))
    for field, texts, key in (("labels", VALUES, LABEL), ("annotations", TEXTS, ANNOTATION)):
        found = make_map(chance, texts, key)
        if found is not None:
            node["metadata"][field] = None if found == "null" else found
    if chance.random() < 0.3:
        node["metadata"]["resourceVersion"] = str(chance.getrandbits(20))
    if chance.random() < 0.3:
        node["spec"] = {"unschedulable": True}
    return node


def make_nodes(chance):
    nodes = {}
    for _ in range(chance.randint(1, 5)):
        node = make_node(chance)
        nodes[node["metadata"]["name"]] = node
    return list(nodes.values())


def make_requirement(chance):
    operator = chance.choice(["In", "NotIn", "Exists", "DoesNotExist"])
    requirement = {"key": chance.choice(KEYS), "operator": operator}
    if operator in ("In", "NotIn"):
        requirement["values"] = chance.sample(VALUES, chance.randint(1, 4))
    return requirement


def make_kubevirt(chance):
    """A KubeVirt with every kind of selector there is."""
    kubevirt = {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt",
                "metadata": {"name": "kubevirt", "namespace": "kubevirt"}}
    kind = chance.randrange(9)
    if kind == 0:
        return kubevirt
    ksm = [None, {}, {"nodeLabelSelector": None}, {"nodeLabelSelector": {}}][kind - 1] if kind <= 4 else {
        "nodeLabelSelector": {}}
    if kind in (5, 7):
        ksm["nodeLabelSelector"]["matchLabels"] = {
            key: chance.choice(VALUES) for key in chance.sample(KEYS, chance.randint(1, 2))}
    if kind >= 6:
        ksm["nodeLabelSelector"]["matchExpressions"] = [make_requirement(chance) for _ in range(chance.randint(1, 2))]
    kubevirt["spec"] = {"configuration": {"ksmConfiguration": ksm}}
    return kubevirt


def snapshot(chance, nodes):
    """The nodes as a file: a List, or a stream, as JSON or as YAML in block style."""
    form = chance.randrange(4)
    if form == 0:
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}, indent=4)
    if form == 1:
        return "".join(json.dumps(node) + "\n" for node in nodes)
    if form == 2:
        return "".join("---\n" + block(node, 0) for node in nodes)
    return "apiVersion: v1\nitems:\n" + "".join(
        "- " + block(node, 2).lstrip() for node in nodes) + "kind: List\n"


def block(mapping, indent):
    """A mapping as YAML; every string in double quotes, as JSON has them."""
    text = ""
    for key, value in mapping.items():
        text += " " * indent + json.dumps(key) + ":"
        if isinstance(value, dict) and value:
            text += "\n" + block(value, indent + 2)
        else:
            text += " " + json.dumps(value, ensure_ascii=False) + "\n"
    return text


# ---- the rules, worked out a second time ----

def is_selected(kubevirt, node):
    labels = node["metadata"].get("labels") or {}
    ksm = kubevirt.get("spec", {}).get("configuration", {}).get("ksmConfiguration") or {}
    selector = ksm.get("nodeLabelSelector")
    if selector is None:
        return False
    return (all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
            and all(meets(labels, requirement) for requirement in selector.get("matchExpressions") or []))


def meets(labels, requirement):
    value = labels.get(requirement["key"])
    return {"In": lambda: value is not None and value in requirement["values"],
            "NotIn": lambda: value is None or value not in requirement["values"],
            "Exists": lambda: value is not None,
            "DoesNotExist": lambda: value is None}[requirement["operator"]]()


def wanted(kubevirt, node):
    """The node as it should be. A map that is null and one that is not there are the same."""
    result = normal(node)
    state = "true" if is_selected(kubevirt, node) else "false"
    result["metadata"].setdefault("labels", {})[LABEL] = state
    result["metadata"].setdefault("annotations", {})[ANNOTATION] = state
    return result


def normal(node):
    """What of a node must not change: its metadata, less what kubectl adds to it on the way."""
    metadata = {key: value for key, value in copy.deepcopy(node)["metadata"].items()
                if value not in (None, {}) and key != "creationTimestamp"}
    return {"metadata": metadata}


# ---- kubectl ----

def kubectl(*arguments):
    result = run([need("kubectl"), *arguments], timeout=KUBECTL_TIMEOUT)
    assert result.status == 0, f"kubectl refuses it\n{result}"
    return result.stdout


def json_stream(data):
    """The values of a stream of JSON."""
    text, values = data.decode().lstrip(), []
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        values.append(value)
        text = text[end:].lstrip()
    return values


def kustomize_field():
    """The field that lists patch files; kubectl before 1.21 has an old kustomize."""
    version = json.loads(subprocess.run([need("kubectl"), "version", "--client", "-o", "json"], capture_output=True,
                                        check=True).stdout)
    return "patches" if "kustomizeVersion" in version else "patchesStrategicMerge"


def emitted_patches(folder):
    """Node name to patch file, as apply.sh has it."""
    found = {}
    for line in (folder / "apply.sh").read_text().split("\n"):
        if line.startswith("kubectl patch node "):
            words = shlex.split(line)
            found[words[3]] = folder / words[words.index("--patch-file") + 1]
    return found


def by_patch(folder, nodes, patches, kind):
    """The nodes after `kubectl patch`, each with its own patch."""
    result = []
    for node in nodes:
        name = node["metadata"]["name"]
        if name not in patches:
            result.append(node)
            continue
        file = write(folder / "node.json", json.dumps(node))
        result.append(json.loads(kubectl("patch", "--local", "-f", file, "--type", kind, "--patch-file", patches[name],
                                         "-o", "json")))
    return result


def by_kustomize(folder, nodes, patches, field):
    """All nodes after `kubectl kustomize`, as a YAML stream."""
    base = folder / "kustomize"
    write(base / "nodes.yaml", "".join("---\n" + block(node, 0) for node in nodes))
    lines = []
    for number, patch in enumerate(patches.values()):
        write(base / f"patch{number}.yaml", patch.read_bytes())
        lines.append(f"- path: patch{number}.yaml\n" if field == "patches" else f"- patch{number}.yaml\n")
    write(base / "kustomization.yaml", "resources:\n- nodes.yaml\n" + (f"{field}:\n" + "".join(lines) if lines else ""))
    return kubectl("kustomize", base)


# ---- the property ----

def emit(folder, kubevirt_file, nodes_file, *flags):
    result = samepage("emit", "-f", kubevirt_file, "-n", nodes_file, "-d", folder, *flags)
    assert result.status == 0, result
    return emitted_patches(folder)


def nothing_left(kubevirt_file, after_file, how):
    again = samepage("plan", "-f", kubevirt_file, "-n", after_file, "--detailed-exitcode")
    assert again.status == 0, f"after {how}, planned again:\n{again}\n{after_file.read_text()}"


def try_snapshot(folder, chance, field):
    kubevirt, nodes = make_kubevirt(chance), make_nodes(chance)
    kubevirt_file = write(folder / "kubevirt.yaml", json.dumps(kubevirt) if chance.random() < 0.5 else block(kubevirt, 0))
    nodes_file = write(folder / "nodes.yaml", snapshot(chance, nodes))

    patches = emit(folder / "merge", kubevirt_file, nodes_file)
    keys = {key for node in nodes for field_name in ("labels", "annotations")
            for key in node["metadata"].get(field_name) or {}}
    if not keys & BEYOND_KUSTOMIZE:
        write(folder / "after.yaml", by_kustomize(folder, nodes, patches, field))
        nothing_left(kubevirt_file, folder / "after.yaml", "kustomize")

    kind = chance.choice(["merge", "strategic", "json"])
    if kind == "json":
        patches = emit(folder / "json", kubevirt_file, nodes_file, "--format", "json-patch")
    after = by_patch(folder, nodes, patches, kind)
    for before, now in zip(nodes, after):
        assert normal(now) == wanted(kubevirt, before), (
            f"after kubectl patch --type {kind}\nfound: {normal(now)}\nwanted: {wanted(kubevirt, before)}\n"
            f"{kubevirt_file.read_text()}")
    after_file = write(folder / "after.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": after}))
    nothing_left(kubevirt_file, after_file, f"kubectl patch --type {kind}")


@cases
def blocks():
    # kubectl, not samepage, takes the time: under the sanitizers a part of it will do.
    for number in range(BLOCKS // 6 if is_sanitized() else BLOCKS):
        def try_block(folder, number=number):
            chance = random.Random(number)
            field = kustomize_field()
            for snapshot_number in range(SNAPSHOTS_PER_BLOCK):
                try:
                    try_snapshot(folder / str(snapshot_number), chance, field)
                except AssertionError as error:
                    raise AssertionError(f"block {number}, snapshot {snapshot_number}: {error}") from error
        yield f"block_{number:02}", try_block


@cases
def examples():
    pairs = [(path, TOP / "examples/nodes.yaml") for path in sorted((TOP / "examples").glob("kubevirt*.yaml"))]
    pairs += [(path, path.with_name(path.name.replace("kubevirt", "nodes")))
              for path in sorted((TOP / "examples/restore-scenario").glob("*kubevirt.yaml"))]
    for kubevirt_file, nodes_file in pairs:
        def try_example(folder, kubevirt_file=kubevirt_file, nodes_file=nodes_file):
            nodes = json_stream(kubectl("patch", "--local", "-f", nodes_file, "--type", "merge", "-p", "{}", "-o", "json"))
            patches = emit(folder / "merge", kubevirt_file, nodes_file)
            after = by_patch(folder, nodes, patches, "strategic")
            after_file = write(folder / "after.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": after}))
            nothing_left(kubevirt_file, after_file, "kubectl patch --type strategic")
        yield f"example_{kubevirt_file.stem}", try_example
