#!/usr/bin/env python3
"""Looks for shapes of coroutines that GCC 12 compiles wrong (double destruction of temporaries): coroutines.py SOURCE_DIR.

A coroutine is a free function that takes its arguments by value. A statement with co_await has no lambda with captures, no ?: and no
braced list: what it needs gets its name in a statement before."""
import pathlib
import re
import sys

FOLDERS = ["src/net", "src/web"]
COROUTINE = re.compile(r"awaitable<[^;{}()]*>\s+(?P<name>[\w:~]+)\((?P<arguments>[^{};]*)\)(?P<rest>[^;{}]*)[;{]")
CAPTURES = re.compile(r"\[[^\[\]]*[&=\w][^\[\]]*\]\s*(\(|\{|mutable)")


def bare(text: str) -> str:
    """Comments, lines of the preprocessor and the contents of literals become blanks, so that places stay."""
    pattern = re.compile(r'^[ \t]*#(?:[^\\\n]|\\.)*|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S | re.M)

    def blank(found: re.Match) -> str:
        kept = re.sub(r"[^\n]", " ", found[0])
        return '"' + kept[1:-1] + '"' if found[0][0] == '"' else kept

    return pattern.sub(blank, text)


def statements(text: str):
    """(place, text) of each piece between ; { and }; braces within parentheses belong to their statement."""
    start = depth = inner = 0
    for at, char in enumerate(text):
        if char in "([":
            depth += 1
        elif char in ")]":
            depth = max(depth - 1, 0)
        elif char == "{" and (depth > 0 or inner > 0 or starts_list(text[start:at])):
            inner += 1
        elif char == "}" and inner > 0:
            inner -= 1
        elif depth == 0 and inner == 0 and char in ";{}":
            yield start, text[start:at]
            start = at + 1
    yield start, text[start:]


def starts_list(before: str) -> bool:
    """Does a { after this open a list and not a block?"""
    before = before.rstrip()
    return bool(re.search(r"(=|\breturn|,|[\w>])$", before)) and not re.search(
        r"(\b(else|do|try|const|noexcept|override)$|^\s*(namespace|struct|class|enum|union|template)\b|\)\s*->\s*[\w:<>]+$)", before)


def outermost(arguments: str) -> str:
    """Without what stands in <> and ()."""
    while (less := re.sub(r"<[^<>]*>|\([^()]*\)", "", arguments)) != arguments:
        arguments = less
    return arguments


def faults_of(name: str, source: str):
    text = bare(source)

    def at(place: int) -> str:
        return f"{name}:{text.count(chr(10), 0, place) + 1}"

    for found in COROUTINE.finditer(text):
        if "::" in found["name"] or "const" in found["rest"].split():
            yield f"{at(found.start())}: the coroutine {found['name']} is no free function"
        if "&" in outermost(found["arguments"]):
            yield f"{at(found.start())}: the coroutine {found['name']} takes a reference"
    for start, statement in statements(text):
        if "co_await" not in statement:
            continue
        place = at(start + len(statement) - len(statement.lstrip()))
        if CAPTURES.search(statement.replace("auto [", "auto ")):
            yield f"{place}: a lambda with captures in a statement with co_await"
        if re.search(r"\?", statement):
            yield f"{place}: ?: in a statement with co_await"
        if re.search(r"[\w>(,=]\s*\{", statement):
            yield f"{place}: a braced list in a statement with co_await"
    for found in re.finditer(r"\]\s*\([^()]*\)\s*(mutable\s*)?->\s*(\w+::)*awaitable\b", text):
        yield f"{at(found.start())}: a lambda that is a coroutine"


BAD = {
    "a lambda with captures": "void f() { co_await use([&x] { return x; }); }",
    "?:": "void f() { auto a = b ? co_await c() : d; }",
    "a braced list": "void f() { co_await use(Thing{1, name()}); }",
    "a braced list ": "void f() { auto x = co_await use({1, 2}); }",
    "takes a reference": "awaitable<void> f(const std::string& x) { co_return; }",
    "is no free function": "awaitable<int> Client::f(int x) { co_return x; }",
    "a lambda that is": "auto f = [](int x) -> asio::awaitable<void> { co_return; };",
}
GOOD = """
#include <memory>
namespace mailfunnel {
// co_await use([&] { ?: });
asio::awaitable<int> g(std::function<void(int&)> each);
asio::awaitable<int> f(Engine* engine, std::shared_ptr<Job> job) {
  auto [ec, bytes] = co_await stream.async_read_some(buffer[1], k_tuple);
  const Thing thing{1, "?"};
  auto task = [&] { return x ? 1 : 2; };
  if (x) { co_await use(std::move(task)); } else { co_return Thing{1}; }
  co_await g(std::function<void(int&)>());
  while (!(co_await done(thing))) { y = x ? 1 : 2; }
}
"""


def main() -> int:
    for what, text in BAD.items():
        found = list(faults_of("sample", text))
        assert any(what.strip() in fault for fault in found), f"does not see: {text} ({found})"
    assert not list(faults_of("sample", GOOD)), list(faults_of("sample", GOOD))
    root = pathlib.Path(sys.argv[1])
    files = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.[ch]pp"))]
    faults = [fault for path in files for fault in faults_of(str(path.relative_to(root)), path.read_text(encoding="utf-8"))]
    print("\n".join(faults) if faults else f"{len(files)} files: no coroutine in a shape that GCC 12 gets wrong")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
