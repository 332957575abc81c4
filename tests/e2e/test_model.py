# SPDX-License-Identifier: Apache-2.0
"""Random nodes and random histories through apply, against a model of the pressure policy that shares nothing with the
program: exact fractions, rounded to single precision by hand. The model has the differences from virt-handler that
docs/pressure.md lists; what it must agree with where there are none, test_pressure_vectors.py proves of the program.

    SAMEPAGE_SPINS=20000 SAMEPAGE_SEED=7 tests/run model     # more of them, others"""

import configparser
import json
import os
import random
import re
from fractions import Fraction

from harness import cases, samepage, write

SPINS = int(os.environ.get("SAMEPAGE_SPINS", "400"))
SEED = int(os.environ.get("SAMEPAGE_SEED", "1"))
LABEL, MANAGED = "kubevirt.io/ksm-enabled", "kubevirt.io/ksm-handler-managed"
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2003\u2009\u2028\u202f\u3000"
MOST = 2**63 - 1
KNOBS = ("run", "pages_to_scan", "sleep_millisecs")

# The model


def single(number):
    """A fraction rounded to nearest even in single precision, or None where it is too large."""
    if number == 0:
        return Fraction(0)
    exponent = number.numerator.bit_length() - number.denominator.bit_length()
    exponent -= Fraction(2)**exponent > number
    unit = Fraction(2)**(max(exponent, -126) - 23)
    rounded = round(number / unit) * unit  # Python's round is to even
    return rounded if rounded < 2**128 else None


def integer(text):
    number = int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else None
    return number if number is not None and -MOST - 1 <= number <= MOST else None


def free_percent(text):
    """A part of 1 in single precision, or None where it is no number or out of bounds."""
    bare = text
    if "_" in text:  # between digits, or behind a prefix
        prefix, digits = (text[:2], text[2:]) if text[:2].lower() == "0x" else ("", text)
        allowed = "[0-9a-fA-F]" if prefix else "[0-9]"
        if re.search(rf"(?<!{allowed})_|_(?!{allowed})", ("0" if prefix else "") + digits):
            return None
        bare = prefix + digits.replace("_", "")
    found = re.fullmatch(r"([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)", bare)
    base, power = (16, 2) if found else (10, 10)
    found = found or re.fullmatch(r"([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?", bare)
    if not found or not found.group(2) + found.group(3) or not bare.isascii():
        return None
    exponent = max(-9999, min(9999, int(found.group(4) or 0))) - len(found.group(3)) * (4 if base == 16 else 1)
    number = single(int(found.group(2) + found.group(3), base) * Fraction(power)**exponent)
    if number is None or number > 1 or (found.group(1) == "-" and number > 0):
        return None
    return number


def overrides(annotations):
    found = {}

    def read(name, usual, low, high):
        text = annotations.get(f"kubevirt.io/ksm-{name}-override")
        number = integer(text) if text is not None else None
        if number is None:
            number = usual
        elif not low <= number <= high:
            number = usual if low < usual < high else low
        found[name] = number

    read("pages-boost", 300, 0, MOST)
    read("pages-decay", -50, -MOST - 1, 0)
    read("pages-min", 64, 0, MOST)
    read("pages-max", 1250, found["pages-min"], MOST)
    read("pages-init", 100, found["pages-min"], found["pages-max"])
    read("sleep-ms-baseline", 100, 1, MOST)
    text = annotations.get("kubevirt.io/ksm-free-percent-override")
    number = free_percent(text) if text is not None else None
    found["free-percent"] = single(Fraction(1, 5)) if number is None else number
    return found


def memory(text):
    """MemTotal and MemAvailable: the first line of each, or None."""
    numbers = {}
    for line in text.split("\n"):
        if len(line.encode()) >= 65536:
            break
        for key in ("MemTotal:", "MemAvailable:"):
            if line.startswith(key) and key not in numbers:
                digits = re.match(r"[0-9]*", line[len(key):].lstrip(SPACE)).group()
                numbers[key] = int(digits) if digits and int(digits) < 2**64 else None
    if None in (numbers.get("MemTotal:"), numbers.get("MemAvailable:")):
        return None
    return numbers["MemTotal:"], numbers["MemAvailable:"]


def kernel(number):
    return str(max(0, min(2**32 - 1, number)))


