/** What this is: versions, documentation, and the licences of what is bundled. */
import { useLicences, useVersions } from "../api/reads-installation";
import { count } from "../parts/format";
import { Icon } from "../parts/icons";
import { Facts, Head, Skeleton } from "../parts/parts";
import { Problem } from "../parts/problem";
import { about as words } from "../words/installation";

/** Both are put in by the build. */
declare const LICENCES: string;
declare const VERSION: string;

export function About() {
  const versions = useVersions();
  const found = versions.data;
  const app = found?.["x-app-version"];
  return (
    <>
      <Head title={words.title}>
        <p className="quiet lead">{words.text}</p>
      </Head>
      <div className="overview">
        <div className="columns">
          <section className="card" aria-labelledby="versions">
            <h2 id="versions">{words.versions}</h2>
            {versions.error && !found ? <Problem of={versions.error} again={() => void versions.refetch()} /> : null}
            <Facts
              of={[
                [words.app, app && `${words.product} ${app}`],
                [words.api, found?.version],
                [words.page, VERSION],
                [words.licence, found?.license.name],
              ]}
            />
            {app !== undefined && app !== VERSION && <p className="banner">{words.older}</p>}
          </section>
          <section className="card" aria-labelledby="docs">
            <h2 id="docs">{words.docs}</h2>
            <ul className="links">
              <li>
                <a href="/api/docs" target="_blank" rel="noreferrer">
                  <Icon name="api" />
                  {words.reference}
                </a>
                <span className="quiet">{words.referenceText}</span>
              </li>
              <li>
                <a href="/api/openapi.json" target="_blank" rel="noreferrer">
                  <Icon name="log" />
                  {words.document}
                </a>
                <span className="quiet">{words.documentText}</span>
              </li>
            </ul>
            <p className="quiet">{words.rest}</p>
          </section>
        </div>
        <Bundled />
      </div>
    </>
  );
}

function Bundled() {
  const read = useLicences(LICENCES);
  return (
    <section className="card" aria-labelledby="bundled">
      <h2 id="bundled">{words.bundled}</h2>
      <p className="quiet">
        {words.bundledText}{" "}
        <a href={LICENCES} target="_blank" rel="noreferrer">
          {words.whole}
        </a>
      </p>
      {read.data ? (
        <>
          <ul className="licences">
            {read.data.map((one) => (
              <li key={one.name}>
                <details>
                  <summary>
                    <strong>{one.name}</strong>
                    <span className="quiet">{one.version}</span>
                    <span className="chip quiet">{one.licence}</span>
                  </summary>
                  <pre tabIndex={0}>{one.text}</pre>
                </details>
              </li>
            ))}
          </ul>
          <p className="quiet">{words.packages(count(read.data.length))}</p>
        </>
      ) : read.error ? (
        <Problem of={read.error} again={() => void read.refetch()} />
      ) : (
        <Skeleton lines={8} />
      )}
    </section>
  );
}
