"""A Bicep file as a tree, and where its syntax is broken."""

from collections.abc import Iterator
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_SHOWN = 40


class Source:
    """One Bicep file.

    :param root: the folder that messages name files from.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.tree = _PARSER.parse(path.read_bytes()).root_node

    def nodes(self, *types: str) -> Iterator[Node]:
        """Every node of these types, in the order of the text."""
        return (node for node in walk(self.tree) if node.type in types)

    def at(self, node: Node, message: str) -> str:
        """A message with its place: ``file:line: message``."""
        return f"{self.name}:{node.start_point.row + 1}: {message}"

    def syntax_problems(self) -> list[str]:
        """Where the text is no Bicep; nothing inside of what is broken already."""
        return [self.at(node, _said(node)) for node in _broken(self.tree)]


def walk(node: Node) -> Iterator[Node]:
    """A node and all below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node) -> str:
    """The node's own text."""
    return (node.text or b"").decode()


def literal(node: Node) -> str | None:
    """What a string says; None for anything else, and for a string with something put in."""
    if node.type != "string" or any(child.type == "interpolation" for child in node.children):
        return None
    return text(node)[1:-1]


def _broken(node: Node) -> Iterator[Node]:
    if node.is_error or node.is_missing:
        yield node
        return
    for child in node.children:
        yield from _broken(child)


def _said(node: Node) -> str:
    if node.is_missing:
        return f"syntax: {node.type} is missing"
    first = text(node).strip().splitlines()[:1] or [""]
    return f"syntax: cannot be read from here: {first[0][:_SHOWN]}"
