/** What the pages on the installation itself read. */
import { useQuery } from "@tanstack/react-query";
import { API, follow } from "./client";

/** Of the API's document, what says which versions answer. */
type Described = { info: { version: string; "x-app-version": string; license: { name: string } } };

export type Licence = { name: string; version: string; licence: string; text: string };

/** Which versions answer; the document is large, and read once. */
export const useVersions = () =>
  useQuery({
    queryKey: ["versions"],
    queryFn: async ({ signal }) => (await follow<Described>(`${API}/openapi.json`, signal)).info,
    staleTime: Infinity,
  });

/** The licences of what is bundled, from the file that was built with this page. */
export const useLicences = (address: string) =>
  useQuery({
    queryKey: ["licences", address],
    queryFn: ({ signal }) => follow<Licence[]>(address, signal),
    staleTime: Infinity,
  });
