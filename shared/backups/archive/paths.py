"""The paths in a backup's container."""


def descriptor_path(name: str) -> str:
    """The path of a backup's descriptor in its container."""
    return f"{name}.txt"
