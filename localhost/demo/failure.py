"""What stops the demo."""


class DemoFailed(Exception):
    """A step did not bring what it promises; the message says what came instead."""
