/** The words of chips: what the API calls a state, and how bad it is. */
export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

export type Shown = { word: string; tone: Tone };

const KNOWN: Record<string, Shown> = {
  Active: { word: "Active", tone: "good" },
  Suspended: { word: "Suspended", tone: "warn" },
  Stopped: { word: "Stopped", tone: "quiet" },
  Disabled: { word: "Disabled", tone: "quiet" },
  Creating: { word: "Creating", tone: "busy" },
  Restoring: { word: "Restoring", tone: "busy" },
  Updating: { word: "Updating", tone: "busy" },
  Deleting: { word: "Deleting", tone: "busy" },
  NotStarted: { word: "Not started", tone: "busy" },
  Running: { word: "Running", tone: "busy" },
  Succeeded: { word: "Succeeded", tone: "good" },
  PartiallySucceeded: { word: "Partially succeeded", tone: "warn" },
  Failed: { word: "Failed", tone: "bad" },
  Canceled: { word: "Canceled", tone: "quiet" },
  Deleted: { word: "Deleted", tone: "quiet" },
  Missing: { word: "Missing", tone: "bad" },
  verified: { word: "Verified", tone: "good" },
  damaged: { word: "Damaged", tone: "bad" },
  ok: { word: "OK", tone: "good" },
  failing: { word: "Failing", tone: "bad" },
  Automatic: { word: "Automatic", tone: "good" },
  None: { word: "None", tone: "quiet" },
  keep: { word: "Keep", tone: "good" },
  delete: { word: "Delete", tone: "warn" },
  pinned: { word: "Pinned", tone: "quiet" },
  wouldCreate: { word: "New", tone: "good" },
  wouldReplace: { word: "Replaces", tone: "warn" },
  created: { word: "Created", tone: "good" },
  replaced: { word: "Replaced", tone: "good" },
  contentReplaced: { word: "Content put", tone: "good" },
  kept: { word: "Left as it is", tone: "quiet" },
  refused: { word: "Refused", tone: "bad" },
  unknown: { word: "Unknown", tone: "warn" },
  notSent: { word: "Not sent", tone: "quiet" },
  stillValid: { word: "Valid", tone: "good" },
  notYetValid: { word: "Not valid yet", tone: "warn" },
  expiresSoon: { word: "Expires soon", tone: "warn" },
  expired: { word: "Expired", tone: "bad" },
  valid: { word: "Seal valid", tone: "good" },
  keyUnavailable: { word: "Key not at hand", tone: "bad" },
  known: { word: "In the history", tone: "good" },
  copy: { word: "A copy", tone: "quiet" },
  unknownHere: { word: "Not in the history", tone: "warn" },
  notTrusted: { word: "Not trusted", tone: "bad" },
  atHand: { word: "At hand", tone: "good" },
  notAtHand: { word: "Not at hand", tone: "bad" },
  nearEnd: { word: "Nearly used up", tone: "warn" },
  usedUp: { word: "Used up", tone: "bad" },
  notProtected: { word: "Not protected", tone: "bad" },
  neverBackedUp: { word: "Never backed up", tone: "warn" },
  Gone: { word: "Gone", tone: "bad" },
  Enabled: { word: "Enabled", tone: "good" },
  added: { word: "Added", tone: "good" },
  changed: { word: "Changed", tone: "warn" },
  removed: { word: "Removed", tone: "bad" },
};

/** A state's word and tone; one that is not known yet is shown by its own name. */
export function shownStatus(name: string): Shown {
  const known = KNOWN[name];
  if (known) return known;
  const failed = name.endsWith("Failed");
  const word = name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return { word, tone: failed ? "bad" : "quiet" };
}

const OPERATIONS: Record<string, string> = {
  CreateBizTalkService: "Create",
  DeleteBizTalkService: "Delete",
  StartBizTalkService: "Start",
  StopBizTalkService: "Stop",
  RestartBizTalkService: "Restart",
  DisableBizTalkService: "Disable",
  EnableBizTalkService: "Enable",
  SuspendBizTalkService: "Suspend",
  ResumeBizTalkService: "Resume",
  ScaleBizTalkService: "Scale",
  ConfigUpdateBizTalkService: "Update settings",
  ServiceUpdateBizTalkService: "Update",
  BackupBizTalkService: "Back up",
  RestoreBizTalkService: "Restore",
  PurgeBackupBizTalkService: "Delete a backup",
  VerifyBackupBizTalkService: "Verify a backup",
  RegisterBackupBizTalkService: "Register a backup",
  LinkIntegrationAccount: "Link an account",
  UnlinkIntegrationAccount: "Unlink the account",
  PullIntegrationAccount: "Pull",
  PushIntegrationAccount: "Push",
  RotateKeys: "Rotate keys",
  SealSecrets: "Seal secrets",
  RunSchedules: "Run schedules",
};

/** An operation in a person's words. */
export function shownOperation(name: string): string {
  return OPERATIONS[name] ?? name;
}

/** The operations that a filter offers: name of the API, word. */
export const OPERATION_CHOICES = Object.entries(OPERATIONS);
