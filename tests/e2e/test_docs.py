# SPDX-License-Identifier: Apache-2.0
"""The documents say what the program does: every diagnostic's code, every verb and every flag."""

import re

from harness import TOP, case, samepage


def source():
    folders = [TOP / folder for folder in ("state", "selectors", "reconciler")]
    return "\n".join(path.read_text() for folder in folders for path in sorted(folder.glob("*.c")))


@case
def every_code_is_documented():
    codes = set(re.findall(r'(?:sp_fail|sp_warn|refuse|damaged|doubt|sp_saved_doubt)\(\s*[^,()]*,\s*"([a-z0-9-]+)"', source()))
    documented = set(re.findall(r"^### ([a-z0-9-]+)$", (TOP / "docs" / "diagnostics.md").read_text(), re.MULTILINE))
    assert codes - documented == set(), f"not in docs/diagnostics.md: {sorted(codes - documented)}"
    assert len(codes) > 50


@case
def every_verb_and_flag_is_in_the_man_page():
    page = (TOP / "man" / "samepage.1").read_text()
    overview = samepage("help").stdout.decode()
    for verb in re.findall(r"^  ([a-z]+) {2,}", overview, re.MULTILINE):
        assert re.search(rf"^\.(Cm|Ss) {verb}$", page, re.MULTILINE), f"{verb} is not in the man page"
        for flag in re.findall(r"--([a-z-]+)", samepage("help", verb).stdout.decode().split("Flags:")[-1]):
            assert re.search(rf"^\.It .*Fl -{flag}\b|, -{flag}\b", page, re.MULTILINE), f"--{flag} is not in the man page"


@case
def the_readme_shows_what_the_program_prints():
    text = (TOP / "README.md").read_text()
    shown = re.findall(r"\$ (build/samepage (?:plan|diff) [^\n]*)\n((?:(?!\$ |```).*\n)*)", text)
    assert len(shown) > 5
    for command, output in shown:
        result = samepage(*command.split()[1:], cwd=TOP)
        assert result.stderr.decode() + result.stdout.decode() == output, f"{command}\n{result}"
