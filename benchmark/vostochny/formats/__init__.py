"""File formats of gold and predictions, one module per format.

How a format is added:

1. Write a module here with the function ``read(path, reading)``. It yields one Record
   (:mod:`vostochny.formats.reader`) per document: a prediction row, a dict with ``doc_id``, ``entities``, ``events``
   and ``quotes``, whose items need not be checked. What is wrong with the file goes to ``reading.add_problem``, what
   the user should know to ``reading.add_note``.
2. If the format can be written, add ``write(path, documents, lost, with_text)``. It counts in ``lost``, a Counter,
   what the format cannot express; with ``with_text`` it writes a gold file (text, zones, segmentation).
3. Add a row to ``registry.MODULES``, and to ``registry.detect`` how a file is recognised by its content.

A package of its own changes nothing here: it declares an entry point in the group ``vostochny.formats`` whose name is
the format's and whose value is such a module (or object). With a function ``detect(path, head) -> bool`` it is asked
about files that no built-in format recognises.
"""

# The former names, kept until 3.0.
from vostochny.errors import EmptyFileError as Empty
from vostochny.errors import InputError as FormatError
from vostochny.errors import Problem as Fault
from vostochny.errors import UnreadableFileError as Unreadable

__all__ = ["Empty", "Fault", "FormatError", "Unreadable"]
