# SPDX-License-Identifier: Apache-2.0
"""Broken and hostile input: refused with the place and the reason, without a result, and within bounds.

One row for each mistake: the name of the case, the place that the message must give (FILE:LINE:COLUMN, as much of it as
there is), a regular expression for the message, the code, and the input. What is not given is good. Places can be
checked against these two frames: a selector stands in line 10 of cr.yaml, metadata of a node in line 4 of nodes.yaml.
"""

import os
import re

from harness import as_nobody, binary, case, cases, is_sanitized, run, samepage, write

MOST_MEMORY = 200 << 20

GOOD_NODE = "apiVersion: v1\nkind: Node\nmetadata:\n  name: node01\n"


def cr(specification):
    """A KubeVirt whose lines from the 6th on are given."""
    return ("apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata:\n  name: kubevirt\n  namespace: kubevirt\n"
            + specification)


def configuration(text):
    """A KubeVirt with these lines below ksmConfiguration: line 9, column 7."""
    return cr("spec:\n  configuration:\n    ksmConfiguration:\n" + indent(text, 6))


def selector(text):
    """A KubeVirt with these lines below nodeLabelSelector: line 10, column 9."""
    return configuration("nodeLabelSelector:\n" + indent(text, 2))


def labels(text):
    """A KubeVirt with these lines below matchLabels: line 11, column 11."""
    return selector("matchLabels:\n" + indent(text, 2))


def requirement(text):
    """A KubeVirt with one entry of matchExpressions, as a flow mapping: line 11, column 11."""
    return selector("matchExpressions:\n- " + text)


def node(metadata):
    """A Node with these lines below metadata: line 4, column 3."""
    return "apiVersion: v1\nkind: Node\nmetadata:\n" + indent(metadata, 2)


def named(name):
    """A Node of that name, as YAML has it: line 4, column 9."""
    return node("name: " + name)


def labelled(text):
    """A Node with these lines below labels: line 6, column 5."""
    return node("name: node01\nlabels:\n" + indent(text, 2))


def indent(text, width):
    return "".join(" " * width + line + "\n" for line in text.rstrip("\n").split("\n"))


GOOD_CR = labels("ksm: wanted")
JSON_CR = '{"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt", "metadata": {"name": "a", "namespace": "b"}}'
BOMB = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n" + "".join(
    f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]\n" for i in range(1, 9))

