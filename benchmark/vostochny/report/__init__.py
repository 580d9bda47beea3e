"""A result in, a page out: one module a medium."""

LABELS = {
    "entities.names": "names and values, exact",
    "entities.all": "all mentions, exact",
    "entities.iob2": "strict IOB2",
    "events.trigger_id": "trigger (Trig-I)",
    "events.trigger": "trigger with type (Trig-C)",
    "events.argument_id": "argument (Arg-I)",
    "events.argument": "argument with role (Arg-C)",
    "quotes.content_exact": "content, exact",
    "quotes.content": "content, overlap",
    "quotes.source": "content with source span",
}
# The metric whose parts by type each layer's second table shows.
BY_TYPE = {"entities": "entities.names", "events": "events.trigger", "quotes": "quotes.content"}
