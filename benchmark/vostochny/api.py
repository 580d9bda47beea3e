"""The Python interface: :func:`load` the corpus, :func:`score` predictions, :func:`evaluate` an extractor.

The functions do what ``vostochny run`` and ``vostochny score`` do, without files::

    >>> import vostochny
    >>> articles = vostochny.load()
    >>> [article.short_id for article in articles]
    ['000', '001', '002', '003', '004']
"""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from vostochny import extractors, scoring
from vostochny.errors import InputError, Names, Problem, Problems
from vostochny.extractors import Extractor, ExtractorError, Prediction, Settings, answers
from vostochny.formats.input import Gold, Input, RowsInput, name_gold
from vostochny.formats.label_types import LabelNames, extend_ontology
from vostochny.formats.prediction import list_identity_problems
from vostochny.formats.reader import GOLD_OPTIONS, OptionNames
from vostochny.formats.rows import to_record, to_row
from vostochny.formats.side_options import refuse_unused_options, share_options
from vostochny.formats.view_file import read_view
from vostochny.formats.word_spans import OFFSET_CHOICES
from vostochny.model import LAYERS, Document, complete_id
from vostochny.ontology import Ontology, View, load_ontology
from vostochny.scoring import Options, Result, options
from vostochny.stats.resampling import RESAMPLES, SEED
from vostochny.system.progress import show as show_progress
from vostochny.system.progress import track

# Treatment of types that the ontology does not have: refuse the predictions, leave the items out, count them as wrong.
UNKNOWN_CHOICES = ("error", "ignore", "wrong")

Path = str | os.PathLike[str]
# A file, documents, or rows like lines of a gold file: a list of them, a Dataset of ``datasets``, or its DatasetDict.
GoldSource = Path | Iterable[Document] | Iterable[Mapping[str, object]]
PredictionSource = Path | Mapping[str, Prediction] | Iterable[Prediction]


class ReaderNote(UserWarning):
    """What a reader assumed, converted or left out."""


def load(
    path: GoldSource | None = None,
    *,
    format: str | None = None,
    offsets: str | None = None,
    annotator: str | None = None,
    columns: str | None = None,
) -> list[Document]:
    """Return the articles of the corpus with their gold annotation, or the documents of your own file, in any format.

    The rows of a Dataset (``datasets``) are read like those of a file. The other arguments are those of :func:`score`
    that begin with ``gold_``. What the reader assumed or left out is a warning (:class:`ReaderNote`).

    Raises FileNotFoundError if the corpus is not found, InputError with every problem of the file.

    >>> article = load()[3]
    >>> "Putin" in {e.span.of(article.text) for e in article.entities}
    True
    """
    with _name_arguments(is_gold_alone=True):
        source = _open_gold(path, format, True, offsets, annotator=annotator, columns=columns)
        refuse_unused_options([source])
        gold = source.read_gold()
    _warn([(source.name, gold.notes)])
    return gold.documents


