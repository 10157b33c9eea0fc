/** The questions before a backup is verified, pinned, unpinned, deleted. */
import { useState } from "react";
import { useLocation } from "wouter";
import { api, taken } from "../api/client";
import type { Backup, Schemas } from "../api/types";
import { Confirm } from "../parts/dialog";
import { Tick } from "../parts/fields";
import { asProblem } from "../api/problem";
import { backup as words } from "../words/backup";
import { operationAddress } from "./addresses";
import { Users } from "./backup-fate";
import { useAct } from "./commands";

type Asked = { service: string; of: Backup; close: () => void };

const LEVELS = Object.keys(words.levels) as Schemas["VerifyLevel"][];

export function VerifyBackup({ service, of, first = "data", close }: Omit<Asked, "of"> & { of: Pick<Backup, "name">; first?: Schemas["VerifyLevel"] }) {
  const [level, setLevel] = useState<Schemas["VerifyLevel"]>(first);
  const [, go] = useLocation();
  const act = useAct(
    `verify ${service} ${of.name} ${level}`,
    (id) =>
      taken(
        api.POST("/services/{service}/backups/{backup}/verify", {
          params: { path: { service, backup: of.name }, header: { "Operation-Id": id } },
          body: { level },
        }),
      ),
    ({ value }) => go(operationAddress(value)),
  );
  return (
    <Confirm
      title={words.verifyTitle(of.name)}
      text={<p>{words.verifyText}</p>}
      word={words.verify}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    >
      <fieldset>
        <legend>{words.level}</legend>
        {LEVELS.map((one) => (
          <label key={one} className="choice">
            <input type="radio" name="level" checked={level === one} onChange={() => setLevel(one)} />
            {words.levels[one]}
          </label>
        ))}
      </fieldset>
    </Confirm>
  );
}

export function PinBackup({ service, of, close }: Asked) {
  const pinned = !of.pinned;
  const act = useAct(
    `pin ${service} ${of.name} ${pinned}`,
    () =>
      taken(
        api.PATCH("/services/{service}/backups/{backup}", {
          params: { path: { service, backup: of.name } },
          body: { pinned },
        }),
      ),
    close,
  );
  return (
    <Confirm
      title={pinned ? words.keepTitle(of.name) : words.pinTitle(of.name)}
      text={<p>{pinned ? words.keepText : words.pinText}</p>}
      word={pinned ? words.pin : words.unpin}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}

export function DeleteBackup({ service, of, close }: Asked) {
  const [force, setForce] = useState(false);
  const [, go] = useLocation();
  const act = useAct(
    `delete backup ${service} ${of.name} ${force}`,
    (id) =>
      taken(
        api.DELETE("/services/{service}/backups/{backup}", {
          params: {
            path: { service, backup: of.name },
            header: { "Operation-Id": id },
            query: force ? { force: "true" } : {},
          },
        }),
      ),
    ({ value }) => go(operationAddress(value)),
  );
  const onlyGood = act.error && asProblem(act.error).code === "LastGoodBackup";
  return (
    <Confirm
      title={words.deleteTitle(of.name)}
      text={
        <>
          <p>{words.deleteText}</p>
          <Users of={of} />
        </>
      }
      word={words.delete}
      typed={of.name}
      danger
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    >
      {(onlyGood || force) && <Tick label={words.force} on={force} set={setForce} />}
    </Confirm>
  );
}
