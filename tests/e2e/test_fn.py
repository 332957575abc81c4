# SPDX-License-Identifier: Apache-2.0
"""The KRM function: whatever the layout, it changes its two keys and nothing else."""

import functools
import json
import random
import re
import shutil

import yaml

from harness import TOP, case, cases, environment, need, run, samepage, skip, write

LABEL, ANNOTATION = "kubevirt.io/ksm-enabled", "kubevirt.io/ksm-handler-managed"
EXAMPLE = TOP / "examples" / "kustomize-function"
ROUNDS = 150  # random lists; each has up to five nodes

HEAD = """\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
"""
KUBEVIRT = """\
- apiVersion: kubevirt.io/v1
  kind: KubeVirt
  metadata: {name: kubevirt, namespace: kubevirt}
  spec: {configuration: {ksmConfiguration: {nodeLabelSelector: {matchLabels: {rack: r1}}}}}
"""


def fn(text, status=0, **more):
    """What comes out of the function for `text`; the run must end with that status."""
    result = samepage("fn", stdin=text, **more)
    assert result.status == status, f"{text[:4000].decode('utf-8', 'replace')}\n{result}"
    return result


def expected(tree):
    """What the list must say in the end, but for its results."""
    for item in tree["items"]:
        if item["kind"] != "Node":
            continue
        metadata = item["metadata"]
        is_selected = (metadata.get("labels") or {}).get("rack") == "r1"
        value = "true" if is_selected else "false"
        metadata["labels"] = {**(metadata.get("labels") or {}), LABEL: value}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), ANNOTATION: value}
    tree.pop("results", None)
    return tree


def is_subsequence(kept, text):
    left = iter(text)
    return all(byte in left for byte in kept)


def check(text, kept=None):
    """All that must hold of an input that can be edited. `kept`: the bytes that must come out again, in their order."""
    out = fn(text).stdout
    shown = f"{text.decode()}\n-----\n{out.decode()}"
    tree = yaml.safe_load(out)
    results = tree.pop("results", None) or []
    assert tree == expected(yaml.safe_load(text)), shown
    assert is_subsequence(text if kept is None else kept, out), shown
    assert fn(out).stdout == out, f"not the same a second time\n{shown}"
    assert all(result["message"] and result["severity"] in ("info", "warning", "error") for result in results), shown
    return out


# Random layouts

