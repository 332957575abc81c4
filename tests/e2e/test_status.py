# SPDX-License-Identifier: Apache-2.0
"""status on a made-up machine: folders that stand for sysfs, /proc and the state folder."""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

from harness import TOP, binary, case, environment, is_sanitized, need, run, samepage, skip, write

KNOBS = {"run": 1, "pages_to_scan": 100, "sleep_millisecs": 20, "pages_shared": 140, "pages_sharing": 35660,
         "pages_unshared": 70, "pages_volatile": 12, "pages_skipped": 3, "ksm_zero_pages": 40, "pages_scanned": 90000,
         "full_scans": 3, "general_profit": 135800000}
STAT = "ksm_rmap_items {0}\nksm_zero_pages 0\nksm_merging_pages {0}\nksm_process_profit {1}\nksm_merge_any: no\nksm_mergeable: yes\n"
SCENARIO = TOP / "examples" / "restore-scenario"


def process(folder, pid, name, pages=0, profit=0, command=b"", flags=0, times=(0, 0)):
    write(folder / "proc" / str(pid) / "comm", name + "\n")
    write(folder / "proc" / str(pid) / "cmdline", command)
    if pages:
        write(folder / "proc" / str(pid) / "ksm_stat", STAT.format(pages, profit))
    else:
        write(folder / "proc" / str(pid) / "ksm_stat", "ksm_rmap_items 0\nksm_merging_pages 0\nksm_process_profit 0\n")
    write(folder / "proc" / str(pid) / "stat", f"{pid} ({name}) S 2 0 0 0 -1 {flags} 0 0 0 0 {times[0]} {times[1]} 0 0 25\n")


def machine(folder, hugepages="always [madvise] never", **knobs):
    shutil.rmtree(folder / "mm", ignore_errors=True)
    for name, value in dict(KNOBS, **knobs).items():
        if value is not None:
            write(folder / "mm" / "ksm" / name, f"{value}\n")
    write(folder / "mm" / "transparent_hugepage" / "enabled", hugepages + "\n")
    (folder / "proc").mkdir(exist_ok=True)
    return ["--node", "node02", "--sysfs-root", folder / "mm" / "ksm", "--state-dir", folder / "state",
            "--proc-root", folder / "proc", "--meminfo", write(folder / "meminfo", "MemTotal: 9 kB\nMemAvailable: 5 kB\n")]


def status(folder, *more, **knobs):
    result = samepage("status", *machine(folder, **knobs), *more)
    assert result.status == 0, result
    return result.stdout.decode()


@case
def people_see_it_all(folder):
    process(folder, 30, "ksmd", flags=0x00200000, times=(125, 75))
    process(folder, 31, "ksmd", times=(9999, 9999))  # a program that only calls itself so
    process(folder, 100, "qemu-kvm", 30000, 120000000, b"qemu-kvm\0-name\0guest=shop_web,debug-threads=on\0-S\0")
    process(folder, 101, "bad\x1b[2Jname", 5000, -4096)
    process(folder, 102, "bash")
    text = status(folder)
    assert text == """node02: KSM is on, switched on by somebody else
  saved     139.5 MiB; 129.5 MiB less KSM's own memory
  ratio     254.7 pages share one; 0.00 looked at in vain for each that shares
  pages     shared 140, sharing 35,660, unshared 70, volatile 12, skipped 3, zero 40
  scan      100 pages every 20 ms; about 6 s for all; full scans 3
  ksmd      2.00 s of CPU time

       PID       MERGED       PROFIT  PROCESS
       100       30,000    114.4 MiB  qemu-kvm (guest shop_web)
       101        5,000     -4.0 KiB  bad\\x1B[2Jname
""", text


@case
def an_older_kernel_shows_less(folder):
    text = status(folder, pages_skipped=None, ksm_zero_pages=None, general_profit=None)
    assert "skipped" not in text and "zero" not in text and "saved     139.3 MiB\n" in text, text
    found = json.loads(status(folder, "-o", "json", general_profit=None, full_scans=None))
    assert found["savings"]["generalProfitBytes"] is None and found["counters"]["full_scans"] is None
    assert "samepage_ksm_general_profit_bytes" not in status(folder, "-o", "prometheus", general_profit=None)


