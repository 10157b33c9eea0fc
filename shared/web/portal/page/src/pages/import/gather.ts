/** The files that somebody chose or dropped, folders walked through. */
import type { Source } from "./kinds";

/** Files at once: as many as a table of them is still read by somebody. */
export const MOST_FILES = 5_000;

export class TooMany extends Error {}

/** Files of a control; those of a folder have their path within it. */
export function chosen(files: Iterable<File>): Source[] {
  const found = Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, bytes: file }));
  if (found.length > MOST_FILES) throw new TooMany();
  return found;
}

/** What was dropped. Its entries are asked for at once: a browser forgets them after the event. */
export async function dropped(transfer: DataTransfer): Promise<Source[]> {
  const items = Array.from(transfer.items).filter((one) => one.kind === "file");
  const begun = items.map((one) => ({ entry: one.webkitGetAsEntry(), file: one.getAsFile() }));
  const found: Source[] = [];
  for (const { entry, file } of begun) {
    if (entry?.isDirectory) await walk(entry as FileSystemDirectoryEntry, found);
    else if (file) found.push({ path: file.name, bytes: file });
    if (found.length > MOST_FILES) throw new TooMany();
  }
  return found;
}

async function walk(folder: FileSystemDirectoryEntry, found: Source[]): Promise<void> {
  const reader = folder.createReader();
  for (;;) {
    // A part of it each time, until none is left.
    const entries = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (entries.length === 0) return;
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, found);
      else found.push({ path: entry.fullPath.replace(/^\//, ""), bytes: await fileOf(entry as FileSystemFileEntry) });
      if (found.length > MOST_FILES) throw new TooMany();
    }
  }
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((done, fail) => entry.file(done, fail));
