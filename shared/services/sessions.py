"""Sessions of an integration account with their secrets sealed, as they are stored, and opened.

Nobody says what a session's content may hold, so the rule for secrets applies to it as to any
document. What is in an account is kept as it is: a content that has a member of Interkeep's own,
such as ``$sealed``, is sealed too, and comes back as it was.
"""

from shared.model.sections import SESSIONS
from shared.model.session import Session
from shared.rules.acceptable import require_acceptable
from shared.rules.documents import holds_open_secret, replace_secrets, replace_stand_ins
from shared.rules.naming import session_key
from shared.sealing.data_key import DataKey


def sealed_session(key: DataKey, session: Session) -> Session:
    """A session as it is stored.

    :param session: its secrets in the clear.
    :raises Problem: InvalidRequest for a content that is nested too deep or has a text with half a
        surrogate pair, DocumentTooLarge for one with too many values: a pull keeps these as their
        text.
    """
    document, name = session.document(), session_key(session.name)
    require_acceptable(document, reserved=False)
    sealed = replace_secrets(
        SESSIONS, document, lambda pointer, value: key.seal(SESSIONS, name, pointer, value)
    )
    return session if sealed is document else session.with_document(sealed)


def opened_session(key: DataKey, session: Session) -> Session:
    """A stored session with its secrets in the clear: for a backup and the account, never for an
    answer.

    :raises Problem: KeyUnavailable.
    """
    document, name = session.document(), session_key(session.name)
    opened = replace_stand_ins(
        document, lambda pointer, value: key.open(SESSIONS, name, pointer, value)
    )
    return session if opened is document else session.with_document(opened)


def has_open_secret(session: Session) -> bool:
    """Whether a stored session has a secret in the clear, which a rule or a setting made one
    since."""
    return holds_open_secret(SESSIONS, session.document())
