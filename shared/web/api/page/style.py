"""How the docs page looks: one stylesheet, which the page's content policy allows by its hash."""

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --quiet: #57606a; --line: #d8dee4; --tint: #f5f7f9;
  --link: #0550ae; --get: #1a6b34; --put: #8a5300; --post: #0550ae; --patch: #6639ba;
  --delete: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #11151a; --ink: #e6eaef; --quiet: #9ba7b4; --line: #2d353e; --tint: #181e25;
    --link: #79b8ff; --get: #6fd08c; --put: #e9b15f; --post: #79b8ff; --patch: #c3a6ff;
    --delete: #ff9a92;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
a { color: var(--link); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible, pre:focus-visible, div:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px;
}
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: 0.5rem 1rem; z-index: 1; }
.layout { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding: 2.5rem 0 1.5rem; border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; letter-spacing: -0.01em; }
header p { margin: 0.6rem 0 0; max-width: 46rem; color: var(--quiet); }
h2 { margin: 3rem 0 0.25rem; font-size: 1.45rem; line-height: 1.25; }
h3 { margin: 0; font-size: 1.05rem; line-height: 1.4; font-weight: 600; overflow-wrap: anywhere; }
h4 { margin: 1.1rem 0 0.35rem; font-size: 0.82rem; color: var(--quiet); font-weight: 600; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: 0.22rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav summary { cursor: pointer; font-weight: 600; padding: 1rem 0; }
article, .schema { margin: 1.1rem 0 0; border: 1px solid var(--line); border-radius: 10px; }
article > header, .schema > header {
  padding: 0.9rem 1.1rem; border: 0; background: var(--tint); border-radius: 10px;
}
article > header p, .schema > header p { margin: 0.2rem 0 0; }
article > div, .schema > div { padding: 0 1.1rem 1.1rem; }
article:target, .schema:target { border-color: var(--link); box-shadow: 0 0 0 1px var(--link); }
.method { font-family: ui-monospace, Consolas, monospace; font-weight: 700; margin-right: 0.45rem; }
.get { color: var(--get); } .put { color: var(--put); } .post { color: var(--post); }
.patch { color: var(--patch); } .delete { color: var(--delete); }
code, pre { font-family: ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; }
code { font-size: 0.92em; overflow-wrap: anywhere; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { text-decoration: underline; }
.scroll { overflow-x: auto; }
pre {
  margin: 0; padding: 0.8rem 1rem; overflow-x: auto; font-size: 0.86rem; line-height: 1.5;
  background: var(--tint); border: 1px solid var(--line); border-radius: 8px;
}
table { width: 100%; border-collapse: collapse; font-size: 0.93rem; }
th { text-align: left; color: var(--quiet); font-weight: 600; font-size: 0.82rem; }
th, td {
  padding: 0.35rem 0.9rem 0.35rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
}
td code { white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
.answers { margin: 0; padding: 0; list-style: none; }
.answers li { padding: 0.2rem 0; overflow-wrap: anywhere; }
.answers summary { cursor: pointer; }
.answers details > p { margin: 0.5rem 0 0.35rem; color: var(--quiet); }
.answers pre { max-height: 26rem; overflow-y: auto; }
main { min-width: 0; overflow-wrap: anywhere; }
main:focus { outline: none; }
section > h3 { margin: 1.4rem 0 0.5rem; }
.codes dt { margin: 0.9rem 0 0; font-weight: 600; }
.codes dt:target { color: var(--link); }
.codes dd { margin: 0.1rem 0 0; color: var(--quiet); max-width: 46rem; }
footer { margin: 3rem 0 0; padding: 1.2rem 0 3rem; border-top: 1px solid var(--line); }
footer p { margin: 0; color: var(--quiet); }
@media (min-width: 62rem) {
  .columns { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 3rem; }
  nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; padding: 1.5rem 0; }
  nav summary { padding: 0 0 0.6rem; }
}
@media (max-width: 61.99rem) { nav { border-bottom: 1px solid var(--line); } }
@media (max-width: 36rem) {
  .layout { padding: 0 1rem; }
  h1 { font-size: 1.6rem; }
  article > header, .schema > header { padding: 0.8rem 0.9rem; }
  table { table-layout: fixed; }
  th:first-child { width: 42%; }
  td { overflow-wrap: anywhere; }
  td code { white-space: normal; }
  article > div, .schema > div { padding: 0 0.9rem 0.9rem; }
}
@media print { nav, .skip { display: none; } article, .schema { break-inside: avoid; } }
"""

POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page's Content-Security-Policy: this stylesheet, and nothing from anywhere else."""
