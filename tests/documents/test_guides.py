"""The documents for contributors name only what exists: files, names in code, commands; and they name every room."""

from __future__ import annotations

import importlib
import re
from itertools import pairwise

import pytest

from scripts.__main__ import COMMANDS
from scripts.files import ROOT

PACKAGE = ROOT / "benchmark" / "vostochny"
GUIDES = ("docs/architecture.md", "docs/glossary.md", "CONTRIBUTING.md")
# Everything in which a reader finds commands to type.
PAPERS = (
    *GUIDES,
    "README.md",
    "DATASHEET.md",
    "docs/label-studio.md",
    "docs/metrics.md",
    "docs/scale.md",
    "corpus/README.md",
)
FILES = (".py", ".md", ".toml", ".yaml", ".cff", ".js")
PLACEHOLDER = re.compile(r"…|<\w+>|\b[A-Z]+(?=_?\.py)")  # NAME.py, <layer>.py, 003_….json


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_spans(name: str) -> list[str]:
    """Return what stands between backticks, without fenced blocks."""
    prose = re.sub(r"```.*?```", "", text(name), flags=re.S)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]


def rooms(folder: str) -> list[str]:
    """Return the names of a folder's modules and packages, without the redirects of former command names."""
    out = []
    for path in sorted((ROOT / folder).iterdir()):
        package = path.is_dir() and (path / "__init__.py").is_file()
        module = path.suffix == ".py" and not path.name.startswith("__")
        if package or (module and "moved" not in path.stem and not path.read_text().startswith("__import__")):
            out.append(path.stem)
    return out


def is_file(path: str) -> bool:
    """Return whether a path exists, seen from the root or from the package; a placeholder stands for any name."""
    pattern = PLACEHOLDER.sub("*", path.rstrip("/"))
    return any(any(base.glob(pattern)) for base in (ROOT, PACKAGE))


def is_name(dotted: str) -> bool:
    """Return whether a dotted name is a module or an object in one; without a program's name it is the package's."""
    parts = dotted.split(".")
    if parts[0] not in ("vostochny", "scripts", "tests"):
        parts = ["vostochny", *parts]
    for end in range(len(parts), 0, -1):
        try:
            target = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[end:]:
            if not hasattr(target, attribute):
                # A dataclass has its fields without a default on its instances only.
                return attribute == parts[-1] and attribute in getattr(target, "__dataclass_fields__", {})
            target = getattr(target, attribute)
        return True
    return False


@pytest.fixture(scope="module")
def words() -> set[str]:
    """Return every word of the project's code."""
    folders = ("benchmark/vostochny", "scripts", "tests")
    sources = [p for folder in folders for p in (ROOT / folder).rglob("*.py") if p.name != "test_guides.py"]
    return {word for path in sources for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", GUIDES)
def test_what_a_guide_names_exists(name: str, words: set[str]) -> None:
    known = {"vostochny", "scripts", "tests", *rooms("benchmark/vostochny")}
    missing = []
    for span in code_spans(name):
        if re.fullmatch(r"[\w.…<>/*-]+", span) and ("/" in span or span.endswith(FILES)):
            exists = is_file(span)
        elif re.fullmatch(r"[A-Za-z]\w*(\.\w+)+", span) and span.split(".")[0] in known:
            exists = is_name(span)
        elif re.fullmatch(r"[A-Za-z]\w*", span):
            exists = span in words or is_file(span)
        else:
            continue
        if not exists:
            missing.append(span)
    assert not missing, f"{name} names what does not exist: {', '.join(missing)}"


@pytest.mark.parametrize("name", PAPERS)
def test_every_command_of_a_document_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.M))
    commands = re.findall(r"-m scripts ([a-z][a-z-]*)", text(name))
    called = re.findall(r"(?:`|^|\n|\$ )make ([a-z][a-z-]+)", text(name))
    assert [c for c in commands if c not in COMMANDS] == []
    assert [c for c in called if c not in targets] == []


def anchors(name: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text(name), flags=re.S), re.M)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", [*GUIDES, "README.md", "docs/label-studio.md", "docs/metrics.md", "docs/scale.md"])
def test_every_link_of_a_guide_leads_somewhere(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text(name)) if not link.startswith("http")]
    broken = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        if not target.exists() or (anchor and anchor not in anchors(str(target.resolve().relative_to(ROOT)))):
            broken.append(link)
    assert links and broken == []


def test_the_architecture_names_every_room() -> None:
    spans = set(code_spans("docs/architecture.md"))
    package = [f"{room}/" if (PACKAGE / room).is_dir() else room for room in rooms("benchmark/vostochny")]
    inner = [
        f"formats/{room}/" for room in rooms("benchmark/vostochny/formats") if (PACKAGE / "formats" / room).is_dir()
    ]
    scripts = [f"scripts/{r}/" if (ROOT / "scripts" / r).is_dir() else f"scripts.{r}" for r in rooms("scripts")]
    assert [room for room in (*package, *inner, *scripts) if room not in spans] == []


def test_the_drawing_has_the_floors_of_the_contracts() -> None:
    """Highest first, as in pyproject.toml: a room that moves to another floor moves in the drawing too."""
    drawing = re.search(r"```mermaid\n(.*?)```", text("docs/architecture.md"), re.S).group(1)
    floors = [set(re.findall(r"\w+", label)) for label in re.findall(r'\w\d\["([^"]+)"\]', drawing)]
    contracts = re.findall(r"^layers = \[(.*?)\]", text("pyproject.toml"), re.M | re.S)
    layers = [set(re.findall(r"\w+", x)) for contract in contracts for x in re.findall(r'"([^"]+)"', contract)]
    expected = [layer for layer in layers if layer != {"__main__"}]
    assert sorted(floors, key=sorted) == sorted(expected, key=sorted)


def test_the_glossary_is_in_alphabetical_order_and_has_each_term_once() -> None:
    terms = re.findall(r"^\*\*(.+?)\*\*:", text("docs/glossary.md"), re.M)
    assert len(terms) > 60
    assert [(a, b) for a, b in pairwise(terms) if a.casefold() >= b.casefold()] == []
