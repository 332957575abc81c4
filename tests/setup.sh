#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes sure that the tools and libraries for a job are there, and installs what is missing with apt-get.
#
#   tests/setup.sh [--check] build|check|browser|lint|fuzz|coverage|bench...
#
# It asks for the thing itself (a command, a library), not for the package, so that what was installed otherwise counts
# too; where nothing is missing it does nothing. With --check it only says what is missing, and fails.
# Plain sh, as it must run where little else is installed.
set -u

only_check=
if [ "${1-}" = --check ]; then
	only_check=1
	shift
fi

missing=
need_command() { # COMMAND PACKAGE...
	command -v "$1" >/dev/null 2>&1 && return
	shift
	missing="$missing $*"
}
need_module() { # PYTHON-MODULE PACKAGE
	python3 -c "import $1" >/dev/null 2>&1 || missing="$missing $2"
}
need_library() { # PKG-CONFIG-NAME PACKAGE
	pkg-config --exists "$1" >/dev/null 2>&1 || missing="$missing $2"
}
# libFuzzer and the sanitizers' libraries are a package of their own, named after clang's version.
need_fuzzer() {
	echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
		clang -fsanitize=fuzzer,address -x c - -o /dev/null >/dev/null 2>&1 && return
	major=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
	missing="$missing libclang-rt-${major:-14}-dev"
}

for job in "$@"; do
	case $job in
	build)
		# Recommended packages are left out below, so the C library's headers are named with the compiler.
		need_command "${CC:-cc}" gcc libc6-dev
		need_command make make
		need_command pkg-config pkg-config
		need_library yaml-0.1 libyaml-dev
		need_library libfyaml libfyaml-dev
		need_library inih libinih-dev
		need_library nettle nettle-dev
		;;
	check)
		need_library cmocka libcmocka-dev
		need_command python3 python3
		need_command kubectl kubernetes-client
		need_command shellcheck shellcheck
		need_command git git
		need_command jq jq
		need_command strace strace
		need_command xmllint libxml2-utils
		need_module yaml python3-yaml
		need_module jsonschema python3-jsonschema
		;;
	browser)
		need_command chromium chromium
		need_command pre-commit pre-commit
		;;
	lint)
		need_command clang clang
		need_command clang-format clang-format
		need_command clang-tidy clang-tidy
		need_command cppcheck cppcheck
		need_command shellcheck shellcheck
		need_command mandoc mandoc
		;;
	fuzz)
		need_command clang clang
		need_command python3 python3
		need_fuzzer
		;;
	bench)
		need_command python3 python3
		need_command kubectl kubernetes-client
		need_command jq jq
		need_command strace strace
		need_command valgrind valgrind
		need_module yaml python3-yaml
		;;
	coverage)
		need_command gcovr gcovr
		;;
	*)
		echo "usage: tests/setup.sh [--check] build|check|browser|lint|fuzz|coverage|bench..." >&2
		exit 64
		;;
	esac
done

[ -n "$missing" ] || exit 0
missing=${missing# }
install="apt-get install --no-install-recommends -y $missing"

if ! command -v apt-get >/dev/null 2>&1; then
	echo "Needed for '$*' and not found; the names are Debian's: $missing" >&2
	echo "Install them (or their like: the libraries are libyaml, libfyaml 0.7.12, inih and nettle) and try again." >&2
	exit 1
fi
if [ -n "$only_check" ]; then
	echo "Not installed: $missing. To install: $install (or let 'make demo' or 'make check' do it)" >&2
	exit 1
fi

as_root="env"
if [ "$(id -u)" -ne 0 ]; then
	if ! sudo -n true >/dev/null 2>&1; then
		echo "Needed for '$*' and not installed: $missing. As root, run: $install" >&2
		exit 1
	fi
	as_root="sudo -n env"
fi

echo "Installing with apt-get, as needed for '$*': $missing"
# An update that fails is no reason to stop: the lists that are there may do.
$as_root apt-get update -qq </dev/null >/dev/null ||
	echo "apt-get update failed; trying with the package lists that are there" >&2
# A machine that has just started may still be installing updates of its own, so wait for the lock.
# shellcheck disable=SC2086 # several words on purpose
$as_root DEBIAN_FRONTEND=noninteractive $install -qq -o DPkg::Lock::Timeout=300 </dev/null >/dev/null || {
	echo "Could not install: $missing. To try by hand: $install" >&2
	exit 1
}
