/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "reconciler/emit.h"
#include "reconciler/emitted.h"
#include "state/folder.h"
#include "state/text.h"
#include "tests/unit/sample_plan.h"

/* Each test runs in an empty folder of its own, which is the working directory. */
struct place {
	char path[64];
	struct sp_arena arena;
	struct sp_report report;
};

static int enter(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->path, "/tmp/samepage-test-XXXXXX");
	if (!mkdtemp(place->path) || chdir(place->path) != 0)
		return -1;
	umask(022);
	place->report.arena = &place->arena;
	*state = place;
	return 0;
}

static int leave(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", place->path);
	if (chdir("/") != 0 || system(command) != 0)
		return -1;
	sp_arena_free(&place->arena);
	free(place);
	return 0;
}

static bool emit(struct place *place, const char *path, bool force)
{
	return sp_emit(&sample_plan, path, &(struct sp_emit_options){ .force = force }, &place->report);
}

/* The code and message of the newest error. */
static void assert_refused(struct place *place, const char *code, const char *message)
{
	const struct sp_diagnostic *diagnostic = &place->report.diagnostics[place->report.count - 1];

	assert_true(place->report.errors > 0);
	assert_string_equal(diagnostic->code, code);
	assert_string_equal(diagnostic->message, message);
}

/* What a shell command prints. */
static void assert_output(const char *command, const char *expected)
{
	FILE *stream = popen(command, "r");
	char output[8192];
	size_t length;

	assert_non_null(stream);
	length = fread(output, 1, sizeof output - 1, stream);
	output[length] = '\0';
	pclose(stream);
	assert_string_equal(output, expected);
}

static void put(const char *path, const char *content)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(file >= 0);
	assert_int_equal(write(file, content, strlen(content)), (ssize_t)strlen(content));
	close(file);
}

#define LISTING "find . -mindepth 1 -printf '%M %P\\n' | LC_ALL=C sort -k 2"
#define EMITTED                                 \
	"drwxr-xr-x out\n"                      \
	"-rw-r--r-- out/README.md\n"            \
	"-rwxr-xr-x out/apply.sh\n"             \
	"-rw-r--r-- out/nodes.yaml\n"           \
	"drwxr-xr-x out/patches\n"              \
	"-rw-r--r-- out/patches/alpha.yaml\n"   \
	"-rw-r--r-- out/patches/bravo.yaml\n"   \
	"-rw-r--r-- out/patches/charlie.yaml\n" \
	"-rw-r--r-- out/patches/delta.yaml\n"   \
	"-rw-r--r-- out/patches/golf.yaml\n"    \
	"-rw-r--r-- out/plan.json\n"

static void test_fresh(void **state)
{
	struct place *place = *state;

	assert_true(emit(place, "out//", false));
	assert_int_equal(place->report.count, 0);
	assert_output(LISTING, EMITTED);
	assert_output("cat out/patches/golf.yaml", "apiVersion: \"v1\"\n"
						   "kind: \"Node\"\n"
						   "metadata:\n"
						   "  name: \"golf\"\n"
						   "  labels:\n"
						   "    kubevirt.io/ksm-enabled: \"false\"\n");
	assert_output("for n in alpha bravo charlie delta golf; do echo ---; cat out/patches/$n.yaml; done |"
		      " cmp - out/nodes.yaml",
		      "");
	assert_output("grep '^kubectl patch' out/apply.sh",
		      "kubectl patch node alpha --type merge --patch-file patches/alpha.yaml\n"
		      "kubectl patch node bravo --type merge --patch-file patches/bravo.yaml\n"
		      "kubectl patch node charlie --type merge --patch-file patches/charlie.yaml\n"
		      "kubectl patch node delta --type merge --patch-file patches/delta.yaml\n"
		      "kubectl patch node golf --type merge --patch-file patches/golf.yaml\n");
}

