# SPDX-License-Identifier: Apache-2.0
"""The pipelines in examples/: their shell steps are run as the CI system would run them, with stand-ins for its services."""

import json
import re
import shlex
import shutil
import xml.etree.ElementTree as ElementTree

from harness import TOP, case, environment, need, run, skip, write

PIPELINES = TOP / "examples" / "pipelines"
EXAMPLES = TOP / "examples"


def load(path):
    try:
        import yaml
    except ImportError:
        skip("python3-yaml is not installed")
    return list(yaml.safe_load_all(path.read_text()))


def stand_in(folder, name, script):
    path = write(folder / "bin" / name, "#!/bin/sh\n" + script)
    path.chmod(0o755)


def step_environment(folder, **more):
    own = environment(home=folder, **more)
    own["PATH"] = f"{folder / 'bin'}:{own['PATH']}"
    return own


def shell(folder, script, **more):
    """A step as GitHub and GitLab run it: bash that stops at the first failure."""
    result = run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], cwd=folder,
                 env=step_environment(folder, **more), timeout=60)
    return result


def repository(folder):
    """A repository with a cluster in it and a branch that changes its CR."""
    need("git")
    cluster = folder / "clusters" / "prod"
    cluster.mkdir(parents=True)
    shutil.copy(EXAMPLES / "nodes.yaml", cluster / "nodes.yaml")
    shutil.copy(EXAMPLES / "kubevirt-labels.yaml", cluster / "kubevirt.yaml")
    own = "git -c user.name=t -c user.email=t@example.com"
    result = shell(folder, f"git init -q -b main && git add clusters && {own} commit -qm one && git rev-parse HEAD")
    assert result.status == 0, result
    shutil.copy(EXAMPLES / "kubevirt-hostnames.yaml", cluster / "kubevirt.yaml")
    assert shell(folder, f"{own} commit -qam two").status == 0
    return result.stdout.decode().strip()


def steps(job):
    return {step["name"]: step["run"] for step in load(PIPELINES / "github-workflow.yaml")[0]["jobs"][job]["steps"] if "run" in step}


@case
def the_github_workflow_keeps_one_comment(folder):
    base = repository(folder)
    (folder / "temp").mkdir()
    stand_in(folder, "gh", 'echo "$@" >>"$RUNNER_TEMP/calls"\ncase $* in *--jq*) cat "$RUNNER_TEMP/own" 2>/dev/null || true ;; esac\n')
    more = dict(CLUSTER="clusters/prod", RUNNER_TEMP=str(folder / "temp"), BASE=base, GITHUB_REPOSITORY="o/r", NUMBER="7")
    job = steps("plan")
    for name in ("Check the custom resource", "Plan", "Comment"):
        result = shell(folder, job[name], **more)
        assert result.status == 0, f"{name}\n{result}"
    comment = (folder / "temp" / "comment.md").read_text()
    assert comment.startswith("<!-- samepage:plan -->\n") and "<!-- samepage:diff -->\n**Diff: 2 join" in comment, comment
    assert len(comment) <= 60000
    assert "--method POST repos/o/r/issues/7/comments" in (folder / "temp" / "calls").read_text()
    write(folder / "temp" / "own", "42\n")
    assert shell(folder, job["Comment"], **more).status == 0
    assert "--method PATCH repos/o/r/issues/comments/42" in (folder / "temp" / "calls").read_text()
    result = shell(folder, job["Guard"], **more)
    assert result.status == 3 and b"::error title=samepage guard-max-changed" in result.stdout, result
    broken = (EXAMPLES / "kubevirt-labels.yaml").read_text().replace("nodeLabelSelector", "nodeSelector")
    good = (folder / "clusters" / "prod" / "kubevirt.yaml").read_text()
    write(folder / "clusters" / "prod" / "kubevirt.yaml", broken)
    result = shell(folder, job["Check the custom resource"], **more)
    assert result.status == 1 and result.stdout.startswith(
        b"::error title=samepage unknown-field,file=clusters/prod/kubevirt.yaml,line="), result
    write(folder / "clusters" / "prod" / "kubevirt.yaml", good)
    result = shell(folder, job["Plan"], **dict(more, BASE="0" * 40))
    assert result.status == 0 and "absent (no ksmConfiguration)" in (folder / "temp" / "comment.md").read_text(), result


