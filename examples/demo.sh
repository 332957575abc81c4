#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job, on the files of this folder: plan, write the patches, look at one. `make demo` runs it.
set -eu
cd "$(dirname "$0")/.."
samepage=${SAMEPAGE:-build/samepage}
out=build/demo/patches

show() { # runs a command after printing it as a user would type it
	printf '\n$ %s\n' "$*"
	"$@"
}

mkdir -p "$(dirname "$out")"
show "$samepage" plan -f examples/kubevirt-hostnames.yaml -n examples/nodes.yaml
show "$samepage" emit -f examples/kubevirt-hostnames.yaml -n examples/nodes.yaml -d "$out" --force
show ls -R "$out"
patches=("$out"/patches/*)
show cat "${patches[0]}"

printf '\nTo apply them to a cluster: %s/apply.sh\n' "$out"
