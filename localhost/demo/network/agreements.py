"""The agreements of the network: who exchanges what with whom, and how each one counts."""

import secrets
import string
from dataclasses import replace

from localhost.demo.network.artifact import Artifact, Identity, Numbers
from localhost.demo.network.as2 import As2Connection
from localhost.demo.network.edifact import EdifactAgreement, Groups
from localhost.demo.network.x12 import X12Agreement

OSTROW_X12 = "Tarnfell-Ostrow-X12"
QUARRICK_X12 = "Tarnfell-Quarrick-X12"
MUEHLGRUND_EDIFACT = "Tarnfell-Mühlgrund-EDIFACT"
VANTELLE_EDIFACT = "Tarnfell-Vantelle-EDIFACT"
WINDLASS_EDIFACT = "Tarnfell-Windlass-EDIFACT"

_TARNFELL_ZZ = Identity("Tarnfell Pumps", "ZZ", "TARNFELL")
_TARNFELL_GLN = Identity("Tarnfell Pumps", "14", "2900004100011")
_TARNFELL_AS2 = Identity("Tarnfell Pumps", "AS2Identity", "TARNFELL-AS2")

_AS2_GUESTS = (
    ("Tarnfell-Ostrow-AS2", Identity("Ostrow Foundry", "AS2Identity", "OSTROW-PROD"), "ostrow"),
    (
        "Tarnfell-Quarrick-AS2",
        Identity("Quarrick Drives", "AS2Identity", "QUARRICK_EDI"),
        "quarrick",
    ),
    (
        "Tarnfell-Mühlgrund-AS2",
        Identity("Mühlgrund Dichtungen", "AS2Identity", "MUEHLGRUND"),
        "muehlgrund",
    ),
    ("Tarnfell-Windlass-AS2", Identity("Windlass Freight", "AS2Identity", "WINDLASS"), "windlass"),
)
_SPEAK_X12 = {"ostrow", "quarrick"}


def agreements() -> list[Artifact]:
    """All agreements, with passwords of this run."""
    return [
        *(agreement.artifact() for agreement in _x12()),
        *(agreement.artifact() for agreement in _edifact()),
        *(connection.artifact() for connection in _as2()),
    ]


def agreed_password(length: int) -> str:
    """A password as partners agree on one by telephone: capitals and digits."""
    alphabet = string.ascii_uppercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _x12() -> list[X12Agreement]:
    """Ostrow carries on where the system before this one stopped; Quarrick marks its ST02."""
    ostrow = X12Agreement(
        name=OSTROW_X12,
        host=_TARNFELL_ZZ,
        guest=Identity("Ostrow Foundry", "ZZ", "OSTROWFDY"),
        sends=("850",),
        receives=("810", "856"),
        authorization=agreed_password(10),
        password=agreed_password(10),
        interchange=Numbers(lower=41_207),
        group=Numbers(lower=3_900),
    )
    return [
        ostrow,
        replace(
            ostrow,
            name=f"{OSTROW_X12} Test",
            guest=Identity("Ostrow Foundry", "ZZ", "OSTROWFDYT"),
            authorization=agreed_password(10),
            password=agreed_password(10),
            usage="Test",
            interchange=Numbers(upper=9_999),
            group=Numbers(upper=9_999),
        ),
        X12Agreement(
            name=QUARRICK_X12,
            host=_TARNFELL_ZZ,
            guest=Identity("Quarrick Drives", "ZZ", "QUARRICKDRV"),
            sends=("850",),
            receives=("810", "850", "856"),
            authorization=agreed_password(10),
            password=agreed_password(10),
            segment_terminator_suffix="LF",
            transaction_set=Numbers(lower=1_000, upper=9_999_999, prefix="TP"),
        ),
    ]


def _edifact() -> list[EdifactAgreement]:
    """Mühlgrund wants a prefix, Vantelle takes five digits and no second round, Windlass groups."""
    return [
        EdifactAgreement(
            name=MUEHLGRUND_EDIFACT,
            host=_TARNFELL_GLN,
            guest=Identity("Mühlgrund Dichtungen", "14", "2900004300053"),
            sends=("ORDERS", "INVOIC"),
            receives=("DESADV",),
            recipient_password=agreed_password(14),
            interchange=Numbers(lower=5_001, upper=99_999_999, prefix="TF"),
            transaction_set=Numbers(upper=9_999_999, prefix="TF", suffix="M"),
            acknowledgement=Numbers(upper=9_999_999, prefix="TFC"),
        ),
        EdifactAgreement(
            name=VANTELLE_EDIFACT,
            host=_TARNFELL_GLN,
            guest=Identity("Vantelle Roulements", "14", "2900004400029"),
            sends=("ORDERS",),
            receives=("DESADV", "INVOIC"),
            recipient_password=agreed_password(14),
            interchange=Numbers(lower=60_001, upper=99_999, rollover=False),
            transaction_set=Numbers(upper=99_999),
            acknowledgement=Numbers(upper=99_999),
        ),
        EdifactAgreement(
            name=WINDLASS_EDIFACT,
            host=_TARNFELL_GLN,
            guest=Identity("Windlass Freight", "14", "2900004500095"),
            sends=("DESADV",),
            receives=("INVOIC",),
            recipient_password=agreed_password(14),
            interchange=Numbers(lower=700),
            transaction_set=Numbers(),
            acknowledgement=Numbers(),
            groups=Groups(agreed_password(14), Numbers(upper=999_999, suffix="W")),
        ),
    ]


def _as2() -> list[As2Connection]:
    return [
        As2Connection(
            name=name,
            host=_TARNFELL_AS2,
            guest=guest,
            signing_certificate="tarnfell-as2",
            encryption_certificate=f"{short}-as2",
            receipt_url=f"https://as2.{short}.example/mdn",
            media_type="application/EDI-X12" if short in _SPEAK_X12 else "application/EDIFACT",
            mic_algorithm="SHA2512" if short == "windlass" else "SHA2256",
            asynchronous_mdn=short == "quarrick",
        )
        for name, guest, short in _AS2_GUESTS
    ]
