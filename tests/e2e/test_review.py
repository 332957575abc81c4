# SPDX-License-Identifier: Apache-2.0
"""Saved plans, guards and the forms for pipelines: what is refused, and that other programs can read what is printed."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

from harness import TOP, case, cases, environment, need, run, samepage, skip, write

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
    assert samepage("show", str(folder / "refused.json"), "-o", "json").stdout == refused


# ---- stale and edited plans ----

# What is wrong with the plan, how it is edited, and what the message names.
EDITS = [
    ("a node is dropped", lambda plan: plan["nodes"].pop(0), "inputs.nodes.count"),
    ("a node stands twice", lambda plan: plan["nodes"].insert(0, plan["nodes"][0]), "stands behind"),
    ("the nodes are out of order", lambda plan: plan["nodes"].reverse(), "stands behind"),
    ("a label", lambda plan: plan["nodes"][0]["labels"]["kubevirt.io/ksm-enabled"].update(after="false"), "nodes[n0].labels"),
    ("another label's value", lambda plan: plan["nodes"][0]["labels"]["kubevirt.io/ksm-enabled"].update(before="x"), "checksum"),
    ("the annotation", lambda plan: plan["nodes"][0]["annotations"]["kubevirt.io/ksm-handler-managed"].update(after="false"),
     "checksum"),
    ("the uid", lambda plan: plan["nodes"][0].update(uid="other"), "checksum"),
    ("the action", lambda plan: plan["nodes"][0].update(action="unchanged"), "nodes[n0].action"),
    ("the reason", lambda plan: plan["nodes"][0].update(reason="adopted"), "checksum"),
    ("selected", lambda plan: plan["nodes"][9].update(selected=True), "checksum"),
    ("a knob's value", lambda plan: plan["nodes"][0]["sysfs"]["run"].update(after="0"), "checksum"),
    ("a knob is added", lambda plan: plan["nodes"][0]["sysfs"].update(pages_to_scan={"before": None, "after": "1"}), "checksum"),
    ("the summary", lambda plan: plan["summary"].update(enable=5), "summary.enable"),
    ("the policy", lambda plan: plan.update(policy="pressure"), "checksum"),
    ("the selector", lambda plan: plan["selector"].update(text="zone=b"), "checksum"),
    ("the digest", lambda plan: plan.update(digest="sha256:" + "0" * 64), "checksum"),
    ("no checksum", lambda plan: plan.pop("checksum"), "checksum"),
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
    is_plan = named not in ("invalid-plan", "invalid-node-name")
    assert shown.status == (0 if is_plan else 1) and named in shown.stderr.decode(), shown


@cases
def edited_plans():
    for name, edit, named in EDITS + FOREIGN:
        yield name, lambda folder, edit=edit, named=named: check_edit(folder, edit, named)


@case
def a_plan_laid_out_anew_is_the_same_plan(folder):
    path = save(folder)
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1, sort_keys=True))
    assert samepage("emit", "-q", "--plan", str(path), "-d", str(folder / "out")).status == 0


# How the snapshot changed since, and the field that the refusal names; None: it does not matter.
SNAPSHOTS = [
    ("nothing", nodes(), None),
    ("a label that the selector does not name", nodes().replace("zone: b", "rack: r1, zone: b"), None),
    ("another order", "".join(f"---\n{part}" for part in reversed(nodes().split("---\n")[1:])), None),
    ("a node was made anew", nodes().replace("uid: u3", "uid: other"), "nodes[n3].uid"),
    ("a node is gone", nodes(9), "nodes: the plan says \"n9\""),
    ("a node is new", nodes(10) + node("n10", zone="b"), "nodes: the plan says absent, and now it is \"n10\""),
    ("a node was patched since", nodes().replace(node("n0", "u0"), node("n0", "u0", enabled="true")), "nodes[n0].labels"),
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


def hostile(folder):
    """A CR whose warnings hold what would break out of a format."""
    cr = BY_ZONE.replace("zone: a", "zone: none").replace("name: kv", "name: kv, labels: {a: b}")
    return inputs(folder, cr=cr)


@case
def sarif_fits_its_schema(folder):
    validator = schema(TOP / "tests" / "schemas" / "sarif-2.1.0-parts.json")
    for flags in ([], ["--max-changed", "0", "--protect", "zone"]):
        for cr in (BY_ZONE, ALL, BY_ZONE.replace("zone: a", "zone: none")):
            log = json.loads(samepage("plan", "-o", "sarif", *inputs(folder, cr=cr), *flags).stdout)
            validator.validate(log)
    results = json.loads(samepage("plan", "-o", "sarif", *hostile(folder), "--min-nodes", "99").stdout)["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["selects-none", "guard-min-nodes"]


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
def github_commands_cannot_be_forged(folder):
    """No line but ours begins a workflow command, whatever the files say."""
    write(folder / "%0A::error::x,y:z.yaml", ALL)
    write(folder / "nodes.yaml", node("n0", labels=", node-role.kubernetes.io/control-plane: ''"))
    result = samepage("plan", "-o", "github", "-f", "%0A::error::x,y:z.yaml", "-n", "nodes.yaml", cwd=folder)
    commands = [line for line in result.stdout.decode().splitlines() if line.lstrip().startswith("::")]
    assert [command.split("::")[1].split()[0] for command in commands] == ["warning", "notice", "group", "endgroup"], commands
    assert "file=%250A%3A%3Aerror%3A%3Ax%2Cy%3Az.yaml" in commands[0]


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
