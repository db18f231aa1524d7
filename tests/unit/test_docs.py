"""The reference pages say what the code does: nothing is missing, nothing is made up, no link leads nowhere."""

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, get_args

import click
import pytest
from pydantic import BaseModel, SecretStr

from copyright_optout.api import ClaimState
from generator_gateway.routes import intake
from generator_gateway.routes.verification_out import VerificationOut
from generator_gateway.schemas import VideoOut
from placet.cli.main import placet
from placet.roles import ROLES
from tests.unit.test_routes import Declared, declared_routes
from trust_kernel.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "trust_kernel",
    "consent_registry",
    "likeness_guard",
    "copyright_optout",
    "watermark",
    "generator_gateway",
    "review_ui",
    "placet",
)
CODES, API, OPERATIONS = (ROOT / "docs" / f"{name}.md" for name in ("reason-codes", "api", "operations"))
_CODE = re.compile(r"(?!urn:)[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*){2}")
_CELL = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_MADE_ELSEWHERE = frozenset({"__pycache__", "placet-data", "demo-out", "bench-out", "build", "dist", "mutants"})
_WORKPLACE = tuple("".join(parts) for parts in (("/wo", "rk/"), (".lib", "rary"), ("../sha", "red")))
"""In pieces, or this file would be found first."""
CLAIM_KINDS = frozenset(f"optout:claim:{state}" for state in ClaimState)
"""Kinds of ledger entries and notices that are put together from a claim's state."""


# --- reading the pages


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(page: Path) -> dict[str, str]:
    """The text under each heading, by the heading; fenced examples are no headings."""
    found: dict[str, list[str]] = {"": []}
    current, fenced = "", False
    for line in page.read_text("utf-8").splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("#") and not fenced:
            current = line.lstrip("#").strip()
            found[current] = []
        else:
            found[current].append(line)
    return {heading: "\n".join(lines) for heading, lines in found.items()}


def rows(page: Path, *sections: str) -> dict[str, list[str]]:
    """Table rows that begin with something in backticks, of some sections or of all, by that; the other cells."""
    found: dict[str, list[str]] = {}
    for heading, text in headings(page).items():
        if sections and heading not in sections:
            continue
        for line in text.splitlines():
            cells = [cell.strip() for cell in _CELL.split(line.strip().removeprefix("|").removesuffix("|"))]
            if line.startswith("| `") and len(cells) > 1:
                found[cells[0].strip("`")] = cells[1:]
    assert found, (page, sections)
    return found


# --- reading the code


@cache
def trees() -> dict[Path, ast.Module]:
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path: ast.parse(path.read_text("utf-8")) for path in files}


@cache
def enumerated() -> dict[str, set[str]]:
    """Values of enumerations, by "Class.MEMBER"."""
    found: dict[str, set[str]] = {}
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for line in node.body:
                    if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant):
                        names = [target.id for target in line.targets if isinstance(target, ast.Name)]
                        for name in names:
                            found.setdefault(f"{node.name}.{name}", set()).add(str(line.value.value))
    return found


@cache
def codes_in_code() -> frozenset[str]:
    """Every string in the code that has the form of a code, and what policies give as reasons."""
    written = {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    for policy in ROOT.glob("generator_gateway/policies/*.cedar"):
        written.update(re.findall(r'@reason\("([^"]+)"\)', policy.read_text("utf-8")))
    return frozenset(text for text in written if _CODE.fullmatch(text) and not _is_wording(text))


def _is_wording(code: str) -> bool:
    """A key of the catalogues of sentences: they explain themselves. Headlines are verdicts besides, and listed."""
    return code.startswith(("verify:", "page:")) and not code.startswith("verify:headline:")


def kinds_given_to(*methods: str) -> frozenset[str]:
    """Codes that are the first of several arguments of calls to methods of these names."""
    found: set[str] = set()
    for tree in trees().values():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                called = call.func if isinstance(call, ast.Call) and len(call.args) > 1 else None
                if isinstance(called, ast.Attribute) and isinstance(call, ast.Call) and called.attr in methods:
                    found.update(_values(call.args[0], function))
    return frozenset(text for text in found if _CODE.fullmatch(text))


def _values(expression: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    if isinstance(expression, ast.Constant):
        yield str(expression.value)
    elif isinstance(expression, ast.IfExp):
        yield from _values(expression.body, function)
        yield from _values(expression.orelse, function)
    elif isinstance(expression, ast.Attribute):
        yield from enumerated().get(ast.unparse(expression), ())
    elif isinstance(expression, ast.Name):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == expression.id:
                yield from _values(node.value, function)


def fields_of(model: type[BaseModel], prefix: str = "", seen: set[type[BaseModel]] | None = None) -> Iterator[str]:
    """Every field of a shape, and of the shapes in it, dotted; a shape that stands in several places, at its first."""
    seen = set() if seen is None else seen
    for name, field in model.model_fields.items():
        yield f"{prefix}{name}"
        for inner in _models(field.annotation):
            if inner not in seen:
                seen.add(inner)
                yield from fields_of(inner, f"{prefix}{name}.", seen)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def commands(group: click.Command, path: str) -> Iterator[str]:
    if not isinstance(group, click.Group):
        yield path
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, f"{path} {name}")


# --- reason codes and permissions


def test_every_code_is_explained_and_no_other() -> None:
    explained = {code for code in rows(CODES) if _CODE.fullmatch(code)}
    assert codes_in_code() - explained == set(), "say in docs/reason-codes.md what these mean"
    assert explained - codes_in_code() - CLAIM_KINDS == set(), "nothing gives these"


def test_a_code_that_stops_somebody_says_what_it_means_and_what_to_do() -> None:
    told = set(rows(CODES, "Notices")) | set(rows(CODES, "Ledger kinds"))
    reasons = {
        code: cells
        for heading in headings(CODES)
        if heading not in {"Notices", "Ledger kinds", "Permissions"} and "| `" in headings(CODES)[heading]
        for code, cells in rows(CODES, heading).items()
    }
    assert codes_in_code() - told - set(reasons) == set()
    assert [code for code, cells in reasons.items() if len(cells) != 2 or not all(cells)] == []


def test_every_notice_is_listed_and_no_other() -> None:
    assert set(rows(CODES, "Notices")) - CLAIM_KINDS == kinds_given_to("emit", "tell")


def test_every_ledger_kind_is_listed_and_no_other() -> None:
    listed = set(rows(CODES, "Ledger kinds"))
    assert listed - CLAIM_KINDS == kinds_given_to("append", "record", "_log")
    assert {"optout:claim:submitted", "optout:claim:active", "optout:claim:withdrawn"} <= listed


def test_every_permission_is_listed_with_the_roles_that_hold_it() -> None:
    given = frozenset[str]().union(*ROLES.values())
    holders = {name: ", ".join(sorted(role for role in ROLES if name in ROLES[role])) for name in given}
    assert {name: cells[-1] for name, cells in rows(CODES, "Permissions").items()} == holders


# --- routes and fields


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Declared]:
    return declared_routes(tmp_path_factory.mktemp("routes"))


