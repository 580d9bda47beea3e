"""A result in, a page out: one module a medium, and here the words that all of them use."""

LABELS = {
    "entities.names": "names and values, exact",
    "entities.names_macro": "names and values, mean over types",
    "entities.all": "all mentions, exact",
    "entities.unlabelled": "all mentions, span alone",
    "entities.lenient": "names and values, lenient boundaries",
    "entities.semeval_strict": "SemEval-2013 strict",
    "entities.semeval_exact": "SemEval-2013 exact",
    "entities.semeval_partial": "SemEval-2013 partial",
    "entities.semeval_type": "SemEval-2013 type",
    "entities.text_set": "set of (text, type) a document",
    "entities.iob2": "strict IOB2, as seqeval",
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
SETTING_LABELS = {
    "within": "within documents",
    "within_no_singletons": "within, singletons dropped",
    "within_gold_mentions": "within, on common mentions",
    "across": "across documents",
    "across_no_singletons": "across, singletons dropped",
}
EXPLANATION = (
    "these articles: 95 % bootstrap over paragraphs within documents, for this system on text like these articles; "
    "new articles: 95 % delete-one-document jackknife, for other articles of this kind. "
    "Neither covers articles on other events."
)


def short(doc_id: str) -> str:
    """What a document is called where there is little room: its id up to the first underscore, 003."""
    return doc_id.partition("_")[0] or doc_id
