"""One answer with each error code, for the OpenAPI document. Messages may change, codes do not."""

from typing import Any

from shared.model.problem import Code, Detail, DetailCode, Problem

_ACCOUNT = (
    "/subscriptions/6a1f0c2e-5b8a-4c6f-9e3d-2a1b0c9d8e7f/resourceGroups/rg-b2b"
    "/providers/Microsoft.Logic/integrationAccounts/contoso-b2b"
)


def error_example(code: Code) -> dict[str, Any]:
    """An answer with this code."""
    message, target = _SAID[code]
    details = [Detail(DetailCode.MISSING_MEMBER, message.rpartition(": ")[2], target)]
    shown = details if code is Code.INVALID_REQUEST else []
    return {"error": Problem(code, message, target or None, shown).to_json()}


_SAID: dict[Code, tuple[str, str]] = {
    Code.INVALID_REQUEST: (
        "The request is not valid: /edition: This member is required.",
        "/edition",
    ),
    Code.INVALID_JSON: (
        "The body is no JSON that can be used: it is empty; send a JSON object with a "
        "Content-Length header.",
        "",
    ),
    Code.INVALID_NAME: (
        "'b2b' is no service name. It takes 6 to 20 letters, digits and single hyphens, begins "
        "with a letter and ends with a letter or digit.",
        "service",
    ),
    Code.UNSUPPORTED_API_VERSION: (
        "api-version is not supported; these are: 2026-11-01.",
        "api-version",
    ),
    Code.DANGLING_REFERENCE: (
        "agreements/Northwind-Fabrikam names 'Northwind' of the section partners, which is not "
        "there. Put it first, or send both in one import.",
        "/document/hostPartner",
    ),
    Code.RESERVED_MEMBER: (
        "The member name $sealed is Interkeep's own. Send the secret itself, or ******** to keep "
        "the stored one.",
        "/document/password/$sealed",
    ),
    Code.MASK_WITHOUT_VALUE: (
        "******** keeps the stored secret, and none is stored there; in a list, for an element "
        "whose other members are as here. Send the secret itself, or leave the member out.",
        "/accessControl/key",
    ),
    Code.CERTIFICATE_PASSWORD_WRONG: (
        "The PFX does not open with this password, or it is no PFX. Check both, or export the "
        "certificate again.",
        "/sslCertificate/data",
    ),
    Code.CERTIFICATE_HAS_NO_PRIVATE_KEY: (
        "The PFX holds no certificate with its private key. Export it again, with the key.",
        "/sslCertificate/data",
    ),
    Code.CERTIFICATE_EXPIRED: (
        "The certificate of CN=b2b.contoso.example expired at 2026-10-01 12:00 UTC. Renew it, "
        "then send the new one.",
        "/sslCertificate/data",
    ),
    Code.CONTENT_MD5_MISMATCH: (
        "Content-MD5 says 1B2M2Y8AsgTpgAmY7PhCfg==, the body that arrived has "
        "S+836cZgGNCiHMnRdzDl1w==. Send it again.",
        "Content-MD5",
    ),
    Code.OPERATION_ID_IN_USE: (
        "Operation-Id 'contoso-before-release' belongs to another request of service "
        "'contoso-b2b'. Draw a new id for each request.",
        "Operation-Id",
    ),
    Code.STORAGE_ACCOUNT_UNKNOWN: (
        "No storage account is registered as 'elsewhere'. Registered: default, offsite. "
        "The app setting STORAGE_ACCOUNTS lists them.",
        "/storageAccount",
    ),
    Code.EDITION_TOO_LOW: (
        "The backup was made from a Standard service; it restores to the same or a higher "
        "edition, not to Basic. Choose Standard or Premium.",
        "/service/edition",
    ),
    Code.EDITION_HAS_NO_BACKUP: (
        "Service 'contoso-b2b' has the Free edition, which has no backup and restore. Create the "
        "service as Basic, Standard or Premium.",
        "",
    ),
    Code.FORBIDDEN: ("This needs one of the roles Interkeep.Operator, Interkeep.Admin.", ""),
    Code.CROSS_SITE_REQUEST: (
        "A page of another site sent this with the cookie of whoever is signed in. Send it from a "
        "page of this app, or with a token in Authorization.",
        "Sec-Fetch-Site",
    ),
    Code.INTEGRATION_ACCOUNT_FORBIDDEN: (
        "The app's identity (object id 2f7c1d0e-5b8a-4c6f-9e3d-2a1b0c9d8e7f) may not do "
        f"Microsoft.Logic/integrationAccounts/read on {_ACCOUNT}: Azure answered 403 "
        "AuthorizationFailed. The role Reader allows it: give it to that identity on the account "
        "or its resource group; it counts after some minutes.",
        "",
    ),
    Code.SERVICE_NOT_FOUND: (
        "There is no service 'contoso-b2b'. GET services lists those that there are.",
        "service",
    ),
    Code.ARTIFACT_NOT_FOUND: (
        "Service 'contoso-b2b' has no 'Northwind' in the section partners.",
        "name",
    ),
    Code.AGREEMENT_NOT_FOUND: (
        "Service 'contoso-b2b' has no agreement 'Northwind-Fabrikam'.",
        "agreement",
    ),
    Code.BACKUP_NOT_FOUND: (
        "Service 'contoso-b2b' has no backup 'contoso-before-upgrade'.",
        "backup",
    ),
    Code.OPERATION_NOT_FOUND: (
        "Service 'contoso-b2b' has no operation '2f7c1d0e5b8a4c6f9e3d2a1b0c9d8e7f' in its log, "
        "which reaches back 180 days.",
        "id",
    ),
    Code.RESTORE_NOT_FOUND: (
        "There is no restore 'contoso-b2b.2f7c1d0e'. Its id is <service>.<operation id>.",
        "restore",
    ),
    Code.SCHEDULE_NOT_FOUND: (
        "Service 'contoso-b2b' has no backup schedule. Save one first.",
        "service",
    ),
    Code.ROUTE_NOT_FOUND: (
        "There is no GET at this address. docs/api.md lists the routes.",
        "",
    ),
    Code.OPERATION_NOT_ALLOWED: (
        "Service 'contoso-b2b' is Suspended, which does not allow stop. It allows: backup, "
        "delete, disable, resume, suspend, updateConfiguration.",
        "",
    ),
    Code.OPERATION_IN_PROGRESS: (
        "BackupBizTalkService of service 'contoso-b2b' is under way (operation "
        "2f7c1d0e5b8a4c6f9e3d2a1b0c9d8e7f). Wait until it ends.",
        "2f7c1d0e5b8a4c6f9e3d2a1b0c9d8e7f",
    ),
    Code.SERVICE_EXISTS: (
        "Service 'contoso-b2b' exists; its name is free once it is deleted. Nothing was changed.",
        "service",
    ),
    Code.SERVICE_NAME_UNAVAILABLE: (
        "Service 'contoso-b2b' is being deleted; its name is free as soon as that completes.",
        "service",
    ),
    Code.SERVICE_NOT_ACTIVE: (
        "Service 'contoso-b2b' is Suspended; control numbers are issued only while it is Active. "
        "Resume it first.",
        "",
    ),
    Code.QUOTA_EXCEEDED: (
        "Service 'contoso-b2b' (Basic, 1 unit) may hold 25 bridges; this would make 26. Delete "
        "some, add units, or restore to a higher edition.",
        "bridges",
    ),
    Code.ARTIFACT_IN_USE: (
        "'Northwind' is used by agreements/Northwind-Fabrikam. Change or delete them first.",
        "partners/Northwind",
    ),
    Code.CONFIGURATION_HELD: (
        "A backup is reading the configuration of 'contoso-b2b'; changes wait for it, a minute "
        "at most.",
        "",
    ),
    Code.BACKUP_NAME_IN_USE: (
        "'contoso-before-upgrade' is in use: a backup or a container has that name already, and "
        "it was left untouched. Choose another name.",
        "/name",
    ),
    Code.BACKUP_NAME_UNAVAILABLE: (
        "A container 'contoso-before-upgrade' is being deleted. Wait a minute, or choose another "
        "name.",
        "/name",
    ),
    Code.BATCHES_ACTIVE: (
        "Batches have active messages, which the backup does not hold: Hourly (12). A restore "
        "loses them: process them first. Or leave requireIdleBatches out, and the backup says "
        "what it lacks.",
        "/requireIdleBatches",
    ),
    Code.BACKUP_PINNED: (
        "Backup 'contoso-before-upgrade' is pinned. Unpin it first (PATCH).",
        "contoso-before-upgrade",
    ),
    Code.BACKUP_IN_USE: (
        "'contoso-before-upgrade' is in use: RestoreBizTalkService reads it. Wait until it ends.",
        "contoso-before-upgrade",
    ),
    Code.LAST_GOOD_BACKUP: (
        "'contoso-before-upgrade' is the only good backup of service 'contoso-b2b' that can be "
        "read now. Make another one first, or repeat with force=true.",
        "contoso-before-upgrade",
    ),
    Code.BACKUP_INCOMPLETE: (
        "The backup 'contoso-before-upgrade' is PartiallySucceeded: 1 items are not in it. Send "
        "acceptPartial: true to restore what there is.",
        "/acceptPartial",
    ),
    Code.CONTROL_NUMBER_ISSUED: (
        "Numbers up to 1000 were issued; from 500 on they would be issued again. Choose a later "
        "one, or send allowReuse: true if the partner expects that.",
        "/next",
    ),
    Code.CONTROL_NUMBERS_EXHAUSTED: (
        "0 numbers are left up to 9999, 1 were asked for, and the agreement does not roll over "
        "that far. Widen its bounds or let it roll over.",
        "",
    ),
    Code.DESCRIPTOR_FORGED: (
        "The descriptor 'contoso-before-upgrade.txt' is refused: its seal does not fit. It was "
        "changed after it was written, or made by somebody without the key. Use another backup.",
        "contoso-before-upgrade.txt",
    ),
    Code.BLOB_MISSING: (
        "The blob 'sections/1-1/partners.jsonl.gz' is missing from the container "
        "'contoso-before-upgrade': the backup is not whole. Use another backup, or copy the "
        "container again.",
        "sections/1-1/partners.jsonl.gz",
    ),
    Code.BLOB_CORRUPT: (
        "The blob 'sections/1-1/partners.jsonl.gz' is not as it was written: its hash differs. "
        "Use another backup, or copy the container again.",
        "sections/1-1/partners.jsonl.gz",
    ),
    Code.BLOB_ARCHIVED: (
        "The blob 'sections/1-1/partners.jsonl.gz' of the container 'contoso-before-upgrade' is "
        "in the archive tier, or on its way out of it: nothing can read it there. Move the "
        "container's blobs to the hot or cool tier, wait until that is done (hours), and try "
        "again.",
        "sections/1-1/partners.jsonl.gz",
    ),
    Code.FORMAT_UNKNOWN: (
        "'contoso-before-upgrade.txt' has the format 'interkeep-backup/3'; this app reads "
        "interkeep-backup/1 and interkeep-backup/2. Deploy a newer Interkeep to read newer "
        "backups.",
        "contoso-before-upgrade.txt",
    ),
    Code.KEY_UNAVAILABLE: (
        "Needs sealing key '6f2a6a1655cb92f8'. It is none of this app's keys. Add it to "
        "SEALING_KEYS_FORMER and restart. Nothing was lost or changed.",
        "6f2a6a1655cb92f8",
    ),
    Code.INTEGRATION_ACCOUNT_NOT_FOUND: (
        f"There is no {_ACCOUNT}: Azure has no such integration account (404 ResourceNotFound). "
        "Check its id. If it was deleted, push what its service holds, or a backup of that once it "
        "is restored, into a new account (create).",
        "",
    ),
    Code.INTEGRATION_ACCOUNT_UNKNOWN: (
        f"The app setting INTEGRATION_ACCOUNTS does not let '{_ACCOUNT}' be named: it is empty. "
        "Add the account, its resource group or its subscription to it.",
        "/resourceId",
    ),
    Code.INTEGRATION_ACCOUNT_LINKED: (
        f"The integration account '{_ACCOUNT}' is linked already. Service 'contoso-dr' has it: an "
        "account is of one service. Use that one, or end its link first.",
        "/resourceId",
    ),
    Code.INTEGRATION_ACCOUNT_NOT_LINKED: (
        "Service 'contoso-b2b' is linked to no integration account. Link one first.",
        "service",
    ),
    Code.INTEGRATION_ACCOUNT_REFUSED: (
        "Azure refused Microsoft.Logic/integrationAccounts/partners/write of "
        f"{_ACCOUNT}/partners/Northwind: it was refused (409 ScopeLocked). Change what it says, "
        "then try again.",
        "",
    ),
    Code.INTEGRATION_ACCOUNT_HOLDS: (
        "The account has 2 artifacts otherwise than the service: partners/Northwind, "
        "agreements/Northwind-Fabrikam. Send existing: replace, and they become the service's, "
        "after a backup of the account; or existing: keep, and they stay; exclude them; or push "
        "into another account.",
        "/existing",
    ),
    Code.CONTROL_NUMBERS_UNCERTAIN: (
        "The account that the numbers were pulled from is gone: what was issued after the last "
        "pull is unknown, of 1 number. Send the policy advance with by: 200, which skips what may "
        "have been issued; or asKnown, and numbers may be issued again.",
        "/controlNumbers/policy",
    ),
    Code.MANAGED_BY_ACCOUNT: (
        f"Service 'contoso-b2b' is linked to the integration account '{_ACCOUNT}', which alone "
        "changes it. Change it there and pull, or end the link: DELETE "
        "services/{service}/integration-account.",
        "service",
    ),
    Code.PULL_REMOVES_TOO_MUCH: (
        "The pull would remove 12 of 12 partners, which are not in the account any more. If that "
        "is right, pull with acceptRemovals: true.",
        "/acceptRemovals",
    ),
    Code.CONDITION_NOT_MET: (
        "It was changed since you read it (If-Match). Read it again and repeat.",
        "If-Match",
    ),
    Code.BODY_TOO_LARGE: (
        "The body has 16777217 bytes, 16777216 are the most. Split it.",
        "",
    ),
    Code.DOCUMENT_TOO_LARGE: (
        "The document takes 1015953 bytes compressed; 716800 are the most. Put large bytes as "
        "content of the artifact instead.",
        "/document",
    ),
    Code.INTERNAL_ERROR: (
        "Something unexpected happened. Look for request 5f3c0a9b in the log of the app.",
        "",
    ),
    Code.STORAGE_UNAVAILABLE: (
        "Storage did not answer as expected. Try again; if it stays, look for request 5f3c0a9b "
        "in the log of the app.",
        "",
    ),
    Code.KEY_VAULT_UNAVAILABLE: (
        "The vault of key 'https://contoso.vault.azure.net/keys/interkeep-wrap/"
        "0123456789abcdef0123456789abcdef' did not do unwrapKey: it answered 503. Nothing was "
        "lost or changed; try again.",
        "",
    ),
    Code.INTEGRATION_ACCOUNT_UNAVAILABLE: (
        f"{_ACCOUNT} cannot be used now: Microsoft.Logic/integrationAccounts/partners/read of "
        f"{_ACCOUNT}/partners got no answer that helps: no answer, or a fault (503 "
        "ServerTimeout). Nothing was lost; try again.",
        "",
    ),
}
"""A message and a target of each; no target where that is empty."""
