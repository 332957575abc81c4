# SPDX-License-Identifier: Apache-2.0
"""A fault at every system call by which apply, or release, touches the ksm folder, its state folder and its outputs:
errors, a short write, SIGKILL. After each, one more apply ends in the right state, and a release gives back the
originals, which are never lost."""

import collections
import itertools
import os
import re
import shutil
from pathlib import Path

from harness import binary, cases, is_sanitized, need, run, samepage, skip, write

SELECTED = """apiVersion: kubevirt.io/v1
kind: KubeVirt
metadata: {name: kubevirt}
spec: {configuration: {ksmConfiguration: {nodeLabelSelector: {}}}}
"""
GONE = SELECTED.replace("ksmConfiguration: {nodeLabelSelector: {}}", "")
NODE = "apiVersion: v1\nkind: Node\nmetadata:\n  name: node01\n"
ORIGINAL = {"run": "0", "sleep_millisecs": "20", "pages_to_scan": "100", "use_zero_pages": "0"}
MEMINFO = "MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n"
# Not ftruncate: it cuts the rest of a longer value, which only the plain files of these tests have.
CALLS = ("openat", "write", "pwrite64", "rename", "renameat", "renameat2", "fsync", "fdatasync", "unlink", "unlinkat",
         "mkdir", "mkdirat", "flock", "fcntl", "fchmod", "read", "pread64", "close")
BACK = ("restore", "release")  # what gives back the originals
FAULTS = ("error=EIO", "error=EINVAL", "error=EACCES", "error=ENOSPC", "error=EINTR", "signal=KILL")


def lay_out(folder):
    for knob, value in ORIGINAL.items():
        write(folder / "ksm" / knob, value + "\n")
    write(folder / "meminfo", MEMINFO)
    write(folder / "node.yaml", NODE)


def knobs(folder):
    return {knob: (folder / "ksm" / knob).read_text().strip() for knob in ORIGINAL}


def place(folder):
    return ["--node", "node01", "--sysfs-root", folder / "ksm", "--meminfo", folder / "meminfo", "--state-dir",
            folder / "state"]


def arguments(folder, cr, policy):
    return ["apply", "-f", write(folder / "cr.yaml", cr), "-n", folder / "node.yaml", "--policy", policy,
            "--patch-out", folder / "patch.yaml", *place(folder)]


def traced(folder, command, inject=()):
    """Runs samepage under strace. What it notes goes to a file."""
    return run([need("strace"), "-f", "-y", "-o", folder / "log", "-e", "trace=" + ",".join("?" + c for c in CALLS),
                *inject, binary(), *command])


def points(folder, command):
    """The calls that touch our files: (name, how manieth call of that name, whether on a knob)."""
    traced(folder, command)
    counts, found = collections.Counter(), []
    for line in (folder / "log").read_text().splitlines():
        call = re.match(r"\d+ +(\w+)\(", line)
        if not call:
            continue
        counts[call.group(1)] += 1
        if str(folder) in line:
            found.append((call.group(1), counts[call.group(1)], "/ksm/" in line))
    return found


def scenario(folder, name):
    """Lays out the files before the pass that is tried, and gives its command and the knobs that it should leave."""
    lay_out(folder)
    if name in BACK:
        assert samepage(*arguments(folder, SELECTED, "pressure")).status == 0
        assert knobs(folder)["run"] == "1"
        gone = arguments(folder, GONE, "pressure")
        return gone if name == "restore" else ["release", *place(folder)], ORIGINAL
    wanted = dict(ORIGINAL, run="1")
    if name == "pressure":
        wanted.update(sleep_millisecs="10")  # half of the baseline's floor; pages_to_scan is already the initial 100
        (folder / "ksm" / "pages_to_scan").write_text("90\n")
    return arguments(folder, SELECTED, name), wanted


def try_fault(folder, name, call, number, fault):
    command, _ = scenario(folder, name)
    before = knobs(folder)
    hit = traced_fault(folder, command, call, number, fault)
    # whatever happened, the originals are on disk or on the knobs
    recorded = (folder / "state" / "original.ini")
    if knobs(folder) != before and name not in BACK:
        assert recorded.exists(), f"changed without a record\n{hit}"
    again = samepage(*command)
    assert again.status == 0, f"the next apply fails\n{hit}\n{again}"
    if name in BACK:
        assert knobs(folder) == ORIGINAL, f"{knobs(folder)}\n{hit}\n{again}"
        assert not recorded.exists(), f"the record is left\n{hit}\n{again}"
        return
    assert knobs(folder)["run"] == "1", f"{knobs(folder)}\n{hit}\n{again}"
    released = samepage("release", *place(folder))
    assert released.status == 0, f"{hit}\n{released}"
    assert knobs(folder) == before, f"{knobs(folder)} are not the originals {before}\n{hit}\n{released}"


def traced_fault(folder, command, call, number, fault):
    trace = [need("strace"), "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
             f"inject={call}:{fault}:when={number}"]
    if fault == "signal=KILL":
        trace = ["bash", "-c", '"$@"; exit 0', "-"] + trace  # the signal is the point, not a failure of the test
    return run([*trace, binary(), *command])


@cases
def faults():
    if is_sanitized() or not shutil.which("strace"):
        yield "all", lambda: skip("the sanitizers and strace do not go together" if is_sanitized() else "no strace")
        return
    for name in ("static", "pressure", *BACK):
        yield name, lambda folder, name=name: try_all(folder, name)


def try_all(folder, name):
    command, wanted = scenario(folder / "first", name)
    found = points(folder / "first", command)
    assert len(found) > 10, f"only {len(found)} calls touch our files"
    tried = 0
    for (call, number, is_knob), fault in itertools.product(found, FAULTS + ("retval=1",)):
        # A short write. strace writes nothing at all then, which on a knob is the same, and elsewhere is a lie.
        if fault == "retval=1" and not (call == "write" and is_knob):
            continue
        if call in ("read", "pread64", "close") and fault not in ("error=EIO", "signal=KILL"):
            continue
        here = folder / f"{tried}"
        try_fault(here, name, call, number, fault)
        shutil.rmtree(here)
        tried += 1
    if os.environ.get("SAMEPAGE_SHOW_COUNTS"):
        print(f"{name}: {len(found)} calls, {tried} faults")
