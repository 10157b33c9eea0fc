"""What a linked service has of its account's artifacts before a pull."""

from collections import Counter
from dataclasses import replace

from shared.integration_accounts.pulling.stores import PullStores
from shared.model.sections import Section
from shared.model.service import Service
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.findings import ORDER
from shared.rules.naming import artifact_key
from shared.state.artifact_rows import ArtifactFacts

Key = tuple[Section, str]
"""Section and key of an artifact."""


class Held:
    """The artifacts of a service without their documents.

    One whose content is not in the content store, or has another size there, counts as one without
    content: so a pull fetches it again, whatever the account says of its times. Nothing else could
    bring it back, as nobody may put content into a linked service.
    """

    def __init__(self, stores: PullStores, service: Service) -> None:
        self._stores = stores
        self._service = service
        self.facts: dict[Key, ArtifactFacts] = {}

    async def load(self) -> None:
        """Read them."""
        service_id = self._service.id
        stored = {digest: size async for digest, size in self._stores.content.sizes(service_id)}
        for child in ORDER:
            section = Section(CHILDREN[child].section)
            async for page in self._stores.configuration.facts(service_id, section):
                for one in page:
                    content = one.content
                    if content is not None and stored.get(content.sha256) != content.size:
                        one = replace(one, content=None)
                    self.facts[section, artifact_key(one.name)] = one

    def counts(self) -> Counter[Section]:
        """How many there are of each section."""
        return Counter(section for section, _ in self.facts)
