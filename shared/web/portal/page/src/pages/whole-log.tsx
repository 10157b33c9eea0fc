/** The log of the installation: what runs and ran, of all services. */
import { useRunning } from "../api/reads";
import { Head } from "../parts/parts";
import { log as words } from "../words/service";
import { LogTable } from "./log";

export function WholeLog() {
  const list = useRunning();
  return (
    <>
      <Head title={words.title} />
      <LogTable list={list} bar={null} path="operations" filters={{ status: "Running" }} name="interkeep" withService />
    </>
  );
}
