"""Reading a whole service back, as its answers show it."""

from dataclasses import dataclass

from localhost.demo.network.artifact import JsonObject
from localhost.demo.story import Story

_PAGE = 1000


@dataclass(frozen=True)
class Configuration:
    """All artifacts of a service, secrets masked."""

    artifacts: dict[tuple[str, str], JsonObject]
    """Section and name, to what GET shows."""
    text: str
    """All answers, one after the other."""


async def read_back(story: Story) -> Configuration:
    """List every section of the network."""
    artifacts: dict[tuple[str, str], JsonObject] = {}
    texts = []
    for section in story.network.counts():
        answer = await story.api.call(
            "GET",
            *("services", story.names.service, "artifacts", section),
            query=f"?top={_PAGE}",
        )
        texts.append(answer.body.decode())
        for shown in answer.json["value"]:
            artifacts[section, shown["name"]] = shown
    return Configuration(artifacts, "\n".join(texts))
