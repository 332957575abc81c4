#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a snapshot of a made-up KubeVirt cluster, as `kubectl get nodes -o yaml` or `-o json` prints it.

The same arguments give the same bytes. Values are invented; the kinds of labels, annotations and images, their number
and their size are those of clusters that run KubeVirt: about 250 labels, 27 KB of YAML or 40 KB of JSON a node.

It is quick because a node is not written anew each time. A few dozen nodes of different shape are written once, with
marks in the stead of what is a node's own (name, uid, addresses, times). A mark is as long as what takes its place, so
that long lines break where kubectl would break them.
"""

import argparse
import random
import re
import sys
from collections import namedtuple

import kubectl_form

SELECTED_LABEL = ("example.com/workload", "virtualization")  # two nodes of three have it
VARIANTS = 36

# What a node has of its own. The marks are valid values themselves, so that they are quoted or not as these are.
MARKS = {"name": "node-999999.virt.example.org", "uid": "eeeeeeee-eeee-4eee-8eee-eeeeeeeeeeee",
         "address": "10.999.999.999", "range": "172.999.999.0/24", "heartbeat": "2999-11-11T11:11:11Z",
         "ready": "2998-11-11T11:11:11Z", "instance": "i-0eeeeeeeeeeeeeeee", "version": "9999999999",
         "machine": "beeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"}

# How a node's two keys stand to what the CR of the benchmark wants.
Keys = namedtuple("Keys", "selected state")  # state: synced, opposite, absent

CPU_COMMON = ("aes apic arat avx avx2 bmi1 bmi2 clflush cmov cx16 cx8 de f16c fma fpu fsgsbase fxsr hypervisor invpcid "
              "lahf_lm lm mca mce mmx movbe msr mtrr nx pae pat pcid pclmuldq pdpe1gb pge pni popcnt pse pse36 rdrand "
              "rdseed rdtscp sep smap smep sse sse2 sse4.1 sse4.2 ssse3 syscall tsc tsc_adjust umip vme x2apic xgetbv1 "
              "xsave xsavec xsaveopt adx abm 3dnowprefetch erms arch-capabilities").split()
CPU_INTEL = ("avx512bw avx512cd avx512dq avx512f avx512vl avx512vnni clflushopt clwb ds ds_cpl dtes64 est fb-clear hle "
             "ht ibpb ibrs ibrs-all invtsc md-clear mds-no monitor mpx osxsave pbe pdcm pdcm-v2 pku pschange-mc-no "
             "rdctl-no rsba rtm skip-l1dfl-vmentry spec-ctrl ss ssbd stibp taa-no tm tm2 tsc-deadline tsx-ctrl vmx "
             "vmx-apicv-register vmx-apicv-vid vmx-apicv-x2apic vmx-apicv-xapic vmx-desc-exit vmx-entry-load-efer "
             "vmx-entry-load-pat vmx-ept vmx-ept-1gb vmx-ept-2mb vmx-eptad vmx-exit-load-efer vmx-exit-save-pat "
             "vmx-flexpriority vmx-hlt-exit vmx-invept vmx-invpcid-exit vmx-invvpid vmx-io-bitmap vmx-msr-bitmap "
             "vmx-mwait-exit vmx-page-walk-4 vmx-pml vmx-posted-intr vmx-preemption-timer vmx-rdpmc-exit "
             "vmx-shadow-vmcs vmx-tsc-offset vmx-unrestricted-guest vmx-vmfunc vmx-vnmi vmx-vpid vmx-xsaves "
             "xtpr").split()
CPU_AMD = ("amd-no-ssb amd-psfd amd-ssbd amd-stibp clwb clzero cmp_legacy cr8legacy extapic fxsr_opt gmet ibpb ibrs "
           "ibs invtsc lbrv lfence-always-serializing misalignsse mmxext monitor npt nrip-save osvw overflow-recov "
           "pause-filter perfctr_core perfctr_nb pfthreshold pku sev sev-es sha-ni skinit spec-ctrl ssbd stibp "
           "stibp-always-on succor svm svm-lock svme-addr-chk tce topoext tsc-deadline tsc-scale v-vmsave-vmload vaes "
           "vgif virt-ssbd vmcb-clean vnmi vpclmulqdq wbnoinvd wdt xsaveerptr xsaves").split()
Machine = namedtuple("Machine", "vendor host_model features models frequency processors memory_kib")
MACHINES = (
    Machine("Intel", "Cascadelake-Server-noTSX", CPU_COMMON + CPU_INTEL,
            [f"{name}{suffix}" for name in ("Broadwell", "Haswell", "SandyBridge", "Skylake-Client", "Skylake-Server",
                                            "Westmere", "Nehalem", "IvyBridge") for suffix in ("", "-IBRS")]
            + ["Cascadelake-Server", "Cascadelake-Server-noTSX", "Penryn"], 2394230000, 80, 394831620),
    Machine("Intel", "Broadwell-IBRS", CPU_COMMON + CPU_INTEL[8:],
            ["Broadwell", "Broadwell-IBRS", "Haswell", "Haswell-noTSX", "Haswell-IBRS", "IvyBridge", "IvyBridge-IBRS",
             "Nehalem", "Nehalem-IBRS", "Penryn", "SandyBridge", "SandyBridge-IBRS", "Westmere", "Westmere-IBRS"],
            2194917000, 56, 263855412),
    Machine("AMD", "EPYC-Milan", CPU_COMMON + CPU_AMD,
            ["Dhyana", "EPYC", "EPYC-IBPB", "EPYC-Milan", "EPYC-Rome", "Nehalem", "Opteron_G1", "Opteron_G2",
             "Opteron_G3", "Penryn", "SandyBridge", "Westmere"], 2445406000, 128, 528164904),
)
HYPERV = "base frequencies ipi reenlightenment reset runtime synic synic2 synictimer time tlbflush vpindex".split()
BOARDS = [f"pc-q35-rhel{version}" for version in ("8.0.0", "8.2.0", "8.4.0", "8.6.0", "9.0.0", "9.2.0", "9.4.0")] + [
    "pc-i440fx-rhel7.6.0", "pc", "q35"]
REPOSITORIES = [f"{host}/{name}" for host, names in (
    ("quay.io/kubevirt", "virt-api virt-controller virt-handler virt-launcher virt-operator cdi-apiserver "
     "cdi-controller cdi-importer cdi-operator cdi-uploadproxy hostpath-provisioner bridge-marker"),
    ("registry.k8s.io", "coredns/coredns etcd kube-apiserver kube-controller-manager kube-proxy kube-scheduler pause "
     "metrics-server/metrics-server node-problem-detector/node-problem-detector kube-state-metrics/kube-state-metrics "
     "sig-storage/csi-attacher sig-storage/csi-node-driver-registrar sig-storage/csi-provisioner "
     "sig-storage/csi-resizer sig-storage/csi-snapshotter sig-storage/livenessprobe"),
    ("quay.io", "cilium/cilium cilium/operator-generic cilium/hubble-relay calico/node calico/cni calico/typha "
     "metallb/speaker metallb/controller prometheus/node-exporter prometheus/prometheus prometheus/alertmanager "
     "prometheus-operator/prometheus-operator jetstack/cert-manager-controller jetstack/cert-manager-webhook"),
    ("docker.io", "library/nginx library/redis library/postgres grafana/grafana grafana/loki grafana/promtail "
     "longhornio/longhorn-manager longhornio/longhorn-engine rook/ceph"),
    ("ghcr.io", "k8snetworkplumbingwg/multus-cni k8snetworkplumbingwg/sriov-network-device-plugin "
     "fluxcd/source-controller fluxcd/kustomize-controller fluxcd/helm-controller kube-vip/kube-vip"),
) for name in names.split()]


def feature_labels(machine, chance):
    """What KubeVirt's node labeller writes, and Node Feature Discovery."""
    on = {}
    for family, names in (("cpu-feature", machine.features), ("cpu-model", machine.models),
                          ("cpu-model-migration", machine.models), ("hyperv", HYPERV),
                          ("host-model-required-features", machine.features[-36:]), ("machine-type", BOARDS)):
        on.update({f"{family}.node.kubevirt.io/{name}": "true" for name in names})
    on.update({f"feature.node.kubernetes.io/cpu-cpuid.{name.upper()}": "true" for name in machine.features[2:-1:6]})
    on[f"cpu-vendor.node.kubevirt.io/{machine.vendor}"] = "true"
    on[f"host-model-cpu.node.kubevirt.io/{machine.host_model}"] = "true"
    on[f"scheduling.node.kubevirt.io/tsc-frequency-{machine.frequency}"] = "true"
    on["cpu-timer.node.kubevirt.io/tsc-frequency"] = str(machine.frequency)
    on["cpu-timer.node.kubevirt.io/tsc-scalable"] = chance.choice(("true", "false"))
    on["kubevirt.io/schedulable"] = "true"
    on["cpumanager"] = "false"
    return on


