// The licences of what is bundled: of every package in production that the lock names, its text.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Whether a package's file is its licence, or what the licence asks to be kept beside it. */
const IS_LICENCE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

/**
 * Name, version, licence and its whole text of each package, by name. Some packages name a licence
 * and bring no text: it is then the licence's own, from `licences/<its SPDX id>.txt`.
 */
export function licences(here) {
  const { packages } = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8"));
  const bundled = Object.entries(packages).filter(([place, one]) => place && !one.dev && !one.devOptional);
  return bundled
    .map(([place, one]) => ({
      name: place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length),
      version: one.version,
      licence: one.license,
      text: textOf(here, place, one.license),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function textOf(here, place, licence) {
  const folder = join(here, place);
  const files = readdirSync(folder).filter((name) => IS_LICENCE.test(name)).sort();
  const own = join(here, "licences", `${licence}.txt`);
  if (files.length === 0 && !existsSync(own)) throw new Error(`${place} has no licence's text, and licences/ has none of ${licence}`);
  const paths = files.length ? files.map((name) => join(folder, name)) : [own];
  return paths.map((path) => readFileSync(path, "utf8").replaceAll("\r\n", "\n").trim()).join("\n\n");
}
