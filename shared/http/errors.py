"""Errors become answers here, and nowhere else."""

import logging
import math

from azure.core.exceptions import AzureError

from shared.http.call import Answer
from shared.model.problem import Code, Problem
from shared.refusals import is_refusal, meaning
from shared.repeating import asked_to_wait
from shared.settings import SettingsInvalid
from shared.state.gateway import SchemaTooNew

_COME_AGAIN_SECONDS = 5

log = logging.getLogger("interkeep.http")


def answer_to(error: Exception, request_id: str) -> Answer:
    """The answer to an error: its Problem, or one that gives nothing away."""
    if isinstance(error, Problem):
        return _shaped(error)
    if isinstance(error, AzureError):
        log.warning("storage failed for request %s: %s", request_id, error)
        if is_refusal(error):
            return _shaped(
                Problem(
                    Code.STORAGE_UNAVAILABLE,
                    f"A storage account cannot be used. {meaning(error)}. GET health/deep says "
                    f"which one; request {request_id} is in the log of the app.",
                    retry_after_seconds=_come_again_seconds(error),
                )
            )
        return _shaped(
            Problem(
                Code.STORAGE_UNAVAILABLE,
                f"Storage did not answer as expected. Try again; if it stays, look for request "
                f"{request_id} in the log of the app.",
                retry_after_seconds=_come_again_seconds(error),
            )
        )
    if isinstance(error, SettingsInvalid | SchemaTooNew):
        log.error("request %s: %s", request_id, error)
        return _shaped(
            Problem(
                Code.STORAGE_UNAVAILABLE,
                "The app is not set up to run. Its log says what to change.",
            )
        )
    log.error("request %s failed", request_id, exc_info=error)
    return _shaped(
        Problem(
            Code.INTERNAL_ERROR,
            f"Something unexpected happened. Look for request {request_id} in the log of the app.",
        )
    )


def _come_again_seconds(error: AzureError) -> int:
    """When asking again may help: when storage said, not within seconds."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    asked = max(asked_to_wait(headers), getattr(error, "retry_after_seconds", 0.0))
    return max(_COME_AGAIN_SECONDS, math.ceil(asked))


def _shaped(problem: Problem) -> Answer:
    headers = {"x-ms-error-code": str(problem.code)}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = str(problem.retry_after_seconds)
    return Answer({"error": problem.to_json()}, problem.code.status, headers)
