"""Artifacts of a service, their content, and imports of many at once."""

import base64
import binascii
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from json import dumps

from shared.model.artifact import ArtifactBody, ImportBody
from shared.model.problem import Code, Problem
from shared.model.sections import WITH_CONTENT, Section
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.operations.immediate import LogEntry, service_update
from shared.rules.naming import is_artifact_name, shown
from shared.services.artifacts import WriteResult
from shared.services.certificates import public_certificate
from shared.services.documents import shown_artifact
from shared.services.service_view import counted_sections
from shared.state.edits import Put
from shared.web.http.call import Answer, Call
from shared.web.http.etag import condition, is_unchanged, strong, unless_unchanged
from shared.web.http.paging import PAGING, after, name_prefix, one_page, top
from shared.web.http.route import PageOf, new_blueprint, route
from shared.web.http.shared_errors import CHANGES_CONFIGURATION, WRITES_DOCUMENT
from shared.web.http.tasks import DocsGroup

blueprint = new_blueprint(DocsGroup.ARTIFACTS)
_ONE = "services/{service}/artifacts/{section}/{name}"
_PARTNER: JsonObject = {
    "partnerType": "B2B",
    "content": {"b2b": {"businessIdentities": [{"qualifier": "ZZ", "value": "NORTHWIND"}]}},
}
"""A document, as an example."""


@route(
    blueprint,
    "GET",
    "services/{service}/artifacts",
    answers=(200, 304),
    gives="CountedSections",
)
async def get_sections(call: Call) -> Answer:
    """Read how many artifacts each section of a service holds, and may hold."""
    service = (await call.app.services.require(call.path("service"))).service
    head = await call.app.configuration.head(service.id)
    shown: JsonObject = {"value": [*counted_sections(service, head)]}
    return unless_unchanged(call, dumps(shown), shown)


@route(
    blueprint,
    "GET",
    "services/{service}/artifacts/{section}",
    query=("namePrefix", *PAGING),
    gives=PageOf("Artifact"),
)
async def list_artifacts(call: Call) -> Answer:
    """List the artifacts of a section, all or those whose names begin with a text."""
    section, prefix = _section(call), name_prefix(call)
    service = (await call.app.services.require(call.path("service"))).service
    return await one_page(
        call,
        f"services/{service.name}/artifacts/{section}",
        call.app.artifacts.pages(
            service, section, after(call, is_artifact_name), top(call) + 1, prefix=prefix
        ),
        lambda found: shown_artifact(found.value),
        lambda found: found.value.name,
        query={"namePrefix": prefix} if prefix else {},
    )


@route(
    blueprint, "GET", _ONE, answers=(200, 304), gives="Artifact", errors={Code.ARTIFACT_NOT_FOUND}
)
async def get_artifact(call: Call) -> Answer:
    """Read an artifact; its secrets are masked."""
    section = _section(call)
    service = (await call.app.services.require(call.path("service"))).service
    found = await call.app.artifacts.get(service, section, call.path("name"))
    return unless_unchanged(call, found.etag, shown_artifact(found.value))


@route(
    blueprint,
    "PUT",
    _ONE,
    query=("allowReuse",),
    body=ArtifactBody,
    answers=(200, 201),
    conditional=True,
    example={"document": _PARTNER},
    gives="Artifact",
    errors=WRITES_DOCUMENT,
)
async def put_artifact(call: Call) -> Answer:
    """Write an artifact; content that it has stays."""
    section, body = _section(call), call.body(ArtifactBody)
    service = (await call.app.services.require(call.path("service"))).service
    reuse = call.flag("allowReuse")
    async with _logged(
        call, service, "PutArtifact", {"allowReuse": True} if reuse else {}
    ) as entry:
        written = await call.app.artifacts.put(
            service,
            section,
            call.path("name"),
            body.document,
            condition(call),
            allow_reuse=reuse,
            before_write=entry.open,
        )
    return _written(written, 201 if written.created else 200)


@route(
    blueprint,
    "DELETE",
    _ONE,
    answers=(204,),
    conditional=True,
    errors=CHANGES_CONFIGURATION
    | {Code.MANAGED_BY_ACCOUNT, Code.ARTIFACT_NOT_FOUND, Code.ARTIFACT_IN_USE},
)
async def delete_artifact(call: Call) -> Answer:
    """Delete an artifact."""
    section = _section(call)
    service = (await call.app.services.require(call.path("service"))).service
    async with _logged(call, service, "DeleteArtifact") as entry:
        await call.app.artifacts.delete(
            service, section, call.path("name"), condition(call), entry.open
        )
    return Answer(status=204)


@route(
    blueprint,
    "PUT",
    f"{_ONE}/content",
    answers=(200, 201),
    takes_bytes=True,
    conditional=True,
    gives="Artifact",
    errors=CHANGES_CONFIGURATION
    | {Code.MANAGED_BY_ACCOUNT, Code.ARTIFACT_NOT_FOUND, Code.CONTENT_MD5_MISMATCH},
)
async def put_content(call: Call) -> Answer:
    """Give an artifact its bytes, as they are."""
    section, name = _section(call), call.path("name")
    if section not in WITH_CONTENT:
        raise Problem(
            Code.INVALID_REQUEST,
            f"Artifacts of the section {section} have no content; these have: "
            f"{', '.join(sorted(WITH_CONTENT))}.",
            target="section",
        )
    service = (await call.app.services.require(call.path("service"))).service
    check = condition(call)
    await call.app.artifacts.require_content_place(service, section, name, check)
    data = _bytes(call)
    facts = await public_certificate(data) if section is Section.CERTIFICATES else None
    content = await call.app.content.put(service.id, data, _content_type(call), _content_md5(call))
    content = content.model_copy(update={"certificate": facts})
    async with _logged(call, service, "PutContent", {"sha256": content.sha256}) as entry:
        written, first = await call.app.artifacts.put_content(
            service, section, name, content, check, entry.open
        )
    shown = shown_artifact(written.artifact)
    headers = {"ETag": strong(content.version)}
    return Answer(shown, 201 if first else 200, headers, has_own_tag=False)


