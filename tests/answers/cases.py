"""The cases: each has a name, commands, a mark (is the answer right?), and which outputs are stored as a hash."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import vostochny

# Imported because the kinds of input register themselves.
from . import inputs_files, inputs_formats, inputs_layers, inputs_refused, inputs_words  # noqa: F401
from .inputs import KINDS, Content, input_names, make_input, write_files
from .known import KNOWN
from .running import ROOT, Call

SYSTEMS = ("annotator_b", "lookup", "recognizers", "spacy")
VIEWS = ("ace", "ontonotes", "conll")
ZONES = {"title": "entities", "caption": "events", "body": "quotes"}
RESAMPLED = "--resamples 200"
PLAIN = "--resamples 0"


@dataclass(frozen=True)
class Case:
    """One case: steps to run, and how their outputs are stored.

    A step is a command line, or a Python call that returns text. ``today`` is empty if today's answer is right;
    otherwise it names the issue that will change it, and why. ``large`` has patterns of outputs that are stored as a
    hash: a step's number with ``stdout``, or a file's path. Of outputs that match ``existence_only`` only the existence
    is stored.
    """

    name: str
    steps: tuple[str | Call, ...]
    today: str = ""
    large: tuple[str, ...] = ()
    stdin: bytes = b""
    existence_only: tuple[str, ...] = ()
    files: Callable[[], dict[str, Content]] = dict

    @property
    def mark(self) -> str:
        """Return the mark that is stored with the answer: right, or today and the issue."""
        return f"today, issue {self.today}" if self.today else "right"

    def form(self, title: str) -> str:
        """Return how an output is stored: "whole", "digest" or "there"."""
        if any(fnmatch(title, pattern) for pattern in self.existence_only):
            return "there"
        return "digest" if any(fnmatch(title, pattern) for pattern in self.large) else "whole"


# -- the corpus and the stored systems ---------------------------------------------------------------------------------

GOLD_2 = "16: gold 2.0 mends identity and discrepancies"
SCREEN = "19.2: the default becomes one screen, and parts that are shown elsewhere"
EXTENTS = "17.1: an annotation by the view's own convention loses points"
UNITS = "14.5: one interval means one thing, however many the documents"


def scores() -> Iterator[Case]:
    """Score each stored system with and without intervals, in every view, and by type, level and zone."""
    for system in SYSTEMS:
        score = f"score systems/{system}.jsonl"
        yield Case(f"score-{system}", (f"{score} {RESAMPLED} --json -",))
        yield Case(f"table-{system}", (f"{score} {RESAMPLED}",), SCREEN)
        for view in VIEWS:
            only = " --layer entities" if view != "ace" and system != "lookup" else ""
            yield Case(
                f"view-{view}-{system}",
                (f"{score} {PLAIN} --view {view} --unknown ignore --json -{only}",),
                EXTENTS if view != "ace" else "",
            )
        yield Case(
            f"items-{system}", (f"{score} {PLAIN} --items out/items.jsonl --json out/score.json --by none",), SCREEN,
            ("file out/items.jsonl", "file out/score.json"),
        )  # fmt: skip
    for zone, layer in ZONES.items():
        yield Case(f"zone-{zone}", (f"score systems/lookup.jsonl {PLAIN} --zone {zone} --layer {layer} --json -",))
    for by in ("level", "zone", "none"):
        yield Case(f"by-{by}", (f"score systems/lookup.jsonl {PLAIN} --by {by}",), SCREEN)
    for layer in ("entities", "events", "quotes"):
        yield Case(f"layer-{layer}", (f"score systems/annotator_b.jsonl {PLAIN} --layer {layer}",), SCREEN)
    yield Case("score-lookup-10000", ("score systems/lookup.jsonl --layer events --json -",))
    yield Case("table-annotator_b-10000", ("score systems/annotator_b.jsonl --view ace",), SCREEN)
    yield Case("seqeval-lookup", (f"score systems/lookup.jsonl {PLAIN} --layer entities --seqeval --by none",), SCREEN)
    yield Case("seed", ("score systems/lookup.jsonl --resamples 50 --seed 1 --layer quotes --json -",))
    yield Case(
        "report", (f"score systems/lookup.jsonl {RESAMPLED} --html out/report.html --json out/x.json --by none",),
        "19.5: tiles and list of mistakes do not count the same", ("file out/report.html", "file out/x.json"),
    )  # fmt: skip
    bars = "--fail-under entities=0.9 --fail-under events=0.5 --fail-under quotes.cue=0.5"
    yield Case("bar", (f"score systems/lookup.jsonl {PLAIN} --by none --json out/x.json {bars}",), SCREEN, ("file *",))


def annotators() -> Iterator[Case]:
    """Score both annotators' passes as predictions and as gold."""
    for one in "ab":
        only = " --layer events" if one == "a" else " --layer quotes"
        yield Case(f"annotator-{one}", (f"score annotators/{one} {RESAMPLED} --json -{only}",))
        yield Case(f"annotator-{one}-ontonotes", (f"validate annotators/{one}", f"score annotators/{one} {PLAIN} "
                   "--view ontonotes --layer entities --unknown ignore --json -"), EXTENTS)  # fmt: skip
    yield Case("annotator-b-against-a", (f"score annotators/b --gold annotators/a {PLAIN} --layer events --json -",))
    yield Case("compare-annotators", (f"compare annotators/a annotators/b {RESAMPLED} --json -",), UNITS)


