"""The counters of an agreement as a backup has them."""

from shared.model.numbers import AgreementNumbers
from shared.model.record import Record
from shared.numbers.streams import Known, as_backed_up
from shared.services.cut_records import CountedAgreement
from shared.state.control_numbers import LedgerRow


def counted(numbers: AgreementNumbers, row: LedgerRow | None, known: Known) -> CountedAgreement:
    """The counters of an agreement, with their record; without one if nothing is known of any.

    :param row: its own row; None if there never was one under this name.
    :param known: the rows of all names that share numbers with its service.
    """
    found = as_backed_up(numbers, row, known)
    document = found.to_json()
    record: Record | None = None
    if row is not None:
        record = Record(row.agreement, document, row.changed_at)
    elif document:
        rows = known.of(numbers.name, numbers.stream)
        latest = max((one.row.changed_at for one in rows), default="")
        record = Record(numbers.name, document, latest)
    name = record.name if record is not None else numbers.name
    return CountedAgreement(name, numbers.numbering, found.counters, record)
