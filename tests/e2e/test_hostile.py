# SPDX-License-Identifier: Apache-2.0
"""Inputs that are made to do harm: more of something than there is room for, or what looks like something else."""

import json
import os
import re
import threading

from harness import binary, case, cases, is_sanitized, need, run, samepage, skip, write

CR = """\
apiVersion: kubevirt.io/v1
kind: KubeVirt
metadata: {name: kubevirt, namespace: kubevirt}
spec: {configuration: {ksmConfiguration: {nodeLabelSelector: {}}}}
"""
NODE = "apiVersion: v1\nkind: Node\nmetadata:\n  name: node01\n"
GOOD = b"Plan: 1 to enable, 0 to disable, 0 to restore, 0 to label, 0 unchanged."


def write_cluster(folder):
    write(folder / "kubevirt.yaml", CR)
    write(folder / "nodes.yaml", NODE)


@case
def a_fleet_of_more_clusters_than_files_may_be_open(folder):
    for number in range(60):
        write_cluster(folder / "fleet" / f"c{number}")
    result = run(["sh", "-c", 'ulimit -n 30; exec "$0" plan -q --fleet fleet', binary()], cwd=folder)
    assert result.status == 0 and result.stdout.startswith(b"Fleet: 60 clusters. Plan: 60 to enable"), result


@cases
def nested_clusters():
    """Between the two, in the order of names, another one stands."""
    def check(folder, names):
        for name in names:
            write_cluster(folder / "fleet" / name)
        result = samepage("emit", "-q", "--fleet", "fleet", "-d", "out", cwd=folder)
        assert result.status == 1 and b"[fleet-nested]" in result.stderr, result
        assert os.listdir(folder) == ["fleet"], result

    for names in (["a", "a-b", "a/c"], ["a", "a.b", "a/b/c"], [".", "-a"]):
        yield " ".join(names), lambda folder, names=names: check(folder, names)


def plan(folder, cr=CR, nodes=NODE, flags=()):
    write(folder / "cr", cr)
    write(folder / "nodes", nodes)
    return samepage("plan", "-f", "cr", "-n", "nodes", *flags, cwd=folder)


def good_and_small(result, most):
    assert result.status == 0 and GOOD in result.stdout, result
    assert is_sanitized() or result.peak < most << 20, result


@case
def anchors_that_are_kept(folder):
    """A value that has an anchor outlives its Node."""
    def snapshot():
        yield b"apiVersion: v1\nkind: List\nitems:\n"
        for number in range(100):
            yield b"- apiVersion: v1\n  kind: Node\n  metadata: {name: n%d}\n  spec: &a%d " % (number, number)
            yield b"x" * 2_000_000 + b"\n"

    write(folder / "cr", CR)
    result = samepage("plan", "-f", "cr", "-n", "-", cwd=folder, stdin=snapshot())
    assert result.status == 1 and b"stdin:" in result.stderr and b"[value-too-long]" in result.stderr, result


@case
def very_many_documents_with_text_behind_them(folder):
    """A warning for each; to find the line of each took minutes."""
    good_and_small(plan(folder, nodes="apiVersion: v1\nkind: Pod\n...\nx\n---\n" * 200_000 + NODE), 512)


@case
def very_many_warnings_about_one_line(folder):
    """A copy of the line for each would not fit into memory."""
    unknown = {f"unknown{number}": 1 for number in range(40_000)}
    spec = {"configuration": {"ksmConfiguration": {"nodeLabelSelector": {}, **unknown}}}
    cr = {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "spec": spec,
          "metadata": {"name": "kubevirt", "namespace": "kubevirt"}}
    good_and_small(plan(folder, cr=json.dumps(cr), flags=["--lenient"]), 512)


@case
def a_link_that_comes_while_a_file_is_written(folder):
    """Another user puts a link in the place of the output, behind the look at what stands there."""
    if os.geteuid() != 0 or is_sanitized():
        skip("needs root, and no sanitizer beside strace")
    write(folder / "cr", CR)
    write(folder / "nodes", NODE)
    victim, out = write(folder / "victim", "precious"), folder / "out.json"

    def trace(*inject):
        return run([need("strace"), "-o", folder / "log", "-e", "trace=?newfstatat,?lstat,?statx", *inject,
                    binary(), "plan", "-q", "-f", "cr", "-n", "nodes", "--out", out], cwd=folder)

    def attack():
        out.symlink_to(victim)
        os.lchown(out, 65534, 65534)

    assert trace().status == 0
    out.unlink()
    calls = [line for line in (folder / "log").read_text().splitlines() if re.match(r"\w+\(", line)]
    name, number = next((re.match(r"\w+", line)[0], at + 1) for at, line in enumerate(calls) if "out.json" in line)
    number = sum(line.startswith(name + "(") for line in calls[:number])
    timer = threading.Timer(0.7, attack)
    timer.start()
    result = trace("-e", f"inject={name}:delay_exit=2s:when={number}")
    timer.join()
    assert victim.read_text() == "precious", result
    assert result.status == 0 and not out.is_symlink() and b'"kind": "Plan"' in out.read_bytes(), result


@case
def a_requirement_of_very_many_values(folder):
    """It is written out once, and not for each of thousands of nodes."""
    names = [f"a-long-name-of-a-node-{number:05}.example.com" for number in range(40_000)]
    requirement = {"key": "kubernetes.io/hostname", "operator": "In", "values": names}
    cr = CR.replace("{nodeLabelSelector: {}}", json.dumps({"nodeLabelSelector": {"matchExpressions": [requirement]}}))
    nodes = "".join(f"- apiVersion: v1\n  kind: Node\n  metadata:\n    name: n{number}\n    labels:\n"
                    f"      kubernetes.io/hostname: {names[number * 3]}\n" for number in range(10_000))
    result = plan(folder, cr=cr, nodes="apiVersion: v1\nkind: List\nitems:\n" + nodes, flags=["-q"])
    assert result.status == 0 and result.stdout.startswith(b"Plan: 10000 to enable"), result


@case
def a_plan_that_is_larger_than_memory(folder):
    """What is to be replaced is read; a file with holes costs nothing to whoever makes it."""
    for name in ("cr", "nodes"):
        write(folder / name, CR if name == "cr" else NODE)
    (folder / "out").mkdir()
    with open(folder / "out" / "plan.json", "wb") as file:
        file.truncate(1 << 40)
    result = samepage("emit", "-f", "cr", "-n", "nodes", "-d", "out", "--force", cwd=folder)
    assert result.status == 1 and b"out/plan.json: File too large" in result.stderr, result


@case
def very_many_labels(folder):
    """Two readers must have found the same of them, in any order."""
    labels = "".join(f"          label-{number}: v\n" for number in range(150_000))
    cr = CR[:CR.index("spec:")] + ("spec:\n  configuration:\n    ksmConfiguration:\n      nodeLabelSelector:\n"
                                   "        matchLabels:\n" + labels)
    result = plan(folder, cr=cr, flags=["-o", "names"])
    assert result.status == 0 and result.stdout == b"node01\n", result
