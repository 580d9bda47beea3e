"""``gliner:NAME``: a GLiNER model, asked for the labels of the view in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from vostochny.extractors import ExtractorError, Settings
from vostochny.extractors.labels import Labels, entities_document
from vostochny.extractors.windows import Chunking, merged
from vostochny.model import Document, Span

THRESHOLD = 0.5
DEFAULT_WINDOW = 384
# A label is a prompt to this model, so it is asked for words, not for abbreviations.
WORDS = {
    "PER": "person", "PERSON": "person", "ORG": "organization", "GPE": "country or city", "LOC": "location",
    "FAC": "facility", "VEH": "vehicle", "WEA": "weapon", "DATE": "date", "TIME": "time", "QUANTITY": "measurement",
    "CARDINAL": "number", "ORDINAL": "ordinal number", "MONEY": "amount of money", "PERCENT": "percentage",
    "NORP": "nationality", "PRODUCT": "product", "MISC": "nationality or product",
}  # fmt: skip
_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")


def make(argument: str, settings: Settings) -> GlinerExtractor:
    """The extractor of a model by its name or folder. Raises ExtractorError where it is not here."""
    try:
        from gliner import GLiNER  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        raise ExtractorError("gliner is not installed; pip install gliner") from None
    try:
        model = GLiNER.from_pretrained(argument, local_files_only=not settings.download)
    except (OSError, ValueError) as e:
        if not settings.download:
            how = f"hf download {argument}"
            message = f"gliner:{argument}: no such model here; run: {how} (or add --download)"
            raise ExtractorError(message) from None
        raise ExtractorError(f"gliner:{argument}: cannot be loaded: {' '.join(str(e).split())[:300]}") from None
    return GlinerExtractor(model, settings)


def spans_of(output: Iterable[Mapping[str, Any]], labels: Mapping[str, str]) -> list[tuple[Span, str]]:
    """Labelled spans of what ``predict_entities`` gives; ``labels`` maps the words asked for to labels."""
    return [(Span(int(i["start"]), int(i["end"])), labels.get(str(i["label"]), str(i["label"]))) for i in output]


class GlinerExtractor:
    """Runs a model over articles, in chunks of at most the model's window in words."""

    def __init__(self, model: Any, settings: Settings):
        self.model = model
        self.labels = Labels(settings.ontology, settings.view)
        self.asked = {WORDS.get(label, label.lower().replace("_", " ")): label for label in self.labels.targets}
        self.chunking = Chunking("words")
        self.window = int(getattr(model.config, "max_len", None) or DEFAULT_WINDOW)

    @staticmethod
    def size(text: str) -> int:
        """How many words a text is, as GLiNER splits it."""
        return len(_WORD.findall(text))

    def __call__(self, document: Document) -> Document:
        found = []
        for chunk in self.chunking(document, self.size, self.window):
            output = self.model.predict_entities(chunk.span.of(document.text), list(self.asked), threshold=THRESHOLD)
            found.append((chunk, spans_of(output, self.asked)))
        return entities_document(document, merged(found), self.labels)

    @property
    def notes(self) -> list[str]:
        """What was asked for, labels left out, and articles read in chunks."""
        asked = ", ".join(f"{label} as “{words}”" for words, label in self.asked.items())
        return [f"asked for {asked}", *self.labels.notes, *self.chunking.notes]