static void test_json_patches(void **state)
{
	struct place *place = *state;

	assert_true(sp_emit(&sample_plan, "out", &(struct sp_emit_options){ .format = SP_PATCH_JSON }, &place->report));
	assert_output("cd out && echo *.* patches/*",
		      "README.md apply.sh plan.json patches/alpha.json patches/bravo.json "
		      "patches/charlie.json patches/delta.json patches/golf.json\n");
	assert_output("grep -c -e '--type json --patch-file patches/.*.json$' out/apply.sh", "5\n");
}

static void test_umask(void **state)
{
	struct place *place = *state;

	umask(077);
	assert_true(emit(place, "out", false));
	assert_output("stat -c %a out out/patches out/plan.json out/apply.sh", "700\n700\n600\n700\n");
}

static void test_nothing_to_patch(void **state)
{
	struct place *place = *state;
	struct sp_plan plan = sample_plan;

	plan.nodes = &sample_nodes[5];
	plan.node_count = 1;
	assert_true(sp_emit(&plan, "out", &(struct sp_emit_options){ 0 }, &place->report));
	assert_output("cat out/nodes.yaml; out/apply.sh",
		      "# No node's labels or annotations change.\n0 of 0 nodes patched.\n");
}

static void test_existing(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdir("out", 0755), 0);
	assert_false(emit(place, "out", false));
	assert_refused(place, "destination-exists", "out: exists; --force replaces it");
	assert_output(LISTING, "drwxr-xr-x out\n");
	assert_true(emit(place, "out", true));
	assert_output(LISTING, EMITTED);
}

static void test_force(void **state)
{
	struct place *place = *state;

	assert_true(sp_emit(&sample_plan, "out", &(struct sp_emit_options){ .format = SP_PATCH_JSON }, &place->report));
	assert_true(emit(place, "out", true));
	assert_true(emit(place, "./out", true));
	assert_int_equal(place->report.count, 0);
	assert_output(LISTING, EMITTED);
}

/* What is not ours is never replaced, and the first of it is named. */
static void test_foreign(void **state)
{
	static const struct {
		const char *make, *unmake, *name;
	} cases[] = {
		{ "touch out/aaa out/zzz", "rm out/aaa out/zzz", "aaa" },
		{ "touch out/.hidden", "rm out/.hidden", ".hidden" },
		{ "mkdir out/sub", "rmdir out/sub", "sub" },
		{ "touch out/patches/other.yaml", "rm out/patches/other.yaml", "patches/other.yaml" },
		{ "touch out/patches/alpha.yaml~", "rm out/patches/alpha.yaml~", "patches/alpha.yaml~" },
		{ "mkdir out/patches/foxtrot.yaml", "rmdir out/patches/foxtrot.yaml", "patches/foxtrot.yaml" },
		{ "ln -s x out/patches/echo.yaml", "rm out/patches/echo.yaml", "patches/echo.yaml" },
		{ "mv out/patches . && ln -s ../patches out/patches", "rm out/patches && mv patches out", "patches" },
		{ "mv out/apply.sh . && ln -s ../apply.sh out", "mv apply.sh out", "apply.sh" },
		{ "mv out/plan.json .", "mv plan.json out", "README.md" },
		{ "mv out/plan.json . && ln -s ../plan.json out", "mv plan.json out", "plan.json" },
		{ "mv out/plan.json . && mkfifo out/plan.json", "mv plan.json out", "plan.json" },
		{ "cp out/plan.json . && echo '{}' >out/plan.json", "mv plan.json out", "plan.json" },
		{ "cp out/plan.json . && : >out/plan.json", "mv plan.json out", "plan.json" },
		{ "cp out/plan.json . && sed -i s/samepage.dev/other/ out/plan.json", "mv plan.json out", "plan.json" },
		{ "cp out/plan.json . && sed -i 's|\"alpha\"|\"../alpha\"|' out/plan.json", "mv plan.json out",
		  "plan.json" },
	};
	struct place *place = *state;
	char message[256];

	assert_true(emit(place, "out", false));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(system(cases[i].make), 0);
		assert_false(emit(place, "out", true));
		snprintf(message, sizeof message, "out: is not replaced, because samepage did not write %s in it",
			 cases[i].name);
		if (place->report.errors <= SP_REPORT_MOST_ERRORS)
			assert_refused(place, "destination-foreign", message);
		assert_int_equal(system(cases[i].unmake), 0);
	}
	assert_output(LISTING, EMITTED);
	assert_true(emit(place, "out", true));
}

