"""The Python calls: :func:`load` the corpus, :func:`score` predictions, :func:`evaluate` an extractor.

They do what ``vostochny run`` and ``vostochny score`` do, without files::

    >>> import vostochny
    >>> articles = vostochny.load()
    >>> [article.doc_id[:3] for article in articles]
    ['000', '001', '002', '003', '004']
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from vostochny import extractors, ontology, options, scoring
from vostochny.extractors import Extract, Prediction, Settings, answers, articles
from vostochny.formats import Fault, FormatError, registry
from vostochny.intervals import RESAMPLES, SEED
from vostochny.measures import LAYERS
from vostochny.model import Document
from vostochny.ontology import Ontology, View
from vostochny.scoring import Options, Result

Path = str | os.PathLike[str]
Gold = Path | Iterable[Document]


def load(path: Path | None = None) -> list[Document]:
    """The articles of the corpus with their gold annotation, or those of a file of your own, in any format.

    Raises FileNotFoundError where the corpus is not there, FormatError with every fault of the file.

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

    A prediction is a Document or an object as a line of a prediction file holds it. The options are those of the
    command line: ``layers`` empty for those that the predictions carry, ``view`` a name, a file or a View. Raises
    FormatError with every fault of the predictions or options.

    >>> result = score(load())
    >>> result.measures["entities.names"].value
    1.0
    >>> nothing = score([{"doc_id": "003", "entities": []}])
    >>> nothing.layers, nothing.measures["entities.names"].value
    (('entities',), 0.0)
    """
    documents, scheme, gold_hash = _gold(gold, with_text=False)
    chosen = _options(scheme, layers, view, zones, metrics, unknown, resamples, seed)
    if isinstance(predictions, (str, os.PathLike)):
        predicted, _ = registry.read_predictions(os.fspath(predictions), documents, scheme, unknown, chosen.view)
    else:
        predicted = _checked(predictions, documents, scheme, chosen)
    return scoring.score(documents, predicted, scheme, chosen, gold_hash)


def evaluate(
    extract: Extract | str,
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

    The callable is given each article without its annotation. What it raises is raised here: to go on after a fault,
    or to keep the predictions, use ``vostochny run``.

    >>> def putin(article):
    ...     at = article.text.find("Putin")
    ...     return {"entities": [{"start": at, "end": at + 5, "type": "PER"}]}
    >>> result = evaluate(putin, layers=["entities"], resamples=0)
    >>> 0 < result.measures["entities.names"].value < 1
    True
    """
    documents, scheme, gold_hash = _gold(gold)
    chosen = _options(scheme, layers, view, zones, metrics, unknown, resamples, seed)
    run = extractors.load(extract, Settings(scheme, chosen.view)) if isinstance(extract, str) else extract
    try:
        predicted = _checked({d.doc_id: run(extractors.unannotated(d)) for d in documents}, documents, scheme, chosen)
    finally:
        extractors.close(run)
    return scoring.score(documents, predicted, scheme, chosen, gold_hash)


def _gold(source: Gold | None, with_text: bool = True) -> tuple[list[Document], Ontology, str]:
    """Gold documents, the scheme they are annotated by, and the hash that names them."""
    if source is not None and not isinstance(source, (str, os.PathLike)):
        return list(source), ontology.load(), "?"
    return articles.read(source, with_text)


def _options(
    scheme: Ontology,
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
            raise FormatError([Fault(name, None, None, f"is a string; expected a list, [{given!r}] say")])
    unknown_layers = [x for x in layers if x not in LAYERS]
    if unknown_layers:
        message = f"{unknown_layers[0]!r} is none of {', '.join(LAYERS)}"
        raise FormatError([Fault("layers", None, None, message)])
    return Options(
        tuple(dict.fromkeys(layers)),
        options.view(view, scheme) if isinstance(view, str) else view,
        options.zones(zones, scheme),
        options.at_least(resamples, 0, "resamples"),
        options.at_least(seed, 0, "seed"),
        unknown,
        options.metrics(metrics),
    )


def _checked(
    predictions: Mapping[str, Prediction] | Iterable[Prediction],
    documents: list[Document],
    scheme: Ontology,
    chosen: Options,
) -> dict[str, Document]:
    """Predictions by doc_id, each checked by the reader of prediction files."""
    by_id = {d.doc_id: d for d in documents}
    given: Iterable[tuple[str | None, Prediction]]
    if isinstance(predictions, Mapping) and not {"doc_id", *LAYERS} & predictions.keys():
        given = cast("Mapping[str, Prediction]", predictions).items()
    elif isinstance(predictions, Mapping):
        given = [(None, cast("Prediction", predictions))]  # one prediction alone
    else:
        given = ((None, p) for p in predictions)
    out: dict[str, Document] = {}
    faults: list[Fault] = []
    for number, (key, prediction) in enumerate(given):
        doc_id = key or (prediction.doc_id if isinstance(prediction, Document) else str(prediction.get("doc_id")))
        fitting = [i for i in by_id if i == doc_id] or [i for i in by_id if i.startswith(doc_id)]
        if len(fitting) != 1 or fitting[0] in out:
            what = f"fits {', '.join(fitting)}" if len(fitting) > 1 else "is no article of the gold"
            message = f"{doc_id!r} {'is given twice' if fitting and fitting[0] in out else what}"
            faults.append(Fault(f"predictions[{number}]", None, "doc_id", message))
            continue
        document = by_id[fitting[0]]
        try:
            row = answers.row_of(prediction, document) | {"doc_id": document.doc_id}
            out[document.doc_id] = answers.checked(row, document, scheme, chosen.unknown, chosen.view)
        except FormatError as e:
            faults += e.faults
    if faults:
        raise FormatError(faults)
    return out
