# SPDX-License-Identifier: Apache-2.0
"""Many clusters: what stands in a tree of folders, and that nothing in it hides the rest."""

import json
import os
import shutil

from harness import TOP, as_nobody, binary, case, is_sanitized, run, samepage, write

EXAMPLES = TOP / "examples"


def cluster(folder, name, cr="hostnames"):
    (folder / name).mkdir(parents=True)
    shutil.copy(EXAMPLES / f"kubevirt-{cr}.yaml", folder / name / "kubevirt.yaml")
    shutil.copy(EXAMPLES / "nodes.yaml", folder / name / "nodes.yaml")
    return folder / name


def nodes(count):
    return "---\n".join(f"apiVersion: v1\nkind: Node\nmetadata:\n  name: node-{number}\n" for number in range(count))


def fleet(folder, *arguments, status=0):
    result = samepage("plan", "--fleet", "fleet", *arguments, cwd=folder)
    assert result.status == status, result
    return result


@case
def what_cannot_be_read_hides_nothing(folder):
    top = folder / "fleet"
    cluster(top, "good")
    closed = cluster(top, "closed")
    blind = cluster(top, "blind")
    (cluster(top, "half") / "nodes.yaml").chmod(0)
    prefix = as_nobody(folder)
    closed.chmod(0)
    blind.chmod(0o644)  # its files can be listed, and not be looked at
    try:
        result = run([*prefix, binary(), "plan", "--fleet", "fleet", "-j", "3"], cwd=folder)
    finally:
        closed.chmod(0o755)
        blind.chmod(0o755)
    lines = result.stdout.decode().splitlines()
    assert result.status == 1 and len(lines) == 5, result
    assert lines[0] == "blind   Broken: fleet/blind: Permission denied" and lines[1] == "closed  Broken: fleet/closed: Permission denied"
    assert lines[2].startswith("good    Plan: 2 to enable") and lines[3].startswith("half    Broken: fleet/half/nodes.yaml: Permission")
    assert lines[4].startswith("Fleet: 4 clusters, 3 broken. Plan: 2 to enable"), result


@case
def links_lead_to_files_and_in_no_circle(folder):
    one = cluster(folder / "fleet", "one")
    (folder / "fleet" / "two").mkdir()
    (folder / "fleet" / "two" / "kubevirt.yaml").symlink_to("../one/kubevirt.yaml")
    (folder / "fleet" / "two" / "nodes.yaml").symlink_to(one / "nodes.yaml")
    (one / "loop").symlink_to("../..")
    (folder / "fleet" / "self").symlink_to("self")
    (folder / "fleet" / "again").symlink_to("one")
    (folder / "fleet" / "gone").mkdir()
    (folder / "fleet" / "gone" / "kubevirt.yaml").symlink_to("/nonexistent")
    (folder / "link").symlink_to("fleet")
    lines = fleet(folder, status=1).stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == ["gone", "one", "two", "Fleet:"], lines
    result = samepage("plan", "--fleet", "link/", cwd=folder)
    assert b"two   Plan: 2 to enable" in result.stdout and b"gone  Broken: link/gone: there is no snapshot" in result.stdout, result


@case
def a_fifo_is_not_waited_for(folder):
    where = cluster(folder / "fleet", "a")
    (where / "nodes.yaml").unlink()
    os.mkfifo(where / "nodes.yaml")
    assert b"there is no snapshot" in fleet(folder, status=1).stderr


@case
def clusters_within_clusters_are_found_whatever_sorts_between(folder):
    for names in (("a", "a-b", "a/x"), (".", "+a"), ("-", ".", "z")):
        shutil.rmtree(folder / "fleet", ignore_errors=True)
        for name in names:
            if name == ".":
                cluster(folder, "fleet.new")
                shutil.copytree(folder / "fleet.new", folder / "fleet", dirs_exist_ok=True)
                shutil.rmtree(folder / "fleet.new")
            else:
                cluster(folder / "fleet", name)
        result = samepage("emit", "--fleet", "fleet", "-d", "out", cwd=folder)
        assert result.status == 1 and b"[fleet-nested]" in result.stderr and not (folder / "out").exists(), (names, result)


