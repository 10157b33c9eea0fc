/** Files out of a zip, by what the browser itself unpacks. */
import { refused as words } from "../../words/import";
import { size } from "../../parts/format";
import { isOfSystem, type Refused, type Source } from "./kinds";

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LONGEST_COMMENT = 65_535;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** Unpacked, as a zip of a few kilobytes may claim any size. */
export const MOST_UNPACKED = 256 * 1024 * 1024;

class Unfit extends Error {}

/** The files of a zip, or why it has none; `most` files at the most. */
export async function unzipped(zip: Source, most: number): Promise<Source[] | Refused> {
  try {
    return await files(zip, most);
  } catch (thrown) {
    return { path: zip.path, why: thrown instanceof Unfit ? thrown.message : words.zip };
  }
}

async function files({ path, bytes }: Source, most: number): Promise<Source[]> {
  const tail = Math.max(0, bytes.size - END_BYTES - LONGEST_COMMENT);
  const last = new DataView(await bytes.slice(tail).arrayBuffer());
  let end = last.byteLength - END_BYTES;
  while (end >= 0 && last.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw new Unfit(words.zip);
  const count = last.getUint16(end + 10, true);
  if (count > most) throw new Unfit(words.zipLarge(size(MOST_UNPACKED)));
  const from = last.getUint32(end + 16, true);
  const table = new DataView(await bytes.slice(from, from + last.getUint32(end + 12, true)).arrayBuffer());
  const found: Source[] = [];
  let left = MOST_UNPACKED;
  for (let at = 0, number = 0; number < count; number += 1) {
    if (table.getUint32(at, true) !== ENTRY) throw new Unfit(words.zip);
    const nameBytes = table.getUint16(at + 28, true);
    const name = new TextDecoder().decode(new Uint8Array(table.buffer, at + ENTRY_BYTES, nameBytes));
    if (!name.endsWith("/") && !isOfSystem(name)) {
      const unpacked = await entry(bytes, table, at, left);
      left -= unpacked.size;
      found.push({ path: `${path}/${name.replace(/\\/g, "/")}`, bytes: unpacked });
    }
    at += ENTRY_BYTES + nameBytes + table.getUint16(at + 30, true) + table.getUint16(at + 32, true);
  }
  return found;
}

async function entry(zip: Blob, table: DataView, at: number, most: number): Promise<Blob> {
  if (table.getUint16(at + 8, true) & ENCRYPTED) throw new Unfit(words.zipLocked);
  const method = table.getUint16(at + 10, true);
  const packed = table.getUint32(at + 20, true);
  const place = table.getUint32(at + 42, true);
  const head = new DataView(await zip.slice(place, place + 30).arrayBuffer());
  const from = place + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const data = zip.slice(from, from + packed);
  if (method === STORED && data.size <= most) return data;
  if (method !== DEFLATED) throw new Unfit(method === STORED ? words.zipLarge(size(MOST_UNPACKED)) : words.zip);
  const reader = data.stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let total = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    total += read.value.length;
    if (total > most) {
      void reader.cancel();
      throw new Unfit(words.zipLarge(size(MOST_UNPACKED)));
    }
    chunks.push(new Uint8Array(read.value));
  }
  return new Blob(chunks);
}
