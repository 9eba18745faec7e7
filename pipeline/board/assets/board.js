// Keeps a page as new as the ledger. Without it the page is complete, and as old as when it was loaded.
"use strict";

const main = document.getElementById("main");
const live = document.getElementById("live");
let busy = false;
let again = false;

function say(state, text) {
  if (live.dataset.state !== state || live.textContent !== text) {
    live.dataset.state = state;
    live.textContent = text;
  }
}

// The element that has the focus, as a way to find its successor: a link, a table that scrolls, or what folds.
// Forms are in sections of their own, which hardly ever change, so what somebody types stays.
function focused() {
  const found = document.activeElement;
  if (!found || !main.contains(found) || found === main) return null;
  return { section: found.closest("[id]").id, href: found.getAttribute("href"), label: found.getAttribute("aria-label") };
}

function refocus(was) {
  if (!was || document.activeElement !== document.body) return;
  const section = document.getElementById(was.section) || main;
  const fits = (one) => (was.href ? one.getAttribute("href") === was.href : one.getAttribute("aria-label") === was.label);
  const found = [...section.querySelectorAll("a[href], [tabindex], summary")].find(fits);
  if (found) found.focus({ preventScroll: true });
}

// Replaces what differs, section by section, so that what is read, selected or scrolled elsewhere stays as it is.
function take(page) {
  const fresh = page.getElementById("main");
  if (!fresh) return;
  const was = focused();
  // What somebody has unfolded stays so.
  for (const one of main.querySelectorAll("details[open]")) page.getElementById(one.id)?.setAttribute("open", "");
  const now = [...main.children];
  const then = [...fresh.children];
  if (now.length === then.length && now.every((one, at) => one.id === then[at].id)) {
    now.forEach((one, at) => { if (!one.isEqualNode(then[at])) one.replaceWith(document.adoptNode(then[at])); });
  } else {
    main.replaceChildren(...then.map((one) => document.adoptNode(one)));
  }
  refocus(was);
}

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    do {
      again = false;
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) { say("lost", page.querySelector("h1")?.textContent || "This page cannot be shown now"); return; }
      take(page);
    } while (again);
  } catch {
    say("lost", "The board does not answer; trying again");
  } finally {
    busy = false;
  }
}

// Hears of changes while the page is seen. A browser allows six connections to a host, so a page in another tab
// has none; its stream tells once as it begins, and so it is refreshed when it is seen again.
let events = null;

function listen() {
  if (document.hidden === !events) return;
  if (document.hidden) {
    events.close();
    events = null;
    return;
  }
  events = new EventSource("/events");
  events.addEventListener("changed", (event) => {
    const told = JSON.parse(event.data);
    say("live", told.text || "Live");
    refresh();
  });
  events.addEventListener("trouble", (event) => say("lost", JSON.parse(event.data).text));
  events.onerror = () => say("lost", "The board does not answer; trying again");
}

if (main && live && !location.pathname.startsWith("/evidence/")) {
  listen();
  document.addEventListener("visibilitychange", listen);
}
