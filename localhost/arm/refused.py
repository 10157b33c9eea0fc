"""What is refused, as Azure Resource Manager (the gateway) or the service behind it says it."""

from typing import Any


class Refused(Exception):
    """An answer that is an error.

    :param gateway: the gateway itself refuses; it says so in a header.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        gateway: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.gateway = gateway
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": {"code": self.code, "message": self.message}}


def subscription_gone(subscription: str) -> Refused:
    """There is no such subscription."""
    return Refused(
        404, "SubscriptionNotFound", f"There is no subscription {subscription!r}.", gateway=True
    )


def group_gone(group: str) -> Refused:
    """There is no such resource group."""
    return Refused(
        404, "ResourceGroupNotFound", f"There is no resource group {group!r}.", gateway=True
    )


def resource_gone(kind: str, name: str, group: str) -> Refused:
    """There is no such account or workflow."""
    return Refused(
        404,
        "ResourceNotFound",
        f"There is no resource 'Microsoft.Logic/{kind}/{name}' in the group {group!r}.",
        gateway=True,
    )


def type_unknown(what: str, version: str) -> Refused:
    """The api-version does not know such resources."""
    return Refused(
        404,
        "InvalidResourceType",
        f"The namespace 'Microsoft.Logic' has no resource type {what!r} in api-version {version}.",
        gateway=True,
    )


def not_allowed(action: str, scope: str) -> Refused:
    """The caller may not do that there."""
    return Refused(
        403,
        "AuthorizationFailed",
        f"The client has no authorization to perform action '{action}' over scope '{scope}'.",
        gateway=True,
    )


def malformed(message: str) -> Refused:
    """The request's body or query is not as it must be."""
    return Refused(400, "InvalidRequestContent", message)
