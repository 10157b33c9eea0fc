"""Refusals that many places share, each in one wording."""

from collections.abc import Iterable

from shared.model.problem import Code, Problem
from shared.rules.naming import shown


def service_deleted(name: str) -> Problem:
    """A service was deleted after the request began with it."""
    return Problem(
        Code.SERVICE_NOT_FOUND,
        f"Service '{name}' was deleted meanwhile. Nothing was changed.",
        target="service",
    )


def changed_meanwhile(name: str) -> Problem:
    """A service was changed between reading and writing it."""
    return Problem(
        Code.CONDITION_NOT_MET,
        f"Service '{name}' was changed by somebody else at the same moment. Read it again and "
        "repeat.",
        target="service",
    )


def artifact_not_found(service: str, section: str, name: str, target: str = "name") -> Problem:
    """A service does not have an artifact."""
    return Problem(
        Code.ARTIFACT_NOT_FOUND,
        f"Service '{service}' has no '{shown(name)}' in the section {section}.",
        target=target,
    )


def backup_not_found(service: str, name: str, target: str = "backup") -> Problem:
    """The history of a service name does not have a backup."""
    return Problem(
        Code.BACKUP_NOT_FOUND,
        f"Service '{shown(service)}' has no backup '{shown(name)}'.",
        target=target,
    )


def agreement_not_found(service: str, agreement: str, target: str = "agreement") -> Problem:
    """A service does not have an agreement."""
    return Problem(
        Code.AGREEMENT_NOT_FOUND,
        f"Service '{service}' has no agreement '{shown(agreement)}'.",
        target=target,
    )


def account_unknown(alias: str, registered: Iterable[str], target: str) -> Problem:
    """No storage account is registered under an alias."""
    return Problem(
        Code.STORAGE_ACCOUNT_UNKNOWN,
        f"No storage account is registered as '{shown(alias)}'. Registered: "
        f"{', '.join(sorted(registered))}. The app setting STORAGE_ACCOUNTS lists them.",
        target=target,
    )


def not_linked(name: str) -> Problem:
    """The problem that a service is not linked to an account."""
    return Problem(
        Code.INTEGRATION_ACCOUNT_NOT_LINKED,
        f"Service '{name}' is linked to no integration account. Link one first.",
        target="service",
    )
