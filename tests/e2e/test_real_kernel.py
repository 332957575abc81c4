# SPDX-License-Identifier: Apache-2.0
"""apply and release on the kernel that runs here. Skipped where it has no KSM, or where we are not root.
The machine is put back as it was, whatever happens."""

import contextlib
import fcntl
import json
import os
import subprocess
from pathlib import Path

from harness import case, samepage, skip, tool, wait_for, write

KSM = Path("/sys/kernel/mm/ksm")
# What can be written; the advisor's mode comes first, as it decides what else may be.
KNOBS = ("advisor_mode", "run", "pages_to_scan", "sleep_millisecs", "use_zero_pages", "smart_scan",
         "merge_across_nodes", "max_page_sharing", "stable_node_chains_prune_millisecs")
SELECTED = """apiVersion: kubevirt.io/v1
kind: KubeVirt
metadata: {name: kubevirt, namespace: kubevirt}
spec: {configuration: {ksmConfiguration: {nodeLabelSelector: {}}}}
"""
GONE = SELECTED.replace("ksmConfiguration: {nodeLabelSelector: {}}", "")
NODE = "apiVersion: v1\nkind: Node\nmetadata:\n  name: here\n"


def need_kernel():
    if not (KSM / "run").exists():
        skip("this kernel has no KSM")
    if os.geteuid() != 0:
        skip("setting KSM takes root")


def read(knob):
    text = (KSM / knob).read_text().strip()
    return text.split("[")[1].split("]")[0] if "[" in text else text


def knobs():
    return {knob: read(knob) for knob in KNOBS if (KSM / knob).exists()}


def set_knob(knob, value):
    (KSM / knob).write_text(value)


@contextlib.contextmanager
def kept():
    """Puts every knob back at the end. Merged pages are taken apart, so that one test does not help the next. There is
    one kernel: the tests, and those of another run, take turns."""
    with open(KSM / "run", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        before = knobs()
        try:
            yield
        finally:
            put_back(before)


def put_back(before):
    set_knob("run", "2")
    for knob in ("advisor_mode", "sleep_millisecs", "pages_to_scan", "run"):
        if knob not in before or read(knob) == before[knob]:
            continue
        if knob == "pages_to_scan" and before.get("advisor_mode", "none") != "none":
            continue
        set_knob(knob, before[knob])


@contextlib.contextmanager
def mergeable(mib=256):
    process = subprocess.Popen([tool("mergeable"), str(mib)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"ready\n", "no mergeable memory"
        yield process
    finally:
        process.kill()
        process.wait()


def apply(folder, cr, *more):
    write(folder / "node.yaml", NODE)
    result = samepage("apply", "-f", write(folder / "cr.yaml", cr), "-n", folder / "node.yaml", "--node", "here",
                      "--state-dir", folder / "state", "-o", "json", *more)
    assert result.status == 0, f"{result}"
    return json.loads(result.stdout)


def status(folder):
    result = samepage("status", "--node", "here", "--state-dir", folder / "state", "-o", "json")
    assert result.status == 0, f"{result}"
    return json.loads(result.stdout)


@case
def merges_and_gives_back(folder):
    need_kernel()
    with kept(), mergeable():
        set_knob("run", "2")
        set_knob("run", "0")
        set_knob("sleep_millisecs", "7")
        before = knobs()
        assert apply(folder, SELECTED)["writes"] == [{"file": "run", "before": "0", "after": "1"}]
        assert read("run") == "1"
        set_knob("pages_to_scan", "20000")  # so that the test need not wait; apply gives it back all the same
        assert wait_for(lambda: int(read("pages_sharing")) > 60000), f"only {read('pages_sharing')} pages merged"
        assert apply(folder, SELECTED)["writes"] == [], "a second apply writes nothing"
        found = status(folder)
        assert found["on"] and found["by"] == "samepage" and found["original"]["run"] == "0", found
        assert found["savings"]["savedBytes"] > 60000 * os.sysconf("SC_PAGE_SIZE"), found
        assert found["savings"]["generalProfitBytes"] > 0 and found["ksmdCpuSeconds"] > 0, found
        best = found["processes"]["best"][0]
        assert best["name"] == "mergeable" and best["mergingPages"] > 60000, found
        assert found["findings"] == [], found
        apply(folder, GONE)
        assert knobs() == before
        assert not (folder / "state" / "original.ini").exists()


@case
def leaves_external_ksm_alone(folder):
    need_kernel()
    with kept():
        set_knob("run", "1")
        before = knobs()
        assert apply(folder, GONE)["writes"] == []
        assert knobs() == before, "not selected, not managed: never touched"
        assert apply(folder, SELECTED)["reason"] == "adopted"
        apply(folder, GONE)
        assert knobs() == before, "what somebody else had switched on stays on"


@case
def leaves_pages_to_the_advisor(folder):
    need_kernel()
    if not (KSM / "advisor_mode").exists():
        skip("this kernel has no advisor")
    with kept():
        set_knob("run", "0")
        set_knob("advisor_mode", "scan-time")
        before = {knob: value for knob, value in knobs().items() if knob != "pages_to_scan"}
        short = write(folder / "meminfo", "MemTotal: 1000000 kB\nMemAvailable: 1000 kB\n")
        apply(folder, SELECTED, "--policy", "pressure", "--meminfo", short)
        assert read("run") == "1", "KSM is switched on all the same"
        apply(folder, GONE)
        after = {knob: value for knob, value in knobs().items() if knob != "pages_to_scan"}
        assert after == before


@case
def releases(folder):
    need_kernel()
    with kept():
        set_knob("run", "0")
        before = knobs()
        apply(folder, SELECTED)
        assert read("run") == "1"
        result = samepage("release", "--node", "here", "--state-dir", folder / "state")
        assert result.status == 0, f"{result}"
        assert knobs() == before
