# SPDX-License-Identifier: Apache-2.0
"""Saved plans, guards and the forms for pipelines: what is refused, and that other programs can read what is printed."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

from harness import TOP, case, cases, environment, is_sanitized, need, run, samepage, skip, write

CR = "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {name: kv, namespace: kubevirt}\nspec:\n"
BY_ZONE = CR + "  configuration: {ksmConfiguration: {nodeLabelSelector: {matchLabels: {zone: a}}}}\n"
ALL = CR + "  configuration: {ksmConfiguration: {nodeLabelSelector: {}}}\n"


def node(name, uid="u", zone="a", labels="", managed="false", enabled="false"):
    return (f"---\napiVersion: v1\nkind: Node\nmetadata:\n  name: {name}\n  uid: {uid}\n"
            f"  labels: {{zone: {zone}, kubevirt.io/ksm-enabled: '{enabled}'{labels}}}\n"
            f"  annotations: {{kubevirt.io/ksm-handler-managed: '{managed}'}}\n")


def nodes(count=10, selected=4):
    return "".join(node(f"n{i}", uid=f"u{i}", zone="a" if i < selected else "b") for i in range(count))


def inputs(folder, cr=BY_ZONE, snapshot=None):
    write(folder / "cr.yaml", cr)
    write(folder / "nodes.yaml", snapshot or nodes())
    return "-f", str(folder / "cr.yaml"), "-n", str(folder / "nodes.yaml")


def save(folder, *flags, **what):
    result = samepage("plan", "-q", *inputs(folder, **what), "--out", str(folder / "plan.json"), *flags)
    assert result.status == 0, result
    return folder / "plan.json"


# ---- guards ----

# flags, and what refuses: the codes of the guards
GUARDS = [
    ([], []),
    (["--max-changed", "4"], []),
    (["--max-changed", "3"], ["guard-max-changed"]),
    (["--max-changed", "0"], ["guard-max-changed"]),
    (["--max-changed", "40%"], []),
    (["--max-changed", "39%"], ["guard-max-changed"]),
    (["--max-changed", "0%"], ["guard-max-changed"]),
    (["--max-changed", "100%"], []),
    (["--max-changed", "18446744073709551615"], []),
    (["--min-nodes", "10"], []),
    (["--min-nodes", "11"], ["guard-min-nodes"]),
    (["--min-nodes", "10", "-l", "zone=a"], []),  # it is the snapshot that counts, not what is considered
    (["--protect", "zone=b"], []),
    (["--protect", "zone=a"], ["guard-protect"]),
    (["--protect", "zone"], ["guard-protect"]),
    (["--protect", "zone notin (a)"], []),
    (["--protect", "zone=a", "-l", "zone=b"], []),
    (["--max-changed", "1", "--min-nodes", "99", "--protect", "zone=a"],
     ["guard-max-changed", "guard-min-nodes", "guard-protect"]),
]
WRONG_GUARDS = [["--max-changed", "x"], ["--max-changed", "-1"], ["--max-changed", "%"], ["--max-changed", "101%"],
                ["--max-changed", "18446744073709551616"], ["--max-changed", "5 %"], ["--min-nodes", "5%"],
                ["--min-nodes", "many"], ["--max-bytes", "999"], ["--max-bytes", "1k"]]


def check_guard(folder, flags, codes):
    result = samepage("plan", "-o", "json", *inputs(folder), "--out", str(folder / "plan.json"), *flags)
    plan = json.loads(result.stdout)
    assert result.status == (3 if codes else 0), result
    assert [refusal["code"] for refusal in plan.get("refusals", [])] == codes, plan
    assert re.findall(r"\[(guard-[a-z-]+)\]", result.stderr.decode()) == codes, result
    assert (folder / "plan.json").exists() == (not codes), "a refused plan is not saved"
    result = samepage("emit", "-q", *inputs(folder), "-d", str(folder / "out"), *flags)
    assert (result.status, (folder / "out").exists()) == ((3, False) if codes else (0, True)), result


@cases
def guards():
    for flags, codes in GUARDS:
        yield " ".join(flags) or "none", lambda folder, flags=flags, codes=codes: check_guard(folder, flags, codes)


CONTROL_PLANE = "node-role.kubernetes.io/control-plane"

# flags, and what refuses a plan by the empty selector for a snapshot with a control plane, whose label alone changes
GUARDS_OF_ALL = [
    ([], []),
    (["--fail-on-warn"], ["guard-fail-on-warn"]),
    (["--fail-on-warn", "--allow-all"], []),
    (["--allow-all", "--protect", CONTROL_PLANE], ["guard-protect"]),
    (["--allow-all", "--protect", CONTROL_PLANE, "-l", f"!{CONTROL_PLANE}"], []),
    (["--fail-on-warn", "-l", f"!{CONTROL_PLANE}"], []),
    (["--fail-on-warn", "--max-changed", "1"], ["guard-max-changed", "guard-fail-on-warn"]),
    (["--max-changed", "100%"], []),
    (["--max-changed", "99%"], ["guard-max-changed"]),
    (["--max-changed", "11"], []),
    (["--max-changed", "10"], ["guard-max-changed"]),
]


@cases
def guards_of_a_plan_for_all():
    snapshot = nodes(10) + node("cp", labels=f", {CONTROL_PLANE}: ''", managed="true", enabled="no")

    def check(folder, flags, codes):
        result = samepage("plan", "-o", "json", *inputs(folder, cr=ALL, snapshot=snapshot), *flags)
        plan = json.loads(result.stdout)
        assert result.status == (3 if codes else 0), result
        assert [refusal["code"] for refusal in plan.get("refusals", [])] == codes, plan
        warned = "--allow-all" not in flags and "-l" not in flags
        assert [one["code"] for one in plan["warnings"]] == ["selects-all"] * warned, plan
        for refusal in plan.get("refusals", []):
            assert refusal["help"] and refusal["nodes"] == (
                ["cp"] if refusal["code"] == "guard-protect" else
                sorted(one["name"] for one in plan["nodes"]) if refusal["code"] == "guard-max-changed" else []), refusal
    for flags, codes in GUARDS_OF_ALL:
        yield " ".join(flags) or "none, of all", lambda folder, flags=flags, codes=codes: check(folder, flags, codes)


# The same for a plan of four nodes in zone a that was saved without guards.
GUARDS_OF_SAVED = [
    (["--max-changed", "4"], 0), (["--max-changed", "3"], 3), (["--max-changed", "39%"], 3), (["--min-nodes", "10"], 0),
    (["--min-nodes", "11"], 3), (["--fail-on-warn"], 0), (["--protect", "zone=a"], 64),
    (["--protect", "zone=a", "-n", "nodes.yaml"], 3), (["--protect", "zone=b", "-n", "nodes.yaml"], 0),
]


@cases
def guards_of_saved_plans():
    def check(folder, flags, status):
        save(folder)
        result = samepage("emit", "-q", "--plan", "plan.json", "-d", "out", *flags, cwd=folder)
        assert result.status == status and (folder / "out").exists() == (status == 0), result
    for flags, status in GUARDS_OF_SAVED:
        yield "saved, " + " ".join(flags), lambda folder, flags=flags, status=status: check(folder, flags, status)


@case
def guards_are_settings_as_well(folder):
    arguments = inputs(folder)
    write(folder / "samepage.ini", "[samepage]\nmax-changed = 1\n")
    ini = ["--config", str(folder / "samepage.ini")]
    for env, flags, status in (({}, ini, 3), ({"SAMEPAGE_MAX_CHANGED": "4"}, ini, 0), ({"SAMEPAGE_MAX_CHANGED": "3"}, [], 3), ({"SAMEPAGE_MAX_CHANGED": "3"}, ["--max-changed", "4"], 0),
                               ({"SAMEPAGE_MIN_NODES": "11"}, [], 3), ({"SAMEPAGE_PROTECT": "zone=a"}, [], 3)):
        result = samepage("plan", "-q", *arguments, *flags, env=environment(**env))
        assert result.status == status, f"{env} {flags}\n{result}"


@case
def wrong_guards_are_usage_errors(folder):
    for flags in WRONG_GUARDS:
        result = samepage("plan", *inputs(folder), *flags, "-o", "markdown")
        assert (result.status, result.stdout) == (64, b""), f"{flags}\n{result}"


@case
def a_refused_plan_is_not_carried_out_later(folder):
    arguments = inputs(folder)
    refused = samepage("plan", "-o", "json", *arguments, "--max-changed", "1").stdout
    write(folder / "refused.json", refused.decode())
    for verb in (["emit", "-d", str(folder / "out")], ["apply", "--node", "n0", *machine(folder)]):
        result = samepage(*verb, "--plan", str(folder / "refused.json"))
        assert result.status == 3 and b"guard-max-changed" in result.stderr, result
    shown = samepage("show", str(folder / "refused.json"), "-o", "json")
    assert shown.stdout == refused and b"warning: refused when it was made: the plan changes 4 of 10" in shown.stderr, shown


# ---- stale and edited plans ----

# What is wrong with the plan, how it is edited, and what the message names.
KSM_ENABLED = "kubevirt.io/ksm-enabled"
KSM_MANAGED = "kubevirt.io/ksm-handler-managed"
EDITS = [
    ("a node is dropped", lambda plan: plan["nodes"].pop(0), "inputs.nodes.count is 10, and the plan has 9"),
    ("a node stands twice", lambda plan: plan["nodes"].insert(0, plan["nodes"][0]), "stands behind"),
    ("the nodes are out of order", lambda plan: plan["nodes"].reverse(), "stands behind"),
    ("a label", lambda plan: plan["nodes"][0]["labels"][KSM_ENABLED].update(after="false"),
     f"nodes[n0].labels[{KSM_ENABLED}].after was edited"),
    ("what a label was", lambda plan: plan["nodes"][0]["labels"][KSM_ENABLED].update(before="x"),
     f"nodes[n0].labels[{KSM_ENABLED}].before was edited"),
    ("the annotation", lambda plan: plan["nodes"][0]["annotations"][KSM_MANAGED].update(after="false"),
     f"nodes[n0].annotations[{KSM_MANAGED}].after was edited"),
    ("the uid", lambda plan: plan["nodes"][0].update(uid="other"), "nodes[n0].uid was edited"),
    ("no uid", lambda plan: plan["nodes"][3].update(uid=None), "nodes[n3].uid was edited"),
    ("the name", lambda plan: plan["nodes"][9].update(name="n99"), "nodes[n99].name was edited"),
    ("the action", lambda plan: plan["nodes"][0].update(action="unchanged"), "nodes[n0].action was edited"),
    ("the reason", lambda plan: plan["nodes"][0].update(reason="adopted"), "nodes[n0].reason was edited"),
    ("the message", lambda plan: plan["nodes"][1].update(message="all is well"), "nodes[n1].message was edited"),
    ("selected", lambda plan: plan["nodes"][9].update(selected=True), "nodes[n9].selected was edited"),
    ("a knob's value", lambda plan: plan["nodes"][0]["sysfs"]["run"].update(after="0"), "nodes[n0].sysfs[run].after was edited"),
    ("a knob is added", lambda plan: plan["nodes"][0]["sysfs"].update(pages_to_scan={"before": None, "after": "1"}),
     "nodes[n0].sysfs[pages_to_scan].after was edited"),
    ("the summary", lambda plan: plan["summary"].update(enable=5), "summary.enable was edited"),
    ("the policy", lambda plan: plan.update(policy="pressure"), "policy was edited"),
    ("the selector", lambda plan: plan["selector"].update(text="zone=b"), "selector.text was edited"),
    ("a path", lambda plan: plan["inputs"]["kubevirt"].update(path="other.yaml"), "inputs.kubevirt.path was edited"),
    ("the size of the snapshot", lambda plan: plan["inputs"]["nodes"].update(total=99), "inputs.nodes.total was edited"),
    ("facts that there were not", lambda plan: plan["inputs"].update(facts={"path": "facts", "count": 0}),
     "inputs.facts.path was edited"),
    ("a warning is added", lambda plan: plan["warnings"].append(
        {"code": "a", "message": "b", "file": None, "line": None, "column": None}), "warnings was edited"),
    ("the digest", lambda plan: plan.update(digest="sha256:" + "0" * 64), "digest was edited"),
    ("the checksum", lambda plan: plan.update(checksum="sha256:" + "0" * 64), "checksum was edited"),
    ("the locator", lambda plan: plan.update(locator="0" * 16), "locator was edited"),
    ("no checksum", lambda plan: plan.pop("checksum"), "checksum: is missing"),
    ("no locator", lambda plan: plan.pop("locator"), "locator was edited"),
    ("two fields", lambda plan: plan["nodes"][0].update(uid="other", reason="adopted"), "in more than one field"),
    ("a field, and no locator", lambda plan: [plan.pop("locator"), plan.update(digest="x")], "the plan was edited"),
    ("a whole node's change", lambda plan: plan["nodes"][0].update(action="label", reason="metadata-only", sysfs={}),
     "summary.enable is 4, and the plan has 3"),
]
# The same for what is no plan of this version; the second is the code.
FOREIGN = [
    ("a newer format", lambda plan: plan.update(apiVersion="samepage.dev/v2"), "plan-version"),
    ("a field more", lambda plan: plan.update(extra=1), "plan-version"),
    ("a field more of a node", lambda plan: plan["nodes"][0].update(extra=1), "plan-version"),
    ("a label more", lambda plan: plan["nodes"][0]["labels"].update(evil={"before": None, "after": "x"}), "plan-version"),
    ("another kind", lambda plan: plan.update(kind="Diff"), "invalid-plan"),
    ("no nodes", lambda plan: plan.pop("nodes"), "invalid-plan"),
    ("nodes that are none", lambda plan: plan.update(nodes=[1]), "invalid-plan"),
    ("an unknown action", lambda plan: plan["nodes"][0].update(action="destroy"), "invalid-plan"),
    ("a count below zero", lambda plan: plan["summary"].update(enable=-1), "invalid-plan"),
    ("a knob that is not ours", lambda plan: plan["nodes"][0]["sysfs"].update({"../../evil": {"before": None, "after": "1"}}),
     "invalid-plan"),
    ("a name that is a path", lambda plan: plan["nodes"][0].update(name="../../evil"), "invalid-node-name"),
    ("a selector that is none", lambda plan: plan["selector"].update(text="zone in"), "plan-edited"),
    ("a number that is a text", lambda plan: plan["summary"].update(enable="4"), "invalid-plan"),
    ("a number with a fraction", lambda plan: plan["summary"].update(enable=4.0), "4.0 is no whole number"),
    ("a number beyond 64 bits", lambda plan: plan["summary"].update(enable=2 ** 64), "is no whole number from 0 to"),
    ("a change that is both", lambda plan: plan["nodes"][0]["sysfs"]["run"].update(afterUnknown=True), "not both"),
    ("a flag that says no", lambda plan: plan["nodes"][0].update(lacksLabels=False), "lacksLabels: is true, or left out"),
    ("a map that is there all the same", lambda plan: plan["nodes"][9].update(lacksLabels=True), "lacksLabels"),
    ("an override that is none", lambda plan: plan["nodes"][0].update(overrides={"kubevirt.io/ksm-x-override": "1"}),
     "plan-version"),
    ("a field more of the selector", lambda plan: plan["selector"].update(extra=1), "plan-version"),
    ("an action more", lambda plan: plan["summary"].update(destroy=0), "plan-version"),
    ("a field more of an input", lambda plan: plan["inputs"]["nodes"].update(sha256="x"), "plan-version"),
]


def machine(folder, **knobs):
    ksm = folder / "ksm"
    ksm.mkdir(exist_ok=True)
    for name, value in dict({"run": 0, "pages_to_scan": 100, "sleep_millisecs": 20}, **knobs).items():
        write(ksm / name, f"{value}\n")
    return "--sysfs-root", str(ksm), "--state-dir", str(folder / "state")


def check_edit(folder, edit, named):
    path = save(folder)
    plan = json.loads(path.read_text())
    edit(plan)
    path.write_text(json.dumps(plan))
    for verb in (["emit", "-q", "-d", str(folder / "out")], ["apply", "--node", "n0", *machine(folder)]):
        result = samepage(*verb, "--plan", str(path))
        assert result.status == 1 and named in result.stderr.decode(), f"{verb}\n{result}"
        assert result.stdout == b"" and not (folder / "out").exists()
    assert (folder / "ksm" / "run").read_text() == "0\n"
    shown = samepage("show", str(path))
    is_plan = b"[plan-edited]" in result.stderr or b"[plan-version]" in result.stderr
    assert shown.status == (0 if is_plan else 1) and named in shown.stderr.decode(), shown
    assert (b": warning: " in shown.stderr) == is_plan, shown


@cases
def edited_plans():
    for name, edit, named in EDITS + FOREIGN:
        yield name, lambda folder, edit=edit, named=named: check_edit(folder, edit, named)


def rich_plan(folder, *flags):
    """A plan with everything in it: facts, virtual machines, overrides, warnings, nodes left out, objects that are none."""
    write(folder / "n0.ini", "[node]\nname = n0\n[ksm]\nrun = 0\npages_to_scan = 200\nsleep_millisecs = 20\n"
                             "[memory]\ntotal_kib = 1000000\navailable_kib = 1000\n")
    write(folder / "vms.yaml", "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: vm}\nspec: {template: "
                               f"{{spec: {{nodeSelector: {{{KSM_ENABLED}: 'true', zone: c}}}}}}}}\n")
    snapshot = (node("n0", "u0") + node("n1", "u1", zone="b", managed="true", enabled="true") + node("n2", "u2", zone="c")
                + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: pod}\n")
    snapshot = snapshot.replace("annotations: {", "annotations: {kubevirt.io/ksm-pages-max-override: '1000', ", 1)
    result = samepage("plan", "-q", *inputs(folder, snapshot=snapshot), "--facts", str(folder / "n0.ini"), "--workloads",
                      str(folder / "vms.yaml"), "-l", "zone!=c", "--out", str(folder / "plan.json"), *flags)
    assert result.status == 0, result
    return json.loads((folder / "plan.json").read_text())


def places(value, path=()):
    """Every value in a document, by its path."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def changed(document, path, value):
    copy = json.loads(json.dumps(document))
    at(copy, path[:-1])[path[-1]] = value
    return copy


