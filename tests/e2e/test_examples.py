# SPDX-License-Identifier: Apache-2.0
"""The examples that no golden case runs: what stands beside the plans."""

import json
import os
import re
import subprocess

from harness import TOP, binary, case, is_sanitized, need, run, samepage, skip, write

EXAMPLES = TOP / "examples"


def read_by_kubectl(path):
    """kubectl reads the file without a cluster; the objects that it finds."""
    result = run([need("kubectl"), "label", "--local", "-f", path, "-o", "json", "no-such-label-"])
    assert result.status == 0, f"{result}"
    decoder, text, objects = json.JSONDecoder(), result.stdout.decode(), []
    while text.strip():
        found, end = decoder.raw_decode(text.lstrip())
        objects.append(found)
        text = text.lstrip()[end:]
    return objects


@case
def the_virtual_machine_is_scheduled_by_the_label_of_the_plan():
    machine, = read_by_kubectl(EXAMPLES / "virtualmachine.yaml")
    selector = machine["spec"]["template"]["spec"]["nodeSelector"]
    assert selector == {"kubevirt.io/ksm-enabled": "true"}


@case
def the_daemonset_asks_for_what_it_needs_and_no_more():
    _, daemonset = read_by_kubectl(EXAMPLES / "daemonset" / "samepage.yaml")
    pod = daemonset["spec"]["template"]["spec"]
    assert {volume["hostPath"]["path"] for volume in pod["volumes"] if "hostPath" in volume} == {
        "/sys/kernel/mm/ksm", "/run/samepage"}
    assert pod["automountServiceAccountToken"] is False
    container, = pod["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    verb = container["command"][1]
    known = set(re.findall(r"--([a-z-]+)", samepage("help", verb).stdout.decode()))
    for flag in re.findall(r"--([a-z-]+)", " ".join(container["command"])):
        assert flag in known, f"{verb} has no flag --{flag}"


@case
def the_services_may_make_the_system_calls_that_they_make(folder):
    """What a service does not allow ends in EPERM, and where it says nothing of that, in SIGSYS."""
    if is_sanitized():
        skip("the sanitizers and strace do not go together")
    strace, setpriv = need("strace"), need("setpriv")
    listed = subprocess.run([need("systemd-analyze"), "syscall-filter"], capture_output=True, text=True, check=False)
    groups = {name: set(re.findall(r"^ +([@a-z0-9_-]+)$", text, re.MULTILINE))
              for name, text in re.findall(r"^(@\S+)\n((?: .*\n?)*)", listed.stdout, re.MULTILINE)}
    if "@system-service" not in groups or os.geteuid() != 0:
        skip("this systemd-analyze lists no groups" if os.geteuid() == 0 else "setpriv takes root")

    def members(name):
        return set().union(*(members(item) if item.startswith("@") else {item} for item in groups[name]))

    allowed = (members("@system-service") | members("@default")) - members("@privileged") - members("@resources")
    for knob, value in (("run", "0"), ("sleep_millisecs", "20"), ("pages_to_scan", "100")):
        write(folder / "ksm" / knob, value + "\n")
    place = ["--node", "node02", "--sysfs-root", folder / "ksm", "--state-dir", folder / "state"]
    scenario = EXAMPLES / "restore-scenario"
    for command, capabilities in ((["apply", "-f", scenario / "1-kubevirt.yaml", "-n", scenario / "1-nodes.yaml",
                                    "--patch-out", folder / "patch.yaml"], "-all"), (["release"], "-all"),
                                  (["status", "-o", "prometheus", "--out", folder / "samepage.prom"],
                                   "-all,+sys_ptrace,+dac_read_search")):
        result = run([setpriv, f"--bounding-set={capabilities}", "--inh-caps=-all", strace, "-f", "-o", folder / "log",
                      binary(), *command, *place])
        assert result.status == 0 and (result.stdout or (folder / "samepage.prom").stat().st_size > 0), f"{result}"
        calls = set(re.findall(r"^\d+ +(\w+)\(", (folder / "log").read_text(), re.MULTILINE))
        assert len(calls) > 10 and calls <= allowed, f"{command[0]}: {sorted(calls - allowed)}"


@case
def the_services_are_hardened():
    need("systemd-analyze")
    for service in ("samepage.service", "samepage-release.service", "samepage-metrics.service"):
        result = subprocess.run(["systemd-analyze", "security", "--offline=true", EXAMPLES / "systemd" / service],
                                capture_output=True, text=True, check=False)
        exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        if not exposure:
            skip("this systemd-analyze looks at no files")
        assert float(exposure.group(1)) <= 2.0, result.stdout
