"""The articles that an extractor is run over: the corpus's, or those of a file of the user's."""

from __future__ import annotations

import os

from vostochny import ontology, resources
from vostochny.formats import jsonl
from vostochny.formats.reading import Reading
from vostochny.model import Document
from vostochny.ontology import Ontology


def read(path: str | os.PathLike[str] | None, with_text: bool = True) -> tuple[list[Document], Ontology, str]:
    """Documents with their gold, the scheme they are annotated by, and the hash that names them.

    None is the corpus, whose text need not be there unless ``with_text``; the scheme of a file of one's own has its
    types too. Raises FileNotFoundError where the corpus is not there, FormatError with every fault of a file.
    """
    own = None if path is None else os.fspath(path)
    file = own or str(resources.documents_path() if with_text else resources.gold_path())
    reading = Reading(ontology.load())
    documents = reading.gold_documents(jsonl.read(file, reading), own_types=path is not None)
    return documents, reading.ontology, jsonl.file_hash(file) if own else resources.gold_hash(file)
