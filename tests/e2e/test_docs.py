# SPDX-License-Identifier: Apache-2.0
"""The documents say what the program does: every code, verb, flag, setting and form; what they show is what it prints."""

import itertools
import json
import re
import textwrap

from harness import TOP, case, cases, run, samepage, write


def source():
    folders = [TOP / folder for folder in ("state", "selectors", "reconciler")]
    return "\n".join(path.read_text() for folder in folders for path in sorted(folder.glob("*.c")))


@case
def every_code_is_documented():
    codes = set(re.findall(r'(?:sp_fail|sp_warn|refuse|damaged|doubt|sp_saved_doubt)\(\s*[^,()]*,\s*"([a-z0-9-]+)"', source()))
    documented = set(re.findall(r"^### ([a-z0-9-]+)$", (TOP / "docs" / "diagnostics.md").read_text(), re.MULTILINE))
    assert codes - documented == set(), f"not in docs/diagnostics.md: {sorted(codes - documented)}"
    gone = {code for code in documented if f'"{code}"' not in source()}
    assert gone == set(), f"in docs/diagnostics.md alone: {sorted(gone)}"
    assert len(codes) > 50


def sections(page):
    """The sections of the man page that are about a verb: name and text."""
    return dict(re.findall(r"^\.Ss (\w+)\n(.*?)(?=^\.S[sh] )", page, re.MULTILINE | re.DOTALL))


def flags_of(section, letters):
    """The flags that a section lists behind "Flags:", in full."""
    listed = re.search(r"^Flags:\n((?:\.Fl .*\n)+)", section, re.MULTILINE)
    words = re.findall(r"(?<![\w-])-?[a-z][a-z-]*", listed.group(1).replace(".Fl", "").replace("Fl", "")) if listed else []
    return {letters[word] if len(word) == 1 else word[1:] for word in words}


@case
def the_man_page_has_every_verb_and_the_flags_of_each():
    page = (TOP / "man" / "samepage.1").read_text()
    verbs = re.findall(r"^  ([a-z]+) {2,}", samepage("help").stdout.decode(), re.MULTILINE)
    assert len(verbs) > 10 and set(sections(page)) == set(verbs), f"{verbs} are not {sorted(sections(page))}"
    for verb in verbs:
        rows = re.findall(r"^  (?:-(\w), |    )--([a-z-]+)", samepage("help", verb).stdout.decode(), re.MULTILINE)
        flags = {name for _, name in rows} - {"help"}
        listed = flags_of(sections(page)[verb], dict(rows))
        assert listed == flags, f"{verb}: not listed {sorted(flags - listed)}; no such flag {sorted(listed - flags)}"
        for flag in flags:
            assert re.search(rf"^\.It .*Fl -{flag}\b|, -{flag}\b", page, re.MULTILINE), f"--{flag} is not explained"


@case
def the_man_pages_have_every_setting():
    pages = {name: (TOP / "man" / name).read_text() for name in ("samepage.1", "samepage.ini.5")}
    verbs = re.findall(r"^  ([a-z]+) {2,}", samepage("help").stdout.decode(), re.MULTILINE)
    rows = "".join(samepage("help", verb).stdout.decode() for verb in verbs)
    settings = set(re.findall(r"^  .{4}--([a-z-]+).*(?:\n {34}.*)*\(setting\)$", rows, re.MULTILINE))
    assert len(settings) > 15
    for name in settings:
        variable = "SAMEPAGE_" + name.upper().replace("-", "_")
        assert re.search(rf"^\.It Ev .*{variable}\b", pages["samepage.1"], re.MULTILINE), f"{variable} is not in samepage.1"
        assert re.search(rf"^\.It Ic .*\b{name}\b", pages["samepage.ini.5"], re.MULTILINE), f"{name} is not in samepage.ini.5"


@case
def the_man_page_has_every_form():
    page = (TOP / "man" / "samepage.1").read_text()
    forms = re.search(r"^\.It Fl o , -output Ar FORM\n(.*?)\(setting\)", page, re.MULTILINE | re.DOTALL).group(1)
    row = re.search(r"--output FORM +(.*(?:\n {34}.*)*)\(setting\)", samepage("help", "plan").stdout.decode()).group(1)
    for form in re.split(r", | or ", " ".join(row.split())):
        assert re.search(rf"^\.Cm .*\b{form}\b", forms, re.MULTILINE), f"-o {form} is not in the man page"


def pages():
    """Every page of Markdown but the output that golden tests expect."""
    return [path for path in sorted(TOP.rglob("*.md"))
            if not {"golden", "build", ".git"} & set(path.relative_to(TOP).parts)]


