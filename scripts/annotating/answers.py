"""Check that what a server answers is what Label Studio sends, before anything is decided by it.

The SDK takes whatever JSON comes: an answer of another shape would surface as an error somewhere in it or in our code.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

import httpx
import msgspec

from scripts.errors import CommandError


class _Row(msgspec.Struct):
    id: int


class _Project(_Row):
    label_config: str


class _NamedProject(_Row):
    title: str


class _Projects(msgspec.Struct):
    results: list[_NamedProject]


class _User(_Row):
    email: str


class _Annotation(_Row):
    result: list[Any]


class _Prediction(_Annotation):
    model_version: str | None = None


class _Task(_Row):
    data: dict[str, Any]


class _Import(msgspec.Struct):
    task_count: int


class _Column(msgspec.Struct):
    id: str
    target: str
    parent: Any = None


class _Columns(msgspec.Struct):
    columns: list[_Column]


# The requests whose answers are used: method and path → what of an answer is used. Of all others the answer must be
# JSON.
_SHAPES: list[tuple[str, Any]] = [
    (r"GET /api/projects/?", _Projects),
    (r"(POST|PATCH) /api/(projects|tasks|annotations|predictions|dm/views)(/\d+)?/?", _Row),
    (r"GET /api/projects/\d+/?", _Project),
    (r"GET /api/projects/\d+/export", list[_Task]),
    (r"POST /api/projects/\d+/import", _Import),
    (r"GET /api/users/?", list[_User]),
    (r"GET /api/version/?", dict[str, Any]),
    (r"POST /api/tasks/\d+/annotations/?", _Row),
    (r"GET /api/annotations/\d+/?", _Annotation),
    (r"GET /api/predictions/?", list[_Prediction]),
    (r"GET /api/dm/columns/?", _Columns),
    (r"GET /api/dm/views/?", list[_Row]),
    (r"DELETE /api/.*", None),  # done, it has no content: a page is that of another server, which deleted nothing
]


def check_answer(response: httpx.Response) -> None:
    """Raise CommandError where a successful answer is not what Label Studio sends; it is read for that.

    What is not a success is left to the SDK, which raises for it.
    """
    request = response.request
    if not response.is_success or response.status_code == HTTPStatus.NO_CONTENT:
        return
    raw = response.read()
    # The address of a server may have a path of its own.
    path = request.url.path[max(request.url.path.find("/api/"), 0) :]
    called = f"{request.method} {path}"
    shape = next((shape for pattern, shape in _SHAPES if re.fullmatch(pattern, called)), Any)
    try:
        msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError):
            what = str(error)
        else:
            kind = response.headers.get("content-type", "no type").partition(";")[0]
            what = f"is not JSON; {len(raw)} bytes of {kind}"
        place = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        raise CommandError(
            f"the answer to {called} is not Label Studio's ({what}); check that it is Label Studio that runs at "
            f"{place}, and repeat the command: nothing is lost"
        ) from None
