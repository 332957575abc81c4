# SPDX-License-Identifier: Apache-2.0
"""The fast reader and the full one: every snapshot of the tests gives the same output, to the byte, either way."""

import base64
import json
import re
import subprocess
import sys
import time

from harness import TOP, case, cases, is_sanitized, samepage, write

BENCH = TOP / "tests" / "bench"
CR = TOP / "examples" / "kubevirt-labels.yaml"


def outcome(path, reader, *flags):
    result = samepage("plan", "-o", "json", "-f", CR, "-n", path, "--reader", reader, *flags)
    return told(result)


def told(result):
    """What a run says, and that it says something: two programs that say nothing agree, too."""
    assert result.status in (0, 1) and (result.stderr if result.status else result.stdout), f"{result}"
    return result.status, result.stdout, result.stderr


def compare_through_pipe(text):
    """The same through a pipe, with the lines that errors are about. Nothing is kept of the text."""
    auto, full = (samepage("plan", "-o", "json", "--color", "always", "-f", CR, "-n", "-", "--reader", reader, stdin=text)
                  for reader in ("auto", "full"))
    assert told(auto) == told(full), f"{auto}\n{full}"
    assert is_sanitized() or auto.peak < full.peak + 4 * 1024 * 1024, f"{auto.peak} bytes, and not {full.peak}"


def compare(path):
    for flags in ([], ["-l", "zone in (a,b)"], ["--policy", "pressure"]):
        assert outcome(path, "auto", *flags) == outcome(path, "full", *flags), f"{path} {flags}"
    compare_through_pipe(path.read_bytes())
    one, other = (samepage("explain", "-f", CR, "-n", path, "--reader", reader) for reader in ("auto", "full"))
    assert told(one) == told(other), f"explain {path}"