static void test_not_a_folder(void **state)
{
	struct place *place = *state;

	for (int force = 0; force < 2; force++) {
		put("file", "mine");
		assert_false(emit(place, "file", force));
		assert_refused(place, "destination-exists", "file: exists, and is not a folder");

		assert_int_equal(system("mkdir -p real && ln -sfn real link && ln -sfn nowhere dangling"), 0);
		assert_false(emit(place, "link", force));
		assert_refused(place, "destination-exists", "link: exists, and is a symbolic link");
		assert_false(emit(place, "dangling/", force));
		assert_refused(place, "destination-exists", "dangling: exists, and is a symbolic link");
		assert_false(emit(place, ".", force));
		assert_refused(place, "destination-exists", ".: a folder can only be put in place by its own name");
		assert_false(emit(place, "real/..", force));
		assert_false(emit(place, "/", force));
	}
	assert_output("cat file; ls -A real; ls -A", "minedangling\nfile\nlink\nreal\n");
}

static void test_no_parent(void **state)
{
	struct place *place = *state;

	assert_false(emit(place, "no/such/out", false));
	assert_refused(place, "write-failed",
		       "no/such/out: the folder that is to hold it, no/such: No such file or directory");
	assert_string_equal(place->report.diagnostics[0].help, "make it first: mkdir -p no/such");
	assert_false(emit(place, "", false));
	assert_refused(place, "write-failed", ": No such file or directory");
	put("file", "");
	assert_false(emit(place, "file/out", false));
	assert_refused(place, "write-failed", "file/out: the folder that is to hold it, file: Not a directory");
}

static void test_read_only_parent(void **state)
{
	struct place *place = *state;

	if (geteuid() == 0)
		skip();
	assert_int_equal(mkdir("closed", 0555), 0);
	assert_false(emit(place, "closed/out", false));
	assert_refused(place, "write-failed", "closed/out: Permission denied");
}

/* Whatever does not fit, nothing of it stays; and what stood there stays as it was. */
static void test_no_space(void **state)
{
	struct place *place = *state;
	const struct sp_diagnostic *diagnostic;
	char options[32];

	/* The nine files take a page each: room for one folder, not for two. */
	snprintf(options, sizeof options, "size=%ld", 12 * sysconf(_SC_PAGESIZE));
	if (geteuid() != 0 || mkdir("small", 0755) != 0 || mount("none", "small", "tmpfs", 0, options) != 0)
		skip();
	assert_true(emit(place, "small/out", false));
	assert_false(emit(place, "small/out", true));
	assert_output("ls -A small small/out",
		      "small:\nout\n\nsmall/out:\nREADME.md\napply.sh\nnodes.yaml\npatches\nplan.json\n");
	assert_false(emit(place, "small/other", false));
	assert_output("ls -A small", "out\n");
	assert_int_equal(umount("small"), 0);
	diagnostic = &place->report.diagnostics[place->report.count - 1];
	assert_string_equal(diagnostic->code, "write-failed");
	assert_non_null(strstr(diagnostic->message, "No space left on device"));
}

static void test_names(void **state)
{
	struct place *place = *state;
	struct sp_plan_node node = sample_nodes[0];
	struct sp_plan plan = sample_plan;

	node.name = "../evil";
	plan.nodes = &node;
	plan.node_count = 1;
	assert_false(sp_emit(&plan, "out", &(struct sp_emit_options){ 0 }, &place->report));
	assert_string_equal(place->report.diagnostics[0].code, "invalid-node-name");
	assert_output("ls -A", "");
}

