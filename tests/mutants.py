#!/usr/bin/env python3
"""Mutation test of the scoring: one small fault at a time in src/funnel, and a look whether a test sees it.

usage: mutants.py [--seed N] [--sample N] [--limit SECONDS] [--quick] [--list] [FILE …]
       mutants.py --suppression

Each mutant changes one place: a sign, a bound, == and !=, && and ||, min and max, a constant by one, a condition that
always or never holds, a statement that is left out. The program is copied first, so the sources stay as they are, and only
src/funnel and its tests are built, without optimisation for size or speed. A mutant is
  killed   when a test fails, hangs or crashes,
  lived    when all tests pass: a test is missing, or the change changes nothing,
  broken   when it does not compile; it counts for nothing.
Those that change nothing stand in tests/mutants.txt with the reason, and are not made: a line "FILE | what stands there |
what would | reason", or FILE:FUNCTION where the same line elsewhere in the file does matter. Prints what lived, with file and line, and counts; exits 1 when anything lived.

--suppression: the conditions that keep somebody from being mailed again, tests/suppression_mutants.txt, each dropped in turn; all of
test_funnel and test_app are run until one sees it.

FILE: a name in src/funnel, such as scan.cpp; without one all that score. --sample: how many mutants at most, taken evenly
over the files; 0: all. --limit: seconds in which to begin mutants.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREE = ROOT / "build/mutants/tree"
BUILD = ROOT / "build/mutants/build"
FILES = ["consent", "crowds", "decay", "fit", "kind_rules", "mailing_judge", "measurability", "robots", "scan",
         "scan_actions", "scorer", "silence", "tagger"]
SLOW = "invariants*"  # test cases that only those are put to that live through all others
PATIENCE = 6  # times what the tests need unchanged: a mutant that hangs is killed

# What is looked for, and what it becomes. Operators have blanks around them, as clang-format leaves them; templates have not.
SWAPS = [
    (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" < ", " > "), (r" > ", " < "),
    (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
    (r" \+ ", " - "), (r" - ", " + "), (r" \* ", " + "), (r" / ", " * "), (r" % ", " / "),
    (r" \+= ", " -= "), (r" -= ", " += "), (r" \|= ", " = "), (r" &= ", " |= "), (r" & ", " | "),
    (r"\bstd::min\b", "std::max"), (r"\bstd::max\b", "std::min"),
    (r"\blower_bound\b", "upper_bound"), (r"\bupper_bound\b", "lower_bound"),
    (r"\ball_of\b", "any_of"), (r"\bany_of\b", "all_of"), (r"\bnone_of\b", "any_of"),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"),
    (r"(?<=[(\s])!(?=[a-z])", ""),
    (r"(?<![\w.\"'])-(?=[a-z(])", ""),
    (r"\.front\(\)", ".back()"), (r"\.back\(\)", ".front()"),
    (r"\bstable_sort\b\(.*\);$", "sort();"),
]
NUMBER = re.compile(r"(?<![\w.'x#<])(\d+)(?=[;,)\]} :]|U\b|$)")
CONDITION = re.compile(r"\bif \((?!const auto|auto)(.+)\) \{$")
STATEMENT = re.compile(r"^\s+(?!return|case|using|auto|const|std::|for|if|while|else|switch|break|default|static|struct|\})[\w>.:\[\]*&-]+(\(.*\)| [|&+-]?= .*|\+\+);$")


def code_lines(text):
    """(number, line) of lines with code: no comments, includes, declarations or tables of words."""
    for number, line in enumerate(text.split("\n")):
        bare = line.strip()
        if bare.startswith(("//", "#", "namespace", "static_assert", "template", "using")) or not bare:
            continue
        if bare in ("}", "};", "public:", "private:"):
            continue
        yield number, line


def inside_text(line, at):
    """Is this place within a literal or a comment?"""
    comment = line.find(" // ")
    return (0 <= comment <= at) or line[:at].replace('\\"', "").count('"') % 2 == 1


def mutants_of(name):
    text = (ROOT / "src/funnel" / name).read_text()
    for number, line in code_lines(text):
        changes = set()
        for pattern, other in SWAPS:
            for match in re.finditer(pattern, line):
                if not inside_text(line, match.start()):
                    changes.add(line[:match.start()] + other + line[match.end():])
        for match in NUMBER.finditer(line):
            if not inside_text(line, match.start()) and "k_roots" not in line:
                for other in (int(match[1]) + 1, int(match[1]) - 1):
                    if other >= 0:
                        changes.add(line[:match.start()] + str(other) + line[match.end():])
        condition = CONDITION.search(line)
        if condition and "else if" not in line:
            for other in ("true", "false"):
                changes.add(line[:condition.start(1)] + other + line[condition.end(1):])
        if STATEMENT.match(line):
            changes.add(re.match(r"\s*", line)[0] + ";")
        if line.strip() in ("continue;", "return;"):
            changes.add(line.replace(line.strip(), ";"))
        for change in sorted(changes):
            yield name, number, line, change


def is_known(mutant, known):
    name, number, before, after = mutant
    above = (ROOT / "src/funnel" / name).read_text().split("\n")[number::-1]
    function = next((m[1] for m in (re.match(r"(?!namespace|template)\w[^(]*?(\w+)\(", line) for line in above) if m), "")
    return any((place, before.strip(), after.strip()) in known for place in (name, f"{name}:{function}"))


def known_equal():
    """Of tests/mutants.txt."""
    known = set()
    for line in (ROOT / "tests/mutants.txt").read_text().split("\n"):
        parts = [part.strip() for part in line.split(" | ")]
        if line.strip() and not line.startswith("#"):
            if len(parts) != 4:
                sys.exit(f"mutants: tests/mutants.txt: not of the form FILE | before | after | reason: {line}")
            known.add(tuple(parts[:3]))
    return known


def run(command, seconds):
    """(Did it end well?, its output.)"""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds,
                              errors="replace")
        return done.returncode == 0, done.stdout
    except subprocess.TimeoutExpired:
        return False, "timeout"


def build():
    return run(["cmake", "--build", str(BUILD), "--target", "test_funnel", "-j", "1"], 1800)


def test(seconds, options=()):
    return run([str(BUILD / "tests/test_funnel"), "--no-version", "--abort-after=1", *options], seconds)


def copy_tree():
    shutil.rmtree(TREE, ignore_errors=True)
    tracked = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "CMakeLists.txt", "CMakePresets.json", "cmake",
                              "src", "adapters", "schema", "tests", "packaging"], capture_output=True, text=True, check=True)
    for name in tracked.stdout.split():
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, TREE / name)


def prepare():
    """Copies, builds, tests; how long a mutant's tests may take."""
    copy_tree()
    good, output = run(["cmake", "-S", str(TREE), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None",
                        "-DCMAKE_CXX_FLAGS=-O1 -w -D_GLIBCXX_ASSERTIONS"], 600)
    if good:
        good, output = build()
    begin = time.monotonic()
    if good:
        good, output = test(600, [f"--test-case-exclude={SLOW}"])
    if not good:
        sys.exit(f"mutants: without any change the tests do not pass:\n{output[-3000:]}")
    return 5 + PATIENCE * (time.monotonic() - begin)


