"""Run extractors: a Python callable, a command, spaCy, transformers, GLiNER, a log of inspect_ai, or a plug-in.

An extractor is a callable that takes a :class:`~vostochny.model.Document` without annotations and returns a prediction:
an object as a line of a prediction file holds it (``doc_id`` may be left out), or a Document whose ``emitted`` names
its layers. It may also have ``notes`` (lines to print when all articles are done) and a method ``close()``.

To add an **adapter** for a library: write a module here with ``make(argument, settings)``, which returns an extractor
and raises :class:`ExtractorError` where it cannot, and add a row to ``BUILTIN_ADAPTERS``. Import the library inside
``make``, so that it is needed only where it is used, and end the module's name with an underscore where the library has
that name.

To add a **plug-in** from another package, which needs no change here: declare an entry point of the group
``vostochny.extractors``. Its name is what users type before the colon (``vostochny run NAME:ARGUMENT``), and its value
is a callable ``(argument: str, settings: Settings)`` that returns an extractor.

:mod:`runner` runs an extractor over many articles into a :mod:`destination`, :mod:`guards` keep it from breaking that,
:mod:`answers` checks what it returned, :mod:`windows` splits long articles for models, :mod:`labels` maps a model's
labels to those of the benchmark.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any

from vostochny.extractors import guards
from vostochny.extractors.masking import mask_secrets
from vostochny.model import Document
from vostochny.ontology import Ontology, View, load_ontology
from vostochny.system import progress

Prediction = Document | Mapping[str, Any]
Extractor = Callable[[Document], Prediction]
Extract = Extractor  # the former name, which plug-ins may use until 3.0

ENTRY_POINT_GROUP = "vostochny.extractors"
TIMEOUT_SECONDS = 300.0
# kind → the module with its ``make``, imported only when the kind is used
BUILTIN_ADAPTERS = {
    "command": "vostochny.extractors.command",
    "spacy": "vostochny.extractors.spacy_",
    "transformers": "vostochny.extractors.transformers_",
    "gliner": "vostochny.extractors.gliner_",
    "inspect": "vostochny.extractors.inspect_log",
}


class ExtractorError(ValueError):
    """An extractor cannot be loaded, or returned something that is not a prediction; one line, with what would help."""


class MismatchError(ExtractorError):
    """Answers turned out not to belong to their articles.

    Raised by an extractor when it is called or closed. ``doc_ids`` are the articles whose answers, returned before, are
    void. If the article of this call is not among them, it may be asked for again.
    """

    def __init__(self, message: str, doc_ids: tuple[str, ...]):
        super().__init__(message)
        self.doc_ids = doc_ids


@dataclass(frozen=True)
class Settings:
    """The settings that an adapter or plug-in makes an extractor with.

    Attributes:
        ontology: The ontology, with the types of the user's own gold if there is one.
        view: The label set to predict in; None for the ontology's own.
        download: Whether a model may be downloaded.
        timeout: Seconds that a command has for each document.
        epoch: The epoch of a log of inspect_ai whose answers are taken; None for the first.
    """

    ontology: Ontology = field(default_factory=load_ontology)
    view: View | None = None
    download: bool = False
    timeout: float = TIMEOUT_SECONDS
    epoch: int | None = None

    @property
    def scheme(self) -> Ontology:
        """The former name of ``ontology``, which plug-ins may use until 3.0."""
        return self.ontology


def load(spec: str, settings: Settings | None = None) -> Extractor:
    """Return the extractor that a specification names. Raises ExtractorError, whatever its code raises.

    ``module:function`` and ``file.py:function`` name a callable of the user's; ``command:LINE``, ``spacy:NAME``,
    ``transformers:NAME``, ``gliner:NAME``, ``inspect:LOG`` and ``PLUGIN:ARGUMENT`` are made by their adapter.
    """
    try:
        return _load(spec, settings or Settings())
    except ExtractorError:
        raise
    except BaseException as e:
        if guards.is_interruption(e):
            raise
        raise ExtractorError(f"{mask_spec(spec)}: cannot be loaded: {guards.describe(e)}") from e


def _load(spec: str, settings: Settings) -> Extractor:
    kind, colon, argument = spec.partition(":")
    if kind in BUILTIN_ADAPTERS:
        if not argument.strip():
            raise ExtractorError(f"{spec}: has nothing after the colon")
        with progress.step(f"loading {kind}", at_once=True):  # some import for seconds, and then read a model
            extractor: Extractor = importlib.import_module(BUILTIN_ADAPTERS[kind]).make(argument, settings)
        return extractor
    plugins = {e.name: e for e in entry_points(group=ENTRY_POINT_GROUP)}
    if kind in plugins:
        try:
            return _require_callable(plugins[kind].load()(argument, settings))
        except ExtractorError:
            raise
        except BaseException as e:
            if guards.is_interruption(e):
                raise
            plugin = plugins[kind].value
            raise ExtractorError(f"{mask_spec(spec)}: the plug-in {plugin} fails: {guards.describe(e)}") from e
    if not colon:
        known = ", ".join(f"{name}:…" for name in (*BUILTIN_ADAPTERS, *plugins))
        raise ExtractorError(f"{spec}: is not an extractor; expected module:function or one of {known}")
    from vostochny.extractors import function

    return function.load(spec)


def _require_callable(extractor: Extractor) -> Extractor:
    if not callable(extractor):
        raise TypeError(f"it returns {type(extractor).__name__}; expected a callable")
    return extractor


def mask_spec(spec: str) -> str:
    """Return a specification as it may be stored and printed: without the secrets in a command line or argument."""
    kind, colon, argument = spec.partition(":")
    return f"{kind}{colon}{mask_secrets(argument)}"


def strip_annotations(document: Document) -> Document:
    """Return what an extractor is given: the article and its layout, without any annotation."""
    return Document(
        document.doc_id, document.text, document.zones, document.paragraphs, document.sentences, document.tokens,
        emitted=frozenset(),
    )  # fmt: skip


unannotated = strip_annotations  # the former name, which plug-ins may use until 3.0


def notes_of(extractor: Extractor) -> list[str]:
    """Return the lines that an extractor wants printed when all articles are done."""
    return guards.read_notes(extractor)


def close(extractor: Extractor) -> list[str]:
    """Release what an extractor holds, such as a process; return a line if that fails.

    One without ``close`` holds nothing. Raises MismatchError where it finds that answers are void.
    """
    try:
        close_method = getattr(extractor, "close", None)
        if callable(close_method):
            close_method()
    except MismatchError:
        raise
    except BaseException as e:
        if guards.is_interruption(e):
            raise
        return [f"the extractor cannot be closed: {guards.describe(e)}"]
    return []
