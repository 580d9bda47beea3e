"""Make annotations/label_studio.xml, the labeling configuration, from annotations/ontology.yaml.

With ``--check`` nothing is written: exit code 1 and one line where the file is stale.
"""

from __future__ import annotations

import argparse
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import yaml

from vostochny import ontology as scheme
from vostochny.formats.label_studio_shape import ATTRIBUTES, FLAGS, RELATIONS, bearers, choices, labels
from vostochny.ontology import Ontology

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "annotations" / "ontology.yaml"
TARGET = ROOT / "annotations" / "label_studio.xml"

# Keys for what is marked most; u, h and r stay free, the server has its own use for them. What is listed nowhere gets a
# free key from the server.
HOTKEYS = {
    **dict(zip(("PER", "ORG", "GPE", "LOC", "FAC", "VEH", "WEA", "DATE", "CARDINAL"), "123456789", strict=True)),
    **{"Content": "c", "Cue": "v"},
    **{"NAM": "n", "NOM": "m", "PRO": "p", "demonym": "d"},
    **{"actual": "a", "generic": "g", "other": "o"},
}  # fmt: skip
COLOURS = {"mention": "#2563eb", "value": "#0891b2", "event": "#e11d48", "zone": "#6b7280"}
QUOTE_COLOURS = {"Content": "#ca8a04", "Cue": "#9333ea"}
TITLES = {"entity": "Entities", "event": "Events", "quote": "Quotes", "zone": "Zones"}
# Without these an item is unfinished, so the browser will not save it. A quote's cannot be asked for: only the first
# of its Content regions has them.
REQUIRED = ("level", "realis", "polarity")
HELP = {
    "Content": "What was said; an interrupted quote has several, each linked to the next by continues",
    "Cue": "The words that report it; link the first Content to it by cue",
    "demonym": "A people or its adjective: North Korean",
    "unattributed": "The text names no source",
}
CLUSTERS = {
    "cluster": "who or what it is, the same in all articles: kim_jong_un",
    "event_cluster": "the event in the world: kim_putin_2023",
    "quote_cluster": "the utterance, the same in whatever wording",
}
# The text needs room between its lines: the arrows of relations carry their labels there.
STYLE = """
.vo-page { display: flex; gap: 24px; align-items: flex-start; }
.vo-side { flex: 0 0 350px; position: sticky; top: 0; max-height: 100vh; overflow-y: auto; }
.vo-side h4 { font-size: 13px !important; margin: 12px 0 4px !important; color: #6b7280; }
.vo-attributes { min-height: 236px; padding: 4px 12px; border: 1px solid #d1d5db; border-radius: 6px; }
.vo-attribute { display: flex; align-items: baseline; gap: 8px; }
.vo-attribute h4 { flex: 0 0 72px; margin: 6px 0 !important; }
.vo-attribute .lsf-choices { margin: 0; }
.vo-attribute .lsf-choice__item { font-weight: 400; }
.vo-attribute .lsf-text-area { flex: 1 1 auto; }
.vo-text { flex: 1 1 auto; max-width: 48em; }
.vo-text .lsf-richtext__container { line-height: 2.8 !important; padding-top: 1.4em; }
"""


def config(ontology: Ontology) -> str:
    """The labeling configuration as XML, ending in a line break."""
    root = ET.Element("View")
    root.append(ET.Comment(" Generated from ontology.yaml by scripts/label_config.py; do not edit. "))
    style = ET.SubElement(root, "Style")
    style.text = STYLE
    page = ET.SubElement(root, "View", className="vo-page")
    side = ET.SubElement(page, "View", className="vo-side")
    panel = ET.SubElement(side, "View", className="vo-attributes")
    nothing = ET.SubElement(panel, "View", visibleWhen="no-region-selected")
    ET.SubElement(nothing, "Header", value="Select a region to see its attributes", size="6")
    for control, (layer, kind, _) in ATTRIBUTES.items():
        _attribute(panel, ontology, control, layer, kind)
    for layer in TITLES:
        _labels(side, ontology, layer)
    text = ET.SubElement(page, "View", className="vo-text")
    ET.SubElement(text, "Text", name="text", value="$text", granularity="symbol")
    relations = ET.SubElement(root, "Relations")
    for name in (*RELATIONS, *ontology.roles):
        ET.SubElement(relations, "Relation", value=name)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _labels(parent: ET.Element, ontology: Ontology, layer: str) -> None:
    ET.SubElement(parent, "Header", value=TITLES[layer], size="6")
    control = ET.SubElement(parent, "Labels", name=layer, toName="text", choice="single")
    help_ = {**HELP, **ontology.mentions, **ontology.values, **ontology.zones}
    help_ |= {name: event.help for name, event in ontology.events.items()}
    for name in labels(layer, ontology):
        colour = COLOURS.get(layer) or QUOTE_COLOURS.get(name)
        colour = colour or COLOURS["mention" if name in ontology.mentions else "value"]
        label = ET.SubElement(control, "Label", value=name, background=colour, hint=help_[name])
        _hotkey(label, name)


def _attribute(parent: ET.Element, ontology: Ontology, control: str, layer: str, kind: str) -> None:
    """One attribute of the selected region, shown only where its label may have it."""
    when = {"whenTagName": layer, "visibleWhen": "region-selected"}
    if len(bearers(control, ontology)) < len(labels(layer, ontology)):
        when["whenLabelValue"] = ",".join(bearers(control, ontology))
    view = ET.SubElement(parent, "View", attrib={"className": "vo-attribute"} | when)
    title = "cluster" if kind == "textarea" else control if control not in FLAGS else "\u00a0"
    ET.SubElement(view, "Header", value=title, size="6")
    if kind == "textarea":
        extra = {"rows": "1", "maxSubmissions": "1", "editable": "true", "placeholder": CLUSTERS[control]}
    else:
        extra = {"choice": "single", "showInline": "true"}
        if control in REQUIRED:
            extra |= {"required": "true", "requiredMessage": f"This region has no {control} yet"}
    tag = {"choices": "Choices", "textarea": "TextArea"}[kind]
    element = ET.SubElement(view, tag, attrib={"name": control, "toName": "text", "perRegion": "true"} | when | extra)
    if kind == "choices":
        help_ = {**HELP, **ontology.levels, **ontology.realis, **ontology.polarity, **ontology.outcome}
        help_ |= {**ontology.directness, **ontology.attitude, **ontology.links}
        for name in choices(control, ontology):
            _hotkey(ET.SubElement(element, "Choice", value=name, hint=help_[name]), name)


def _hotkey(element: ET.Element, name: str) -> None:
    if name in HOTKEYS:
        element.set("hotkey", HOTKEYS[name])


def faults(xml: str) -> list[str]:
    """What the server's own checker finds wrong with a configuration."""
    from label_studio_sdk.label_interface import LabelInterface

    try:
        LabelInterface(xml).validate()
    except Exception as error:  # the SDK's errors share no class
        return [str(error)]
    return []


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the file is stale")
    check = parser.parse_args(arguments).check
    xml = config(scheme.parse(yaml.safe_load(SOURCE.read_text(encoding="utf-8"))))
    name = TARGET.relative_to(ROOT)
    if check:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != xml:
            print(f"{name} is stale; run: python scripts/label_config.py", file=sys.stderr)
            return 1
        return 0
    wrong = faults(xml)
    if wrong:
        print(f"{name} is not written: {'; '.join(wrong)}", file=sys.stderr)
        return 1
    TARGET.write_text(xml, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
