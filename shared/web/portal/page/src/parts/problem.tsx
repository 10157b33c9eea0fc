/** An error, where its cause is: what it says, its code, what it concerns, the request's id. */
import { useEffect, useState } from "react";
import { asProblem, OwnProblem, type ApiProblem } from "../api/problem";
import { common } from "../words/shell";
import { Copy } from "./copy";
import { Icon } from "./icons";

const MOST_DETAILS = 20;

export function Problem({ of, again, quietly }: { of: unknown; again?: () => void; quietly?: boolean }) {
  const problem = asProblem(of);
  const details = problem.details.filter((one) => one.message !== problem.message);
  return (
    <div className="problem" role={quietly ? undefined : "alert"}>
      <Icon name="warn" />
      <div>
        <p className="said">{problem.message}</p>
        {details.length > 0 && (
          <ul>
            {details.slice(0, MOST_DETAILS).map((one, index) => (
              <li key={index}>
                {one.target && <code>{one.target}</code>} {one.message}
              </li>
            ))}
          </ul>
        )}
        <p className="facts">
          {problem instanceof OwnProblem ? (
            <code>{problem.code}</code>
          ) : (
            <a href={`/api/docs#error-${problem.code}`} target="_blank" rel="noreferrer" title={common.aboutCode}>
              <code>{problem.code}</code>
            </a>
          )}
          {problem.target && (
            <span>
              {common.target} <code>{problem.target}</code>
            </span>
          )}
          {problem.requestId && (
            <span>
              {common.requestId} <Copy text={problem.requestId} what={common.requestId} />
            </span>
          )}
        </p>
        <Again problem={problem} again={again} />
      </div>
    </div>
  );
}

function Again({ problem, again }: { problem: ApiProblem; again: (() => void) | undefined }) {
  const [left, setLeft] = useState(problem.retryAfter ?? 0);
  useEffect(() => {
    setLeft(problem.retryAfter ?? 0);
    const timer = setInterval(() => setLeft((seconds) => Math.max(0, seconds - 1)), 1000);
    return () => clearInterval(timer);
  }, [problem]);
  if (left === 0 && !again) return null;
  return (
    <p className="facts">
      {left > 0 && <span>{common.retryIn(left)}</span>}
      {again && (
        <button type="button" className="small" onClick={again}>
          {common.again}
        </button>
      )}
    </p>
  );
}
