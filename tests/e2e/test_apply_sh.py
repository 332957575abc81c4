# SPDX-License-Identifier: Apache-2.0
"""The emitted apply.sh, run against a stand-in for kubectl that writes down how it was called."""

import json
import os

from harness import case, cases, environment, need, run, samepage, write

KUBEVIRT = """\
apiVersion: kubevirt.io/v1
kind: KubeVirt
metadata:
  name: kubevirt
  namespace: kubevirt
spec:
  configuration:
    ksmConfiguration:
      nodeLabelSelector: {}
"""

# Each call is a line of JSON: the working folder, then the arguments. A node named in FAIL is refused.
STAND_IN = """\
#!/usr/bin/env python3
import json, os, sys
with open(os.environ["CALLS"], "a", encoding="utf-8") as calls:
    calls.write(json.dumps([os.getcwd(), *sys.argv[1:]]) + "\\n")
node = sys.argv[sys.argv.index("node") + 1]
patch = sys.argv[sys.argv.index("--patch-file") + 1]
if not os.path.isfile(patch):
    sys.exit(f"no such patch file: {patch}")
if node == os.environ.get("FAIL"):
    sys.exit(f"Error from server (NotFound): nodes {node} not found")
print(f"node/{node} patched")
"""

LONGEST = ".".join(["n" * 61] * 4 + ["n" * 5])
NAMES = {
    "plain": ["node01", "node02", "node03"],
    "one_character": ["0", "1", "a"],
    "digits_only": ["0", "007", "1234567890"],
    "like_numbers": ["1e3", "0x10", "1.0", "127.0.0.1"],
    "like_words": ["true", "null", "yes", "node", "done", "exit"],
    "many_dots": ["a." * 100 + "a", "1.2.3.4.5", "x--y.z"],
    "longest": [LONGEST[:249], LONGEST[:250] + "x", LONGEST[:251] + "x", LONGEST[:252] + "x", "b" * 253, "b" * 252],
    "none": [],
}


def emitted(folder, names, *flags):
    """A folder of patches for nodes of these names; the path of its apply.sh."""
    write(folder / "kubevirt.yaml", KUBEVIRT)
    # One node that is in order already, so that there is always a Node.
    done = {"name": "done-already", "labels": {"kubevirt.io/ksm-enabled": "true"},
            "annotations": {"kubevirt.io/ksm-handler-managed": "true"}}
    nodes = [{"apiVersion": "v1", "kind": "Node", "metadata": metadata}
             for metadata in [done, *({"name": name} for name in names)]]
    write(folder / "nodes.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": nodes}))
    result = samepage("emit", "-f", "kubevirt.yaml", "-n", "nodes.json", "-d", "out", *flags, cwd=folder)
    assert result.status == 0, result
    return folder / "out" / "apply.sh"


def call(folder, script, *arguments, cwd=None, kubectl=None, fail=None):
    """Runs the script with the stand-in; the run, and the calls (working folder and arguments)."""
    stand_in = write(folder / "bin" / "kubectl", STAND_IN)
    stand_in.chmod(0o755)
    calls = folder / "calls"
    calls.unlink(missing_ok=True)
    env = environment(home=folder, CALLS=str(calls), **({"FAIL": fail} if fail else {}))
    env["PATH"] = f"{stand_in.parent}:{env['PATH']}"
    if kubectl is not None:
        env["KUBECTL"] = kubectl
    result = run([script, *arguments], cwd=cwd or folder, env=env)
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    return result, [json.loads(line) for line in lines]


def nodes_of(calls):
    return [words[words.index("node") + 1] for words in calls]


@cases
def names():
    for title, given in NAMES.items():
        for kind, flags in (("merge", []), ("json", ["--format", "json-patch"])):
            def try_names(folder, given=given, kind=kind, flags=flags):
                script = emitted(folder, given, *flags)
                result, calls = call(folder, script)
                assert result.status == 0, result
                assert nodes_of(calls) == sorted(given), result
                for words in calls:
                    assert words[0] == str(script.parent), words
                    assert words[1:3] == ["patch", "node"] and words[4:7] == ["--type", kind, "--patch-file"], words
                    assert words[7].startswith("patches/") and len(words) == 8, words
                assert f"{len(given)} of {len(given)} nodes patched.".encode() in result.stdout, result
                assert len(set(os.listdir(script.parent / "patches"))) == len(given) if given else True
            yield f"names_{title}_{kind}", try_names