/* A signal in the middle: all is cleaned up, and the process ends by that signal. */
static void test_interrupted(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct place *place = *state;

	for (size_t i = 0; i < 3; i++) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			/* whoever runs the tests in the background ignores SIGINT, and so would we */
			void (*before)(int) = signal(signals[i], SIG_DFL);
			struct sp_folder *folder = sp_folder_open("out", &place->arena, &place->report);
			bool went_on = sp_folder_build(folder) && sp_folder_add_folder(folder, "patches") &&
				       sp_folder_add_file(folder, "patches/a", "a", 1, false) &&
				       raise(signals[i]) == 0 && sp_folder_add_file(folder, "b", "b", 1, false);

			sp_folder_close(folder);
			_exit(went_on || before == SIG_ERR ? 1 : 0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
		assert_output("ls -A", "");
	}
}

/* Somebody makes the destination while we build: it is theirs. */
static void test_race(void **state)
{
	struct place *place = *state;
	struct sp_folder *folder = sp_folder_open("out", &place->arena, &place->report);

	assert_non_null(folder);
	assert_false(sp_folder_exists(folder));
	assert_true(sp_folder_build(folder));
	assert_true(sp_folder_add_file(folder, "a", "a", 1, false));
	assert_int_equal(mkdir("out", 0700), 0);
	put("out/theirs", "");
	assert_false(sp_folder_commit(folder, NULL, 0));
	assert_refused(place, "destination-exists", "out: somebody else has just made it");
	sp_folder_close(folder);
	assert_output(LISTING, "drwx------ out\n-rw-r--r-- out/theirs\n");
}

/* Somebody puts another folder in the place of the one that was looked at, or something into it. */
static void test_replaced(void **state)
{
	struct place *place = *state;
	static const char *const old[] = { "ours" };
	struct sp_folder *folder;

	assert_int_equal(system("mkdir out && touch out/ours"), 0);
	folder = sp_folder_open("out", &place->arena, &place->report);
	assert_true(sp_folder_build(folder));
	assert_int_equal(system("mv out away && mkdir out && touch out/ours"), 0);
	assert_false(sp_folder_commit(folder, old, 1));
	assert_refused(place, "destination-exists", "out: somebody else has just replaced it");
	sp_folder_close(folder);
	assert_output("ls -A . out away", ".:\naway\nout\n\naway:\nours\n\nout:\nours\n");

	folder = sp_folder_open("out", &place->arena, &place->report);
	assert_true(sp_folder_build(folder));
	put("out/late", "");
	assert_true(sp_folder_commit(folder, old, 1));
	sp_folder_close(folder);
	assert_string_equal(place->report.diagnostics[1].code, "leftover");
	assert_output("ls out; ls -d .out.samepage-?????? | wc -l; ls .out.samepage-*", "1\nlate\n");
}

