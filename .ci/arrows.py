#!/usr/bin/env python3
"""Checks how modules import each other: top-level modules only downwards, and no files in a circle.

A room is a top-level module: a directory or a file directly below `src`. Re-exports in its `mod.rs` do not
count as imports. An import of a re-exported item counts as an import of the file that defines it, if the path
names that file, and otherwise of `mod.rs`.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# From top to bottom. Rooms on one line do not import each other.
ROOMS = {
    "gds-metrics": [
        ["config"],
        ["middleware"],
        ["monitoring"],
        ["instance"],
        ["endpoint"],
        ["requests"],
        ["custom"],
        ["builtin"],
        ["exposition"],
        ["error"],
    ],
    "gds-metrics-derive": [["set", "label"], ["attr"], ["tokens"], ["errors"], ["name"]],
}


def without_comments(text):
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def without_tests(text):
    """Tests may look up: what they need is not what the code needs."""
    at = text.find("#[cfg(test)]\nmod ")
    return text if at < 0 else text[:at]


def leaves(tree, prefix=()):
    """The paths of a use tree: `a::{b, c::d}` are `a::b` and `a::c::d`."""
    tree = tree.strip()
    depth, start, parts = 0, 0, []
    for i, char in enumerate(tree):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            parts.append(tree[start:i])
            start = i + 1
    parts.append(tree[start:])
    for part in (part.strip() for part in parts):
        if not part:
            continue
        group = re.match(r"(.*?)\{(.*)\}$", part, flags=re.S)
        if group:
            inner = tuple(p for p in group[1].strip().split("::") if p)
            yield from leaves(group[2], prefix + inner)
        else:
            name = part.split(" as ")[0].strip()
            yield prefix + tuple(p.strip() for p in name.split("::"))


def imports(text):
    """All paths that a file names, and whether each is only a re-export."""
    for use in re.finditer(r"(?m)^\s*(pub(?:\([a-z]+\))? )?use ([^;]+);", text):
        for path in leaves(use[2]):
            yield path, bool(use[1])
    rest = re.sub(r"(?m)^\s*(?:pub(?:\([a-z]+\))? )?use [^;]+;", "", text)
    for path in re.finditer(r"\b((?:crate|super)(?:::[A-Za-z_]\w*)+)", rest):
        yield tuple(path[1].split("::")), False


class Crate:
    def __init__(self, name):
        self.name = name
        self.source = ROOT / name / "src"
        self.files = {}
        for file in self.source.rglob("*.rs"):
            parts = list(file.relative_to(self.source).with_suffix("").parts)
            if parts[-1] in ("tests", "properties"):
                continue
            if parts[-1] == "mod":
                parts.pop()
            if parts != ["lib"]:
                self.files[tuple(parts)] = without_tests(without_comments(file.read_text()))
        self.levels = {room: i for i, level in enumerate(ROOMS[name]) for room in level}

    def resolve(self, module, path):
        """The file that a path leads to, or `None` if it leads out of the crate."""
        if path[0] == "crate":
            base, path = (), path[1:]
        elif path[0] in ("self", "super"):
            base = module
            while path and path[0] in ("self", "super"):
                base = base if path[0] == "self" else base[:-1]
                path = path[1:]
        else:
            return None
        target = base
        for part in path:
            if target + (part,) not in self.files:
                break
            target += (part,)
        return target, path

    def problems(self):
        graph = {module: set() for module in self.files}
        for module, text in self.files.items():
            for path, reexport in imports(text):
                found = self.resolve(module, path)
                if found is None:
                    continue
                target, rest = found
                if target == ():
                    if rest and rest[0] not in ("prometheus_client",):
                        yield f"{'/'.join(module)} takes `{'::'.join(rest)}` through lib.rs"
                    continue
                if target == module or reexport and target[: len(module)] == module:
                    continue
                graph[module].add(target)
                if module[0] == target[0]:
                    continue
                above, below = self.levels.get(module[0]), self.levels.get(target[0])
                if above is None or below is None:
                    yield f"{'/'.join(module)}: no room is known by `{module[0]}` or `{target[0]}`"
                elif below <= above:
                    yield f"{'/'.join(module)} looks up to {'/'.join(target)}"
        yield from circles(graph)


def circles(graph):
    """Each set of files that can all reach each other (Tarjan)."""
    index, low, stack, on_stack, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on_stack.add(node)
        for target in graph[node]:
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in on_stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            circle = []
            while True:
                last = stack.pop()
                on_stack.discard(last)
                circle.append("/".join(last))
                if last == node:
                    break
            if len(circle) > 1:
                found.append(circle)

    sys.setrecursionlimit(10_000)
    for node in graph:
        if node not in index:
            visit(node)
    for circle in found:
        yield "a circle: " + ", ".join(sorted(circle))


def main():
    failed = 0
    for name in ROOMS:
        crate = Crate(name)
        problems = sorted(set(crate.problems()))
        for problem in problems:
            print(f"{name}: {problem}")
        print(f"{name}: {len(crate.files)} files, {len(problems)} problems")
        failed += len(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