class Writer:
    """Writes values as YAML in layouts that it throws dice for. Pieces are (text, whether samepage may change it)."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.pieces = []

    def put(self, text, is_ours=False):
        self.pieces.append((text, is_ours))

    def chance(self, percent):
        return self.dice.randrange(100) < percent

    def comment(self):
        return self.dice.choice(["# c", "# größer", "# {[,:", "# 日本 \"'", "#"])

    def end_line(self):
        self.put((" " * self.dice.randrange(1, 3) + self.comment() if self.chance(25) else
                  " " if self.chance(10) else "") + "\n")
        while self.chance(8):
            self.put(" " * self.dice.randrange(6) + (self.comment() if self.chance(60) else "") + "\n")

    def key(self, key):
        self.put(self.dice.choice([key, key, key, f'"{key}"', f"'{key}'"]))

    def scalar(self, text, is_ours, indent, is_flow, is_free):
        plain = [text] if re.fullmatch("[a-z][a-z0-9-]*", text) and text not in ("true", "false") else []
        marks = ["|", ">", "|-", "|+", ">-", "| # why", "|- # größer"] if is_free else ["|-", ">-", "|-  # why"]
        block = [] if is_flow or not text.strip() else [f"{mark}\n" for mark in marks]
        style = self.dice.choice(2 * plain + [f'"{text}"', f"'{text}'"] + (block if self.chance(30) else []))
        if not style.endswith("\n"):
            self.put(style, is_ours)
            return False
        head, _, comment = style.partition(" ")
        self.put(head.rstrip("\n"), is_ours)
        self.put((" " + comment.rstrip("\n") if comment else ""))
        self.put("\n" + " " * (indent + self.dice.randrange(1, 5)) + text, is_ours)
        self.put("\n" + self.dice.choice(["", "", "\n", "\n  \n"]))
        return True

    def value(self, key, value, indent, is_flow):
        """What follows "KEY:", its line end included where it is in block style."""
        is_ours = key in (LABEL, ANNOTATION)
        if value is None:
            null = self.dice.choice(["", "", " null", " ~"]) if not is_flow else self.dice.choice([" null", " ~", " "])
            self.put(null, True)
        elif isinstance(value, str):
            self.put(" " * self.dice.randrange(1, 3))
            if self.scalar(value, is_ours, indent, is_flow, "/" in key):
                return
        elif is_flow or not value or self.chance(20):
            self.put(" ")
            self.flow(value, indent)
        else:
            self.end_line()
            self.block(value, indent + self.dice.randrange(1, 5))
            return
        if not is_flow:
            self.end_line()

    def block(self, mapping, indent):
        first = True
        for key, value in mapping.items():
            self.put("" if first and indent < 0 else " " * indent)
            self.key(key)
            self.put(":")
            self.value(key, value, indent, False)
            first = False

    def flow(self, mapping, indent):
        breaks = self.chance(30)

        def gap():
            self.put("\n" + " " * (indent + self.dice.randrange(1, 8)) if breaks and self.chance(70) else
                     " " * self.dice.randrange(2))
        self.put("{")
        for number, (key, value) in enumerate(mapping.items()):
            if number:
                self.put(",")
                if breaks and self.chance(20):
                    self.put(" " + self.comment() + "\n" + " " * (indent + 1))
            gap()
            self.key(key)
            self.put(":")
            self.value(key, value, indent, True)
        if mapping and self.chance(10):
            self.put(",")
        gap()
        self.put("}")

    def node(self, name, column):
        def some(pairs, mine):
            if self.chance(20):
                return self.dice.choice([None, {}])
            found = [pair for pair in pairs if self.chance(60)]
            if self.chance(50):
                found.append((mine, self.dice.choice(["true", "false", "x", "", None])))
            self.dice.shuffle(found)
            return dict(found)
        labels = some([("rack", "r1"), ("zone", "z-9"), ("node.io/x", "")], LABEL)
        annotations = some([("a", "größer"), ("example.com/json", '{}'), ("b", "")], ANNOTATION)
        metadata = [("name", name)]
        if self.chance(80):
            metadata.append(("labels", labels))
        if self.chance(80):
            metadata.append(("annotations", annotations))
        if self.chance(40):
            metadata.append(("uid", "u-1"))
        self.dice.shuffle(metadata)
        node = [("apiVersion", "v1"), ("kind", "Node"), ("metadata", dict(metadata))]
        if self.chance(50):
            node.append(("spec", {"podCIDR": "10/8", "x": {"y": "z"}}))
        self.dice.shuffle(node)
        if self.chance(15):
            self.flow(dict(node), column)
            self.end_line()
            return
        inner = Writer(self.dice.random())
        inner.block(dict(node), column)
        inner.pieces[0] = ("", False)  # the dash has indented the first line
        self.pieces += inner.pieces

    def list(self):
        self.put(HEAD)
        if self.chance(30):
            self.put("results: []\n" if self.chance(50) else "results:\n- message: old\n  severity: info # kept\n")
        column = self.dice.choice([0, 0, 2, 4])
        gap = self.dice.randrange(1, 4)
        self.put("items:\n")
        self.put("".join(" " * column + line + "\n" for line in KUBEVIRT.splitlines()))
        for number in range(1, self.dice.randrange(3, 8)):
            self.put(" " * column + "-" + " " * gap)
            self.node(f"node{number}", column + 1 + gap)
        if self.chance(30):
            self.put("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  data: {policy: static}\n")

    def texts(self):
        """The text, and what of it must come out again."""
        end = "\r\n" if self.chance(20) else "\n"
        mark = "\ufeff" if self.chance(10) else ""
        start = self.dice.choice(["", "", "---\n", "# größer\n"])
        pieces = [(mark + start if not mark else mark, False)] + self.pieces
        if self.chance(25):
            pieces[-1] = (pieces[-1][0].rstrip("\n "), pieces[-1][1])
        text = "".join(piece for piece, _ in pieces).replace("\n", end)
        kept = "".join(piece for piece, is_ours in pieces if not is_ours).replace("\n", end)
        return text.encode(), kept.encode()


@cases
def random_layouts():
    def one(first):
        for seed in range(first, first + 10):
            writer = Writer(seed)
            writer.list()
            text, kept = writer.texts()
            try:
                check(text, kept)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}\n{error}") from error
    return [(f"random_layouts_{first}", functools.partial(one, first)) for first in range(0, ROUNDS, 10)]


@case
def random_json():
    """JSON stays JSON, and keeps its indentation, its blanks and its order."""
    for seed in range(60):
        dice = random.Random(seed)
        writer = Writer(seed)
        writer.list()
        tree = yaml.safe_load(writer.texts()[0])
        indent = dice.choice([None, None, 1, 2, 4, "\t"])
        separators = dice.choice([None, (",", ":"), (" , ", " : ")])
        text = json.dumps(tree, indent=indent, separators=separators, ensure_ascii=dice.randrange(2) == 0)
        out = json.loads(fn(text.encode()).stdout)
        out.pop("results", None)
        wanted = expected(json.loads(text))
        assert out == wanted, f"seed {seed}\n{text}"
        again = fn(json.dumps(wanted, indent=indent, separators=separators).encode())
        if b'"results"' not in again.stdout:  # a warning that no node is selected
            assert again.stdout.decode() == json.dumps(wanted, indent=indent, separators=separators), f"seed {seed}\n{again}"


@case
def what_is_put_into_json_looks_like_the_rest():
    """With labels and annotations at the end of the maps, the output is what json.dumps writes of the wanted tree."""
    tree = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList",
            "items": yaml.safe_load(KUBEVIRT) + [
                {"apiVersion": "v1", "kind": "Node", "metadata": {
                    "labels": {"rack": "r1", "zone": "a"}, "annotations": {"a": "b"}, "name": "node01"}},
                {"apiVersion": "v1", "kind": "Node", "metadata": {"annotations": {"a": "b"}, "name": "node02"}},
                {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node03"}}]}
    for indent, separators in ((None, None), (None, (",", ":")), (2, None), (4, None), ("\t", None), (1, (",", ":"))):
        text = json.dumps(tree, indent=indent, separators=separators)
        wanted = json.dumps(expected(json.loads(text)), indent=indent, separators=separators)
        out = fn(text.encode()).stdout.decode()
        end = wanted.rindex("]")
        assert out[:end].rstrip() == wanted[:end].rstrip(), out


# Layouts that nobody writes, but may

def listed(*items, before=""):
    return (HEAD + before + "items:\n" + KUBEVIRT + "".join(
        "- " + item.rstrip("\n").replace("\n", "\n  ") + "\n" for item in items)).encode()


NODE = "apiVersion: v1\nkind: Node\n"
ODD = {  # the Node below "- "
    "anchors_that_nobody_uses": NODE + "metadata: &m\n  name: &n node01\n  labels: &l\n    rack: &r r1\n"
                                       "  annotations: &a {a: &b b}\n",
    "an_anchor_on_our_value": NODE + f'metadata:\n  name: node01\n  labels:\n    {LABEL}: &x "false"\n',
    "a_tag_on_our_value": NODE + f"metadata:\n  name: node01\n  labels:\n    {LABEL}: !!str true\n",
    "tags_on_maps": NODE + "metadata: !!map\n  name: !!str node01\n  labels: !!map\n    rack: !!str r1\n",
    "tagged_flow_map": NODE + "metadata:\n  name: node01\n  labels: !!map {rack: r1}\n  annotations: &q !!map {}\n",
    "comments_everywhere": NODE + "metadata: # 1\n  # 2\n  labels: # 3\n    # 4\n    rack: r1 # 5\n    # 6\n"
                                  "  # 7\n  name: node01 # 8\n  # 9\n",
    "comment_right_behind_null": NODE + "metadata:\n  name: node01\n  labels: # none\n  annotations: ~ # none\n",
    "values_of_many_lines": NODE + "metadata:\n  name: node01\n  annotations:\n    a: b\n      c\n      d\n    e: \"f\n"
                                   "      g\"\n    h: 'i\n\n      j'\n",
    "our_value_of_many_lines": NODE + f'metadata:\n  name: node01\n  labels:\n    {LABEL}: "tr\\\n       ue"\n',
    "a_kept_block_scalar_last": NODE + "metadata:\n  name: node01\n  annotations:\n    a: |+\n      b\n\n\n",
    "a_block_scalar_of_name": NODE + "metadata:\n  name: |-\n    node01\n",
    "a_block_scalar_with_an_indentation": NODE + "metadata:\n  name: node01\n  annotations:\n    a: |2\n        b\n",
    "our_block_scalar_with_blank_lines": NODE + f"metadata:\n  annotations:\n    {ANNOTATION}: >-   # 1\n      a\n\n"
                                                "      b\n\n    # 2\n  name: node01\n",
    "flow_of_many_lines": NODE + "metadata: {\n  name: node01, # 1\n  labels: { # 2\n    rack: r1 # 3\n  } # 4\n  , "
                                 "annotations: {\n  }\n }\n",
    "flow_with_commas_at_the_end": NODE + "metadata: {name: node01, labels: {rack: r1,}, annotations: {a: b , },}\n",
    "flow_without_blanks": NODE + 'metadata: {"name":"node01","labels":{"rack":"r1"},"annotations":{}}\n',
    "flow_in_single_quotes": NODE + "metadata: {'name':'node01','labels':{'rack':'r1'}}\n",
    "flow_with_empty_values": NODE + "metadata: {name: node01, labels: {a: , b: }, annotations: }\n",
    "flow_with_a_key_alone": NODE + "metadata: {name: node01, labels: {rack: r1, b}}\n",
    "our_key_alone_has_a_colon": NODE + f"metadata: {{name: node01, labels: {{{LABEL}: , rack: r1}}}}\n",
    "our_key_without_a_value": NODE + f"metadata:\n  name: node01\n  labels:\n    {LABEL}:\n    rack: r1\n",
    "our_key_without_a_value_last": NODE + f"metadata:\n  name: node01\n  labels:\n    rack: r1\n    {LABEL}: # 1\n",
    "a_last_value_that_is_missing": NODE + "metadata:\n  name: node01\n  labels:\n    rack: r1\n    zone:\n",
    "an_alias_as_our_value": NODE + f"metadata:\n  name: node01\n  labels:\n    x: &x v\n    {LABEL}: *x\n",
    "an_alias_as_another_value": NODE + "metadata:\n  name: node01\n  labels:\n    x: &x v\n    rack: r1\n"
                                        "  annotations:\n    x: *x\n",
    "explicit_keys": NODE + "metadata:\n  name: node01\n  ? labels\n  : rack: r1\n    zone: a\n",
    "an_explicit_key_of_our_own": NODE + f'metadata:\n  name: node01\n  labels:\n    ? {LABEL}\n    : "x"\n',
    "escaped_key": NODE + 'metadata:\n  name: node01\n  labels:\n    "kubevirt.io\\/ksm\\x2denabled": "x"\n',
    "odd_line_ends_in_comments": NODE + "metadata:\n  name: node01 # a\u2028    labels: # b\u0085      rack: r1 # c\u2029",
    "wide_and_narrow": "apiVersion: v1\nkind: Node\nmetadata:\n        labels:\n         rack: r1\n        name: node01\n",
    "other_maps_called_labels": NODE + "metadata:\n  name: node01\n  managedFields:\n  - fieldsV1:\n      f:metadata:\n"
                                       "        labels: {}\nspec:\n  labels: {c: d}\n",
    "metadata_first": "metadata:\n  name: node01\nkind: Node\napiVersion: v1\n",
    "a_node_in_one_line": "{apiVersion: v1, kind: Node, metadata: {name: node01}}\n",
    "json_in_yaml": '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node01", "annotations": {"a": "größe"}}}\n',
}


@cases
def odd_layouts():
    def one(text):
        
        for whole in (listed(text), listed(text, "{apiVersion: v1, kind: Node, metadata: {name: node02}}"),
                      listed(text).rstrip(b"\n"), b"\xef\xbb\xbf" + listed(text), b"---\n" + listed(text) + b"...\n"):
            check(whole, b"")
            if "ksm" not in text and "~" not in text:
                check(whole)
    return [(f"odd_{name}", functools.partial(one, text)) for name, text in ODD.items()]


SHARED = {  # name: what stands before the items, the Node, what is said
    "labels_are_an_alias": ("", NODE + "metadata:\n  name: node01\n  annotations: &x {a: b}\n  labels: *x\n",
                            "metadata.labels"),
    "annotations_are_an_alias": ("", NODE + "metadata:\n  name: node01\n  labels: &x {rack: r1}\n  annotations: *x\n",
                                 "metadata.annotations"),
    "our_value_is_used_elsewhere": ("", NODE + f'metadata:\n  name: node01\n  labels:\n    {LABEL}: &x "false"\n'
                                               "    rack: r1\n  annotations: {a: *x}\n", "metadata.labels"),
    "labels_come_from_a_merge": ("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  x: &x {labels: {rack: r1}}\n",
                                 NODE + "metadata:\n  <<: *x\n  name: node01\n", "metadata.labels"),
    "our_key_comes_from_a_merge": ("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  x: &x\n"
                                   f'    {LABEL}: "no"\n', NODE + "metadata:\n  name: node01\n  labels:\n    <<: *x\n",
                                   "metadata.labels"),
    "metadata_is_an_alias": ("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  x: &x {name: node01}\n",
                             NODE + "metadata: *x\n", "its metadata is an alias"),
    "the_item_is_an_alias": ("functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n"
                             "  x: &x {apiVersion: v1, kind: Node, metadata: {name: node01}}\n", "*x\n", "alias"),
    "null_with_an_anchor": ("", NODE + "metadata:\n  name: node01\n  labels: &x\n  annotations: {a: b}\n",
                            "null with an anchor"),
    "a_key_without_a_colon": ("", NODE + "metadata:\n  name: node01\n  ? labels\n  ? annotations\n", "no colon"),
}


@cases
def shared_metadata():
    """What cannot be changed without a change to something else is refused, and nothing at all is changed then."""
    def one(before, node, words):
        text = listed("{apiVersion: v1, kind: Node, metadata: {name: node02}}", node, before=before)
        result = fn(text, status=1)
        assert b"[not-editable]" in result.stderr and words.encode() in result.stderr, result
        tree, old = yaml.safe_load(result.stdout), yaml.safe_load(text)
        errors = tree.pop("results")
        assert tree == old and is_subsequence(text, result.stdout), result
        assert "error" in [error["severity"] for error in errors], result
    return [(f"shared_{name}", functools.partial(one, *row)) for name, row in SHARED.items()]


# With kustomize and kpt

def names(text):
    """The Nodes in a stream, and what they say."""
    return {item["metadata"]["name"]: (item["metadata"]["labels"][LABEL], item["metadata"]["annotations"][ANNOTATION])
            for item in yaml.safe_load_all(text) if item["kind"] == "Node"}


WANTED = {"node01": ("true", "true"), "node02": ("true", "true"), "node03": ("false", "false"),
          "node04": ("false", "false")}


def copy_example(folder, **changes):
    """The example, with words replaced in its samepage.yaml."""
    copy = folder / "example"
    shutil.copytree(EXAMPLE, copy)
    text = (copy / "samepage.yaml").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    write(copy / "samepage.yaml", text)
    return copy


@case
def the_example_runs_without_kustomize():
    out = fn((EXAMPLE / "resource-list.yaml").read_bytes()).stdout
    tree = yaml.safe_load(out)
    assert names(yaml.dump_all(tree["items"])) == WANTED
    assert len(tree["results"]) == 2
    check((EXAMPLE / "resource-list.yaml").read_bytes(), b"")


@case
def the_example_runs_in_kustomize(folder):
    kustomize = need("kustomize")
    result = run([kustomize, "build", "--enable-alpha-plugins", "--enable-exec", copy_example(folder)])
    assert result.status == 0 and names(result.stdout) == WANTED, result


def kubectl_kustomize(folder, example):
    """kubectl's kustomize runs no programs, only containers; a stand-in for docker runs the program all the same."""
    write(folder / "bin" / "docker", "#!/bin/sh\nexec samepage fn\n").chmod(0o755)
    more = environment()
    more["PATH"] = f"{folder / 'bin'}:{more['PATH']}"
    kubectl = need("kubectl")
    if b"--enable-alpha-plugins" not in run([kubectl, "kustomize", "--help"]).stdout:
        skip("this kubectl's kustomize runs no functions: 1.21 and later do")
    return run([kubectl, "kustomize", "--enable-alpha-plugins", example], env=more)


