"""What an operator can do where an operation ended, but the steps that follow its end failed."""

from shared.model.operation import NO_SERVICE, Operation, OperationName

_AGAIN = "It is tried again each hour."


def what_to_do(operation: Operation) -> str:
    """What an operator can do about an operation whose last steps failed."""
    name, account = (operation.parameters.get(member) for member in ("name", "storageAccount"))
    if operation.operation is OperationName.BACKUP and name and account:
        return (
            f"The container '{name}' of the storage account '{account}' may still be there, and is "
            f"not a backup unless it has a descriptor. Bring the account back, or remove the "
            f"container by hand and take the account out of the settings. {_AGAIN}"
        )
    if operation.operation is OperationName.VERIFY_BACKUP:
        return (
            "The scratch copy that it verified may still be in the state account, and the backup "
            f"counts as in use. Mend what keeps recovery from it. {_AGAIN}"
        )
    whose = "the installation" if operation.service == NO_SERVICE else "the service"
    return f"Mend what keeps recovery from it, then look at {whose}. {_AGAIN}"
