"""Mutation run: break the pure core one small step at a time, and see whether its unit tests notice.

    python -m benchmarks.mutation [--only PATH] [--sample N] [--json OUT] [--list]

Each mutant is one change of one syntax node, in a scratch copy of the tree, against the unit tests of its package.
A mutant that the tests pass over survived: either a test is missing, or the change means the same (`EQUIVALENT`).
The order of mutants and the choice of a sample depend on nothing but the source. Texts that people read are not
mutated: their wording is no rule.
"""

import argparse
import ast
import copy
import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "benchmarks",
    "consent_registry",
    "copyright_optout",
    "generator_gateway",
    "likeness_guard",
    "migrations",
    "placet",
    "review_ui",
    "tests",
    "trust_kernel",
    "watermark",
)
_CONSENT = (
    "tests/unit/consent_registry/test_domain_limits.py",
    "tests/unit/consent_registry/test_grants.py",
    "tests/unit/consent_registry/test_mentions.py",
    "tests/unit/consent_registry",
)
_MARKS = ("tests/unit/watermark/test_marks_service.py", "tests/unit/watermark")
_REPORTS = ("tests/unit/watermark/test_credentials_report.py", "tests/unit/watermark")
_RATES = ("tests/unit/likeness_guard/test_calibration.py", "tests/unit/likeness_guard/test_domain.py")
TARGETS: Mapping[str, tuple[str, ...]] = {
    "generator_gateway/pipeline.py": ("tests/unit/generator_gateway/test_pipeline.py",),
    "generator_gateway/stages.py": (
        "tests/unit/generator_gateway/test_pipeline.py",
        "tests/unit/generator_gateway/test_desk.py",
    ),
    "trust_kernel/decisions.py": ("tests/unit/trust_kernel/test_decisions.py",),
    "consent_registry/domain/grants.py": _CONSENT,
    "consent_registry/domain/people.py": _CONSENT,
    "consent_registry/domain/receipts.py": ("tests/unit/consent_registry/test_receipts.py", *_CONSENT),
    "likeness_guard/domain/rates.py": _RATES,
    "likeness_guard/domain/calibration.py": _RATES,
    "likeness_guard/domain/lifting.py": ("tests/unit/likeness_guard/test_blocklist.py",),
    "likeness_guard/domain/folding.py": (
        "tests/unit/likeness_guard/test_blocklist.py",
        "tests/unit/likeness_guard/test_blocklist_import.py",
    ),
    "copyright_optout/domain/prints.py": ("tests/unit/copyright_optout",),
    "watermark/domain/marks.py": _MARKS,
    "watermark/domain/credentials.py": _REPORTS,
    "watermark/domain/credential_faults.py": _REPORTS,
    "watermark/domain/credential_report.py": _REPORTS,
    "watermark/domain/credential_store.py": _REPORTS,
}
"""Mutated files, each with its tests, the closest first. Tests of servers and real models are left out: too slow."""

EQUIVALENT: Mapping[tuple[str, str], str] = {
    ("consent_registry/domain/people.py", "mentions: start > 0 -> start >= 0"): (
        "at 0 the sign looked at is the @ itself, which is no local part"
    ),
}
"""Survivors that mean the same as the original, by file and change, with the reason."""

_LEAST_SECONDS = 20.0
_SAID = "said.txt"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.

    Attributes:
        number: its place among the mutants of its file.
        change: function and line as written, before and after, without line numbers, so that it stays the same.
        source: the whole mutated file.
    """

    path: str
    number: int
    line: int
    change: str
    source: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mutant: "killed", "timeout" (killed too), "survived", or "equivalent"."""

    path: str
    line: int
    change: str
    fate: str


_COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}


_Change = Callable[[ast.AST], ast.AST | None]


def changes_of(node: ast.AST) -> Iterator[_Change]:
    """Ways to change one node; each takes a copy of it and gives what takes its place."""
    if isinstance(node, ast.expr):
        yield from _changes_of_expression(node)
    elif isinstance(node, ast.stmt):
        yield from _changes_of_statement(node)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield _with(ifs=[])