def comparisons() -> Iterator[Case]:
    two = "compare systems/lookup.jsonl systems/annotator_b.jsonl"
    names = "compare " + " ".join(f"systems/{s}.jsonl" for s in SYSTEMS)
    yield Case("compare", (f"{two} {RESAMPLED}", f"{two} {RESAMPLED} --json -"), UNITS)
    yield Case(
        "compare-all",
        (f"{names} {RESAMPLED} --layer entities", f"{names} {RESAMPLED} --layer entities --json -"),
        UNITS,
    )
    yield Case("compare-ontonotes", (f"{names} {RESAMPLED} --view ontonotes --unknown ignore",), EXTENTS)
    yield Case("compare-10000", (f"{two} --layer quotes --json -",), UNITS)
    yield Case("compare-one", ("compare systems/lookup.jsonl",))


def words() -> Iterator[Case]:
    """Run the commands that print text for people."""
    yield Case("show", ("show 003",))
    yield Case("show-layers", ("show 000 --layer quotes", "show 001 --layer events"))
    yield Case("show-predictions", ("show 003 --predictions systems/lookup.jsonl",))
    yield Case("show-unknown", ("show 9", "show 00"))
    yield Case("leaderboard", ("leaderboard",), "17.3: reference passes stand beside the scores")
    yield Case("leaderboard-page", ("leaderboard --html",), "19.11: plots of intervals", ("1 stdout",))
    yield Case("schema", ("schema",))
    yield Case("schema-words", ("schema --words",))
    yield Case("validate", tuple(f"validate systems/{s}.jsonl" for s in SYSTEMS))
    yield Case(
        "rehydrate", ("rehydrate seeds -o out/gold.jsonl", "rehydrate systems -o out/none.jsonl"), "",
        ("file out/gold.jsonl",),
    )  # fmt: skip


# Format → the file it is written to.
TARGETS = {
    "jsonl": "p.jsonl", "gzip": "p.jsonl.gz", "json": "p.json", "label-studio": "tasks.json --format-out label-studio",
    "brat": "brat", "conll": "p.conll", "spacy": "p.spacy", "spacy-json": "s.jsonl --format-out spacy-json",
    "parquet": "p.parquet", "dataset": "dataset --format-out dataset",
}  # fmt: skip
SOURCES = {"gold": "corpus/documents/test.jsonl", "lookup": "systems/lookup.jsonl", "annotator_a": "annotators/a"}


def conversions() -> Iterator[Case]:
    """Convert the gold, predictions and an export into every format, and read the result again."""
    for source, path in SOURCES.items():
        for name, target in TARGETS.items():
            file = f"out/{target.split()[0]}"
            back = f"score {file} {PLAIN} --json -" if name != "conll" or source != "gold" else f"validate {file}"
            again = f"convert {file} out/again.jsonl"
            yield Case(
                f"convert-{source}-{name}", (f"convert {path} out/{target}", again, f"{back} --unknown wrong"), "",
                ("file *", "3 stdout"),
            )  # fmt: skip
    yield Case("convert-to-nothing", ("convert systems/lookup.jsonl out/p.xyz", "convert systems/lookup.jsonl out/p "
               "--format-out gliner", "convert nowhere.jsonl out/p.jsonl"))  # fmt: skip
    yield Case("convert-to-output", ("convert systems/recognizers.jsonl -",), "", ("1 stdout",))


