"""The only module that turns errors into answers."""

import logging
import math

from azure.core.exceptions import AzureError

from shared.model.problem import Code, Problem
from shared.settings.environment import SettingsInvalid
from shared.storage.refusals import is_refusal, meaning
from shared.storage.retrying import asked_to_wait
from shared.storage.tables import SchemaTooNew
from shared.web.http.call import Answer

_COME_AGAIN_SECONDS = 5

log = logging.getLogger("interkeep.http")


def problem_of(error: Exception, request_id: str) -> Problem:
    """What is reported to the caller: a Problem unchanged, nothing about any other error.

    The rest is logged with the request's id.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, AzureError):
        log.warning("storage failed for request %s: %s", request_id, error)
        said = (
            f"A storage account cannot be used. {meaning(error)}. GET health/deep says which one; "
            f"request {request_id} is in the log of the app."
            if is_refusal(error)
            else f"Storage did not answer as expected. Try again; if it stays, look for request "
            f"{request_id} in the log of the app."
        )
        wait = _come_again_seconds(error)
        return Problem(Code.STORAGE_UNAVAILABLE, said, retry_after_seconds=wait)
    if isinstance(error, SettingsInvalid | SchemaTooNew):
        log.error("request %s: %s", request_id, error)
        return Problem(
            Code.STORAGE_UNAVAILABLE,
            "The app is not set up to run. Its log says what to change.",
        )
    log.error("request %s failed", request_id, exc_info=error)
    return Problem(
        Code.INTERNAL_ERROR,
        f"Something unexpected happened. Look for request {request_id} in the log of the app.",
    )


def _come_again_seconds(error: AzureError) -> int:
    """After how many seconds a retry may help: when storage said, but not too soon."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    asked = max(asked_to_wait(headers), getattr(error, "retry_after_seconds", 0.0))
    return max(_COME_AGAIN_SECONDS, math.ceil(asked))


def answer_of(problem: Problem) -> Answer:
    """The answer for a problem."""
    headers = {"x-ms-error-code": str(problem.code)}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(problem.retry_after_seconds)
    return Answer({"error": problem.to_json()}, problem.code.status, headers)
