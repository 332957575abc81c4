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
    assert result.status == status, f"{text.decode('utf-8', 'replace')}\n{result}"
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