EXTRACTOR = """
def putin(document):
    at = document.text.find("Putin")
    return {"entities": [{"start": at, "end": at + 5, "type": "PER"}]}


def words(document):
    return {"entities": [{"text": "Kim", "type": "PER"}, {"text": "Xi Jinping", "type": "PER"}]}


def broken(document):
    if document.doc_id.startswith("002"):
        raise ValueError("no idea")
    return {"entities": [{"start": 0, "end": 10**6, "type": "PER"}]} if document.doc_id < "001" else {"entities": []}
"""


def runs() -> Iterator[Case]:
    """Run extractors."""
    for name in ("putin", "words"):
        yield Case(
            f"run-{name}", (f"run extractor.py:{name} -o out/p.jsonl", f"run extractor.py:{name} -o out/p.jsonl",
                            f"score out/p.jsonl {PLAIN} --by none"),
            "19.3: a second run does not notice that the extractor changed",
        )  # fmt: skip
    yield Case(
        "run-broken", ("run extractor.py:broken -o out/p.jsonl",), existence_only=("file *.errors.jsonl",)
    )  # it quotes the program
    yield Case("run-nothing", ("run extractor.py:none -o out/p.jsonl", "run nowhere:none -o out/p.jsonl"))
    yield Case("run-command", ("run command cat -o out/p.jsonl",), "", ("file out/p.jsonl",))


# -- the Python calls --------------------------------------------------------------------------------------------------


def as_json(result: Any) -> str:
    """Return a result as JSON: signature, layers, and each measure's value and support."""
    measures = {name: [m.value, m.support] for name, m in result.measures.items()}
    return json.dumps({"signature": result.signature, "layers": list(result.layers), "measures": measures}, indent=2)


def documents_as_json(path: str | None) -> str:
    """Return documents as JSON: how many items each has, and a hash of its content."""
    out = []
    for document in vostochny.load(path):
        values = dataclasses.asdict(document)
        values["emitted"] = sorted(values["emitted"])
        whole = json.dumps(values, ensure_ascii=False, sort_keys=True)
        counts = {key: len(values[key]) for key in ("text", "tokens", "sentences", "entities", "events", "quotes")}
        out.append({"doc_id": document.doc_id, **counts, "sha256": hashlib.sha256(whole.encode()).hexdigest()})
    return json.dumps(out, indent=2)


def putin(document: Any) -> Any:
    at = document.text.find("Putin")
    return {"entities": [{"start": at, "end": at + 5, "type": "PER"}]}


def calls() -> Iterator[Case]:
    """Call load, score and evaluate."""
    one = [{"doc_id": "003", "entities": [{"text": "Kim Jong Un", "type": "PER"}]}]
    yield Case("call-load", (lambda: documents_as_json(None),), GOLD_2)
    yield Case("call-load-file", (lambda: documents_as_json("annotators/a"),))
    yield Case("call-load-folder", (lambda: documents_as_json("corpus"),), "15.10: the corpus folder is not read")
    yield Case("call-score-gold", (lambda: as_json(vostochny.score(vostochny.load(), resamples=0)),))
    yield Case("call-score-file", (lambda: as_json(vostochny.score("systems/lookup.jsonl", resamples=0)),))
    yield Case("call-score-rows", (
        lambda: as_json(vostochny.score(one, resamples=0)),
        lambda: as_json(vostochny.score({"003": one[0]}, layers=["entities"], zones=["body"], resamples=0)),
        lambda: as_json(vostochny.score(one, view="ontonotes", unknown="ignore", resamples=0)),
        lambda: as_json(vostochny.score(one, metrics=["entities.names"], gold=vostochny.load()[3:4], resamples=0)),
    ))  # fmt: skip
    yield Case("call-refused", (
        lambda: as_json(vostochny.score([{"doc_id": "9", "entities": []}])),
        lambda: as_json(vostochny.score([{"doc_id": "003", "entities": [{"start": 5, "end": 1, "type": "PERS"}]}])),
        lambda: as_json(vostochny.score(one, layers=["names"])),
        lambda: as_json(vostochny.score(one, unknown="no")),
        lambda: as_json(vostochny.score([5])),  # type: ignore[list-item]
    ))  # fmt: skip
    yield Case("call-score-alias", (
        lambda: as_json(vostochny.score([{"doc_id": "003", "entities": [{"text": "Putin", "label": "PER"}]}],
                                         resamples=0)),
        lambda: as_json(vostochny.score([{"doc_id": "003", "entities": [
            {"text": "Putin", "type": "PER", "start_char": 999, "end_char": 1004}]}], resamples=0)),
    ))  # fmt: skip
    yield Case("call-evaluate", (
        lambda: as_json(vostochny.evaluate(putin, resamples=0)),
        lambda: as_json(vostochny.evaluate("extractor.py:words", resamples=0, layers=["entities"])),
        lambda: as_json(vostochny.evaluate("extractor.py:none", resamples=0)),
    ))  # fmt: skip


