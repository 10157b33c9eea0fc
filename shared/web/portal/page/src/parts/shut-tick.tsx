/** A tick without a label beside it; where it cannot be set, it can be gone to all the same, and says why. */
import { useId } from "react";
import { Reason } from "./reason";

export function ShutTick(props: { label: string; on: boolean; why: string | undefined; set: (on: boolean) => void }) {
  const id = useId();
  const shut = props.why !== undefined;
  return (
    <span className="with-reason">
      <input
        type="checkbox"
        checked={props.on}
        aria-disabled={shut || undefined}
        aria-describedby={shut ? id : undefined}
        aria-label={props.label}
        title={shut ? undefined : props.label}
        onChange={(event) => shut || props.set(event.target.checked)}
      />
      {props.why !== undefined && <Reason why={props.why} id={id} />}
    </span>
  );
}