@case
def who_switched_it_on(folder):
    cr = ["-f", SCENARIO / "1-kubevirt.yaml", "-n", SCENARIO / "1-nodes.yaml"]
    assert "node02: KSM is off\n" in status(folder, run=0)
    assert "off, and all pages were taken apart" in status(folder, run=2)
    assert json.loads(status(folder, "-o", "json"))["by"] == "somebody"
    where = machine(folder, run=0)
    place = [argument for argument in where if argument not in ("--proc-root", folder / "proc")]
    assert samepage("apply", *place, *cr).status == 0
    result = samepage("status", *where)
    assert b"node02: KSM is on, switched on by samepage\n  original  run 0, pages_to_scan 100" in result.stdout, result
    found = json.loads(samepage("status", *where, "-o", "json").stdout)
    assert found["by"] == "samepage" and found["original"]["run"] == "0"
    shutil.rmtree(folder / "state")
    write(folder / "nodes.yaml", (SCENARIO / "2-nodes.yaml").read_text())
    found = json.loads(status(folder, "-o", "json", "-f", SCENARIO / "2-kubevirt.yaml", "-n", folder / "nodes.yaml"))
    assert found["by"] == "configuration", found


@case
def drift(folder):
    cr = ["-f", SCENARIO / "2-kubevirt.yaml", "-n", SCENARIO / "2-nodes.yaml"]
    where = machine(folder)
    result = samepage("status", *where, *cr, "--detailed-exitcode")
    assert result.status == 0 and b"  drift     none (in-sync): matches" in result.stdout, result
    where = machine(folder, run=0)
    result = samepage("status", *where, *cr, "--detailed-exitcode")
    assert result.status == 2 and b"  drift     enable (drifted-off): matches" in result.stdout, result
    assert json.loads(samepage("status", *where, *cr, "-o", "json").stdout)["drift"]["action"] == "enable"
    assert b"\nsamepage_ksm_drift 1\n" in samepage("status", *where, *cr, "-o", "prometheus").stdout
    assert samepage("status", *where, "-f", cr[1]).status == 64
    result = samepage("status", *where[2:], "--node", "node99", *cr)
    assert result.status == 1 and b"[unknown-node]" in result.stderr, result


@case
def nothing_merges(folder):
    found = json.loads(status(folder, "-o", "json", pages_sharing=0, ksm_zero_pages=0))
    assert [finding["code"] for finding in found["findings"]] == [] or found["processes"]["total"] == 0
    process(folder, 100, "bash")
    text = status(folder, pages_sharing=0, ksm_zero_pages=0)
    assert "! no process has mergeable memory" in text and "mem-merge=off" in text, text
    process(folder, 101, "qemu-kvm", 9)
    text = status(folder, pages_sharing=0, ksm_zero_pages=0, full_scans=0)
    assert "! KSM is in its first scan" in text, text
    text = status(folder, pages_sharing=0, ksm_zero_pages=0, hugepages="[always] madvise never")
    assert "! transparent hugepages are always on" in text, text


@case
def no_ksm(folder):
    shutil.rmtree(folder / "mm", ignore_errors=True)
    where = machine(folder)
    shutil.rmtree(folder / "mm" / "ksm")
    assert samepage("status", *where).stdout == b"node02: this kernel has no KSM, or it cannot be seen from here\n"
    metrics = samepage("status", *where, "-o", "prometheus").stdout.decode()
    assert "samepage_ksm_available 0\n" in metrics and "ksm_pages" not in metrics, metrics


@case
def what_others_own_is_counted(folder):
    if os.geteuid() != 0:
        skip("only root can become somebody else")
    need("setpriv")
    process(folder, 100, "qemu-kvm", 9)
    (folder / "proc" / "100" / "ksm_stat").chmod(0o400)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    where = machine(folder)
    command = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", binary(), "status", *where]
    result = run(command)
    if result.status == 127 or b"Permission denied" in result.stderr:
        skip("the program cannot be reached by others")
    assert b"1 of 1 processes could not be looked at: only root may" in result.stdout, result


# ---- Prometheus ----

LINE = re.compile(r'^([a-z_:][a-z0-9_:]*)(\{[a-z_]+="[^"\\\n]*"(,[a-z_]+="[^"\\\n]*")*\})? (-?[0-9]+(\.[0-9]+)?)$')


def check_metrics(text):
    """The rules of the text format that concern us, and promtool's for names."""
    described, typed, seen = set(), {}, set()
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_text = line.split(" ", 3)[2:]
            assert name not in described and help_text and name.startswith("samepage_"), line
            described.add(name)
        elif line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:]
            assert name in described and name not in typed and kind in ("gauge", "counter"), line
            assert (kind == "counter") == name.endswith("_total"), f"{line}: counters end in _total, and only they"
            typed[name] = kind
        else:
            match = LINE.match(line)
            assert match and match.group(1) in typed and (match.group(1), match.group(2)) not in seen, line
            seen.add((match.group(1), match.group(2)))
    assert {name for name, _ in seen} == set(typed), "every metric has a value"
    return len(seen)


