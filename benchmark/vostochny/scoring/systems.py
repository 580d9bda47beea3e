"""Score systems against a gold, each side an input as a command has it: in memory, or streamed where it is large."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vostochny.formats.input import Input, refuse_shared_streams
from vostochny.ontology import Ontology, load_ontology
from vostochny.scoring import in_memory, streaming
from vostochny.scoring.options import DEFAULT_EXECUTION, Execution, Options
from vostochny.scoring.result import Result


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
    if streaming.is_streamed(gold, systems, execution.on_error):
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