# Name, place, message, code, the CR.
CRS = [
    # not a document
    ("empty", "cr.yaml", "no KubeVirt", "no-kubevirt", ""),
    ("only_comments", "cr.yaml", "no KubeVirt", "no-kubevirt", "# nothing\n---\n# at all\n"),
    ("only_a_scalar", "cr.yaml:1:1", "object", "not-an-object", "kubevirt\n"),
    ("only_a_list", "cr.yaml:1:1", "object", "not-an-object", "- kind: KubeVirt\n"),
    ("truncated_in_a_key", "cr.yaml:7:", "':'|mapping", "yaml-syntax", cr("spec: {}\nconf")),
    ("tab_indentation", "cr.yaml:7:1", "cannot start any token|tab", "yaml-syntax", cr("spec:\n\tconfiguration: {}\n")),
    ("unclosed_double_quote", "cr.yaml", "quot", "yaml-syntax", cr('spec: "configuration\n')),
    ("unclosed_single_quote", "cr.yaml", "quot", "yaml-syntax", cr("spec: 'configuration\n")),
    ("unclosed_bracket", "cr.yaml", "flow sequence|',' or '\\]'", "yaml-syntax", labels("a: [b\nc: d")),
    ("unclosed_brace", "cr.yaml", "flow mapping|',' or '}'", "yaml-syntax", configuration("nodeLabelSelector: {a: b")),
    ("two_colons", "cr.yaml:11:20", "mapping values|nested", "yaml-syntax", labels("note: see: this")),
    ("wrong_indentation", "cr.yaml:12:10", "expected key|indentation", "yaml-syntax", labels("a: b") + " " * 9 + "c: d\n"),
    ("text_behind_a_separator", "cr.yaml:1:", "separator", "invalid-separator", "--- text\n" + GOOD_CR),
    ("endless_comment_behind_a_separator", "cr.yaml:1:4", "comment", "invalid-separator",
     "--- # " + "x" * 40_000 + "\n" + GOOD_CR),
    ("separator_of_four_dashes", "cr.yaml:1:", "separator", "invalid-separator", "----\n" + GOOD_CR),
    # kubectl splits a stream before it parses it, so that a directive has no document
    ("yaml_directive", "cr.yaml:2:1", "directive|document start", "yaml-syntax", "%YAML 1.1\n---\n" + GOOD_CR),
    ("label_value_with_nul_encoded", "cr.yaml:11:14", "value", "invalid-label-value", labels("a: !!binary YQBi")),
    ("label_key_with_nul_encoded", "cr.yaml:11:11", "key", "invalid-label-key", labels("!!binary YQBi: b")),
    ("nul_byte", "cr.yaml:11:14", "control character", "yaml-syntax", labels("a: \0b")),
    ("lone_control_character", "cr.yaml:11:14", "control character", "yaml-syntax", labels("a: \x01")),
    ("delete_character", "cr.yaml:11:14", "control character", "yaml-syntax", labels("a: \x7f")),
    ("invalid_utf_8", "cr.yaml:11:14", "UTF-8", "yaml-syntax", labels("a: @").encode().replace(b"@", b"\xff")),
    ("overlong_utf_8", "cr.yaml:11:14", "UTF-8", "yaml-syntax", labels("a: @").encode().replace(b"@", b"\xc0\xaf")),
    ("utf_8_surrogate", "cr.yaml:11:14", "(?i)UTF-8|unicode", "yaml-syntax",
     labels("a: @").encode().replace(b"@", b"\xed\xa0\x80")),

    # anchors, aliases, merge keys
    ("undefined_alias", "cr.yaml:11:14", "nowhere", "unknown-anchor", labels("a: *nowhere")),
    ("alias_to_itself", "cr.yaml:7:22", "itself", "unknown-anchor", cr("spec:\n  configuration: &a [*a]\n")),
    ("alias_bomb", "cr.yaml", "excessive aliasing", "excessive-aliasing", BOMB + GOOD_CR),
    ("merge_of_a_scalar", "cr.yaml:11:15", "map merge", "invalid-merge", labels("<<: word")),
    ("merge_of_a_list_of_scalars", "cr.yaml:11:15", "map merge", "invalid-merge", labels("<<: [word]")),

    # keys
    ("duplicate_key_at_the_root", "cr.yaml:12:1", '"kind"', "duplicate-key", GOOD_CR + "kind: KubeVirt\n"),
    ("duplicate_label_key", "cr.yaml:12:11", '"a"', "duplicate-key", labels("a: b\na: c")),
    ("duplicate_selector", "cr.yaml:10:7", '"nodeLabelSelector"', "duplicate-key",
     configuration("nodeLabelSelector: {}\nnodeLabelSelector: {}")),
    ("duplicate_key_in_a_flow_mapping", "cr.yaml:10:29", '"a"', "duplicate-key", selector("matchLabels: {a: b, a: b}")),
    ("duplicate_key_by_another_spelling", "cr.yaml:12:11", '"1"', "duplicate-key", labels('1: b\n"1": b')),
    ("duplicate_key_elsewhere", "cr.yaml:8:3", '"a"', "duplicate-key", cr("status:\n  a: b\n  a: b\n")),
    ("key_is_a_list", "cr.yaml:11:11", "key", "invalid-key", labels("[a]: b")),
    ("key_is_a_mapping", "cr.yaml:11:11", "key", "invalid-key", labels("{a: b}: c")),
    ("key_is_null", "cr.yaml:11:11", "key", "invalid-key", labels("~: b")),

    # the object
    ("no_kubevirt", "cr.yaml", "no KubeVirt", "no-kubevirt", GOOD_NODE),
    ("two_kubevirts", "cr.yaml:13:1", "KubeVirt", "two-kubevirts", GOOD_CR + "---\n" + GOOD_CR),
    ("two_kubevirts_in_a_list", "cr.yaml:9:3", "KubeVirt", "two-kubevirts",
     "apiVersion: v1\nkind: List\nitems:\n" + 2 * "- apiVersion: kubevirt.io/v1\n  kind: KubeVirt\n  metadata:\n"
     "    name: kubevirt\n    namespace: kubevirt\n"),
    ("no_kind", "cr.yaml:1:1", "(?i)kind", "missing-kind", GOOD_CR.replace("kind: KubeVirt\n", "")),
    ("kind_is_a_list", "cr.yaml:2:7", "kind", "wrong-type", GOOD_CR.replace("kind: KubeVirt", "kind: [KubeVirt]")),
    ("unknown_version", "cr.yaml:1:", "v9", "unknown-version", GOOD_CR.replace("kubevirt.io/v1", "kubevirt.io/v9")),
    ("no_name", "cr.yaml:1:1", "name", "missing-name", GOOD_CR.replace("  name: kubevirt\n", "")),
    ("name_is_a_number", "cr.yaml:4:9", "name", "unquoted-scalar", GOOD_CR.replace("name: kubevirt", "name: 1", 1)),
    ("metadata_is_a_list", "cr.yaml:4:3", "metadata", "wrong-type",
     "apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata:\n  [name]\n"),
    ("spec_is_a_string", "cr.yaml:6:7", "spec", "wrong-type", cr("spec: none\n")),
    ("configuration_is_a_list", "cr.yaml:7:18", "spec.configuration", "wrong-type", cr("spec:\n  configuration: []\n")),

    # the field
    ("field_is_a_string", "cr.yaml:8:23", "ksmConfiguration", "wrong-type",
     cr("spec:\n  configuration:\n    ksmConfiguration: on all\n")),
    ("field_is_a_boolean", "cr.yaml:8:23", "ksmConfiguration", "wrong-type",
     cr("spec:\n  configuration:\n    ksmConfiguration: true\n")),
    ("field_at_the_root", "cr.yaml:6:1", "ksmConfiguration", "(misplaced|unknown)-field",
     cr("ksmConfiguration:\n  nodeLabelSelector: {}\n")),
    ("field_below_spec", "cr.yaml:7:3", "spec.ksmConfiguration", "misplaced-field",
     cr("spec:\n  ksmConfiguration:\n    nodeLabelSelector: {}\n")),
    ("field_below_developer_configuration", "cr.yaml:9:7", "developerConfiguration.ksmConfiguration", "misplaced-field",
     cr("spec:\n  configuration:\n    developerConfiguration:\n      ksmConfiguration:\n        nodeLabelSelector: {}\n")),
    ("hyperconverged_field_as_in_a_kubevirt", "cr.yaml:8:5", "spec.configuration.ksmConfiguration", "misplaced-field",
     "apiVersion: hco.kubevirt.io/v1beta1\nkind: HyperConverged\nmetadata:\n  name: kubevirt-hyperconverged\n"
     "  namespace: kubevirt\nspec:\n  configuration:\n    ksmConfiguration: {}\n"),
    ("misspelt_field", "cr.yaml:8:5", 'ksmConfigurations".*\n.*did you mean "ksmConfiguration"', "unknown-field",
     cr("spec:\n  configuration:\n    ksmConfigurations: {}\n")),
    ("misspelt_node_selector", "cr.yaml:9:7", 'nodeSelector"', "unknown-field", configuration("nodeSelector: {}")),
    ("misspelt_node_label_selectors", "cr.yaml:9:7", 'nodeLabelSelectors".*\n.*did you mean "nodeLabelSelector"',
     "unknown-field", configuration("nodeLabelSelectors: {}")),
    ("misspelt_match_label", "cr.yaml:10:9", 'matchLabel".*\n.*did you mean "matchLabels"', "unknown-field",
     selector("matchLabel: {a: b}")),
    ("misspelt_in_another_case", "cr.yaml:10:9", 'MatchLabels".*\n.*did you mean "matchLabels"', "unknown-field",
     selector("MatchLabels: {a: b}")),
    ("misspelt_value", "cr.yaml:11:34", 'value".*\n.*did you mean "values"', "unknown-field",
     requirement("{key: a, operator: In, value: [b]}")),
    ("selector_is_a_string", "cr.yaml:9:26", "nodeLabelSelector", "wrong-type", configuration("nodeLabelSelector: a=b")),
    ("selector_is_a_list", "cr.yaml:9:26", "nodeLabelSelector", "wrong-type", configuration("nodeLabelSelector: []")),
    ("match_labels_is_a_list", "cr.yaml:10:22", "matchLabels", "wrong-type", selector("matchLabels: [a]")),
    ("match_labels_is_a_string", "cr.yaml:10:22", "matchLabels", "wrong-type", selector('matchLabels: "a=b"')),
    ("match_expressions_is_a_mapping", "cr.yaml:10:27", "matchExpressions", "wrong-type",
     selector("matchExpressions: {key: a, operator: Exists}")),
    ("expression_is_a_string", "cr.yaml:11:11", "matchExpressions", "wrong-type", requirement("a in (b)")),

    # label values that YAML takes for something else
    ("label_value_true", "cr.yaml:11:14", 'boolean.*\n.*"true"', "unquoted-scalar", labels("a: true")),
    ("label_value_yes", "cr.yaml:11:14", 'boolean.*\n.*"yes"', "unquoted-scalar", labels("a: yes")),
    ("label_value_integer", "cr.yaml:11:14", "number", "unquoted-scalar", labels("a: 1")),
    ("label_value_octal", "cr.yaml:11:14", "number", "unquoted-scalar", labels("a: 017")),
    ("label_value_float", "cr.yaml:11:14", "number", "unquoted-scalar", labels("a: 1.10")),
    ("label_value_exponent", "cr.yaml:11:14", "number", "unquoted-scalar", labels("a: 1e3")),
    ("label_value_not_a_number", "cr.yaml:11:14", "number", "unquoted-scalar", labels("a: .nan")),
    ("label_value_infinite", "cr.yaml:11:14", "number", "unquoted-scalar", labels("a: -.inf")),
    ("label_value_list", "cr.yaml:11:14", "list", "wrong-type", labels("a: [b]")),
    ("label_value_mapping", "cr.yaml:11:14", "mapping", "wrong-type", labels("a: {b: c}")),
    ("expression_value_number", "cr.yaml:11:43", "number", "unquoted-scalar",
     requirement("{key: a, operator: In, values: [1]}")),
    ("expression_values_is_a_string", "cr.yaml:11:42", "values", "wrong-type",
     requirement("{key: a, operator: In, values: b}")),

    # what the API server refuses
    ("label_key_with_a_blank", "cr.yaml:11:11", '"a b"', "invalid-label-key", labels("a b: c")),
    ("label_key_with_two_slashes", "cr.yaml:11:11", '"a/b/c"', "invalid-label-key", labels("a/b/c: d")),
    ("label_key_without_a_name", "cr.yaml:11:11", '"a/"', "invalid-label-key", labels("a/: d")),
    ("label_key_with_an_uppercase_prefix", "cr.yaml:11:11", '"A/b"', "invalid-label-key", labels("A/b: d")),
    ("label_key_too_long", "cr.yaml:11:11", "63", "invalid-label-key", labels("k" * 64 + ": d")),
    ("label_key_empty", "cr.yaml:11:11", '""', "invalid-label-key", labels('"": d')),
    ("label_value_with_a_blank", "cr.yaml:11:14", '"b c"', "invalid-label-value", labels("a: b c")),
    ("label_value_too_long", "cr.yaml:11:14", "63", "invalid-label-value", labels("a: " + "v" * 64)),
    ("label_value_ends_with_a_dash", "cr.yaml:11:14", '"b-"', "invalid-label-value", labels("a: b-")),
    ("label_value_not_ascii", "cr.yaml:11:14", "value", "invalid-label-value", labels("a: ö")),
    ("expression_key_bad", "cr.yaml:11:17", '"-a"', "invalid-label-key", requirement("{key: -a, operator: Exists}")),
    ("expression_value_bad", "cr.yaml:11:46", '"c d"', "invalid-label-value",
     requirement("{key: a, operator: In, values: [b, c d]}")),
    ("expression_without_a_key", "cr.yaml:11:11", "key", "invalid-(requirement|label-key)",
     requirement("{operator: Exists}")),
    ("expression_without_an_operator", "cr.yaml:11:11", "operator", "invalid-operator", requirement("{key: a}")),
    ("operator_unknown", "cr.yaml:11:30", '"Equals".*\n.*In, NotIn, Exists', "invalid-operator",
     requirement("{key: a, operator: Equals, values: [b]}")),
    ("operator_in_another_case", "cr.yaml:11:30", '"in".*\n.*In', "invalid-operator",
     requirement("{key: a, operator: in, values: [b]}")),
    ("operator_null", "cr.yaml:11:30", "operator", "invalid-operator", requirement("{key: a, operator: ~}")),
    ("in_without_values", "cr.yaml:11:", "value", "invalid-requirement", requirement("{key: a, operator: In}")),
    ("not_in_with_an_empty_list", "cr.yaml:11:", "value", "invalid-requirement",
     requirement("{key: a, operator: NotIn, values: []}")),
    ("exists_with_values", "cr.yaml:11:", "value", "invalid-requirement",
     requirement("{key: a, operator: Exists, values: [b]}")),
    ("does_not_exist_with_values", "cr.yaml:11:", "value", "invalid-requirement",
     requirement("{key: a, operator: DoesNotExist, values: [b]}")),

    # JSON
    ("json_trailing_comma", "cr.json:1:21", "'}'", "json-syntax", '{"kind": "KubeVirt",}'),
    ("json_comment", "cr.json:1:3", "'/'", "json-syntax", '{ // why\n "kind": "KubeVirt"}'),
    ("json_single_quotes", "cr.json:1:2", "(?s)'''.*double quotes", "json-syntax", "{'kind': 'KubeVirt'}"),
    ("json_truncated", "cr.json:1:19", "ends", "json-syntax", '{"kind": "KubeVirt'),
    ("json_truncated_behind_a_value", "cr.json:1:20", "ends", "json-syntax", '{"kind": "KubeVirt"'),
    ("json_lone_surrogate", "cr.json:1:17", "surrogate", "json-syntax", '{"kind": "\\ud800"}'),
    ("json_raw_line_end_in_a_string", "cr.json:1:14", "0x0A", "json-syntax", '{"kind": "Kub\neVirt"}'),
    ("json_number_with_a_leading_zero", "cr.json:1:7", "01", "json-syntax", '{"a": 01}'),
    ("json_not_a_number", "cr.json:1:7", "NaN", "json-syntax", '{"a": NaN}'),
    ("json_nul_byte_behind_a_word", "cr.json:1:11", "0x00", "json-syntax", '{"a": true\0}'),
    ("json_nul_byte_for_a_value", "cr.json:1:7", "0x00", "json-syntax", '{"a": \0}'),
    ("json_duplicate_key", "cr.json:2:1", '"kind"', "duplicate-key", JSON_CR[:-1] + ',\n"kind": "KubeVirt"}'),
    ("json_duplicate_key_by_an_escape", "cr.json:2:1", '"kind"', "duplicate-key",
     JSON_CR[:-1] + ',\n"\\u006bind": "KubeVirt"}'),
    ("json_label_value_true", "cr.json:7:28", "boolean", "unquoted-scalar|wrong-type",
     '{"apiVersion": "kubevirt.io/v1", "kind": "KubeVirt",\n "metadata": {"name": "a", "namespace": "b"},\n'
     ' "spec":\n  {"configuration":\n   {"ksmConfiguration":\n    {"nodeLabelSelector":\n'
     '     {"matchLabels": {"a": true}}}}}}'),
    ("json_nested_brackets", "cr.json:1:", "deep", "too-deep", '{"a": ' + "[" * 100_000),
]

