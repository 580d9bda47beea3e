"""``transformers:NAME``: a token classification model of Hugging Face, from its local cache or a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vostochny.extractors import ExtractorError, Settings
from vostochny.extractors.labels import Labels, entities_document
from vostochny.extractors.windows import Chunking, merged
from vostochny.model import Document, Span

# A tokenizer that does not know its model's length says something astronomical.
UNKNOWN_LENGTH = 1_000_000


def make(argument: str, settings: Settings) -> TransformersExtractor:
    """The extractor of a model by its name or folder. Raises ExtractorError where it is not here."""
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
            how = f"hf download {argument}"
            message = f"transformers:{argument}: no such model here; run: {how} (or add --download)"
            raise ExtractorError(message) from None
        raise ExtractorError(f"transformers:{argument}: cannot be loaded: {' '.join(str(e).split())[:300]}") from None
    if not tokenizer.is_fast:
        raise ExtractorError(f"transformers:{argument}: its tokenizer gives no offsets; a fast tokenizer is needed")
    # "first": a word has the label of its first piece, so that no entity ends inside a word.
    run = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="first")
    return TransformersExtractor(run, settings)


def spans_of(output: Iterable[Mapping[str, Any]], text: str) -> list[tuple[Span, str]]:
    """Labelled spans of a pipeline's aggregated output, without white space at their ends; offsets are into ``text``.

    Some tokenizers count the space before a word as part of it.
    """
    out = []
    for item in output:
        start, end = int(item["start"]), int(item["end"])
        words = text[start:end]
        start += len(words) - len(words.lstrip())
        end -= len(words) - len(words.rstrip())
        if start < end:
            out.append((Span(start, end), str(item["entity_group"])))
    return out


class TransformersExtractor:
    """Runs a pipeline over articles, in chunks of at most the model's window."""

    def __init__(self, pipeline: Any, settings: Settings):
        self.pipeline = pipeline
        self.labels = Labels(settings.ontology, settings.view)
        names = (str(x) for x in pipeline.model.config.id2label.values())
        self.labels.declare(n.removeprefix("B-").removeprefix("I-") for n in names if n != "O")
        self.chunking = Chunking("tokens")
        self.window = window_of(pipeline.tokenizer, pipeline.model.config)

    def size(self, text: str) -> int:
        """How many tokens a text is, without those that mark its ends."""
        return len(self.pipeline.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def __call__(self, document: Document) -> Document:
        found = []
        for chunk in self.chunking(document, self.size, self.window):
            words = chunk.span.of(document.text)
            found.append((chunk, spans_of(self.pipeline(words) if words.strip() else [], words)))
        return entities_document(document, merged(found), self.labels)

    @property
    def notes(self) -> list[str]:
        """Labels left out, and articles read in chunks."""
        return self.labels.notes + self.chunking.notes


def window_of(tokenizer: Any, config: Any) -> int:
    """How many tokens of text a model takes at once: the smaller of what its tokenizer and its positions allow."""
    known = [int(tokenizer.model_max_length)] if tokenizer.model_max_length < UNKNOWN_LENGTH else []
    positions = getattr(config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        # RoBERTa and its kin number positions from one past the padding token's.
        shifted = config.model_type in ("roberta", "xlm-roberta", "camembert", "longformer", "mpnet", "xlm-roberta-xl")
        known.append(positions - (config.pad_token_id + 1 if shifted and config.pad_token_id is not None else 0))
    return (min(known) if known else 512) - int(tokenizer.num_special_tokens_to_add())
