"""Compute the numbers of docs/scale.md from benchmark/speed.json; ``python -m scripts datasheet`` fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.files import ROOT, display_path, read_json
from vostochny.errors import InputError, Problem
from vostochny.report.markdown_writer import format_table
from vostochny.scoring import buckets, executors, joining, systems, totals
from vostochny.stats import samples

DOCUMENTS = 10**9
WORKERS = 1000  # cores
KEY_BYTES = 8  # per document, in a total
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def format_bytes(number: float) -> str:
    """Return a number of bytes with two or three digits: ``3.8 TB``."""
    power = 0
    while number >= 1000 and power < len(UNITS) - 1:
        number, power = number / 1000, power + 1
    return f"{number:.2g} {UNITS[power]}" if number < 100 else f"{number:.0f} {UNITS[power]}"


def format_duration(seconds: float) -> str:
    """Return a duration with two or three digits in the largest unit that it reaches twice: ``6.8 hours``."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}" if seconds < 100 * length else f"{seconds / length:.0f} {unit}"
    return f"{seconds:.2g} s"


def _cost_table(sizes: Mapping[str, Any]) -> str:
    """Return the table of what DOCUMENTS cost with WORKERS cores, from measurements per document."""
    kinds = sizes["names"], sizes["articles"]
    tasks = executors.TASKS_PER_WORKER * WORKERS
    rows = {
        "bytes read per document": [format_bytes(k["bytes_read_a_document"]) for k in kinds],
        "**bytes read**": [format_bytes(k["bytes_read_a_document"] * DOCUMENTS) for k in kinds],
        "one core, per document": [f"{1000 * k['seconds_a_document']:.2g} ms" for k in kinds],
        f"{WORKERS} cores": [format_duration(k["seconds_a_document"] * DOCUMENTS / WORKERS) for k in kinds],
        "bytes to feed a core, per second": [
            format_bytes(k["bytes_read_a_document"] / k["seconds_a_document"]) for k in kinds
        ],
        "a total without its keys": [format_bytes(k["bytes_of_a_total"]) for k in kinds],
        f"**bytes moved**: {tasks} totals": [format_bytes(k["bytes_of_a_total"] * tasks) for k in kinds],
        "**bytes moved**: keys, at each of the levels of adding": [format_bytes(KEY_BYTES * DOCUMENTS)] * 2,
        "**the reducer**: keys, their sum and a sorted copy": [format_bytes(3 * KEY_BYTES * DOCUMENTS)] * 2,
        f"**the reducer**: {executors.FAN_IN} totals at once": [
            format_bytes(k["bytes_of_a_total"] * executors.FAN_IN) for k in kinds
        ],
    }
    return format_table(["", "names alone", "every metric"], ([name, *cells] for name, cells in rows.items()))


def compute_values(speed: Mapping[str, Any]) -> dict[str, str]:
    """Return the generated values of docs/scale.md by name; ``speed`` is the content of benchmark/speed.json.

    Raises KeyError where it lacks a measurement.
    """
    many = speed["many_files"]
    sizes, processes, orders, dask = (many[key] for key in ("sizes", "processes", "orders", "dask"))
    tasks = executors.TASKS_PER_WORKER * WORKERS
    levels = 1
    # FAN_IN totals at a time are added to one, level by level, until one is left.
    while executors.FAN_IN**levels < tasks:
        levels += 1
    read = sizes["names"]["bytes_read_a_document"]
    return {
        "scale-table": _cost_table(sizes),
        "scale-machine": f"{speed['machine']['processor']}, {speed['machine']['cores']} cores, "
        f"Python {speed['machine']['python']}",
        "scale-one": f"{processes['one_seconds']:.2f} s",
        "scale-two": f"{processes['two_seconds']:.2f} s",
        "scale-speedup": f"{processes['speedup']:.2f}",
        "scale-parse": f"{processes['parse_speedup']:.2f}",
        "scale-efficiency": f"{processes['efficiency']:.2f}",
        "scale-names-command": " and ".join(f"{x:.2f} s" for x in processes["names_command_seconds"]),
        "scale-every-command": " and ".join(f"{x:.2f} s" for x in processes["every_metric_command_seconds"]),
        "scale-small": f"{dask['one_process_seconds']:.2f} s",
        "scale-dask": f"{dask['running_cluster_seconds']:.2f} s",
        "scale-dask-own": f"{dask['own_cluster_seconds']:.1f} s",
        "scale-shuffled": f"{orders['to_ordered']:.1f}",
        "scale-shuffled-memory": format_bytes(1024 * orders["peak_kilobytes"]),
        "scale-memory": format_bytes(1024 * speed["streaming"]["large"]["peak_kilobytes"]),
        "scale-levels": str(levels),
        "scale-fan-in": str(executors.FAN_IN),
        "scale-tasks": str(executors.TASKS_PER_WORKER),
        "scale-held": format_bytes(systems.MAX_GOLD_BYTES_IN_MEMORY),
        "scale-seen": f"{sizes['bytes_seen_a_document']:.0f}",
        "scale-seen-million": format_bytes(2 * sizes["bytes_seen_a_document"] * 10**6),
        "scale-waiting": format_bytes(joining.MAX_WAITING_BYTES),
        "scale-bucket": format_bytes(buckets.BUCKET_BYTES),
        "scale-buckets": str(buckets.MAX_BUCKETS),
        "scale-bucket-limit": format_bytes(buckets.BUCKET_BYTES * buckets.MAX_BUCKETS),
        "scale-bucket-big": format_bytes(read * DOCUMENTS / buckets.MAX_BUCKETS),
        "scale-overlaps": f"{totals.MAX_OVERLAPS:,}".replace(",", " "),
        "scale-kept-units": str(samples.MAX_KEPT_UNITS),
        "scale-kept-documents": str(samples.MAX_KEPT_DOCUMENTS),
        "scale-keys-24": f"{24e9 / (3 * KEY_BYTES):.0e}".replace("e+0", " · 10^").replace("e+", " · 10^"),
    }


def read_values() -> dict[str, str]:
    """Return the generated values of docs/scale.md by name. Raises InputError where speed.json lacks a measurement."""
    path = ROOT / "benchmark" / "speed.json"
    try:
        return compute_values(read_json(path))
    except KeyError as e:
        raise InputError(
            [Problem(display_path(path), None, str(e.args[0]), "is missing; run python -m scripts speed")]
        ) from None
    except (TypeError, ValueError, AttributeError, ArithmeticError, IndexError) as error:
        message = f"has a value of another kind ({error}); run python -m scripts speed"
        raise InputError([Problem(display_path(path), None, None, message)]) from None