def score(
    predictions: PredictionSource,
    *,
    gold: GoldSource | None = None,
    layers: Sequence[str] = (),
    view: str | View | None = None,
    zones: Sequence[str] = (),
    metrics: Sequence[str] = (),
    unknown: str = "error",
    resamples: int = RESAMPLES,
    seed: int = SEED,
    format: str | None = None,
    offsets: str | None = None,
    annotator: str | None = None,
    columns: str | None = None,
    gold_format: str | None = None,
    gold_offsets: str | None = None,
    gold_annotator: str | None = None,
    gold_columns: str | None = None,
) -> Result:
    """Score predictions and return a :class:`vostochny.scoring.Result`.

    Args:
        predictions: a file, folder or pattern; an iterable of predictions; or a mapping from doc_id to prediction. A
            prediction is a Document, or an object like a line of a prediction file. Or a Dataset of ``datasets``.
            JSON Lines files may be of any size: they are read in batches if ``gold`` is a file as well.
        gold: a file in any format, Documents, or a Dataset of ``datasets``; None for the corpus. Types that only this
            gold has are then known beside those of the ontology.
        layers: the layers to score; empty for those that the predictions carry.
        view: the label set to score in, as a name, a file or a View; None for the ontology's own.
        zones: the zones to score; empty for all scored ones.
        metrics: the only metrics to compute; empty for all.
        unknown: treatment of types that the ontology does not have: "error", "ignore" (leave out) or "wrong".
        resamples: number of bootstrap resamples for the intervals; 0 for no intervals.
        seed: random seed of the resampling.
        format: the format of the predictions; None detects it.
        offsets: the unit of their offsets: "characters", "utf16", "bytes", "inclusive" or "ignore".
        annotator: whose annotations to read where a document has several; of the gold too, unless it has its own.
        columns: the columns of tagged text, such as "token=2,tag=4"; of the gold too, unless it has its own.
        gold_format, gold_offsets, gold_annotator, gold_columns: the same of the gold.

    What a reader assumed, converted or left out is a warning (:class:`ReaderNote`).
    Raises InputError with every problem of the predictions or options.

    >>> result = score(load())
    >>> result.measures["entities.names"].value
    1.0
    >>> nothing = score([{"doc_id": "003", "entities": []}])
    >>> nothing.layers, nothing.measures["entities.names"].value
    (('entities',), 0.0)
    """

    def make_options(ontology: Ontology) -> Options:
        scored = _check_options(ontology, layers, view, zones, metrics, unknown, resamples, seed)
        return replace(scored, offsets=offsets, gold_offsets=gold_offsets)

    notes: list[tuple[str, Sequence[str]]] = []
    with _name_arguments():
        given = share_options(
            {"annotator": annotator, "columns": columns}, {"annotator": gold_annotator, "columns": gold_columns}
        )
        truth = _open_gold(gold, gold_format, False, gold_offsets, **given)
        system = _open_predictions(predictions, format, offsets, annotator, columns)
        (result,) = scoring.score_systems(
            truth, [system], make_options, show_notes=lambda name, found: notes.append((name, found))
        )
    _warn(notes)
    return result


def evaluate(
    extract: Extractor | str,
    *,
    gold: GoldSource | None = None,
    layers: Sequence[str] = (),
    view: str | View | None = None,
    zones: Sequence[str] = (),
    metrics: Sequence[str] = (),
    unknown: str = "error",
    resamples: int = RESAMPLES,
    seed: int = SEED,
    progress: bool = False,
    offsets: str | None = None,
    gold_format: str | None = None,
    gold_offsets: str | None = None,
    gold_annotator: str | None = None,
    gold_columns: str | None = None,
) -> Result:
    """Run an extractor over the articles and score its predictions.

    Args:
        extract: a callable that takes an article without its annotation and returns a prediction, or a specification
            as ``vostochny run`` takes it, such as ``"spacy:NAME"``.
        progress: whether to show on a terminal how many articles are done, and the time left.

    The other arguments are those of :func:`score`.

    An exception of the callable is passed on; one of its ``close`` is a warning. To continue after an exception, or to
    keep the predictions, use ``vostochny run``.
    Raises InputError with every problem of what it returned, ExtractorError if no extractor fits a specification.

    >>> def putin(article):
    ...     at = article.text.find("Putin")
    ...     return {"entities": [{"start": at, "end": at + 5, "type": "PER"}]}
    >>> result = evaluate(putin, layers=["entities"], resamples=0)
    >>> 0 < result.measures["entities.names"].value < 1
    True
    """
    with show_progress(progress), _name_arguments():
        source = _open_gold(gold, gold_format, True, gold_offsets, annotator=gold_annotator, columns=gold_columns)
        refuse_unused_options([source])
        truth = source.read_gold()
        scoring_options = _check_options(truth.ontology, layers, view, zones, metrics, unknown, resamples, seed)
        scoring_options = replace(
            scoring_options, offsets=_check_offsets(offsets, OptionNames.offsets), gold_offsets=gold_offsets
        )
        settings = Settings(truth.ontology, scoring_options.view)
        run = extractors.load(extract, settings) if isinstance(extract, str) else extract
        try:
            documents = track(truth.documents, "extracting", at_once=True)
            predictions = {d.doc_id: run(extractors.strip_annotations(d)) for d in documents}
            predicted = _check_predictions(predictions, truth, unknown, scoring_options.view, offsets)
        except BaseException:
            with contextlib.suppress(ExtractorError):  # what came first tells more
                extractors.close(run)
            raise
    _warn([(source.name, truth.notes)])
    for problem in extractors.close(run):
        warnings.warn(problem, stacklevel=2)
    return scoring.score(truth.documents, predicted, truth.ontology, scoring_options, truth.hash)


