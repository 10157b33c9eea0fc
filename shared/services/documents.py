"""Documents in requests and answers: secrets are stored sealed, and shown as masks."""

from collections.abc import Callable

from shared.model.artifact import Artifact
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.rules.acceptable import require_acceptable
from shared.rules.documents import (
    NESTED,
    at,
    carried_masks,
    escaped,
    holds_open_secret,
    is_stand_in,
    masked,
    replace_secrets,
    replace_stand_ins,
)
from shared.rules.naming import artifact_key
from shared.rules.written import sealed_text
from shared.sealing.data_key import DataKey
from shared.state.artifact_rows import Restored

SERVICE = "service"
"""Section and name of a service's own settings, where secrets are bound to a place."""


def sealed_document(
    key: DataKey, section: str, name: str, document: JsonObject, stored: JsonObject | None
) -> JsonObject:
    """A caller's document as it is stored.

    :param stored: the stored document; a mask keeps the secret that it had (carried_masks).
    :raises Problem: ReservedMember, MaskWithoutValue, InvalidRequest.
    """
    at_document = "" if section == SERVICE else "/document"
    require_acceptable(document, at_document)
    bound_to = artifact_key(name)
    masks = carried_masks(section, document, stored) if stored else {}
    shown = masked(section, stored) if masks and stored else {}

    def kept(pointer: str) -> JsonValue:
        before = masks.get(pointer)
        # A secret, or a part of one: it is shown masked.
        if before is not None and at(shown, before) != at(stored, before):
            # It is in the clear if it was stored before its name or look was known as a secret's.
            held: JsonObject = {"": at(stored, before)}
            return replace_stand_ins(
                held, lambda place, value: key.open(section, bound_to, before + place[1:], value)
            )[""]
        raise Problem(
            Code.MASK_WITHOUT_VALUE,
            f"{MASK} keeps the stored secret, and none is stored there; in a list, for an element "
            "whose other members are as here. Send the secret itself, or leave the member out.",
            target=f"{at_document}{pointer}",
        )

    def seal(pointer: str, value: JsonValue) -> JsonValue:
        if value == MASK and masks.get(pointer) == pointer and is_stand_in(at(stored, pointer)):
            return at(stored, pointer)
        return key.seal(section, bound_to, pointer, _filled(value, pointer, kept))

    return replace_secrets(section, document, seal)


def _filled(value: JsonValue, pointer: str, kept: Callable[[str], JsonValue]) -> JsonValue:
    """A secret with its masks filled in; a secret may contain masks if its parts were masked by
    another rule."""
    if value == MASK:
        return kept(pointer)
    if isinstance(value, dict):
        return {n: _filled(v, f"{pointer}/{escaped(n)}", kept) for n, v in value.items()}
    if isinstance(value, list):
        return [_filled(v, f"{pointer}/{i}", kept) for i, v in enumerate(value)]
    return value


def sealed_at_rest(key: DataKey, section: str, name: str, document: JsonObject) -> JsonObject:
    """A stored document with all secrets sealed; those that are sealed already are not changed."""
    bound_to = artifact_key(name)

    known = open_document(key, section, name, document)

    def seal(pointer: str, value: JsonValue) -> JsonValue:
        stored = at(document, pointer)
        return stored if is_stand_in(stored) else key.seal(section, bound_to, pointer, value)

    return replace_secrets(section, known, seal)


def sealed_again(key: DataKey, section: str, record: Record) -> Restored | None:
    """A backed-up document as it is stored, with its secrets sealed again.

    None if that cannot be done by a text search, so that its values must be walked through as in
    ``sealed_document``.
    """
    written = record.written
    if written is None or holds_open_secret(section, written.document):
        return None
    secrets = written.secrets
    if any(isinstance(value, NESTED) or value == MASK for _, value in secrets.values()):
        return None
    bound_to = artifact_key(record.name)
    text = sealed_text(
        written,
        {
            index: key.seal(section, bound_to, pointer, value)
            for pointer, (index, value) in secrets.items()
        },
    )
    return None if text is None else Restored(text.decode(), written)


def open_document(key: DataKey, section: str, name: str, document: JsonObject) -> JsonObject:
    """A stored document with its secrets in the clear: for a backup, never for an answer."""
    bound_to = artifact_key(name)
    return replace_stand_ins(
        document, lambda pointer, value: key.open(section, bound_to, pointer, value)
    )


def shown_artifact(artifact: Artifact) -> JsonObject:
    """An artifact as answers show it."""
    shown = artifact.to_json()
    shown["document"] = masked(artifact.section, artifact.document)
    return shown