# Name and CR: what may look wrong and is not. Fields of KubeVirt's that resemble ours are not taken for slips.
GOOD_CRS = [
    *((field, cr(f"spec:\n  configuration:\n    {field}: {{}}\n")) for field in (
        "apiConfiguration", "archConfiguration", "controllerConfiguration", "developerConfiguration",
        "handlerConfiguration", "liveUpdateConfiguration", "mediatedDevicesConfiguration", "seccompConfiguration",
        "smbios", "tlsConfiguration", "virtualMachineInstancesPerNode", "vmStateStorageClass", "webhookConfiguration")),
    ("windows_line_ends", GOOD_CR.replace("\n", "\r\n")),
    ("byte_order_mark", "\ufeff" + GOOD_CR),
    ("no_last_line_end", GOOD_CR[:-1]),
    ("comment_behind_a_separator", "# a\n--- # b\n" + GOOD_CR + "--- # c\n"),
    ("anchor_and_alias", labels("a: &a b\nc: *a")),
    ("merge_key", labels("<<: {a: b}\nc: d")),
    ("label_value_with_a_tag", labels("a: !!str true")),
    ("label_value_empty", labels('a: ""')),
    ("beside_other_objects", GOOD_NODE + "---\n" + GOOD_CR),
]

# Name, place, message, code, the snapshot.
SNAPSHOTS = [
    ("empty", "nodes.yaml", "no Node", "no-node", ""),
    ("only_comments", "nodes.yaml", "no Node", "no-node", "# nothing\n"),
    ("empty_list", "nodes.yaml", "no Node", "no-node", "apiVersion: v1\nitems: []\nkind: List\n"),
    ("no_node", "nodes.yaml", "no Node", "no-node", GOOD_CR),
    ("list_of_strings", "nodes.yaml:3:3", "object", "not-an-object", "apiVersion: v1\nitems:\n- node01\nkind: List\n"),
    ("list_without_kind", "nodes.yaml:1:1", "(?i)kind", "missing-kind", "apiVersion: v1\nitems: []\n"),
    ("item_without_kind_in_a_plain_list", "nodes.yaml:3:3", "(?i)kind", "missing-kind",
     "apiVersion: v1\nitems:\n- metadata:\n    name: node01\nkind: List\n"),
    ("list_with_kind_null", "nodes.yaml:1:1", "(?i)kind", "missing-kind", "kind: null\napiVersion: v1\nitems: []\n"),
    ("list_with_items_twice", "nodes.yaml:4:1", '"items"', "duplicate-key",
     "apiVersion: v1\nkind: List\nitems: []\nitems: []\n"),
    ("list_of_something_else", "nodes.yaml", "PodList|no Node", "wrong-kind|no-node",
     "apiVersion: v1\nitems:\n- metadata:\n    name: node01\nkind: PodList\n"),
    ("truncated_list", "nodes.yaml:7:", "quot|expected", "yaml-syntax",
     "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata:\n    name: \"node\n"),
    ("second_node_broken", "nodes.yaml:9:9", "name", "invalid-node-name", GOOD_NODE + "---\n" + named("NODE02")),
    ("node_of_another_version", "nodes.yaml:1:", "v2", "unknown-version", GOOD_NODE.replace("v1", "v2")),
    ("no_name", "nodes.yaml:1:1", "name", "missing-name", "apiVersion: v1\nkind: Node\nmetadata:\n  uid: a\n"),
    ("no_metadata", "nodes.yaml:1:1", "name", "missing-name", "apiVersion: v1\nkind: Node\n"),
    ("name_empty", "nodes.yaml:4:9", "name", "missing-name|invalid-node-name", named('""')),
    ("name_is_a_number", "nodes.yaml:4:9", "number", "unquoted-scalar", named("1")),
    ("name_is_a_boolean", "nodes.yaml:4:9", "boolean", "unquoted-scalar", named("true")),
    ("name_is_a_list", "nodes.yaml:4:9", "list", "wrong-type", named("[a]")),
    ("name_is_not_finite", "nodes.yaml:4:9", "number", "unquoted-scalar", named(".nan")),
    ("name_in_uppercase", "nodes.yaml:4:9", '"Node01"', "invalid-node-name", named("Node01")),
    ("name_is_a_path", "nodes.yaml:4:9", "passwd", "invalid-node-name", named("../../etc/passwd")),
    ("name_is_two_dots", "nodes.yaml:4:9", "name", "invalid-node-name", named("..")),
    ("name_is_a_flag", "nodes.yaml:4:9", '"-rf"', "invalid-node-name", named('"-rf"')),
    ("name_with_a_blank", "nodes.yaml:4:9", '"a b"', "invalid-node-name", named("a b")),
    ("name_with_a_line_end", "nodes.yaml:4:9", r"a\\x0Ab", "invalid-node-name", named('"a\\nb"')),
    ("name_with_an_escape_sequence", "nodes.yaml:4:9", r"\\x1B\[2J", "invalid-node-name", named('"\\e[2J"')),
    ("name_with_a_shell_command", "nodes.yaml:4:9", "name", "invalid-node-name", named("$(reboot)")),
    ("name_with_nul", "nodes.yaml:4:9", "name", "invalid-node-name", named('"a\\0b"')),
    ("name_with_nul_encoded", "nodes.yaml:4:9", "name", "invalid-node-name", named("!!binary YQBi")),
    ("name_too_long", "nodes.yaml:4:9", "253", "invalid-node-name", named("n" * 254)),
    ("name_ends_with_a_dot", "nodes.yaml:4:9", '"a."', "invalid-node-name", named("a.")),
    ("name_not_ascii", "nodes.yaml:4:9", "name", "invalid-node-name", named("ñode")),
    ("two_nodes_of_one_name", "nodes.yaml:", "node01", "duplicate-node", GOOD_NODE + "---\n" + GOOD_NODE),
    ("two_nodes_of_one_name_in_a_list", "nodes.yaml:7:", "node01", "duplicate-node",
     "apiVersion: v1\nitems:\n" + 2 * "- apiVersion: v1\n  kind: Node\n  metadata:\n    name: node01\n" + "kind: List\n"),
    ("metadata_is_a_list", "nodes.yaml:4:3", "metadata", "wrong-type", node("[name]")),
    ("labels_is_a_list", "nodes.yaml:5:11", "labels", "wrong-type", node("name: node01\nlabels: [a]")),
    ("labels_is_a_string", "nodes.yaml:5:11", "labels", "wrong-type", node("name: node01\nlabels: a=b")),
    ("annotations_is_a_list", "nodes.yaml:5:16", "annotations", "wrong-type", node("name: node01\nannotations: [a]")),
    ("label_value_true", "nodes.yaml:6:30", "boolean", "unquoted-scalar", labelled("kubevirt.io/ksm-enabled: true")),
    ("label_value_number", "nodes.yaml:6:8", "number", "unquoted-scalar", labelled("a: 12")),
    ("label_value_float", "nodes.yaml:6:8", "number", "unquoted-scalar", labelled("a: 1.0")),
    ("label_value_not_a_number", "nodes.yaml:6:8", "number", "unquoted-scalar", labelled("a: .nan")),
    ("label_value_list", "nodes.yaml:6:8", "list", "wrong-type", labelled("a: [b]")),
    ("label_key_is_a_list", "nodes.yaml:6:5", "key", "invalid-key", labelled("[a]: b")),
    ("label_key_is_null", "nodes.yaml:6:5", "key", "invalid-key", labelled("~: b")),
    ("annotation_value_true", "nodes.yaml:6:38", "boolean", "unquoted-scalar",
     node("name: node01\nannotations:\n  kubevirt.io/ksm-handler-managed: true")),
    ("duplicate_label", "nodes.yaml:7:5", '"a"', "duplicate-key", labelled("a: b\na: c")),
    ("duplicate_label_among_many", "nodes.yaml:306:5", '"l150"', "duplicate-key",
     labelled("\n".join(f"l{number:03}: x" for number in reversed(range(300))) + "\nl150: z")),
    ("duplicate_labels", "nodes.yaml:6:3", '"labels"', "duplicate-key", node("name: node01\nlabels: {}\nlabels: {}")),
    ("duplicate_key_in_the_status", "nodes.yaml:7:3", '"a"', "duplicate-key", GOOD_NODE + "status:\n  a: b\n  a: b\n"),
    ("undefined_alias", "nodes.yaml:6:8", "nowhere", "unknown-anchor", labelled("a: *nowhere")),
    ("alias_bomb", "nodes.yaml", "excessive aliasing", "excessive-aliasing", BOMB + GOOD_NODE),
    ("tab_indentation", "nodes.yaml:4:1", "cannot start any token|tab", "yaml-syntax",
     "apiVersion: v1\nkind: Node\nmetadata:\n\tname: node01\n"),
    ("invalid_utf_8", "nodes.yaml:6:8", "UTF-8", "yaml-syntax", labelled("a: @").encode().replace(b"@", b"\xfe")),
    ("nul_byte", "nodes.yaml:6:8", "control character", "yaml-syntax", labelled("a: \0")),
    ("text_behind_a_separator", "nodes.yaml:5:", "separator", "invalid-separator", GOOD_NODE + "--- text\n" + GOOD_NODE),
    ("endless_comment_behind_a_separator", "nodes.yaml:5:4", "comment", "invalid-separator",
     GOOD_NODE + "--- #" + "x" * 327_600 + "\n" + GOOD_NODE),
    ("nested_brackets", "nodes.yaml:", "deep", "too-deep", "a: " + "[" * 100_000 + "\n"),
    ("nested_braces", "nodes.yaml:", "deep", "too-deep", "a: " + "{a: " * 50_000 + "\n"),
    ("nested_dashes", "nodes.yaml:", "deep", "too-deep", "a:\n" + "- " * 1_000_000 + "\n"),
    ("a_million_dashes_in_lines", "nodes.yaml:", "MiB", "value-too-long", "-\n" * 1_000_000),
    ("a_million_items_that_are_null", "nodes.yaml:3:2", "null", "not-an-object",
     "apiVersion: v1\nitems:\n" + "-\n" * 1_000_000 + "kind: List\n"),
    ("long_flow_sequence_left_open", "nodes.yaml", "", "yaml-syntax|too-deep|value-too-long", "a: [" + "b," * 200_000),
    ("json_nested_brackets", "nodes.json:1:", "deep", "too-deep", '{"items": ' + "[" * 100_000),
    ("json_nested_braces", "nodes.json:1:", "deep", "too-deep", '{"a":' * 100_000),
    ("json_truncated", "nodes.json:1:", "ends", "json-syntax",
     '{"apiVersion": "v1", "items": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node01"}}'),
    ("json_text_behind_the_value", "nodes.json:1:", "", "json-syntax",
     '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node01"}}]'),
    ("json_invalid_utf_8", "nodes.json:1:8", "UTF-8", "json-syntax", b'{"a": "\xff"}'),
]