IN_A_CONTAINER = {"exec:\n        path: ./samepage-fn": "container:\n        image: example.com/samepage:1"}


@case
def the_example_runs_in_the_kustomize_of_kubectl(folder):
    result = kubectl_kustomize(folder, copy_example(folder, **IN_A_CONTAINER))
    assert result.status == 0 and names(result.stdout) == WANTED, result


@case
def kustomize_shows_why_a_guard_refuses(folder):
    result = kubectl_kustomize(folder, copy_example(folder, **IN_A_CONTAINER, **{"50%": '"0"'}))
    assert result.status != 0 and b"[guard-max-changed]" in result.stderr and not result.stdout, result


@case
def the_example_runs_in_kpt(folder):
    kpt, example = need("kpt"), copy_example(folder)
    nodes = (example / "nodes.yaml").read_text()
    write(example / "nodes.yaml", nodes.replace("rack: r1", "rack: r1 # größer"))
    result = run([kpt, "fn", "eval", example, "--exec", "samepage fn", "--fn-config", example / "samepage.yaml",
                  "--results-dir", folder / "results"])
    assert result.status == 0, result
    wanted = nodes.replace('managed: "false"', 'managed: "true"', 1).replace('enabled: "false"', 'enabled: "true"', 1)
    assert (example / "nodes.yaml").read_text() == wanted.replace("rack: r1", "rack: r1 # größer")
    results = yaml.safe_load((folder / "results" / "results.yaml").read_text())["items"][0]["results"]
    assert [(one["severity"], one["resourceRef"]["name"], one["file"]["path"]) for one in results] == \
        [("info", "node01", "nodes.yaml")] * 2


