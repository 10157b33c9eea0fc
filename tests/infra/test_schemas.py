"""``python -m infra.check.schemas``: host.json and azure.yaml say nothing that is not known."""

import shutil
from pathlib import Path

import pytest

from infra.check.schemas import problems_of

ROOT = Path(__file__).resolve().parents[2]


def test_both_files_are_right() -> None:
    assert problems_of(ROOT) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("host.json", '"functionTimeout"', '"functionTimeOut"', "as a whole"),
        ("host.json", '"functionTimeout": "', '"functionTimeout": "1.', "functionTimeout"),
        ("host.json", '"batchSize": 4', '"batchSize": "4"', "extensions.queues.batchSize"),
        ("host.json", '"batchSize"', '"batchsize"', "extensions.queues"),
        ("host.json", '"base64"', '"b64"', "extensions.queues.messageEncoding"),
        (
            "host.json",
            '"Azure.Core": "Warning"',
            '"Azure.Core": "Warn"',
            "logging.logLevel.Azure.Core",
        ),
        ("azure.yaml", "name: interkeep", "name: Interkeep", "name"),
        ("azure.yaml", "language: python", "langauge: python", "services.interkeep"),
        ("azure.yaml", "host: function", "host: functions", "services.interkeep.host"),
        ("azure.yaml", "'>= 1.23.5'", "1.23", "requiredVersions.azd"),
        ("azure.yaml", "services:", "service:", "as a whole"),
    ],
)
def test_what_is_not_known_is_told_with_its_place(
    tmp_path: Path, name: str, old: str, new: str, place: str
) -> None:
    for file in ("host.json", "azure.yaml"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    text = (tmp_path / name).read_text()
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new, 1))
    said = problems_of(tmp_path)
    assert said
    assert all(one.startswith(f"{name}: {place}: ") for one in said)
