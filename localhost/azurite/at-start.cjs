// Loaded before the emulator, which is started without telemetry and loads the library for it all
// the same: that is most of what a start takes. It gets nothing instead.
//
// It collects what no blob and no message refers to any more when it starts, and every ten minutes
// after that; the later ones hold its only thread, and nothing is answered for minutes. One
// collection a start is enough for storage of this kind.
"use strict";

const path = require("node:path");
const Module = require("node:module");

const LONGEST_MS = 2 ** 31 - 1; // 24 days: the most that a timer takes
const emulator = path.dirname(process.argv[1]);

const load = Module._load;
Module._load = (request, ...more) =>
  request === "applicationinsights" ? {} : load(request, ...more);

for (const service of ["blob", "queue"]) {
  require(path.join(emulator, service, "utils", "constants")).DEFAULT_GC_INTERVAL_MS = LONGEST_MS;
}