@case
def metrics_are_well_formed(folder):
    process(folder, 30, "ksmd", flags=0x00200000, times=(125, 75))
    text = status(folder, "-o", "prometheus")
    assert check_metrics(text) >= 15
    assert "\nsamepage_ksm_pages{state=\"sharing\"} 35660\n" in text and "\nsamepage_ksmd_cpu_seconds_total 2\n" in text
    assert "\nsamepage_ksm_general_profit_bytes -5\n" in status(folder, "-o", "prometheus", general_profit=-5)


@case
def counters_are_exact(folder):
    most = 2**64 - 1
    text = status(folder, "-o", "prometheus", pages_scanned=most, pages_skipped=most - 1, full_scans=1, pages_to_scan=1,
                  sleep_millisecs=2**32 - 1)
    assert f"\nsamepage_ksm_pages_scanned_total {most}\n" in text, text
    assert f"\nsamepage_ksm_pages_skipped_total {most - 1}\n" in text, text


@case
def promtool_finds_nothing(folder):
    need("promtool")
    result = run(["promtool", "check", "metrics"], stdin=status(folder, "-o", "prometheus").encode())
    assert result.status == 0 and result.stderr == b"" and result.stdout == b"", result


@case
def metrics_go_into_a_file_at_once(folder):
    target = folder / "textfile" / "samepage.prom"
    target.parent.mkdir()
    assert status(folder, "-o", "prometheus", "--out", target) == ""
    assert check_metrics(target.read_text()) > 10
    assert target.stat().st_mode & 0o444 == 0o444, "node_exporter must be able to read it"
    assert [path.name for path in target.parent.iterdir()] == ["samepage.prom"]


# ---- the watch ----

def watch(folder, keys, columns=60):
    """Runs --watch in a terminal of its own and presses a key after the first picture. What it drew, and its status."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))
    before = termios.tcgetattr(slave)
    child = subprocess.Popen([str(word) for word in [binary(), "status", "--watch", *machine(folder)]], stdin=slave,
                             stdout=slave, stderr=slave, env=environment(TERM="xterm", LC_ALL="C.UTF-8"))
    drawn, pressed, deadline = b"", False, time.monotonic() + (60 if is_sanitized() else 20)
    while child.poll() is None and time.monotonic() < deadline:
        if select.select([master], [], [], 0.1)[0]:
            drawn += os.read(master, 65536)
        if b"q ends it" in drawn and not pressed:
            pressed = True
            if isinstance(keys, bytes):
                os.write(master, keys)
            else:
                child.send_signal(keys)
    child.kill()
    while select.select([master], [], [], 0.1)[0]:
        drawn += os.read(master, 65536)
    after = termios.tcgetattr(slave)
    os.close(master)
    os.close(slave)
    assert after == before, "the terminal is left as it was"
    return drawn.decode(), child.wait()


@case
def a_watch_draws_and_ends_by_a_key(folder):
    drawn, ended = watch(folder, b"q")
    assert ended == 0, drawn
    assert drawn.startswith("\x1b[?1049h\x1b[?25l") and drawn.rstrip().endswith("\x1b[?25h\x1b[?1049l"), drawn
    assert "node02: KSM is on" in drawn and "█" in drawn


@case
def a_watch_ends_by_a_signal(folder):
    for number in (signal.SIGTERM, signal.SIGINT):
        drawn, ended = watch(folder, number)
        assert ended == 0 and drawn.rstrip().endswith("\x1b[?25h\x1b[?1049l"), (drawn, ended)


@case
def a_watch_needs_a_terminal(folder):
    result = samepage("status", "--watch", *machine(folder))
    assert result.status == 64 and b"--watch needs a terminal" in result.stderr, result


@case
def processes_that_call_themselves_qemu(folder):
    """Anybody's may, with a command line as long as they like."""
    for pid in range(100, 2100):
        process(folder, pid, "qemu", 9, 0, b"qemu\0-name\0guest=" + b"x" * 70_000)
    result = samepage("status", "-o", "json", *machine(folder))
    assert result.status == 0 and (is_sanitized() or result.peak < 160 << 20), result.peak
    guests = re.findall(rb'"guest": "(x*)"', result.stdout)
    assert guests and set(guests) == {b"x" * 1024}, len(guests)