@case
def the_github_workflow_finds_drift(folder):
    repository(folder)
    (folder / "temp").mkdir()
    stand_in(folder, "kubectl", f"[ -s \"$2\" ] && cat '{EXAMPLES}/nodes.yaml'\n")
    more = dict(CLUSTER="clusters/prod", RUNNER_TEMP=str(folder / "temp"), KUBECONFIG_READONLY="apiVersion: v1")
    script = steps("drift")["Look for drift"]
    result = shell(folder, script, **more)
    assert result.status == 2 and b"::notice title=samepage::Plan: 2 to enable" in result.stdout, result
    assert not (folder / "temp" / "kubeconfig").exists(), "the secret is left behind"
    shutil.copy(EXAMPLES / "restore-scenario" / "2-kubevirt.yaml", folder / "clusters" / "prod" / "kubevirt.yaml")
    stand_in(folder, "kubectl", f"cat '{EXAMPLES}/restore-scenario/2-nodes.yaml'\n")
    assert shell(folder, script, **more).status == 0


@case
def the_github_workflow_is_pinned():
    text = (PIPELINES / "github-workflow.yaml").read_text()
    for action in re.findall(r"uses: (\S+)", text):
        assert re.fullmatch(r"[a-z-]+/[a-z-]+@[0-9a-f]{40}", action), action
    job = load(PIPELINES / "github-workflow.yaml")[0]
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}


def gitlab(folder):
    need("jq")
    job = load(PIPELINES / "gitlab-ci.yml")[0]["ksm-plan"]
    result = shell(folder, "\n".join(job["script"]), CLUSTER="clusters/prod")
    report = json.loads((folder / "gl-code-quality-report.json").read_text())
    for issue in report:  # what GitLab demands of an issue
        assert issue["description"] and issue["check_name"] and issue["fingerprint"], issue
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker"), issue
        assert issue["location"]["path"] and issue["location"]["lines"]["begin"] >= 1, issue
    ElementTree.fromstring((folder / "junit.xml").read_bytes())
    assert result.status == 1 or (folder / "plan.md").read_text().startswith("<!-- samepage:plan -->")
    return result, report


@case
def the_gitlab_pipeline_reports(folder):
    repository(folder)
    result, report = gitlab(folder)
    assert result.status == 3 and {issue["check_name"] for issue in report} == {"guard-max-changed", "guard-protect"}, result
    shutil.copy(EXAMPLES / "kubevirt-all.yaml", folder / "clusters" / "prod" / "kubevirt.yaml")
    result, report = gitlab(folder)
    assert {issue["check_name"] for issue in report} == {"selects-all", "guard-max-changed", "guard-protect"}, report
    assert len({issue["fingerprint"] for issue in report}) == 3
    shutil.copy(EXAMPLES / "kubevirt-labels.yaml", folder / "clusters" / "prod" / "kubevirt.yaml")
    result, report = gitlab(folder)
    assert result.status == 0 and report == [], result
    broken = (EXAMPLES / "kubevirt-labels.yaml").read_text().replace("nodeLabelSelector", "nodeSelector")
    write(folder / "clusters" / "prod" / "kubevirt.yaml", broken)
    result, report = gitlab(folder)
    assert result.status == 1 and [issue["check_name"] for issue in report] == ["unknown-field"], result
    assert report[0]["severity"] == "blocker" and report[0]["location"] == \
        {"path": "clusters/prod/kubevirt.yaml", "lines": {"begin": 1 + broken[:broken.index("nodeSelector")].count("\n")}}
    assert b"unknown-field clusters/prod/kubevirt.yaml:" in (folder / "junit.xml").read_bytes()


@case
def the_pre_commit_hook_checks_each_file(folder):
    hook, = load(TOP / ".pre-commit-hooks.yaml")[0]
    good = str(shutil.copy(EXAMPLES / "kubevirt-labels.yaml", folder / "kubevirt.yaml"))
    bad = str(write(folder / "kubevirt bad.yaml", (EXAMPLES / "kubevirt-all.yaml").read_text().replace("nodeLabelSelector", "nodeSelector")))
    for files, status in (([good], 0), ([good, good], 0), ([bad], 1), ([bad, good], 1), ([good, bad], 1)):
        result = run([*shlex.split(hook["entry"]), *files], env=environment())
        assert result.status == status, f"{files}\n{result}"
    for path, matches in (("kubevirt.yaml", True), ("a/b/kubevirt-prod.yml", True), ("hyperconverged.yaml", True),
                          ("nodes.yaml", False), ("mykubevirt.yaml", False), ("kubevirt.md", False)):
        assert bool(re.search(hook["files"], path)) == matches, path
    used, = load(PIPELINES / "pre-commit-config.yaml")[0]["repos"][0]["hooks"]
    assert used["id"] == hook["id"]


