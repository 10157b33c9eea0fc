"""Names in Bicep: each is declared and used, and modules are given what they ask for."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from tree_sitter import Node

from infra.check.source import Source, literal, text, walk

_DECLARATIONS = {
    "parameter_declaration": "parameter",
    "variable_declaration": "variable",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "type_declaration": "type",
}
_MUST_BE_USED = {"parameter", "variable"}
_LOCAL = {"loop_variable", "loop_enumerator"}


def name_problems(source: Source) -> list[str]:
    """Names that nothing declares, or that nothing uses."""
    declared = {name: kind for kind, name, _ in _declared(source)}
    local = {text(node) for node in source.nodes(*_LOCAL)}
    local |= {text(node) for loop in source.nodes("for_statement") for node in _first(loop)}
    used = [node for node in source.nodes("identifier") if _is_use(node)]
    unknown = [node for node in used if text(node) not in declared.keys() | local]
    names = {text(node) for node in used}
    return [
        *(source.at(node, f"nothing declares {text(node)}") for node in unknown),
        *(
            source.at(node, f"nothing uses the {kind} {name}")
            for kind, name, node in _declared(source)
            if kind in _MUST_BE_USED and name not in names
        ),
    ]


def module_problems(source: Source, all_sources: Mapping[Path, Source]) -> list[str]:
    """Modules that are not there, parameters that they lack or do not have, unknown outputs."""
    problems = []
    outputs: dict[str, set[str]] = {}
    for kind, name, node in _declared(source):
        if kind != "module":
            continue
        place = literal(node.named_children[1]) or ""
        module = all_sources.get((source.path.parent / place).resolve())
        if module is None:
            problems.append(source.at(node, f"there is no module file {place}"))
            continue
        outputs[name] = {
            text(output.named_children[0]) for output in module.nodes("output_declaration")
        }
        known = parameters(module)
        given = _given(node)
        required = {parameter for parameter, optional in known.items() if not optional}
        problems += [
            source.at(node, f"{place} has no parameter {wrong}")
            for wrong in sorted(given - known.keys())
        ]
        problems += [
            source.at(node, f"{place} needs the parameter {lacking}")
            for lacking in sorted(required - given)
        ]
    problems += [
        source.at(node, f"the module {name} has no output {output}")
        for node, name, output in _outputs_read(source)
        if output not in outputs.get(name, {output})
    ]
    return problems


def parameters(source: Source) -> dict[str, bool]:
    """The parameters that a file declares, and whether each may be left out."""
    return {
        name: any(child.type == "=" for child in node.children)
        or any(child.type == "nullable_type" for child in walk(node))
        for kind, name, node in _declared(source)
        if kind == "parameter"
    }


def parameter_file_problems(file: Path, main: Source) -> list[str]:
    """Parameters that azd cannot be told, or that main.bicep does not have."""
    listed = set(json.loads(file.read_text())["parameters"])
    known = set(parameters(main))
    return [
        *(f"{file.name}: lacks {name}, a parameter of {main.name}" for name in known - listed),
        *(f"{file.name}: {main.name} has no parameter {name}" for name in listed - known),
    ]


def _declared(source: Source) -> Iterator[tuple[str, str, Node]]:
    for node in source.nodes(*_DECLARATIONS):
        yield _DECLARATIONS[node.type], text(node.named_children[0]), node


def _first(loop: Node) -> list[Node]:
    """The variable of ``for x in y``."""
    initializer = loop.child_by_field_name("initializer")
    return [initializer] if initializer else []


def _is_use(node: Node) -> bool:
    """Whether an identifier stands for what it names, and is not the name of something new."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "object_property":
        return parent.named_children[0] != node
    if parent.type in (*_DECLARATIONS, "output_declaration"):
        return parent.named_children[0] != node
    if parent.type == "call_expression":
        return parent.child_by_field_name("function") != node
    if parent.type == "for_statement":
        return parent.child_by_field_name("initializer") != node
    return True


def _given(module: Node) -> set[str]:
    """The parameters that a module declaration gives."""
    for node in walk(module):
        if node.type == "object_property" and text(node.named_children[0]) == "params":
            return {
                text(given.named_children[0])
                for given in node.named_children[1].named_children
                if given.type == "object_property"
            }
    return set()


def _outputs_read(source: Source) -> Iterator[tuple[Node, str, str]]:
    """Every ``module.outputs.name``."""
    for node in source.nodes("member_expression"):
        parts = text(node).replace("!", "").split(".")
        if len(parts) == 3 and parts[1] == "outputs":
            yield node, parts[0], parts[2]
