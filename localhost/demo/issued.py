"""The demo's own book of control numbers: what was issued, and that nothing came twice."""

from dataclasses import dataclass, field
from typing import Any

from localhost.demo.failure import DemoFailed

Place = tuple[str, str]
"""Agreement and kind."""


@dataclass
class Issued:
    """Every number that the demo was given."""

    _values: dict[Place, list[int]] = field(default_factory=dict)

    def record(self, agreement: str, numbers: list[dict[str, Any]]) -> None:
        """Write numbers down.

        :raises DemoFailed: one of them was issued before.
        """
        for number in numbers:
            place = (agreement, number["kind"])
            values = self._values.setdefault(place, [])
            if number["value"] in values:
                raise DemoFailed(
                    f"{agreement}: the {number['kind']} number {number['value']} was issued twice."
                )
            values.append(number["value"])

    def places(self) -> list[Place]:
        """Where numbers were issued, in the order of the first ones."""
        return list(self._values)

    def last(self, place: Place) -> int:
        """The highest number of a place: none of the demo's ranges rolls over."""
        return max(self._values[place])

    def total(self) -> int:
        """How many numbers were issued."""
        return sum(len(values) for values in self._values.values())
