// Sizes, times and memory of the demo: how much the first pages weigh, how soon it answers, what it takes after a
// walk through its pages. Printed always; all of them must hold.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Visitor, openBrowser } from "./lib/browser.mjs";
import { startDemo } from "./lib/gateway.mjs";
import { checkAndSend, fillForm, openForm, signIn, waitForAnswer } from "./lib/pages.mjs";
import { Person } from "./lib/person.mjs";
import { TOUR, WITHOUT_ACCOUNT } from "./lib/tour.mjs";
import { furnish } from "./lib/world.mjs";

/** Over the wire, headers and all: the sign-in, the first page behind it, their styles and scripts. */
const FIRST_PAGES_MOST_BYTES = 150_000;
/** From the program's start to its first answer. */
const START_MOST_MS = 1000;
const STARTS = 3;
/** Of the serving process, after everything was looked at. */
const PEAK_MOST_MB = 150;
/** Requests that are sent and answered before memory is measured. */
const ANSWERS = 3;

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test("the first pages are light", async (t) => {
  const gateway = await startDemo();
  try {
    const visitor = await Visitor.enter(browser, gateway.address);
    const { page } = visitor;
    const wire = await visitor.context.newCDPSession(page);
    await wire.send("Network.enable");
    let bytes = 0;
    let answers = 0;
    wire.on("Network.loadingFinished", ({ encodedDataLength }) => {
      bytes += encodedDataLength;
      answers += 1;
    });
    await page.goto("/");
    await page.waitForLoadState("networkidle");
    const [signInBytes, signInAnswers] = [bytes, answers];
    await signIn(new Person(page), gateway, "caremane");
    await page.waitForLoadState("load");
    t.diagnostic(`sign-in ${signInBytes} bytes (${signInAnswers} answers), with the home page ${bytes} bytes (${answers} answers)`);
    assert.ok(signInAnswers >= 4, "the page, its styles and its scripts were counted");
    assert.ok(bytes <= FIRST_PAGES_MOST_BYTES, `${bytes} bytes`);
    await visitor.leave();
  } finally {
    await gateway.stop();
  }
});

test("the demo answers soon after its start", async (t) => {
  const times = [];
  for (let nth = 0; nth < STARTS; nth += 1) {
    const gateway = await startDemo();
    times.push(gateway.startMs);
    await gateway.stop();
  }
  times.sort((one, other) => one - other);
  const median = times[Math.floor(STARTS / 2)];
  t.diagnostic(`${STARTS} starts: ${times.map((ms) => `${ms.toFixed(0)} ms`).join(", ")}`);
  assert.ok(median <= START_MOST_MS, `median ${median} ms`);
});

test("memory after a walk through the pages", async (t) => {
  const world = await furnish(browser);
  const { gateway } = world;
  try {
    const print = async (when) => {
      const { peakMb, residentMb, childrenMb, children } = await gateway.memory();
      const mb = (value) => `${value.toFixed(0)} MB`;
      t.diagnostic(`${when}: peak ${mb(peakMb)}, resident ${mb(residentMb)}; the ${children} processes that it started ${mb(childrenMb)}`);
      return peakMb;
    };
    await print("before");
    const { page } = await world.enter("caremane");
    for (let nth = 1; nth <= ANSWERS; nth += 1) {
      const person = new Person(page);
      await page.goto("/");
      await openForm(person);
      await fillForm(person, `【見本】${nth}件目`);
      await checkAndSend(person);
      await waitForAnswer(page);
    }
    await print(`after ${ANSWERS} answers`);
    for (const role of new Set(TOUR.map((stop) => stop.role))) {
      const stops = TOUR.filter((stop) => stop.role === role);
      const statuses = stops.flatMap((stop) => stop.statuses);
      const visitor = await world.enter(WITHOUT_ACCOUNT.includes(role) ? "" : role, { statuses });
      for (const stop of stops) {
        await stop.open(visitor.page, world);
        await visitor.page.waitForLoadState("load");
      }
    }
    const peakMb = await print(`after a walk through ${TOUR.length} pages`);
    assert.ok(peakMb > 10, "the serving process was measured");
    assert.ok(peakMb <= PEAK_MOST_MB, `${peakMb} MB`);
  } finally {
    await gateway.stop();
  }
});
