"""Gold and predictions joined by doc_id while both are read, so that memory does not grow with the documents.

Each side is read a chunk at a time, first the one of which less is waiting for its partner. Where both are in the same
order a few chunks are all that is held. What has waited for long is kept as a line, not as parsed, and when too many
lines wait the two orders differ too much for this: then :mod:`vostochny.scoring.buckets` has to lay them together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence

from vostochny.errors import Problem
from vostochny.ontology import Ontology
from vostochny.scoring.batches import Batch, TypesNeeded
from vostochny.scoring.chunks import Chunk, Place, Source, chunks
from vostochny.scoring.options import Options

WAITING = 256 << 20  # bytes of lines that may wait for their partners
LIVE = 4  # chunks of a side that are held as parsed


class Misordered(Exception):
    """Gold and predictions are in orders so different that too much would have to wait."""


class Join:
    """Batches of documents with the predictions for them; to be iterated once.

    Afterwards ``problems`` has what is wrong with lines and ids, and ``lone`` file and line of each prediction for a
    document that this gold does not have. ``saw_gold`` is given every chunk of the gold. Without ``own_types`` batches
    raise TypesNeeded. Iterating raises Misordered where more than ``waiting`` bytes of lines would have to wait (None:
    there is no limit), and UnreadableFileError where a file cannot be read.
    """

    def __init__(
        self,
        gold: Sequence[Source],
        predicted: Sequence[Source],
        ontology: Ontology,
        options: Options,
        own_types: Ontology | None = None,
        saw_gold: Callable[[Chunk], object] = lambda chunk: None,
        waiting: int | None = WAITING,
        size: int = 0,
    ):
        self.problems: list[Problem] = []
        self.lone: dict[str, tuple[str, int]] = {}
        self._gold = _Side(chunks(gold, self.problems, size), self.problems, saw_gold)
        self._predicted = _Side(chunks(predicted, self.problems, size), self.problems)
        self._ontology, self._options, self._own_types = ontology, options, own_types
        self._most = waiting

    def __iter__(self) -> Iterator[Batch]:
        gold, predicted = self._gold, self._predicted
        while not gold.ended:
            one, other = (gold, predicted) if predicted.ended or len(gold) <= len(predicted) else (predicted, gold)
            yield from self._batch([i for i in one.read() if i in other])
            if predicted.ended:
                yield from self._batch(list(gold))  # they have none
            if self._most is not None and gold.kept + predicted.kept > self._most:
                raise Misordered
        while not predicted.ended:
            yield from self._batch([i for i in predicted.read() if i in gold])
            self.lone |= predicted.dropped()
        yield from self._batch(list(gold))
        self.lone |= predicted.dropped()

    def _batch(self, ids: Sequence[str]) -> Iterator[Batch]:
        if ids:
            truth, guess = self._gold.taken(ids), self._predicted.taken(ids)
            yield Batch(list(truth.values()), guess, self._ontology, self._options, self._types)

    def _types(self) -> Ontology:
        if self._own_types is None:
            raise TypesNeeded
        return self._own_types


class _Side:
    """What has been read of one side and not yet been taken."""

    def __init__(
        self, source: Iterator[Chunk], problems: list[Problem], saw: Callable[[Chunk], object] = lambda chunk: None
    ):
        self._source, self._faults, self._saw = source, problems, saw
        self._files: list[str] = []
        self._seen: dict[str, int] = {}  # doc_id → number of its file and line, packed: there are many
        self._live: deque[Chunk] = deque()
        self._parsed: dict[str, Place] = {}
        self._lines: dict[str, tuple[str, int, bytes]] = {}
        self.kept = 0  # bytes of those lines
        self.ended = False

    def __len__(self) -> int:
        return len(self._parsed) + len(self._lines)

    def __iter__(self) -> Iterator[str]:
        """The documents that wait, longest first."""
        yield from self._lines
        yield from self._parsed

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._parsed or doc_id in self._lines

    def read(self) -> Collection[str]:
        """Read another chunk; the documents in it that are new."""
        chunk = next(self._source, None)
        if chunk is None:
            self.ended = True
            return ()
        self._saw(chunk)
        new = self._new(chunk)
        self._parsed |= {doc_id: (chunk, at) for doc_id, at in new.items()}
        self._live.append(chunk)
        if len(self._live) > LIVE:
            self._retire(self._live.popleft())
        return new.keys()

    def taken(self, ids: Sequence[str]) -> dict[str, Place]:
        """Where these documents are, which then wait no longer; those that do not wait are left out."""
        out = {doc_id: self._parsed.pop(doc_id) for doc_id in ids if doc_id in self._parsed}
        by_file: dict[str, list[tuple[str, int, bytes]]] = {}
        for doc_id in ids if self._lines else ():
            if doc_id not in self._lines:
                continue
            path, line, raw = self._lines.pop(doc_id)
            self.kept -= len(raw)
            by_file.setdefault(path, []).append((doc_id, line, raw))
        for path, kept in by_file.items():
            chunk = Chunk(path, 0, b"\n".join(raw for _, _, raw in kept), [line for _, line, _ in kept])
            chunk.check()  # its problems were told when it was read
            out |= {doc_id: (chunk, at) for at, (doc_id, _, _) in enumerate(kept)}
        return out

    def dropped(self) -> dict[str, tuple[str, int]]:
        """File and line of all that wait, which are given up."""
        out = {doc_id: (chunk.path, chunk.number(at)) for doc_id, (chunk, at) in self._parsed.items()}
        out |= {doc_id: (path, line) for doc_id, (path, line, _) in self._lines.items()}
        self._parsed, self._lines, self.kept = {}, {}, 0
        return out

    def _retire(self, chunk: Chunk) -> None:
        """Keep what still waits of a chunk as lines."""
        for at, doc_id in enumerate(chunk.ids):
            if doc_id is not None and self._parsed.get(doc_id) == (chunk, at):
                del self._parsed[doc_id]
                line, raw = chunk.lines[at]
                self._lines[doc_id] = chunk.path, line, raw
                self.kept += len(raw)

    def _new(self, chunk: Chunk) -> dict[str, int]:
        """Which documents a chunk has that none before it had, and where in it; a second line of one is a problem."""
        if self._files[-1:] != [chunk.path]:
            self._files.append(chunk.path)
        base = (len(self._files) - 1) << 40
        out: dict[str, int] = {}
        for at, doc_id in enumerate(chunk.ids):
            if doc_id is None:
                continue
            if doc_id not in self._seen and doc_id not in out:
                out[doc_id] = at
                continue
            if doc_id in out:
                path, line = chunk.path, chunk.number(out[doc_id])
            else:
                file, line = divmod(self._seen[doc_id], 1 << 40)
                path = self._files[file]
            where = f"line {line}" if path == chunk.path else f"line {line} of {path}"
            message = f"{doc_id} stands on {where} already; give each document one line"
            self._faults.append(Problem(chunk.path, chunk.number(at), "doc_id", message))
        numbers = chunk.number_all()
        self._seen |= {doc_id: base + numbers[at] for doc_id, at in out.items()}
        return out
