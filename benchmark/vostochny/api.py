"""The Python calls: :func:`load` the corpus, :func:`score` predictions, :func:`evaluate` an extractor.

They do what ``vostochny run`` and ``vostochny score`` do, without files::

    >>> import vostochny
    >>> articles = vostochny.load()
    >>> [article.doc_id[:3] for article in articles]
    ['000', '001', '002', '003', '004']
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from vostochny import extractors, scoring
from vostochny.errors import InputError, Problem
from vostochny.extractors import Extractor, ExtractorError, Prediction, Settings, answers
from vostochny.formats import jsonl, registry
from vostochny.formats.input import read_documents
from vostochny.formats.label_types import LabelNames, extend_ontology
from vostochny.formats.prediction import suggest_name
from vostochny.formats.view_file import read_view
from vostochny.model import LAYERS, Document
from vostochny.ontology import Ontology, View, load_ontology
from vostochny.scoring import Options, Result, options
from vostochny.stats.intervals import RESAMPLES, SEED

# What may become of a type that the ontology does not have: refused, left out, or counted as wrong.
UNKNOWN = ("error", "ignore", "wrong")

Path = str | os.PathLike[str]
Gold = Path | Iterable[Document]


def load(path: Path | None = None) -> list[Document]:
    """The articles of the corpus with their gold annotation, or those of a file of your own, in any format.

    Raises FileNotFoundError where the corpus is not there, InputError with every problem of the file.

    >>> article = load()[3]
    >>> "Putin" in {e.span.of(article.text) for e in article.entities}
    True
    """
    return _gold(path)[0]


def score(
    predictions: Path | Mapping[str, Prediction] | Iterable[Prediction],
    *,
    gold: Gold | None = None,
    layers: Sequence[str] = (),
    view: str | View | None = None,
    zones: Sequence[str] = (),
    metrics: Sequence[str] = (),
    unknown: str = "error",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Result:
    """Score predictions: a file, an iterable of predictions, or a mapping from doc_id to them.

    A file may be a folder or pattern that means many; files of JSON Lines may be of any size and are read a part at a
    time (scoring.score_files). A prediction is a Document or an object as a line of a prediction file holds it.
    ``gold`` is the corpus, a file in any format, or Documents; its own types are then known beside the ontology's. The
    other options are those of the command line: ``layers`` empty for those that the predictions carry, ``view`` a name,
    a file or a View, ``unknown`` one of "error", "ignore" and "wrong", ``resamples`` 0 for no intervals. Raises
    InputError with every problem of the predictions or options.

    >>> result = score(load())
    >>> result.measures["entities.names"].value
    1.0
    >>> nothing = score([{"doc_id": "003", "entities": []}])
    >>> nothing.layers, nothing.measures["entities.names"].value
    (('entities',), 0.0)
    """
    if isinstance(gold, (str, os.PathLike)) and isinstance(predictions, (str, os.PathLike)):
        paths = os.fspath(gold), os.fspath(predictions)
        if scoring.is_streamed(*paths):
            ontology = load_ontology()
            chosen = _options(ontology, layers, view, zones, metrics, unknown, resamples, seed)
            return scoring.score_files(*paths, ontology, chosen)
    documents, ontology, gold_hash = _gold(gold, with_text=False)
    chosen = _options(ontology, layers, view, zones, metrics, unknown, resamples, seed)
    if isinstance(predictions, (str, os.PathLike)):
        predicted, _ = registry.read_predictions(os.fspath(predictions), documents, ontology, unknown, chosen.view)
    else:
        predicted = _checked(predictions, documents, ontology, chosen)
    return scoring.score(documents, predicted, ontology, chosen, gold_hash)


def evaluate(
    extract: Extractor | str,
    *,
    gold: Gold | None = None,
    layers: Sequence[str] = (),
    view: str | View | None = None,
    zones: Sequence[str] = (),
    metrics: Sequence[str] = (),
    unknown: str = "error",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Result:
    """Run an extractor over the articles and score it; a callable, or what ``vostochny run`` takes (``"spacy:NAME"``).

    The callable is given each article without its annotation; the options are those of :func:`score`. What it raises
    is raised here: to go on after a problem, or to keep the predictions, use ``vostochny run``. Raises InputError with
    every problem of what it returned, ExtractorError where a specification means no extractor.

    >>> def putin(article):
    ...     at = article.text.find("Putin")
    ...     return {"entities": [{"start": at, "end": at + 5, "type": "PER"}]}
    >>> result = evaluate(putin, layers=["entities"], resamples=0)
    >>> 0 < result.measures["entities.names"].value < 1
    True
    """
    documents, ontology, gold_hash = _gold(gold)
    chosen = _options(ontology, layers, view, zones, metrics, unknown, resamples, seed)
    run = extractors.load(extract, Settings(ontology, chosen.view)) if isinstance(extract, str) else extract
    try:
        predicted = _checked(
            {d.doc_id: run(extractors.strip_annotations(d)) for d in documents}, documents, ontology, chosen
        )
    finally:
        extractors.close(run)
    return scoring.score(documents, predicted, ontology, chosen, gold_hash)


def _gold(source: Gold | None, with_text: bool = True) -> tuple[list[Document], Ontology, str]:
    """Gold documents, the ontology they are annotated by, and the hash that names them."""
    if source is None or isinstance(source, (str, os.PathLike)):
        return read_documents(source, with_text)
    documents = list(source)
    times = Counter(d.doc_id for d in documents)
    twice = [
        Problem("gold", None, "doc_id", f"{i!r} is given {n} times; give it once") for i, n in times.items() if n > 1
    ]
    if twice:
        raise InputError(twice)
    # As for a file: what only this gold has is no unknown type in predictions for it.
    rows = (jsonl.to_row(d) | {"zones": [{"zone": z.name} for z in d.zones]} for d in documents)
    return documents, extend_ontology(load_ontology(), [LabelNames().add(rows)]), "?"


def _options(
    ontology: Ontology,
    layers: Sequence[str],
    view: str | View | None,
    zones: Sequence[str],
    metrics: Sequence[str],
    unknown: str,
    resamples: int,
    seed: int,
) -> Options:
    for name, given in (("layers", layers), ("zones", zones), ("metrics", metrics)):
        if isinstance(given, str):
            raise InputError([Problem(name, None, None, f"is a string; expected a list, [{given!r}] say")])
    unknown_layers = [x for x in layers if x not in LAYERS]
    if unknown_layers:
        raise InputError(
            [Problem("layers", None, None, f"{x!r} is none of {', '.join(LAYERS)}") for x in unknown_layers]
        )
    if unknown not in UNKNOWN:
        raise InputError([Problem("unknown", None, None, f"{unknown!r} is none of {', '.join(UNKNOWN)}")])
    return Options(
        tuple(dict.fromkeys(layers)),
        read_view(view, ontology) if isinstance(view, str) else view,
        options.check_zones(zones, ontology),
        options.require_at_least(resamples, 0, "resamples"),
        options.require_at_least(seed, 0, "seed"),
        unknown,
        options.check_metrics(metrics),
    )


def _checked(
    predictions: Mapping[str, Prediction] | Iterable[Prediction],
    documents: list[Document],
    ontology: Ontology,
    chosen: Options,
) -> dict[str, Document]:
    """Predictions by doc_id, each checked by the reader of prediction files."""
    by_id = {d.doc_id: d for d in documents}
    given: Iterable[tuple[str | None, Prediction]]
    if isinstance(predictions, Mapping) and not {"doc_id", *LAYERS} & predictions.keys():
        given = cast("Mapping[str, Prediction]", predictions).items()
    elif isinstance(predictions, Mapping | Document):
        given = [(None, cast("Prediction", predictions))]  # one prediction alone
    else:
        given = ((None, p) for p in predictions)
    out: dict[str, Document] = {}
    seen: set[str] = set()
    problems: list[Problem] = []
    for number, (key, prediction) in enumerate(given):
        where = f"predictions[{number}]" if key is None else f"predictions[{key!r}]"
        if not isinstance(prediction, Mapping | Document):
            expected = f"expected a Document or an object with any of {', '.join(LAYERS)}"
            problems.append(Problem(where, None, None, f"is {type(prediction).__name__}; {expected}"))
            continue
        own = prediction.doc_id if isinstance(prediction, Document) else prediction.get("doc_id")
        doc_id, problem = _article(own if key is None else key, by_id)
        if not problem and doc_id in seen:
            problem = f"{doc_id!r} is given twice; give each article one prediction"
        seen.add(doc_id)
        if problem:
            problems.append(Problem(where, None, "doc_id", problem))
            continue
        document = by_id[doc_id]
        try:
            row = answers.row_of(prediction, document) | {"doc_id": doc_id}
            out[doc_id] = answers.check_row(row, document, ontology, chosen.unknown, chosen.view, name=where)
        except ExtractorError as e:
            problems.append(Problem(where, None, None, str(e)))
        except InputError as e:
            problems += e.problems
    if problems:
        raise InputError(problems)
    return out


def _article(given: object, known: Mapping[str, Document]) -> tuple[str, str]:
    """The article that an id, or a unique beginning of one, means, and what is wrong with it, if anything."""
    if not isinstance(given, str) or not given:
        shown = "is missing" if given is None else f"is {given!r}"
        return "", f"{shown}; expected the id of an article, a string"
    fitting = [given] if given in known else [i for i in known if i.startswith(given)]
    if len(fitting) == 1:
        return fitting[0], ""
    if fitting:
        return "", f"{given!r} fits {', '.join(fitting[:8])}; write more of the id"
    return "", f"{given!r} is no article of the gold; {suggest_name(given, known)}"
