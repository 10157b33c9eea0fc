/** Read together when the first of them is opened: the installation itself. */
export { About } from "../pages/about";
export { Health } from "../pages/health";
export { Keys } from "../pages/keys";
