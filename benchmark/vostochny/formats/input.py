"""The documents that a command works on: the corpus, or a file of the user's, with their ontology and hash."""

from __future__ import annotations

import os

from vostochny import corpus
from vostochny.formats import jsonl, registry
from vostochny.model import Document
from vostochny.ontology import Ontology, load_ontology


def read_documents(path: str | os.PathLike[str] | None, with_text: bool = True) -> tuple[list[Document], Ontology, str]:
    """Documents with their gold, the ontology they are annotated by, and the hash that names them.

    None is the corpus, whose text need not be there unless ``with_text``; a file of one's own may be in any format, and
    the ontology then has its types too. Raises FileNotFoundError where the corpus is not there, InputError with every
    problem of a file.
    """
    if path is not None:
        own = os.fspath(path)
        documents, reading = registry.read_gold(own, load_ontology())
        return documents, reading.ontology, registry.hash_content(own)
    file = str(corpus.documents_path() if with_text else corpus.gold_path())
    ontology = load_ontology()
    return jsonl.read_gold(file, ontology), ontology, corpus.gold_hash(file)