@case
def it_is_the_same_however_many_work_at_it(folder):
    for i in range(40):
        where = cluster(folder / "fleet", f"c{i:02}", ("hostnames", "labels", "all", "off")[i % 4])
        if i % 10 == 7:
            write(where / "nodes.yaml", "{")
    first = fleet(folder, "-o", "json", status=1)
    for jobs in ("2", "7", "256"):
        other = fleet(folder, "-o", "json", "-j", jobs, status=1)
        assert (other.stdout, other.stderr) == (first.stdout, first.stderr), jobs
    assert json.loads(first.stdout)["summary"]["broken"] == 4
    assert fleet(folder, "-q", "-o", "text", status=1).stdout.count(b"\n") == 1


@case
def each_plan_in_json_is_byte_for_byte_that_of_its_cluster(folder):
    for name, cr in (("a", "hostnames"), ("b", "labels"), ("c", "all"), ("d", "off")):
        cluster(folder / "fleet", name, cr)
    guard = ["--max-changed", "2", "-o", "json"]
    whole = fleet(folder, *guard, "-j", "2", status=3).stdout.decode()
    outcomes = {}
    for entry in json.loads(whole)["clusters"]:
        where = f"fleet/{entry['name']}"
        alone = samepage("plan", "-f", f"{where}/kubevirt.yaml", "-n", f"{where}/nodes.yaml", *guard, cwd=folder)
        outcomes[entry["name"]] = (entry["outcome"], alone.status)
        part = '      "plan": ' + "".join("      " + line for line in alone.stdout.decode().splitlines(True)).strip()
        assert part in whole, entry["name"]
    assert set(outcomes.values()) == {("planned", 0), ("refused", 3)}, outcomes


@case
def a_cluster_that_cannot_be_emitted_is_broken_in_every_form(folder):
    cluster(folder / "fleet", "a")
    cluster(folder / "fleet", "b")
    (folder / "out" / "a").mkdir(parents=True)
    write(folder / "out" / "a" / "mine", "")
    for form in ("json", "yaml", "text"):
        shutil.rmtree(folder / "out" / "b", ignore_errors=True)
        result = samepage("emit", "--fleet", "fleet", "-d", "out", "-o", form, cwd=folder)
        assert result.status == 1 and (folder / "out" / "b" / "plan.json").exists(), result
        if form == "json":
            found = json.loads(result.stdout)
            assert [(entry["outcome"], entry["plan"] is None) for entry in found["clusters"]] == [("broken", True), ("planned", False)], found
            assert found["summary"]["enable"] == 2 and "out/a" in found["clusters"][0]["problem"], found


@case
def plans_that_were_counted_are_not_kept(folder):
    for i in range(60):
        where = cluster(folder / "fleet", f"c{i:02}", "all")
        write(where / "nodes.yaml", nodes(2000))
    result = fleet(folder, "-q", "--allow-all")
    assert b"Plan: 120000 to enable" in result.stdout and (is_sanitized() or result.peak < 48 << 20), result


@case
def names_of_folders_are_only_text(folder):
    for name in ("::error::x", "##[error]y", "a|b`c", "<script>", "new\nline"):
        cluster(folder / "fleet", name)
    text = fleet(folder).stdout.decode()
    assert text.count("\n") == 6 and "##[" not in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")], text
    assert len({line.index("Plan:") for line in text.splitlines()[:5]}) == 1, "one column"
    rows = [line for line in fleet(folder, "-o", "markdown").stdout.decode().splitlines() if line.startswith("| ")]
    assert len(rows) == 6 and {row.count("|") for row in rows} == {10}, rows
