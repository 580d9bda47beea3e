"""``spacy:NAME``: an installed spaCy pipeline or one in a folder; its entities and span groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vostochny.extractors import ExtractorError, Settings
from vostochny.extractors.labels import Labels, entities_document
from vostochny.extractors.windows import Chunking, merged
from vostochny.model import Document, Span

if TYPE_CHECKING:
    from spacy.language import Language


def make(argument: str, settings: Settings) -> SpacyExtractor:
    """The extractor of a pipeline by its name or folder. Raises ExtractorError where it is not here."""
    try:
        import spacy
    except ModuleNotFoundError:
        raise ExtractorError("spacy is not installed; pip install 'vostochny[baselines]'") from None
    try:
        nlp = spacy.load(argument)
    except OSError as e:
        if not settings.download:
            how = f"python -m spacy download {argument}"
            raise ExtractorError(f"spacy:{argument}: no such pipeline here; run: {how} (or add --download)") from None
        nlp = _downloaded(argument, e)
    except (ValueError, ImportError) as e:
        raise ExtractorError(f"spacy:{argument}: cannot be loaded: {' '.join(str(e).split())[:300]}") from None
    return SpacyExtractor(nlp, settings)


def _downloaded(name: str, missing: OSError) -> Language:
    import spacy
    from spacy.cli.download import download

    try:
        download(name)
        return spacy.load(name)
    except (SystemExit, OSError):
        raise ExtractorError(f"spacy:{name}: cannot be downloaded; {' '.join(str(missing).split())}") from None


class SpacyExtractor:
    """Runs a pipeline over whole articles; only one longer than the pipeline's ``max_length`` is read in chunks."""

    def __init__(self, nlp: Language, settings: Settings):
        self.nlp = nlp
        self.labels = Labels(settings.ontology, settings.view)
        self.chunking = Chunking("characters")
        for pipe in ("ner", "entity_ruler", "spancat"):
            if pipe in nlp.pipe_names:
                self.labels.declare(nlp.pipe_labels.get(pipe, []))

    def __call__(self, document: Document) -> Document:
        found = []
        for chunk in self.chunking(document, len, self.nlp.max_length):
            doc = self.nlp(chunk.span.of(document.text))
            spans = [*doc.ents, *(s for group in doc.spans.values() for s in group)]
            found.append((chunk, [(Span(s.start_char, s.end_char), s.label_) for s in spans]))
        return entities_document(document, merged(found), self.labels)

    @property
    def notes(self) -> list[str]:
        """Labels left out, and articles read in chunks."""
        return self.labels.notes + self.chunking.notes
