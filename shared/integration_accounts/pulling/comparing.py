"""Whether an artifact of an account is as it was seen before, or as the service has it."""

import hashlib

from shared.model.artifact import ContentReference
from shared.model.record import canonical_text
from shared.model.wire import JsonObject, rfc3339
from shared.rules.integration_accounts.resources import ContentWanted, Pulled
from shared.rules.integration_accounts.times import moment, ticks_of
from shared.state.artifact_rows import ArtifactFacts


def printed(resource: JsonObject) -> bytes:
    """A fingerprint of a resource: the same as long as nothing of it changes. A link's address is
    not in it, as each answer has a fresh one."""
    text = canonical_text(_without_address(resource))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _without_address(resource: JsonObject) -> JsonObject:
    properties = resource.get("properties")
    if not isinstance(properties, dict):
        return resource
    spelt = next((name for name in properties if name.lower() == "contentlink"), None)
    link = properties.get(spelt) if spelt else None
    if spelt is None or not isinstance(link, dict):
        return resource
    bare = {name: value for name, value in link.items() if name.lower() != "uri"}
    return {**resource, "properties": {**properties, spelt: bare}}


def is_told_as_stored(known: ArtifactFacts, pulled: Pulled) -> bool:
    """Whether an account says of an artifact, beside its document and its content, what is stored.
    A time that cannot be read says nothing."""
    if ticks_of(pulled.changed_time) is None:
        return known.name == pulled.name
    return has_time_of(known, pulled)


def has_time_of(known: ArtifactFacts, pulled: Pulled) -> bool:
    """Whether an artifact has the name and the time that it had when it was pulled, to the seventh
    digit of a second, as Azure gives it."""
    now = ticks_of(pulled.changed_time)
    if now is None or pulled.name != known.name:
        return False
    if known.account_time:
        return ticks_of(known.account_time) == now
    time = moment(pulled.changed_time)
    return time is not None and rfc3339(time) == known.changed_at


def is_same(known: ArtifactFacts, pulled: Pulled) -> bool:
    """Whether the account says that an artifact is as the service has it."""
    if not has_time_of(known, pulled):
        return False
    wanted, content = pulled.content, known.content
    if isinstance(wanted, ContentWanted):
        if content is None or content.size != wanted.size:
            return False
        return not (wanted.md5 and content.md5) or wanted.md5 == content.md5
    if wanted is None:
        return content is None
    return content is not None and hashlib.sha256(wanted).hexdigest() == content.sha256


def is_told(content: ContentReference, wanted: ContentWanted) -> bool:
    """Whether a link says by itself that its bytes are those of content: one without a hash says
    too little."""
    return content.size == wanted.size and bool(wanted.md5) and content.md5 == wanted.md5