def _changes_of_expression(node: ast.expr) -> Iterator[_Change]:
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                yield from (_compare(at, other) for other in _COMPARISONS[type(op)])
        case ast.BoolOp(op=op):
            yield _with(op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield lambda copied: copied.operand if isinstance(copied, ast.UnaryOp) else None
        case ast.BinOp(op=arithmetic):
            yield _with(op=_ARITHMETIC[type(arithmetic)]())
        case ast.Constant(value=bool(value)):
            yield _with(value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield _with(value=value + 1)
        case ast.IfExp() if _is_plain(node.test):
            yield _negated


def _changes_of_statement(node: ast.stmt) -> Iterator[_Change]:
    match node:
        case ast.AugAssign(op=arithmetic):
            yield _with(op=_ARITHMETIC[type(arithmetic)]())
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield _with(value=ast.Constant(None))
        case ast.Raise() | ast.Expr(value=ast.Call()):
            yield lambda _: ast.Pass()
        case ast.If() | ast.While() if _is_plain(node.test):
            yield _negated
        case ast.Continue():
            yield lambda _: ast.Break()


def _is_plain(test: ast.expr) -> bool:
    """Whether nothing else changes this condition, and more than the type checker reads it."""
    return ast.unparse(test) != "TYPE_CHECKING" and not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp)


def _with(**fields: object) -> Callable[[ast.AST], ast.AST]:
    def change(copied: ast.AST) -> ast.AST:
        for name, value in fields.items():
            setattr(copied, name, value)
        return copied

    return change


def _compare(at: int, other: type[ast.cmpop]) -> Callable[[ast.AST], ast.AST]:
    def change(copied: ast.AST) -> ast.AST:
        if isinstance(copied, ast.Compare):
            copied.ops[at] = other()
        return copied

    return change


def _negated(copied: ast.AST) -> ast.AST:
    if isinstance(copied, ast.If | ast.IfExp | ast.While):
        copied.test = ast.UnaryOp(ast.Not(), copied.test)
    return copied


def mutants_of(path: str) -> list[Mutant]:
    """Every mutant of a file, in the order of the source. Annotations and docstrings are left alone."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    found: list[Mutant] = []
    for parent, name, at, node, scope in _places(tree, ""):
        for change in changes_of(node):
            replaced = change(copy.deepcopy(node))
            if replaced is None:
                continue
            before = _said(node)
            _put(parent, name, at, ast.copy_location(replaced, node))
            source = ast.unparse(ast.fix_missing_locations(tree))
            _put(parent, name, at, node)
            text = f"{scope}: {before} -> {_said(replaced)}"
            found.append(Mutant(path, len(found), getattr(node, "lineno", 0), text, source))
    return found


def _said(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100]


def _put(parent: ast.AST, name: str, at: int | None, node: ast.AST) -> None:
    if at is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[at] = node


_Place = tuple[ast.AST, str, int | None, ast.AST, str]


def _places(parent: ast.AST, scope: str) -> Iterator[_Place]:
    """Each node with where it hangs."""
    for name, value in ast.iter_fields(parent):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for at, node in children:
            if not isinstance(node, ast.AST):
                continue
            named = isinstance(node, ast.FunctionDef | ast.ClassDef)
            inner = f"{scope}.{node.name}".strip(".") if isinstance(node, ast.FunctionDef | ast.ClassDef) else scope
            if not named:
                yield parent, name, at, node, scope or "module"
            yield from _places(node, inner)


class Workshop:
    """A scratch copy of the tree, in which mutants are tried one after another.

    Every try is a fork of this process, which has loaded the heavy libraries once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "*.db")
        for package in PACKAGES:
            if (ROOT / package).exists():
                shutil.copytree(ROOT / package, folder / package, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)
        _load_libraries()

    def baseline(self, path: str) -> float:
        """Seconds that the unbroken file's tests take; raises RuntimeError where they do not pass."""
        started = time.monotonic()
        status = self._run(TARGETS[path], timeout=1_800)
        if status != 0:
            said = (self._folder / _SAID).read_text("utf-8")[-2_000:]
            raise RuntimeError(f"the tests of {path} do not pass unbroken (exit status {status}):\n{said}")
        return time.monotonic() - started

    def fate(self, mutant: Mutant, timeout: float) -> str:
        """Try one mutant."""
        place = self._folder / mutant.path
        original = place.read_text("utf-8")
        place.write_text(mutant.source, "utf-8")
        try:
            status = self._run(TARGETS[mutant.path], timeout)
        finally:
            place.write_text(original, "utf-8")
        if status is None:
            return "timeout"
        if status == 0:
            return "equivalent" if (mutant.path, mutant.change) in EQUIVALENT else "survived"
        return "killed"

    def _run(self, tests: tuple[str, ...], timeout: float) -> int | None:
        child = os.fork()
        if child == 0:
            os.setsid()
            os._exit(_tests(self._folder, tests))
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None