def without(document, path):
    copy = json.loads(json.dumps(document))
    del at(copy, path[:-1])[path[-1]]
    return copy


def others(value):
    """What could stand in place of a value."""
    if isinstance(value, bool):
        return [not value, None]
    if isinstance(value, str):
        return [value + "x", "\u0000" + value, None, 1]
    if isinstance(value, int):
        return [value + 1, value + 2 ** 32, str(value)]
    if isinstance(value, dict):
        return [dict(value, extra=1), None]
    if isinstance(value, list):
        return [value + value[:1] if value else [1], None]
    return ["x", 0, False]


def check_every_field(folder, *flags):
    plan = rich_plan(folder, *flags)
    assert samepage("emit", "-q", "--plan", "plan.json", "-d", "whole", cwd=folder).status == 0
    assert json.loads((folder / "whole" / "plan.json").read_text()) == plan
    edits = [(path, changed(plan, path, other)) for path in places(plan) if path for other in others(at(plan, path))]
    edits += [(path, without(plan, path)) for path in places(plan) if path]
    assert len(edits) > 300, len(edits)
    apply = ["apply", "--dry-run", "--node", "n0", *machine(folder)]
    for number, (path, edited) in enumerate(edits):
        write(folder / "edited.json", json.dumps(edited))
        verbs = [["emit", "-d", "out"]] + ([apply] if number % 7 == 0 else [])
        for verb in verbs:
            result = samepage(*verb, "--plan", "edited.json", cwd=folder)
            assert result.status == 1 and result.stdout == b"", f"{path}: {at(plan, path)!r}\n{json.dumps(edited)}\n{result}"
            assert re.search(rb"\[(plan-edited|plan-version|invalid-plan|invalid-node-name)\]", result.stderr), result
        assert not (folder / "out").exists()


