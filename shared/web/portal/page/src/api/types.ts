/** The types of the API's document, under short names. */
import type { components, paths } from "./schema";

export type Paths = paths;
export type Schemas = components["schemas"];

export type Service = Schemas["ShownService"];
export type ListedService = Schemas["ListedService"];
export type UrgentService = Schemas["UrgentService"];
export type Summary = Schemas["ServicesSummary"];
export type Backup = Schemas["Backup"];
export type ListedBackup = Schemas["ListedBackup"];
export type Monitor = Schemas["Monitor"];
export type Schedule = Schemas["ShownSchedule"];
export type ScheduleBody = Schemas["ScheduleBody"];
export type Preview = Schemas["SchedulePreview"];
export type DeepHealth = Schemas["DeepHealthReport"];
export type RestoreBody = Schemas["RestoreBody"];
export type RestorePlan = Schemas["RestorePlan"];
export type BrowsedBackup = Schemas["BrowsedBackup"];
export type State = Schemas["State"];
export type Edition = Schemas["Edition"];

/** A page of a list. */
export type Page<T> = { value: T[]; nextLink?: string | null };
