/** The page as a whole: the door, or the shell with the page of the address. */
import { lazy, Suspense, useEffect, useRef, type ReactNode } from "react";
import { Route, Router, Switch, useLocation } from "wouter";
import { Door } from "./shell/door";
import { Shell } from "./shell/shell";
import { useSession } from "./api/session";
import { Dashboard } from "./pages/dashboard";
import { Services } from "./pages/services";
import { Create } from "./pages/create";
import { ServicePage } from "./pages/service";
import { BackupPage } from "./pages/backup";
import { OperationPage } from "./pages/operation";
import { WholeLog } from "./pages/whole-log";
import { Missing } from "./pages/missing";
import { Broken } from "./parts/broken";
import { Skeleton } from "./parts/parts";

// Their scripts are read when they are opened: who looks at a dashboard waits for none of them.
const accounts = () => import("./later/accounts");
const artifacts = () => import("./later/artifacts");
const installation = () => import("./later/installation");
const restoring = () => import("./later/restoring");

const ArtifactPage = lazy(async () => ({ default: (await artifacts()).ArtifactPage }));
const NewArtifact = lazy(async () => ({ default: (await artifacts()).NewArtifact }));
const InsidePage = lazy(async () => ({ default: (await artifacts()).InsidePage }));
const ImportPage = lazy(async () => ({ default: (await import("./pages/import/import-page")).ImportPage }));
const Wizard = lazy(async () => ({ default: (await restoring()).Wizard }));
const RestoredPage = lazy(async () => ({ default: (await restoring()).RestoredPage }));
const StoragePage = lazy(async () => ({ default: (await restoring()).StoragePage }));
const AccountsPage = lazy(async () => ({ default: (await accounts()).AccountsPage }));
const AccountChanges = lazy(async () => ({ default: (await accounts()).AccountChanges }));
const PushPage = lazy(async () => ({ default: (await accounts()).PushPage }));
const Health = lazy(async () => ({ default: (await installation()).Health }));
const Keys = lazy(async () => ({ default: (await installation()).Keys }));
const About = lazy(async () => ({ default: (await installation()).About }));

export const BASE = "/api/portal";

export function App() {
  const { way } = useSession();
  return (
    <Router base={BASE}>
      {way === "out" ? (
        <Door />
      ) : (
        <Shell>
          <Focused>
            <Switch>
              <Route path="/">
                <Dashboard />
              </Route>
              <Route path="/services">
                <Services />
              </Route>
              <Route path="/services/new">
                <Create />
              </Route>
              <Route path="/services/:service/backups/:backup">
                {({ service, backup }) => <BackupPage service={service} name={backup} />}
              </Route>
              <Route path="/services/:service/backups/:backup/:tab/:section?">
                {({ service, backup, tab, section }) => <InsidePage service={service} backup={backup} tab={tab} section={section} />}
              </Route>
              <Route path="/services/:service/artifacts/:section/:name">
                {({ service, section, name }) => <ArtifactPage key={`${section}/${name}`} service={service} section={section} part={name} />}
              </Route>
              <Route path="/services/:service/artifacts/:section">
                {({ service, section }) => <ServicePage service={service} tab="artifacts" section={section} />}
              </Route>
              <Route path="/services/:service/new-artifact/:section">
                {({ service, section }) => <NewArtifact service={service} section={section} />}
              </Route>
              <Route path="/services/:service/account-changes">{({ service }) => <AccountChanges service={service} />}</Route>
              <Route path="/services/:service/push">{({ service }) => <PushPage key={service} service={service} />}</Route>
              <Route path="/services/:service/import">{({ service }) => <ImportPage service={service} />}</Route>
              <Route path="/services/:service/log/:id">{({ service, id }) => <OperationPage service={service} id={id} />}</Route>
              <Route path="/services/:service/:tab?">{({ service, tab }) => <ServicePage service={service} tab={tab} />}</Route>
              <Route path="/restore">
                <Wizard />
              </Route>
              <Route path="/restores/:id">{({ id }) => <RestoredPage key={id} id={id} />}</Route>
              <Route path="/accounts">
                <AccountsPage />
              </Route>
              <Route path="/storage/:account?">{({ account }) => <StoragePage account={account} />}</Route>
              <Route path="/log">
                <WholeLog />
              </Route>
              <Route path="/log/:id">{({ id }) => <OperationPage id={id} />}</Route>
              <Route path="/health">
                <Health />
              </Route>
              <Route path="/keys">
                <Keys />
              </Route>
              <Route path="/about">
                <About />
              </Route>
              <Route>
                <Missing />
              </Route>
            </Switch>
          </Focused>
        </Shell>
      )}
    </Router>
  );
}

/** A new page takes the focus to its headline, as loading a document would. */
function Focused({ children }: { children: ReactNode }) {
  const [address] = useLocation();
  const first = useRef(true);
  const toHeadline = () => document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    toHeadline();
  }, [address]);
  const read = () => {
    if (!first.current && document.activeElement === document.body) toHeadline();
  };
  return (
    <Broken at={address}>
      <Suspense fallback={<Reading ended={read} />}>{children}</Suspense>
    </Broken>
  );
}

/** Stands where a page will be, while its script is read. */
function Reading({ ended }: { ended: () => void }) {
  useEffect(
    () => () => {
      requestAnimationFrame(ended);
    },
    [],
  );
  return <Skeleton lines={8} />;
}
