# SPDX-License-Identifier: Apache-2.0
"""Writes objects as kubectl prints them: the YAML of go.yaml.in/yaml/v2 and the JSON of Go's encoding/json.

Only what a Node can hold: maps, lists, strings, integers, booleans. Whether it is really what kubectl writes, a test
asks kubectl itself (tests/e2e/test_bench.py).
"""

import functools
import json
import re

WIDTH = 80  # a line that is longer is folded at its next blank

NUMBER = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9]+"
                    r"|[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|\.(inf|Inf|INF))\Z")
TIME = re.compile(r"\d{4}-\d\d?-\d\d?([Tt ].*)?\Z")
WORDS = {"", "~", "<<", ".nan"} | {form for word in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
                                   for form in (word, word.capitalize(), word.upper())}


def compare_keys(left, right):
    """The order in which that library writes keys: numbers in them by their value, letters behind the rest."""
    for at, (a, b) in enumerate(zip(left, right)):
        if a == b:
            continue
        if a.isalpha() or b.isalpha():
            return (ord(a) - ord(b)) if a.isalpha() and b.isalpha() else (1 if a.isalpha() else -1)
        return compare_numbers(left, right, at) or ord(a) - ord(b)
    return len(left) - len(right)


def compare_numbers(left, right, at):
    """By the numbers that go on at this place; a zero there counts only behind another digit."""
    start = ""
    if "0" in (left[at], right[at]) and re.search(r"[1-9]0*\Z", left[:at]):
        start = "1"
    digits = [re.match(r"[0-9]*", text[at:]).group() for text in (left, right)]
    values = [int(start + text or "0") for text in digits]
    return values[0] - values[1] or len(digits[0]) - len(digits[1])


def is_plain(text):
    """Whether a scalar can go without quotes, its type left aside."""
    if text[0] in "#,[]{}&*!|>'\"%@`" or text[0] == " " or text[-1] == " " or text.startswith(("---", "...")):
        return False
    if text[0] in "?:-" and (len(text) == 1 or text[1] == " "):
        return False
    return not re.search(r":( |\Z)| #", text)


def fold(text, column, indent):
    """Breaks a scalar at the first blank of each run of text beyond WIDTH."""
    lines, line = [], ""
    for at, character in enumerate(text):
        if character == " " and column > WIDTH and 0 < at < len(text) - 1 and text[at + 1] != " " != text[at - 1]:
            lines.append(line)
            line, column = "", indent
        else:
            line, column = line + character, column + 1
    return ("\n" + " " * indent).join([*lines, line])


def yaml_scalar(value, column, indent):
    """A value that begins in `column`; its further lines, if any, are indented by `indent`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value in WORDS or NUMBER.match(value) or TIME.match(value):
        return '"' + value + '"'
    if "\n" in value:
        assert value.endswith("\n") and not value.endswith("\n\n") and value[0] not in " \n", value
        return "|\n" + "\n".join(" " * indent + line if line else "" for line in value[:-1].split("\n"))
    if is_plain(value):
        return fold(value, column, indent)
    return "'" + fold(value.replace("'", "''"), column + 1, indent) + "'"


def yaml_lines(value, indent, out, first=None):
    """Appends the lines of a map. `first` stands before the first one instead of blanks ("  - ")."""
    for key in sorted(value, key=functools.cmp_to_key(compare_keys)):
        item = value[key]
        name = yaml_scalar(key, 0, 0) + ":"
        start = first if first is not None else " " * indent
        first = None
        if isinstance(item, dict) and item:
            out.append(start + name)
            yaml_lines(item, indent + 2, out)
        elif isinstance(item, list) and item:
            out.append(start + name)
            yaml_list(item, indent, out)
        elif isinstance(item, (dict, list)):
            out.append(start + name + (" {}" if isinstance(item, dict) else " []"))
        else:
            out.append(start + name + " " + yaml_scalar(item, indent + len(name) + 1, indent + 2))


def yaml_list(items, indent, out):
    for item in items:
        if isinstance(item, dict):
            yaml_lines(item, indent + 2, out, " " * indent + "- ")
        else:
            out.append(" " * indent + "- " + yaml_scalar(item, indent + 2, indent + 2))


def yaml_item(value):
    """A map as an item of the list at the top of a document."""
    out = []
    yaml_list([value], 0, out)
    return "\n".join(out) + "\n"


def json_item(value):
    """The same for JSON, without a comma."""
    text = json.dumps(value, indent=4, sort_keys=True, ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return "\n".join(" " * 8 + line for line in text.split("\n"))


# What stands around the items of a List, and between them.
YAML_LIST = ("apiVersion: v1\nitems:\n", "", 'kind: List\nmetadata:\n  resourceVersion: ""\n')
JSON_LIST = ('{\n    "apiVersion": "v1",\n    "items": [\n', ",\n",
             '\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n')
