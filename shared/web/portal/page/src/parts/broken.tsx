/** What stands where a page should be that could not be shown: its script is gone, or it failed. */
import { Component, type ReactNode } from "react";
import { shell } from "../words/shell";
import { Empty, Head } from "./parts";

type Props = { at: string; children: ReactNode };

export class Broken extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate(before: Props) {
    if (this.state.failed && before.at !== this.props.at) this.setState({ failed: false });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <>
        <Head title={shell.broken} />
        <Empty icon="warn" text={shell.brokenText}>
          <button type="button" className="first" onClick={() => location.reload()}>
            {shell.reload}
          </button>
        </Empty>
      </>
    );
  }
}
