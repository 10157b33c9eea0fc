/** The door: a function key, asked for once; or App Service authentication, where it is on. */
import { useEffect, useState, type FormEvent } from "react";
import { problemOf, unreached } from "../api/problem";
import { API } from "../api/client";
import { enter, enterByCookie, useSession } from "../api/session";
import { Field, Tick, unwritten } from "../parts/fields";
import { Icon } from "../parts/icons";
import { Problem } from "../parts/problem";
import { door, shell } from "../words/shell";

const ASKED = `${API}/me`;

export function Door() {
  const { why } = useSession();
  const [key, setKey] = useState("");
  const [keep, setKeep] = useState(false);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | undefined>(why === "refused" ? door.refused : undefined);
  const [problem, setProblem] = useState<unknown>();
  const signsIn = useSignIn();

  useEffect(() => {
    document.title = `${door.title} · ${shell.product}`;
  }, []);

  const open = async (event: FormEvent) => {
    event.preventDefault();
    const given = key.trim();
    // A header takes no other characters, and no key has them.
    if (!/^[\x21-\x7e]+$/.test(given)) return setWrong(given ? door.refused : door.missing);
    setBusy(true);
    setWrong(undefined);
    setProblem(undefined);
    try {
      const response = await fetch(ASKED, { headers: { "x-functions-key": given } }).catch(() => {
        throw unreached();
      });
      if (response.status === 401) setWrong(door.refused);
      else if (!response.ok) throw problemOf(response, await response.json().catch(() => undefined));
      else return enter(given, keep);
    } catch (thrown) {
      setProblem(thrown);
    }
    setBusy(false);
  };

  return (
    <main className="door">
      <form onSubmit={(event) => void open(event)} noValidate>
        <p className="brand">
          <Icon name="verify" />
          {shell.product}
        </p>
        <h1>{door.title}</h1>
        <p className="quiet">{why === "idle" ? door.idle : why === "ended" ? door.ended : door.text}</p>
        <Field label={door.key} wrong={wrong}>
          {(field) => (
            <input
              {...field}
              type="password"
              autoFocus
              autoComplete="off"
              spellCheck={false}
              {...unwritten(key)}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        <Tick label={door.keep} hint={door.keepHint} on={keep} set={setKeep} />
        {problem ? <Problem of={problem} /> : null}
        <div className="buttons">
          {signsIn && (
            <a className="button" href={`/.auth/login/aad?post_login_redirect_uri=${encodeURIComponent(location.pathname + location.search)}`}>
              {door.signIn}
            </a>
          )}
          <button type="submit" className="first" aria-disabled={busy}>
            {busy ? door.opening : door.open}
          </button>
        </div>
        <details>
          <summary>{door.where}</summary>
          <p>{door.whereText}</p>
        </details>
      </form>
    </main>
  );
}

/** Whether the app takes a sign-in; one that is there already opens the door by itself. */
function useSignIn(): boolean {
  const { why } = useSession();
  const [signsIn, setSignsIn] = useState(false);
  useEffect(() => {
    // `auth` says how App Service authentication answers: nothing to ask where no cookie can be.
    if (!location.protocol.startsWith("https")) return;
    void fetch(ASKED).then(
      (response) => {
        if (response.ok && why === "none") enterByCookie();
        // Of somebody who left, one that is good again is theirs to use, by a press.
        setSignsIn(response.ok || (response.status === 401 && response.headers.has("www-authenticate")));
      },
      () => undefined,
    );
  }, [why]);
  return signsIn;
}