/* The script, with a kubectl that says what it was told and fails for bravo. */
static void test_script(void **state)
{
	struct place *place = *state;
	static const char fake[] = "#!/bin/sh\n"
				   "test -f \"${8:-$7}\" || test -f \"$9\" || echo 'no patch file' >&2\n"
				   "echo \"$@\"\n"
				   "case $* in *' bravo '*) exit 1 ;; esac\n";

	assert_true(emit(place, "out", false));
	put("fake", fake);
	assert_int_equal(chmod("fake", 0755), 0);
	assert_output("KUBECTL=./fake out/apply.sh 2>&1; echo $?",
		      "patch node alpha --type merge --patch-file patches/alpha.yaml\n"
		      "patch node bravo --type merge --patch-file patches/bravo.yaml\n"
		      "1 of 5 nodes patched.\n"
		      "apply.sh: failed: bravo\n"
		      "1\n");
	assert_output(
		"cd / && KUBECTL=\"$OLDPWD/fake --context prod\" sh \"$OLDPWD/out/apply.sh\" --keep-going --dry-run "
		"2>&1;"
		" echo $?",
		"--context prod patch node alpha --type merge --patch-file patches/alpha.yaml --dry-run=server\n"
		"--context prod patch node bravo --type merge --patch-file patches/bravo.yaml --dry-run=server\n"
		"--context prod patch node charlie --type merge --patch-file patches/charlie.yaml --dry-run=server\n"
		"--context prod patch node delta --type merge --patch-file patches/delta.yaml --dry-run=server\n"
		"--context prod patch node golf --type merge --patch-file patches/golf.yaml --dry-run=server\n"
		"4 of 5 nodes patched (dry run: nothing was changed).\n"
		"apply.sh: failed: bravo\n"
		"1\n");
	assert_output("CDPATH=/ KUBECTL=true out/apply.sh; echo $?", "5 of 5 nodes patched.\n0\n");
	assert_output("mkdir bin; mv fake bin/kubectl; PATH=$PWD/bin:$PATH out/apply.sh 2>/dev/null | tail -n 1",
		      "1 of 5 nodes patched.\n");
	assert_output("out/apply.sh -n 2>&1 | head -n 1; out/apply.sh -n 2>/dev/null; echo $?",
		      "apply.sh: unknown argument: -n\n64\n");
	assert_output("out/apply.sh --help | head -n 1", "usage: apply.sh [--dry-run] [--keep-going]\n");
	assert_output("! command -v shellcheck >/dev/null || shellcheck out/apply.sh", "");
}

static void test_emitted(void **state)
{
	static const struct {
		const char *text;
		bool is_ours;
		size_t count;
	} cases[] = {
		{ "{\"apiVersion\":\"samepage.dev/v1\",\"kind\":\"Plan\",\"nodes\":[]}", true, 0 },
		{ "{\"nodes\":[{\"x\":[1],\"name\":\"b\"},{\"name\":\"a\"}],\"kind\":\"Plan\","
		  "\"apiVersion\":\"samepage.dev/v1\"}",
		  true, 4 },
		{ "{\"apiVersion\":\"samepage.dev/v1\",\"kind\":\"Plan\",\"nodes\":[{}]}", false, 0 },
		{ "{\"apiVersion\":\"samepage.dev/v1\",\"kind\":\"Plan\",\"nodes\":[{\"name\":1}]}", false, 0 },
		{ "{\"apiVersion\":\"samepage.dev/v1\",\"kind\":\"Plan\",\"nodes\":[{\"name\":\"a/b\"}]}", false, 0 },
		{ "{\"apiVersion\":\"samepage.dev/v1\",\"kind\":\"Node\"}", false, 0 },
		{ "{\"apiVersion\":\"samepage.dev/v2\",\"kind\":\"Plan\"}", false, 0 },
		{ "{\"apiVersion\":\"samepage.dev/v1\",\"kind\":\"Plan\"", false, 0 },
		{ "[]", false, 0 },
		{ "", false, 0 },
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sp_emitted emitted;
		bool is_ours = sp_emitted_read(cases[i].text, strlen(cases[i].text), &place->arena, &emitted);

		if (is_ours != cases[i].is_ours)
			print_error("%s\n", cases[i].text);
		assert_int_equal(is_ours, cases[i].is_ours);
		assert_int_equal(emitted.count, cases[i].count);
		if (cases[i].count > 0)
			assert_true(sp_emitted_has_patch(&emitted, "a.json"));
		assert_false(sp_emitted_has_patch(&emitted, "c.yaml"));
	}
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_PLACE(test_fresh),
		IN_PLACE(test_json_patches),
		IN_PLACE(test_umask),
		IN_PLACE(test_existing),
		IN_PLACE(test_nothing_to_patch),
		IN_PLACE(test_force),
		IN_PLACE(test_foreign),
		IN_PLACE(test_not_a_folder),
		IN_PLACE(test_no_parent),
		IN_PLACE(test_no_space),
		IN_PLACE(test_read_only_parent),
		IN_PLACE(test_names),
		IN_PLACE(test_interrupted),
		IN_PLACE(test_race),
		IN_PLACE(test_replaced),
		IN_PLACE(test_script),
		IN_PLACE(test_emitted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
