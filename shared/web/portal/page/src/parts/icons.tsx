/** The page's own icons: lines of one weight on a grid of 16. */
const PATHS = {
  dashboard: "M2.5 2.5h4.5v6h-4.5zM9 2.5h4.5v3.5h-4.5zM2.5 10.5h4.5v3h-4.5zM9 8h4.5v5.5h-4.5z",
  services: "M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01",
  log: "M3 3.5h10M3 8h10M3 12.5h6",
  health: "M1.5 8.5h3l2-5 3 9 2-4h3",
  api: "M5.5 4 2 8l3.5 4M10.5 4 14 8l-3.5 4",
  backup: "M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 13.5h11",
  play: "M4.5 3v10l8-5z",
  pause: "M5 3v10M11 3v10",
  stop: "M3.5 3.5h9v9h-9z",
  restart: "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3",
  block: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM4 4l8 8",
  scale: "M2.5 13.5V9M6.2 13.5V6.5M9.8 13.5V4.5M13.5 13.5v-11",
  trash: "M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 9h5.8l.6-9",
  plus: "M8 3v10M3 8h10",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  warn: "M8 2 1.8 13.2h12.4zM8 6.5v3.2M8 11.6v.01",
  busy: "M8 2a6 6 0 1 1-6 6",
  dash: "M4 8h8",
  pin: "M8 9.5V14M4.5 9.5h7L10.5 6V2.5h-5V6z",
  verify: "M8 1.8 13 3.6v4c0 3-2 5.4-5 6.6-3-1.2-5-3.6-5-6.6v-4zM5.5 8l2 2 3-3.6",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  settings: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M9 3v3h3V3zM4 10v3h3v-3z",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  person: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 13.8c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4",
  download: "M8 2v8M4.5 6.5 8 10l3.5-3.5M2.5 13.5h11",
  calendar: "M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3",
  clock: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 5v3.2l2.2 1.5",
  upload: "M8 11V3M4.5 6.5 8 3l3.5 3.5M2.5 13.5h11",
  box: "M2.5 5 8 2.2 13.5 5v6L8 13.8 2.5 11zM2.5 5 8 7.8 13.5 5M8 7.8v6",
  restore: "M8 10V2M4.5 5.5 8 2l3.5 3.5M2.5 13.5h11",
  storage: "M3 4.2c0-1 2.2-1.8 5-1.8s5 .8 5 1.8-2.2 1.8-5 1.8-5-.8-5-1.8zM3 4.2v7.6c0 1 2.2 1.8 5 1.8s5-.8 5-1.8V4.2M3 8c0 1 2.2 1.8 5 1.8s5-.8 5-1.8",
  account: "M4.5 12.5a3 3 0 0 1-.4-6 4 4 0 0 1 7.7-.6 3.2 3.2 0 0 1-.4 6.6z",
  link: "M6.5 9.5l3-3M7.5 4.5l1.2-1.2a2.8 2.8 0 0 1 4 4L11.5 8.5M8.5 11.5l-1.2 1.2a2.8 2.8 0 0 1-4-4L4.5 7.5",
  next: "M6 3.5 10.5 8 6 12.5",
  numbers: "M3.5 4 5 3v10M8.5 4.6c.6-2.2 4-2 4 .3 0 2.4-4 4.2-4 8.1h4.5",
  key: "M5.2 13.2a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM7.4 8.2l6-6M11 4.6l1.8 1.8",
  about: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 7.4v3.6M8 5.1v.01",
} as const;

export type IconName = keyof typeof PATHS;

/** An icon; it says nothing by itself, a word stands beside it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
