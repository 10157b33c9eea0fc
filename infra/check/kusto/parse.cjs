// Kusto's own parser over queries: {tables: {name: columns}, queries: [text]} comes in as JSON, and
// for each query what is wrong with it goes out, [[{offset, code, message}]].
"use strict";

const fs = require("node:fs");
const path = require("node:path");

// Both are scripts for a browser: they put `Bridge` and `Kusto` beside everything else.
const parser = path.join(process.argv[2], "@kusto", "language-service-next");
require(path.join(parser, "bridge.min.js"));
require(path.join(parser, "Kusto.Language.Bridge.min.js"));

const { GlobalState, KustoCode, Symbols } = globalThis.Kusto.Language;
const asked = JSON.parse(fs.readFileSync(0, "utf8"));
const tables = Object.entries(asked.tables).map(([name, columns]) =>
  Symbols.TableSymbol.From(`(${columns})`).WithName(name),
);
const known = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("logs", tables));

const found = asked.queries.map((query) => {
  const said = KustoCode.ParseAndAnalyze(query, known).GetDiagnostics();
  return Array.from({ length: said.Count }, (_, index) => said.getItem(index)).map((one) => ({
    offset: one.Start,
    code: one.Code,
    message: one.Message,
  }));
});
process.stdout.write(JSON.stringify(found));
