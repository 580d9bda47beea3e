"""Join gold and predictions by doc_id while all are read, so that memory does not grow with the number of documents.

Third step of a score of files. The sides are the gold and the predictions of one system, or of several that are to be
compared. Each is read a chunk at a time; next comes the side on which the fewest documents wait for their partners.
Where all sides are in the same order, only a few chunks are in memory. A document that waits for long is kept as its
line, no longer as parsed columns. When too many bytes wait, the orders differ too much for this way
(:class:`OrdersDiffer`), and :mod:`vostochny.scoring.buckets` has to bring partners together first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from vostochny.errors import Problem, Problems
from vostochny.ontology import Ontology
from vostochny.scoring.batches import Batch, BatchGold, GoldTypesNeeded
from vostochny.scoring.chunks import Chunk, LinePosition, SideReader, Source, read_chunks
from vostochny.scoring.options import Options

MAX_WAITING_BYTES = 256 << 20  # bytes of lines, of all sides, that may wait for their partners
PARSED_CHUNKS_PER_SIDE = 4  # chunks that stay parsed; of older ones only the lines that still wait are kept
_LINE_BITS = 40  # of a packed file-and-line number: a file has fewer than 2⁴⁰ lines


class OrdersDiffer(Exception):
    """Gold and predictions are in orders so different that too many lines would have to wait for their partners."""


class Join:
    """The batches of gold documents with the predictions of one system or several; can be iterated once.

    After the iteration, ``problems`` holds the problems of lines and ids, ``sides`` how the gold and then each system
    were read, and ``unmatched`` for each system the file and line of each prediction, by doc_id, whose document this
    gold lacks.

    Iterating yields a batch for each system, all of the same gold documents. It raises OrdersDiffer where too many
    bytes wait, UnreadableFileError where a file cannot be read, InputError where it cannot be split into lines.

    Args:
        gold: The gold files.
        systems: The prediction files of each system.
        ontology: The ontology as it is published.
        options: What to compute.
        own_types: The ontology with the types of the whole gold; without it, batches that need it raise
            GoldTypesNeeded.
        on_gold_chunk: Called with every chunk of the gold.
        max_waiting_bytes: Bytes of lines that may wait for their partners; None for no limit.
        chunk_bytes: Bytes read at once; 0 for chunks.CHUNK_BYTES.
    """

    def __init__(
        self,
        gold: Sequence[Source],
        systems: Sequence[Sequence[Source]],
        ontology: Ontology,
        options: Options,
        own_types: Ontology | None = None,
        on_gold_chunk: Callable[[Chunk], object] = lambda chunk: None,
        max_waiting_bytes: int | None = MAX_WAITING_BYTES,
        chunk_bytes: int = 0,
    ):
        self.problems: Problems[Problem] = Problems()
        self.unmatched: list[dict[str, tuple[str, int]]] = [{} for _ in systems]
        self.sides = [SideReader(side == 0, options.read_layers, options.unknown) for side in range(1 + len(systems))]
        chunks = [
            read_chunks(sources, self.problems, side, chunk_bytes)
            for sources, side in zip((gold, *systems), self.sides, strict=True)
        ]
        self._gold = _Side(chunks[0], self.sides[0], self.problems, on_gold_chunk)
        self._systems = [_Side(*side, self.problems) for side in zip(chunks[1:], self.sides[1:], strict=True)]
        self._ontology, self._options, self._own_types = ontology, options, own_types
        self._max_waiting_bytes = max_waiting_bytes

    def __iter__(self) -> Iterator[list[Batch]]:
        sides = [self._gold, *self._systems]
        while not all(side.ended for side in sides):
            # Read the side on which the fewest documents wait: the others' documents are the ones to be matched.
            reading = min((side for side in sides if not side.ended), key=len)
            new = reading.read()
            # Where a side has ended, documents that it lacks need not wait for it any more.
            yield from self._batches(self._gold if reading.ended else new)
            if self._gold.ended:
                for system, unmatched in zip(self._systems, self.unmatched, strict=True):
                    unmatched |= system.drop([doc_id for doc_id in system if doc_id not in self._gold])
            waiting = sum(side.waiting_bytes for side in sides)
            if self._max_waiting_bytes is not None and waiting > self._max_waiting_bytes:
                raise OrdersDiffer

    def _batches(self, ids: Iterable[str]) -> Iterator[list[Batch]]:
        """Yield the batches of those of these documents that wait for nothing; none where there are no documents."""
        ready = [i for i in ids if i in self._gold and all(i in side or side.ended for side in self._systems)]
        if ready:
            gold = BatchGold(list(self._gold.take(ready).values()), self._ontology, self._options, self._types)
            yield [Batch(gold, side.take(ready)) for side in self._systems]

    def _types(self) -> Ontology:
        if self._own_types is None:
            raise GoldTypesNeeded
        return self._own_types


class _Side:
    """The documents of one side that have been read and wait for their partners.

    Attributes:
        waiting_bytes: Bytes of the documents that wait as lines.
        ended: Whether all files are read.
    """

    def __init__(
        self,
        source: Iterator[Chunk],
        side: SideReader,
        problems: list[Problem],
        on_chunk: Callable[[Chunk], object] = lambda chunk: None,
    ):
        self._source, self._side, self._problems, self._on_chunk = source, side, problems, on_chunk
        self._files: list[str] = []
        # doc_id → number of its file and line, packed into one integer: every doc_id of the side is in here.
        self._seen: dict[str, int] = {}
        self._parsed_chunks: deque[Chunk] = deque()
        self._parsed: dict[str, LinePosition] = {}
        self._lines: dict[str, tuple[str, int, bytes]] = {}  # doc_id → file, line number, line
        self.waiting_bytes = 0
        self.ended = False

    def __len__(self) -> int:
        return len(self._parsed) + len(self._lines)

    def __iter__(self) -> Iterator[str]:
        """Yield the doc_ids of the documents that wait, those that have waited longest first."""
        yield from self._lines
        yield from self._parsed

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._parsed or doc_id in self._lines

    def read(self) -> Collection[str]:
        """Read the next chunk; return the doc_ids in it that are new."""
        chunk = next(self._source, None)
        if chunk is None:
            self.ended = True
            return ()
        self._on_chunk(chunk)
        new = self._register(chunk)
        self._parsed |= {doc_id: (chunk, at) for doc_id, at in new.items()}
        self._parsed_chunks.append(chunk)
        if len(self._parsed_chunks) > PARSED_CHUNKS_PER_SIDE:
            self._retire(self._parsed_chunks.popleft())
        return new.keys()

    def take(self, ids: Sequence[str]) -> dict[str, LinePosition]:
        """Remove and return the waiting documents among these, by doc_id."""
        out = {doc_id: self._parsed.pop(doc_id) for doc_id in ids if doc_id in self._parsed}
        by_file: dict[str, list[tuple[str, int, bytes]]] = {}
        for doc_id in ids if self._lines else ():
            if doc_id not in self._lines:
                continue
            path, line, raw = self._lines.pop(doc_id)
            self.waiting_bytes -= len(raw)
            by_file.setdefault(path, []).append((doc_id, line, raw))
        for path, lines in by_file.items():
            data = b"\n".join(raw for _, _, raw in lines)
            # Its problems were reported when the lines were first read.
            chunk = Chunk(path, 0, data, self._side, [line for _, line, _ in lines])
            out |= {doc_id: (chunk, at) for at, (doc_id, _, _) in enumerate(lines)}
        return out

    def drop(self, ids: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Remove waiting documents; return file and line of each, by doc_id."""
        out = {}
        for doc_id in ids:
            if doc_id in self._parsed:
                chunk, at = self._parsed.pop(doc_id)
                out[doc_id] = chunk.path, chunk.numbers[at]
            else:
                path, line, raw = self._lines.pop(doc_id)
                self.waiting_bytes -= len(raw)
                out[doc_id] = path, line
        return out

    def _retire(self, chunk: Chunk) -> None:
        """Keep the documents of a chunk that still wait as lines, so that its columns can be freed."""
        for at, doc_id in enumerate(chunk.ids):
            if doc_id is not None and self._parsed.get(doc_id) == (chunk, at):
                del self._parsed[doc_id]
                self._lines[doc_id] = chunk.path, chunk.numbers[at], chunk.lines[at]
                self.waiting_bytes += len(chunk.lines[at])

    def _register(self, chunk: Chunk) -> dict[str, int]:
        """Return the new doc_ids of a chunk, with their index in it; report those that came before as problems."""
        if self._files[-1:] != [chunk.path]:
            self._files.append(chunk.path)
        base = (len(self._files) - 1) << _LINE_BITS
        out: dict[str, int] = {}
        for at, doc_id in enumerate(chunk.ids):
            if doc_id is None:
                continue
            if doc_id not in self._seen and doc_id not in out:
                out[doc_id] = at
                continue
            if doc_id in out:
                path, line = chunk.path, chunk.numbers[out[doc_id]]
            else:
                file, line = divmod(self._seen[doc_id], 1 << _LINE_BITS)
                path = self._files[file]
            where = f"line {line}" if path == chunk.path else f"line {line} of {path}"
            message = f"{doc_id} is already on {where}; give each document one line"
            self._problems.append(Problem(chunk.path, chunk.numbers[at], "doc_id", message))
        self._seen |= {doc_id: base + chunk.numbers[at] for doc_id, at in out.items()}
        return out
