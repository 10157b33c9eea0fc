/** A part of a backup: what is included, what is left out. */
import { BACKED_UP } from "../../api/artifacts";
import { useRecords } from "../../api/restoring";
import { Picks } from "../../parts/picks";
import { picks as ofPicks } from "../../words/parts";
import { restore as words } from "../../words/restore";
import { useFilling } from "./controls";
import type { Section } from "./form";

export function Parts() {
  const { form, change } = useFilling();
  const choosing = useChoosing();
  return (
    <fieldset>
      <legend>{words.part}</legend>
      <p className="hint">{words.partHint}</p>
      <Picks of="include" none={ofPicks.includeNone} rows={form.include} set={(include) => change({ include })} {...choosing} />
      <Picks of="exclude" none={ofPicks.excludeNone} rows={form.exclude} set={(exclude) => change({ exclude })} {...choosing} />
    </fieldset>
  );
}

/** What a field of a section or an artifact of the backup needs. */
export function useChoosing() {
  const { wrong, locked } = useFilling();
  return { wrong, locked, sections: BACKED_UP, offered: (id: string, section: Section) => <Names id={id} section={section} /> };
}

/** The names that the backup has, where the history knows it. */
function Names({ id, section }: { id: string; section: Section }) {
  const records = useRecords(useFilling().known, section);
  return (
    <datalist id={id}>
      {records.data?.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </datalist>
  );
}
