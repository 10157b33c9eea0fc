/** The wizard's steps at the left: which there are, what was chosen, where something is wrong. */
import { Link } from "wouter";
import type { RestorePlan } from "../../api/types";
import { count } from "../../parts/format";
import { Icon } from "../../parts/icons";
import { plan as ofPlan, restore as words } from "../../words/restore";
import { common } from "../../words/shell";
import { stepOf, stepsOf, type Form, type Step, type Wrong } from "./form";

export function Steps(props: { form: Form; step: Step; wrong: Wrong[]; plan: RestorePlan | undefined; to: (step: Step) => string }) {
  return (
    <nav className="steps" aria-label={words.steps}>
      <ol>
        {stepsOf(props.form).map((one, index) => {
          const wrong = props.wrong.filter(({ pointer }) => pointer !== "" && stepOf(pointer) === one).length;
          return (
            <li key={one} className={wrong > 0 ? "wrong-step" : ""}>
              <Link href={props.to(one)} aria-current={one === props.step ? "step" : undefined}>
                <i className="step" aria-hidden="true">
                  {wrong > 0 ? <Icon name="warn" /> : count(index + 1)}
                </i>
                <span>{words.step[one]}</span>
                {wrong > 0 && <span className="wrong">{words.wrongHere(count(wrong), wrong === 1)}</span>}
              </Link>
              <ul className="chosen">
                {chosen(one, props.form, props.plan).map((said) => (
                  <li key={said}>{said}</li>
                ))}
              </ul>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

/** What was chosen on a step, in a few words. */
function chosen(step: Step, form: Form, plan: RestorePlan | undefined): string[] {
  const { chosen: said } = words;
  const all = (found: (string | false)[]) => {
    const told = found.filter((one) => one !== false);
    return told.length > 0 ? told : [said.all];
  };
  switch (step) {
    case "service": {
      const parts = form.include.length + form.exclude.length;
      if (!form.container) return [said.nothing];
      return [
        said.from(form.container, form.account),
        ...all([
          form.name !== "" && said.as(form.name),
          form.edition !== "" && said.edition(form.edition),
          form.unitCount !== "" && common.units(Number(form.unitCount), form.unitCount),
          form.region !== "" && form.region,
          form.domainUrl !== "" && form.domainUrl,
          (form.acsNamespace !== "" || form.acsKey !== "") && said.access,
          parts > 0 && said.part(count(parts), parts === 1),
          form.replace.length > 0 && said.values(count(form.replace.length), form.replace.length === 1),
        ]),
      ];
    }
    case "database":
      return all([
        form.server !== "" && form.server,
        form.database !== "" && form.database,
        form.login !== "" && form.login,
        form.password !== "" && said.password,
        form.advanced && said.fresh,
      ]);
    case "advanced":
      return all([
        form.databaseEdition !== "" && form.databaseEdition,
        form.maxSizeGB !== "" && `${form.maxSizeGB} GB`,
        form.collation !== "" && form.collation,
      ]);
    case "stores": {
      const where = (kind: Form["monitoring"], account: string) => (kind === "account" ? account : said.connection);
      return all([
        form.monitoring !== "" && said.monitoring(where(form.monitoring, form.monitoringAccount)),
        form.archiving !== "" && said.archiving(where(form.archiving, form.archivingAccount)),
      ]);
    }
    case "review":
      return [
        form.policy === "advance" ? `${ofPlan.policies.advance}: ${form.by || "–"}` : ofPlan.policies[form.policy],
        ...(plan ? [`${plan.target.name}, ${plan.target.edition}`] : []),
      ];
  }
}