@case
def no_field_is_edited_unnoticed(folder):
    check_every_field(folder)


@case
def no_field_is_edited_unnoticed_under_pressure(folder):
    check_every_field(folder, "--policy", "pressure")


@case
def a_plan_laid_out_anew_is_the_same_plan(folder):
    """By another program, which sorts the keys, or in YAML, or in another encoding."""
    plan = rich_plan(folder, "--policy", "pressure")
    assert len(plan["nodes"][0]["sysfs"]) == 3, "or the order of the knobs says nothing"
    yaml = samepage("show", "-q", "-o", "yaml", "plan.json", cwd=folder).stdout
    sorted_keys = json.dumps(plan, indent=1, sort_keys=True)
    for number, text in enumerate([sorted_keys.encode(), sorted_keys.encode("utf-16"), yaml, b"---\n" + yaml + b"---\n"]):
        (folder / "again.json").write_bytes(text)
        for against in ([], ["-n", "nodes.yaml", "-l", "zone!=c", "--facts", "n0.ini"]):
            result = samepage("emit", "-q", "--force", "--plan", "again.json", "-d", f"out{number}", *against, cwd=folder)
            assert result.status == 0, result


@case
def paths_that_are_no_utf_8_do_not_spoil_a_plan(folder):
    inputs(folder)
    for at in range(9):
        name = "c" * at + "\udcff.yaml"
        shutil.copy(folder / "cr.yaml", folder / name)
        result = samepage("plan", "-q", "-f", name, "-n", "nodes.yaml", "--out", "plan.json", cwd=folder)
        assert result.status == 0, result
        result = samepage("emit", "-q", "--plan", "plan.json", "-d", f"out{at}", cwd=folder)
        assert result.status == 0, result
        path = json.loads((folder / f"out{at}" / "plan.json").read_text())["inputs"]["kubevirt"]["path"]
        assert path == "c" * at + "\ufffd.yaml", path


