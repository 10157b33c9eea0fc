/** The integration accounts that were found, those that nobody protects first. */
import { useState } from "react";
import { Link } from "wouter";
import { nameOfId, unreadOf, useFoundAccounts, type FoundAccount, type UnreadScope } from "../../api/integration-accounts";
import { ApiProblem } from "../../api/problem";
import { useMay } from "../../api/reads";
import { Copy } from "../../parts/copy";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { Empty, Head, Listed, Skeleton } from "../../parts/parts";
import { Problem } from "../../parts/problem";
import { Chip } from "../../parts/status";
import { Time } from "../../parts/time";
import { accounts as words } from "../../words/accounts";
import { common } from "../../words/shell";
import { backupAddress } from "../addresses";
import { LinkDialog } from "./link-dialog";

/** The resource group of an ARM id. */
const groupOf = (resourceId: string) => resourceId.split("/")[4] ?? "";

export function AccountsPage() {
  const [linking, setLinking] = useState<FoundAccount>();
  const free = useFoundAccounts(false);
  const taken = useFoundAccounts(true);
  const may = useMay()("put_link");
  const unread = unreadOf(free, taken);
  const none = free.rows?.length === 0 && taken.rows?.length === 0 && !free.hasNextPage && !taken.hasNextPage;
  return (
    <>
      <Head title={words.title} />
      <p className="quiet intro">{words.lead}</p>
      <Unread scopes={unread} />
      {none ? (
        unread.length === 0 && <Empty icon="account" text={words.none} />
      ) : (
        <div className="overview">
          <Unprotected list={free} link={may ? setLinking : undefined} />
          <section aria-labelledby="linked-accounts" className="accounts-list">
            <h2 id="linked-accounts">{words.linked}</h2>
            <Listed
              list={taken}
              label={words.linked}
              heads={[[words.name], [words.service], [words.tier], [words.location], [words.state], [words.lastBackup]]}
              row={(one) => <Taken key={one.resourceId} of={one} />}
              empty={<Empty icon="account" text={words.noneLinked} />}
            />
          </section>
        </div>
      )}
      {linking && <LinkDialog of={linking} close={() => setLinking(undefined)} />}
    </>
  );
}

/** What the lists may lack, and why: nothing is said to be whole that is not. */
function Unread({ scopes }: { scopes: UnreadScope[] }) {
  if (scopes.length === 0) return null;
  return (
    <section className="unread-scopes" aria-labelledby="unread-scopes">
      <h2 id="unread-scopes">
        <Icon name="warn" />
        {words.unread(count(scopes.length), scopes.length === 1)}
      </h2>
      <p>{words.unreadText}</p>
      {scopes.map(({ scope, code, message, retryAfterSeconds }) => (
        <Problem key={scope} quietly of={new ApiProblem(0, code, message, scope, [], undefined, retryAfterSeconds ?? undefined)} />
      ))}
    </section>
  );
}

type Free = { list: ReturnType<typeof useFoundAccounts>; link: ((one: FoundAccount) => void) | undefined };

function Unprotected({ list, link }: Free) {
  const many = list.rows?.length;
  if (many === undefined) {
    if (list.error) return <Problem of={list.error} again={() => void list.refetch()} />;
    return <Skeleton lines={4} />;
  }
  if (many === 0 && !list.hasNextPage) {
    if (list.unread.length > 0) return null;
    return (
      <section className="well" aria-label={words.unprotectedTitle}>
        <Icon name="check" />
        <h2>{words.allProtected}</h2>
      </section>
    );
  }
  const title = list.hasNextPage ? words.unprotectedTitle : words.unprotected(count(many), many === 1);
  return (
    <section className="unprotected" aria-labelledby="unprotected">
      <h2 id="unprotected">
        <Icon name="warn" />
        {title}
      </h2>
      <p>{words.unprotectedText}</p>
      <Listed
        list={list}
        label={words.unprotectedTitle}
        heads={[[words.name], [words.commands, "unseen-head"], [words.state], [words.tier], [words.location], [words.group]]}
        row={(one) => (
          <tr key={one.resourceId}>
            <Named of={one} />
            <td>
              {link && (
                <button type="button" className="small" aria-label={words.linkOf(one.name)} onClick={() => link(one)}>
                  <Icon name="link" />
                  {words.link}
                </button>
              )}
            </td>
            <td>
              <Chip of="notProtected" />
            </td>
            <Where of={one} />
            <td className="name">{groupOf(one.resourceId)}</td>
          </tr>
        )}
        empty={null}
      />
    </section>
  );
}

function Named({ of }: { of: FoundAccount }) {
  return (
    <th scope="row">
      <Copy text={of.resourceId} what={of.name} shown={nameOfId(of.resourceId)} />
    </th>
  );
}

function Where({ of }: { of: FoundAccount }) {
  const unknown = <span className="quiet">{common.unknown}</span>;
  return (
    <>
      <td>{of.sku ?? unknown}</td>
      <td>{of.location ?? unknown}</td>
    </>
  );
}

function Taken({ of }: { of: FoundAccount }) {
  const { service, lastBackup: last } = of;
  return (
    <tr>
      <Named of={of} />
      <td>{service && <Link href={`/services/${service}`}>{service}</Link>}</td>
      <Where of={of} />
      <td>
        <Chip of={of.gone ? "Gone" : (of.state ?? undefined)} />
      </td>
      <td>
        {last && service ? (
          <span className="pair">
            <Link href={backupAddress(service, last.name)} aria-label={last.name}>
              <Chip of={last.status} />
            </Link>
            <Time at={last.completedAt} short />
          </span>
        ) : (
          <Chip of="neverBackedUp" />
        )}
      </td>
    </tr>
  );
}
