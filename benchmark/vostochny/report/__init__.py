"""Reports of a scoring result: one module per output, and here the names and texts that they share.

``terminal`` and ``comparison`` render tables, ``page`` (data from ``payload``, scripts in ``assets``) the HTML report,
``result_json`` and ``items`` JSON, ``board`` the leaderboard, ``article`` one annotated article in the terminal.
"""

# Metric → its name in tables. At most 36 characters, the width of a table's first column (terminal.LABEL_WIDTH).
LABELS = {
    "entities.names": "names and values, exact",
    "entities.names_macro": "names and values, mean over types",
    "entities.all": "all mentions, exact",
    "entities.unlabelled": "all mentions, span only",
    "entities.lenient": "names and values, lenient boundaries",
    "entities.semeval_strict": "SemEval-2013 strict",
    "entities.semeval_exact": "SemEval-2013 exact",
    "entities.semeval_partial": "SemEval-2013 partial",
    "entities.semeval_type": "SemEval-2013 type",
    "entities.text_set": "set of (text, type) per document",
    "entities.iob2": "strict IOB2, as in seqeval",
    "events.trigger": "trigger with type (Trig-C)",
    "events.trigger_macro": "trigger with type, mean over types",
    "events.trigger_id": "trigger (Trig-I)",
    "events.argument": "argument with role (Arg-C)",
    "events.argument_id": "argument (Arg-I)",
    "events.argument_attached": "argument, attached (Arg-C+)",
    "events.argument_id_attached": "argument, attached (Arg-I+)",
    "events.argument_head": "argument with role, head match",
    "events.argument_cluster": "argument with role, any mention",
    "events.realis": "realis, accuracy on matched",
    "events.polarity": "polarity, accuracy on matched",
    "quotes.speaker": "content with the right speaker",
    "quotes.content": "content, overlap",
    "quotes.content_exact": "content, exact",
    "quotes.content_tokens": "content, tokens",
    "quotes.source": "content with the source's span",
    "quotes.cue": "cue",
    "quotes.addressee": "addressee",
    "quotes.directness": "directness, accuracy on matched",
}
# Setting of coreference (metrics.coreference) → its name in tables.
SETTING_LABELS = {
    "within": "within documents",
    "within_no_singletons": "within, singletons dropped",
    "within_gold_mentions": "within, on mentions in both",
    "across": "across documents",
    "across_no_singletons": "across, singletons dropped",
}
# Printed below every table that has intervals.
EXPLANATION = (
    "these articles: 95 % bootstrap over paragraphs within documents, for this system on text like these articles; "
    "new articles: 95 % delete-one-document jackknife, for other articles of this kind. "
    "Neither covers articles on other events."
)


def shorten_id(doc_id: str) -> str:
    """Return a document's id up to its first underscore, for narrow columns: 003 for 003_614713fa8e662b7e."""
    return doc_id.partition("_")[0] or doc_id
