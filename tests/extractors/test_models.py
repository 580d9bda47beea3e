"""The adapters of transformers and GLiNER with small random models of the real libraries, built here.

Left out of the default run, because torch is no dependency of the project: ``make test-models`` makes an environment
with torch, transformers and gliner and runs these.
"""

from __future__ import annotations

import pytest

import vostochny
from vostochny import cli, extractors
from vostochny.extractors import ExtractorError, Settings, strip_annotations
from vostochny.ontology import load_ontology

pytestmark = pytest.mark.models

GOLD = vostochny.load()
WINDOW = 64


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """The folder of a token classification model of one tiny layer, whose vocabulary is that of the articles."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    words = sorted({t.of(d.text) for d in GOLD for t in d.tokens})
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    torch.manual_seed(1)
    labels = dict(enumerate(["O", "B-PER", "I-PER", "B-PERSON", "I-PERSON"]))
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=WINDOW, id2label=labels, label2id={v: k for k, v in labels.items()},
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("bert")
    BertForTokenClassification(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def test_transformers_reads_whole_articles_in_chunks(bert, tmp_path, capsys):
    extractor = extractors.load(f"transformers:{bert}", Settings())
    assert extractor.window == WINDOW - 2
    for document in GOLD:
        prediction = extractor(strip_annotations(document))
        assert prediction.emitted == {"entities"} and {e.type for e in prediction.entities} == {"PER"}
        spans = [e.span for e in prediction.entities]
        assert len(spans) == len(set(spans)) and spans == sorted(spans)
        # A random model finds something nearly everywhere, so a last span near the end shows that it read everything.
        assert spans[-1].end > len(document.text) - 300
        assert all(s.of(document.text) == s.of(document.text).strip() for s in spans)
    labels, chunks = extractors.notes_of(extractor)
    assert "PERSON (" in labels and "--view ontonotes" in labels
    assert "5 articles did not fit the window of 62 tokens" in chunks
    output = tmp_path / "p.jsonl"
    assert cli.main(["run", "transformers", str(bert), "-o", str(output), "--view", "ontonotes"]) == 0
    assert cli.main(["score", str(output), "--view", "ontonotes", "--resamples", "0"]) == 0


def test_no_chunk_is_larger_than_the_window(bert):
    from vostochny.extractors.windows import split_document

    extractor = extractors.load(f"transformers:{bert}", Settings())
    for document in GOLD:
        for chunk in split_document(document, extractor.size, extractor.window):
            assert len(extractor.pipeline.tokenizer(chunk.span.of(document.text))["input_ids"]) <= WINDOW


@pytest.mark.parametrize("kind", ["transformers", "gliner"])
def test_a_missing_model_is_not_downloaded(kind):
    with pytest.raises(ExtractorError, match=r"no such model here; run: hf download no/such-model"):
        extractors.load(f"{kind}:no/such-model", Settings())


def test_gliner_reads_whole_articles_in_chunks(bert, tmp_path, monkeypatch):
    from gliner import GLiNER, GLiNERConfig
    from transformers import AutoTokenizer, BertConfig, BertModel

    base, folder = tmp_path / "base", tmp_path / "gliner"
    config = BertConfig.from_pretrained(bert)
    config.max_position_embeddings = 512
    BertModel(config).save_pretrained(base)
    AutoTokenizer.from_pretrained(bert).save_pretrained(base)
    GLiNER.from_config(
        GLiNERConfig(
            model_name=str(base),
            hidden_size=16,
            max_len=32,
            max_width=4,
            max_types=30,
            dropout=0.0,
            span_mode="markerV0",
            fine_tune=True,
            subtoken_pooling="first",
            name="tiny",
        )
    ).save_pretrained(str(folder))

    # A random model is never confident, so accept less confident entities.
    monkeypatch.setattr("vostochny.extractors.gliner_.THRESHOLD", 0.3)
    extractor = extractors.load(f"gliner:{folder}", Settings(view=load_ontology().views["conll"]))
    assert extractor.window == 32
    for document in GOLD:
        prediction = extractor(strip_annotations(document))
        assert {e.type for e in prediction.entities} <= {"PER", "ORG", "LOC", "MISC"}
        spans = [e.span for e in prediction.entities]
        assert spans[-1].end > len(document.text) - 300 and spans == sorted(set(spans))
    assert "asked for PER as “person”" in extractor.notes[0] and "of 32 words" in extractor.notes[-1]