@case
def nothing_stands_behind_a_plan(folder):
    text = save(folder).read_text()
    for more in ("x", "{}", text, "null"):
        write(folder / "plan.json", text + more)
        for verb in (["emit", "-d", "out", "--plan"], ["show"]):
            result = samepage(*verb, "plan.json", cwd=folder)
            assert result.status == 1 and result.stdout == b"" and not (folder / "out").exists(), result


@case
def a_plan_of_very_many_machines_is_read_back(folder):
    """No list in a plan is held in memory as a whole while it is read."""
    inputs(folder)
    machines = [{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": f"vm{number}"}, "spec": {
        "template": {"spec": {"nodeSelector": {KSM_ENABLED: "true", "zone": "none"}}}}} for number in range(30000)]
    write(folder / "vms.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": machines}))
    result = samepage("plan", "-q", *inputs(folder), "--workloads", str(folder / "vms.json"), "--out",
                      str(folder / "plan.json"))
    assert result.status == 0, result
    result = samepage("emit", "-q", "--plan", "plan.json", "-d", "out", cwd=folder)
    assert result.status == 0, result
    assert (folder / "out" / "plan.json").read_bytes().count(b'"requirement": ') == len(machines)


# Node names that a path, a shell or a terminal would take for something else.
NAMES = ["../../evil", "/etc/evil", "..", ".", "a/../b", "n0/", "", "-rf", "$(id)", "a;b", "a\nb", "A", "a..b", ".a", "a\\b",
         "\u00fc", "a" * 254, "a" * 100000, "\u0000", "\u202ea"]


@case
def names_stay_in_the_folder(folder):
    plan = json.loads(save(folder).read_text())
    (folder / "deep").mkdir()
    for name in NAMES:
        plan["nodes"][0]["name"] = name
        write(folder / "plan.json", json.dumps(plan))
        for verb in (["emit", "-d", "deep/out"], ["apply", "--node", name or "n0", *machine(folder)]):
            result = samepage(*verb, "--plan", "plan.json", cwd=folder) if "\0" not in "".join(verb) else None
            assert not result or result.status == 1 and b"[invalid-node-name]" in result.stderr, result
            assert not result or len(result.stderr) < 10000, len(result.stderr)
        assert list((folder / "deep").iterdir()) == []