@route(
    blueprint,
    "GET",
    f"{_ONE}/content",
    answers=(200, 304),
    gives_bytes=True,
    errors={Code.ARTIFACT_NOT_FOUND},
)
async def get_content(call: Call) -> Answer:
    """Read the bytes of an artifact."""
    section, name = _section(call), call.path("name")
    service = (await call.app.services.require(call.path("service"))).service
    content = (await call.app.artifacts.get(service, section, name)).value.content
    if content is None:
        raise Problem(
            Code.ARTIFACT_NOT_FOUND, f"'{shown(name)}' has no content. Put it first.", "name"
        )
    headers = {"ETag": strong(content.version)}
    if is_unchanged(call, content.version):
        return Answer(status=304, headers=headers)
    data = b"".join([chunk async for chunk in call.app.content.open(service.id, content)])
    return Answer(data, headers=headers, content_type=content.content_type)


@route(
    blueprint,
    "POST",
    "services/{service}/import",
    query=("validateOnly",),
    body=ImportBody,
    answers=(200, 207),
    example={"artifacts": [{"section": "partners", "name": "Northwind", "document": _PARTNER}]},
    gives="ImportReport",
    errors=WRITES_DOCUMENT,
)
async def import_artifacts(call: Call) -> Answer:
    """Write up to 1,000 artifacts; all or nothing where they fit one transaction (99).

    With validateOnly=true, only say of each what would become of it.
    """
    body = call.body(ImportBody)
    service = (await call.app.services.require(call.path("service"))).service
    if call.flag("validateOnly"):
        return _report(body, await call.app.imports.rehearse(service, body.artifacts))
    about: JsonObject = {"artifacts": len(body.artifacts)}
    async with service_update(
        call.app.engine, service.name, service.id, call.caller, "ImportArtifacts", about
    ) as entry:
        done = await call.app.imports.write(service, body.artifacts, entry.open)
        refused = [result for result in done if isinstance(result, Problem)]
        entry.partly = bool(refused)
        entry.result = {"written": len(done) - len(refused), "refused": len(refused)}
    return _report(body, done)


def _report(body: ImportBody, results: Sequence[WriteResult | Put | Problem]) -> Answer:
    """The answer to an import: a line for each artifact."""
    report = [
        _reported(item.section, item.name, result)
        for item, result in zip(body.artifacts, results, strict=True)
    ]
    refused = [result for result in results if isinstance(result, Problem)]
    waits = [problem.retry_after_seconds for problem in refused if problem.retry_after_seconds]
    headers = {"Retry-After": str(max(waits))} if waits else {}
    return Answer({"value": list(report)}, 207 if refused else 200, headers, refused=refused)


def _reported(section: Section, name: str, result: WriteResult | Put | Problem) -> JsonObject:
    line: JsonObject = {"section": section, "name": name}
    if isinstance(result, Problem):
        return {**line, "status": "refused", "error": result.to_json()}
    created = result.new if isinstance(result, Put) else result.created
    return {**line, "status": "created" if created else "replaced"}


def _logged(
    call: Call, service: Service, change: str, more: JsonObject | None = None
) -> AbstractAsyncContextManager[LogEntry]:
    """The record in the log of a change of the artifact that the request names."""
    about: JsonObject = {"section": call.path("section"), "name": call.path("name"), **(more or {})}
    return service_update(call.app.engine, service.name, service.id, call.caller, change, about)


def _section(call: Call) -> Section:
    text = call.path("section")
    try:
        return Section(text)
    except ValueError as error:
        raise Problem(
            Code.INVALID_REQUEST,
            f"There is no section '{shown(text)}'; these are: {', '.join(Section)}.",
            target="section",
        ) from error


def _written(written: WriteResult, status: int) -> Answer:
    return Answer(shown_artifact(written.artifact), status, {"ETag": strong(written.etag)})


def _bytes(call: Call) -> bytes:
    """The body. The Functions host passes on a chunked body as an empty one."""
    packed = call.header("content-encoding") or "identity"
    if packed.strip().lower() != "identity":
        raise Problem(
            Code.INVALID_REQUEST,
            "Content is kept as it comes, and is answered without Content-Encoding. Send it "
            "unpacked, or as a file of that kind without the header.",
            target="Content-Encoding",
        )
    data: bytes = call.request.get_body()
    if not data and call.header("content-length") != "0":
        raise Problem(
            Code.INVALID_REQUEST,
            "The body came without its length, and the Functions host does not hand such a body "
            "on. Send Content-Length, not a chunked body; for empty content, Content-Length: 0.",
            target="Content-Length",
        )
    return data


def _content_type(call: Call) -> str:
    text = call.header("content-type") or "application/octet-stream"
    if len(text) > 200 or not (text.isascii() and text.isprintable()):
        raise Problem(
            Code.INVALID_REQUEST,
            "Content-Type takes at most 200 printable characters.",
            target="Content-Type",
        )
    return text


def _content_md5(call: Call) -> bytes | None:
    text = call.header("content-md5")
    if text is None:
        return None
    try:
        md5 = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        md5 = b""
    if len(md5) != 16:
        raise Problem(
            Code.INVALID_REQUEST,
            "Content-MD5 is the base64 of 16 bytes (RFC 1864).",
            target="Content-MD5",
        )
    return md5