@case
def script_passes_shellcheck(folder):
    result = run([need("shellcheck"), emitted(folder, NAMES["longest"] + NAMES["plain"])])
    assert result.status == 0, result


@case
def script_runs_under_every_shell(folder):
    script = emitted(folder, NAMES["plain"])
    for shell in ("sh", "bash", "dash"):
        call(folder, script)  # puts the stand-in in place
        env = environment(home=folder, CALLS=str(folder / "calls"), KUBECTL=str(folder / "bin/kubectl"))
        result = run([need(shell), script], cwd=folder, env=env)
        assert result.status == 0 and b"3 of 3 nodes patched." in result.stdout, result


@case
def kubectl_with_flags(folder):
    script = emitted(folder, ["node01"])
    result, calls = call(folder, script, kubectl=f"{folder}/bin/kubectl --context prod -v=1")
    assert result.status == 0, result
    assert calls[0][1:6] == ["--context", "prod", "-v=1", "patch", "node"], calls


@case
def kubectl_with_a_pattern_is_not_expanded(folder):
    script = emitted(folder, ["node01"])
    _, calls = call(folder, script, kubectl="kubectl --context *")
    assert calls[0][1:3] == ["--context", "*"], calls


@case
def kubectl_by_a_relative_path(folder):
    script = emitted(folder, ["node01"])
    result, calls = call(folder, script, kubectl="bin/kubectl")
    assert result.status == 0 and len(calls) == 1, result


@case
def kubectl_that_is_not_there(folder):
    result, _ = call(folder, emitted(folder, NAMES["plain"]), kubectl="no-such-kubectl")
    assert result.status == 1, result
    assert b"0 of 3 nodes patched." in result.stdout, result


@case
def a_failure_stops_it(folder):
    result, calls = call(folder, emitted(folder, NAMES["plain"]), fail="node02")
    assert result.status == 1, result
    assert nodes_of(calls) == ["node01", "node02"], calls
    assert b"1 of 3 nodes patched." in result.stdout, result
    assert b"node02" in result.stderr, result


@case
def keep_going_goes_on_after_a_failure(folder):
    result, calls = call(folder, emitted(folder, NAMES["plain"]), "--keep-going", fail="node02")
    assert result.status == 1, result
    assert nodes_of(calls) == ["node01", "node02", "node03"], calls
    assert b"2 of 3 nodes patched." in result.stdout, result
    assert b"node02" in result.stderr, result


@case
def dry_run_asks_the_server_only(folder):
    result, calls = call(folder, emitted(folder, NAMES["plain"]), "--dry-run")
    assert result.status == 0, result
    assert all("--dry-run=server" in words for words in calls) and len(calls) == 3, calls


@case
def an_unknown_argument_is_refused(folder):
    result, calls = call(folder, emitted(folder, NAMES["plain"]), "--dryrun")
    assert result.status == 64 and calls == [], result


@case
def it_runs_from_any_folder(folder):
    script = emitted(folder, ["node01"])
    for cwd in ("/", str(script.parent), str(script.parent / "patches")):
        result, calls = call(folder, os.path.relpath(script, cwd) if cwd != str(script.parent) else "./apply.sh", cwd=cwd)
        assert result.status == 0 and calls[0][0] == str(script.parent), result


@case
def it_runs_by_a_path_with_blanks(folder):
    script = emitted(folder, NAMES["plain"])
    place = folder / "a  place\twith 'blanks' & $(more)"
    script.parent.rename(place)
    result, calls = call(folder, place / "apply.sh")
    assert result.status == 0 and len(calls) == 3, result
    assert calls[0][0] == str(place), calls


@case
def patches_name_their_node_and_quote_every_value(folder):
    script = emitted(folder, ["1e3", "true"])
    for name in ("1e3", "true"):
        patch = (script.parent / "patches" / f"{name}.yaml").read_text()
        assert f'name: "{name}"' in patch, patch
        assert patch.count('"true"') >= 2, patch