def long_scalar(start, end):
    """A text of 100 MB, in parts, between two short ones."""
    yield start
    for _ in range(100):
        yield b"a" * 1_000_000
    yield end


# Name, place, message, code, how stdin begins and ends, which flag reads it.
LONG = [
    ("cr_scalar", "stdin", "MiB", "input-too-large", b"a: ", b"\n", "-f"),
    ("cr_json_scalar", "stdin", "MiB", "input-too-large", b'{"a": "', b'"}', "-f"),
    ("nodes_scalar", "stdin", "MiB", "value-too-long", GOOD_NODE.encode() + b"status: ", b"\n", "-n"),
    ("nodes_quoted_scalar", "stdin", "MiB", "value-too-long", GOOD_NODE.encode() + b'status: "', b'"\n', "-n"),
    ("nodes_json_scalar", "stdin", "MiB", "value-too-long", b'{"kind": "Node", "a": "', b'"}', "-n"),
]

# Name, a part of the message, the arguments. All end with the status 64.
USAGE = [
    ("no_verb", "", []),
    ("unknown_verb", "plann", ["plann"]),
    ("unknown_flag", "--fast", ["plan", "--fast"]),
    ("unknown_letter", "x", ["plan", "-x"]),
    ("no_kubevirt", "-f", ["plan", "-n", "nodes.yaml"]),
    ("no_nodes", "-n", ["plan", "-f", "cr.yaml"]),
    ("no_folder", "-d", ["emit", "-f", "cr.yaml", "-n", "nodes.yaml"]),
    ("flag_without_its_value", "(?i)-f|kubevirt", ["plan", "-n", "nodes.yaml", "-f"]),
    ("value_for_a_switch", "force", ["emit", "-f", "cr.yaml", "-n", "nodes.yaml", "-d", "out", "--force=yes"]),
    ("stdin_twice", "stdin", ["plan", "-f", "-", "-n", "-"]),
    ("unknown_form", "yml", ["plan", "-f", "cr.yaml", "-n", "nodes.yaml", "-o", "yml"]),
    ("unknown_policy", "eager", ["plan", "-f", "cr.yaml", "-n", "nodes.yaml", "--policy", "eager"]),
    ("unknown_format", "diff", ["emit", "-f", "cr.yaml", "-n", "nodes.yaml", "-d", "out", "--format", "diff"]),
    ("unknown_color", "red", ["plan", "-f", "cr.yaml", "-n", "nodes.yaml", "--color", "red"]),
    ("argument_too_many", "nodes.yaml", ["plan", "-f", "cr.yaml", "nodes.yaml"]),
    ("flag_of_another_verb", "force", ["plan", "-f", "cr.yaml", "-n", "nodes.yaml", "--force"]),
]