# -- the build ---------------------------------------------------------------------------------------------------------

GENERATED_PATHS = ("corpus", "benchmark/vostochny/data", "annotations/label_studio.xml", "benchmark/leaderboard")


def hash_generated_files() -> str:
    """Return the hash of every generated file; that they are current is proved by the build's own check."""
    paths = [
        p
        for name in GENERATED_PATHS
        for p in ([ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).rglob("*")))
    ]
    files = {
        p.relative_to(ROOT).as_posix(): p.read_bytes() for p in paths if p.is_file() and "__pycache__" not in p.parts
    }
    return "\n".join(f"{hashlib.sha256(content).hexdigest()} {name}" for name, content in files.items())


def build() -> Iterator[Case]:
    yield Case("build", (hash_generated_files,), GOLD_2)


# -- generated inputs --------------------------------------------------------------------------------------------------

# Kinds of generated input whose answers include a known fault.
TODAY = {
    "compared": UNITS, "streamed-1": UNITS, "streamed-2": UNITS, "streamed-3": UNITS,
}  # fmt: skip


def split(step: str, folder: str) -> str:
    """Return a step with ``@`` replaced by the case's folder."""
    return step.replace("@", folder)


def inside(folder: str, files: dict[str, Content]) -> Callable[[], dict[str, Content]]:
    """Return the files of a case by their paths."""
    return lambda: {f"{folder}/{name}": content for name, content in files.items()}


def generated_inputs() -> Iterator[Case]:
    for name, number in input_names():
        folder = f"{name}-{number}"
        one = make_input(name, number)
        yield Case(
            f"made-{folder}",
            tuple(split(step, folder) for step in one.steps),
            TODAY.get(folder, TODAY.get(name, "")),
            stdin=one.stdin,
            files=inside(folder, one.files),
        )


def known_faults() -> Iterator[Case]:
    for name, known in KNOWN.items():
        yield Case(
            f"known-{name}",
            tuple(split(step, name) for step in known.steps),
            f"{known.issue}: {known.why}" if known.issue else "",
            stdin=known.stdin,
            files=inside(name, known.files),
            large=known.large,
        )


GROUPS = (scores, annotators, comparisons, words, conversions, runs, calls, build, generated_inputs, known_faults)
CASES: dict[str, Case] = {case.name: case for group in GROUPS for case in group()}


def prepare_folder(folder: Path) -> Path:
    """Fill the folder that all cases run in: links to the project's files by short names, and generated inputs."""
    links = {
        **{f"systems/{s}.jsonl": f"benchmark/baselines/{s}/predictions.jsonl" for s in SYSTEMS},
        "annotators": "annotations/annotators", "corpus": "corpus", "seeds": "seeds",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(ROOT / target)
    write_files(folder, {"extractor.py": EXTRACTOR})
    for case in CASES.values():
        write_files(folder, case.files())
    return folder


assert len(CASES) == sum(len(list(group())) for group in GROUPS), "two cases have one name"
assert set(TODAY) <= {*KINDS, *(f"{name}-{number}" for name, number in input_names())}
