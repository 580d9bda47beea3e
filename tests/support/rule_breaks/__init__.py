"""For each rule of the annotation, a change to a valid annotations folder that breaks that rule and no other.

A module per group of rules, each with a table ``BREAKS``: the rule's number and the change.
"""

from tests.support.rule_breaks import clusters, entities, events, quotes, records, spans

GROUPS = (spans, entities, events, quotes, clusters, records)
BREAKS = {rule: change for group in GROUPS for rule, change in group.BREAKS.items()}
