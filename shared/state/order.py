"""The order of the records in each section of a backup: that of the tables that they come from."""

from shared.model.sections import MIC_VALUES, RECEIVED_NUMBERS, SESSIONS
from shared.rules.naming import artifact_key
from shared.rules.received import kept
from shared.state.mic_values import mic_key
from shared.state.received_numbers import number_key
from shared.state.row_keys import encoded
from shared.state.sessions import row_key_of as session_key


def record_key(section: str, name: str) -> str:
    """The sort key of a section's records, from a record's name.

    :raises ValueError: for a name that no record of the section can have.
    """
    if section == RECEIVED_NUMBERS:
        # A reference may contain a slash; its agreement and kind do not.
        agreement, kind, value = name.split("/", 2)
        return number_key(agreement, kind, kept(value))
    if section == MIC_VALUES:
        # An agreement's name contains no slash; a message id may.
        agreement, slash, message_id = name.partition("/")
        if not slash:
            raise ValueError("the name of a MIC value is <agreement>/<message id>")
        return mic_key(agreement, message_id)
    if section == SESSIONS:
        return session_key(name)
    return encoded(artifact_key(name))


def key_of(section: str, name: str) -> str | None:
    """As ``record_key``; None for a name that no record of the section can have."""
    try:
        return record_key(section, name)
    except ValueError:
        return None