def outcome(mutant, seconds, thorough):
    name, number, before, after = mutant
    path = TREE / "src/funnel" / name
    text = path.read_text()
    lines = text.split("\n")
    lines[number] = after
    path.write_text("\n".join(lines))
    try:
        if not build()[0]:
            return "broken"
        lived = test(seconds, [f"--test-case-exclude={SLOW}"])[0]
        if lived and thorough:
            lived = test(600, [f"--test-case={SLOW}"])[0]
        return "lived" if lived else "killed"
    finally:
        path.write_text(text)


def suppression_mutants():
    """(file, text with the change, what it drops) of tests/suppression_mutants.txt."""
    for line in (ROOT / "tests/suppression_mutants.txt").read_text().split("\n"):
        if not line or line.startswith("#"):
            continue
        place, before, after, whom = line.split(" | ")
        name, _, number = place.partition("#")
        pieces = (ROOT / name).read_text().split(before)
        at = int(number or 1)
        if len(pieces) <= at or (not number and len(pieces) != 2):
            sys.exit(f"mutants: {name}: not there, or more than once: {before}")
        yield name, before.join(pieces[:at]) + after + before.join(pieces[at:]), whom


def drop_suppressions():
    """Built as the program is, so that a cache of the compiler helps."""
    mutants = list(suppression_mutants())
    copy_tree()
    os.environ.update(CCACHE_BASEDIR=str(TREE), CCACHE_NOHASHDIR="1")
    build_folder = TREE / "build/release"
    tests = [[str(build_folder / "tests/test_funnel"), "--no-version", "--abort-after=1", f"--test-case-exclude={SLOW}"],
             [str(build_folder / "tests/test_app"), "--no-version", "--abort-after=1", "--test-case=push*"],
             [str(build_folder / "tests/test_app"), "--no-version", "--abort-after=1", "--test-case-exclude=push*"]]

    def build_release():
        return run(["cmake", "--build", str(build_folder), "--target", "test_funnel", "test_app", "-j", "2"], 3600)

    good, output = run(["cmake", "-S", str(TREE), "-B", str(build_folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=RelWithDebInfo"], 600)
    if good:
        good, output = build_release()
    for test_program in tests if good else []:
        if good:
            good, output = run(test_program, 1800)
    if not good:
        sys.exit(f"mutants: without any change it does not build or pass:\n{output[-3000:]}")
    lived = 0
    for name, text, whom in mutants:
        path = TREE / name
        whole = path.read_text()
        path.write_text(text)
        good, output = build_release()
        if not good:
            result = "broken"
            print(output[-600:])
        else:
            result = "lived" if all(run(test_program, 900)[0] for test_program in tests) else "killed"
        path.write_text(whole)
        lived += result != "killed"
        print(f"{result:<7} {name}: {whom}", flush=True)
    print(f"{len(mutants)} conditions, {len(mutants) - lived} are missed by a test when they are dropped")
    return 1 if lived else 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("files", nargs="*", metavar="FILE")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--sample", type=int, default=200)
    options.add_argument("--limit", type=float, default=25 * 60)
    options.add_argument("--quick", action="store_true", help="without the slow tests")
    options.add_argument("--list", action="store_true", help="only print the mutants")
    options.add_argument("--suppression", action="store_true", help="the conditions that keep people from being mailed again")
    chosen = options.parse_args()
    if chosen.suppression:
        return drop_suppressions()
    known = known_equal()
    mutants = []
    for name in chosen.files or [file + ".cpp" for file in FILES]:
        mutants += [m for m in mutants_of(name) if not is_known(m, known)]
    total = len(mutants)
    random.Random(chosen.seed).shuffle(mutants)
    mutants = mutants[:chosen.sample] if chosen.sample else mutants
    mutants.sort()
    if chosen.list:
        for name, number, before, after in mutants:
            print(f"{name}:{number + 1}: {before.strip()}  ->  {after.strip()}")
        print(f"{len(mutants)} of {total}")
        return 0
    seconds = prepare()
    counts = {}
    begin = time.monotonic()
    for done, mutant in enumerate(mutants):
        if time.monotonic() - begin > chosen.limit:
            print(f"{len(mutants) - done} were not tried: the time is over")
            break
        result = outcome(mutant, seconds, not chosen.quick)
        of_file = counts.setdefault(mutant[0], {"killed": 0, "lived": 0, "broken": 0})
        of_file[result] += 1
        if result == "lived":
            name, number, before, after = mutant
            print(f"src/funnel/{name}:{number + 1}: lived\n  {before.strip()}\n  {after.strip()}", flush=True)
    print(f"\n{'file':<20} {'killed':>7} {'lived':>7} {'broken':>7}")
    for name, of_file in sorted(counts.items()):
        print(f"{name:<20} {of_file['killed']:>7} {of_file['lived']:>7} {of_file['broken']:>7}")
    lived = sum(of_file["lived"] for of_file in counts.values())
    killed = sum(of_file["killed"] for of_file in counts.values())
    print(f"{'in all':<20} {killed:>7} {lived:>7}   of {total} there are; {time.monotonic() - begin:.0f} s")
    return 1 if lived else 0


if __name__ == "__main__":
    sys.exit(main())
