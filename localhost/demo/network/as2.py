"""AS2 connections in the JSON of an integration account."""

from dataclasses import dataclass

from localhost.demo.network.artifact import Artifact, Identity, JsonObject


@dataclass(frozen=True)
class As2Connection:
    """What is particular to one AS2 connection."""

    name: str
    host: Identity
    guest: Identity
    signing_certificate: str
    """The host's, with its private key: signs what goes out, opens what comes in."""
    encryption_certificate: str
    """The guest's, public: encrypts what goes out, checks what comes in."""
    receipt_url: str
    media_type: str
    """Of the messages: application/EDI-X12 or application/EDIFACT."""
    mic_algorithm: str = "SHA2256"
    asynchronous_mdn: bool = False

    def artifact(self) -> Artifact:
        """The connection as an artifact: it is an agreement, of type AS2."""
        document: JsonObject = {
            "agreementType": "AS2",
            "hostPartner": self.host.partner,
            "guestPartner": self.guest.partner,
            "hostIdentity": self.host.document(),
            "guestIdentity": self.guest.document(),
            "content": {
                "aS2": {
                    "receiveAgreement": self._one_way(self.guest, self.host),
                    "sendAgreement": self._one_way(self.host, self.guest),
                }
            },
            "metadata": {"owner": "EDI desk"},
        }
        return Artifact("agreements", self.name, document)

    def _one_way(self, sender: Identity, receiver: Identity) -> JsonObject:
        inbound = receiver == self.host
        return {
            "senderBusinessIdentity": sender.document(),
            "receiverBusinessIdentity": receiver.document(),
            "protocolSettings": {
                "messageConnectionSettings": _connection(keep_alive=True),
                "acknowledgementConnectionSettings": _connection(keep_alive=False),
                "mdnSettings": self._mdn(inbound=inbound),
                "securitySettings": self._security(inbound=inbound),
                "validationSettings": {
                    "overrideMessageProperties": True,
                    "encryptMessage": True,
                    "signMessage": True,
                    "compressMessage": False,
                    "checkDuplicateMessage": inbound,
                    "interchangeDuplicatesValidityDays": 14,
                    "checkCertificateRevocationListOnSend": False,
                    "checkCertificateRevocationListOnReceive": False,
                    "encryptionAlgorithm": "AES256",
                    "signingAlgorithm": self.mic_algorithm,
                },
                "envelopeSettings": {
                    "messageContentType": self.media_type,
                    "transmitFileNameInMimeHeader": False,
                    "fileNameTemplate": "%FILE().ReceivedFileName%",
                    "suspendMessageOnFileNameGenerationError": True,
                    "autogenerateFileName": True,
                },
                "errorSettings": {
                    "suspendDuplicateMessage": inbound,
                    "resendIfMDNNotReceived": not inbound,
                },
            },
        }

    def _mdn(self, *, inbound: bool) -> JsonObject:
        return {
            "needMDN": True,
            "signMDN": True,
            "sendMDNAsynchronously": self.asynchronous_mdn,
            "receiptDeliveryUrl": self.receipt_url,
            "dispositionNotificationTo": "edi@tarnfell.example",
            "signOutboundMDNIfOptional": True,
            "mdnText": "Received; processing goes on." if inbound else "",
            "sendInboundMDNToMessageBox": not inbound,
            "micHashingAlgorithm": self.mic_algorithm,
        }

    def _security(self, *, inbound: bool) -> JsonObject:
        """Non-repudiation: what was signed is kept, in both directions."""
        ours, theirs = self.signing_certificate, self.encryption_certificate
        return {
            "overrideGroupSigningCertificate": True,
            "signingCertificateName": theirs if inbound else ours,
            "encryptionCertificateName": ours if inbound else theirs,
            "enableNRRForInboundEncodedMessages": inbound,
            "enableNRRForInboundDecodedMessages": inbound,
            "enableNRRForOutboundMDN": inbound,
            "enableNRRForOutboundEncodedMessages": not inbound,
            "enableNRRForOutboundDecodedMessages": not inbound,
            "enableNRRForInboundMDN": not inbound,
            "sha2AlgorithmFormat": "Sha2",
        }


def _connection(*, keep_alive: bool) -> JsonObject:
    return {
        "ignoreCertificateNameMismatch": False,
        "supportHttpStatusCodeContinue": True,
        "keepHttpConnectionAlive": keep_alive,
        "unfoldHttpHeaders": True,
    }