@case
def the_pre_commit_hook_runs_under_pre_commit(folder):
    need("pre-commit")
    need("git")
    shutil.copy(TOP / ".pre-commit-hooks.yaml", folder)
    shutil.copy(EXAMPLES / "kubevirt-labels.yaml", folder / "kubevirt.yaml")
    own = "git -c user.name=t -c user.email=t@example.com"
    assert shell(folder, f"git init -q && git add -A && {own} commit -qm one").status == 0
    result = shell(folder, f"pre-commit try-repo '{folder}' samepage-check --all-files")
    assert result.status == 0 and b"Passed" in result.stdout, result
    write(folder / "kubevirt.yaml", (EXAMPLES / "kubevirt-all.yaml").read_text().replace("nodeLabelSelector", "nodeSelector"))
    result = shell(folder, f"pre-commit try-repo '{folder}' samepage-check --all-files")
    assert result.status == 1 and b"unknown-field" in result.stdout, result


@case
def no_controller_may_prune_a_node():
    application, = load(PIPELINES / "argocd-application.yaml")
    policy = application["spec"]["syncPolicy"]
    assert policy["automated"]["prune"] is False and {"Prune=false", "Delete=false", "ServerSideApply=true"} <= set(policy["syncOptions"])
    assert "ClientSideApplyMigration=false" in policy["syncOptions"] and "finalizers" not in application["metadata"]
    _, kustomization = load(PIPELINES / "flux-kustomization.yaml")
    spec = kustomization["spec"]
    assert (spec["prune"], spec["force"], spec["deletionPolicy"]) == (False, False, "Orphan")
    assert application["spec"]["source"]["path"] == spec["path"].lstrip("./") == "ksm/prod"


@case
def a_gitops_folder_holds_both_keys_of_every_node(folder):
    need("kubectl")
    arguments = "-f '{0}/kubevirt-hostnames.yaml' -n '{0}/nodes.yaml' -d ksm --gitops".format(EXAMPLES)
    assert shell(folder, f"samepage emit -q {arguments}").status == 0
    built = run(["kubectl", "kustomize", str(folder / "ksm")], timeout=60)
    assert built.status == 0, built
    write(folder / "built.yaml", built.stdout)
    nodes = load(folder / "built.yaml")
    assert len(nodes) == 5
    for node in nodes:
        wanted = "true" if node["metadata"]["name"] in ("node01", "node03") else "false"
        assert node["metadata"]["labels"] == {"kubevirt.io/ksm-enabled": wanted}
        assert node["metadata"]["annotations"] == {"kubevirt.io/ksm-handler-managed": wanted}
        assert node["metadata"]["uid"]
    assert shell(folder, f"samepage emit -q --force {arguments}").status == 0
    assert shell(folder, "samepage emit -q --plan ksm/plan.json --gitops -d again && diff -r ksm again").status == 0


@case
def the_air_gap_is_crossed_with_checksums(folder):
    need("kubectl")
    inside, outside = folder / "inside", folder / "outside"
    for side in (inside, outside):
        side.mkdir()
        shutil.copy(PIPELINES / "airgap" / "Makefile", side)
    stand_in(folder, "kubectl", f"""case "$1 $2" in
    "get nodes") cat '{EXAMPLES}/nodes.yaml' ;;
    "get kubevirts.kubevirt.io") cat '{EXAMPLES}/kubevirt-labels.yaml' ;;
    "patch node") echo "$@" >>'{folder}/patched' ;;
    esac\n""")
    own = dict(env=step_environment(folder), timeout=60)
    assert run(["make", "-s", "snapshot"], cwd=inside, **own).status == 0
    shutil.copy(inside / "snapshot.tar", outside)
    assert run(["make", "-s", "review"], cwd=outside, **own).status == 0
    write(outside / "in" / "kubevirt.yaml", (EXAMPLES / "kubevirt-hostnames.yaml").read_text())
    result = run(["make", "-s", "review"], cwd=outside, **own)
    assert result.status == 2 and b"guard-max-changed" in result.stderr, result
    result = run(["make", "-s", "review", "GUARDS=--max-changed 4"], cwd=outside, **own)
    assert result.status == 0 and b"Diff: 2 join, 2 leave" in result.stdout, result
    assert run(["make", "-s", "patches"], cwd=outside, **own).status == 0
    shutil.copy(outside / "patches.tar", inside)
    assert run(["make", "-s", "apply"], cwd=inside, **own).status == 0
    assert (folder / "patched").read_text().count("patch node") == 8  # four nodes: once as a dry run
    with open(outside / "patches" / "nodes.yaml", "a") as file:
        file.write("# changed on the way\n")
    assert run(["tar", "-cf", inside / "patches.tar", "patches", "patches.sha256"], cwd=outside).status == 0
    assert run(["make", "-s", "apply"], cwd=inside, **own).status == 2
    assert (folder / "patched").read_text().count("patch node") == 8
