"""The stored answers: one text file per case, with its mark and every section of its answer."""

from __future__ import annotations

import shlex
from pathlib import Path

from . import running
from .answers import Section, as_text, differences, from_text, section, summary
from .cases import CASES, Case

STORED = Path(__file__).parent / "stored"


def path_of(case: Case) -> Path:
    """Return the path of a case's stored answer."""
    return STORED / f"{case.name}.txt"


def answer(case: Case, folder: Path) -> list[Section]:
    """Run a case and return its answer; ``folder`` comes from :func:`cases.prepare_folder`."""
    out = [Section("case", "text", f"{case.name}\n{case.mark}")]
    running.empty_output_folder(folder)
    for number, act in enumerate(case.steps, 1):
        argv = shlex.split(act) if isinstance(act, str) else act
        code, stdout, stderr = running.step(folder, argv, case.stdin)
        done = f"vostochny {act}" if isinstance(act, str) else f"call {number}"
        out.append(Section(f"{number} command", "text", f"{done}\nexit {code}"))
        for name, content in ((f"{number} stdout", stdout), (f"{number} stderr", stderr)):
            if content:
                out.append(section(name, running.without_paths(content, folder), case.form(name)))
    for name, content in running.read_output_files(folder).items():
        title = f"file {running.OUT}/{name}"
        out.append(section(title, running.without_paths(content, folder), case.form(title)))
    return out


def changed(case: Case, folder: Path) -> list[str]:
    """List where the answer differs from the stored one."""
    path = path_of(case)
    if not path.is_file():
        return [f"{path.name}: no answer is stored; python -m tests.answers {case.name}"]
    stored = from_text(path.read_bytes().decode("utf-8"))
    return differences(stored, answer(case, folder))


def problem(case: Case, folder: Path) -> str:
    """Describe the differences in words; empty if there are none."""
    places = changed(case, folder)
    return f"{case.name} ({case.mark}):\n{summary(places)}" if places else ""


def renew(case: Case, folder: Path) -> bool:
    """Store today's answer if it differs; return whether it did."""
    if not changed(case, folder):
        return False
    STORED.mkdir(exist_ok=True)
    path_of(case).write_bytes(as_text(answer(case, folder)).encode("utf-8"))
    return True


def orphans() -> list[str]:
    """Return stored answers that belong to no case."""
    return sorted(p.name for p in STORED.glob("*") if p.name.removesuffix(".txt") not in CASES)
