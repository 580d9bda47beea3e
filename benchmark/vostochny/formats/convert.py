"""Convert a file from one format to another, and count what the target format cannot hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vostochny.errors import InputError, Problem
from vostochny.formats.input import Input
from vostochny.formats.reader import Reading, Record
from vostochny.formats.references import drop_unplaced
from vostochny.formats.registry import FORMAT_OF_ENDING, load_format
from vostochny.formats.side_options import refuse_unused_options
from vostochny.formats.tokens import MADE_TEXTS
from vostochny.model import LAYERS, Document
from vostochny.ontology import load_ontology
from vostochny.system import temporary
from vostochny.system.outputs import refuse_overlap
from vostochny.system.progress import track

GOLD_WITHOUT_TEXT = (
    "the gold has no article text, and every format writes words; give a gold with text (--gold), or for the corpus "
    "run `vostochny rehydrate FOLDER` on the articles that you hold"
)


def convert(
    source: Input,
    target: str,
    gold: Input,
    format_out: str | None = None,
    force: bool = False,
) -> list[str]:
    """Write a source as ``target``; return the notes for the user, with the number of each kind of loss.

    A source that has its texts is read by itself, with any label set. Any other source is read as predictions about
    the gold's documents.

    Args:
        source: What to read.
        target: The file or folder to write; ``-`` is standard output.
        gold: The gold; read only if the source has no texts.
        format_out: The target's format; None takes that of the target's ending (a folder is brat's).
        force: Whether existing files may be replaced by files that hold less than the source.

    Raises:
        InputError: With every problem of the source; if neither the source nor the gold has the texts; if the target
            is an input; or if it exists, something would be lost, and ``force`` is not given.
    """
    writer = load_format(format_out or _choose_target_format(target), "--format-out")
    if not hasattr(writer, "write"):
        message = f"{format_out!r} can be read, but not written; choose another format, such as jsonl"
        raise InputError([Problem("--format-out", None, None, message)])
    refuse_overlap([*source.list_sources([target]), *gold.list_sources([target])], [target])
    refuse_unused_options([source, gold])
    ontology = load_ontology()
    reading = Reading(ontology)
    records = list(source.read_records(reading))
    if not records:
        reading.raise_problems()
        raise InputError([Problem(source.name, None, None, "has no document; expected one or more")])
    with_text = all(map(_has_text, records))
    # A text that was made from tokens is not the article, so such a source is read beside the gold after all.
    if with_text and not MADE_TEXTS.intersection(reading.notes):
        documents = reading.read_gold(records, own_types=True)
    else:
        about = {d.doc_id: d for d in gold.read_gold().documents}
        if source.is_stream:
            reading.gold = about
        else:  # read again, because some formats need the text while reading
            reading = Reading(ontology, about)
            records = list(source.read_records(reading))
        predictions = reading.read_predictions(records, "wrong")
        without_text = [i for i, p in predictions.items() if not p.text and (p.entities or p.events or p.quotes)]
        if without_text:
            raise InputError([Problem(source.name, None, "doc_id", f"{without_text[0]}: {GOLD_WITHOUT_TEXT}")])
        # A prediction has its text, but not the segmentation that token formats are written with: that is the gold's.
        documents = [
            replace(p, sentences=about[i].sentences, tokens=about[i].tokens, paragraphs=about[i].paragraphs)
            for i, p in predictions.items()
        ]
        with_text = False
    reading.check_offsets(source.name, documents)
    lost: Counter[str] = Counter()
    documents = [drop_unplaced(d, lost) for d in documents]
    if not force:
        _refuse_loss(writer, target, documents, lost, with_text)
    writer.write(target, track(documents, "writing"), lost, with_text)
    return [*reading.notes, *(f"lost: {count} {what}" for what, count in lost.items() if count)]


def _has_text(record: Record) -> bool:
    """Return whether a record has its article's text. An empty text is one only where no item lies in it."""
    text = record.row.get("text")
    return isinstance(text, str) and (text != "" or not any(record.row.get(layer) for layer in LAYERS))


def _refuse_loss(writer: Any, target: str, documents: list[Document], lost: Mapping[str, int], with_text: bool) -> None:
    """Raise InputError if the target has files that would be replaced by files that hold less than the source."""
    path = Path(target)
    if target == "-" or not (path.is_file() or path.is_dir()):
        return
    # What is lost is known once it is written, so it is written where it harms nobody.
    with temporary.use_folder() as folder:
        trial, lost = folder / "trial", Counter(lost)
        writer.write(str(trial), track(documents, "comparing with what is there"), lost, with_text)
        written = (
            [p.relative_to(trial) for p in sorted(trial.rglob("*")) if p.is_file()] if trial.is_dir() else [Path()]
        )
        replaced = [str(path / name) for name in written if (path / name).is_file()]
    losses = ", ".join(f"{count} {what}" for what, count in lost.items() if count)
    if losses and replaced:
        message = f"exists, and the new one would lack {losses}; give another name, or replace it with --force"
        raise InputError([Problem(replaced[0], None, None, message)])


def _choose_target_format(target: str) -> str:
    """Return the format to write a target in, by its ending. Raises InputError if the ending names none."""
    path = Path(target.removesuffix(".gz"))
    if path.suffix in FORMAT_OF_ENDING:
        return FORMAT_OF_ENDING[path.suffix]
    if target == "-":
        return "jsonl"
    if path.suffix == "" or path.is_dir():
        return "brat"
    message = f"unknown ending; expected one of {', '.join(FORMAT_OF_ENDING)}, or name the format with --format-out"
    raise InputError([Problem(target, None, None, message)])
