import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { queries } from "./api/queries";
import { begin, watchIdle } from "./api/session";
import { App } from "./app";

begin();
// The link of another start, opened in this tab, changes nothing but what is behind the #.
addEventListener("hashchange", begin);
watchIdle();

const place = document.getElementById("portal");
if (place) {
  createRoot(place).render(
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>,
  );
}
