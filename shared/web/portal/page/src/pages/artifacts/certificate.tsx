/** What is known of a certificate, and whether it is still good. */
import type { CertificateFacts } from "../../api/artifacts";
import { Copy } from "../../parts/copy";
import { Facts } from "../../parts/parts";
import { Chip } from "../../parts/status";
import { Time, useNow } from "../../parts/time";
import { artifact as words } from "../../words/artifacts";

/** How long before its end a certificate is said to expire soon. */
const SOON_MS = 30 * 86_400_000;

export type Validity = "stillValid" | "notYetValid" | "expiresSoon" | "expired";

export function validity(of: CertificateFacts, now: number): Validity {
  const left = Date.parse(of.expiresAt) - now;
  if (left <= 0) return "expired";
  if (of.validFrom && Date.parse(of.validFrom) > now) return "notYetValid";
  return left < SOON_MS ? "expiresSoon" : "stillValid";
}

export function Certificate({ title, of }: { title: string; of: CertificateFacts }) {
  const now = useNow();
  return (
    <section className="card" aria-label={title}>
      <h2>
        <span className="pair">
          {title} <Chip of={validity(of, now)} />
        </span>
      </h2>
      <Facts
        of={[
          [words.subject, of.subject],
          [words.issuer, of.issuer],
          [words.thumbprint, <Copy text={of.thumbprint} what={words.thumbprint} />],
          [words.from, of.validFrom && <Time at={of.validFrom} />],
          [words.until, <Time at={of.expiresAt} />],
        ]}
      />
    </section>
  );
}
