"""``python -m scripts``: its list, its refusals, and the former names."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.__main__ import COMMANDS, main
from scripts.files import ROOT
from tests.support.effort import sample
from tests.support.processes import run_python, run_scripts

FORMER = sorted(
    p.stem for p in (ROOT / "scripts").glob("*.py") if p.read_text(encoding="utf-8").startswith("__import__")
)


def test_alone_it_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = run_scripts(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: python -m scripts {command} ")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("valdate", "did you mean 'validate'?"), ("xyz", "`python -m scripts` lists the commands")],
)
def test_an_unknown_command_is_refused(name: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name]) == 2
    assert capsys.readouterr().err == f"scripts: unknown command {name!r}; {hint}\n"


def test_without_the_environment_it_names_make() -> None:
    """-S leaves out installed packages, as a Python without our environment has none."""
    done = run_python("-S", "-m", "scripts", "validate", cwd=ROOT, env={})
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "run `make .venv/.ready`" in done.stderr


@pytest.mark.parametrize("name", FORMER)
def test_a_former_name_prints_the_new_one_and_runs_it(name: str, tmp_path: Path) -> None:
    """From any folder, as the former file did; label_studio.py had its commands as first argument."""
    arguments = ["push", "--help"] if name == "label_studio" else ["--help"]
    script = str(ROOT / "scripts" / f"{name}.py")
    done = run_python(script, *arguments, cwd=tmp_path)
    assert done.returncode == 0
    script_name, _, new = done.stderr.strip().partition(" is now: ")
    assert script_name.endswith(f"{name}.py") and done.stdout.startswith(f"usage: {new} ")


@pytest.fixture(scope="module")
def tokens_are_kept() -> None:
    """Let a command have made the tokens of all articles before (scripts.segmentation)."""
    assert run_scripts("validate").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "needless"),
    sample(
        [
            ("validate", "numpy spacy datasets pyarrow"),
            ("validate --consistency", "numpy spacy datasets pyarrow"),
            ("corpus --check", "spacy datasets pyarrow vostochny.scoring scripts.agreement.two_passes"),
            ("label-config --check", "numpy spacy vostochny.scoring scripts.build.dataset"),
            ("agreement --check", "spacy datasets pyarrow"),
            ("diff HEAD", "spacy datasets pyarrow vostochny.scoring"),
        ],
        3,
    ),
)
def test_a_command_imports_only_what_it_needs(tokens_are_kept: None, arguments: str, needless: str) -> None:
    """What is imported for nothing takes longer than most commands."""
    program = (
        "import sys\nfrom scripts.__main__ import main\nmain(sys.argv[1:])\n"
        f"sys.stderr.write(' '.join(name for name in {needless.split()} if name in sys.modules))"
    )
    done = run_python("-c", program, *arguments.split(), cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