def refused(result, place, message, code, status=1):
    """What holds for every refusal: one line that says where and why, no result, no more memory than it needs."""
    errors = result.stderr.decode("utf-8", "strict")
    assert result.status == status, f"expected status {status}\n{result}"
    assert result.stdout == b"", f"something on stdout\n{result}"
    problems = [line for line in errors.split("\n") if line.startswith("samepage: ") and ": warning: " not in line]
    assert len(problems) == 1, f"expected one message\n{result}"
    assert problems[0].startswith(f"samepage: {place}"), f"expected the place {place}\n{result}"
    assert re.search(message, errors), f"expected /{message}/\n{result}"
    assert re.search(rf"\[({code})\]$", problems[0]), f"expected the code {code}\n{result}"
    assert not re.search(r"[^\n\t -~]", errors, re.ASCII) or not errors.isascii(), f"control characters\n{result}"
    assert is_sanitized() or result.peak <= MOST_MEMORY, f"too much memory\n{result}"


def try_row(folder, place, message, code, kubevirt=None, nodes=None):
    kubevirt_name = place.split(":")[0] if kubevirt is not None else "cr.yaml"
    nodes_name = place.split(":")[0] if nodes is not None else "nodes.yaml"
    write(folder / kubevirt_name, GOOD_CR if kubevirt is None else kubevirt)
    write(folder / nodes_name, GOOD_NODE if nodes is None else nodes)
    before = sorted(os.listdir(folder))
    for verb, output in (("plan", "--out=plan.json"), ("emit", "-dpatches")):
        result = samepage(verb, "-f", kubevirt_name, "-n", nodes_name, output, cwd=folder)
        refused(result, place, message, code)
        assert sorted(os.listdir(folder)) == before, f"left behind: {sorted(os.listdir(folder))}\n{result}"