def _load_libraries() -> None:
    import cryptography.hazmat.primitives.ciphers.aead
    import fastapi.testclient
    import hypothesis
    import numpy as np
    import pydantic
    import pytest
    import sqlmodel

    del cryptography, fastapi, hypothesis, np, pydantic, pytest, sqlmodel


def _tests(folder: Path, tests: tuple[str, ...]) -> int:
    """Run tests of the scratch copy, quietly, in this forked process."""
    import pytest

    said = os.open(folder / _SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(folder)
    # a byte-code file could outlive the mutant that it was made of
    sys.dont_write_bytecode = True
    sys.path[:] = [str(folder), *(entry for entry in sys.path if Path(entry or ".").resolve() != ROOT)]
    ours = [name for name in sys.modules if name.split(".")[0] in PACKAGES]
    for name in ours:
        del sys.modules[name]
    present = [test for test in dict.fromkeys(tests) if (folder / test).exists()]
    wanted = "not postgres and not slow and not browser and not broker"
    return int(pytest.main(["-x", "-q", "-m", wanted, *present]))


def run(paths: list[str], sample: int | None) -> list[Outcome]:
    """Try the mutants of some files, telling as it goes."""
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="placet-mutants-") as folder:
        workshop = Workshop(Path(folder))
        for path in paths:
            chosen = _sampled(mutants_of(path), sample)
            seconds = workshop.baseline(path)
            print(f"{path}: {len(chosen)} mutants, {seconds:.1f} s unbroken", flush=True)
            found: list[Outcome] = []
            for mutant in chosen:
                fate = workshop.fate(mutant, max(_LEAST_SECONDS, 3 * seconds))
                found.append(Outcome(path, mutant.line, mutant.change, fate))
                if fate in {"survived", "equivalent"}:
                    print(f"  {fate}: line {mutant.line}, {mutant.change}", flush=True)
            print(f"  {_figures(found)}", flush=True)
            outcomes.extend(found)
    return outcomes


def _sampled(mutants: list[Mutant], sample: int | None) -> list[Mutant]:
    """The same choice each time: those whose digests come first."""
    if sample is None or sample >= len(mutants):
        return mutants
    ranked = sorted(mutants, key=lambda mutant: hashlib.sha256(f"{mutant.number}{mutant.change}".encode()).digest())
    return sorted(ranked[:sample], key=lambda mutant: mutant.number)


def _figures(outcomes: list[Outcome]) -> str:
    fates = [outcome.fate for outcome in outcomes]
    killed = fates.count("killed") + fates.count("timeout")
    return (
        f"{killed} of {len(fates)} killed ({fates.count('timeout')} by time), "
        f"{fates.count('survived')} survived, {fates.count('equivalent')} equivalent"
    )


def main() -> None:
    """Run from the command line; exit status 1 where a mutant survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="a mutated file, or the folder that it is in")
    parser.add_argument("--sample", type=int, help="mutants of each file, chosen by digest")
    parser.add_argument("--json", type=Path, help="where to write every outcome")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    options = parser.parse_args()
    paths = [path for path in TARGETS if options.only is None or path.startswith(options.only)]
    if options.list:
        for path in paths:
            for mutant in mutants_of(path):
                print(f"{path}:{mutant.line}: {mutant.change}")
        return
    outcomes = run(paths, options.sample)
    print(f"in all: {_figures(outcomes)}")
    if options.json:
        options.json.write_text(json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n", "utf-8")
    sys.exit(any(outcome.fate == "survived" for outcome in outcomes))


if __name__ == "__main__":
    main()
