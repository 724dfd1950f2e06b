// What pages do better with a script; every page works without it.
"use strict";

// A page is told when what it shows has changed, and asks for itself again (htmx), unless somebody is at work in
// it. A page that nobody looks at is told nothing: a browser has six connections for all its pages together.
function listen() {
  const REOPEN_MS = 3000;
  const LATER_MS = 1000;
  const live = () => document.querySelector("[data-live]");
  if (!live()) return;
  let source = null;
  let later = 0;

  const renew = () => {
    clearTimeout(later);
    if (atWork(live())) later = setTimeout(renew, LATER_MS);
    else document.body.dispatchEvent(new CustomEvent("renraku:changed"));
  };
  const close = () => {
    source?.close();
    source = null;
  };
  // The address says when the page was made: what happened since then is told at once.
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(live().dataset.live);
    source.addEventListener("changed", renew);
    source.addEventListener("error", () => {
      // Refused: the session is over, and asking again would not help.
      const refused = source?.readyState === EventSource.CLOSED;
      close();
      if (!refused) setTimeout(open, REOPEN_MS);
    });
  };
  // Another page than this one (a sign-in, a failure) takes nothing away, nor does one that comes too late.
  document.addEventListener("htmx:before:swap", (event) => {
    const { status, raw } = event.detail.ctx.response;
    const other = status !== 200 || raw.redirected;
    const tooLate = atWork(live());
    if (tooLate) later = setTimeout(renew, LATER_MS);
    if (other || tooLate) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pageshow", open);
  addEventListener("pagehide", close);
  open();
}

// Somebody writes, has written, has opened something, or is about to press a button that would move away.
function atWork(part) {
  const FIELDS = "input:not([type=hidden]), textarea, select";
  const written = (field) =>
    /^(checkbox|radio)$/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  return Boolean(
    part.querySelector("details[open], button:hover, form[data-sent]") ||
      (part.contains(document.activeElement) && document.activeElement.matches(FIELDS)) ||
      [...part.querySelectorAll("input:not([type=hidden]), textarea")].some(written),
  );
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
depend();
once();
keep();
