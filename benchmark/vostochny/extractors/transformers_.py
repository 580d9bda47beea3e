"""``transformers:NAME``: run a Hugging Face model for token classification, from the local cache or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vostochny.extractors import ExtractorError, Settings
from vostochny.extractors.labels import LabelMapper, to_entity_prediction
from vostochny.extractors.windows import Chunker, merge_spans
from vostochny.model import Document, Span
from vostochny.text.pieces import PieceJoiner, trim
from vostochny.text.tags import is_outside, split_prefix

# A tokenizer that does not know its model's length states an astronomical number.
UNKNOWN_LENGTH_TOKENS = 1_000_000
DEFAULT_WINDOW_TOKENS = 512  # of a model where neither the tokenizer nor the configuration states a length
# These number positions from one past the padding token's, so that fewer tokens fit than there are positions.
SHIFTED_POSITIONS = ("roberta", "xlm-roberta", "camembert", "longformer", "mpnet", "xlm-roberta-xl")


def make(argument: str, settings: Settings) -> TransformersExtractor:
    """Return the extractor of a model by its name or folder. Raises ExtractorError where it cannot be loaded."""
    try:
        from transformers import (  # type: ignore[import-not-found,unused-ignore]
            AutoModelForTokenClassification,
            AutoTokenizer,
            pipeline,
        )
    except ModuleNotFoundError:
        raise ExtractorError("transformers is not installed; pip install transformers torch") from None
    local = {"local_files_only": not settings.download}
    try:
        tokenizer = AutoTokenizer.from_pretrained(argument, **local)
        model = AutoModelForTokenClassification.from_pretrained(argument, **local)
    except (OSError, ValueError, ImportError) as e:
        if not settings.download:
            advice = f"run: hf download {argument} (or add --download)"
            message = f"transformers:{argument}: no such model here; {advice}"
            raise ExtractorError(message) from None
        raise ExtractorError(f"transformers:{argument}: cannot be loaded: {' '.join(str(e).split())[:300]}") from None
    if not tokenizer.is_fast:
        raise ExtractorError(f"transformers:{argument}: its tokenizer gives no offsets; a fast tokenizer is needed")
    # "first": a word gets the label of its first piece, so that no entity ends inside a word.
    run = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")
    return TransformersExtractor(run, settings)


def spans_of(output: Iterable[Mapping[str, Any]], text: str) -> list[tuple[Span, str]]:
    """Return the labelled spans in a pipeline's aggregated output; offsets count in ``text``.

    They are joined and trimmed as those in a file are (:mod:`vostochny.text.pieces`).
    """
    items = [{**item, "start": int(item["start"]), "end": int(item["end"])} for item in output]
    entities = PieceJoiner([items]).join(items, text)
    spans = [(trim(e["start"], e["end"], text), e["type"]) for e in entities]
    return [(span, label) for span, label in spans if span.start < span.end]


class TransformersExtractor:
    """An extractor that runs a pipeline over articles, in chunks of at most the model's window in tokens."""

    def __init__(self, pipeline: Any, settings: Settings):
        self.pipeline = pipeline
        self.labels = LabelMapper(settings.ontology, settings.view)
        names = (str(x) for x in pipeline.model.config.id2label.values())
        self.labels.declare(dict.fromkeys(split_prefix(n)[1] for n in names if not is_outside(n)))
        self.chunker = Chunker("tokens")
        self.window = window_of(pipeline.tokenizer, pipeline.model.config)

    def size(self, text: str) -> int:
        """Return the number of tokens in a text, without the special ones at its ends."""
        return len(self.pipeline.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def __call__(self, document: Document) -> Document:
        spans_by_chunk = []
        for chunk in self.chunker.split(document, self.size, self.window):
            words = chunk.span.of(document.text)
            spans_by_chunk.append((chunk, spans_of(self.pipeline(words) if words.strip() else [], words)))
        return to_entity_prediction(document, merge_spans(spans_by_chunk), self.labels)

    @property
    def notes(self) -> list[str]:
        """Lines on labels left out, and on articles read in chunks."""
        return self.labels.notes + self.chunker.notes


def window_of(tokenizer: Any, config: Any) -> int:
    """Return how many tokens of text a model takes at once: the smaller limit of its tokenizer and its positions."""
    limits = [int(tokenizer.model_max_length)] if tokenizer.model_max_length < UNKNOWN_LENGTH_TOKENS else []
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        shifted = config.model_type in SHIFTED_POSITIONS
        limits.append(positions - (config.pad_token_id + 1 if shifted and config.pad_token_id is not None else 0))
    return (min(limits) if limits else DEFAULT_WINDOW_TOKENS) - int(tokenizer.num_special_tokens_to_add())
