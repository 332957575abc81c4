# SPDX-License-Identifier: Apache-2.0
"""--workloads: on how many nodes a machine may run before and after a plan.

The expectations were worked out by hand from the documentation of Kubernetes, not by running anything. The rules that
the rows name, by the page or the type whose documentation has them:

  each       "nodeSelector", Assigning Pods to Nodes: only nodes that have each of the labels.
  both       the same page: with nodeSelector and nodeAffinity, both must be satisfied.
  or         the same page: of several nodeSelectorTerms, one must be satisfied.
  and        the same page: of the expressions of one term, all must be satisfied.
  preferred  the same page: a rule that is preferred keeps no pod from a node.
  in, notin, exists, absent, gt, lt
             the same page, "Operators"; notin and absent ("DoesNotExist") are for node anti-affinity, and as for every
             label selector (Labels and Selectors) nodes without the key match them.
  integer    the same page: Gt and Lt work with integers only.
  empty      NodeSelectorTerm, API reference: a null or empty term matches no objects.
  field      NodeSelectorTerm, matchFields; NodeSelectorRequirement. metadata.name is the one field.
  values     NodeSelectorRequirement, values: not empty for In and NotIn, empty for Exists and DoesNotExist, a single
             element, an integer, for Gt and Lt.
  syntax     Labels and Selectors, "Syntax and character set"; Object Names and IDs for metadata.name.
"""

import json

from harness import TOP, case, cases, samepage

KSM = "kubevirt.io/ksm-enabled"
NODES = TOP / "examples" / "nodes.yaml"
CR = TOP / "examples" / "kubevirt-hostnames.yaml"
VM = TOP / "examples" / "virtualmachine.yaml"

# The fleet of all rows. `want` is what the CR selects by.        the label before -> after
FLEET = {
    "alpha":   {"want": "yes", "zone": "z1", "cores": "8", KSM: "true"},              # true   -> true
    "bravo":   {"want": "yes", "zone": "z1", "cores": "16", KSM: "false"},            # false  -> true
    "charlie": {"zone": "z2", "cores": "32", KSM: "true"},                            # true   -> false
    "delta":   {"zone": "z2", "gpu": ""},                                             # absent -> false
    "echo":    {"want": "yes", "cores": "many", "zone": "z3"},                        # absent -> true
    "foxtrot": {"cores": "-8", KSM: "yes"},                                           # yes    -> false
}
# `=true` therefore fits alpha and charlie before, alpha, bravo and echo after; `=false` fits bravo before, charlie,
# delta and foxtrot after.


def cr(selector):
    return {"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": {"name": "kubevirt", "namespace": "kubevirt"},
            "spec": {"configuration": {"ksmConfiguration": {"nodeLabelSelector": selector}}}}


def node(name, labels):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def machine(spec, name="vm", kind="VirtualMachine"):
    spec = {"template": {"spec": spec}} if kind == "VirtualMachine" else spec
    return {"apiVersion": "kubevirt.io/v1", "kind": kind, "metadata": {"name": name, "namespace": "test"}, "spec": spec}


def need(key, operator, *values):
    requirement = {"key": key, "operator": operator}
    return dict(requirement, values=list(values)) if values else requirement


def term(*expressions, fields=()):
    made = {}
    if expressions:
        made["matchExpressions"] = list(expressions)
    if fields:
        made["matchFields"] = list(fields)
    return made


