"""Open what a command works on: the corpus or a user's file, with its ontology and hash."""

from __future__ import annotations

import os

from vostochny import corpus
from vostochny.formats import jsonl, registry
from vostochny.model import Document
from vostochny.ontology import Ontology, load_ontology


def read_documents(path: str | os.PathLike[str] | None, with_text: bool = True) -> tuple[list[Document], Ontology, str]:
    """Read documents with their gold; return them with their ontology and the hash that names them in signatures.

    Args:
        path: A user's file, in any format; its own labels are added to the ontology. None means the corpus.
        with_text: Whether the corpus must have its article texts; False also accepts the copy without text that the
            package carries.

    Raises:
        FileNotFoundError: If the corpus does not exist.
        InputError: With every problem of a user's file.
    """
    if path is not None:
        own_file = os.fspath(path)
        documents, reading = registry.read_gold(own_file, load_ontology())
        return documents, reading.ontology, registry.hash_content(own_file)
    file = str(corpus.documents_path() if with_text else corpus.gold_path())
    ontology = load_ontology()
    return jsonl.read_gold(file, ontology), ontology, corpus.gold_hash(file)
