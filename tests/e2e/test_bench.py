# SPDX-License-Identifier: Apache-2.0
"""The benchmark's own tools: its snapshots are what kubectl writes, and it runs. Nothing here looks at a time."""

import io
import json
import sys

from harness import TOP, binary, case, cases, environment, need, run, samepage, write

sys.path.insert(0, str(TOP / "tests" / "bench"))

import kubectl_form  # noqa: E402  (found through the path above)
import snapshot  # noqa: E402


def snapshot_text(count, form, **options):
    out = io.StringIO()
    snapshot.write_snapshot(out, count, form, **options)
    return out.getvalue()


def written(folder, count=40, **options):
    """A CR and the same nodes in both forms."""
    return (write(folder / "kubevirt.yaml", snapshot.kubevirt()),
            *[write(folder / f"nodes.{form}", snapshot_text(count, form, **options)) for form in ("yaml", "json")])


@case
def the_same_seed_gives_the_same_bytes():
    assert snapshot_text(30, "yaml") == snapshot_text(30, "yaml")
    assert snapshot_text(30, "yaml") != snapshot_text(30, "yaml", seed=2)


@case
def both_forms_hold_the_same_nodes(folder):
    kubevirt, *snapshots = written(folder)
    plans = []
    for path in snapshots:
        assert samepage("check", "-f", kubevirt, "-n", path).status == 0
        plan = samepage("plan", "-f", kubevirt, "-n", path, "-o", "json")
        assert plan.status == 0, plan
        plans.append(json.loads(plan.stdout))
        del plans[-1]["inputs"]["nodes"]["path"], plans[-1]["checksum"], plans[-1]["locator"]
    assert plans[0] == plans[1]


@case
def as_many_nodes_change_as_was_said(folder):
    kubevirt = write(folder / "kubevirt.yaml", snapshot.kubevirt())
    for changed, least, most in ((0, 0, 0), (30, 20, 160), (100, 300, 300)):
        nodes = write(folder / "nodes.yaml", snapshot_text(300, "yaml", changed=changed, profile="plain"))
        summary = json.loads(samepage("plan", "-f", kubevirt, "-n", nodes, "-o", "json").stdout)["summary"]
        assert least <= 300 - summary["unchanged"] <= most, summary


@case
def the_benchmark_runs(folder):
    build = binary().parent
    result = run([sys.executable, TOP / "tests" / "bench" / "run", "--smoke", "--build", build, "--folder", folder],
                 cwd=folder, timeout=60, env=environment(ASAN_OPTIONS="detect_leaks=0"))  # which strace would disturb
    assert result.status == 0, result
    found = json.loads((folder / "results.json").read_text())
    assert not found["problems"], found["problems"]
    assert [entry for entry in found["measured"] if "failure" in entry] == []
    works = [row["work"] for row in found["rows"]]
    assert len(works) == len(set(zip(works, [row["yardstick"] for row in found["rows"]]))) > 10, works


@cases
def kubectl_writes_a_node_as_we_do():
    for form in ("yaml", "json"):
        yield f"kubectl_writes_{form}_as_we_do", lambda folder, form=form: check_form(folder, form)


def check_form(folder, form):
    texts = [document(snapshot.shape(variant, snapshot.Keys(variant % 2 == 0, "synced"), "kubevirt", 1), form)
             for variant in range(snapshot.VARIANTS)]
    stream = write(folder / f"nodes.{form}", ("---\n" if form == "yaml" else "").join(texts))
    result = run([need("kubectl"), "label", "--local", "--overwrite", "-f", stream, "kubernetes.io/os=linux",
                  "-o", form])
    assert result.status == 0, result
    assert result.stdout.decode() == "".join(texts), result


def document(node, form):
    if form == "json":
        return json.dumps(node, indent=4, sort_keys=True) + "\n"
    lines = []
    kubectl_form.yaml_lines(node, 0, lines)
    return "\n".join(lines) + "\n"
