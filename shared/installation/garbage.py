"""The garbage collector of this process.

By default it looks for cycles of objects whenever some 700 more containers exist than before. A
page of documents makes a hundred times as many, and hardly any are in a cycle: they go when their
last use ends. The looking took a fifth of the CPU time of a backup, a verify and a restore.
"""

import gc

_MORE_CONTAINERS = 10_000
"""A few megabytes at most, if all of them were garbage."""


def collect_less_often() -> None:
    """Look for garbage less often, and not among what exists now: modules, models and the parts of
    the installation stay as long as the process."""
    gc.set_threshold(_MORE_CONTAINERS)
    gc.freeze()