def anchors(path):
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@case
def every_link_leads_somewhere():
    count = 0
    for page in pages():
        for link in re.findall(r"\]\(\s*([^)\s]+)\)", page.read_text()):
            if link.startswith("https://"):
                continue
            file, _, anchor = link.partition("#")
            target = (page.parent / file).resolve() if file else page
            assert target.exists(), f"{page}: {link} is not there"
            assert not anchor or anchor in anchors(target), f"{page}: {link} has no such heading"
            count += 1
    assert count > 50, count


def sessions(text):
    """The console blocks of a page: for each the commands and what they print."""
    for _, block in re.findall(r"^( *)```console\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL):
        yield re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", textwrap.dedent(block), re.MULTILINE)


def files_of(text):
    """The files that a page shows, each in a block that begins with its name in a comment."""
    return re.findall(r"^```(?:yaml|ini|json)\n([#;] (\S+)\n.*?)^```", text, re.MULTILINE | re.DOTALL)


def try_sessions(folder, text, files=()):
    """Runs the commands of the console blocks in the folder, with the files: each must print what stands below it."""
    (folder / "examples").symlink_to(TOP / "examples")
    for content, name in [*files, *files_of(text)]:
        write(folder / name, content)
    for command, output in itertools.chain(*sessions(text)):
        result = run(["bash", "-c", f"exec 2>&1; {command.replace('build/samepage', 'samepage')}"], cwd=folder)
        assert result.stdout.decode() == output, f"{result}\nexpected:\n{output}"


@cases
def the_pages_show_what_the_program_prints():
    for name in ("README.md", "CONTRIBUTING.md", "examples/README.md", "docs/review.md", "docs/reading.md"):
        text = (TOP / name).read_text()
        assert list(sessions(text)), f"{name} shows nothing"
        yield name, lambda folder, text=text: try_sessions(folder, text)


@cases
def each_diagnostic_is_as_its_section_shows_it():
    head, *sections_ = re.split(r"^### ", (TOP / "docs" / "diagnostics.md").read_text(), flags=re.MULTILINE)
    for section in sections_:
        code = section.split("\n")[0]
        if code != "leftover" and list(sessions(section)):  # that one needs a folder which cannot be deleted
            yield f"diagnostics/{code}", lambda folder, section=section: try_sessions(folder, section, files_of(head))


@case
def help_fits_into_eighty_columns():
    overview = samepage("help").stdout.decode()
    verbs = re.findall(r"^  ([a-z]+) {2,}", overview, re.MULTILINE)
    assert len(verbs) > 10, overview
    for verb in verbs:
        for line in (overview + samepage("help", verb).stdout.decode()).splitlines():
            assert len(line) <= 80, f"help {verb}: {line}"


def keys_of(value):
    """The names of all fields, but those of objects whose names are data: knobs and counters."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    return set(value) | set().union(*(keys_of(below) for key, below in value.items()
                                      if key not in ("ksm", "original", "counters", "plan", "labels", "annotations")))


COMMON = {"apiVersion", "kind", "name", "text", "before", "after", "enable", "disable", "restore", "tune", "label",
          "unchanged", "blocked"}


@cases
def the_json_of_each_verb_is_documented():
    example = ["-f", TOP / "examples" / "kubevirt-labels.yaml", "-n", TOP / "examples" / "nodes.yaml"]
    machine = ["--node", "node02", "--sysfs-root", "ksm", "--state-dir", "state"]
    commands = {"CheckResult": ["check", *example], "Explanation": ["explain", *example, "--policy", "pressure"],
                "Diff": ["diff", "-n", example[3], TOP / "examples" / "kubevirt-hostnames.yaml", example[1]],
                "FleetPlan": ["plan", "--fleet", "."], "Facts": ["facts", *machine],
                "ApplyResult": ["apply", *example, *machine], "Status": ["status", *example, *machine]}
    for kind, command in commands.items():
        def check(folder, kind=kind, command=command):
            (folder / "a").mkdir()
            (folder / "a" / "kubevirt.yaml").symlink_to(example[1])
            (folder / "a" / "nodes.yaml").symlink_to(example[3])
            for knob, value in (("run", "0"), ("sleep_millisecs", "20"), ("pages_to_scan", "100")):
                write(folder / "ksm" / knob, value + "\n")
            found = json.loads(samepage(*command, "-o", "json", cwd=folder).stdout)
            section = re.search(rf"^## {kind}$(.*?)(?=^## |\Z)", (TOP / "docs" / "json.md").read_text(),
                                re.MULTILINE | re.DOTALL).group(1)
            assert found["kind"] == kind and len(found) > 3
            missing = {key for key in keys_of(found) - COMMON if f"`{key}`" not in section}
            assert missing == set(), f"{kind}: not in docs/json.md: {sorted(missing)}"
        yield f"json/{kind}", check
