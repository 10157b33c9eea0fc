// node build.mjs <folder>: the page as files that a server gives out, and their packed forms.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { licences } from "./licences.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const site = process.argv[2] ?? join(here, "..", "site");

rmSync(site, { recursive: true, force: true });
mkdirSync(join(site, "assets"), { recursive: true });

/** The address of a file that is no script and no style, under a name that holds its hash. */
const asset = (name, ending, bytes) => {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  writeFileSync(join(site, "assets", `${name}-${hash}.${ending}`), bytes);
  return `/api/portal/assets/${name}-${hash}.${ending}`;
};

const icon = asset("icon", "svg", readFileSync(join(here, "src", "icon.svg")));
const texts = asset("licences", "json", `${JSON.stringify(licences(here), null, 1)}\n`);
const { version } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

const made = await build({
  absWorkingDir: here,
  entryPoints: { portal: "src/main.tsx", style: "src/style/portal.css" },
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  chunkNames: "[name]-[hash]",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  jsx: "automatic",
  define: {
    "process.env.NODE_ENV": '"production"',
    LICENCES: JSON.stringify(texts),
    VERSION: JSON.stringify(version),
  },
  legalComments: "none",
  entryNames: "[name]-[hash]",
  outdir: join(site, "assets"),
  metafile: true,
  logLevel: "warning",
});

const address = (entry) => {
  const [found] = Object.entries(made.metafile.outputs).find(([, of]) => of.entryPoint === entry);
  return `/api/portal/assets/${relative(join(site, "assets"), join(here, found))}`;
};

const index = readFileSync(join(here, "src", "index.html"), "utf8")
  .replace("{{script}}", address("src/main.tsx"))
  .replace("{{style}}", address("src/style/portal.css"))
  .replace("{{icon}}", icon);
writeFileSync(join(site, "index.html"), index);

// Packed here once, as well as it goes: the server only picks.
for (const name of [...readdirSync(join(site, "assets")).map((n) => join("assets", n)), "index.html"]) {
  const plain = readFileSync(join(site, name));
  const br = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } };
  writeFileSync(join(site, `${name}.br`), brotliCompressSync(plain, br));
  writeFileSync(join(site, `${name}.gz`), gzipSync(plain, { level: 9 }));
}
