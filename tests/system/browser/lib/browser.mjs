// Opens Chromium and watches every page of it: nothing may be asked of another host, no error may stand in the
// console (a breach of the content policy is one), no dialog may open. Knows nothing of renraku's pages.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** The widths that pages are looked at: a desk and a small telephone. */
export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };
/** How long a step may take before the test says that it did not happen. */
const STEP_MAX_MS = 15_000;
/** What Chromium writes for every answer with such a status; the tests that provoke one name it. */
const REFUSED = /^Failed to load resource: the server responded with a status of (\d+)/;

/** One Chromium; `close` ends it. */
export async function openBrowser() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
    ],
  });
}

/** A visitor of their own: own cookies, own window, watched from the first request on. */
export class Visitor {
  /** `statuses` are those that this visitor provokes on purpose; `script: false` switches JavaScript off. */
  static async enter(browser, address, { viewport = DESK, script = true, statuses = [] } = {}) {
    const context = await browser.newContext({
      viewport, javaScriptEnabled: script, locale: "ja-JP", timezoneId: "Asia/Tokyo", baseURL: address,
    });
    context.setDefaultTimeout(STEP_MAX_MS);
    const visitor = new Visitor(context, address, statuses);
    visitor.page = await context.newPage();
    return visitor;
  }

  constructor(context, address, statuses) {
    this.context = context;
    this.troubles = [];
    this.requests = 0;
    /** The paths that were opened as pages. */
    this.places = [];
    const trouble = (what) => this.troubles.push(what);
    context.on("request", (request) => {
      this.requests += 1;
      if (request.isNavigationRequest()) this.places.push(new URL(request.url()).pathname);
      if (new URL(request.url()).origin !== address && !request.url().startsWith("data:")) {
        trouble(`asks another host: ${request.url()}`);
      }
    });
    context.on("console", (message) => {
      const status = REFUSED.exec(message.text())?.[1];
      if (status && statuses.includes(Number(status))) return;
      if (message.type() === "error" || message.type() === "warning") {
        trouble(`console of ${message.page()?.url()}: ${message.text()}`);
      }
    });
    context.on("weberror", (error) => trouble(`script error: ${error.error()}`));
    context.on("dialog", (dialog) => {
      trouble(`a dialog opens: ${dialog.message()}`);
      dialog.dismiss();
    });
  }

  /** Leaves; whatever was seen on the way fails the test. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.troubles, [], "no other host, no console error, no dialog");
    assert.ok(this.requests > 0, "the watch has seen requests");
  }
}
