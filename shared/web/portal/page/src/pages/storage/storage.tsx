/** The page of storage accounts: what backups are in them, to register and to restore from. */
import { useState } from "react";
import { Link } from "wouter";
import { api, taken } from "../../api/client";
import { useMay } from "../../api/reads";
import type { BrowsedBackup } from "../../api/types";
import { Confirm } from "../../parts/dialog";
import { Tick } from "../../parts/fields";
import { Icon } from "../../parts/icons";
import { Head } from "../../parts/parts";
import { useFilter } from "../../parts/query";
import { storage as words } from "../../words/storage";
import { backupAddress, restoreAddress, restoreFrom } from "../addresses";
import { useAct } from "../commands";
import { Browse, isSealed } from "./browse";

export function StoragePage({ account = "" }: { account?: string | undefined }) {
  const [service, setService] = useFilter("service");
  const [open, setOpen] = useFilter("open");
  const [asked, setAsked] = useState<BrowsedBackup>();
  const [done, setDone] = useState<{ service: string; name: string }>();
  return (
    <>
      <Head title={words.title}>
        <p className="quiet lead">{words.lead}</p>
      </Head>
      <div role="status">
        {done && (
          <p className="banner good">
            <Icon name="check" />
            {words.registered(done.name)} <Link href={backupAddress(done.service, done.name)}>{words.toBackup}</Link>
          </p>
        )}
      </div>
      <Browse
        account={account}
        choice={(name, here, shown) => (
          <Link href={`/storage/${encodeURIComponent(name)}`} aria-current={here ? "page" : undefined}>
            {shown}
          </Link>
        )}
        service={service}
        setService={setService}
        open={open}
        setOpen={setOpen}
        name={(one) => <Name of={one} />}
        acts={(one) => <Acts account={account} of={one} register={() => setAsked(one)} />}
      />
      {asked && (
        <Register
          account={account}
          of={asked}
          close={() => setAsked(undefined)}
          done={(name, of) => {
            setAsked(undefined);
            setDone({ service: of, name });
          }}
        />
      )}
    </>
  );
}

/** The container's name; it leads to the backup where the history has it. */
function Name({ of }: { of: BrowsedBackup }) {
  const known = of.known && of.service && of.backup;
  return known && of.service && of.backup ? <Link href={backupAddress(of.service.name, of.backup.name)}>{of.container}</Link> : <>{of.container}</>;
}

function Acts({ account, of, register }: { account: string; of: BrowsedBackup; register: () => void }) {
  const may = useMay();
  if (!isSealed(of)) return <></>;
  return (
    <>
      {!of.known && !of.copyOf && may("register_backup") && (
        <button type="button" className="small" onClick={register} aria-label={words.registerThis(of.container)}>
          {words.register}
        </button>
      )}
      {may("start_restore") && (
        <Link
          href={of.known && of.service && of.backup ? restoreAddress(of.service.name, of.backup.name) : restoreFrom(account, of.container)}
          className="button small"
          aria-label={words.restoreThis(of.container)}
        >
          <Icon name="restore" />
          {words.restore}
        </Link>
      )}
    </>
  );
}

function Register(props: { account: string; of: BrowsedBackup; close: () => void; done: (name: string, service: string) => void }) {
  const { account, of } = props;
  const [renamed, setRenamed] = useState(false);
  const act = useAct(
    `register ${account} ${of.container} ${renamed}`,
    (id) =>
      taken(
        api.POST("/storage-accounts/{account}/backups/{container}/register", {
          params: {
            path: { account, container: of.container },
            header: { "Operation-Id": id },
            query: renamed ? { acceptRenamed: "true" } : {},
          },
        }),
      ),
    ({ value }) => props.done(value.name, value.service),
  );
  return (
    <Confirm
      title={words.registerTitle(of.container)}
      text={<p>{words.registerText}</p>}
      word={words.register}
      busy={act.isPending}
      problem={act.error}
      run={() => act.mutate()}
      close={props.close}
    >
      {of.renamed && (
        <>
          <p className="hint">{words.renamedText(of.backup?.name ?? "")}</p>
          <Tick label={words.acceptRenamed} on={renamed} set={setRenamed} />
        </>
      )}
    </Confirm>
  );
}