@cases
def rows():
    for name, place, message, code, content in CRS:
        yield f"cr_{name}", lambda folder, row=(place, message, code), content=content: try_row(
            folder, *row, kubevirt=content)
    for name, place, message, code, content in SNAPSHOTS:
        yield f"nodes_{name}", lambda folder, row=(place, message, code), content=content: try_row(
            folder, *row, nodes=content)


@cases
def accepted():
    for name, content in GOOD_CRS:
        def try_good(folder, content=content):
            write(folder / "cr.yaml", content)
            write(folder / "nodes.yaml", GOOD_NODE)
            result = samepage("plan", "-f", "cr.yaml", "-n", "nodes.yaml", cwd=folder)
            assert result.status == 0 and b"\nPlan: " in result.stdout, result
        yield f"good_{name}", try_good


@case
def a_key_that_is_a_number_is_what_the_api_server_makes_of_it(folder):
    write(folder / "nodes.yaml", GOOD_NODE)
    for key, number in (("0", "0"), ("8", "8"), ("08", "8"), ("017", "15"), ("1_0", "10"), ("1" * 18, "1" * 18)):
        write(folder / "cr.yaml", labels(f"{key}: b"))
        result = samepage("plan", "-f", "cr.yaml", "-n", "nodes.yaml", cwd=folder)
        assert result.status == 0 and f'takes it for "{number}" [unquoted-key]'.encode() in result.stderr, result