def test_every_route_is_listed_with_its_permission_and_no_other(routes: list[Declared]) -> None:
    methods = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "ANY ")
    listed = {route: cells[0].strip("`") for route, cells in rows(API).items() if route.startswith(methods)}
    assert listed == {route.route: route.permission for route in routes}


def test_every_field_of_a_verification_is_explained() -> None:
    explained = {name for name in rows(API, "Verification") if not name.startswith(("GET ", "POST "))}
    assert explained == set(fields_of(VerificationOut))


def test_every_field_of_a_video_is_explained() -> None:
    assert set(rows(API, "The video object")) == set(fields_of(VideoOut))


def test_every_field_that_can_be_asked_for_is_explained() -> None:
    assert set(rows(API, "What can be sent")) == intake._FIELDS


# --- settings and commands


def shown(default: Any) -> str:
    """A default as the table writes it."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None:
        return "none"
    if default == "":
        return "empty"
    return f"`{json.dumps(default) if isinstance(default, tuple) else default}`"


def test_every_setting_is_in_the_table_with_its_default_and_no_other() -> None:
    known = {f"PLACET_{name.upper()}": shown(field.default) for name, field in Settings.model_fields.items()}
    assert {name: cells[0] for name, cells in rows(OPERATIONS, "Settings").items()} == known


def test_the_table_says_so_where_nothing_reads_a_setting() -> None:
    used = {node.attr for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    idle = {f"PLACET_{name.upper()}" for name in set(Settings.model_fields) - used}
    said = {name for name, cells in rows(OPERATIONS, "Settings").items() if "Nothing reads it" in cells[1]}
    assert said == idle


def test_every_command_is_listed_and_no_other() -> None:
    assert set(rows(OPERATIONS, "Commands")) == set(commands(placet, "placet"))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_names_only_commands_targets_and_settings_that_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    known = set(commands(placet, "placet"))
    groups = {command.rsplit(" ", 1)[0] for command in known} - {"placet"}
    for first, second in re.findall(r"`placet ([a-z]+)(?: ([a-z]+))?", text):
        assert f"placet {first}" in known | groups, first
        assert f"placet {first}" in known or not second or f"placet {first} {second}" in known, (first, second)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) - targets == set()
    settings = {f"PLACET_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bPLACET_[A-Z0-9_]+[A-Z0-9]", text)) - settings == set()


# --- links, and what must not be in here


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text("utf-8")):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert linked.is_relative_to(ROOT), target
        if anchor and linked.suffix == ".md":
            assert anchor in {slug(heading) for heading in headings(linked)}, target


@cache
def repository_texts() -> tuple[tuple[Path, str], ...]:
    """Everything that is text and ours, but for hidden folders."""
    found: list[tuple[Path, str]] = []
    for path in sorted(ROOT.rglob("*")):
        folders = path.relative_to(ROOT).parts[:-1]
        if any(part.startswith(".") or part in _MADE_ELSEWHERE or part.endswith(".egg-info") for part in folders):
            continue
        if path.is_file():
            with suppress(UnicodeDecodeError):
                found.append((path, path.read_text("utf-8")))
    return tuple(found)


def test_nothing_names_a_place_where_it_was_written() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {mark}" for path, text in repository_texts() for mark in _WORKPLACE if mark in text
    ]
    assert named == []


def test_the_search_for_places_reads_the_whole_repository() -> None:
    read = {path.relative_to(ROOT).as_posix() for path, _ in repository_texts()}
    assert {"README.md", "Makefile", "pyproject.toml", "placet/app.py", "tests/unit/test_docs.py"} <= read