def inputs():
    """Every file of the examples and the golden tests that mentions a Node."""
    for folder in (TOP / "examples", TOP / "tests" / "golden"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and re.search(rb"\bNode(List)?\b|\bitems\b", path.read_bytes()):
                yield path


@cases
def files():
    for path in inputs():
        yield str(path.relative_to(TOP)), lambda path=path: compare(path)


@case
def vectors(folder):
    for number, line in enumerate((TOP / "tests" / "conformance" / "yaml.jsonl").read_text().splitlines()):
        vector = json.loads(line)
        if vector["target"] in ("node", "nodelist"):
            document = vector["doc"].encode() if vector.get("doc") is not None else base64.b64decode(vector["doc_base64"])
            compare(write(folder / f"{number}.yaml", document))


def generate(folder, form, *flags):
    path = folder / f"nodes.{form}"
    with open(path, "wb") as out:
        subprocess.run([sys.executable, BENCH / "snapshot.py", "40", "-o", form, *flags], stdout=out, check=True)
    return path


@case
def real_shapes(folder):
    for form in ("yaml", "json"):
        for flags in ([], ["--profile", "plain"], ["--seed", "7"]):
            compare(generate(folder, form, *flags))


# What is put into a snapshot that is read fast otherwise, and where; it must be read all the same, or refused as well.
ODDITIES = {
    "a comment": ("kind: List\n", "kind: List # of nodes\n"),
    "a document marker": ("apiVersion: v1\nitems", "---\napiVersion: v1\nitems"),
    "a carriage return": ("kind: List\n", "kind: List\r\n"),
    "a tab": ("kind: List\n", "kind:\tList\n"),
    "an anchor": ("kind: List\n", "kind: &k List\n"),
    "a tag": ("kind: List\n", "kind: !!str List\n"),
    "a quoted key": ("    uid:", "    \"uid\":"),
    "a key twice": ("    uid:", "    uid: x\n    uid:"),
    "a root key twice": ("kind: List\n", "kind: List\nkind: List\n"),
    "items twice": ("kind: List\n", "kind: List\nitems: []\n"),
    "a number as a label": ("    labels:\n", "    labels:\n      number: 1\n"),
    "a boolean as a key": ("    labels:\n", "    labels:\n      true: \"1\"\n"),
    "a label without a value": ("    labels:\n", "    labels:\n      empty:\n"),
    "an unknown field": ("    uid:", "    uuid: x\n    uid:"),
    "another kind": ("  kind: Node\n", "  kind: Pod\n"),
    "no name": ("    name:", "    names:"),
    "an infinite number": ("  spec:\n", "  spec:\n    number: .inf\n"),
    "a folded scalar": ("  spec:\n", "  spec:\n    text: >-\n      a\n      b\n"),
    "no line end at the end": ("kind: List\n", "kind: List"),
    "text behind it": ("kind: List\n", "kind: List\n...\n"),
    "an emoji": ("  spec:\n", "  spec:\n    text: a 😀\n"),
    "a next line": ("  spec:\n", "  spec:\n    text: a\x85b\n"),
    "a line separator": ("  spec:\n", "  spec:\n    text: a\u2028b\n"),
    "a byte order mark": ("apiVersion: v1\nitems", "\ufeffapiVersion: v1\nitems"),
    "a list that is indented": ("    podCIDRs:\n    - ", "    podCIDRs:\n      - "),
    "a list for labels": ("    labels:\n", "    labels: []\n    other:\n"),
    "a flow mapping": ("  spec:\n", "  spec:\n    flow: {a: 1}\n"),
    "a colon at the end": ("  spec:\n", "  spec:\n    text: a:\n"),
    "a merge key": ("  spec:\n", "  spec:\n    <<: {}\n"),
}


@cases
def oddities():
    for name, (old, new) in ODDITIES.items():
        def check(folder, old=old, new=new):
            text = generate(folder, "yaml", "--profile", "plain").read_text()
            assert old in text
            for at in (text.index(old), text.rindex(old)):
                compare(write(folder / "odd.yaml", (text[:at] + new + text[at + len(old):]).encode()))
        yield name, check


@case
def the_longest_value_is_as_long_through_a_pipe(folder):
    """libyaml is fed so many bytes at a time, and where a value begins in them is another where a pipe is gone on with."""
    text = generate(folder, "yaml", "--profile", "plain").read_text()
    at = text.rindex("  spec:\n") + len("  spec:\n")
    longest = 8 * 1024 * 1024
    for more, status in ((0, 0), (1, 1), (10_000, 1), (20_000, 1), (26_000, 1)):
        for quote in ("", "'"):
            long = f"{text[:at]}    text: {quote}{'a' * (longest + more)}{quote}\n{text[at:]}".encode()
            for reader in ("auto", "full"):
                run = samepage("plan", "-f", CR, "-n", "-", "--reader", reader, stdin=long)
                assert run.status == status and (b"[value-too-long]" in run.stderr) == bool(status), (more, reader, run)


@cases
def oddities_far_into_a_pipe():
    """What no fast reader takes, behind thousands of nodes that it took, which nobody keeps the text of."""
    def check(form, old, new):
        text = subprocess.run([sys.executable, BENCH / "snapshot.py", "3000", "-o", form, "--profile", "plain"],
                              stdout=subprocess.PIPE, check=True).stdout.decode()
        at = text.index(old, len(text) * 3 // 4)
        compare_through_pipe((text[:at] + new + text[at + len(old):]).encode())

    for form, name, old, new in (
            ("yaml", "a comment", "  kind: Node\n", "  kind: Node # here\n"),
            ("yaml", "a key twice", "    uid:", "    uid: x\n    uid:"),
            ("yaml", "a number as a label", "    labels:\n", "    labels:\n      number: 1\n"),
            ("yaml", "no line end at the end", "kind: List\n", "kind: List"),
            ("yaml", "an unclosed quote", "    uid:", "    uid: 'x"),
            ("json", "an escaped key", '"kind": "Node"', '"k\\u0069nd": "Node"'),
            ("json", "a number as a label", '"labels": {', '"labels": {"number": 1,'),
            ("json", "a comma too many", '"metadata": {', '"metadata": {,'),
            ("json", "text behind it", '"kind": "List"', '"kind": "List"}{"kind": "List"')):
        yield f"{form}/{name}", lambda form=form, old=old, new=new: check(form, old, new)


@case
def what_is_read_does_not_depend_on_how_much_comes_at_a_time():
    """libyaml looks ahead: a byte that it refuses, behind the end of a document, is an error however slowly it comes."""
    node = b"  apiVersion: v1\n  kind: Node\n  metadata:\n    name: node01\nthe: rest\n"
    text = b"# behind the end of the document\n" + node + b"more: lines\n" * 600 + b"\xff\n"

    def slowly():
        for at in range(0, len(text), 500):
            yield text[at:at + 500]
            time.sleep(0.005)
    outcomes = {(result.status, result.stderr) for result in (
        samepage("plan", "-f", CR, "-n", "-", stdin=stdin) for stdin in (text, slowly()))}
    assert len(outcomes) == 1 and b"invalid leading UTF-8 octet" in outcomes.pop()[1], outcomes
