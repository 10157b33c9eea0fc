"""Documents as lines, and texts beside each other: nothing is lost, and no shorter way is there."""

import json
import subprocess
from pathlib import Path

import pytest

from localhost.node import environment, find_node
from scripts import portal

_RUN = """
import { build } from "esbuild";
import { strict as assert } from "node:assert";

const [, , source, made] = process.argv;
await build({ entryPoints: [source], bundle: true, format: "esm", outfile: made });
const { MOST_EDITS, beside, difference, linesOf, parted } = await import(made);

let state = 7;
const below = (most) => (state = (state * 48271) % 2147483647) % most;
const text = (kinds) => Array.from({ length: below(12) }, () => "abcdef"[below(kinds)]);

function common(one, other) {
  const table = Array.from({ length: one.length + 1 }, () => new Array(other.length + 1).fill(0));
  for (let i = 1; i <= one.length; i += 1)
    for (let j = 1; j <= other.length; j += 1)
      table[i][j] = one[i - 1] === other[j - 1]
        ? table[i - 1][j - 1] + 1 : Math.max(table[i - 1][j], table[i][j - 1]);
  return table[one.length][other.length];
}

for (let round = 0; round < 4000; round += 1) {
  const kinds = 2 + below(5);
  const texts = [text(kinds), text(kinds), text(kinds)];
  const [one, other] = texts;
  const { hunks, exact } = difference(one, other);
  assert(exact);
  const rebuilt = [];
  let at = 0;
  let edits = 0;
  for (const hunk of hunks) {
    rebuilt.push(...one.slice(at, hunk.from), ...other.slice(hunk.otherFrom, hunk.otherTo));
    edits += hunk.to - hunk.from + hunk.otherTo - hunk.otherFrom;
    at = hunk.to;
  }
  assert.deepEqual([...rebuilt, ...one.slice(at)], other);
  assert.equal(edits, one.length + other.length - 2 * common(one, other), "the shortest way");
  for (const shown of [texts.slice(0, 2), texts]) {
    const { rows } = beside(shown);
    shown.forEach((lines, column) => {
      const cells = rows.map((row) => row.cells[column]).filter(Boolean);
      assert.deepEqual(cells, lines.map((line, index) => ({ number: index + 1, text: line })));
    });
    for (const { cells, marks } of rows)
      cells.slice(1).forEach((cell, index) => {
        const wanted = cell?.text === cells[0]?.text ? "same"
          : cells[0] === undefined ? "added" : cell === undefined ? "removed" : "changed";
        assert.equal(marks[index + 1], wanted);
      });
  }
}

const rows = (...texts) => beside(texts.map((one) => one.split(" "))).rows;
const base = "a b c d e";
const three = rows(base, "a B c d e", "a b c D e");
assert.deepEqual(three.map((row) => row.marks.join(" ")), [
  "same same same", "changed changed same", "same same same", "changed same changed",
  "same same same",
]);
assert(three.every((row) => !row.clash));
assert(rows(base, "a X c d e", "a Y c d e")[1].clash, "both changed it, and not alike");
assert(!rows(base, "a X c d e", "a X c d e")[1].clash, "both changed it alike");

const large = Array.from({ length: 60_000 }, (_, line) => `line ${line}`);
const few = large.map((line, index) => (index % 600 ? line : `other ${index}`));
assert.equal(beside([large, few]).differing, 100);
const many = large.map((line, index) => (index % 2 ? line : `other ${index}`));
const rough = difference(large, many);
assert(!rough.exact && rough.hunks.length === 1, "beyond the most edits, as one block");
assert(MOST_EDITS < 60_000);

assert.deepEqual(linesOf({ b: 1, a: [true, null] }), linesOf({ a: [true, null], b: 1 }));
assert.deepEqual(parted('"on": true', '"on": false'), ['"on": ', "true", ""]);
assert.deepEqual(parted("ftp://files.a", "ftp://new.a"), ["ftp://", "files", ".a"]);
assert.deepEqual(parted("x \\u{1F600}", "x \\u{1F601}"), ["x ", "\\u{1F600}", ""]);
console.log(JSON.stringify(linesOf(JSON.parse(process.argv[4]))));
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What the page makes of a document, after it held to all that is asserted of it."""
    modules = portal.packages()
    folder: Path = tmp_path_factory.mktemp("lines")
    (folder / "node_modules").symlink_to(modules)
    script = folder / "run.mjs"
    script.write_text(_RUN)
    node = find_node(portal.OLDEST_NODE)
    source = portal.PAGE / "src" / "parts" / "lines.ts"
    ended = subprocess.run(
        [
            str(node.binary),
            str(script),
            str(source),
            str(folder / "made.mjs"),
            json.dumps(DOCUMENT),
        ],
        cwd=folder,
        env=environment(node),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    found: list[str] = json.loads(ended.stdout)
    return found


DOCUMENT = {"b": [1, {"y": 2.5, "x": "ä\n"}, [], {}], "a": None, "c": {"d": True}}


def test_lines_are_those_of_the_document_by_name(shown: list[str]) -> None:
    text = json.dumps(DOCUMENT, indent=2, sort_keys=True, ensure_ascii=False)
    assert shown == text.split("\n")
