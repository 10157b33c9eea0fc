/** Of a service that is linked to an integration account: the account alone changes what it holds. */
import { Link } from "wouter";
import { nameOfId } from "../../api/integration-accounts";
import type { Service } from "../../api/types";
import { Icon } from "../../parts/icons";
import { linked as words } from "../../words/accounts";
import { changesRefused } from "./sections";

/** The account that a service is linked to. */
export const accountOf = (of: Service | undefined) => (of?.integrationAccount?.linked ? of.integrationAccount.resourceId : undefined);

/** Why a service takes no changes from here: its account, or its state. */
export const whyRefused = (of: Service | undefined) => (accountOf(of) === undefined ? changesRefused(of?.state) : words.managed);

export function ManagedBanner({ of }: { of: Service | undefined }) {
  const account = accountOf(of);
  if (of === undefined || account === undefined) return null;
  return (
    <p className="banner managed">
      <Icon name="account" />
      <span>
        {words.managedText(nameOfId(account))} <Link href={`/services/${of.name}`}>{words.managedLink}</Link>
      </span>
    </p>
  );
}
