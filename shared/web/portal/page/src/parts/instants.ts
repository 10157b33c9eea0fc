/** Instants in controls for date and time, which know no zone: local, or in UTC by the switch. */

const two = (value: number) => String(value).padStart(2, "0");

/** The instant that a control says; undefined where it says none. */
export function instantIn(text: string, inUtc: boolean): string | undefined {
  return iso(inUtc ? `${text}Z` : text);
}

/** What a control shows of an instant; empty for what is none. */
export function textOf(instant: string, inUtc: boolean): string {
  const found = iso(instant);
  if (found === undefined) return "";
  if (inUtc) return found.slice(0, 16);
  const at = new Date(found);
  const date = [String(at.getFullYear()).padStart(4, "0"), two(at.getMonth() + 1), two(at.getDate())];
  return `${date.join("-")}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** A time as the API takes it; one without a zone is local. */
export function iso(text: string): string | undefined {
  const time = new Date(text);
  return text === "" || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
