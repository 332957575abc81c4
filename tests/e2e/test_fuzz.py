# SPDX-License-Identifier: Apache-2.0
"""The properties of the fuzz targets, on what once broke them and on the inputs of all other tests."""

import sys

from harness import TOP, binary, cases, run, write

sys.path.insert(0, str(TOP / "tests" / "fuzz"))

import seeds  # noqa: E402  (found through the path above)


def replay(target, paths):
    result = run([binary().parent / "tests" / "fuzz" / target, *paths])
    assert result.status == 0, result


@cases
def regressions():
    for path in sorted(seeds.REGRESSIONS.iterdir()):
        target, name = path.name.split("-", 1)
        yield f"{target}_{name.replace('-', '_')}", lambda _, target=target, path=path: replay(target, [path])


@cases
def all_seeds():
    for source in sorted((TOP / "tests" / "fuzz").glob("fuzz_*.c")):
        def replay_all(folder, target=source.stem):
            replay(target, [write(folder / str(number), seed) for number, seed in enumerate(seeds.seeds(target))])
        yield f"{source.stem}_seeds", replay_all
