// Every page of every role, in Japanese and in English, on a desk and on a small telephone: no serious finding of
// axe-core, nothing that scrolls sideways, nothing asked of another host, no error in the console.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Visitor, openBrowser } from "./lib/browser.mjs";
import { look } from "./lib/look.mjs";
import { Pictures } from "./lib/pictures.mjs";
import { TOUR, TROUBLES, WITHOUT_ACCOUNT } from "./lib/tour.mjs";
import { furnish, furnishTroubles } from "./lib/world.mjs";

/** Routes that answer with no page: files, pictures, streams. */
const NO_PAGE = ["/healthz", "/assets/", "/live", "/page/", "/page", "/test-page/", ".pdf", ".csv", "/handwriting/"];

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

test("who looks sees what is amiss", async () => {
  const visitor = await Visitor.enter(browser, "http://127.0.0.1:9");
  const bad = '<html lang="ja"><title>t</title><main><h1>h</h1><input><p style="width: 1500px">wide</p></main>';
  await visitor.page.setContent(`${bad}<script>console.error("amiss")</script>`);
  const { heavy } = await look(visitor.page, "bad", null);
  await visitor.page.goto("http://127.0.0.1:10/").catch(() => {});
  assert.ok(heavy.some((finding) => /critical label/.test(finding)), heavy.join("\n"));
  assert.equal(heavy.filter((finding) => /scrolls sideways to 15/.test(finding)).length, 2, heavy.join("\n"));
  for (const trouble of [/amiss/, /asks another host/]) {
    assert.ok(visitor.troubles.some((seen) => trouble.test(seen)), String(trouble));
  }
  await visitor.context.close();
});

// Both languages at once, each in a demo of its own: looking at a page is mostly waiting.
describe("pages", { concurrency: 2 }, () => {
  for (const language of ["ja", "en"]) {
    test(`every page in ${language}`, async (t) => {
      await tour(t, await furnish(browser), TOUR, language, async (world) => {
        assert.deepEqual(await missed(world), [], "the tour leads past every page that the program has");
      });
    });
  }
  for (const language of ["ja", "en"]) {
    test(`pages about what went wrong in ${language}`, async (t) => {
      await tour(t, await furnishTroubles(browser), TROUBLES, language, () => {});
    });
  }
});

/** Leads people of every role through the world, and ends it. */
async function tour(t, world, stops, language, atTheEnd) {
  const pictures = language === "ja" ? await Pictures.wanted() : null;
  try {
    const heavy = [];
    for (const role of new Set(stops.map((stop) => stop.role))) {
      heavy.push(...await visit(t, world, role, stops.filter((stop) => stop.role === role), language, pictures));
    }
    t.diagnostic(`${stops.length} pages at two widths`);
    assert.deepEqual(heavy, []);
    await atTheEnd(world);
    for (const visitor of world.visitors) await visitor.leave();
  } finally {
    await world.stop();
  }
}

/** Looks at pages as one role; returns what is seriously amiss and prints the rest. */
async function visit(t, world, role, stops, language, pictures) {
  const statuses = stops.flatMap((stop) => stop.statuses);
  const { page } = await world.enter(WITHOUT_ACCOUNT.includes(role) ? "" : role, { statuses });
  await speak(page, language);
  const heavy = [];
  for (const stop of stops) {
    await stop.open(page, world);
    await page.waitForLoadState("load");
    assert.equal(await page.locator("html").getAttribute("lang"), language, stop.name);
    const found = await look(page, stop.name, pictures);
    heavy.push(...found.heavy);
    for (const light of found.light) t.diagnostic(light);
  }
  return heavy;
}

/** Changes the language as people do: by the button on the page. */
async function speak(page, language) {
  if ((await page.locator("html").getAttribute("lang")) === language) return;
  await page.locator('[action="/language"] button').click();
  await page.locator(`html[lang="${language}"]`).waitFor();
}

/** The pages of the program's own table of routes that nobody has opened. */
async function missed({ gateway, visitors }) {
  const routes = JSON.parse(await gateway.command("routes", "--json"));
  const places = visitors.flatMap((visitor) => visitor.places);
  const pages = routes.filter(({ method, path }) => method === "GET" && !NO_PAGE.some((part) => path.includes(part)));
  const pattern = (path) => new RegExp(`^${path.replace(/\{[a-z]+\}/g, "[^/]+")}$`);
  return pages.map(({ path }) => path).filter((path) => !places.some((place) => pattern(path).test(place)));
}
