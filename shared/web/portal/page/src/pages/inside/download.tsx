/** Takes the bytes of an artifact out of a backup, as a file. */
import { useMutation } from "@tanstack/react-query";
import { readBackedUpContent, type ContentPlace } from "../../api/inside";
import { Icon } from "../../parts/icons";
import { Problem } from "../../parts/problem";
import { saved } from "../../parts/saved";
import { contents as words } from "../../words/inside";

export function Download({ place }: { place: ContentPlace }) {
  const read = useMutation({
    mutationFn: () => readBackedUpContent(place),
    onSuccess: (bytes) => saved(bytes, place.name),
  });
  return (
    <div className="beneath">
      <button type="button" onClick={() => read.isPending || read.mutate()} aria-disabled={read.isPending}>
        <Icon name="download" />
        {read.isPending ? words.downloading : words.download}
      </button>
      <p className="hint">{words.downloadHint}</p>
      {read.error ? <Problem of={read.error} /> : null}
    </div>
  );
}