def affinity(*terms, selector=None, preferred=None):
    """A spec with a required node affinity of these terms."""
    rules = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}} if terms else {}
    if preferred:
        rules["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    spec = {"affinity": {"nodeAffinity": rules}}
    return dict(spec, nodeSelector=selector) if selector else spec


def labels(**others):
    """A spec with a nodeSelector: the label, true, and these."""
    return {"nodeSelector": dict({KSM: "true"}, **others)}


ON = need(KSM, "In", "true")
OFF = need(KSM, "In", "false")
ANY = need(KSM, "In", "true", "false")
NAME = "metadata.name"

# rule, what the row shows, spec, nodes before, nodes after
ROWS = [
    # nodeSelector: before alpha charlie, after alpha bravo echo, unless narrowed
    ("each", "the label alone", labels(), 2, 3),
    ("each", "and a zone", labels(zone="z1"), 1, 2),
    ("each", "and a zone that loses its only node", labels(zone="z2"), 1, 0),
    ("each", "and a zone that gains its first node", labels(zone="z3"), 0, 1),
    ("each", "and a value in another case", labels(zone="Z1"), 0, 0),
    ("each", "and a key that no node has", labels(rack="r1"), 0, 0),
    ("each", "and two labels that no node has together", labels(zone="z1", cores="32"), 0, 0),
    ("each", "and two labels of one node", labels(zone="z1", cores="16"), 0, 1),
    ("each", "the label false", {"nodeSelector": {KSM: "false"}}, 1, 3),
    ("each", "the label in another case", {"nodeSelector": {KSM: "True"}}, 0, 0),
    ("each", "a value that a node has until the plan", {"nodeSelector": {KSM: "yes"}}, 1, 0),
    ("each", "the label empty, which is not absent", {"nodeSelector": {KSM: ""}}, 0, 0),
    ("each", "an empty value of another label", {"nodeSelector": {KSM: "false", "gpu": ""}}, 0, 1),
    # In
    ("in", "true", affinity(term(ON)), 2, 3),
    ("in", "false", affinity(term(OFF)), 1, 3),
    ("in", "true or false: every node that was planned for", affinity(term(ANY)), 3, 6),
    ("in", "a value that no plan sets", affinity(term(need(KSM, "In", "maybe"))), 0, 0),
    ("in", "absent is not in a set with the empty value", affinity(term(need(KSM, "In", "", "true"))), 2, 3),
    ("in", "one of two zones", affinity(term(ON, need("zone", "In", "z1", "z3"))), 1, 3),
    ("in", "a zone and one that is none", affinity(term(ON, need("zone", "In", "z2", "z9"))), 1, 0),
    # NotIn: before all but alpha charlie, after charlie delta foxtrot
    ("notin", "true: the nodes without the label match", affinity(term(need(KSM, "NotIn", "true"))), 4, 3),
    ("notin", "false: the nodes without the label match", affinity(term(need(KSM, "NotIn", "false"))), 5, 3),
    ("notin", "neither: only odd values and absent ones", affinity(term(need(KSM, "NotIn", "true", "false"))), 3, 0),
    ("notin", "all three values: only absent ones", affinity(term(need(KSM, "NotIn", "true", "false", "yes"))), 2, 0),
    ("notin", "a zone: the node without a zone matches", affinity(term(OFF, need("zone", "NotIn", "z2"))), 1, 1),
    ("notin", "a zone", affinity(term(ON, need("zone", "NotIn", "z1"))), 1, 1),
    ("notin", "the empty value", affinity(term(OFF, need("gpu", "NotIn", ""))), 1, 2),
    # Exists, DoesNotExist
    ("exists", "the label: everywhere after a plan", affinity(term(need(KSM, "Exists"))), 4, 6),
    ("exists", "another key", affinity(term(ON, need("zone", "Exists"))), 2, 3),
    ("exists", "a key with an empty value", affinity(term(ANY, need("gpu", "Exists"))), 0, 1),
    ("exists", "a key that no node has", affinity(term(ON, need("rack", "Exists"))), 0, 0),
    ("absent", "the label: nowhere after a plan", affinity(term(need(KSM, "DoesNotExist"))), 2, 0),
    ("absent", "another key", affinity(term(OFF, need("zone", "DoesNotExist"))), 0, 1),
    ("absent", "a key with an empty value exists", affinity(term(OFF, need("gpu", "DoesNotExist"))), 1, 2),
    ("absent", "a key that no node has", affinity(term(ON, need("rack", "DoesNotExist"))), 2, 3),
    # Gt, Lt: cores are 8, 16, 32, none, "many", -8
    ("gt", "above", affinity(term(ON, need("cores", "Gt", "8"))), 1, 1),
    ("gt", "equal is not above", affinity(term(ON, need("cores", "Gt", "32"))), 0, 0),
    ("gt", "numbers, not texts: 16 is above 9", affinity(term(ANY, need("cores", "Gt", "9"))), 2, 2),
    ("gt", "leading zeros are decimal", affinity(term(ANY, need("cores", "Gt", "007"))), 3, 3),
    ("gt", "zero: a negative label is below", affinity(term(ANY, need("cores", "Gt", "0"))), 3, 3),
    ("gt", "the largest number", affinity(term(ANY, need("cores", "Gt", "9223372036854775807"))), 0, 0),
    ("lt", "below", affinity(term(ON, need("cores", "Lt", "16"))), 1, 1),
    ("lt", "equal is not below", affinity(term(ON, need("cores", "Lt", "8"))), 0, 0),
    ("lt", "a negative label is below", affinity(term(OFF, need("cores", "Lt", "1"))), 0, 1),
    ("lt", "nodes without the key do not match", affinity(term(ANY, need("cores", "Lt", "1000"))), 3, 4),
    ("integer", "a label that is none is neither above", affinity(term(ON, need("cores", "Gt", "0"))), 2, 2),
    ("integer", "nor below", affinity(term(ON, need("cores", "Lt", "1000"))), 2, 2),
    ("integer", "the label of KSM is none either", affinity(term(need(KSM, "Gt", "0"))), 0, 0),
    ("gt", "and lt: a range", affinity(term(ANY, need("cores", "Gt", "8"), need("cores", "Lt", "32"))), 1, 1),
    # terms and requirements
    ("and", "true and false at once", affinity(term(ON, OFF)), 0, 0),
    ("and", "the label and a zone", affinity(term(ON, need("zone", "In", "z1"))), 1, 2),
    ("and", "the same twice", affinity(term(ON, ON)), 2, 3),
    ("or", "true or false in terms of their own", affinity(term(ON), term(OFF)), 3, 6),
    ("or", "the label, or a zone without it", affinity(term(ON), term(need("zone", "In", "z2"))), 3, 5),
    ("or", "a term with the label that holds nowhere, and one without it",
     affinity(term(need(KSM, "In", "maybe")), term(need("zone", "In", "z3"))), 1, 1),
    ("or", "two zones, each with its own value",
     affinity(term(ON, need("zone", "In", "z1")), term(OFF, need("zone", "In", "z2"))), 1, 4),
    ("or", "the same term twice counts a node once", affinity(term(ON), term(ON)), 2, 3),
    ("both", "nodeSelector and affinity", affinity(term(need("zone", "In", "z1")), selector={KSM: "true"}), 1, 2),
    ("both", "the label in the affinity", affinity(term(ON), selector={"zone": "z2"}), 1, 0),
    ("both", "they contradict each other", affinity(term(OFF), selector={KSM: "true"}), 0, 0),
    ("both", "nodeSelector narrows every term",
     affinity(term(need("zone", "In", "z2")), term(need("zone", "In", "z3")), selector={KSM: "true"}), 1, 1),
    ("both", "an empty nodeSelector asks for nothing", dict(affinity(term(ON)), nodeSelector={}), 2, 3),
    ("both", "nodeSelector null", dict(affinity(term(ON)), nodeSelector=None), 2, 3),
    # empty and null terms
    ("empty", "an empty term matches nothing", affinity({}, selector={KSM: "true"}), 0, 0),
    ("empty", "a null term matches nothing", affinity(None, selector={KSM: "true"}), 0, 0),
    ("empty", "a term of empty lists", affinity({"matchExpressions": [], "matchFields": []}, selector={KSM: "true"}), 0, 0),
    ("empty", "beside one that matches", affinity({}, term(ON)), 2, 3),
    ("empty", "lists that are null", affinity({"matchExpressions": None}, term(ON)), 2, 3),
    ("empty", "no affinity at all", dict(labels(), affinity={}), 2, 3),
    ("empty", "affinity null", dict(labels(), affinity=None), 2, 3),
    ("empty", "nodeAffinity null", dict(labels(), affinity={"nodeAffinity": None}), 2, 3),
    ("empty", "required null: no affinity", dict(labels(), affinity={
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": None}}), 2, 3),
    # matchFields
    ("field", "one name", affinity(term(ON, fields=[need(NAME, "In", "alpha")])), 1, 1),
    ("field", "a name that loses the label", affinity(term(ON, fields=[need(NAME, "In", "charlie")])), 1, 0),
    ("field", "all but one name", affinity(term(ON, fields=[need(NAME, "NotIn", "alpha")])), 1, 2),
    ("field", "a name that no node has", affinity(term(ON, fields=[need(NAME, "In", "zulu")])), 0, 0),
    ("field", "not a name that no node has", affinity(term(ON, fields=[need(NAME, "NotIn", "zulu")])), 2, 3),
    ("field", "two names at once", affinity(
        term(ON, fields=[need(NAME, "In", "alpha"), need(NAME, "In", "bravo")])), 0, 0),
    ("field", "two names in two terms", affinity(
        term(ON, fields=[need(NAME, "In", "alpha")]), term(ON, fields=[need(NAME, "In", "bravo")])), 1, 2),
    ("field", "a term of fields alone", affinity(term(fields=[need(NAME, "In", "echo")]), selector={KSM: "true"}), 0, 1),
    ("field", "a label of that name is something else", affinity(term(ON, need(NAME, "Exists"))), 0, 0),
    # preferred
    ("preferred", "is ignored", affinity(term(ON), preferred=[
        {"weight": 1, "preference": term(need("zone", "In", "z9"))}]), 2, 3),
    ("preferred", "beside a nodeSelector", affinity(selector={KSM: "true"}, preferred=[
        {"weight": 100, "preference": term(OFF)}]), 2, 3),
]

# Machines that do not ask for the label, so that the plan does not touch them.
SILENT = {
    "no rules": {},
    "another label": {"nodeSelector": {"zone": "z1"}},
    "another label's affinity": affinity(term(need("zone", "In", "z1"))),
    "preferred alone": affinity(preferred=[{"weight": 1, "preference": term(ON)}]),
    "a field": affinity(term(fields=[need(NAME, "In", "alpha")])),
    "podAffinity": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": KSM}]}}},
    "a key that only begins so": {"nodeSelector": {KSM + "-too": "true"}},
}


def write(folder, name, *objects):
    (folder / name).write_text("\n".join(json.dumps(item) for item in objects))


def write_fleet(folder, selector=None):
    write(folder, "cr.json", cr({"matchLabels": {"want": "yes"}} if selector is None else selector))
    write(folder, "nodes.json", *[node(name, of) for name, of in FLEET.items()])


def plan(folder, *arguments, status=0):
    run = samepage("plan", "-f", "cr.json", "-n", "nodes.json", "--workloads", "vms.json", "-o", "json", *arguments,
                   cwd=folder)
    assert run.status == status, run
    return json.loads(run.stdout), run


def impacts(folder, *arguments):
    return plan(folder, *arguments)[0]["scheduling"]


@cases
def rows():
    assert len(ROWS) >= 60
    for number, (rule, title, spec, before, after) in enumerate(ROWS):
        for kind in ("VirtualMachine", "VirtualMachineInstance"):
            yield f"{number:02} {rule}: {title} ({kind})", \
                lambda folder, row=(spec, before, after), kind=kind: try_row(folder, kind, *row)


def try_row(folder, kind, spec, before, after):
    write_fleet(folder)
    write(folder, "vms.json", machine(spec, kind=kind))
    document, run = plan(folder)
    found = document["scheduling"]
    assert len(found) == 1, run
    assert (found[0]["kind"], found[0]["namespace"], found[0]["name"]) == (kind, "test", "vm"), run
    assert (found[0]["before"], found[0]["after"]) == (before, after), f"{found[0]}\n{run}"
    assert found[0]["before"] - found[0]["lost"] + found[0]["gained"] == found[0]["after"], found[0]
    warned = [warning for warning in document["warnings"] if warning["code"] == "vm-without-node"]
    assert len(warned) == (after == 0), run


@case
def the_one_node_that_is_left_is_told_of(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels(cores="32")))
    document, _ = plan(folder)
    assert document["warnings"][0]["message"] == (
        "VirtualMachine test/vm can run on no node after the plan (1 before): the one node that meets what else it asks "
        "for fails kubevirt.io/ksm-enabled=true"), document["warnings"]


@case
def a_table_of_all_at_once(folder):
    """The same rows as one file: none is counted in place of another."""
    write_fleet(folder)
    write(folder, "vms.json", {"apiVersion": "v1", "kind": "List", "items": [
        machine(row[2], name=f"vm{number:02}") for number, row in enumerate(ROWS)]})
    found = impacts(folder)
    assert [(one["before"], one["after"]) for one in found] == [(row[3], row[4]) for row in ROWS]


@cases
def silent():
    for name, spec in SILENT.items():
        yield f"does not ask: {name}", lambda folder, spec=spec: try_silent(folder, spec)


def try_silent(folder, spec):
    write_fleet(folder)
    write(folder, "vms.json", machine(spec))
    document, run = plan(folder)
    assert document["scheduling"] == [] and document["inputs"]["workloads"]["count"] == 1, run
    assert document["warnings"] == [], run


@case
def lost_and_gained_are_told_apart(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels()))
    assert [(one["lost"], one["gained"]) for one in impacts(folder)] == [(1, 2)]


@case
def nodes_left_out_by_the_selector_keep_their_label(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels()))
    found = impacts(folder, "-l", "zone=z1")  # alpha and bravo are planned for; charlie stays as it is
    assert [(one["before"], one["after"]) for one in found] == [(2, 3)], found


@case
def under_pressure_without_facts_the_label_is_known(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels()))
    found = impacts(folder, "--policy", "pressure")
    assert [(one["before"], one["after"], one.get("unknown")) for one in found] == [(2, 3, None)], found


