# SPDX-License-Identifier: Apache-2.0
"""Runs commands and takes down what the system counts for them: wall time, CPU time, peak memory."""

import json
import re
import statistics
import subprocess
from collections import namedtuple

# `runs`: at most so many. `before`, if any, is called with the number of the run, and gives the words to add to the
# command: a new folder's name, say.
Command = namedtuple("Command", "name words runs before", defaults=(None, None))


class Failed(Exception):
    """A command that could not be run, or ended with a failure: then there is nothing to compare."""


class Meter:
    """Measures with the small program `measure`, which is built beside samepage."""

    def __init__(self, measure):
        self.measure = str(measure)

    def once(self, words, watch=False):
        words = [str(word) for word in words]
        run = subprocess.run([self.measure, *(["--watch"] if watch else []), *words], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, check=False)
        if run.returncode != 0:
            raise Failed(run.stderr.strip())
        found = json.loads(run.stdout)
        if found["status"] != 0:
            raise Failed(f"status {found['status']}: {' '.join(words)}")
        found["cpu"] = found["user"] + found["system"]
        return found

    def interleaved(self, commands, rounds, warm=True):
        """The runs of each command, by name. They take turns, so that noise of the machine meets all of them; every
        other round goes backwards. A command that fails is left out, and the reason stands in `failures`."""
        samples, failures = {command.name: [] for command in commands}, {}
        for number in range(-1 if warm else 0, rounds):
            for command in commands if number % 2 == 0 else reversed(commands):
                runs = rounds if command.runs is None else min(command.runs, rounds)
                if command.name in failures or number >= runs or (number < 0 and runs < rounds):
                    continue
                try:
                    more = command.before(number) if command.before else []
                    found = self.once([*command.words, *more])
                except Failed as problem:
                    failures[command.name] = str(problem)
                    continue
                if number >= 0:
                    samples[command.name].append(found)
        return {name: Summary(runs) for name, runs in samples.items() if runs and name not in failures}, failures


class Summary:
    """Several runs of one command: medians, and the extremes of the wall time."""

    def __init__(self, runs):
        self.runs = len(runs)
        for name in ("wall", "cpu", "user", "system", "peak"):
            setattr(self, name, statistics.median(run[name] for run in runs))
        self.least = min(run["wall"] for run in runs)
        self.most = max(run["wall"] for run in runs)

    def as_json(self):
        return {"runs": self.runs, "wall": round(self.wall, 6), "wall_least": round(self.least, 6),
                "wall_most": round(self.most, 6), "user": round(self.user, 6), "system": round(self.system, 6),
                "cpu": round(self.cpu, 6), "peak": int(self.peak)}


def instructions(words, folder):
    """How many instructions a command takes, as callgrind counts them; the same on every machine of a kind. What it
    found stays in the folder, for profile()."""
    words = [str(word) for word in words]
    run = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'callgrind.out'}", *words],
                         capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        raise Failed(f"valgrind, status {run.returncode}: {' '.join(words)}")
    return int(found.group(1))


def profile(folder, top):
    """Where the instructions of the last count were spent: (share, part) by module of ours and by library."""
    run = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", folder / "callgrind.out"],
                         capture_output=True, text=True, check=False)
    parts = {}
    lines = re.findall(r"^ *([\d,]+) \([ \d.]+%\) +(.*?)(?: \[(.*)\])?$", run.stdout, re.MULTILINE)
    for count, place, library in lines:
        source = re.search(r"((?:selectors|state|reconciler)/\w+)\.[ch]:", place)
        part = source.group(1) if source else re.sub(r"[-.0-9]*\.so.*", "", (library or "other").rsplit("/", 1)[-1])
        if re.search(r"intrin\.h:", place):
            part = "vector instructions"  # of the fast readers
        if part == "samepage":
            part = "libraries"  # which are linked into the program
        if place != "PROGRAM TOTALS":
            parts[part] = parts.get(part, 0) + int(count.replace(",", ""))
    total = sum(parts.values()) or 1
    return [(round(count / total, 4), part) for part, count in sorted(parts.items(), key=lambda item: -item[1])[:top]]


def system_calls(words, folder):
    """How many system calls a command makes, execve and those of the dynamic loader included."""
    log = folder / "strace.out"
    run = subprocess.run(["strace", "-f", "-c", "-o", log, *[str(word) for word in words]], capture_output=True,
                         stdin=subprocess.DEVNULL, check=False)
    found = re.search(r"(\d+)\s+(?:\d+\s+)?total$", log.read_text(), re.MULTILINE) if log.exists() else None
    if run.returncode != 0 or not found:
        raise Failed(f"strace, status {run.returncode}")
    return int(found.group(1))