def tune(node, is_on):
    """(whether KSM is to run, pages_to_scan, sleep_millisecs), or None where that cannot be told."""
    found, pages, numbers = memory(node["meminfo"]), integer(node["knobs"]["pages_to_scan"].strip(SPACE)), None
    if found is None or pages is None:
        return None
    (total, available), numbers = found, overrides(node["annotations"])
    is_short = available < total and not (
        single(Fraction(available)) > single(single(Fraction(total)) * numbers["free-percent"]))
    runs, wanted = is_short, numbers["pages-init"]
    if is_short and is_on:
        wanted = min(pages + numbers["pages-boost"], numbers["pages-max"])
    elif is_on:
        wanted = pages + numbers["pages-decay"]
        runs = wanted >= numbers["pages-min"]
    sleep = max(numbers["sleep-ms-baseline"] * 2**24 // max(total - available, 1), numbers["sleep-ms-baseline"] // 10)
    return runs, kernel(wanted), kernel(sleep)


def give_back(knobs, record):
    knobs.update({knob: record[knob] for knob in KNOBS}, run="1" if record["run"] == "1" else "0")


def passed(node, record, policy):
    """What a pass leaves: the knobs, the record or None, the label, the annotation."""
    knobs = {knob: value.strip(SPACE) for knob, value in node["knobs"].items()}
    before, is_on = dict(knobs), knobs["run"] == "1"
    is_annotated = node["annotations"].get(MANAGED) == "true"
    begins = record is None and not (is_annotated and is_on)
    if not node["selected"]:
        if record is not None:
            give_back(knobs, record)
        elif is_annotated and is_on:
            knobs["run"] = "0"
        return knobs, None, "false", "false"
    tuning = (True, knobs["pages_to_scan"], knobs["sleep_millisecs"]) if policy == "static" else tune(node, is_on)
    if tuning is None:
        return knobs, record, "true", "true" if is_annotated or (record is not None and is_on) else "false"
    if tuning[0]:
        knobs.update(run="1", pages_to_scan=tuning[1], sleep_millisecs=tuning[2])
    elif record is not None and record["run"] != "1":
        give_back(knobs, record)
        record = None
    else:
        knobs["run"] = "0"
    if begins and (knobs != before or (tuning[0] and is_on)):
        record = before
    return knobs, record, "true", "true" if tuning[0] else "false"


# The program


def observed(folder, node, policy):
    """One pass of the program: the same four, and the run."""
    patch = folder / "patch.json"
    patch.unlink(missing_ok=True)
    for knob, value in node["knobs"].items():
        write(folder / "ksm" / knob, value)
    metadata = {"name": "node01", "labels": dict(node["labels"], a="b"), "annotations": node["annotations"]}
    result = samepage(
        "apply", "--policy", policy, "--allow-all", "--node", "node01", "--sysfs-root", folder / "ksm", "--state-dir",
        folder / "state", "--patch-out", patch, "--meminfo", write(folder / "meminfo", node["meminfo"]),
        "-n", write(folder / "node.json", json.dumps({"apiVersion": "v1", "kind": "Node", "metadata": metadata})),
        "-f", write(folder / "cr.yaml", "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata: {name: kubevirt}\n"
                    f"spec: {{configuration: {node['configuration']}}}\n"))
    patched = json.loads(patch.read_text())["metadata"] if patch.exists() else {}
    labels = dict(node["labels"], **patched.get("labels", {}))
    annotations = dict(node["annotations"], **patched.get("annotations", {}))
    record = None
    if (folder / "state" / "original.ini").exists():
        ini = configparser.ConfigParser(comment_prefixes=(";",), interpolation=None)
        ini.read(folder / "state" / "original.ini")
        record = {knob: ini["original"][knob] for knob in KNOBS}
    knobs = {knob: (folder / "ksm" / knob).read_bytes().decode().strip(SPACE) for knob in KNOBS}
    return (knobs, record, labels.get(LABEL), annotations.get(MANAGED)), result


# What is tried

CONFIGURATIONS = {
    "{}": False, "{ksmConfiguration: {}}": False, "{ksmConfiguration: {nodeLabelSelector: null}}": False,
    "{ksmConfiguration: {nodeLabelSelector: {matchLabels: {a: c}}}}": False,
    "{ksmConfiguration: {nodeLabelSelector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}}": False,
    "{ksmConfiguration: {nodeLabelSelector: {matchExpressions: [{key: q, operator: DoesNotExist}]}}}": True,
    "{ksmConfiguration: {nodeLabelSelector: {matchLabels: {a: b}}}}": True,
}
EVERYWHERE = "{ksmConfiguration: {nodeLabelSelector: {}}}"
INTEGERS = ("0 1 -1 -0 +5 007 64 63 65 100 1249 1251 -50 45 4294967295 4294967296 9223372036854775807 "
            "9223372036854775808 -9223372036854775808 -9223372036854775809 1099511627776 18446744073709551615 1_0 0x10 "
            "1e3 5.0 + --1 10 9 11").split() + ["", " 5", "5 ", "\u0665", "5\n"]
FLOATS = ("0.2 0 1 .5 5. 1e-1 +0.3 -0 -0.1 1.00000001 1.00000006 nan +nan inf -Infinity 0x1p-2 0x1.8p-3 0x1 0x.8p-1 "
          "0x_1p-2 0x1_0p-5 0.1_5 1_0e-2 _1 1_ 1__0 0.2f 0,2 1e400 3.5e38 1e-50 0.33333334 1e e5 . 0x 0xp1 1e-0_1 20% "
          "0.19999999 0.20000000298 0.99999997 0X1P-3 0x1p-2000").split() + ["", " 0.2", "0.2\n"]
RUNS = ["0\n", "1\n", "2\n"] * 4 + ["1", " 1 ", "\t1\n", "1\n\n", "01\n", "+1\n", "\xa01\n", "1\u2003", "3\n", "1\r\n"]
PAGES = ["100\n", "64\n", "113\n", "114\n", "1250\n", "951\n"] * 3 + [
    "0\n", "-5\n", "+7\n", "4294967295\n", "9223372036854775807\n", "-9223372036854775808\n", "x\n", " 50 \n",
    "\xa0200\n"]


def some_memory(dice):
    total = dice.randint(*dice.choice([(1, 2000), (1, 2**25), (2**24, 2**36), (0, 2**64 - 1)]))
    available = max(0, int(total * dice.choice([0.2, 0.2, dice.random(), 1.0, 0.0])) + dice.randint(-3, 3))
    blank, unit = dice.choice(["       ", " ", "", "\t", "\xa0"]), dice.choice([" kB", "", ".5 kB", "_000"])
    first = f"MemTotal:{blank}{total}{unit}"
    second = f"MemAvailable: {available} kB"
    lines = dice.choice([[first, "MemFree: 1 kB", second]] * 8 + [
        [second, first], [first, first, second], [first, second, "MemTotal: x"], [" " + first, first, second], [first],
        [], [first, "MemAvailable: -1 kB"], [first, "Z" * 65535, second], [first, "Z" * 65536, second]])
    return dice.choice(["\n", "\n", "\r\n"]).join(lines) + dice.choice(["\n", ""])


def some_node(dice):
    configuration = dice.choice([*CONFIGURATIONS, *[EVERYWHERE] * 10])
    annotations = {MANAGED: dice.choice(["true", "true", "false", "True", " true", ""])} if dice.random() < 0.7 else {}
    for name in ("pages-boost", "pages-decay", "pages-min", "pages-max", "pages-init", "sleep-ms-baseline"):
        if dice.random() < 0.3:
            number = dice.choice(INTEGERS + [str(dice.randint(-200, 3000))] * 9)
            annotations[f"kubevirt.io/ksm-{name}-override"] = number
    if dice.random() < 0.5:
        part = dice.choice(FLOATS + [repr(dice.random()), dice.random().hex()] * 9)
        annotations["kubevirt.io/ksm-free-percent-override"] = part
    return {"configuration": configuration, "selected": CONFIGURATIONS.get(configuration, True), "labels": {},
            "annotations": annotations, "meminfo": some_memory(dice),
            "knobs": {"run": dice.choice(RUNS), "pages_to_scan": dice.choice(PAGES),
                      "sleep_millisecs": dice.choice(["20\n", "10\n", "100\n"])}}


def agree(folder, node, record, policy):
    wanted = passed(node, record, policy)
    found, result = observed(folder, node, policy)
    assert wanted == found, f"model:    {wanted}\nsamepage: {found}\n{policy} {node}\n{result}"
    return found


def spins(seed, count):
    def run(folder):
        dice = random.Random(seed)
        for number in range(count):
            agree(folder / str(number), some_node(dice), None, "pressure")
    return run


def happens(dice, node):
    """Something changes between two passes, by somebody else."""
    if dice.random() < 0.25:
        node["knobs"]["run"] = dice.choice(["0", "1", "2"])
    if dice.random() < 0.1:
        node["knobs"][dice.choice(["pages_to_scan", "sleep_millisecs"])] = str(dice.randint(0, 3000))
    if dice.random() < 0.1:
        node["annotations"].pop(MANAGED, None)
    if dice.random() < 0.05:
        node["annotations"][MANAGED] = dice.choice(["true", "false", "True"])
    if dice.random() < 0.3:
        node["configuration"] = dice.choice([*CONFIGURATIONS, *[EVERYWHERE] * 10])
        node["selected"] = CONFIGURATIONS.get(node["configuration"], True)
    if dice.random() < 0.5:
        node["meminfo"] = some_memory(dice)


def history(seed):
    """Passes on one node: each finds what the last one left, the record included. At last a release."""
    def run(folder):
        dice = random.Random(seed)
        node, record = some_node(dice), None
        policy = dice.choice(["pressure", "pressure", "static"])
        node["knobs"] = {"run": dice.choice(["0", "1", "2"]), "pages_to_scan": "100", "sleep_millisecs": "20"}
        for _ in range(14):
            happens(dice, node)
            knobs, record, label, annotation = agree(folder, node, record, policy)
            node.update(knobs=knobs, labels={LABEL: label})
            node["annotations"][MANAGED] = annotation
        wanted = dict(node["knobs"])
        if record is not None:
            give_back(wanted, record)
        result = samepage("release", "--node", "node01", "--sysfs-root", folder / "ksm", "--meminfo", folder / "meminfo",
                          "--state-dir", folder / "state")
        assert {knob: (folder / "ksm" / knob).read_text().strip() for knob in KNOBS} == wanted, f"{wanted}\n{result}"
    return run


@cases
def model():
    for number in range(8):
        yield f"spins-{number}", spins(SEED * 1000 + number, SPINS // 8)
    for number in range(max(8, SPINS // 10)):
        yield f"history-{number}", history(SEED * 100000 + number)