def site_labels(variant, chance):
    zone = "eu-west-1" + "abc"[variant % 3]
    return {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "kubernetes.io/os": "linux", "kubernetes.io/hostname": MARKS["name"],
            "node-role.kubernetes.io/" + ("control-plane" if variant % 12 == 11 else "worker"): "",
            "node.kubernetes.io/instance-type": f"metal.{chance.choice((12, 16, 24))}xlarge",
            "topology.kubernetes.io/region": zone[:-1], "topology.kubernetes.io/zone": zone,
            "topology.rook.io/rack": f"rack{chance.randrange(40):02d}", "example.com/row": str(chance.randrange(12)),
            "example.com/generation": chance.choice(("gen9", "gen10", "gen11")),
            "example.com/maintenance": chance.choice(("no", "no", "no", "yes"))}


def annotations(variant):
    ours = {"alpha.kubernetes.io/provided-node-ip": MARKS["address"],
            "csi.volume.kubernetes.io/nodeid":
                '{"csi.example.com":"%(name)s","rook.rbd.example.com":"%(name)s"}' % MARKS,
            "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///run/containerd/containerd.sock",
            "kubevirt.io/heartbeat": MARKS["heartbeat"], "node.alpha.kubernetes.io/ttl": "0",
            "projectcalico.org/IPv4Address": MARKS["address"] + "/24",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true"}
    if variant % 4 == 1:  # networks keep JSON here
        ours["k8s.ovn.org/l3-gateway-config"] = (
            '{"default":{"mode":"shared","interface-id":"br-ex_%(name)s","mac-address":"52:54:00:9a:41:7c",'
            '"ip-addresses":["%(address)s/24"],"next-hops":["10.0.0.1"],"node-port-enable":"true",'
            '"vlan-id":"0"}}' % MARKS)
        ours["k8s.ovn.org/node-subnets"] = '{"default":["%(range)s"]}' % MARKS
    if variant % 6 == 2:  # what people write is folded, with quotes and without
        ours["example.com/notes"] = ("Fan tray replaced after three alarms within a week; burn-in went without errors, "
                                     "the full log and photographs are in the ticket of the data centre's own team")
        ours["example.com/contact"] = ("on call: see the rota; never drain this machine before the night shift of its "
                                       "tenants has ended, and say so in the channel # virtualization first")
    if variant % 9 == 4:  # ends with a newline, so that it becomes a block
        ours["kubectl.kubernetes.io/last-applied-configuration"] = (
            '{"apiVersion":"v1","kind":"Node","metadata":{"labels":{"example.com/workload":"virtualization"},'
            '"name":"%(name)s"}}\n' % MARKS)
    return ours


def images(chance):
    """At most 50, the largest first: kubelet's default."""
    size, found = chance.randrange(1_900_000_000, 2_700_000_000), []
    for repository in chance.sample(REPOSITORIES, chance.choice((41, 50, 50, 50))):
        size = int(size * chance.uniform(0.86, 0.99)) + 1000
        version = f"v{chance.randrange(4)}.{chance.randrange(40)}.{chance.randrange(12)}"
        found.append({"names": [f"{repository}@sha256:{chance.getrandbits(256):064x}", f"{repository}:{version}"],
                      "sizeBytes": size})
    return found


def conditions(variant):
    def condition(type_, status, reason, message):
        return {"lastHeartbeatTime": MARKS["heartbeat"], "lastTransitionTime": MARKS["ready"], "message": message,
                "reason": reason, "status": status, "type": type_}
    yield condition("NetworkUnavailable", "False", "CiliumIsUp", "Cilium is running on this node")
    yield condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
    yield condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure")
    yield condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available")
    if variant % 18 == 7:
        yield condition("Ready", "False", "KubeletNotReady", "container runtime network not ready: NetworkReady=false "
                        "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized")
    else:
        yield condition("Ready", "True", "KubeletReady", "kubelet is posting ready status")


def status(variant, machine, chance):
    devices = {f"devices.kubevirt.io/{name}": "1k" for name in ("kvm", "tun", "vhost-net")} if machine else {}
    capacity = {"cpu": str(machine.processors if machine else 32), "ephemeral-storage": "459923308Ki",
                "hugepages-1Gi": "0", "hugepages-2Mi": "0",
                "memory": f"{machine.memory_kib if machine else 131923276}Ki", "pods": "250", **devices}
    found = {"addresses": [{"address": MARKS["address"], "type": "InternalIP"},
                           {"address": MARKS["name"], "type": "Hostname"}],
             "allocatable": dict(capacity, cpu=f"{(machine.processors if machine else 32) - 1}500m"),
             "capacity": capacity, "conditions": list(conditions(variant)),
             "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}, "images": images(chance) if machine else [],
             "nodeInfo": {"architecture": "amd64", "bootID": MARKS["uid"],
                          "containerRuntimeVersion": "containerd://1.7.27", "kernelVersion": "6.1.0-37-amd64",
                          "kubeProxyVersion": "", "kubeletVersion": "v1.32.4", "machineID": MARKS["machine"],
                          "operatingSystem": "linux", "osImage": "Debian GNU/Linux 12 (bookworm)",
                          "systemUUID": MARKS["uid"]}}
    if machine and variant % 3 == 0:
        volumes = [f"kubernetes.io/csi/rook.rbd.example.com^0001-{chance.getrandbits(64):016x}" for _ in range(4)]
        found["volumesAttached"] = [{"devicePath": "", "name": volume} for volume in volumes]
        found["volumesInUse"] = volumes
    if not machine:
        del found["images"]
    return found


def set_keys(metadata, keys):
    """The two keys of KSM, as the CR of the benchmark wants them or otherwise."""
    if keys.selected:
        metadata["labels"][SELECTED_LABEL[0]] = SELECTED_LABEL[1]
    if keys.state != "absent":
        value = "true" if keys.selected == (keys.state == "synced") else "false"
        metadata["labels"]["kubevirt.io/ksm-enabled"] = value
        metadata["annotations"]["kubevirt.io/ksm-handler-managed"] = value


def shape(variant, keys, profile, seed):
    """One Node, with marks in it."""
    chance = random.Random(f"{seed}/{variant}")
    machine = MACHINES[variant % len(MACHINES)] if profile == "kubevirt" else None
    ours = annotations(variant)
    labels = site_labels(variant, chance)
    if machine:
        labels.update(feature_labels(machine, chance))
    metadata = {"annotations": ours, "creationTimestamp": "2024-09-13T08:17:07Z", "labels": labels,
                "name": MARKS["name"], "resourceVersion": MARKS["version"], "uid": MARKS["uid"]}
    set_keys(metadata, keys)
    spec = {"podCIDR": MARKS["range"], "podCIDRs": [MARKS["range"]],
            "providerID": f"metal:///eu-west-1{'abc'[variant % 3]}/{MARKS['instance']}"}
    if variant % 12 == 11:
        spec["taints"] = [{"effect": "NoSchedule", "key": "node-role.kubernetes.io/control-plane"}]
    if variant % 13 == 5:
        spec["unschedulable"] = True
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec,
            "status": status(variant, machine, chance)}


