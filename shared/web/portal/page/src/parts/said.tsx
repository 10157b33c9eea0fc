/** What the app says, with the times in it as people read them. */
import { Fragment } from "react";
import { moment, useUtc } from "./format";

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z)/;

/** A sentence of the API: its times are UTC to the millisecond, which is for programs. */
export function Said({ text }: { text: string }) {
  const [utc] = useUtc();
  // What is split by a group has the text at even places, and what the group took at odd ones.
  return text.split(INSTANT).map((part, at) =>
    at % 2 === 1 ? (
      <time key={at} dateTime={part}>
        {moment(part, utc)}
      </time>
    ) : (
      <Fragment key={at}>{part}</Fragment>
    ),
  );
}
