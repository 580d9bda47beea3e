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
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from vostochny import extractors, scoring
from vostochny.errors import InputError, Names, Problem, Problems
from vostochny.extractors import Extractor, ExtractorError, Prediction, Settings, answers
from vostochny.formats import tables
from vostochny.formats.input import Gold, Input, name_gold
from vostochny.formats.label_types import LabelNames, extend_ontology
from vostochny.formats.prediction import list_identity_problems
from vostochny.formats.reader import Reading
from vostochny.formats.rows import to_record, to_row
from vostochny.formats.view_file import read_view
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


def load(path: GoldSource | None = None) -> list[Document]:
    """Return the articles of the corpus with their gold annotation, or the documents of your own file, in any format.

    The rows of a Dataset (``datasets``) are read like those of a file.

    Raises FileNotFoundError if the corpus is not found, InputError with every problem of the file.

    >>> article = load()[3]
    >>> "Putin" in {e.span.of(article.text) for e in article.entities}
    True
    """
    return _read_gold(path).documents


def score(
    predictions: Path | Mapping[str, Prediction] | Iterable[Prediction],
    *,
    gold: GoldSource | None = None,
    layers: Sequence[str] = (),
    view: str | View | None = None,
    zones: Sequence[str] = (),
    metrics: Sequence[str] = (),
    unknown: str = "error",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Result:
    """Score predictions and return a :class:`vostochny.scoring.Result`.

    Args:
        predictions: a file, folder or pattern; an iterable of predictions; or a mapping from doc_id to prediction. A
            prediction is a Document, or an object like a line of a prediction file. JSON Lines files may be of any
            size: they are read in batches if ``gold`` is a file as well (scoring.score_files).
        gold: a file in any format, Documents, or a Dataset of ``datasets``; None for the corpus. Types that only this
            gold has are then known beside those of the ontology.
        layers: the layers to score; empty for those that the predictions carry.
        view: the label set to score in, as a name, a file or a View; None for the ontology's own.
        zones: the zones to score; empty for all scored ones.
        metrics: the only metrics to compute; empty for all.
        unknown: treatment of types that the ontology does not have: "error", "ignore" (leave out) or "wrong".
        resamples: number of bootstrap resamples for the intervals; 0 for no intervals.
        seed: random seed of the resampling.

    Raises InputError with every problem of the predictions or options.

    >>> result = score(load())
    >>> result.measures["entities.names"].value
    1.0
    >>> nothing = score([{"doc_id": "003", "entities": []}])
    >>> nothing.layers, nothing.measures["entities.names"].value
    (('entities',), 0.0)
    """

    def make_options(ontology: Ontology) -> Options:
        return _check_options(ontology, layers, view, zones, metrics, unknown, resamples, seed)

    if isinstance(predictions, (str, os.PathLike)) and (gold is None or isinstance(gold, (str, os.PathLike))):
        (result,) = scoring.score_systems(Input(gold, with_text=False), [Input(predictions)], make_options)
        return result
    truth = _read_gold(gold, with_text=False)
    scoring_options = make_options(truth.ontology)
    if isinstance(predictions, (str, os.PathLike)):
        predicted, _ = Input(predictions).read_predictions(truth, unknown, scoring_options.view)
    else:
        predicted = _check_predictions(predictions, truth, scoring_options)
    return scoring.score(truth.documents, predicted, truth.ontology, scoring_options, truth.hash)


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
    with show_progress(progress):
        truth = _read_gold(gold)
        scoring_options = _check_options(truth.ontology, layers, view, zones, metrics, unknown, resamples, seed)
        settings = Settings(truth.ontology, scoring_options.view)
        run = extractors.load(extract, settings) if isinstance(extract, str) else extract
        try:
            documents = track(truth.documents, "extracting", at_once=True)
            predictions = {d.doc_id: run(extractors.strip_annotations(d)) for d in documents}
            predicted = _check_predictions(predictions, truth, scoring_options)
        except BaseException:
            with contextlib.suppress(ExtractorError):  # what came first tells more
                extractors.close(run)
            raise
    for problem in extractors.close(run):
        warnings.warn(problem, stacklevel=2)
    return scoring.score(truth.documents, predicted, truth.ontology, scoring_options, truth.hash)


def _read_gold(source: GoldSource | None, with_text: bool = True) -> Gold:
    """Return the gold from the corpus, a file or documents. Raises InputError with every problem."""
    if source is None or isinstance(source, (str, os.PathLike)):
        return Input(source, with_text=with_text).read_gold()
    source = _choose_split(source)
    items = list(source)
    rows = [dict(x) for x in items if isinstance(x, Mapping)]
    if rows and len(rows) == len(items):
        reading = Reading(load_ontology())
        features: Any = getattr(source, "features", None)  # of a Dataset
        names = tables.list_label_names(features.to_dict()) if features else {}
        read = reading.read_gold(tables.read_rows("gold", reading, ((None, row) for row in rows), names), True)
        return Gold(read, reading.ontology, name_gold(read), reading.notes)
    documents = [x for x in items if isinstance(x, Document)]
    if len(documents) < len(items):
        other = next(x for x in items if not isinstance(x, Document))
        message = f"has {type(other).__name__}; expected Documents, or rows like lines of a gold file"
        raise InputError([Problem("gold", None, None, message)])
    occurrences = Counter(d.doc_id for d in documents)
    problems = [
        Problem("gold", None, "doc_id", f"{doc_id!r} is given {n} times; give it once")
        for doc_id, n in occurrences.items()
        if n > 1
    ]
    ontology = load_ontology()
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


def _choose_split(source: Iterable[Any]) -> Iterable[Any]:
    """Return the rows of a DatasetDict's ``test``, or of its only split; any other source as it is.

    Raises InputError where there are several splits and none of them is ``test``.
    """
    if not isinstance(source, Mapping) or {"doc_id", "text", *LAYERS} & source.keys():
        return [source] if isinstance(source, Mapping) else source
    if "test" not in source and len(source) != 1:
        message = f"has the splits {', '.join(map(str, source))}; give one of them"
        raise InputError([Problem("gold", None, None, message)])
    split: Iterable[Any] = source["test"] if "test" in source else next(iter(source.values()))
    return split


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
    predictions: Mapping[str, Prediction] | Iterable[Prediction], gold: Gold, scoring_options: Options
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
                row, document, gold.ontology, scoring_options.unknown, scoring_options.view, name=where
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
