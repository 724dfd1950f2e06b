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

// What was typed is there again after "back". Browsers forget fields with `autocomplete="off"`, which keep clients'
// names out of their lists of what was typed once; so the tab's own history holds it, and nothing else does. The
// form's id comes back with it: the same form is the same request, however often it is sent.
function keep() {
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const fields = [...form.querySelectorAll('input[autocomplete="off"], input[name="id"]')];
  const typed = history.state?.typed ?? {};
  for (const field of fields) if (field.name in typed) field.value = typed[field.name];
  const note = () => history.replaceState({ typed: Object.fromEntries(fields.map(({ name, value }) => [name, value])) }, "");
  form.addEventListener("change", note);
  form.addEventListener("submit", note);
}

listen();
look();
once();
keep();