class _Documents(Input):
    """A gold that is a list of Documents."""

    name = "gold"

    def __init__(self, documents: list[Document], **options: Any):
        super().__init__([], "objects", **options)
        self._documents = documents

    def uses(self, option: str) -> bool:
        """Return that no option means something for Documents."""
        return False

    def read_gold(self, ontology: Ontology | None = None) -> Gold:
        """Return the documents, checked. Raises InputError."""
        documents, ontology = self._documents, ontology or load_ontology()
        occurrences = Counter(d.doc_id for d in documents)
        problems = [
            Problem("gold", None, "doc_id", f"{doc_id!r} is given {n} times; give it once")
            for doc_id, n in occurrences.items()
            if n > 1
        ]
        problems += [
            Problem("gold", None, f"{d.doc_id}: {where}", message)
            for d in documents
            for where, message in list_identity_problems(d, ontology)
        ]
        if problems:
            raise InputError(problems)
        # As for a file: a type that only this gold has is not an unknown type in predictions for it.
        bare = (to_row(to_record(d)) | {"zones": [{"zone": z.name} for z in d.zones]} for d in documents)
        return Gold(documents, extend_ontology(ontology, [LabelNames().add(bare)]), name_gold(documents))


class _Predictions(Input):
    """Predictions that are objects."""

    name = "predictions"

    def __init__(self, predictions: Mapping[str, Prediction] | Iterable[Prediction], **options: Any):
        super().__init__([], "objects", **options)
        self._predictions = predictions

    def uses(self, option: str) -> bool:
        """Return whether an option means something for objects."""
        return option == "offsets"

    def read_predictions(
        self, gold: Gold, unknown: str = "error", view: View | None = None, offsets: str | None = None
    ) -> tuple[dict[str, Document], list[str]]:
        """Return the predictions by doc_id, and no notes. Raises InputError."""
        return _check_predictions(self._predictions, gold, unknown, view, offsets or self.offsets), []


def _open_gold(
    source: GoldSource | None, format: str | None, with_text: bool, offsets: str | None, **given: Any
) -> Input:
    """Return the gold as an Input, whatever it is.

    Args:
        source: The gold; None is the corpus.
        format: The format's name, if it is a file.
        with_text: Whether the corpus must have its article texts.
        offsets: The unit of the offsets.
        given: Other options of an Input.

    Raises:
        InputError: Where it cannot be a gold.
    """
    given = {"names": GOLD_OPTIONS, **given, "offsets": _check_offsets(offsets, GOLD_OPTIONS.offsets)}
    if source is None and (format or offsets):
        option = GOLD_OPTIONS.format if format else GOLD_OPTIONS.offsets
        raise InputError([Problem(option, None, None, "is for a gold of your own")])
    if source is None or isinstance(source, (str, os.PathLike)):
        return Input(source, format, with_text=with_text, **given)
    split, notes = _choose_split("gold", source)
    if isinstance(split, Mapping):
        split = [split]
    items = list(split)
    features: Any = getattr(split, "features", None)  # of a Dataset
    rows = [dict(x) for x in items if isinstance(x, Mapping)]
    if rows and len(rows) == len(items):
        return RowsInput("gold", rows, features.to_dict() if features else {}, notes, **given)
    documents = [x for x in items if isinstance(x, Document)]
    if len(documents) < len(items):
        other = next(x for x in items if not isinstance(x, Document))
        message = f"has {type(other).__name__}; expected Documents, or rows like lines of a gold file"
        raise InputError([Problem("gold", None, None, message)])
    return _Documents(documents, **given)


