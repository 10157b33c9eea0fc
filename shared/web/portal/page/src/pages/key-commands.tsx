/** The questions before data keys are wrapped anew, and before secrets are sealed. */
import { useLocation } from "wouter";
import { api, taken } from "../api/client";
import { Confirm } from "../parts/dialog";
import { keys as words } from "../words/installation";
import { operationAddress } from "./addresses";
import { useAct } from "./commands";

export function RotateKeys({ wrapping, close }: { wrapping: string | undefined; close: () => void }) {
  const [, go] = useLocation();
  const act = useAct(
    "rotate keys",
    (id) => taken(api.POST("/keys/rotate", { headers: { "Operation-Id": id } })),
    ({ value }) => go(operationAddress(value)),
  );
  return (
    <Confirm
      title={words.rotateTitle}
      text={
        <>
          <p>{words.rotateConsequence}</p>
          {wrapping && <p className="key-id">{words.rotateWith(wrapping)}</p>}
        </>
      }
      word={words.rotate}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}

export function SealSecrets({ close }: { close: () => void }) {
  const [, go] = useLocation();
  const act = useAct(
    "seal secrets",
    (id) => taken(api.POST("/secrets/seal", { headers: { "Operation-Id": id } })),
    ({ value }) => go(operationAddress(value)),
  );
  return (
    <Confirm
      title={words.sealTitle}
      text={<p>{words.sealText}</p>}
      word={words.seal}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={close}
    />
  );
}