@case
def kpt_shows_the_errors_as_results(folder):
    kpt, example = need("kpt"), copy_example(folder)
    result = run([kpt, "fn", "eval", example, "--exec", "samepage fn", "--results-dir", folder / "results", "--",
                  "polcy=static"])
    assert result.status != 0, result
    found = yaml.safe_load((folder / "results" / "results.yaml").read_text())["items"][0]
    assert found["exitCode"] == 1 and found["results"][0]["severity"] == "error", found
    assert 'did you mean "policy"?' in found["results"][0]["message"], found


# Limits

@case
def a_list_of_five_hundred_real_nodes():
    """Linear in time and memory: some six times the text, which is held twice."""
    nodes = yaml.safe_load((TOP / "examples" / "nodes.yaml").read_text())["items"]
    items = []
    for number in range(500):
        node = json.loads(json.dumps(nodes[number % len(nodes)]))
        node["metadata"]["name"] = f"node{number:04}"
        node["metadata"].pop("uid", None)
        items.append(node)
    tree = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": yaml.safe_load(KUBEVIRT) + items}
    text = json.dumps(tree).encode()
    result = fn(text)
    out = json.loads(result.stdout)
    out.pop("results")
    assert out == expected(tree)
    assert result.peak < 8 * len(text) + (256 << 20), result.peak


