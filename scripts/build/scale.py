"""The reckoning of docs/scale.md, from what python -m scripts speed measured: figures that datasheet.py fills in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.files import ROOT, read_json
from vostochny.errors import InputError, Problem
from vostochny.scoring import buckets, executors, joining, streaming, totals

DOCUMENTS = 10**9
WORKERS = 1000
KEY = 8  # bytes a document
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def size(number: float) -> str:
    """Bytes in words, two digits: ``3.8 TB``."""
    at = 0
    while number >= 1000 and at < len(UNITS) - 1:
        number, at = number / 1000, at + 1
    return f"{number:.2g} {UNITS[at]}" if number < 100 else f"{number:.0f} {UNITS[at]}"


def span(seconds: float) -> str:
    """Seconds in words, two digits."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}" if seconds < 100 * length else f"{seconds / length:.0f} {unit}"
    return f"{seconds:.2g} s"


def figures(speed: Mapping[str, Any]) -> dict[str, str]:
    """Every figure of docs/scale.md by its name."""
    many = speed["many_files"]
    sizes, processes, orders, dask = (many[key] for key in ("sizes", "processes", "orders", "dask"))
    kinds = sizes["names"], sizes["articles"]
    tasks = executors.TASKS * WORKERS
    rows = {
        "bytes read a document": [size(k["bytes_read_a_document"]) for k in kinds],
        "**bytes read**": [size(k["bytes_read_a_document"] * DOCUMENTS) for k in kinds],
        "one core, a document": [f"{1000 * k['seconds_a_document']:.2g} ms" for k in kinds],
        f"{WORKERS} cores": [span(k["seconds_a_document"] * DOCUMENTS / WORKERS) for k in kinds],
        "that a core must be fed, a second": [
            size(k["bytes_read_a_document"] / k["seconds_a_document"]) for k in kinds
        ],
        "a total without its keys": [size(k["bytes_of_a_total"]) for k in kinds],
        f"**bytes moved**: {tasks} totals": [size(k["bytes_of_a_total"] * tasks) for k in kinds],
        "**bytes moved**: keys, at each of the levels of adding": [size(KEY * DOCUMENTS)] * 2,
        "**the reducer**: keys, their sum and a sorted copy": [size(3 * KEY * DOCUMENTS)] * 2,
        f"**the reducer**: {executors.FAN_IN} totals at once": [
            size(k["bytes_of_a_total"] * executors.FAN_IN) for k in kinds
        ],
    }
    lines = ["| | names alone | every metric |", "| --- | ---: | ---: |"]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    levels = 1
    while executors.FAN_IN**levels < tasks:
        levels += 1
    read = kinds[0]["bytes_read_a_document"]
    return {
        "scale-table": "\n".join(lines),
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
        "scale-shuffled-memory": size(1024 * orders["peak_kilobytes"]),
        "scale-memory": size(1024 * speed["streaming"]["large"]["peak_kilobytes"]),
        "scale-levels": str(levels),
        "scale-fan-in": str(executors.FAN_IN),
        "scale-tasks": str(executors.TASKS),
        "scale-held": size(streaming.HELD),
        "scale-seen": f"{sizes['bytes_seen_a_document']:.0f}",
        "scale-seen-million": size(2 * sizes["bytes_seen_a_document"] * 10**6),
        "scale-waiting": size(joining.WAITING),
        "scale-bucket": size(buckets.SIZE),
        "scale-buckets": str(buckets.MOST),
        "scale-bucket-limit": size(buckets.SIZE * buckets.MOST),
        "scale-bucket-big": size(read * DOCUMENTS / buckets.MOST),
        "scale-overlaps": f"{totals.MOST_OVERLAPS:,}".replace(",", " "),
        "scale-blocks": str(totals.BLOCKS),
        "scale-keys-24": f"{24e9 / (3 * KEY):.0e}".replace("e+0", " · 10^").replace("e+", " · 10^"),
    }


def known() -> dict[str, str]:
    """The figures of benchmark/speed.json. Raises InputError where it lacks one."""
    path = ROOT / "benchmark" / "speed.json"
    try:
        return figures(read_json(path))
    except KeyError as e:
        raise InputError(
            [Problem(str(path), None, str(e.args[0]), "is missing; run python -m scripts speed")]
        ) from None