def hostile_plans(text):
    yield "lists in lists", "[" * 100000, "invalid-plan"
    yield "lists in a list of the plan", text.replace('"warnings": [', '"warnings": [' + "[" * 100000), "too-deep"
    yield "maps in a field", text.replace('"policy": "static"', '"policy": ' + '{"a":' * 100000), "too-deep"
    yield "a long number", text.replace('"enable": 4', '"enable": ' + "9" * 1000000), "invalid-plan"
    yield "a long text", text.replace('"uid": "u0"', '"uid": "' + "x" * 9000000 + '"'), "value-too-long"
    yield "a key twice", text.replace('"uid": "u0"', '"uid": "u0", "uid": "u1"'), "duplicate-key"
    yield "a field twice", text[:-2] + ', "policy": "static"}', "duplicate-key"
    yield "no UTF-8", text.replace('"u0"', '"u\udcff0"'), "json-syntax"
    yield "half a surrogate pair", text.replace('"u0"', '"\\ud800"'), "json-syntax"
    yield "cut short", text[:len(text) // 2], "json-syntax"
    yield "empty", "", "invalid-plan"
    yield "many aliases", "apiVersion: samepage.dev/v1\nkind: Plan\nwarnings: [&a [x, x, x, x, x, x, x, x, x], " + ", ".join(
        f"&{new} [" + ", ".join([f"*{old}"] * 9) + "]" for old, new in zip("abcdefgh", "bcdefghi")) + "]\n", "invalid-plan"


def check_hostile(folder, text, code):
    (folder / "plan.json").write_bytes(text.encode(errors="surrogateescape"))
    for verb in (["emit", "-d", "out", "--plan"], ["show"], ["apply", "--node", "n0", *machine(folder), "--plan"]):
        result = samepage(*verb, "plan.json", cwd=folder)
        assert result.status == 1 and result.stdout == b"" and f"[{code}]" in result.stderr.decode(), result
        assert len(result.stderr) < 10000 and not (folder / "out").exists(), result
        assert is_sanitized() or result.peak < 200 * 2 ** 20, result.peak


@cases
def hostile_saved_plans():
    for name in [name for name, _, _ in hostile_plans("")]:
        def check(folder, name=name):
            text = save(folder).read_text()
            check_hostile(folder, *next(rest for found, *rest in hostile_plans(text) if found == name))
        yield name, check


@case
def plans_come_from_fifos(folder):
    path = save(folder)
    for verb in (["show", "-q"], ["emit", "-q", "-d", "out", "--plan"]):
        result = run(["bash", "-c", f'samepage {" ".join(verb)} <(cat plan.json)'], cwd=folder)
        assert result.status == 0 and b"Plan: 4 to enable" in result.stdout, result


# How the snapshot changed since, and the field that the refusal names; None: it does not matter.
SNAPSHOTS = [
    ("nothing", nodes(), None),
    ("a label that the selector does not name", nodes().replace("zone: b", "rack: r1, zone: b"), None),
    ("another order", "".join(f"---\n{part}" for part in reversed(nodes().split("---\n")[1:])), None),
    ("a node was made anew", nodes().replace("uid: u3", "uid: other"), "nodes[n3].uid"),
    ("a node is gone", nodes(9), "nodes: the plan says \"n9\""),
    ("a node is new", nodes(10) + node("n10", zone="b"), "nodes: the plan says absent, and now it is \"n10\""),
    ("a node was patched since", nodes().replace(node("n0", "u0"), node("n0", "u0", enabled="true")), 
     'nodes[n0].labels[kubevirt.io/ksm-enabled]: the plan changes it, "false" -> "true", and now nothing changes there'),
    ("a node lost its label", nodes().replace(node("n9", "u9", zone="b"), node("n9", "u9", zone="b", enabled="x")),
     'nodes[n9].labels[kubevirt.io/ksm-enabled]: the plan leaves it as it is, and now it changes, "x" -> "false"'),
    ("a node was managed since", nodes().replace(node("n0", "u0"), node("n0", "u0", managed="true")), "nodes[n0]."),
    ("a node moved", nodes().replace(node("n9", "u9", zone="b"), node("n9", "u9", zone="a")), "nodes[n9].selected"),
    ("a node moved from one wrong zone to another", nodes().replace(node("n9", "u9", zone="b"), node("n9", "u9", zone="c")),
     "digest"),
]


def check_snapshot(folder, snapshot, named):
    path = save(folder)
    write(folder / "now.yaml", snapshot)
    result = samepage("emit", "-q", "--plan", str(path), "-n", str(folder / "now.yaml"), "-d", str(folder / "out"))
    assert (folder / "out").exists() == (named is None), result
    if named is None:
        assert result.status == 0, result
    else:
        assert result.status == 4 and named in result.stderr.decode() and b"[plan-stale]" in result.stderr, result
        assert result.stdout == b""


@cases
def stale_snapshots():
    for name, snapshot, named in SNAPSHOTS:
        yield name, lambda folder, snapshot=snapshot, named=named: check_snapshot(folder, snapshot, named)


@case
def a_plan_is_stale_for_another_cr(folder):
    path = save(folder)
    write(folder / "cr.yaml", ALL)
    result = samepage("emit", "-q", "--plan", str(path), "-f", str(folder / "cr.yaml"), "-n", str(folder / "nodes.yaml"),
                      "-d", str(folder / "out"))
    assert result.status == 4 and b"selector.kind" in result.stderr, result


@case
def a_plan_with_facts_is_compared_with_facts(folder):
    (folder / "facts").mkdir()
    write(folder / "facts" / "n0.ini", "[node]\nname = n0\n[ksm]\nrun = 0\n")
    path = save(folder, "--facts", str(folder / "facts"))
    emit = ["emit", "-q", "--force", "--plan", str(path), "-n", str(folder / "nodes.yaml"), "-d", str(folder / "out")]
    assert samepage(*emit).status == 64
    assert samepage(*emit, "--facts", str(folder / "facts")).status == 0
    write(folder / "facts" / "n0.ini", "[node]\nname = n0\n[ksm]\nrun = 1\n")
    result = samepage(*emit, "--facts", str(folder / "facts"))
    assert result.status == 4 and b"nodes[n0]" in result.stderr, result


# The machine when the plan is carried out, the plan's facts (run when it was made, or None), and the field that is stale.
MACHINES = [
    ("no facts, off", {"run": 0}, None, None),
    ("no facts, on by somebody else", {"run": 1}, None, None),
    ("as the facts said", {"run": 0}, 0, None),
    ("on since", {"run": 1}, 0, "sysfs.run.before"),
    ("was on, now off", {"run": 0}, 1, "sysfs.run"),
    ("was on and still is", {"run": 1}, 1, None),
    ("merged pages stay, KSM off", {"run": 2}, 0, "sysfs.run.before"),
]


def check_machine(folder, knobs, run_then, named):
    flags = []
    if run_then is not None:
        write(folder / "n0.ini", f"[node]\nname = n0\n[ksm]\nrun = {run_then}\npages_to_scan = 100\nsleep_millisecs = 20\n")
        flags = ["--facts", str(folder / "n0.ini")]
    path = save(folder, *flags)
    apply = ["apply", "--plan", str(path), "--node", "n0", *machine(folder, **knobs)]
    result = samepage(*apply)
    if named:
        assert result.status == 4 and f"nodes[n0].{named}" in result.stderr.decode(), result
        assert (folder / "ksm" / "run").read_text() == f"{knobs['run']}\n"
        return
    assert result.status == 0, result
    assert (folder / "ksm" / "run").read_text().strip() == "1"
    again = samepage(*apply, "-o", "json")
    assert again.status == 0 and json.loads(again.stdout)["writes"] == [], again


@cases
def stale_machines():
    for name, knobs, run_then, named in MACHINES:
        yield name, lambda folder, k=knobs, r=run_then, n=named: check_machine(folder, k, r, n)


# A selected node under the pressure policy: its annotation, KSM and the memory that is available (of 1,000,000 KiB) when
# the plan is made; the same two when it is carried out; the actions of both, or the field that is stale.
PRESSURE = [
    ("stays off", "false", (0, 900000), (0, 900000), "unchanged", "unchanged"),
    ("stays off, with other numbers", "false", (0, 900000), (0, 800000), "unchanged", "unchanged"),
    ("is switched on", "false", (0, 1000), (0, 1000), "enable", "enable"),
    ("is switched on, at another rate", "false", (0, 1000), (0, 2000), "enable", "sysfs.sleep_millisecs.after"),
    ("is switched off", "true", (1, 900000), (1, 900000), "disable", "disable"),
    ("is switched off, and the annotation says so already", "false", (1, 900000), (1, 900000), "disable", "disable"),
    ("is tuned", "true", (1, 1000), (1, 1000), "tune", "tune"),
    ("is tuned, and memory eased", "true", (1, 1000), (1, 900000), "tune", "sysfs.sleep_millisecs.after"),
    ("stays off, and memory is short now", "false", (0, 900000), (0, 1000), "unchanged", "annotations"),
]


def check_pressure(folder, managed, then, now, planned, outcome):
    def numbers(run, available):
        write(folder / "meminfo", f"MemTotal: 1000000 kB\nMemAvailable: {available} kB\n")
        write(folder / "n0.ini", f"[node]\nname = n0\n[ksm]\nrun = {run}\npages_to_scan = 100\nsleep_millisecs = 20\n"
                                 f"[memory]\ntotal_kib = 1000000\navailable_kib = {available}\n")
        return run
    numbers(*then)
    save(folder, "--policy", "pressure", "--facts", str(folder / "n0.ini"), snapshot=node("n0", "u0", managed=managed,
                                                                                           enabled="true"))
    plan = json.loads((folder / "plan.json").read_text())
    assert plan["nodes"][0]["action"] == planned, plan
    arguments = ["apply", "--plan", "plan.json", "--node", "n0", *machine(folder, run=numbers(*now)), "--meminfo", "meminfo"]
    result = samepage(*arguments, "-o", "json", cwd=folder)
    if "." in outcome or outcome == "annotations":
        assert result.status == 4 and f"nodes[n0].{outcome}" in result.stderr.decode(), result
        return
    assert result.status == 0, result
    done = json.loads(result.stdout)
    assert done["action"] == outcome, result
    assert done["message"].count("memory is") == 1, "what the plan knew is told beside what is so now"


@cases
def plans_under_pressure():
    for name, *row in PRESSURE:
        yield name, lambda folder, row=row: check_pressure(folder, *row)


@case
def a_blocked_node_is_not_stale(folder):
    """The plan knew that it has no KSM, and it still has none: that is the error."""
    write(folder / "n0.ini", "[node]\nname = n0\n[ksm]\n")
    path = save(folder, "--facts", str(folder / "n0.ini"))
    assert json.loads(path.read_text())["nodes"][0]["action"] == "blocked"
    (folder / "ksm").mkdir()
    result = samepage("apply", "--plan", str(path), "--node", "n0", "--sysfs-root", str(folder / "ksm"), "--state-dir",
                      str(folder / "state"))
    assert result.status == 1 and b"[ksm-unavailable]" in result.stderr, result


@case
def a_plan_of_some_nodes_is_compared_with_some(folder):
    """It does not say by which --selector they were chosen, so that the same has to be given."""
    path = save(folder, "-l", "zone=a")
    emit = ["emit", "-q", "--plan", str(path), "-d", str(folder / "out")]
    result = samepage(*emit, "-l", "zone=a")
    assert result.status == 64 and b"-n FILE is missing: --selector" in result.stderr, result
    result = samepage(*emit, "-n", str(folder / "nodes.yaml"))
    assert result.status == 4 and b"help: the plan was made with --selector: give the same" in result.stderr, result
    assert samepage(*emit, "-n", str(folder / "nodes.yaml"), "-l", "zone=a").status == 0
    path = save(folder)
    result = samepage(*emit, "--force", "-n", str(folder / "nodes.yaml"), "-l", "zone=a")
    assert result.status == 4 and b"help: the plan was made without --selector" in result.stderr, result


@case
def a_snapshot_that_shrank_is_seen_beside_a_plan(folder):
    path = save(folder, "-l", "zone=a")
    write(folder / "now.yaml", nodes(6))
    emit = ["emit", "-q", "--plan", str(path), "-l", "zone=a", "-n", str(folder / "now.yaml"), "-d", str(folder / "out")]
    result = samepage(*emit, "--min-nodes", "10")
    assert result.status == 3 and b"the snapshot has 6 nodes, and --min-nodes wants 10" in result.stderr, result
    assert samepage(*emit, "--min-nodes", "6").status == 0


@case
def warnings_of_a_plan_made_anew_have_a_place(folder):
    snapshot = nodes() + node("cp", labels=", node-role.kubernetes.io/control-plane: ''")
    path = save(folder, cr=ALL, snapshot=snapshot)
    result = samepage("emit", "-q", "--plan", path.name, "-n", "nodes.yaml", "-d", "out", cwd=folder)
    assert result.status == 0 and result.stderr.startswith(b"samepage: plan.json: warning: the empty"), result


@case
def apply_with_a_snapshot_asks_for_the_node_alone(folder):
    path = save(folder)
    apply = ["apply", "--plan", str(path), "--node", "n0", *machine(folder), "-n", str(folder / "now.yaml")]
    write(folder / "now.yaml", nodes().replace("uid: u0", "uid: other"))
    result = samepage(*apply)
    assert result.status == 4 and b"nodes[n0].uid" in result.stderr, result
    write(folder / "now.yaml", nodes().replace(node("n0", "u0"), node("n0", "u0", zone="b")))
    result = samepage(*apply)
    assert result.status == 4 and b"nodes[n0].selected" in result.stderr, result
    write(folder / "now.yaml", nodes().replace("uid: u7", "uid: other"))
    assert samepage(*apply).status == 0


@case
def a_saved_plan_gives_back(folder):
    """Enabled by one plan and disabled by the next: the originals are back."""
    arguments = machine(folder, run=0, pages_to_scan=123)
    assert samepage("apply", "--plan", str(save(folder)), "--node", "n0", *arguments).status == 0
    (folder / "plan.json").unlink()
    managed = nodes().replace(node("n0", "u0"), node("n0", "u0", zone="b", managed="true", enabled="true"))
    path = save(folder, snapshot=managed)
    result = samepage("apply", "--plan", str(path), "--node", "n0", *arguments)
    assert result.status == 0 and (folder / "ksm" / "run").read_text().strip() == "0", result
    assert (folder / "ksm" / "pages_to_scan").read_text().strip() == "123"
    assert not (folder / "state" / "original.ini").exists()


@case
def apply_does_not_know_the_node(folder):
    result = samepage("apply", "--plan", str(save(folder)), "--node", "n99", *machine(folder))
    assert result.status == 1 and b"[unknown-node]" in result.stderr, result


# ---- forms ----

def schema(name):
    try:
        import jsonschema
    except ImportError:
        skip("python3-jsonschema is not installed")
    with open(name) as file:
        return jsonschema.Draft202012Validator(json.load(file))


def is_plan(document):
    return isinstance(document, dict) and document.get("kind") == "Plan"


def plans_of_the_golden_tests():
    for path in sorted((TOP / "tests" / "golden").glob("*/expect/**/*")):
        if not path.is_file():
            continue
        try:
            document = json.loads(path.read_text())
        except ValueError:
            continue
        if is_plan(document):
            yield path, document


@case
def every_plan_fits_its_schema(folder):
    validator = schema(TOP / "docs" / "plan.schema.json")
    validator.check_schema(validator.schema)
    count = 0
    for path, plan in plans_of_the_golden_tests():
        validator.validate(plan)
        count += 1
    assert count > 5, count
    write(folder / "n0.ini", "[node]\nname = n0\n[ksm]\nrun = 0\n")
    for flags in ([], ["--policy", "pressure"], ["--max-changed", "1"], ["-l", "zone=b"], ["--facts", str(folder / "n0.ini")]):
        for cr in (BY_ZONE, ALL, CR + "  {}\n"):
            validator.validate(json.loads(samepage("plan", "-o", "json", *inputs(folder, cr=cr), *flags).stdout))
    broken = json.loads(samepage("plan", "-o", "json", *inputs(folder)).stdout)
    broken["nodes"][0]["sysfs"]["run"].pop("after")
    assert not validator.is_valid(broken), "the schema takes everything"


HOSTILE = ("|a|`b``*c*<script>alert(1)</script>]]>-->&amp;\n::error::x\r\n  ::add-mask::y\x1b[31m\x07\ufffe\uffff\u202e"
           "##[add-mask]z ##vso[task.complete] @org/team #12 !12 www.example.com https://example.com \\")


def hostile(folder):
    """Every text that files can bring into a plan holds what would break out of a format, and there is one warning of each
    kind that repeats such a text."""
    text = json.dumps(HOSTILE)
    cr = (f"apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {{name: {text}, namespace: {text}}}\n"
          "spec: {configuration: {ksmConfiguration: {}}}\n")
    nodes = (f"apiVersion: v1\nkind: Node\nmetadata:\n  name: n1\n  uid: {text}\n  labels: {{kubevirt.io/ksm-enabled: {text}}}\n"
             f"  annotations: {{kubevirt.io/ksm-handler-managed: {text}}}\n")
    machine = (f"apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {{name: {text}, namespace: {text}}}\n"
               "spec: {template: {spec: {nodeSelector: {kubevirt.io/ksm-enabled: 'true'}}}}\n")
    name = "##[error]|`<b>::error::x,y:z]]>-->.yaml"
    return ["-f", write(folder / f"cr {name}", cr), "-n", write(folder / f"nodes {name}", nodes),
            "--workloads", write(folder / f"vm {name}", machine)]


@case
def sarif_fits_its_schema(folder):
    validator = schema(TOP / "tests" / "schemas" / "sarif-2.1.0-parts.json")
    for flags in ([], ["--max-changed", "0", "--protect", "zone"]):
        for cr in (BY_ZONE, ALL, BY_ZONE.replace("zone: a", "zone: none")):
            log = json.loads(samepage("plan", "-o", "sarif", *inputs(folder, cr=cr), *flags).stdout)
            validator.validate(log)
    log = json.loads(samepage("plan", "-o", "sarif", *hostile(folder), "--min-nodes", "99").stdout)
    validator.validate(log)
    results = log["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["nil-selector", "vm-without-node", "guard-min-nodes"]
    for result in results:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+", uri), uri


@case
def junit_is_well_formed_and_counts(folder):
    for flags, failures in (([], 0), (["--max-changed", "0", "--protect", "zone"], 2)):
        root = ElementTree.fromstring(samepage("plan", "-o", "junit", *inputs(folder), *flags).stdout)
        assert root.tag == "testsuites"
        for suite in [root, *root.findall("testsuite")]:
            assert int(suite.get("tests")) == len(list(suite.iter("testcase"))) == failures + 1
            assert int(suite.get("failures")) == len(list(suite.iter("failure"))) == failures
        for test in root.iter("testcase"):
            assert test.get("name") and test.get("classname")


@case
def junit_fits_its_schema(folder):
    xmllint = need("xmllint")
    path = folder / "junit.xml"
    for arguments in (inputs(folder), inputs(folder, cr=ALL), [*inputs(folder), "--max-changed", "0", "--protect", "zone"],
                      [*hostile(folder), "--min-nodes", "99"]):
        write(path, samepage("plan", "-o", "junit", *arguments).stdout)
        result = run([xmllint, "--noout", "--nonet", "--schema", TOP / "tests" / "schemas" / "junit.xsd", path])
        assert result.status == 0, result
    texts = [failure.text for failure in ElementTree.parse(path).iter("failure")]
    assert re.match(r".*\.yaml:4:24: ksmConfiguration without .*\nhelp: ", texts[0]), "CI systems show this text first"


@case
def check_tells_of_errors_in_the_forms_of_ci(folder):
    """What is wrong is the result there, so it is printed where the check fails, too."""
    cr = ALL.replace("nodeLabelSelector", "nodeSelector").replace("name: kv", "name: kv, labels: {a: 1}")
    bad, good = write(folder / "bad.yaml", cr), write(folder / "good.yaml", ALL)
    nodes = write(folder / "nodes.yaml", node("n0", labels=", node-role.kubernetes.io/control-plane: ''"))
    missing = folder / "missing.yaml"
    validator = schema(TOP / "tests" / "schemas" / "sarif-2.1.0-parts.json")
    for path, status, levels in ((bad, 1, ["error", "error"]), (missing, 1, ["error"]), (good, 0, ["warning"])):
        run_of = {form: samepage("check", "-o", form, "-f", path, "-n", nodes) for form in ("github", "sarif", "junit")}
        assert {result.status for result in run_of.values()} == {status}, run_of["github"]
        lines = run_of["github"].stdout.decode().splitlines()
        assert [line.split("::")[1].split()[0] for line in lines] == levels, lines
        log = json.loads(run_of["sarif"].stdout)
        validator.validate(log)
        assert [result["level"] for result in log["runs"][0]["results"]] == levels
        assert all(str(path) in json.dumps(result["locations"]) for result in log["runs"][0]["results"])
        write(folder / "junit.xml", run_of["junit"].stdout)
        result = run([need("xmllint"), "--noout", "--nonet", "--schema", TOP / "tests" / "schemas" / "junit.xsd", folder / "junit.xml"])
        assert result.status == 0, result
        assert len(ElementTree.parse(folder / "junit.xml").findall(".//failure")) == len(levels)
    assert b'tests="1" failures="0"' in samepage("check", "-o", "junit", "-f", good).stdout


@case
def github_commands_cannot_be_forged(folder):
    """No line but ours begins a workflow command, whatever the files say."""
    write(folder / "%0A::error::x,y:z.yaml", ALL)
    write(folder / "nodes.yaml", node("n0", labels=", node-role.kubernetes.io/control-plane: ''"))
    result = samepage("plan", "-o", "github", "-f", "%0A::error::x,y:z.yaml", "-n", "nodes.yaml", cwd=folder)
    commands = [line for line in result.stdout.decode().splitlines() if line.lstrip().startswith("::")]
    assert [command.split("::")[1].split()[0] for command in commands] == ["warning", "notice", "group", "endgroup"], commands
    assert "file=%250A%3A%3Aerror%3A%3Ax%2Cy%3Az.yaml" in commands[0]


def commands_to_runners(text):
    """What a CI system's runner takes for commands: GitHub's of both kinds, and Azure's."""
    return [line for line in text.splitlines() if line.lstrip().startswith("::") or re.search(r"##[A-Za-z]*\[", line)]


@case
def no_form_holds_a_command_to_the_runner(folder):
    """Logs are read for commands, whatever was meant to be printed there; -o github alone writes some, and only its own."""
    arguments = [*hostile(folder), "--min-nodes", "99"]
    for form in ("text", "markdown", "junit", "names"):
        for color in ("never", "always"):
            result = samepage("plan", "-o", form, "--color", color, *arguments)
            assert commands_to_runners((result.stdout + result.stderr).decode()) == [], (form, color)
    result = samepage("plan", "-o", "github", *arguments)
    commands = commands_to_runners((result.stdout + result.stderr).decode())
    assert [re.match(r"::([a-z]+)", command).group(1) for command in commands] == \
        ["warning", "warning", "error", "notice", "group", "endgroup"], commands
    assert samepage("check", "-f", write(folder / "a.yaml", "::error::x: [\n  ::error::y\n##[error]z\n"), "--color=always").status == 1
    for line in ("::error::x: {", "  ::error::x: }", "a: ##[error] }", "'##vso[task.complete]' }"):
        result = samepage("check", "--color=always", "-f", write(folder / "a.yaml", line + "\n"))
        assert result.status == 1 and commands_to_runners(result.stderr.decode()) == [], result


@case
def markdown_is_read_as_text(folder):
    """Whoever can name a machine or annotate a node can neither mark up a comment nor call somebody by it."""
    result = samepage("plan", "-o", "markdown", *hostile(folder), "--min-nodes", "99")
    text = result.stdout.decode()
    refused = text.split("**Refused:**")[1]
    assert refused.startswith("\n\n* ") and "\n\n- KubeVirt" in refused, "two lists, not one"
    tags = set(re.findall(r"</?([a-z!-]+)", text))
    assert tags <= {"!--", "details", "summary", "code", "span", "br"}, tags
    for line in text.splitlines()[1:]:
        line = re.sub(r"`[^`]*`", "", line)
        assert not re.search(r"[@#!](?!\d+;)\S|www\.|:/|\\|\*[a-z]|`|-->", line.replace("&#", "")), line
        assert line.count("|") == 0 or line.startswith("|") and line.endswith("|"), line
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} == {5, 7}, rows


@case
def markdown_never_grows_beyond_its_limit(folder):
    snapshot = "".join(node(f"node-with-quite-a-long-name-{i:05}.example.com", uid=f"u{i}") for i in range(3000))
    for limit in (1000, 1500, 5000, 20000, 60000):
        text = samepage("plan", "-o", "markdown", *inputs(folder, snapshot=snapshot), "--max-bytes", str(limit)).stdout
        assert limit / 3 < len(text) <= limit, (limit, len(text))
        assert b"Not shown, as a comment has no room for all: " in text
        assert text.count(b"<details>") == text.count(b"</details>")
        assert text.startswith(b"<!-- samepage:plan -->\n")
    whole = samepage("plan", "-o", "markdown", *inputs(folder, snapshot=snapshot), "--max-bytes", "0").stdout
    assert whole.count(b"node-with-quite") == 3000
    assert len(samepage("plan", "-o", "markdown", *inputs(folder, snapshot=snapshot)).stdout) <= 60000


# ---- git, and a bot's life ----

def git(folder, *arguments, **more):
    return run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments], cwd=folder, **more)