def _open_predictions(
    source: PredictionSource, format: str | None, offsets: str | None, annotator: str | None, columns: str | None
) -> Input:
    """Return predictions as an Input, whatever they are. Raises InputError where they are several splits."""
    given: dict[str, Any] = {"annotator": annotator, "columns": columns}
    given["offsets"] = _check_offsets(offsets, OptionNames.offsets)
    if isinstance(source, (str, os.PathLike)):
        return Input(source, format, **given)
    has_splits = isinstance(source, Mapping) and source and all(hasattr(x, "features") for x in source.values())
    split, notes = _choose_split("predictions", source) if has_splits else (source, [])
    if not hasattr(split, "features"):
        return _Predictions(source, **given)
    features: Any = split.features
    rows = [dict(cast("Mapping[str, Any]", row)) for row in cast("Iterable[object]", split)]
    return RowsInput("predictions", rows, features.to_dict() if features else {}, notes, **given)


def _choose_split(name: str, source: Any) -> tuple[Any, list[str]]:
    """Return the rows of a DatasetDict's only split, with a note; any other source as it is.

    Raises InputError where there are several splits.
    """
    if not isinstance(source, Mapping) or {"doc_id", "text", *LAYERS} & source.keys():
        return source, []
    if len(source) != 1:
        splits = ", ".join(map(str, source))
        message = f"has the splits {splits}; give one of them, e.g. dataset[{next(iter(source), 'test')!r}]"
        raise InputError([Problem(name, None, None, message)])
    ((split, rows),) = source.items()
    return rows, [f"the split {split!r} was read, the only one"]


def _check_offsets(offsets: str | None, option: str) -> str | None:
    """Return a unit of offsets. Raises InputError where it is none."""
    if offsets is not None and offsets not in OFFSET_CHOICES:
        raise InputError([Problem(option, None, None, f"{offsets!r} is not one of {', '.join(OFFSET_CHOICES)}")])
    return offsets


# Option of a side in messages → the argument that does the same, and the values that may follow the option.
_ARGUMENTS = {
    "format": ("format", None),
    "offsets": ("offsets", "|".join(OFFSET_CHOICES)),
    "annotator": ("annotator", "NAME"),
    "column": ("columns", r"(?:token|tag)=[\w:.-]+(?:,(?:token|tag)=[\w:.-]+)?"),
}
_OPTIONS = "|".join(
    rf"(?P<{name}>{name})\b" + (rf"(?: (?P<{name}_value>{values})\b)?" if values else "")
    for name, (_, values) in _ARGUMENTS.items()
)
_OPTION = re.compile(f"--(gold-)?(?:{_OPTIONS})")


@contextlib.contextmanager
def _name_arguments(is_gold_alone: bool = False) -> Iterator[None]:
    """Let problems name the arguments of a side in place of the command's options: ``offsets='utf16'``.

    With ``is_gold_alone`` the arguments of a gold have no ``gold_`` before them.
    """

    def name_argument(match: re.Match[str]) -> str:
        option = next(name for name in _ARGUMENTS if match[name])
        value = match.groupdict().get(f"{option}_value")
        argument = ("gold_" if match[1] and not is_gold_alone else "") + _ARGUMENTS[option][0]
        return f"{argument}={value!r}" if value else argument

    try:
        yield
    except InputError as e:
        problems = Problems(
            replace(p, file=_OPTION.sub(name_argument, p.file), message=_OPTION.sub(name_argument, p.message))
            for p in e.problems
        )
        problems.more = e.more
        raise type(e)(problems) from None


