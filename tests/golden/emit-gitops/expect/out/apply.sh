#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Hands the KSM labels and annotations of 1 node to kubectl, one patch for each.
# Written by samepage; README.md, beside it, says what changes. ./apply.sh --help
set -uf # -f: KUBECTL is split into words below, and they are no patterns

usage() {
	cat <<'END'
usage: apply.sh [--dry-run] [--keep-going]

Patches the nodes of a cluster, one after the other, and stops at the first
that fails.

  --dry-run     let the API server check every patch, and change nothing
  --keep-going  go on after a failure; the exit status is 1 all the same
  -h, --help    show this text

KUBECTL is the command to run, flags included: KUBECTL='kubectl --context prod'.
It runs in the folder of this script: file names in KUBECTL's flags and in
KUBECONFIG should begin with a slash.
END
}

keep_going=false
dry_run=
for argument; do
	case $argument in
	--dry-run) dry_run=--dry-run=server ;;
	--keep-going) keep_going=true ;;
	-h | --help) usage; exit 0 ;;
	*) echo "apply.sh: unknown argument: $argument" >&2; usage >&2; exit 64 ;;
	esac
done

# A program named by a path that is relative to where we are now stays that program.
KUBECTL=${KUBECTL:-kubectl}
case ${KUBECTL%% *} in
/*) ;;
*/*) KUBECTL=$PWD/$KUBECTL ;;
esac
CDPATH='' cd -- "$(dirname -- "$0")" || exit 1

patched=0
failed=

# Runs KUBECTL in kubectl's stead, and counts: kubectl patch node NAME ...
kubectl() {
	# Unquoted on purpose: KUBECTL may carry flags, and dry_run may be nothing at all.
	# shellcheck disable=SC2086
	if command $KUBECTL "$@" $dry_run; then
		patched=$((patched + 1))
	else
		failed="$failed $3"
		"$keep_going" || exit 1
	fi
}

# However the script ends, it says how far it came.
report() {
	echo "$patched of $total nodes patched${dry_run:+ (dry run: nothing was changed)}."
	[ -z "$failed" ] || echo "apply.sh: failed:$failed" >&2
}
trap report EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

total=1
kubectl patch node node03 --type merge --patch-file patches/node03.yaml
[ -z "$failed" ]
