"""``spacy:NAME``: run an installed spaCy pipeline, or one in a folder; takes its entities and span groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vostochny.extractors import ExtractorError, Settings
from vostochny.extractors.labels import LabelMapper, to_entity_prediction
from vostochny.extractors.windows import Chunker, merge_spans
from vostochny.model import Document, Span

if TYPE_CHECKING:
    from spacy.language import Language


def make(argument: str, settings: Settings) -> SpacyExtractor:
    """Return the extractor of a pipeline by its name or folder. Raises ExtractorError where it cannot be loaded."""
    try:
        import spacy
    except ModuleNotFoundError:
        raise ExtractorError("spacy is not installed; pip install 'vostochny[baselines]'") from None
    try:
        nlp = spacy.load(argument)
    except OSError as e:
        if not settings.download:
            advice = f"run: python -m spacy download {argument} (or add --download)"
            raise ExtractorError(f"spacy:{argument}: no such pipeline here; {advice}") from None
        nlp = _download(argument, e)
    except (ValueError, ImportError) as e:
        raise ExtractorError(f"spacy:{argument}: cannot be loaded: {' '.join(str(e).split())[:300]}") from None
    return SpacyExtractor(nlp, settings)


def _download(name: str, load_error: OSError) -> Language:
    """Download and load a pipeline; the error of the failed loading explains what is wrong with the name."""
    import spacy
    from spacy.cli.download import download

    try:
        download(name)
        return spacy.load(name)
    except (SystemExit, OSError):
        raise ExtractorError(f"spacy:{name}: cannot be downloaded; {' '.join(str(load_error).split())}") from None


class SpacyExtractor:
    """An extractor that runs a pipeline over whole articles; only those longer than ``nlp.max_length`` are split."""

    def __init__(self, nlp: Language, settings: Settings):
        self.nlp = nlp
        self.labels = LabelMapper(settings.ontology, settings.view)
        self.chunker = Chunker("characters")
        for pipe in ("ner", "entity_ruler", "spancat"):
            if pipe in nlp.pipe_names:
                self.labels.declare(nlp.pipe_labels.get(pipe, []))

    def __call__(self, document: Document) -> Document:
        spans_by_chunk = []
        for chunk in self.chunker.split(document, len, self.nlp.max_length):
            doc = self.nlp(chunk.span.of(document.text))
            spans = [*doc.ents, *(s for group in doc.spans.values() for s in group)]
            spans_by_chunk.append((chunk, [(Span(s.start_char, s.end_char), s.label_) for s in spans]))
        return to_entity_prediction(document, merge_spans(spans_by_chunk), self.labels)

    @property
    def notes(self) -> list[str]:
        """Lines on labels left out, and on articles read in chunks."""
        return self.labels.notes + self.chunker.notes
