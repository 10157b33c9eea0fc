/** The chip of a status: icon, word and colour, the same one everywhere. */
import { shownStatus, type Tone } from "../words/status";
import { common } from "../words/shell";
import { Icon, type IconName } from "./icons";

const ICONS: Record<Tone, IconName> = {
  good: "check",
  busy: "busy",
  warn: "warn",
  bad: "cross",
  quiet: "dash",
};

export function Chip({ of, title }: { of: string | undefined; title?: string | undefined }) {
  if (of === undefined) return <span className="quiet">{common.unknown}</span>;
  const { word, tone } = shownStatus(of);
  const icon = of === "pinned" ? "pin" : ICONS[tone];
  return (
    <span className={`chip ${tone}`} title={title} data-status={of}>
      <Icon name={icon} />
      {word}
    </span>
  );
}
