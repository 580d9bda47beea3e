"""The shape of gold rows and predictions, and the JSON Schemas that describe it to programs and language models."""

from vostochny.schema.json_schema import build_answer_schema, build_schema

__all__ = ["build_answer_schema", "build_schema"]
