"""Score systems against a gold, each side an input as a command has it: in memory, or streamed where it is large."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vostochny.formats.input import Input
from vostochny.formats.side_options import refuse_shared_streams, refuse_unused_options
from vostochny.ontology import Ontology, load_ontology
from vostochny.scoring import in_memory
from vostochny.scoring.options import DEFAULT_EXECUTION, Execution, Options
from vostochny.scoring.result import Result

# Up to so many bytes, unpacked, a gold is scored in memory, which alone can show mistakes.
MAX_GOLD_BYTES_IN_MEMORY = 8 << 20


def score_systems(
    gold: Input,
    systems: Sequence[Input],
    make_options: Callable[[Ontology], Options],
    execution: Execution = DEFAULT_EXECUTION,
    show_notes: Callable[[str, Sequence[str]], object] = lambda name, notes: None,
) -> list[Result]:
    """Return the result of each system's predictions.

    Args:
        gold: The gold.
        systems: The predictions of each system.
        make_options: Returns what to compute, checked against the ontology of the gold.
        execution: Which processes compute it, where the gold is large.
        show_notes: Called with the name of an input and the notes of its reader.

    Raises:
        InputError: With every problem of the options, of the gold, or of the systems (of those held in memory, of the
            first that has any).
        FileNotFoundError: If the corpus is not found.
    """
    refuse_shared_streams([gold, *systems])
    refuse_unused_options([gold, *systems])
    if is_streamed(gold, systems, execution.on_error):
        from vostochny.scoring import streaming  # here, because the corpus does without it

        ontology = load_ontology()
        options = make_options(ontology)
        return streaming.score_systems(gold, systems, ontology, options, execution)
    truth = gold.read_gold()
    show_notes(gold.name, truth.notes)
    options = make_options(truth.ontology)
    if execution.engine != "local" or (execution.workers or 1) > 1:
        show_notes(gold.name, ["fits into memory, so this process scores it alone"])
    predictions = []
    for system in systems:
        documents, notes = system.read_predictions(truth, options.unknown, options.view, options.offsets)
        show_notes(system.name, notes)
        predictions.append(documents)
    return in_memory.score_systems(truth.documents, predictions, truth.ontology, options, truth.hash)


def is_streamed(gold: Input, systems: Sequence[Input], on_error: str = "fail") -> bool:
    """Return whether files are scored batch by batch (scoring.streaming), and not in memory.

    It should where all of them are JSON Lines and the gold has more than MAX_GOLD_BYTES_IN_MEMORY bytes, or has files
    that may be left out (``on_error``, as in Execution): to have all documents in memory takes reading all files. The
    corpus is small and never left out. A gold without ids is not streamed, because its documents are numbered, or found
    by their texts.
    """
    if gold.is_corpus or any(side.format != "jsonl" for side in (gold, *systems)):
        return False
    if on_error == "skip":
        return True
    is_large = not gold.load_streams(MAX_GOLD_BYTES_IN_MEMORY) or gold.is_larger_than(MAX_GOLD_BYTES_IN_MEMORY)
    return is_large and gold.begins_with_id()
