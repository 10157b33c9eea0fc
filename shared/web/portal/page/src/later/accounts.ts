/** Read together when the first of them is opened: integration accounts. */
export { AccountCard } from "../pages/accounts/account-card";
export { AccountsPage } from "../pages/accounts/accounts";
export { AccountChanges } from "../pages/accounts/changes";
export { PushPage } from "../pages/accounts/push-page";
export { MovedResult, PullResult } from "../pages/accounts/moved-result";
export { PushResult } from "../pages/accounts/push-result";
