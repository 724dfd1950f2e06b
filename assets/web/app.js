// What pages do better with a script; every page works without it.
"use strict";

// A request's page is told of changes and asks for itself again (htmx), unless somebody writes in it.
function listen() {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const source = new EventSource(live.dataset.live);
  let late = false;
  const renew = () => {
    late = Boolean(document.querySelector("details[open]"));
    if (!late) document.body.dispatchEvent(new CustomEvent("renraku:changed"));
  };
  source.addEventListener("changed", renew);
  document.addEventListener("toggle", () => { if (late) renew(); }, true);
  addEventListener("pagehide", () => source.close());
}

// The second click on a button that sends does nothing; the server would notice it too.
function once() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
  });
}

// Whoever confirms must have looked: a key that is held down, or pressed again while the next page comes up,
// confirms nothing there.
function look() {
  const LOOK_MS = 700;
  let shown = performance.now();
  addEventListener("pageshow", () => { shown = performance.now(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.repeat && !event.target.matches("textarea")) event.preventDefault();
  });
  // Before `once` sees it: what is kept back was not sent.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-look]") || performance.now() - shown >= LOOK_MS) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}

// What depends on a choice is shown as soon as it is made. What is not shown is switched off, so that it is not
// posted; the server asks for it again without this.
function depend() {
  const parts = document.querySelectorAll("[data-when]");
  if (!parts.length) return;
  const chosen = (name) => [...document.querySelectorAll(`[name="${CSS.escape(name)}"]:checked`)]
    .filter((input) => !input.matches(":disabled")).map((input) => input.value);
  const show = () => {
    // What depends on what depends comes later in the page, or in the next round.
    for (let round = 0; round < parts.length; round += 1) {
      let changed = false;
      for (const part of parts) {
        const off = !chosen(part.dataset.when).some((value) => part.dataset.is.split(" ").includes(value));
        changed ||= part.hidden !== off;
        part.hidden = off;
        if ("disabled" in part) part.disabled = off;
      }
      if (!changed) break;
    }
  };
  document.addEventListener("change", show);
  addEventListener("pageshow", show);
  show();
}

listen();
look();
depend();
once();
