"""Questions that a sync asks about the gold: which rules do new files break, which clusters exist, what changed?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.files import collect
from scripts.store import GOLD, REGISTRIES, Store
from vostochny.formats.label_studio import read
from vostochny.formats.label_studio.regions import CLUSTER_KEYS, Task, choose_annotation, read_values
from vostochny.model import DEFAULT_ZONE, LAYERS, Document
from vostochny.ontology import Ontology


def broken_rules(annotations: Path, files: Mapping[str, str] | None = None) -> list[str]:
    """Return the broken rules of an annotations folder, one line each, unreadable files included.

    With ``files`` (name → content), the gold is checked as if it contained them, and only the lines are returned that
    they add: what is wrong already is not the browser's doing and must not keep a correction out.
    """
    if not files:
        return list(_problems(annotations).values())
    problems = _problems(annotations, {f"{GOLD}/{name}": content.encode() for name, content in files.items()})
    if problems:
        # Validated once, not in the comprehension: it takes more than a second.
        before = _problems(annotations)
        problems = {key: line for key, line in problems.items() if key not in before}
    return list(problems.values())


def _problems(annotations: Path, contents: Mapping[str, bytes] | None = None) -> dict[Any, str]:
    """Validate a folder as if it contained ``contents``; return its problems as lines, each under a key that names it.

    A problem has the same key whatever else the folder contains.
    """
    # Imported here because they load the segmentation, which is slow.
    from scripts.rules import validate
    from scripts.rules.folder import read_folder

    folder = read_folder(annotations, contents)
    lines: dict[Any, str] = {(p.file, p.field, p.message): f"{p} (unreadable)" for p in folder.unreadable}
    lines |= {(b.file, b.rule, b.id, b.words, b.detail): str(b) for b in validate.check(folder)}
    return lines


def list_clusters(store: Store, gold: Mapping[str, Task]) -> dict[str, list[dict[str, str]]]:
    """Return the lists from which an annotator picks clusters, by their key in a task's data.

    A list has the clusters of the registry and those that the gold uses, one row ``{value, alias}`` per cluster: what
    the page shows, and the cluster's id.
    """
    lists = {}
    for (control, key), kind in zip(CLUSTER_KEYS.items(), REGISTRIES, strict=True):
        entries: dict[Any, Any] = {}
        # A malformed registry or entry is not an error here: the rules report it, and `push --anyway` is meant to bring
        # such a gold to the server to be corrected.
        with collect([]):
            entries = store.read_registry(kind)
        names = {str(alias): entry.get("name") if isinstance(entry, dict) else None for alias, entry in entries.items()}
        for task in gold.values():
            for result in choose_annotation(task, None, "task")["result"]:
                if result.get("from_name") == control:
                    names |= {alias: names.get(alias) for alias in read_values(result)}
        rows = [(f"{name} · {alias}" if name else alias.replace("_", " "), alias) for alias, name in names.items()]
        rows.sort(key=lambda row: row[0].casefold())
        lists[key] = [{"value": label, "alias": alias} for label, alias in rows]
    return lists


def summarise_change(old: Task | None, new: Task, ontology: Ontology) -> str:
    """Return the numbers of added, removed and changed items by layer: ``entities +1, events ~2``."""
    before, after = (_items_by_layer(read(task, ontology)) if task else {} for task in (old, new))
    parts = []
    for layer in ("zones", *LAYERS):
        a, b = before.get(layer, {}), after.get(layer, {})
        numbers = {"+": len(b.keys() - a.keys()), "−": len(a.keys() - b.keys())}
        numbers["~"] = sum(a[key] != b[key] for key in a.keys() & b.keys())
        if any(numbers.values()):
            parts.append(" ".join([layer, *(f"{sign}{n}" for sign, n in numbers.items() if n)]))
    return ", ".join(parts) or "nothing that a reader of the gold would see"


def _items_by_layer(document: Document) -> dict[str, dict[Any, Any]]:
    """Return a document's items by layer and id; a zone has no id and goes by its span."""
    items: dict[str, dict[Any, Any]] = {layer: {item.id: item for item in getattr(document, layer)} for layer in LAYERS}
    items["zones"] = {zone.span: zone.name for zone in document.zones if zone.name != DEFAULT_ZONE}
    return items