def template(text):
    """The text of a shape, made ready for the % operator."""
    text = text.replace("%", "%%")
    for name, mark in MARKS.items():
        text = text.replace(mark, f"%({name})s")
    return text


def own_values(index, chance):
    """What takes the place of the marks; as long as they are."""
    bits = f"{chance.getrandbits(256):064x}"
    a, b, c = index // 10000 % 100, index // 100 % 100, index % 100
    return {"name": f"node-{index:06d}.virt.example.org",
            "uid": f"{bits[:8]}-{bits[8:12]}-4{bits[12:15]}-a{bits[15:18]}-{bits[18:30]}",
            "address": f"10.1{a:02d}.1{b:02d}.1{c:02d}", "range": f"172.1{b:02d}.1{c:02d}.0/24",
            "heartbeat": f"2025-05-01T07:{index % 60:02d}:{b % 60:02d}Z",
            "ready": f"2025-04-2{a % 10}T0{c % 10}:17:07Z",
            "instance": f"i-0{bits[30:46]}", "version": f"{1000000000 + int(bits[46:53], 16) % 8999999999}",
            "machine": "b" + bits[33:64]}


def keys_of(index, changed, chance):
    draw = chance.random()
    state = "synced" if draw * 100 >= changed else "absent" if index % 2 else "opposite"
    return Keys(selected=index % 3 != 0, state=state)


