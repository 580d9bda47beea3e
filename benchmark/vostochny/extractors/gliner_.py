"""``gliner:NAME``: run a GLiNER model, which is asked for the labels of the view in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vostochny.extractors import ExtractorError, Settings
from vostochny.extractors.labels import LabelMapper, to_entity_prediction
from vostochny.extractors.windows import Chunker, merge_spans
from vostochny.model import Document, Span

THRESHOLD = 0.5  # confidence that an entity needs
DEFAULT_WINDOW_WORDS = 384  # of a model whose configuration states no window
# A label is a prompt to this model, so it is asked for words, not for abbreviations.
LABEL_WORDS = {
    "PER": "person", "PERSON": "person", "ORG": "organization", "GPE": "country or city", "LOC": "location",
    "FAC": "facility", "VEH": "vehicle", "WEA": "weapon", "DATE": "date", "TIME": "time", "QUANTITY": "measurement",
    "CARDINAL": "number", "ORDINAL": "ordinal number", "MONEY": "amount of money", "PERCENT": "percentage",
    "NORP": "nationality", "PRODUCT": "product", "MISC": "nationality or product",
}  # fmt: skip
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")


def make(argument: str, settings: Settings) -> GlinerExtractor:
    """Return the extractor of a model by its name or folder. Raises ExtractorError where it is not on this machine."""
    try:
        from gliner import GLiNER  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        raise ExtractorError("gliner is not installed; pip install gliner") from None
    try:
        model = GLiNER.from_pretrained(argument, local_files_only=not settings.download)
    except (OSError, ValueError) as e:
        if not settings.download:
            message = f"gliner:{argument}: no such model here; run: hf download {argument} (or add --download)"
            raise ExtractorError(message) from None
        raise ExtractorError(f"gliner:{argument}: cannot be loaded: {' '.join(str(e).split())[:300]}") from None
    return GlinerExtractor(model, settings)


def spans_of(output: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> list[tuple[Span, str]]:
    """Return the labelled spans in the output of ``predict_entities``; ``labels`` maps words asked for to labels."""
    return [(Span(int(i["start"]), int(i["end"])), labels.get(str(i["label"]), str(i["label"]))) for i in output]


class GlinerExtractor:
    """An extractor that runs a model over articles, in chunks of at most the model's window in words."""

    def __init__(self, model: Any, settings: Settings):
        self.model = model
        self.labels = LabelMapper(settings.ontology, settings.view)
        self.label_of_words = {
            LABEL_WORDS.get(label, label.lower().replace("_", " ")): label for label in self.labels.targets
        }
        self.chunker = Chunker("words")
        self.window = int(getattr(model.config, "max_len", None) or DEFAULT_WINDOW_WORDS)

    @staticmethod
    def size(text: str) -> int:
        """Return the number of words in a text, as GLiNER splits it."""
        return len(_WORD.findall(text))

    def __call__(self, document: Document) -> Document:
        spans_by_chunk = []
        for chunk in self.chunker.split(document, self.size, self.window):
            text, words = chunk.span.of(document.text), list(self.label_of_words)
            output = self.model.predict_entities(text, words, threshold=THRESHOLD)
            spans_by_chunk.append((chunk, spans_of(output, self.label_of_words)))
        return to_entity_prediction(document, merge_spans(spans_by_chunk), self.labels)

    @property
    def notes(self) -> list[str]:
        """Lines on the labels asked for, labels left out, and articles read in chunks."""
        labels = ", ".join(f"{label} as “{words}”" for words, label in self.label_of_words.items())
        return [f"asked for {labels}", *self.labels.notes, *self.chunker.notes]