@case
def a_node_without_ksm_counts_as_off(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels()))
    facts = "[node]\nname = alpha\n[memory]\ntotal_kib = 1\navailable_kib = 1\npage_size = 4096\n"
    (folder / "alpha.ini").write_text(facts)
    document, _ = plan(folder, "--facts", "alpha.ini")
    assert document["summary"]["blocked"] == 1, document
    assert [(one["before"], one["after"]) for one in document["scheduling"]] == [(2, 2)], document


@case
def workloads_decide_nothing(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels(zone="z2")))
    with_them, _ = plan(folder)
    without = json.loads(samepage("plan", "-f", "cr.json", "-n", "nodes.json", "-o", "json", cwd=folder).stdout)
    assert "scheduling" not in without and "workloads" not in without["inputs"]
    for key in ("digest", "nodes", "summary"):
        assert with_them[key] == without[key], key


# ---- how they are read ----

def shapes():
    one, two = machine(labels(), "one"), machine(labels(zone="z1"), "two", "VirtualMachineInstance")
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"}, "data": {"a": "b"}}
    foreign = {"apiVersion": "vmoperator.example.com/v1", "kind": "VirtualMachine", "metadata": {"name": "foreign"},
               "spec": {"nodeSelector": 1}}
    bare = {"metadata": one["metadata"], "spec": one["spec"]}
    bare_two = {"metadata": two["metadata"], "spec": two["spec"]}
    pod = {"metadata": {"name": "pod"}, "spec": labels()}
    yield "a stream", [one, two], 2, 0
    yield "a List", [{"apiVersion": "v1", "kind": "List", "items": [one, two]}], 2, 0
    yield "a List with its kind behind", [{"apiVersion": "v1", "items": [one, two], "kind": "List"}], 2, 0
    yield "lists of machines", [
        {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineList", "items": [one]},
        {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineInstanceList", "items": [two]}], 2, 0
    yield "lists whose items have no kind", [
        {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachineList", "items": [bare]},
        {"apiVersion": "kubevirt.io/v1", "items": [bare_two], "kind": "VirtualMachineInstanceList"}], 2, 0
    yield "a raw list of something else", [
        {"apiVersion": "v1", "items": [pod, pod, pod], "kind": "PodList"}, one, two], 2, 3
    yield "other kinds, and other groups' machines", [other, one, foreign, two, other], 2, 3
    yield "empty lists", [{"apiVersion": "v1", "kind": "List", "items": []}, one,
                          {"apiVersion": "v1", "kind": "List", "items": None}, two], 2, 0
    yield "an older version", [dict(one, apiVersion="kubevirt.io/v1alpha3"), two], 2, 0
    yield "in another order", [two, one], 2, 0


@cases
def read_shapes():
    for title, objects, count, skipped in shapes():
        for form in ("json", "yaml"):
            yield f"reads {title} ({form})", \
                lambda folder, row=(objects, count, skipped), form=form: try_shape(folder, form, *row)


def try_shape(folder, form, objects, count, skipped):
    write_fleet(folder)
    if form == "json":
        write(folder, "vms.json", *objects)
    else:  # JSON is YAML, once a document does not begin with a brace
        (folder / "vms.json").write_text("".join(f"---\n# a document\n{json.dumps(item)}\n" for item in objects))
    document, run = plan(folder)
    assert document["inputs"]["workloads"].get("skipped", 0) == skipped, run
    assert document["inputs"]["workloads"]["count"] == count, run
    found = [(one["kind"], one["name"], one["before"], one["after"]) for one in document["scheduling"]]
    assert found == [("VirtualMachine", "one", 2, 3), ("VirtualMachineInstance", "two", 1, 2)], run


@case
def a_file_without_machines_is_told_of(folder):
    write_fleet(folder)
    write(folder, "vms.json", node("alpha", {}))
    document, _ = plan(folder)
    assert [warning["code"] for warning in document["warnings"]] == ["no-workload"], document
    write(folder, "vms.json", {"apiVersion": "v1", "kind": "List", "items": []})
    assert plan(folder)[0]["warnings"] == []
    (folder / "vms.json").write_text("")
    assert [warning["code"] for warning in plan(folder)[0]["warnings"]] == ["no-workload"], "a command failed"


@case
def machines_come_from_stdin_and_fifos(folder):
    write_fleet(folder)
    run = samepage("plan", "-f", "cr.json", "-n", "nodes.json", "--workloads", "-", "-o", "json", cwd=folder,
                   stdin=json.dumps(machine(labels())).encode())
    assert json.loads(run.stdout)["scheduling"][0]["file"] == "stdin", run
    for flag in ("-f", "-n"):
        other = {"-f": ["-n", "nodes.json"], "-n": ["-f", "cr.json"]}[flag]
        run = samepage("plan", flag, "-", *other, "--workloads", "-", cwd=folder, stdin=b"")
        assert run.status == 64 and b"cannot both be stdin" in run.stderr, run


@case
def the_name_may_yet_have_to_be_made(folder):
    write_fleet(folder)
    write(folder, "vms.json", dict(machine(labels()), metadata={"generateName": "vm-"}))
    assert [(one["namespace"], one["name"]) for one in impacts(folder)] == [("", "vm-")]


# ---- what is refused ----

HEAD = "apiVersion: kubevirt.io/v1\nkind: VirtualMachineInstance\nmetadata: {name: vm}\nspec:\n"
TERMS = HEAD + """\
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms:
"""

# rule, title, text, line, column, code
REFUSED = [
    ("values", "unknown operator", TERMS + "        - matchExpressions: [{key: a, operator: Equals, values: [b]}]",
     9, 49, "invalid-operator"),
    ("values", "operator in another case", TERMS + "        - matchExpressions: [{key: a, operator: in, values: [b]}]",
     9, 49, "invalid-operator"),
    ("values", "no operator", TERMS + "        - matchExpressions: [{key: a, values: [b]}]", 9, 30, "invalid-operator"),
    ("values", "In without values", TERMS + "        - matchExpressions: [{key: a, operator: In}]",
     9, 30, "invalid-requirement"),
    ("values", "NotIn with no values", TERMS + "        - matchExpressions: [{key: a, operator: NotIn, values: []}]",
     9, 30, "invalid-requirement"),
    ("values", "Exists with a value", TERMS + "        - matchExpressions: [{key: a, operator: Exists, values: [b]}]",
     9, 30, "invalid-requirement"),
    ("values", "DoesNotExist with a value",
     TERMS + "        - matchExpressions: [{key: a, operator: DoesNotExist, values: [b]}]", 9, 30, "invalid-requirement"),
    ("values", "Gt with two values", TERMS + "        - matchExpressions: [{key: a, operator: Gt, values: ['1', '2']}]",
     9, 30, "invalid-requirement"),
    ("values", "Lt without a value", TERMS + "        - matchExpressions: [{key: a, operator: Lt}]",
     9, 30, "invalid-requirement"),
    ("integer", "Gt with a word", TERMS + "        - matchExpressions: [{key: a, operator: Gt, values: [few]}]",
     9, 62, "invalid-label-value"),
    ("integer", "Gt with a fraction", TERMS + "        - matchExpressions: [{key: a, operator: Gt, values: ['1.5']}]",
     9, 62, "invalid-label-value"),
    ("integer", "Gt beyond 64 bits",
     TERMS + "        - matchExpressions: [{key: a, operator: Gt, values: ['9223372036854775808']}]",
     9, 62, "invalid-label-value"),
    ("syntax", "Lt with a sign, which no label's value begins with",
     TERMS + "        - matchExpressions: [{key: a, operator: Lt, values: ['-1']}]", 9, 62, "invalid-label-value"),
    ("syntax", "a number without quotes", TERMS + "        - matchExpressions: [{key: a, operator: Gt, values: [1]}]",
     9, 62, "unquoted-scalar"),
    ("syntax", "a key that is none", TERMS + "        - matchExpressions: [{key: a/b/c, operator: Exists}]",
     9, 36, "invalid-label-key"),
    ("syntax", "no key", TERMS + "        - matchExpressions: [{operator: Exists}]", 9, 30, "invalid-requirement"),
    ("field", "another field", TERMS + "        - matchFields: [{key: metadata.uid, operator: In, values: [a]}]",
     9, 25, "invalid-requirement"),
    ("field", "two names", TERMS + "        - matchFields: [{key: metadata.name, operator: In, values: [a, b]}]",
     9, 25, "invalid-requirement"),
    ("field", "no name", TERMS + "        - matchFields: [{key: metadata.name, operator: NotIn}]",
     9, 25, "invalid-requirement"),
    ("field", "an operator for labels", TERMS + "        - matchFields: [{key: metadata.name, operator: Exists}]",
     9, 56, "invalid-operator"),
    ("syntax", "a name that no node can have",
     TERMS + "        - matchFields: [{key: metadata.name, operator: In, values: [Node_1]}]", 9, 69, "invalid-requirement"),
    ("syntax", "a misspelt list", TERMS + "        - matchExpression: []", 9, 11, "unknown-field"),
    ("syntax", "a term that is no mapping", TERMS + "        - matchExpressions", 9, 11, "wrong-type"),
    ("syntax", "no terms", TERMS + "          []", 9, 11, "invalid-requirement"),
    ("syntax", "required without terms",
     HEAD + "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {}}}", 5, 77, "invalid-requirement"),
    ("syntax", "a misspelt affinity", HEAD + "  affinity: {nodeAfinity: {}}", 5, 14, "unknown-field"),
    ("syntax", "required is a list",
     HEAD + "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: []}}", 5, 77, "wrong-type"),
    ("syntax", "a boolean in nodeSelector", HEAD + "  nodeSelector: {kubevirt.io/ksm-enabled: true}", 5, 43,
     "unquoted-scalar"),
    ("syntax", "a value that is none", HEAD + "  nodeSelector: {kubevirt.io/ksm-enabled: 'a b'}", 5, 43,
     "invalid-label-value"),
    ("syntax", "a key of nodeSelector that is none", HEAD + "  nodeSelector: {'a b': c}", 5, 18, "invalid-label-key"),
    ("syntax", "nodeSelector is a list", HEAD + "  nodeSelector: [a]", 5, 17, "wrong-type"),
    ("syntax", "a key twice", HEAD + "  nodeSelector: {a: b, a: c}", 5, 24, "duplicate-key"),
    ("syntax", "spec is a list", HEAD.replace("spec:\n", "spec: []\n"), 4, 7, "wrong-type"),
    ("syntax", "a VirtualMachine's own nodeSelector",
     HEAD.replace("Instance", "") + "  nodeSelector: {kubevirt.io/ksm-enabled: 'true'}", 5, 3, "misplaced-field"),
    ("syntax", "a template that is a list", HEAD.replace("Instance", "") + "  template: []", 5, 13, "wrong-type"),
    ("syntax", "a version that there is not", HEAD.replace("io/v1", "io/v9"), 1, 1, "unknown-version"),
    ("syntax", "no name", HEAD.replace("{name: vm}", "{}") + "  nodeSelector: {kubevirt.io/ksm-enabled: 'true'}", 1, 1,
     "missing-name"),
]


@cases
def refused():
    for number, (rule, title, text, line, column, code) in enumerate(REFUSED):
        yield f"refuses {number:02} {rule}: {title}", \
            lambda folder, row=(text, line, column, code): try_refused(folder, *row)


def try_refused(folder, text, line, column, code):
    write_fleet(folder)
    (folder / "vms.yaml").write_text(text + "\n")
    run = samepage("plan", "-f", "cr.json", "-n", "nodes.json", "--workloads", "vms.yaml", cwd=folder)
    assert run.status == 1 and run.stdout == b"", run
    errors = [one for one in run.stderr.decode().splitlines() if one.startswith("samepage: ")]
    assert len(errors) == 1, run
    assert errors[0].startswith(f"samepage: vms.yaml:{line}:{column}: ") and errors[0].endswith(f" [{code}]"), run


@case
def every_problem_of_every_machine_is_told(folder):
    write_fleet(folder)
    bad = [machine(affinity(term(need("a", "Is", "b"), need("c", "In")), selector={"d": "e f"}), "one"),
           machine({"nodeSelector": {"g h": "i"}}, "two")]
    write(folder, "vms.json", *bad)
    run = samepage("plan", "-f", "cr.json", "-n", "nodes.json", "--workloads", "vms.json", cwd=folder)
    assert run.status == 1 and run.stderr.count(b"samepage: vms.json:") == 4, run


@case
def lenient_drops_what_is_not_known(folder):
    write_fleet(folder)
    text = HEAD + "  affinity: {nodeAfinity: {}}\n  nodeSelector: {kubevirt.io/ksm-enabled: 'true'}\n"
    (folder / "vms.json").write_text(text)
    document, _ = plan(folder, "--lenient")
    assert [one["code"] for one in document["warnings"]] == ["unknown-field"], document
    assert [(one["before"], one["after"]) for one in document["scheduling"]] == [(2, 3)], document


# ---- the guard, and saved plans ----

@case
def many_warnings_are_counted(folder):
    write_fleet(folder)
    write(folder, "vms.json", *[machine(labels(zone="z2"), f"vm{number:02}") for number in range(33)])
    document, run = plan(folder)
    assert len(document["warnings"]) == 33
    told = run.stderr.decode().splitlines()
    assert len([line for line in told if line.endswith("[vm-without-node]")]) == 21, run
    assert "samepage: and 13 more warnings [vm-without-node]" in told, run


@case
def fail_on_warn_refuses(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels(zone="z2")))
    document, run = plan(folder, "--fail-on-warn", "--out", "saved.json", "--detailed-exitcode", status=3)
    assert [one["code"] for one in document["refusals"]] == ["guard-fail-on-warn"], run
    assert not (folder / "saved.json").exists(), "a refused plan is saved"
    run = samepage("emit", "-f", "cr.json", "-n", "nodes.json", "--workloads", "vms.json", "--fail-on-warn", "-d", "ksm",
                   cwd=folder)
    assert run.status == 3 and not (folder / "ksm").exists(), run


@case
def fail_on_warn_lets_pass_what_has_none(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels()))
    plan(folder, "--fail-on-warn")
    plan(folder, "--fail-on-warn", "--detailed-exitcode", status=2)


@case
def any_warning_is_one(folder):
    write_fleet(folder, {"matchLabels": {"want": "nothing"}})  # selects-none
    write(folder, "vms.json", machine({}))
    document, _ = plan(folder, "--fail-on-warn", status=3)
    assert [one["code"] for one in document["warnings"]] == ["selects-none"], document


@case
def saved_plans_keep_it(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels()), machine(labels(zone="z2"), "stranded"))
    made, _ = plan(folder, "--out", "plan.json")
    shown = samepage("show", "plan.json", "-o", "json", cwd=folder)
    assert json.loads(shown.stdout) == made, shown
    for form in ("text", "markdown", "yaml"):
        direct = samepage("plan", "-f", "cr.json", "-n", "nodes.json", "--workloads", "vms.json", "-o", form, cwd=folder)
        shown = samepage("show", "plan.json", "-o", form, cwd=folder)
        assert direct.stdout == shown.stdout, form


@case
def emitted_folders_tell_of_it(folder):
    write_fleet(folder)
    write(folder, "vms.json", machine(labels(zone="z2"), "stranded"))
    run = samepage("emit", "-f", "cr.json", "-n", "nodes.json", "--workloads", "vms.json", "-d", "ksm", cwd=folder)
    assert run.status == 0, run
    assert "test/stranded" in (folder / "ksm" / "README.md").read_text()
    assert json.loads((folder / "ksm" / "plan.json").read_text())["scheduling"][0]["after"] == 0


@case
def many_machines_and_nodes(folder):
    """Every pair is looked at, and no more of a node than what is asked for."""
    write(folder, "cr.json", cr({"matchLabels": {"want": "yes"}}))
    padding = {f"feature.node.kubernetes.io/cpu-{number:03}": "true" for number in range(150)}
    write(folder, "nodes.json", *[
        node(f"node{number:04}", dict(padding, want="yes" if number % 2 else "no", group=f"g{number % 10}"))
        for number in range(1000)])
    write(folder, "vms.json", *[machine(labels(group=f"g{number % 10}"), f"vm{number:04}") for number in range(1000)])
    found = impacts(folder)
    assert [one["after"] for one in found] == [100 if number % 2 else 0 for number in range(1000)]