def own_images(text, chance):
    """The digests and the sizes of the images anew, as long as they were: no two nodes have an image in common."""
    text = re.sub("@sha256:[0-9a-f]{64}", lambda _: f"@sha256:{chance.getrandbits(256):064x}", text)
    return re.sub('(sizeBytes"?: [0-9]+)[0-9]{5}', lambda found: f"{found[1]}{chance.randrange(100000):05d}", text)


def nodes(count, form, changed=30, profile="kubevirt", seed=1, images="shared"):
    """The texts of the nodes, one after the other."""
    write = kubectl_form.yaml_item if form == "yaml" else kubectl_form.json_item
    chance = random.Random(seed)
    templates = {}
    for index in range(count):
        keys = keys_of(index, changed, chance)
        variant = chance.randrange(VARIANTS)
        found = templates.get((variant, keys))
        if not found:
            found = templates[variant, keys] = template(write(shape(variant, keys, profile, seed)))
        text = found % own_values(index, chance)
        yield own_images(text, chance) if images == "own" else text


def write_snapshot(out, count, form, **options):
    """Writes it all to a file that is open for text."""
    start, between, end = kubectl_form.YAML_LIST if form == "yaml" else kubectl_form.JSON_LIST
    out.write(start)
    for index, text in enumerate(nodes(count, form, **options)):
        out.write(between + text if index and between else text)
    out.write(end)


