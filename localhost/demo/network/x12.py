"""X12 agreements in the JSON of an integration account."""

from dataclasses import dataclass, field

from localhost.demo.network.artifact import Artifact, Identity, JsonObject, Numbers

VERSION = "00401"
_FUNCTIONAL_GROUPS = {"810": "IN", "850": "PO", "856": "SH"}
_NAMESPACE = "http://schemas.microsoft.com/BizTalk/EDI/X12/2006"


@dataclass(frozen=True)
class X12Agreement:
    """What is particular to one X12 agreement; everything else is the network's custom."""

    name: str
    host: Identity
    guest: Identity
    sends: tuple[str, ...]
    receives: tuple[str, ...]
    authorization: str
    """ISA02: ten characters that only the two partners know."""
    password: str
    """ISA04, likewise."""
    usage: str = "Production"
    """ISA15 in words: Production, Test or Information."""
    segment_terminator_suffix: str = "None"
    interchange: Numbers = field(default_factory=Numbers)
    group: Numbers = field(default_factory=Numbers)
    transaction_set: Numbers = field(default_factory=lambda: Numbers(upper=9_999))
    acknowledgement: Numbers = field(default_factory=lambda: Numbers(upper=9_999))

    def artifact(self) -> Artifact:
        """The agreement as an artifact."""
        document: JsonObject = {
            "agreementType": "X12",
            "hostPartner": self.host.partner,
            "guestPartner": self.guest.partner,
            "hostIdentity": self.host.document(),
            "guestIdentity": self.guest.document(),
            "content": {
                "x12": {
                    "receiveAgreement": self._one_way(self.guest, self.host, self.receives),
                    "sendAgreement": self._one_way(self.host, self.guest, self.sends),
                }
            },
            "metadata": {"owner": "EDI desk", "usage": self.usage},
        }
        return Artifact("agreements", self.name, document)

    def _one_way(
        self, sender: Identity, receiver: Identity, messages: tuple[str, ...]
    ) -> JsonObject:
        inbound = receiver == self.host
        return {
            "senderBusinessIdentity": sender.document(),
            "receiverBusinessIdentity": receiver.document(),
            "protocolSettings": {
                "validationSettings": _validation(inbound=inbound),
                "framingSettings": self._framing(),
                "envelopeSettings": self._envelope(sender, receiver),
                "acknowledgementSettings": self._acknowledgements(inbound=inbound),
                "messageFilter": {"messageFilterType": "Include"},
                "messageFilterList": [{"messageId": message} for message in messages],
                "securitySettings": {
                    "authorizationQualifier": "03",
                    "authorizationValue": self.authorization,
                    "securityQualifier": "01",
                    "passwordValue": self.password,
                },
                "processingSettings": {
                    "maskSecurityInfo": True,
                    "convertImpliedDecimal": False,
                    "preserveInterchange": False,
                    "suspendInterchangeOnError": False,
                    "createEmptyXmlTagsForTrailingSeparators": False,
                    "useDotAsDecimalSeparator": True,
                },
                "envelopeOverrides": [_override(m, sender, receiver) for m in messages],
                "validationOverrides": [_line_breaks_allowed(m) for m in messages if m == "810"],
                "schemaReferences": [
                    {
                        "messageId": message,
                        "schemaVersion": VERSION,
                        "schemaName": f"X12_{VERSION}_{message}",
                    }
                    for message in messages
                ],
                "x12DelimiterOverrides": [],
            },
        }

    def _framing(self) -> JsonObject:
        return {
            "dataElementSeparator": ord("*"),
            "componentSeparator": ord(">"),
            "segmentTerminator": ord("~"),
            "segmentTerminatorSuffix": self.segment_terminator_suffix,
            "replaceSeparatorsInPayload": True,
            "replaceCharacter": ord(" "),
            "characterSet": "Extended",
        }

    def _envelope(self, sender: Identity, receiver: Identity) -> JsonObject:
        return {
            "controlStandardsId": ord("U"),
            "useControlStandardsIdAsRepetitionCharacter": False,
            "controlVersionNumber": VERSION,
            "usageIndicator": self.usage,
            "senderApplicationId": sender.value,
            "receiverApplicationId": receiver.value,
            **self.interchange.settings("interchangeControlNumber"),
            "enableDefaultGroupHeaders": True,
            "functionalGroupId": "PO",
            "groupHeaderAgencyCode": "X",
            "groupHeaderVersion": VERSION,
            "groupHeaderDateFormat": "CCYYMMDD",
            "groupHeaderTimeFormat": "HHMM",
            **self.group.settings("groupControlNumber"),
            "overwriteExistingTransactionSetControlNumber": True,
            **self.transaction_set.settings("transactionSetControlNumber"),
        }

    def _acknowledgements(self, *, inbound: bool) -> JsonObject:
        return {
            "needTechnicalAcknowledgement": False,
            "batchTechnicalAcknowledgements": False,
            "needFunctionalAcknowledgement": True,
            "functionalAcknowledgementVersion": VERSION,
            "batchFunctionalAcknowledgements": not inbound,
            "needImplementationAcknowledgement": False,
            "implementationAcknowledgementVersion": VERSION,
            "batchImplementationAcknowledgements": False,
            "needLoopForValidMessages": inbound,
            "sendSynchronousAcknowledgement": False,
            **self.acknowledgement.settings("acknowledgementControlNumber"),
        }


def _validation(*, inbound: bool) -> JsonObject:
    """Strict on what comes in: a number seen within 45 days is a duplicate."""
    return {
        "validateCharacterSet": True,
        "checkDuplicateInterchangeControlNumber": inbound,
        "interchangeControlNumberValidityDays": 45,
        "checkDuplicateGroupControlNumber": inbound,
        "checkDuplicateTransactionSetControlNumber": False,
        "validateEDITypes": True,
        "validateXSDTypes": inbound,
        "allowLeadingAndTrailingSpacesAndZeroes": False,
        "trimLeadingAndTrailingSpacesAndZeroes": True,
        "trailingSeparatorPolicy": "Optional" if inbound else "NotAllowed",
    }


def _override(message: str, sender: Identity, receiver: Identity) -> JsonObject:
    """GS01 to GS08 of one transaction set."""
    return {
        "targetNamespace": _NAMESPACE,
        "protocolVersion": VERSION,
        "messageId": message,
        "functionalIdentifierCode": _FUNCTIONAL_GROUPS[message],
        "senderApplicationId": sender.value,
        "receiverApplicationId": receiver.value,
        "responsibleAgencyCode": "X",
        "headerVersion": VERSION,
        "dateFormat": "CCYYMMDD",
        "timeFormat": "HHMM",
    }


def _line_breaks_allowed(message: str) -> JsonObject:
    """Invoices carry free text with whatever the supplier's system holds."""
    return {
        "messageId": message,
        "validateCharacterSet": False,
        "validateEDITypes": True,
        "validateXSDTypes": False,
        "allowLeadingAndTrailingSpacesAndZeroes": True,
        "trimLeadingAndTrailingSpacesAndZeroes": True,
        "trailingSeparatorPolicy": "Optional",
    }
