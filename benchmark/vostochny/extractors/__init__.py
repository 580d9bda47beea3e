"""What runs an extractor over articles: a Python callable, a command, spaCy, transformers, GLiNER, a plug-in.

An extractor is a callable that takes a :class:`~vostochny.model.Document` without annotation and returns a prediction:
an object as a line of a prediction file holds it (``doc_id`` may be left out), or a Document whose ``emitted`` names
its layers. It may have ``notes`` (lines to tell when all is done) and ``close()``.

A plug-in is an entry point of the group ``vostochny.extractors``: its name is what stands before the colon on the
command line, and it is a callable ``(argument: str, settings: Settings)`` that returns an extractor.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from vostochny.model import Document
from vostochny.ontology import Ontology, View, load_ontology

Prediction = Document | Mapping[str, Any]
Extract = Callable[[Document], Prediction]

GROUP = "vostochny.extractors"
TIMEOUT = 300.0
# kind → the module with its ``make``; imported only when it is asked for.
BUILTIN = {
    "command": "vostochny.extractors.command",
    "spacy": "vostochny.extractors.spacy_",
    "transformers": "vostochny.extractors.transformers_",
    "gliner": "vostochny.extractors.gliner_",
    "inspect": "vostochny.extractors.inspect_log",
}


class ExtractorError(ValueError):
    """An extractor cannot be had, or what it returned is no prediction; one line, saying what would help."""


@dataclass(frozen=True)
class Settings:
    """What an extractor is made with.

    ``view`` is the label set to predict in (the ontology's own if None), ``download`` whether a model may be fetched,
    ``timeout`` the seconds that a command has for a document.
    """

    ontology: Ontology = field(default_factory=load_ontology)
    view: View | None = None
    download: bool = False
    timeout: float = TIMEOUT

    @property
    def scheme(self) -> Ontology:
        """The former name of ``ontology``, which plug-ins may use until 3.0."""
        return self.ontology


def load(spec: str, settings: Settings | None = None) -> Extract:
    """The extractor that a specification means.

    ``module:function`` and ``file.py:function`` are a callable of the user's; ``command:LINE``, ``spacy:NAME``,
    ``transformers:NAME``, ``gliner:NAME``, ``inspect:LOG`` and ``PLUGIN:ARGUMENT`` are made by their
    adapter. Raises ExtractorError.
    """
    settings = settings or Settings()
    kind, colon, argument = spec.partition(":")
    if kind in BUILTIN:
        if not argument.strip():
            raise ExtractorError(f"{spec}: says nothing after the colon")
        made: Extract = importlib.import_module(BUILTIN[kind]).make(argument, settings)
        return made
    plugins = {e.name: e for e in entry_points(group=GROUP)}
    if kind in plugins:
        try:
            made = plugins[kind].load()(argument, settings)
        except ExtractorError:
            raise
        except Exception as e:
            raise ExtractorError(f"{spec}: the plug-in {plugins[kind].value} fails: {type(e).__name__}: {e}") from e
        return made
    if not colon:
        known = ", ".join(f"{name}:…" for name in (*BUILTIN, *plugins))
        raise ExtractorError(f"{spec}: is no extractor; expected module:function or one of {known}")
    from vostochny.extractors import function

    return function.load(spec)


def unannotated(document: Document) -> Document:
    """What an extractor is given: the article and its layout, without any annotation."""
    return Document(
        document.doc_id, document.text, document.zones, document.paragraphs, document.sentences, document.tokens,
        emitted=frozenset(),
    )  # fmt: skip


def notes_of(extract: Extract) -> list[str]:
    """What an extractor has to tell when all is done."""
    return list(getattr(extract, "notes", ()))


def close(extract: Extract) -> None:
    """End what an extractor holds, such as a process."""
    end = getattr(extract, "close", None)
    if callable(end):
        end()
