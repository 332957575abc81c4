# SPDX-License-Identifier: Apache-2.0
"""apply and release on a make-believe machine: the rules of the node side, one case each."""

import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import termios
import time
from concurrent.futures import ThreadPoolExecutor

from harness import binary, case, environment, is_sanitized, need, run, samepage, skip, wait_for, write

SELECTED = """apiVersion: kubevirt.io/v1
kind: KubeVirt
metadata: {name: kubevirt}
spec: {configuration: {ksmConfiguration: {nodeLabelSelector: {}}}}
"""
GONE = SELECTED.replace("ksmConfiguration: {nodeLabelSelector: {}}", "")
OTHERS = SELECTED.replace("nodeLabelSelector: {}", "nodeLabelSelector: {matchLabels: {a: b}}")
BROKEN = SELECTED.replace("nodeLabelSelector: {}",
                          "nodeLabelSelector: {matchExpressions: [{key: a, operator: Bogus}]}")
NODE = "apiVersion: v1\nkind: Node\nmetadata:\n  name: node01\n  uid: 1-2-3\n"
AS_KUBECTL_PRINTS_IT = """apiVersion: v1
items:
- apiVersion: v1
  kind: Node
  metadata:
    annotations:
      kubevirt.io/ksm-handler-managed: "true"
    labels:
      kubevirt.io/ksm-enabled: "true"
    name: node01
    uid: 1-2-3
kind: List
metadata:
  resourceVersion: ""
"""
KNOBS = {"run": "0", "sleep_millisecs": "20", "pages_to_scan": "100", "pages_sharing": "0", "advisor_mode": "[none] scan-time"}
MEMINFO = "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n"
BOOT = open("/proc/sys/kernel/random/boot_id", encoding="ascii").read().strip()


def machine(folder, knobs=None, node=NODE, meminfo=MEMINFO):
    for knob, value in dict(KNOBS, **(knobs or {})).items():
        if value is not None:
            write(folder / "ksm" / knob, value + "\n")
    write(folder / "meminfo", meminfo)
    write(folder / "node.yaml", node)


def place(folder):
    return ["--node", "node01", "--sysfs-root", folder / "ksm", "--meminfo", folder / "meminfo", "--state-dir",
            folder / "state"]


def apply(folder, cr=SELECTED, *more, status=0, code=""):
    """Applies, as JSON; `code` is that of the error, where one is expected."""
    result = samepage("apply", "-f", write(folder / "cr.yaml", cr), "-n", folder / "node.yaml", "-o", "json",
                      *place(folder), *more)
    assert result.status == status and f"[{code}]" * bool(code) in result.stderr.decode(), f"expected {status} {code}\n{result}"
    return json.loads(result.stdout) if result.stdout else None


def release(folder, *more, status=0):
    result = samepage("release", "-o", "json", *place(folder), *more)
    assert result.status == status, f"expected status {status}\n{result}"
    return json.loads(result.stdout)


def start(folder, *command, **more):
    return subprocess.Popen([binary(), *map(str, command)], env=environment(), cwd=folder, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, **more)


def knob(folder, name="run"):
    return (folder / "ksm" / name).read_text().strip()


def writes(outcome):
    return [(each["file"], each["after"]) for each in outcome["writes"]]


def managed(folder):
    write(folder / "node.yaml", NODE + "  labels: {kubevirt.io/ksm-enabled: 'true'}\n"
          "  annotations: {kubevirt.io/ksm-handler-managed: 'true'}\n")


@case
def a_second_apply_writes_nothing(folder):
    machine(folder)
    assert writes(apply(folder)) == [("run", "1")]
    managed(folder)
    again = apply(folder)
    assert writes(again) == [] and again["action"] == "unchanged", again


@case
def the_record_comes_first_and_the_first_wins(folder):
    machine(folder)
    apply(folder)
    record = (folder / "state" / "original.ini").read_text()
    assert re.search(r"^run = 0$", record, re.MULTILINE), record
    write(folder / "ksm" / "run", "0\n")  # drifted off
    write(folder / "ksm" / "pages_to_scan", "4711\n")
    managed(folder)
    assert apply(folder)["reason"] == "drifted-off"
    assert (folder / "state" / "original.ini").read_text() == record


