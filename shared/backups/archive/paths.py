"""Where things are in a backup's container."""


def descriptor_path(name: str) -> str:
    """Where the descriptor of a backup is in its container."""
    return f"{name}.txt"
