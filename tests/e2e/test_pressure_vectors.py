# SPDX-License-Identifier: Apache-2.0
"""The pressure policy against virt-handler: every spin and every sequence of the vectors through `samepage apply`.

What differs on purpose stands in tests/conformance/node-differences.txt, by class, and must really differ."""

import json
import re

from harness import TOP, cases, samepage, write

CONFORMANCE = TOP / "tests" / "conformance"
LABEL, ANNOTATION = "kubevirt.io/ksm-enabled", "kubevirt.io/ksm-handler-managed"


def differences():
    """id -> class, of the vectors in which samepage differs on purpose."""
    found, current = {}, None
    for line in (CONFORMANCE / "node-differences.txt").read_text().splitlines():
        heading = re.match(r"\[(.*)\]$", line)
        if heading:
            current = heading.group(1)
        elif line and not line.startswith("#"):
            found[line.split()[0]] = current
    return found


def lay_out(folder, name, node_yaml, sysfs, meminfo):
    """Puts a node's machine into a folder: its ksm folder (null: a folder in the file's stead), meminfo and state."""
    ksm = folder / name / "ksm"
    ksm.mkdir(parents=True)
    for knob, value in sysfs.items():
        (ksm / knob).mkdir() if value is None else (ksm / knob).write_text(value)
    if meminfo is not None:
        (folder / name / "meminfo").write_text(meminfo)
    (folder / name / "node.yaml").write_bytes(node_yaml.encode())


def apply(folder, name, cr):
    here = folder / name
    patch = here / "patch.json"
    patch.unlink(missing_ok=True)
    result = samepage("apply", "--policy", "pressure", "-f", cr, "-n", here / "node.json" if (here / "node.json").exists()
                      else here / "node.yaml", "--node", name, "--sysfs-root", here / "ksm", "--meminfo",
                      here / "meminfo", "--state-dir", here / "state", "--patch-out", patch)
    assert result.status in (0, 1, 5), f"status {result.status}\n{result}"
    assert result.stdout or result.stderr, f"says nothing\n{result}"
    return result, json.loads(patch.read_text()) if patch.exists() else {}


def merged(before, patch):
    """The label and the annotation after the patch."""
    metadata = patch.get("metadata", {})
    return (dict(before[0], **metadata.get("labels", {})), dict(before[1], **metadata.get("annotations", {})))


def knob(folder, name, knob_name):
    path = folder / name / "ksm" / knob_name
    return path.read_text().strip() if path.is_file() else None


def observed(folder, name, labels, annotations):
    run = knob(folder, name, "run")
    seen = {"label": labels.get(LABEL), "annotation": annotations.get(ANNOTATION), "run": run}
    if run == "1":
        seen.update(pages=knob(folder, name, "pages_to_scan"), sleep=knob(folder, name, "sleep_millisecs"))
    return seen


def expected(expect):
    sysfs = {name: value.strip() for name, value in expect["sysfs_after"].items()}
    seen = {"label": expect["labels_after"].get(LABEL), "annotation": expect["annotations_after"].get(ANNOTATION),
            "run": sysfs.get("run")}
    if seen["run"] == "1":
        seen.update(pages=sysfs.get("pages_to_scan"), sleep=sysfs.get("sleep_millisecs"))
    return seen


def metadata_of(node_yaml):
    """The labels and annotations of a vector's node, which are written as "key": "value" lines."""
    maps, current = {"labels": {}, "annotations": {}}, None
    for line in node_yaml.splitlines():
        heading = re.match(r"  (labels|annotations):$", line)
        entry = re.match(r'    ("(?:[^"\\]|\\.)*"): ("(?:[^"\\]|\\.)*")$', line)
        if heading:
            current = heading.group(1)
        elif entry and current:
            maps[current][json.loads(entry.group(1))] = json.loads(entry.group(2))
    return maps["labels"], maps["annotations"]


def compare(vector_id, wanted, found, shown, known):
    if vector_id in known:
        assert wanted != found, f"{vector_id} is listed as different ({known[vector_id]}), but agrees\n{shown}"
    else:
        assert wanted == found, f"virt-handler: {wanted}\nsamepage:     {found}\n{shown}"


def spin(vector, known):
    def run(folder):
        lay_out(folder, vector["node_name"], vector["node_yaml"], vector["sysfs"], vector["meminfo"])
        cr = write(folder / "cr.yaml", vector["cr_yaml"])
        result, patch = apply(folder, vector["node_name"], cr)
        found = observed(folder, vector["node_name"], *merged(metadata_of(vector["node_yaml"]), patch))
        wanted = expected(vector["expect"]) if vector["expect"]["panic"] is None else {"panic": True}
        compare(vector["id"], wanted, found, f"{vector['note']}\n{vector['cr_yaml']}{vector['node_yaml']}"
                f"{vector['sysfs']}\n{vector['meminfo']}\n{result}", known)
    return run


def change(folder, name, change_, metadata):
    for kind, index in (("labels", 0), ("annotations", 1)):
        for key, value in (change_.get(kind) or {}).items():
            metadata[index].pop(key, None)
            if value is not None:
                metadata[index][key] = value
    for knob_name, value in (change_.get("sysfs") or {}).items():
        path = folder / name / "ksm" / knob_name
        if path.is_dir():
            path.rmdir()
        path.unlink(missing_ok=True)
        path.mkdir() if value is None else path.write_text(value)
    if change_.get("meminfo") is not None:
        (folder / name / "meminfo").write_text(change_["meminfo"])


def sequence(vector, known):
    def run(folder):
        state, log, agreed = {}, [], True
        for node in vector["nodes"]:
            lay_out(folder, node["name"], node["node_yaml"], node["sysfs"], node["meminfo"])
            state[node["name"]] = metadata_of(node["node_yaml"])
        cr = folder / "cr.yaml"
        for number, step in enumerate(vector["steps"]):
            if "cr_yaml" in step:
                cr.write_text(step["cr_yaml"])
            for name, change_ in (step.get("changes") or {}).items():
                change(folder, name, change_, state[name])
            for name in step["spin"]:
                node = {"apiVersion": "v1", "kind": "Node", "metadata": {
                    "name": name, "labels": state[name][0], "annotations": state[name][1]}}
                write(folder / name / "node.json", json.dumps(node))
                result, patch = apply(folder, name, cr)
                state[name] = merged(state[name], patch)
                found, expect = observed(folder, name, *state[name]), step["expect"][name]
                wanted = expected(expect) if expect["panic"] is None else {"panic": True}
                agreed = agreed and wanted == found
                log.append(f"step {number} {name}: virt-handler {wanted}\n{'':{len(name) + 8}}samepage     {found}"
                           f"{'' if wanted == found else '   <-- differs'}\n{result}")
        shown = f"{vector['note']}\n" + "\n".join(log)
        assert agreed or vector["id"] in known, shown
        assert not agreed or vector["id"] not in known, f"listed as different, but agrees\n{shown}"
    return run


@cases
def vectors():
    known = differences()
    for kind, make in (("spin", spin), ("sequence", sequence)):
        for line in (CONFORMANCE / f"{kind}.jsonl").read_text().splitlines():
            vector = json.loads(line)
            yield vector["id"], make(vector, known)