def _warn(notes: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Warn the caller of a public function of what readers assumed, converted or left out, each with its input."""
    for name, found in notes:
        for note in found:
            warnings.warn(f"{name}: {note}", ReaderNote, stacklevel=3)


def _check_options(
    ontology: Ontology,
    layers: Sequence[str],
    view: str | View | None,
    zones: Sequence[str],
    metrics: Sequence[str],
    unknown: str,
    resamples: int,
    seed: int,
) -> Options:
    """Return the options of :func:`score` as an object. Raises InputError for the first bad value."""
    for name, value in (("layers", layers), ("zones", zones), ("metrics", metrics)):
        if isinstance(value, str):
            raise InputError([Problem(name, None, None, f"is a string; expected a list, e.g. [{value!r}]")])
    unknown_layers = [x for x in layers if x not in LAYERS]
    if unknown_layers:
        raise InputError(
            [Problem("layers", None, None, f"{x!r} is not one of {', '.join(LAYERS)}") for x in unknown_layers]
        )
    if unknown not in UNKNOWN_CHOICES:
        raise InputError([Problem("unknown", None, None, f"{unknown!r} is not one of {', '.join(UNKNOWN_CHOICES)}")])
    return Options(
        tuple(dict.fromkeys(layers)),
        read_view(view, ontology) if isinstance(view, str) else view,
        options.check_zones(zones, ontology),
        options.require_between(resamples, 0, options.MAX_RESAMPLES, "resamples"),
        options.require_between(seed, 0, options.MAX_SEED, "seed"),
        unknown,
        options.check_metrics(metrics),
    )


def _check_predictions(
    predictions: Mapping[str, Prediction] | Iterable[Prediction],
    gold: Gold,
    unknown: str,
    view: View | None,
    offsets: str | None,
) -> dict[str, Document]:
    """Return predictions by doc_id, each checked like a line of a prediction file. Raises InputError."""
    by_id = {d.doc_id: d for d in gold.documents}
    known = Names(by_id)
    keyed: Iterable[tuple[str | None, Prediction]]  # the doc_id of each, None where only the prediction has it
    if isinstance(predictions, Mapping) and not {"doc_id", *LAYERS} & predictions.keys():
        keyed = cast("Mapping[str, Prediction]", predictions).items()
    elif isinstance(predictions, Mapping | Document):
        keyed = [(None, cast("Prediction", predictions))]  # a single prediction
    else:
        keyed = ((None, p) for p in predictions)
    checked_predictions: dict[str, Document] = {}
    seen: set[str] = set()
    problems: Problems[Problem] = Problems()
    for number, (key, prediction) in enumerate(keyed):
        where = f"predictions[{number}]" if key is None else f"predictions[{key!r}]"
        if not isinstance(prediction, Mapping | Document):
            expected = f"expected a Document or an object with any of {', '.join(LAYERS)}"
            problems.append(Problem(where, None, None, f"is {type(prediction).__name__}; {expected}"))
            continue
        own = prediction.doc_id if isinstance(prediction, Document) else prediction.get("doc_id")
        try:
            doc_id = _find_article(own if key is None else key, known)
            if doc_id in seen:
                raise LookupError(f"{doc_id!r} appears twice; give each article one prediction")
        except LookupError as e:
            problems.append(Problem(where, None, "doc_id", str(e)))
            continue
        seen.add(doc_id)
        document = by_id[doc_id]
        try:
            row = answers.row_of(prediction, document) | {"doc_id": doc_id}
            checked_predictions[doc_id] = answers.check_row(
                row, document, gold.ontology, unknown, view, offsets, name=where
            )
        except ExtractorError as e:
            problems.append(Problem(where, None, None, str(e)))
        except InputError as e:
            problems += e.problems
    if problems:
        raise InputError(problems)
    return checked_predictions


def _find_article(prefix: object, known: Names) -> str:
    """Return the id that ``prefix`` means (:func:`model.find_id`). Raises LookupError where it means none."""
    if isinstance(prefix, str) and prefix:
        return complete_id(prefix, known)
    raise LookupError(f"is {'missing' if prefix is None else repr(prefix)}; expected the id of an article, a string")
