"""From one format to another, with what gets lost on the way counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from vostochny.errors import InputError, Problem
from vostochny.formats.reader import Reading
from vostochny.formats.references import drop_unplaced
from vostochny.formats.registry import FORMAT_OF_ENDING, detect, load_format
from vostochny.model import Document
from vostochny.ontology import Ontology

GOLD_WITHOUT_TEXT = (
    "the gold is without text, and every format writes words; name a gold that has it with --gold, or for the corpus "
    "run `vostochny rehydrate FOLDER` on the articles that you hold"
)


def convert(
    source: str,
    target: str,
    ontology: Ontology,
    gold: Callable[[], list[Document]],
    format_in: str | None = None,
    format_out: str | None = None,
    offsets: str | None = None,
) -> list[str]:
    """Write ``source`` as ``target``; returns what the user should know, losses by their number.

    A source that has its texts is taken as it stands, with any label set. Otherwise it is read as predictions about
    the documents that ``gold`` gives. The target's format is named, or its ending says it (a folder is brat's).
    Raises InputError with every problem of the source, and where neither it nor the gold has the texts.
    """
    writer = load_format(format_out or _choose_target_format(target), "--format-out")
    if not hasattr(writer, "write"):
        raise InputError([Problem("--format-out", None, None, f"{format_out} is read, not written")])
    module = load_format(format_in or detect(source), "--format-in")
    reading = Reading(ontology)
    records = list(module.read(source, reading))
    with_text = bool(records) and all(isinstance(r.row.get("text"), str) for r in records)
    if with_text and not any(n.startswith("the text was made") for n in reading.notes) and not offsets:
        documents = reading.read_gold(records, own_types=True)
    else:
        about = {d.doc_id: d for d in gold()}
        if source == "-":  # can be read once
            reading.gold = about
        else:  # again, because some formats are read beside the text
            reading = Reading(ontology, about)
            records = module.read(source, reading)
        found = reading.read_predictions(records, "wrong", None, offsets)
        silent = next((i for i, p in found.items() if not p.text and (p.entities or p.events or p.quotes)), None)
        if silent is not None:
            raise InputError([Problem(source, None, "doc_id", f"{silent}: {GOLD_WITHOUT_TEXT}")])
        # A prediction knows its text; sentences and tokens, which token formats are written by, are the gold's.
        documents = [
            replace(p, sentences=about[i].sentences, tokens=about[i].tokens, paragraphs=about[i].paragraphs)
            for i, p in found.items()
        ]
        with_text = False
    lost: Counter[str] = Counter()
    writer.write(target, [drop_unplaced(d, lost) for d in documents], lost, with_text)
    return [*reading.notes, *(f"lost: {count} {what}" for what, count in lost.items() if count)]


def _choose_target_format(target: str) -> str:
    path = Path(target.removesuffix(".gz"))
    if path.suffix in FORMAT_OF_ENDING:
        return FORMAT_OF_ENDING[path.suffix]
    if target == "-":
        return "jsonl"
    if path.suffix == "" or path.is_dir():
        return "brat"
    message = (
        f"its ending does not say which format to write; give --format-out, or one of {', '.join(FORMAT_OF_ENDING)}"
    )
    raise InputError([Problem(target, None, None, message)])
