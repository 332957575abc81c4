# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: registering cases, and running samepage as a user would, within limits."""

import atexit
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 20  # seconds; the sanitizers get SANITIZED_FACTOR times as long
SANITIZED_FACTOR = 6

registered = []
_state = {}


class Skip(Exception):
    """Raised by skip()."""


def skip(reason):
    """Ends a case that cannot run here."""
    raise Skip(reason)


def case(function):
    """Registers one case, named after the function. If it takes an argument, that is an empty folder of its own."""
    registered.append((function.__name__, function))
    return function


def cases(generator):
    """Registers what a generator yields: (name, function) pairs."""
    registered.append((None, generator))
    return generator


def take_registered():
    """The registered (name, function) pairs; generators are run."""
    taken = []
    for name, function in registered:
        taken.extend([(name, function)] if name else function())
    registered.clear()
    return taken


def setup(binary):
    """Says which program is tested. Called once, by tests/run."""
    folder = Path(tempfile.mkdtemp(prefix="samepage-path-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "samepage").symlink_to(binary)
    _state["folder"] = folder
    _state["binary"] = binary
    _state["sanitized"] = binary.exists() and b"__asan_init" in binary.read_bytes()
    _state["lock"] = threading.Lock()


def binary():
    return _state["binary"]


def tool(name):
    """A program of tests/tools/, built beside the one that is tested."""
    return _state["binary"].parent / "tests" / "tools" / name


def is_sanitized():
    return _state["sanitized"]


def environment(home="/nonexistent", **more):
    """The environment of a test: nothing of the user's gets through, and `samepage` is first on PATH."""
    path = f"{_state['folder']}:{os.environ.get('PATH', '/usr/bin:/bin')}"
    return dict({"PATH": path, "HOME": str(home), "LC_ALL": "C", "TERM": "dumb", "TZ": "UTC",
                 "ASAN_OPTIONS": "detect_leaks=1:exitcode=99:allocator_may_return_null=1",
                 "LSAN_OPTIONS": f"suppressions={TOP}/tests/lsan.supp:print_suppressions=0",
                 "UBSAN_OPTIONS": "print_stacktrace=1"}, **more)


class Run:
    """What came of one run of a program: status (negative: the signal), stdout and stderr as bytes, seconds, and peak, the
    most memory in bytes (0 where it is too little to be known)."""

    def __init__(self, arguments, status, stdout, stderr, seconds, peak):
        self.arguments, self.status, self.stdout, self.stderr = arguments, status, stdout, stderr
        self.seconds, self.peak = seconds, peak

    def __str__(self):
        def shown(data):
            text = data.decode("utf-8", "backslashreplace")
            return text if len(text) <= 4000 else f"{text[:2000]}\n[...]\n{text[-2000:]}"
        command = " ".join(str(argument) for argument in self.arguments)
        return (f"$ {command}\nstatus {self.status}, {self.seconds:.1f} s, peak {self.peak >> 20} MiB\n"
                f"stdout:\n{shown(self.stdout)}\nstderr:\n{shown(self.stderr)}")


def samepage(*arguments, stdin=None, cwd=None, timeout=TIMEOUT, env=None):
    """Runs samepage. `stdin` is bytes, or a generator of bytes that is written while it reads; none: /dev/null."""
    result = run([binary(), *arguments], stdin=stdin, cwd=cwd, timeout=timeout, env=env)
    told = result.stderr or (result.stdout and arguments and arguments[0] == "diff")  # 1: there are differences
    assert result.status in (0, 2) or told, f"fails and does not say why\n{result}"
    return result


def run(command, stdin=None, cwd=None, timeout=TIMEOUT, env=None):
    """Runs a program. A program that does not end in time is killed, and that is an AssertionError."""
    if is_sanitized():
        timeout *= SANITIZED_FACTOR
    command = [str(word) for word in command]
    start = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, cwd=cwd, env=env or environment(), stdout=out, stderr=errors,
                                   stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE)
        if stdin is not None:
            threading.Thread(target=_feed, args=(process.stdin, stdin), daemon=True).start()
        timer = threading.Timer(timeout, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start
        out.seek(0)
        errors.seek(0)
        result = Run(command, process.returncode, out.read(), errors.read(), seconds, _peak(usage))
    assert seconds < timeout, f"killed after {timeout} s\n{result}"
    check_sanitizers(result)
    check_plans(result, Path(cwd or "."))
    return result


MOST_CHECKED = 200000  # bytes: the validator is slow


def plan_validator():
    """That of docs/plan.schema.json; None where python3-jsonschema is not installed."""
    if "validator" not in _state:
        try:
            import jsonschema
            schema = json.loads((TOP / "docs" / "plan.schema.json").read_text())
            _state["validator"] = jsonschema.Draft202012Validator(schema)
        except ImportError:
            _state["validator"] = None
    return _state["validator"]


def plans_of(result, folder):
    """The plans that a run of samepage printed, saved or emitted, as bytes."""
    words = result.arguments
    if Path(words[0]).name != "samepage" or "show" in words:  # an edited plan is shown as it is
        return
    yield result.stdout
    for flag, file in (("--out", "."), ("-d", "plan.json"), ("--dir", "plan.json")):
        if result.status in (0, 2) and flag in words[:-1]:
            path = folder / words[words.index(flag) + 1] / file
            if path.is_file() and path.stat().st_size <= MOST_CHECKED:
                yield path.read_bytes()


def check_plans(result, folder):
    """Every plan that a test makes must fit the schema, whatever the test is about."""
    for text in plans_of(result, folder):
        if len(text) > MOST_CHECKED or b'"kind": "Plan"' not in text[:100] or not plan_validator():
            continue
        problems = sorted(error.message for error in plan_validator().iter_errors(json.loads(text)))
        assert not problems, f"the plan does not fit docs/plan.schema.json: {problems}\n{result}"


def _peak(usage):
    """To the kernel a process has had all that this one ever held when it started it. Less than that is not known: 0."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage.ru_maxrss * 1024 if usage.ru_maxrss > own else 0


def _feed(pipe, data):
    try:
        for chunk in [data] if isinstance(data, bytes) else data:
            pipe.write(chunk)
            pipe.flush()
        pipe.close()
    except BrokenPipeError:
        pass  # a program may stop reading where it has seen enough


def as_nobody(folder):
    """The words before a command that has no permission for what is closed to all; root has it for everything."""
    if os.geteuid() != 0:
        return []
    if not os.access(binary().parent, os.X_OK):
        skip("nobody cannot reach the binary")
    folder.chmod(0o755)
    return [need("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def wait_for(what, seconds=60):
    """Whether it comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.02)
    return False


def check_sanitizers(result):
    report = re.search(rb"(AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehaviorSanitizer)", result.stderr)
    assert not report, f"a sanitizer reports\n{result}"
    assert result.status >= 0, f"ended by signal {-result.status}\n{result}"


def need(program):
    """The path of a program, or the end of a case that cannot run without it."""
    found = shutil.which(program)
    if not found:
        skip(f"no {program}")
    return found


def write(path, content):
    """Writes text or bytes, folders included; returns the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
