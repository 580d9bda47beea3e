"""What a command writes depends on its input alone, and opens nothing to anybody."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from scripts.files import CORPUS
from tests.support.generated_news import WriteNews
from tests.support.processes import run_vostochny
from tests.support.two_articles import make_gold, read_predictions, write_sample


def test_hash_seed_folder_time_zone_and_order_of_files_change_no_byte(write_news: WriteNews, tmp_path: Path) -> None:
    gold, predicted = write_news(20, files=3)
    written = []
    for number, settings in enumerate(
        [{"PYTHONHASHSEED": "0", "TZ": "UTC"}, {"PYTHONHASHSEED": "4321", "TZ": "Asia/Tokyo", "LC_ALL": "C"}]
    ):
        folder = tmp_path / ("one", "another/place")[number]
        for side, paths in (("gold", gold), ("predictions", predicted)):
            (folder / side).mkdir(parents=True)
            for path in paths[:: -1 if number else 1]:  # the order in which a folder lists its files
                shutil.copy(path, folder / side)
        environment = {**os.environ, **settings}
        command = ["score", "predictions", "--gold", "gold", "--resamples", "50"]
        outputs = ["--json", "r.json", "--html", "r.html", "--items", "r.items"]
        done = run_vostochny(*command, *outputs, cwd=folder, env=environment)
        assert done.returncode == 0, done.stderr
        done = run_vostochny("convert", "gold", "out.parquet", cwd=folder, env=environment)
        assert done.returncode == 0, done.stderr
        names = ("r.json", "r.html", "r.items", "out.parquet")
        written.append({name: (folder / name).read_bytes() for name in names})
    assert [name for name in written[0] if written[0][name] != written[1][name]] == []


def test_the_page_may_load_nothing_and_send_nothing(write_news: WriteNews, tmp_path: Path) -> None:
    gold, predicted = write_news(3)
    page = tmp_path / "r.html"
    assert run_vostochny("score", *predicted, "--gold", *gold, "--html", str(page)).returncode == 0
    text = page.read_text(encoding="utf-8")
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(part.split(None, 1) for part in " ".join(policy.split()).split("; "))
    assert rules.pop("default-src") == "'none'"
    # Only what the page itself contains: scripts by their hash.
    for kind, sources in rules.items():
        assert not re.search(r"\*|https?:|'unsafe-eval'", sources), kind
    assert "'unsafe-inline'" not in rules.get("script-src", "")
    assert not re.search(r"(src|href)=[\"']?(https?:)?//", text.split("<body", 1)[0])


def test_a_dataset_brings_no_code(tmp_path: Path) -> None:
    """A saved dataset is data; a program beside it, as the library datasets used to run, is never started."""
    folder = write_sample("dataset", tmp_path, make_gold())
    for name in (f"{folder.name}.py", "dataset.py", "__init__.py"):
        (folder / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n", encoding="utf-8")
    assert read_predictions(folder).keys() == {"one", "two"}
    assert not (tmp_path / "ran").exists()
    assert not list(CORPUS.rglob("*.py"))
