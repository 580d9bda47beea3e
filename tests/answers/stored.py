"""The stored answers: a text file a case, with the case's mark and then every section of its answer."""

from __future__ import annotations

import shlex
from pathlib import Path

from . import running
from .answers import Section, as_text, differences, from_text, section, told
from .cases import CASES, Case

STORED = Path(__file__).parent / "stored"


def path_of(case: Case) -> Path:
    """Where a case's answer is stored."""
    return STORED / f"{case.name}.txt"


def answer(case: Case, folder: Path) -> list[Section]:
    """What the program answers now; ``folder`` is as :func:`cases.prepared` made it."""
    out = [Section("case", "text", f"{case.name}\n{case.mark}")]
    running.emptied(folder)
    for number, act in enumerate(case.steps, 1):
        argv = shlex.split(act) if isinstance(act, str) else act
        code, stdout, stderr = running.step(folder, argv, case.given)
        done = f"vostochny {act}" if isinstance(act, str) else f"call {number}"
        out.append(Section(f"{number} command", "text", f"{done}\nexit {code}"))
        for name, content in ((f"{number} stdout", stdout), (f"{number} stderr", stderr)):
            if content:
                out.append(section(name, running.nameless(content, folder), case.held(name)))
    for name, content in running.written(folder).items():
        title = f"file {running.OUT}/{name}"
        out.append(section(title, running.nameless(content, folder), case.held(title)))
    return out


def changed(case: Case, folder: Path) -> list[str]:
    """Where the answer is not the stored one."""
    path = path_of(case)
    if not path.is_file():
        return [f"{path.name}: no answer is stored; python -m tests.answers {case.name}"]
    stored = from_text(path.read_bytes().decode("utf-8"))
    return differences(stored, answer(case, folder))


def problem(case: Case, folder: Path) -> str:
    """The same in words, empty where nothing changed."""
    places = changed(case, folder)
    return f"{case.name} ({case.mark}):\n{told(places)}" if places else ""


def renew(case: Case, folder: Path) -> bool:
    """Store what the program answers now, where it differs; whether it did."""
    if not changed(case, folder):
        return False
    STORED.mkdir(exist_ok=True)
    path_of(case).write_bytes(as_text(answer(case, folder)).encode("utf-8"))
    return True


def orphans() -> list[str]:
    """Stored answers that no case has."""
    return sorted(p.name for p in STORED.glob("*") if p.name.removesuffix(".txt") not in CASES)
