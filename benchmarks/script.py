"""What people do today: a script that walks the entities one by one into one blob each.

The shape is that of the table SDK's own sample for copying a table into blobs: its synchronous
clients, one call after the other. It knows nothing of a consistent state, of secrets or of hashes.
"""

import itertools
import json
import time
from collections.abc import Iterator

from azure.data.tables import TableClient
from azure.storage.blob import BlobServiceClient

from benchmarks.filling import Filled
from benchmarks.floors import Written, conditions
from benchmarks.rounds import Measured
from shared.state import configuration, control_numbers, mic_values

_SAMPLE = 300
"""Entities of each table, and objects, that it is given; its time for all of them follows."""


def one_by_one(
    filled: Filled, written: Written, state: str, offsite: str, container: str
) -> Measured:
    """Copy a part of each kind; the seconds that all of them would take."""
    all_of_it = {
        configuration.TABLE: filled.artifacts,
        control_numbers.TABLE: filled.agreements,
        mic_values.TABLE: filled.mics,
    }
    seconds = 0.0
    with BlobServiceClient.from_connection_string(offsite) as service:
        target = service.create_container(container)
        for table, count in all_of_it.items():
            taken = min(count, _SAMPLE)
            began = time.perf_counter()
            for number, entity in enumerate(_entities(state, table, filled, taken)):
                text = json.dumps(entity, default=str)
                target.upload_blob(f"{table}/{number}", text)
            seconds += (time.perf_counter() - began) * count / taken
        objects = written.objects[:_SAMPLE]
        began = time.perf_counter()
        with BlobServiceClient.from_connection_string(state) as kept:
            for sha256 in objects:
                source = kept.get_blob_client("artifacts", f"{filled.service.id}/{sha256}")
                target.upload_blob(f"content/{sha256}", source.download_blob().readall())
        seconds += (time.perf_counter() - began) * len(written.objects) / max(1, len(objects))
    return Measured(seconds)


def _entities(state: str, table: str, filled: Filled, most: int) -> Iterator[object]:
    with TableClient.from_connection_string(state, table) as client:
        found = client.query_entities(conditions(filled)[table], results_per_page=most)
        yield from itertools.islice(found, most)