@case
def deselected_gets_back_what_was_recorded(folder):
    machine(folder, {"run": "0", "sleep_millisecs": "33"})
    apply(folder)
    managed(folder)
    write(folder / "ksm" / "sleep_millisecs", "10\n")
    outcome = apply(folder, OTHERS)
    assert (outcome["action"], outcome["reason"]) == ("disable", "deselected")
    assert writes(outcome) == [("run", "0"), ("sleep_millisecs", "33")], "run comes first"
    assert not (folder / "state" / "original.ini").exists()


@case
def configuration_removed_is_a_restore(folder):
    machine(folder)
    apply(folder)
    managed(folder)
    assert (apply(folder, GONE)["action"], knob(folder)) == ("restore", "0")


@case
def managed_without_a_record_is_switched_off(folder):
    machine(folder, {"run": "1"})
    managed(folder)
    assert writes(apply(folder, GONE)) == [("run", "0")]


@case
def managed_by_somebody_else_has_no_known_original(folder):
    machine(folder, {"run": "1"})
    managed(folder)
    assert apply(folder)["action"] == "unchanged"
    assert not (folder / "state" / "original.ini").exists(), "run=1 is not what stood there before"


@case
def external_ksm_is_never_touched(folder):
    machine(folder, {"run": "1"})
    outcome = apply(folder, OTHERS)
    assert (writes(outcome), outcome["reason"], knob(folder)) == ([], "external", "1")


@case
def an_adopted_node_keeps_its_ksm(folder):
    machine(folder, {"run": "1"})
    outcome = apply(folder)
    assert (outcome["reason"], writes(outcome)) == ("adopted", [])
    managed(folder)
    assert writes(apply(folder, GONE)) == []
    assert knob(folder) == "1"


@case
def a_record_of_another_boot_is_void(folder):
    machine(folder)
    apply(folder)
    record = folder / "state" / "original.ini"
    body = record.read_text().split("[checksum]")[0].replace(BOOT, "00000000-0000-4000-8000-000000000000")
    body = body.replace("sleep_millisecs = 20", "sleep_millisecs = 999")
    record.write_text(f"{body}[checksum]\nsha256 = {hashlib.sha256(body.encode()).hexdigest()}\n")
    managed(folder)
    assert writes(apply(folder, GONE)) == [("run", "0")], "nothing of the old record is written"
    assert knob(folder, "sleep_millisecs") == "20"


@case
def a_damaged_record_counts_as_none(folder):
    machine(folder)
    apply(folder)
    record = folder / "state" / "original.ini"
    record.write_text(record.read_text().replace("sleep_millisecs = 20", "sleep_millisecs = 21"))
    managed(folder)
    assert writes(apply(folder, GONE)) == [("run", "0")]
    assert knob(folder, "sleep_millisecs") == "20"


@case
def a_damaged_record_goes_once_the_node_is_given_back(folder):
    machine(folder)
    apply(folder)
    write(folder / "state" / "original.ini", "nonsense")
    (folder / "state" / "original.ini").chmod(0o600)
    managed(folder)
    assert writes(apply(folder, GONE)) == [("run", "0")]
    assert not (folder / "state" / "original.ini").exists(), "nobody is told of it again"


@case
def release_switches_off_where_the_record_is_damaged(folder):
    machine(folder)
    apply(folder)
    record = folder / "state" / "original.ini"
    record.write_text(record.read_text() + "x")
    assert writes(release(folder)) == [("run", "0")], "that KSM is ours is known, what it was before is not"
    assert not record.exists()
    assert writes(release(folder)) == []


@case
def a_record_that_others_could_have_written_is_damaged(folder):
    machine(folder, {"sleep_millisecs": "33"})
    apply(folder)
    (folder / "state" / "original.ini").chmod(0o622)
    write(folder / "ksm" / "sleep_millisecs", "44\n")
    assert writes(release(folder)) == [("run", "0")], "sleep_millisecs is not taken from it"


@case
def a_selector_that_does_not_convert_changes_nothing(folder):
    machine(folder)
    apply(folder)
    managed(folder)
    apply(folder, BROKEN, status=1)
    assert knob(folder) == "1", "virt-handler would have switched KSM off"
    assert (folder / "state" / "original.ini").exists()