@cases
def long_values():
    for name, place, message, code, start, end, flag in LONG:
        def try_long(folder, place=place, message=message, code=code, start=start, end=end, flag=flag):
            write(folder / "cr.yaml", GOOD_CR)
            write(folder / "nodes.yaml", GOOD_NODE)
            other = ["-n", "nodes.yaml"] if flag == "-f" else ["-f", "cr.yaml"]
            refused(samepage("plan", flag, "-", *other, stdin=long_scalar(start, end), cwd=folder), place, message, code)
        yield f"long_{name}", try_long


@cases
def usage():
    for name, message, arguments in USAGE:
        def try_usage(folder, message=message, arguments=arguments):
            write(folder / "cr.yaml", GOOD_CR)
            write(folder / "nodes.yaml", GOOD_NODE)
            result = samepage(*arguments, cwd=folder)
            assert result.status == 64, f"expected status 64\n{result}"
            assert result.stdout == b"", f"something on stdout\n{result}"
            assert re.search(message, result.stderr.decode()), f"expected /{message}/\n{result}"
            assert sorted(os.listdir(folder)) == ["cr.yaml", "nodes.yaml"], f"left something behind\n{result}"
        yield f"usage_{name}", try_usage


@cases
def unreadable():
    def try_path(folder, flag, path, message):
        write(folder / "cr.yaml", GOOD_CR)
        write(folder / "nodes.yaml", GOOD_NODE)
        (folder / "folder").mkdir()
        other = ["-n", "nodes.yaml"] if flag == "-f" else ["-f", "cr.yaml"]
        refused(samepage("plan", flag, path, *other, cwd=folder), path, message, "unreadable")

    for flag, what in (("-f", "cr"), ("-n", "nodes")):
        yield f"{what}_missing", lambda folder, flag=flag: try_path(folder, flag, "nowhere.yaml", "No such file")
        yield f"{what}_a_directory", lambda folder, flag=flag: try_path(folder, flag, "folder", "Is a directory")
        yield f"{what}_below_a_file", lambda folder, flag=flag: try_path(folder, flag, "cr.yaml/x", "Not a directory")


@cases
def without_permission():
    def no_permission(folder):
        write(folder / "cr.yaml", GOOD_CR)
        write(folder / "nodes.yaml", GOOD_NODE).chmod(0)
        prefix = as_nobody(folder)
        result = run([*prefix, binary(), "plan", "-f", "cr.yaml", "-n", "nodes.yaml"], cwd=folder)
        refused(result, "nodes.yaml", "Permission denied", "unreadable")

    yield "no_permission", no_permission