def kubevirt():
    """The text of the CR that selects two nodes of three."""
    return ("apiVersion: kubevirt.io/v1\nkind: KubeVirt\nmetadata:\n  name: kubevirt\n  namespace: kubevirt\nspec:\n"
            "  configuration:\n    ksmConfiguration:\n      nodeLabelSelector:\n        matchLabels:\n"
            f"          {SELECTED_LABEL[0]}: {SELECTED_LABEL[1]}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("count", type=int, help="how many nodes")
    parser.add_argument("-o", "--output", choices=("yaml", "json"), default="yaml")
    parser.add_argument("--changed", type=float, default=30, metavar="PERCENT",
                        help="how many nodes have other keys than the CR wants (30)")
    parser.add_argument("--profile", choices=("kubevirt", "plain"), default="kubevirt",
                        help="plain: without KubeVirt's labels and without images, 3 KB a node")
    parser.add_argument("--images", choices=("shared", "own"), default="shared",
                        help="own: no two nodes have an image in common, as nowhere")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not 0 < arguments.count <= 1000000:
        parser.error("from 1 to 1000000 nodes")
    write_snapshot(sys.stdout, arguments.count, arguments.output, changed=arguments.changed,
                   profile=arguments.profile, seed=arguments.seed, images=arguments.images)


if __name__ == "__main__":
    main()
