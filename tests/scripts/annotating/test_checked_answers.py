"""Answers that are not Label Studio's are refused by their shape, whatever their status says."""

import httpx
import pytest

from scripts.annotating.answers import check_answer
from scripts.errors import CommandError

PAGE = b"<!doctype html><title>Log in</title>"
TASK = httpx.Request("DELETE", "http://127.0.0.1:8080/api/tasks/3/")


@pytest.mark.parametrize("content", [PAGE, b"[1]", b"{}", b""])
def test_a_deletion_with_content_was_none(content: bytes) -> None:
    """A page for a log-in was once taken for a task that was deleted, which then stood twice on the server."""
    with pytest.raises(CommandError, match="the answer to DELETE /api/tasks/3/ is not Label Studio's"):
        check_answer(httpx.Response(200, content=content, request=TASK))


@pytest.mark.parametrize("status", [204, 403, 404, 500])
def test_a_deletion_that_was_done_or_failed_is_left_to_the_sdk(status: int) -> None:
    check_answer(httpx.Response(status, content=b"" if status == 204 else PAGE, request=TASK))
