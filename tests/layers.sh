#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Proves the layers: the pure modules reach for nothing outside the process, and includes point one way,
# reconciler/ -> state/ -> selectors/. Asks the objects (nm) rather than the sources, so that no macro can hide a call.
#
#   tests/layers.sh [BUILD]     the tree to look at; default: build
set -u
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}

# The modules that may talk to the system. All others are pure.
edges='
reconciler/main
reconciler/print
reconciler/progress
reconciler/signals
reconciler/watch
state/clusters
state/file
state/folder
state/machine*
state/privileges
state/processes
state/source
'
# What a pure module may use all the same: MODULE FUNCTION...
exceptions='
reconciler/command_diff getenv
reconciler/command_facts time
reconciler/command_node getenv uname
reconciler/command_shared time
reconciler/options getenv
state/arena write _exit
'
# What selectors/ may include of state/, and who may include more: MODULE HEADER... An expression is a source in memory,
# so that its errors have a place.
common='arena text report utf8'
include_exceptions='
selectors/expression state/source.h
'

forbidden='open openat creat fopen fdopen freopen opendir fdopendir read pread readv fread fgets fgetc getline getdelim
write pwrite writev fwrite fputs fputc putc puts putchar printf fprintf vprintf vfprintf dprintf vdprintf perror
stdin stdout stderr close fclose unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir stat fstat lstat fstatat
mmap ioctl flock fcntl getenv secure_getenv setenv putenv environ time clock_gettime gettimeofday localtime gmtime
strftime exit _exit _Exit quick_exit abort atexit system popen execv execve execvp execl execlp fork vfork posix_spawn
isatty kill signal sigaction socket connect gethostname uname sysconf setlocale random rand srand getrandom sleep nanosleep'

failed=0
fail() {
	echo "layers: $*"
	failed=1
}

# Whether word $1 is in the list $2, whose words may be patterns.
listed() {
	local word
	set -f # the patterns are for [[ ]], not for file names
	for word in $2; do
		# shellcheck disable=SC2053 # a pattern on purpose
		[[ $1 == $word ]] && { set +f; return 0; }
	done
	set +f
	return 1
}

# What the list $2 has for module $1.
allowed_to() {
	awk -v module="$1" '$1 == module { $1 = ""; print }' <<<"$2"
}

# The undefined symbols of object $1, by the name used in the source: what glibc makes of a call for
# _FORTIFY_SOURCE (__read_chk, __open_2) or for large files (open64) is taken back.
symbols() {
	nm -u "$1" | sed -E 's/^ *[Uw] //; s/@.*//; s/^__(.*)(_chk|_2)$/\1/; s/^__isoc[0-9]+_//; s/64$//'
}

modules=0
for source in selectors/*.c state/*.c reconciler/*.c; do
	module=${source%.c}
	listed "$module" "$edges" && continue
	object=$build/$module.o
	if [ ! -f "$object" ]; then
		fail "$object is not there; build first"
		continue
	fi
	allowed=$(allowed_to "$module" "$exceptions")
	while read -r symbol; do
		if listed "$symbol" "$forbidden" && ! listed "$symbol" "$allowed"; then
			fail "$source reaches the world: $symbol"
		fi
	done < <(symbols "$object")
	modules=$((modules + 1))
done

while IFS=: read -r file line header; do
	case $file:$header in
	selectors/*:selectors/* | state/*:selectors/* | state/*:state/*) ;;
	reconciler/*:*) ;;
	selectors/*:state/*)
		name=${header#state/}
		listed "${name%.h}" "$common" || listed "$header" "$(allowed_to "${file%.*}" "$include_exceptions")" ||
			fail "$file:$line: selectors/ may not include $header"
		;;
	*) fail "$file:$line: may not include $header" ;;
	esac
done < <(grep -nHoE '^#include "[^"]+"' selectors/*.[ch] state/*.[ch] reconciler/*.[ch] |
	sed -E 's/#include "([^"]+)"/\1/')

[ "$failed" -eq 0 ] && echo "layers: $modules pure modules, all includes in order"
exit "$failed"
