# SPDX-License-Identifier: Apache-2.0
"""The examples that no golden case runs: what stands beside the plans."""

import json
import re
import subprocess

from harness import TOP, case, need, run, samepage, skip

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
def the_services_are_hardened():
    need("systemd-analyze")
    for service in ("samepage.service", "samepage-release.service", "samepage-metrics.service"):
        result = subprocess.run(["systemd-analyze", "security", "--offline=true", EXAMPLES / "systemd" / service],
                                capture_output=True, text=True, check=False)
        exposure = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
        if not exposure:
            skip("this systemd-analyze looks at no files")
        assert float(exposure.group(1)) <= 2.0, result.stdout
