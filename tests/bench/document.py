#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/performance.md and its plot from the results of one run of the benchmark.

    document.py RESULTS.json FOLDER

The words are those of performance.md.in; what stands there in {braces} is filled in.
"""

import json
import sys
from pathlib import Path

from plot import Series, plot

MIB = 1024 * 1024
TEMPLATE = Path(__file__).resolve().parent / "performance.md.in"
PLOT = "performance.svg"


def table(titles, rows, right=()):
    lines = ["| " + " | ".join(titles) + " |",
             "|" + "|".join("--:" if at in right else "---" for at in range(len(titles))) + "|"]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def shown_ratio(ratio):
    if ratio is None:
        return ""
    return f"{ratio:.0f} ×" if ratio >= 100 else f"{ratio:.1f} ×" if ratio >= 10 else f"{ratio:.2f} ×"


def shown_time(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def targets(results):
    met = {True: "yes", False: "**no**", None: "-"}
    return table(("work", "samepage", "yardstick", "ratio", "target", "met"),
                 [(row["work"], row["ours"], row["yardstick"], shown_ratio(row["ratio"]), row["target"],
                   met[row["met"]]) for row in results["rows"]])


def measured(results):
    """The runs of everything that reads the big snapshots, and of emit."""
    rows = []
    for entry in results["measured"]:
        if "wall" not in entry or entry["section"].startswith("growth"):
            continue
        speed = f"{entry['bytes'] / entry['wall'] / 1e6:,.0f}" if "bytes" in entry else ""
        rows.append((entry["section"], f"`{entry['name']}`", entry["runs"], shown_time(entry["wall"]),
                     f"{shown_time(entry['wall_least'])} to {shown_time(entry['wall_most'])}", shown_time(entry["cpu"]),
                     f"{entry['peak'] / MIB:.1f} MiB", speed))
    return table(("work", "program", "runs", "median", "from, to", "CPU", "peak", "MB/s"), rows, right=(2, 3, 5, 6, 7))


def growth(results):
    rows = []
    for form, points in results["growth"].items():
        for point in points:
            ours, count = point["samepage"], point["nodes"]
            rows.append((form.upper(), f"{count:,}", f"{point['bytes'] / 1e6:,.1f} MB", ours["runs"],
                         shown_time(ours["wall"]), f"{ours['wall'] / count * 1e6:.1f} µs",
                         f"{ours['peak'] / MIB:.1f} MiB", f"{ours['wall'] / point['wc']['wall']:.1f} ×"))
    return table(("form", "nodes", "size", "runs", "median", "a node", "peak", "of `wc -l`"), rows, right=range(1, 8))


def counted(results):
    rows = [(entry["form"].upper(), f"`{entry['name']}`", entry["per_byte"]) for entry in results["instructions"]
            if "per_byte" in entry]
    return table(("form", "program", "instructions a byte"), rows, right=(2,))


def parts(results):
    rows = []
    for entry in results["instructions"]:
        rows += [(entry["form"].upper(), f"`{entry['name']}`", f"`{part}`", f"{share:.1%}")
                 for share, part in entry.get("parts", ())]
    return table(("form", "program", "part", "share"), rows, right=(3,))


def machine(results):
    found = results["machine"]
    return table(("what", "which"), [(name, value) for name, value in found.items()])


def line(points, program):
    return [(point["nodes"], point[program]["wall"]) for point in points]


def series(results):
    """The growth of samepage and wc, and the other programs as points at the size that they were given."""
    styles = {"yaml": "first", "json": "second"}
    drawn = []
    for form, points in results["growth"].items():
        drawn.append(Series(f"samepage, {form.upper()}", line(points, "samepage"), styles[form]))
    drawn.append(Series("wc -l, YAML", line(results["growth"].get("yaml", []), "wc"), "third"))
    for entry in results["measured"]:
        words = entry["section"].split()
        if entry["section"].startswith("plan,") and "bytes" in entry and "wall" in entry \
                and entry["name"] not in ("samepage", "wc"):
            drawn.append(Series(f"{entry['name']}, {words[-1]}", [(int(words[1]), entry["wall"])], "peer"))
    return [one for one in drawn if one.points]


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    results, folder = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    text = TEMPLATE.read_text().format(
        date=results["date"], version=results["version"], changed=results["changed_percent"], machine=machine(results),
        targets=targets(results), measured=measured(results), growth=growth(results), counted=counted(results),
        parts=parts(results), plot=PLOT,
        startup=next((f"{e['instructions'] / 1e6:.1f}" for e in results["instructions"] if "instructions" in e), "?"))
    (folder / "performance.md").write_text(text)
    (folder / PLOT).write_text(plot(series(results), "nodes in the snapshot; time of one plan, all of the process"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
