/** The log of the installation: what runs and ran, of all services. */
import { useAllOperations } from "../api/reads";
import { Head } from "../parts/parts";
import { useFilter, useSettled } from "../parts/query";
import { log as words } from "../words/service";
import { LogTable, useLogFilters } from "./log";

export function WholeLog() {
  const [caller, setCaller] = useFilter("caller");
  const { filters, bar } = useLogFilters();
  const all = { ...filters, caller: useSettled(caller) };
  const list = useAllOperations(all);
  const callers = (
    <span className="filter">
      <label htmlFor="by-caller">{words.caller}</label>
      <input id="by-caller" type="search" value={caller} onChange={(event) => setCaller(event.target.value)} />
    </span>
  );
  return (
    <>
      <Head title={words.title} />
      <LogTable
        list={list}
        bar={
          <>
            {bar}
            {callers}
          </>
        }
        path="operations"
        filters={all}
        name="interkeep"
        withService
      />
    </>
  );
}
