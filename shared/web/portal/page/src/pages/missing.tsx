import { Link } from "wouter";
import { Empty, Head } from "../parts/parts";
import { shell } from "../words/shell";

export function Missing() {
  return (
    <>
      <Head title={shell.lost} />
      <Empty icon="warn" text={shell.lostText}>
        <Link href="/" className="button">
          {shell.toDashboard}
        </Link>
      </Empty>
    </>
  );
}