@case
def what_is_no_resource_list_gives_nothing_back():
    for text in (b"", b"[]", b"a", b"a: b", b"\xff\xfea\0:\0 \0b\0", HEAD.encode() + b"items: [", b"{", b"---\n---\n",
                 HEAD.encode() + b"items: []\n---\na: b\n", HEAD.replace("/v1", "/v9").encode() + b"items: []\n",
                 b"kind: ResourceList\n", b"apiVersion: v1\nkind: List\nitems: []\n"):
        result = fn(text, status=1)
        assert not result.stdout and result.stderr, result


@case
def results_that_are_there_stay():
    old = 'results: # of others\n- {message: "old", severity: info}\n'
    out = fn(listed(NODE + "metadata:\n  name: node01\n", before=old)).stdout
    assert out.startswith((HEAD + old).encode()), out
    assert yaml.safe_load(out)["results"][0] == {"message": "old", "severity": "info"}
    for old in ("results:\n  a: b\n", "results: text\n", "results: &x\n"):
        result = samepage("fn", stdin=listed(NODE + "metadata:\n  name: node01\n", before=old))
        assert result.status == 1 and not result.stdout, result


@case
def later_versions_propose_a_list_of_values():
    out = fn(listed(NODE + "metadata:\n  name: node01\n").replace(b"io/v1\n", b"io/v2alpha1\n", 1)).stdout
    assert yaml.safe_load(out)["results"][1]["field"]["proposedValues"] == ["false"], out
