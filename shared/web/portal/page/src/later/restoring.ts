/** Read together when the first of them is opened: restores, and the accounts that backups are in. */
export { RestoredPage } from "../pages/restore/restored";
export { Wizard } from "../pages/restore/wizard";
export { StoragePage } from "../pages/storage/storage";
