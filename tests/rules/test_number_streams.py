"""Whatever is done to services and agreements that share numbers: none comes twice.

NUMBER_EXAMPLES asks for more than a sample, which is the same each time.
"""

import os

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.rules.numbers_machine import Numbers

EXAMPLES = int(os.environ.get("NUMBER_EXAMPLES", "0"))


def test_no_number_comes_twice_whatever_is_done() -> None:
    run_state_machine_as_test(
        Numbers,
        settings=settings(
            max_examples=EXAMPLES or 60,
            stateful_step_count=40,
            derandomize=not EXAMPLES,
            # To explain takes minutes, and the source that pytest shows has been too deep for it.
            phases=(Phase.generate, Phase.shrink),
        ),
    )
