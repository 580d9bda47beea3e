"""Ask language models for annotations: the prompt, the JSON Schema of the answer, and the task that inspect_ai runs.

:mod:`prompt` builds the text and the schema; :mod:`inspect_extract` is the task. Predictions that a model made are
taken from inspect_ai's log by :mod:`vostochny.extractors.inspect_log`.
"""