@case
def a_selected_node_without_ksm_is_an_error_with_a_true_patch(folder):
    machine(folder, {"run": None})
    outcome = apply(folder, SELECTED, "--patch-out", folder / "patch.yaml", status=1)
    assert outcome["reason"] == "ksm-unavailable"
    assert 'kubevirt.io/ksm-enabled: "false"' in (folder / "patch.yaml").read_text()


def read_only(folder, cr, *more):
    """apply, with a ksm folder on a file system that is read-only, as sysfs is in a container."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode != 0:
        skip("mounting takes root")
    ksm = folder / "ksm"
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && "$@"'
    return subprocess.run(["unshare", "-m", "bash", "-c", mount, ksm, binary(), "apply", "-f",
                           write(folder / "cr.yaml", cr), "-n", folder / "node.yaml", *map(str, place(folder)), *more],
                          env=environment(), capture_output=True, check=False)


@case
def a_selected_node_whose_sysfs_is_read_only_is_an_error_with_a_true_patch(folder):
    machine(folder)
    result = read_only(folder, SELECTED, "--patch-out", folder / "patch.yaml")
    assert result.returncode == 1, result
    assert b"Read-only file system" in result.stderr and b"--sysfs-root /proc/1/root" in result.stderr, result
    patch = (folder / "patch.yaml").read_text()
    assert 'kubevirt.io/ksm-enabled: "false"' in patch and 'kubevirt.io/ksm-handler-managed: "false"' in patch, patch
    assert not (folder / "state" / "original.ini").exists(), "nothing was changed, so that nothing is managed"


@case
def ksm_that_runs_keeps_its_label_where_sysfs_is_read_only(folder):
    machine(folder)
    write(folder / "meminfo", "MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n")
    apply(folder, SELECTED, "--policy", "pressure")
    result = read_only(folder, SELECTED, "--policy", "pressure", "--patch-out", folder / "patch.yaml")
    assert result.returncode == 1, result
    patch = (folder / "patch.yaml").read_text()
    assert 'kubevirt.io/ksm-enabled: "true"' in patch and 'kubevirt.io/ksm-handler-managed: "true"' in patch, patch


@case
def a_node_that_is_not_selected_needs_no_ksm(folder):
    machine(folder, {"run": None})
    assert apply(folder, OTHERS)["action"] in ("label", "unchanged")


@case
def no_ksm_folder_at_all(folder):
    write(folder / "meminfo", MEMINFO)
    write(folder / "node.yaml", NODE)
    apply(folder, OTHERS)
    apply(folder, SELECTED, status=1)


@case
def dry_run_writes_nothing(folder):
    machine(folder)
    outcome = apply(folder, SELECTED, "--dry-run", "--patch-out", folder / "patch.yaml")
    assert writes(outcome) == [("run", "1")] and outcome["dryRun"]
    assert knob(folder) == "0"
    assert not (folder / "state").exists() and not (folder / "patch.yaml").exists()


@case
def patch_out_is_what_kubectl_takes_and_comes_only_with_a_change(folder):
    machine(folder)
    apply(folder, SELECTED, "--patch-out", folder / "patch.json")
    metadata = json.loads((folder / "patch.json").read_text())["metadata"]
    assert metadata == {"name": "node01", "uid": "1-2-3", "labels": {"kubevirt.io/ksm-enabled": "true"},
                        "annotations": {"kubevirt.io/ksm-handler-managed": "true"}}
    managed(folder)
    (folder / "patch.json").unlink()
    apply(folder, SELECTED, "--patch-out", folder / "patch.json")
    assert not (folder / "patch.json").exists()


@case
def patch_out_is_left_alone_while_it_says_the_same(folder):
    machine(folder)
    patch = folder / "patch.yaml"
    apply(folder, SELECTED, "--patch-out", patch)
    before = patch.stat()
    apply(folder, SELECTED, "--patch-out", patch)  # the snapshot is still the old one
    after = patch.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    apply(folder, GONE, "--patch-out", patch)
    assert 'kubevirt.io/ksm-enabled: "false"' in patch.read_text()
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith("patch")) == ["patch.yaml"]


@case
def patch_out_does_not_follow_a_link_of_others(folder):
    if os.geteuid() != 0:
        skip("giving a link away takes root")
    machine(folder)
    write(folder / "victim", "precious\n")
    (folder / "patch.yaml").symlink_to("victim")
    os.chown(folder / "patch.yaml", 65534, 65534, follow_symlinks=False)
    apply(folder, SELECTED, "--patch-out", folder / "patch.yaml", status=1)
    assert (folder / "victim").read_text() == "precious\n"
    os.chown(folder / "patch.yaml", 0, 0, follow_symlinks=False)
    apply(folder, SELECTED, "--patch-out", folder / "patch.yaml")
    assert "ksm-enabled" in (folder / "victim").read_text()


@case
def the_advisor_keeps_its_rate_and_that_is_said(folder):
    machine(folder, {"advisor_mode": "none [scan-time]", "pages_to_scan": "777"},
            meminfo="MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n")
    outcome = apply(folder, SELECTED, "--policy", "pressure")
    assert writes(outcome) == [("sleep_millisecs", "1766"), ("run", "1")], outcome
    assert "left to the kernel's advisor" in outcome["message"], outcome
    write(folder / "ksm" / "pages_to_scan", "666\n")  # as the advisor does
    managed(folder)
    write(folder / "meminfo", MEMINFO)
    outcome = apply(folder, SELECTED, "--policy", "pressure")
    assert outcome["reason"] == "pressure-eased", "a rate that is not ours never decays"
    assert writes(outcome) == [("run", "0"), ("sleep_millisecs", "20")], outcome
    assert "left to the kernel's advisor" in outcome["message"], outcome


@case
def unmerge_is_refused_where_nothing_is_known(folder):
    machine(folder, {"pages_sharing": None})
    apply(folder)
    result = samepage("release", "--unmerge", *place(folder))
    assert result.status == 3 and b"cannot be told: pages_sharing" in result.stderr, result
    write(folder / "ksm" / "pages_sharing", "1\n")
    (folder / "meminfo").unlink()
    result = samepage("release", "--unmerge", *place(folder))
    assert result.status == 3 and b"cannot be told: " in result.stderr and b"meminfo" in result.stderr, result
    assert knob(folder) == "1"


@case
def unmerge_asks_for_memory(folder):
    machine(folder, {"pages_sharing": "200000"})  # 800 MB of 4 KiB pages
    apply(folder)
    managed(folder)
    apply(folder, GONE, "--unmerge", status=3)
    assert knob(folder) == "1", "refused, so that nothing is written"
    assert writes(apply(folder, GONE, "--unmerge", "--force")) == [("run", "2")]


@case
def unmerge_where_memory_allows(folder):
    machine(folder, {"pages_sharing": "10"})
    apply(folder)
    managed(folder)
    assert writes(apply(folder, GONE, "--unmerge")) == [("run", "2")]


@case
def release_gives_back_and_forgets(folder):
    machine(folder, {"sleep_millisecs": "44"})
    apply(folder)
    write(folder / "ksm" / "sleep_millisecs", "1\n")
    assert writes(release(folder)) == [("run", "0"), ("sleep_millisecs", "44")]
    assert not (folder / "state" / "original.ini").exists()
    assert writes(release(folder)) == [], "a second release has nothing to give back"


@case
def a_state_folder_of_others_is_refused(folder):
    machine(folder)
    (folder / "state").mkdir(mode=0o777)
    (folder / "state").chmod(0o777)
    apply(folder, status=1, code="state-folder")
    assert knob(folder) == "0"


@case
def a_state_folder_that_is_a_link_is_refused(folder):
    machine(folder)
    (folder / "elsewhere").mkdir(mode=0o700)
    (folder / "state").symlink_to("elsewhere")
    apply(folder, status=1, code="state-folder")
    assert knob(folder) == "0" and not list((folder / "elsewhere").iterdir())


@case
def a_knob_that_is_a_link_is_not_followed(folder):
    machine(folder)
    write(folder / "victim", "0\n")
    (folder / "ksm" / "run").unlink()
    (folder / "ksm" / "run").symlink_to("../victim")
    apply(folder, status=1, code="ksm-unavailable")
    assert (folder / "victim").read_text() == "0\n"


@case
def an_unknown_node_is_an_error(folder):
    machine(folder, node=NODE.replace("node01", "node02"))
    apply(folder, status=1, code="unknown-node")
    assert knob(folder) == "0"


def is_locked(folder):
    try:
        with open(folder / "state" / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError) as problem:
        return isinstance(problem, BlockingIOError)
    return False


@case
def a_lock_holder_is_named_and_waited_for(folder):
    machine(folder)
    apply(folder)
    held = subprocess.Popen(["flock", folder / "state" / "lock", "sleep", "60"], start_new_session=True)
    try:
        time.sleep(0.3)
        started = time.monotonic()
        result = samepage("apply", "-f", folder / "cr.yaml", "-n", folder / "node.yaml", *place(folder),
                          "--lock-timeout", "500ms")
        assert result.status == 1 and b"[locked]" in result.stderr, f"{result}"
        assert f"process {held.pid} has the lock".encode() in result.stderr, result
        assert time.monotonic() - started >= 0.45
    finally:
        os.killpg(held.pid, signal.SIGKILL)
        held.wait()
    managed(folder)
    apply(folder)  # a holder that was killed holds nothing


@case
def a_signal_ends_the_wait_for_the_lock(folder):
    machine(folder)
    apply(folder)
    held = subprocess.Popen(["flock", folder / "state" / "lock", "sleep", "60"], start_new_session=True)
    try:
        time.sleep(0.3)
        waiting = start(folder, "apply", "-f", folder / "cr.yaml", "-n", folder / "node.yaml", *place(folder),
                        "--lock-timeout", "50s", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        time.sleep(0.3)
        waiting.send_signal(signal.SIGINT)  # what is ignored does not
        time.sleep(0.3)
        assert waiting.poll() is None, "it waits"
        waiting.terminate()
        _, errors = waiting.communicate(timeout=20)
        assert waiting.returncode == -signal.SIGTERM and not errors, (waiting.returncode, errors)
    finally:
        os.killpg(held.pid, signal.SIGKILL)
        held.wait()


@case
def the_lock_holder_is_named_by_its_process(folder):
    machine(folder)
    os.mkfifo(folder / "fifo")
    holder = start(folder, "apply", "-f", folder / "fifo", "-n", folder / "node.yaml", *place(folder))
    try:
        assert wait_for(lambda: is_locked(folder))
        result = samepage("apply", "-f", write(folder / "cr.yaml", SELECTED), "-n", folder / "node.yaml",
                          *place(folder), "--lock-timeout", "100ms")
        assert f"lock: process {holder.pid} has the lock".encode() in result.stderr, result
    finally:
        holder.kill()
        holder.communicate()


@case
def a_thousand_pairs_at_once(folder):
    machine(folder)
    write(folder / "on.yaml", SELECTED)
    write(folder / "off.yaml", GONE)
    environment_ = environment()

    def one(number):
        cr = folder / ("on.yaml" if number % 2 else "off.yaml")
        return subprocess.run([binary(), "apply", "-q", "-f", cr, "-n", folder / "node.yaml",
                               *map(str, place(folder))], env=environment_, capture_output=True, check=False)

    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(one, range(2000)):
            assert result.returncode == 0, result.stderr
    release(folder)
    assert {name: knob(folder, name) for name in KNOBS} == KNOBS
    assert sorted(os.listdir(folder / "state")) in (["lock"], []), os.listdir(folder / "state")


@case
def every_repeats_and_sigterm_ends_it(folder):
    machine(folder)
    write(folder / "cr.yaml", SELECTED)
    process = subprocess.Popen([binary(), "apply", "--every", "100ms", "-f", folder / "cr.yaml", "-n",
                                folder / "node.yaml", *map(str, place(folder))], env=environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 20
        while knob(folder) != "1" and time.monotonic() < deadline:
            time.sleep(0.02)
        write(folder / "ksm" / "run", "0\n")  # drifts off, and is switched on again by the next pass
        while knob(folder) != "1" and time.monotonic() < deadline:
            time.sleep(0.02)
        assert knob(folder) == "1"
        write(folder / "cr.yaml", "nonsense: [\n")  # one pass that fails does not end it
        time.sleep(0.4)
        write(folder / "cr.yaml", GONE)
        process.send_signal(signal.SIGHUP)
        while knob(folder) != "0" and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
        assert knob(folder) == "0"
        assert b"cr.yaml" in errors, "the pass that failed said so"
    finally:
        process.kill()


@case
def every_cannot_read_stdin_again(folder):
    machine(folder)
    result = samepage("apply", "--every", "1s", "-f", "-", "-n", folder / "node.yaml", *place(folder), stdin=b"")
    assert result.status == 64 and b"stdin" in result.stderr, result


@case
def reading_for_ever_can_be_ended(folder):
    machine(folder)
    os.mkfifo(folder / "fifo")
    once = ["apply", "-f", folder / "fifo", "-n", folder / "node.yaml", *place(folder)]
    for command, number, status in ((once, signal.SIGTERM, -signal.SIGTERM), (once, signal.SIGINT, -signal.SIGINT),
                                    (once, signal.SIGHUP, -signal.SIGHUP),
                                    ([*once, "--every", "1s"], signal.SIGTERM, 0)):
        process = start(folder, *command)
        try:
            assert wait_for(lambda: is_locked(folder))
            time.sleep(0.2)
            process.send_signal(number)
            assert wait_for(lambda: process.poll() is not None), f"{number!r} does not end it"
            assert process.returncode == status, (command, process.returncode)
        finally:
            process.kill()
            process.communicate()


@case
def a_reader_that_stands_still_keeps_nobody_from_ending_it(folder):
    machine(folder)
    write(folder / "cr.yaml", SELECTED)
    process = start(folder, "apply", "--every", "1ms", "-f", folder / "cr.yaml", "-n", folder / "node.yaml",
                    *place(folder))  # nobody reads what it prints, until the pipe is full
    try:
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        seen = []

        def is_full():
            seen.append(fcntl.ioctl(process.stdout, termios.FIONREAD, bytes(4)))
            return len(seen) > 25 and len(set(seen[-25:])) == 1 and any(seen[-1])

        assert wait_for(is_full)
        process.terminate()
        assert wait_for(lambda: process.poll() is not None), "it cannot be ended"
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


@case
def a_signal_between_two_writes_is_told_of(folder):
    if is_sanitized():
        skip("the sanitizers and strace do not go together")
    command = [need("strace"), "-f", "-o", "/dev/null", "-e", "trace=write", "-e", "inject=write:signal=TERM:when=2",
               binary(), "apply", "--policy", "pressure", "-f", folder / "cr.yaml", "-n", folder / "node.yaml",
               *place(folder)]
    machine(folder, meminfo="MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n")
    write(folder / "cr.yaml", SELECTED)
    result = subprocess.run(list(map(str, command)), env=environment(), capture_output=True, check=False)
    assert result.returncode == -signal.SIGTERM, result
    assert b"interrupted before run was written; what was written is put back" in result.stderr, result
    assert b"put back sleep_millisecs" in result.stdout, result
    assert {name: knob(folder, name) for name in KNOBS} == KNOBS
    # nohup, and jobs in the background of a script
    command[command.index("inject=write:signal=TERM:when=2")] = "inject=write:signal=INT:when=2"
    result = subprocess.run(list(map(str, command)), env=environment(), capture_output=True, check=False,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert result.returncode == 0 and knob(folder) == "1", result


def struck(folder, call, which, *more):
    """A pass under the pressure policy, which SIGTERM meets in a system call: call number `which` of that name."""
    machine(folder, meminfo="MemTotal: 1000000 kB\nMemAvailable: 50000 kB\n")
    command = [need("strace"), "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
               f"inject={call}:signal=TERM:when={which}", binary(), "apply", "--policy", "pressure", "-f",
               write(folder / "cr.yaml", SELECTED), "-n", folder / "node.yaml", *place(folder), *more]
    return subprocess.run(list(map(str, command)), env=environment(), capture_output=True, timeout=60, check=False)


@case
def a_signal_is_held_back_from_the_first_change_to_the_last(folder):
    if is_sanitized():
        skip("the sanitizers and strace do not go together")
    patch = folder / "out" / "patch.yaml"
    write(patch, "")
    result = struck(folder, "flock", 1)
    assert result.returncode == -signal.SIGTERM and not result.stdout + result.stderr, result  # nothing is changed yet
    assert sorted(os.listdir(folder / "state")) == ["lock"]
    for every, status in ((), -signal.SIGTERM), (("--every", "1s"), 0):
        result = struck(folder, "fsync", 1, *every)  # of the record
        assert result.returncode == status, result
        assert b"interrupted before sleep_millisecs was written; nothing was changed" in result.stderr, result
        assert os.listdir(folder / "state") == ["lock"], "the record is finished, and removed again"
        assert {name: knob(folder, name) for name in KNOBS} == KNOBS
    result = struck(folder, "fsync", 3, "--patch-out", patch)  # of the patch: the record and its folder come before
    assert result.returncode == -signal.SIGTERM and b"wrote run: 0 -> 1" in result.stdout, result
    assert os.listdir(folder / "out") == ["patch.yaml"] and "ksm-enabled" in patch.read_text()


@case
def nothing_to_do_takes_few_system_calls(folder):
    if is_sanitized():
        skip("the sanitizers and strace do not go together")
    strace = [need("strace"), "-f", "-c", "-o", folder / "counts", binary()]

    def count(*arguments):
        run([*strace, *arguments])
        return int(re.search(r"(\d+)\s+(?:\d+\s+)?total$", (folder / "counts").read_text(), re.MULTILINE).group(1))

    machine(folder)
    assert writes(apply(folder)) == [("run", "1")]
    write(folder / "node.yaml", AS_KUBECTL_PRINTS_IT)
    calls = count("apply", "-f", folder / "cr.yaml", "-n", folder / "node.yaml", *place(folder))
    least = count("version")  # a program with shared libraries takes more to start: that is not counted
    assert calls - least <= 60 - 16, f"{calls} system calls, of which 'version' takes {least}"


@case
def every_gives_up_what_root_may_do_beyond_it(folder):
    machine(folder)
    write(folder / "cr.yaml", SELECTED)
    process = start(folder, "apply", "--every", "50ms", "-f", folder / "cr.yaml", "-n", folder / "node.yaml",
                    *place(folder))
    try:
        assert wait_for(lambda: knob(folder) == "1")
        status = dict(line.split(":\t", 1) for line in open(f"/proc/{process.pid}/status", encoding="utf-8")
                      if ":\t" in line)
        dac_override, dac_read_search, sys_ptrace = 1 << 1, 1 << 2, 1 << 19
        assert int(status["CapPrm"], 16) & ~(dac_override | dac_read_search | sys_ptrace) == 0, status["CapPrm"]
        assert int(status["CapInh"], 16) == 0 and int(status["NoNewPrivs"]) == 1
        write(folder / "ksm" / "run", "0\n")
        assert wait_for(lambda: knob(folder) == "1"), "it can still do its work"
    finally:
        process.terminate()
        process.communicate()


@case
def without_root_it_says_what_to_do(folder):
    if os.geteuid() != 0:
        skip("setpriv takes root")
    machine(folder)
    folder.chmod(0o755)
    (folder / "state").mkdir(mode=0o700)
    os.chown(folder / "state", 65534, 65534)
    write(folder / "cr.yaml", SELECTED)
    for parent in [folder, *folder.parents][:-1]:
        if not os.stat(parent).st_mode & 0o005:
            skip(f"{parent} cannot be entered by others")
    result = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", binary(), "apply", "-f",
                             folder / "cr.yaml", "-n", folder / "node.yaml", *place(folder)], env=environment(),
                            capture_output=True, check=False)
    if b"error while loading" in result.stderr or result.returncode == 126 or not result.stderr:
        skip("the program is where only root finds it")
    assert result.returncode == 1, result
    assert b"Permission denied" in result.stderr and b"/proc/1/root" in result.stderr, result.stderr
    assert knob(folder) == "0"
