"""Build annotations/label_studio.xml, the labeling configuration, from annotations/ontology.yaml.

The browser so offers exactly the labels, attributes and roles of the ontology.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from scripts.files import ANNOTATIONS
from scripts.store import LABEL_CONFIG, Store
from vostochny.formats.label_studio.regions import (
    ATTRIBUTES,
    CLUSTER_KEYS,
    FLAGS,
    PICKERS,
    RELATIONS,
    list_bearers,
    list_choices,
    list_labels,
)
from vostochny.ontology import Ontology
from vostochny.schema.records import list_stated

TARGET = ANNOTATIONS / LABEL_CONFIG

# Keyboard shortcuts of the most frequent labels. u, h and r stay free: the server uses them itself.
HOTKEYS = {
    **dict(zip(("PER", "ORG", "GPE", "LOC", "FAC", "VEH", "WEA", "DATE", "CARDINAL"), "123456789", strict=True)),
    **{"Contact.Meet": "q", "Conflict.Attack": "w", "Movement.TransportPerson": "e", "Military.WeaponTest": "t"},
    **{"Transaction.Transfer": "z", "Transaction.Exchange": "s", "Diplomacy.Agree": "f"},
    **{"Content": "c", "Cue": "v"},
    **{"NAM": "n", "NOM": "m", "PRO": "p", "demonym": "d"},
    **{"actual": "a", "generic": "g", "other": "o", "positive": "y", "negative": "x"},
    **{"direct": "k", "mixed": "l", "indirect": "j", "assertion": "b", "belief": "i"},
}  # fmt: skip
# A colour for each type of mention, one for all values, and one for each other control or label.
COLOURS = {
    **{"PER": "#2563eb", "ORG": "#7c3aed", "GPE": "#059669", "LOC": "#65a30d", "FAC": "#ea580c", "VEH": "#0891b2"},
    **{"WEA": "#92400e", "value": "#475569", "event": "#e11d48", "Content": "#ca8a04", "Cue": "#c026d3"},
    **{"zone": "#a3a3a3"},
}
TITLES = {"entity": "Entities", "event": "Events", "quote": "Quotes", "zone": "Zones"}
ARROWS = {
    "Arrows": "Alt+R, then click the target; name the arrow in the Relations tab",
    "from an event": "its roles, to entities or events",
    "from a Content": "cue, source, addressee, parent; continues to its next part",
}
# Attributes without which the browser does not save an item. Those of quotes cannot be required: only the first of a
# quote's Content regions has them.
REQUIRED = (*list_stated("entities"), *list_stated("events"))
HELP = {
    "Content": "What was said; an interrupted quote has several, each linked to the next by continues",
    "Cue": "The words that report it; link the first Content to it by cue",
    "demonym": "A people or its adjective: North Korean",
    "unattributed": "The text names no source",
}
# Picker of a known cluster → its placeholder. The list of known clusters is in the task's data, so a push refreshes it
# without a new configuration. Of the two tags that can show such a list only Taxonomy has a search; in a Choices list,
# typing triggers the hotkeys.
PLACEHOLDERS = {
    "known_cluster": "who or what it is, in all articles",
    "known_event_cluster": "the event in the world",
    "known_quote_cluster": "the utterance",
}
STYLE = """
.vo-page { display: flex; gap: 16px; align-items: flex-start; }
.vo-side { flex: 0 0 260px; position: sticky; top: 0; max-height: 100vh; overflow-y: auto; }
.vo-side h4 { font-size: 13px !important; margin: 12px 0 4px !important; color: #6b7280; }
.vo-side .ant-collapse-header { padding: 4px 0 4px 24px !important; font-size: 13px; font-weight: 600; }
.vo-side .ant-collapse-header .ant-collapse-arrow { left: 2px !important; }
.vo-side .ant-collapse-content-box { padding: 0 0 4px !important; }
.vo-side .lsf-labels { margin: 0; gap: 4px; }
.vo-side .lsf-label { margin: 0; padding: 0 6px; height: 24px; font-size: 13px; line-height: 22px; }
.vo-attributes { min-height: 196px; margin-bottom: 8px; padding: 4px 12px; border: 1px solid #d1d5db;
  border-radius: 6px; }
.vo-attribute { display: flex; align-items: baseline; gap: 8px; }
.vo-attribute h4 { flex: 0 0 60px; margin: 4px 0 !important; }
.vo-attribute .lsf-choices, .vo-attribute .lsf-text-area { margin: 0 !important; }
.vo-attribute .lsf-choice__item { font-weight: 400; }
.vo-attribute .lsf-text-area, .vo-attribute .lsf-taxonomy, .vo-attribute .ant-select { flex: 1 1 auto; width: 100%; }
.vo-attribute :is(.lsf-taxonomy, .lsf-text-area, .ant-select, .ant-select-selector) { min-width: 0; max-width: 168px; }
.vo-attribute [data-testid="textarea-regions"]:empty { display: none; }
.vo-attribute .lsf-choice { line-height: 1.6; margin-right: 4px; }
.vo-arrows h4, .vo-articles h4 { margin: 2px 0 2px 24px !important; font-size: 12px !important; font-weight: 400; }
.relations-overlay { opacity: 0.6; }
.vo-text { flex: 1 1 auto; max-width: 48em; }
.vo-text .lsf-richtext__container { line-height: 2 !important; padding-top: 0.5em; }
"""
# Where a layer's list is folded, its regions lose their colour in the text. A region's data-label is a number, a colon
# and its label.
FOLDED = "body:has(.vo-{layer} .ant-collapse-item:not(.ant-collapse-item-active))"
UNMARKED = "{ background-color: transparent !important; color: inherit !important }"
# Arrows are drawn, and the server's list of tasks is shown, while these parts are open; both are folded at first. The
# labels of arrows need space between the lines.
FOLDED_PARTS = (
    FOLDED.format(layer="arrows") + " .relations-overlay { display: none }\n"
    "body:has(.vo-arrows .ant-collapse-item-active) .vo-text .lsf-richtext__container { line-height: 2.8 !important }\n"
    + FOLDED.format(layer="articles")
    + " .lsf-label-view__table { display: none }\n"
)


def render_config(ontology: Ontology) -> str:
    """Return the labeling configuration as XML, with a line break at its end."""
    root = ET.Element("View")
    root.append(ET.Comment(" Generated from ontology.yaml by python -m scripts label-config; do not edit. "))
    style = ET.SubElement(root, "Style")
    style.text = STYLE + "".join(_hide_folded(layer, ontology) for layer in TITLES) + FOLDED_PARTS
    page = ET.SubElement(root, "View", className="vo-page")
    side = ET.SubElement(page, "View", className="vo-side")
    panel = ET.SubElement(side, "View", className="vo-attributes")
    nothing = ET.SubElement(panel, "View", visibleWhen="no-region-selected")
    ET.SubElement(nothing, "Header", value="Select a region to see its attributes", size="6")
    for control in ATTRIBUTES:
        _add_attribute(panel, ontology, control)
    for layer in TITLES:
        _add_labels(side, ontology, layer)
    arrows = _add_folding(side, "arrows", "Arrows", is_open=False)
    for origin, text in ARROWS.items():
        ET.SubElement(arrows, "Header", value=text if origin == "Arrows" else f"{origin}: {text}", size="6")
    articles = _add_folding(side, "articles", "Articles", is_open=False)
    ET.SubElement(articles, "Header", value="While this is open, all articles are listed on the left.", size="6")
    column = ET.SubElement(page, "View", className="vo-text")
    ET.SubElement(column, "Text", name="text", value="$text", granularity="symbol")
    relations = ET.SubElement(root, "Relations")
    for name in (*RELATIONS, *ontology.roles):
        ET.SubElement(relations, "Relation", value=name)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _hide_folded(layer: str, ontology: Ontology) -> str:
    """Return the style that hides a layer's regions in the text where its list is folded."""
    of = ", ".join(f"[data-label$=':{name}']" for name in list_labels(layer, ontology))
    return f"{FOLDED.format(layer=layer)} .htx-highlight:is({of}):not(.__active) {UNMARKED}\n"


def _add_folding(parent: ET.Element, layer: str, title: str, is_open: bool = True) -> ET.Element:
    """Add a part of the side column that can be folded; return the element for its content."""
    view = ET.SubElement(parent, "View", className=f"vo-{layer}")
    collapse = ET.SubElement(view, "Collapse", bordered="false", open=str(is_open).lower())
    return ET.SubElement(collapse, "Panel", value=title)


def _add_labels(parent: ET.Element, ontology: Ontology, layer: str) -> None:
    """Add the labels of a layer, with their colours, hints and hotkeys."""
    panel = _add_folding(parent, layer, TITLES[layer])
    control = ET.SubElement(panel, "Labels", name=layer, toName="text", choice="single")
    help_ = {**HELP, **ontology.mentions, **ontology.values, **ontology.zones}
    help_ |= {name: event.help for name, event in ontology.events.items()}
    for name in list_labels(layer, ontology):
        colour = COLOURS.get(name) or COLOURS.get(layer, COLOURS["value"])
        label = ET.SubElement(control, "Label", value=name, background=colour, hint=help_[name])
        _set_hotkey(label, name)


def _add_attribute(parent: ET.Element, ontology: Ontology, control: str) -> None:
    """Add one attribute of the selected region, visible only where the region's label may have it."""
    layer = ATTRIBUTES[control].layer
    when = {"whenTagName": layer, "visibleWhen": "region-selected"}
    if len(list_bearers(control, ontology)) < len(list_labels(layer, ontology)):
        when["whenLabelValue"] = ",".join(list_bearers(control, ontology))
    region = {"toName": "text", "perRegion": "true"} | when

    def row(title: str) -> ET.Element:
        view = ET.SubElement(parent, "View", attrib={"className": "vo-attribute"} | when)
        ET.SubElement(view, "Header", value=title, size="6")
        return view

    if ATTRIBUTES[control].kind == "textarea":
        (picker,) = (picker for picker, typed in PICKERS.items() if typed == control)
        attrib = {"name": picker, **region, "value": f"${CLUSTER_KEYS[control]}", "maxUsages": "1",
                  "placeholder": PLACEHOLDERS[picker]}  # fmt: skip
        ET.SubElement(row("cluster"), "Taxonomy", attrib=attrib)
        attrib = {"name": control, **region, "rows": "1", "maxSubmissions": "1", "editable": "true"}
        ET.SubElement(row("new one"), "TextArea", attrib=attrib | {"placeholder": "kim_jong_un, and Enter"})
        return
    extra = {"choice": "single", "showInline": "true"}
    if control in REQUIRED:
        extra |= {"required": "true", "requiredMessage": f"This region has no {control} yet"}
    title = control if control not in FLAGS else "\u00a0"
    element = ET.SubElement(row(title), "Choices", attrib={"name": control, **region, **extra})
    help_ = {**HELP, **ontology.attributes.get(ATTRIBUTES[control].values, {})}
    for name in list_choices(control, ontology):
        _set_hotkey(ET.SubElement(element, "Choice", value=name, hint=help_[name]), name)


def _set_hotkey(element: ET.Element, name: str) -> None:
    if name in HOTKEYS:
        element.set("hotkey", HOTKEYS[name])


def build_files() -> dict[Path, str]:
    """Return the labeling configuration by its path."""
    return {TARGET: render_config(Store().ontology)}


def check_config(xml: str) -> list[str]:
    """Return what Label Studio's own checker reports about a configuration; empty where it is valid."""
    from label_studio_sdk.label_interface.interface import LabelInterface

    try:
        interface: Any = LabelInterface(xml)
        interface.validate()
    except Exception as error:  # the SDK's errors share no class
        return [str(error)]
    return []