@case
def git_shows_what_a_change_does_to_the_nodes(folder):
    need("git")
    inputs(folder)
    git(folder, "init", "-q")
    write(folder / ".gitattributes", "cr.yaml diff=samepage\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "config", "diff.samepage.command", "samepage diff -n nodes.yaml")
    write(folder / "cr.yaml", ALL)
    result = git(folder, "diff")
    assert result.status == 0 and b"Joins (6 nodes):" in result.stdout, result
    assert b"a/cr.yaml -> b/cr.yaml" in result.stdout
    git(folder, "rm", "-q", "--cached", "cr.yaml")
    result = git(folder, "diff", "--cached")
    assert result.status == 0 and b"Leaves (4 nodes)" in result.stdout, result


def repository(folder):
    """One with a CR and git's two lines of configuration."""
    need("git")
    inputs(folder)
    write(folder / ".gitattributes", "cr.yaml diff=samepage\n")
    for command in ("init -q -b main", "add .", "commit -qm one", "config diff.samepage.command"):
        words = command.split() + (["samepage diff -n nodes.yaml"] if command.startswith("config") else [])
        assert git(folder, *words).status == 0


@case
def git_passes_over_what_is_in_conflict(folder):
    repository(folder)
    git(folder, "switch", "-qc", "other")
    write(folder / "cr.yaml", ALL)
    git(folder, "commit", "-qam", "all")
    git(folder, "switch", "-q", "main")
    write(folder / "cr.yaml", BY_ZONE.replace("zone: a", "zone: b"))
    git(folder, "commit", "-qam", "b")
    git(folder, "merge", "-q", "other")
    result = git(folder, "diff", "--cached")
    assert result.status == 0 and b"* Unmerged path cr.yaml\n" in result.stdout, result
    write(folder / "cr.yaml", ALL)
    result = git(folder, "diff", "--ours")
    assert result.status == 0 and b"* Unmerged path cr.yaml\ncr.yaml" not in result.stdout, result
    assert b"Joins (4 nodes)" in result.stdout, result
    assert samepage("diff", "cr.yaml", cwd=folder).status == 2, "by hand it is a mistake"


@case
def messages_name_a_version_as_git_does(folder):
    """Not the temporary file that git puts it into."""
    repository(folder)
    write(folder / "cr.yaml", ALL.replace("nodeLabelSelector: {}", "nodeLabelSelector: ["))
    git(folder, "commit", "-qam", "broken")
    write(folder / "cr.yaml", BY_ZONE.replace("zone: a", "zone: none"))
    result = git(folder, "diff")
    assert result.status == 128 and result.stderr.startswith(b"samepage: a/cr.yaml:5:"), result
    git(folder, "commit", "-qam", "mended")
    result = git(folder, "show", "--ext-diff", "HEAD~1")
    assert result.status == 128 and result.stderr.startswith(b"samepage: b/cr.yaml:5:"), result
    write(folder / "cr.yaml", BY_ZONE.replace("zone: a", "zone: nobody"))
    result = git(folder, "diff")
    assert result.status == 0 and result.stderr.startswith(b"samepage: cr.yaml:5:"), result


@case
def a_diff_in_markdown_tells_what_is_warned_of(folder):
    """Who reads the comment does not see stderr."""
    inputs(folder, snapshot=nodes() + node("cp", labels=", node-role.kubernetes.io/control-plane: ''"))
    write(folder / "all.yaml", ALL)
    diff = ["diff", "-n", "nodes.yaml", "cr.yaml", "all.yaml", "--fail-on-warn", "-o"]
    result = samepage(*diff, "markdown", cwd=folder)
    assert result.status == 2, result
    for told in (b"\nWarnings:\n", b"selects every node, the control plane", b"**Refused:**", b"guard-fail-on-warn"):
        assert told in result.stdout, result
    document = json.loads(samepage(*diff, "json", cwd=folder).stdout)
    assert [one["code"] for one in document["refusals"]] == ["guard-fail-on-warn"], document


@case
def a_diff_in_markdown_stays_within_its_limit(folder):
    snapshot = "".join(node(f"node-with-quite-a-long-name-{i:05}.example.com", uid=f"u{i}", zone="ab"[i % 2])
                       for i in range(2000))
    inputs(folder, snapshot=snapshot)
    write(folder / "b.yaml", BY_ZONE.replace("zone: a", "zone: b"))
    write(folder / "vms.json", "\n".join(json.dumps(
        {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "metadata": {"name": f"vm{number:04}"}, "spec": {
            "template": {"spec": {"nodeSelector": {KSM_ENABLED: "true", "zone": "c"}}}}}) for number in range(1000)))
    for limit in (4000, 20000, 60000):
        result = samepage("diff", "-n", "nodes.yaml", "cr.yaml", "b.yaml", "-o", "markdown", "--max-bytes", str(limit),
                          "--workloads", "vms.json", cwd=folder)
        assert result.status == 1 and limit / 3 < len(result.stdout) <= limit, (limit, len(result.stdout))


@case
def diff_reads_file_descriptors(folder):
    inputs(folder)
    write(folder / "all.yaml", ALL)
    result = run(["bash", "-c", "samepage diff -q -n nodes.yaml <(cat cr.yaml) <(cat all.yaml)"], cwd=folder)
    assert result.status == 1 and result.stdout == b"Diff: 6 join, 0 leave, 4 stay, 0 stay out.\n", result


@case
def the_life_of_a_change(folder):
    """Change, diff, comment, merge, plan, emit, kubectl patch, plan again: nothing is left to do."""
    need("git")
    need("kubectl")
    arguments = inputs(folder)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, "switch", "-qc", "change")
    write(folder / "cr.yaml", BY_ZONE.replace("zone: a", "zone: b"))
    git(folder, "commit", "-qam", "two")
    result = run(["bash", "-c", "samepage diff -o markdown -n nodes.yaml <(git show main:cr.yaml) cr.yaml"], cwd=folder)
    assert result.status == 1 and result.stdout.startswith(b"<!-- samepage:diff -->\n**Diff: 6 join, 4 leave"), result
    comment = samepage("plan", "-o", "markdown", *arguments).stdout
    assert comment.startswith(b"<!-- samepage:plan -->\n") and b"Next: `samepage emit " in comment
    git(folder, "switch", "-q", "main")
    git(folder, "merge", "-q", "change")
    path = save(folder, cr=BY_ZONE.replace("zone: a", "zone: b"))
    assert samepage("emit", "-q", "--plan", str(path), "-n", str(folder / "nodes.yaml"), "-d", str(folder / "ksm")).status == 0
    patched = []
    for name in (f"n{i}" for i in range(10)):
        write(folder / "node.yaml", next(part for part in nodes().split("---\n") if f"name: {name}\n" in part))
        patch = folder / "ksm" / "patches" / f"{name}.yaml"
        command = ["kubectl", "patch", "--local", "-f", "node.yaml", "--type", "merge", "--patch-file", str(patch), "-o", "yaml"]
        patched.append(run(command, cwd=folder, timeout=60).stdout.decode() if patch.exists()
                       else (folder / "node.yaml").read_text())
    write(folder / "patched.yaml", "---\n".join(patched))
    result = samepage("plan", "-q", "--detailed-exitcode", "-f", str(folder / "cr.yaml"), "-n", str(folder / "patched.yaml"))
    assert result.status == 0 and b"10 unchanged" in result.stdout, result
