/** The schedule while it is edited: what it began with, and what somebody else saved meanwhile. */
import { useEffect, useState } from "react";
import type { Read } from "../api/client";
import type { Schedule } from "../api/types";
import { moment } from "../parts/format";
import { Table } from "../parts/parts";
import { common } from "../words/shell";
import { backup as ofBackup, schedule as words } from "../words/backup";
import { usualAccount } from "./back-up";
import { formOf, type Form } from "./schedule-form";

/** A schedule as it was read; null where the service has none. */
export type Stored = Read<Schedule> | null;

/**
 * A form over what was stored when it was opened. What is read again replaces a form in which
 * nothing was changed, and no other: that one is kept until its owner decides.
 */
export function useEditing(stored: Stored, accounts: string[]) {
  const formed = (of: Stored) => formOf(of?.value, usualAccount(accounts), new Date());
  const [base, setBase] = useState(stored);
  const [form, setForm] = useState(() => formed(stored));
  const [opened, setOpened] = useState(form);
  const [mine, setMine] = useState<Form>();
  const isEdited = JSON.stringify(form) !== JSON.stringify(opened);
  // How its last run ended is part of the ETag and none of the form.
  const isSame = stored?.value.savedAt === base?.value.savedAt;

  const begin = (of: Stored, kept?: Form) => {
    const made = formed(of);
    setBase(of);
    setForm(made);
    setOpened(made);
    setMine(kept);
  };
  // What this form says is stored already, as after a save whose answer was lost.
  const isStored = stored !== null && JSON.stringify(formed(stored)) === JSON.stringify(form);
  useEffect(() => {
    if (!isSame && (!isEdited || isStored)) begin(stored, mine);
    // Only what was read begins anew: what is typed meanwhile is no reason to look at it again.
  }, [stored]);

  return {
    form,
    base,
    /** What was filled in when somebody else was quicker, until it is used or saved over. */
    mine,
    isEdited,
    /** Whether somebody else saved while the form is edited. */
    isOvertaken: !isSame && isEdited && !isStored,
    etag: (isSame ? stored : base)?.etag ?? undefined,
    begin: (of: Stored) => begin(of),
    set: <K extends keyof Form>(name: K, value: Form[K]) => setForm((before) => ({ ...before, [name]: value })),
    /** Saving was refused, as something else is stored: that is shown, and the form kept beside. */
    overtakenBy: (of: Stored) => {
      if (of?.value.savedAt !== base?.value.savedAt) begin(of, form);
    },
    useMine: () => {
      if (mine) setForm(mine);
      setMine(undefined);
    },
  };
}

const LABELS: [keyof Form, string][] = [
  ["status", words.status],
  ["account", words.account],
  ["start", words.start],
  ["frequency", words.frequency],
  ["retention", words.retention],
  ["keepOne", words.keepOne],
  ["daily", words.daily],
  ["weekly", words.weekly],
  ["monthly", words.monthly],
  ["yearly", words.yearly],
  ["level", words.verify],
  ["nth", words.verifyEvery],
];

function valueOf(form: Form, name: keyof Form): string {
  if (name === "status") return form.status === "None" ? words.none : words.automatic;
  if (name === "keepOne") return form.keepOne ? common.yes : common.no;
  if (name === "level") return form.level ? (ofBackup.levels[form.level].split(":")[0] ?? form.level) : words.verifyNone;
  const start = new Date(`${form.start}:00Z`);
  if (name === "start" && !Number.isNaN(start.getTime())) return moment(start, true);
  return form[name];
}

/** Says that somebody else saved, and what differs, setting by setting. */
export function Overtaken(props: { text: string; stored: Form; mine: Form; word: string; run: () => void }) {
  const { stored, mine } = props;
  const differ = LABELS.filter(([name]) => stored[name] !== mine[name]);
  return (
    <section className="card overtaken" aria-label={words.differences}>
      <p className="banner" role="alert">
        {props.text}
      </p>
      {differ.length > 0 && (
        <Table label={words.differences} heads={[[words.setting], [words.storedNow], [words.yours]]}>
          {differ.map(([name, label]) => (
            <tr key={name}>
              <th scope="row">{label}</th>
              <td>{valueOf(stored, name)}</td>
              <td>{valueOf(mine, name)}</td>
            </tr>
          ))}
        </Table>
      )}
      {differ.length > 0 && (
        <p className="buttons">
          <button type="button" onClick={props.run}>
            {props.word}
          </button>
        </p>
      )}
    </section>
  );
}
