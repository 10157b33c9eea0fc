"""EDIFACT agreements in the JSON of an integration account."""

from dataclasses import dataclass, field

from localhost.demo.network.artifact import Artifact, Identity, JsonObject, Numbers

_NAMESPACE = "http://schemas.microsoft.com/BizTalk/EDI/EDIFACT/2006"


@dataclass(frozen=True)
class Groups:
    """UNG of an agreement that groups its messages."""

    password: str
    """UNG 0058, agreed by the two partners."""
    numbers: Numbers = field(default_factory=Numbers)


@dataclass(frozen=True)
class EdifactAgreement:
    """What is particular to one EDIFACT agreement; all messages are D.96A."""

    name: str
    host: Identity
    guest: Identity
    sends: tuple[str, ...]
    receives: tuple[str, ...]
    recipient_password: str
    """UNB 0022, which the recipient checks."""
    interchange: Numbers
    transaction_set: Numbers
    acknowledgement: Numbers
    groups: Groups | None = None
    test: bool = False

    def artifact(self) -> Artifact:
        """The agreement as an artifact."""
        document: JsonObject = {
            "agreementType": "Edifact",
            "hostPartner": self.host.partner,
            "guestPartner": self.guest.partner,
            "hostIdentity": self.host.document(),
            "guestIdentity": self.guest.document(),
            "content": {
                "edifact": {
                    "receiveAgreement": self._one_way(self.guest, self.host, self.receives),
                    "sendAgreement": self._one_way(self.host, self.guest, self.sends),
                }
            },
            "metadata": {"owner": "EDI desk", "directory": "D.96A"},
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
                "validationSettings": {
                    "validateCharacterSet": True,
                    "checkDuplicateInterchangeControlNumber": inbound,
                    "interchangeControlNumberValidityDays": 90,
                    "checkDuplicateGroupControlNumber": inbound and self.groups is not None,
                    "checkDuplicateTransactionSetControlNumber": False,
                    "validateEDITypes": True,
                    "validateXSDTypes": inbound,
                    "allowLeadingAndTrailingSpacesAndZeroes": False,
                    "trimLeadingAndTrailingSpacesAndZeroes": True,
                    "trailingSeparatorPolicy": "NotAllowed",
                },
                "framingSettings": _framing(),
                "envelopeSettings": self._envelope(sender, receiver),
                "acknowledgementSettings": {
                    "needTechnicalAcknowledgement": True,
                    "batchTechnicalAcknowledgements": False,
                    "needFunctionalAcknowledgement": False,
                    "batchFunctionalAcknowledgements": False,
                    "needLoopForValidMessages": False,
                    "sendSynchronousAcknowledgement": False,
                    **self.acknowledgement.settings("acknowledgementControlNumber"),
                },
                "messageFilter": {"messageFilterType": "Include"},
                "messageFilterList": [{"messageId": message} for message in messages],
                "processingSettings": {
                    "maskSecurityInfo": True,
                    "preserveInterchange": False,
                    "suspendInterchangeOnError": inbound,
                    "createEmptyXmlTagsForTrailingSeparators": False,
                    "useDotAsDecimalSeparator": True,
                },
                "envelopeOverrides": [self._override(m, sender, receiver) for m in messages],
                "validationOverrides": [],
                "schemaReferences": [
                    {
                        "messageId": message,
                        "messageVersion": "D",
                        "messageRelease": "96A",
                        "schemaName": f"EFACT_D96A_{message}",
                    }
                    for message in messages
                ],
                "edifactDelimiterOverrides": [],
            },
        }

    def _envelope(self, sender: Identity, receiver: Identity) -> JsonObject:
        envelope: JsonObject = {
            "applicationReferenceId": "D96A",
            "applyDelimiterStringAdvice": True,
            "communicationAgreementId": "TARNFELL-EDI-7",
            "processingPriorityCode": "A",
            "isTestInterchange": self.test,
            "senderInternalIdentification": "MM" if sender == self.host else "SD",
            "receiverInternalIdentification": "SD" if sender == self.host else "MM",
            "recipientReferencePasswordQualifier": "AA",
            "recipientReferencePasswordValue": self.recipient_password,
            **self.interchange.settings("interchangeControlNumber"),
            "overwriteExistingTransactionSetControlNumber": True,
            **self.transaction_set.settings("transactionSetControlNumber"),
            "createGroupingSegments": self.groups is not None,
            "enableDefaultGroupHeaders": self.groups is not None,
        }
        if self.groups is not None:
            envelope |= {
                "groupControllingAgencyCode": "UN",
                "groupMessageVersion": "D",
                "groupMessageRelease": "96A",
                "groupApplicationSenderId": sender.value,
                "groupApplicationSenderQualifier": sender.qualifier,
                "groupApplicationReceiverId": receiver.value,
                "groupApplicationReceiverQualifier": receiver.qualifier,
                "groupApplicationPassword": self.groups.password,
                **self.groups.numbers.settings("groupControlNumber"),
            }
        return envelope

    def _override(self, message: str, sender: Identity, receiver: Identity) -> JsonObject:
        """UNH and UNG of one message type."""
        override: JsonObject = {
            "targetNamespace": _NAMESPACE,
            "messageId": message,
            "messageVersion": "D",
            "messageRelease": "96A",
            "controllingAgencyCode": "UN",
        }
        if self.groups is not None:
            override |= {
                "functionalGroupId": message,
                "groupHeaderMessageVersion": "D",
                "groupHeaderMessageRelease": "96A",
                "senderApplicationId": sender.value,
                "senderApplicationQualifier": sender.qualifier,
                "receiverApplicationId": receiver.value,
                "receiverApplicationQualifier": receiver.qualifier,
            }
        return override


def _framing() -> JsonObject:
    """UNA:+.? ' with syntax UNOC version 3, which knows no repetition."""
    return {
        "protocolVersion": 3,
        "characterSet": "UNOC",
        "characterEncoding": "iso-8859-1",
        "dataElementSeparator": ord("+"),
        "componentSeparator": ord(":"),
        "decimalPointIndicator": "Decimal",
        "releaseIndicator": ord("?"),
        "repetitionSeparator": ord(" "),
        "segmentTerminator": ord("'"),
        "segmentTerminatorSuffix": "CRLF",
    }
