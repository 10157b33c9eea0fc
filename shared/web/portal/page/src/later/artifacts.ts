/** Read together when the first of them is opened: artifacts one by one, and what is in backups. */
export { ArtifactPage } from "../pages/artifacts/artifact";
export { NewArtifact } from "../pages/artifacts/new-artifact";
export { InsidePage } from "../pages/inside/inside";
