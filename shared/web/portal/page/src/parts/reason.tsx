/** Why a control is shut: in its name or its description, and in sight where it is pointed at or has the focus. */
const HUSHED = "hush";

// What stands in the way of something else goes by Escape, until another control is gone to.
const { classList } = document.documentElement;
addEventListener("keydown", (event) => event.key === "Escape" && classList.add(HUSHED));
for (const name of ["pointerover", "focusin"]) addEventListener(name, () => classList.remove(HUSHED), { passive: true });

/** Stands within its button, whose name it ends, or beside a control that names it as its description. */
export function Reason({ why, id }: { why: string; id?: string }) {
  return (
    <span className="reason" id={id}>
      {id === undefined && <span className="unseen">: </span>}
      {why}
    </span>
  );
}
