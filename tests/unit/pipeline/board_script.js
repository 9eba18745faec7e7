// Added to the board's pages by a test: what a browser, and axe, find of them. It tells again and again.
"use strict";

const found = { violations: null, blocked: [], errors: [] };
document.addEventListener("securitypolicyviolation", (event) => found.blocked.push(`${event.violatedDirective} ${event.blockedURI}`));
window.addEventListener("error", (event) => found.errors.push(event.message));

async function tell() {
  const wide = document.documentElement.scrollWidth > document.documentElement.clientWidth;
  const seen = {
    ...found, wide,
    paper: getComputedStyle(document.body).backgroundColor,
    text: document.getElementById("main").innerText,
    live: document.getElementById("live").dataset.state,
    told: document.getElementById("live").textContent,
    hidden: document.hidden,
    open: [...document.querySelectorAll("details[open]")].map((one) => one.id),
    focus: document.activeElement.getAttribute("href") || document.activeElement.id || document.activeElement.textContent,
    typed: document.querySelector("input:not([type=hidden])")?.value ?? null,
    // What the tab key reaches of what forms have.
    reached: [...document.querySelectorAll("input:not([type=hidden]), button")].filter((one) => one.tabIndex >= 0 && !one.disabled).map((one) => one.id || one.textContent),
  };
  const answer = await fetch("/test/seen", { method: "POST", body: JSON.stringify(seen) });
  const asked = await answer.text();
  const hidden = asked === "hidden";
  if (asked === "send") document.querySelector("main form:has(input:not([type=hidden])) button")?.click();
  if (document.hidden !== hidden) {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }
  setTimeout(tell, 300);
}

window.addEventListener("load", async () => {
  document.querySelector("#attempts a, summary")?.focus();
  const field = document.querySelector("input:not([type=hidden])");
  if (field) { field.focus(); field.value = "it loses volumes"; }
  document.querySelector("details")?.setAttribute("open", "");
  const result = await axe.run(document, { resultTypes: ["violations"] });
  found.violations = result.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
  tell();
});
