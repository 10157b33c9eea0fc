"""What an operation's record, and the log, say about an error, and whether it may pass."""

import logging

from azure.core.exceptions import AzureError

from shared.model.operation import Operation, OperationError
from shared.model.problem import Code, Problem
from shared.storage.refusals import is_refusal, meaning
from shared.storage.tables import SchemaTooNew

_TRANSIENT = frozenset({Code.CONFIGURATION_HELD, *(code for code in Code if code.status == 503)})
"""A 503 says that what is asked now may be there for the next attempt."""

LONGEST_WAIT_SECONDS = 3_600
"""ARM counts requests by the hour: it asks for no longer wait than that."""

log = logging.getLogger("interkeep.operations")


def passes(problem: Problem) -> bool:
    """Whether another attempt at the same work may not meet a problem."""
    return problem.again or problem.code in _TRANSIENT


def asked_wait(error: BaseException) -> int:
    """For how many seconds whoever refused an attempt asked to wait; 0 where nobody did."""
    return min(error.wait_seconds, LONGEST_WAIT_SECONDS) if isinstance(error, Problem) else 0


def operation_error(error: BaseException) -> OperationError:
    """The error as monitors show it: a Problem unchanged; of any other exception, only its kind."""
    if isinstance(error, Problem):
        return OperationError(code=error.code, message=error.message, target=error.target)
    if isinstance(error, AzureError) and is_refusal(error):
        return OperationError(
            code=Code.STORAGE_UNAVAILABLE,
            message=f"A storage account cannot be used. {meaning(error)}. GET health/deep says "
            "which one.",
        )
    if isinstance(error, AzureError):
        return OperationError(
            code=Code.STORAGE_UNAVAILABLE,
            message=f"Storage did not do what was asked. {meaning(error)}. It is tried again; "
            "the log of the app tells more.",
        )
    return OperationError(
        code=Code.INTERNAL_ERROR,
        message=f"An unexpected {type(error).__name__}. The log of the app tells more.",
    )


def reason(error: Exception) -> str:
    """Why something could not be done, in a sentence without addresses or credentials."""
    if isinstance(error, Problem):
        return error.message
    if isinstance(error, SchemaTooNew):
        return str(error)
    if isinstance(error, AzureError):
        return f"{meaning(error)}."
    if isinstance(error, TimeoutError):
        return "It did not answer in time."
    return f"An unexpected {type(error).__name__}. The log of the app tells more."


def log_failure(operation: Operation, error: BaseException) -> None:
    """Log an attempt that failed; with its stack trace if the error is not a known one."""
    problem = isinstance(error, Problem)
    log.log(
        logging.WARNING if problem else logging.ERROR,
        "%s %s: attempt %d failed: %s",
        operation.operation,
        operation.id,
        operation.attempt,
        error,
        exc_info=None if problem else error,
    )
