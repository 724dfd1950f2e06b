// Looks at a page that is open: accessibility findings (axe-core), scrolling sideways on a telephone, a picture
// for people. Changes nothing but the window's size.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { DESK, PHONE } from "./browser.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Findings of this weight fail the test; the others are printed. */
const HEAVY = ["serious", "critical"];

/** Everything amiss with the page at both widths: `{heavy, light}`, each a list of sentences. */
export async function look(page, name, pictures) {
  const found = { heavy: [], light: [] };
  for (const [width, viewport] of [[1280, DESK], [360, PHONE]]) {
    await page.setViewportSize(viewport);
    for (const { impact, words } of await accessibility(page)) {
      found[HEAVY.includes(impact) ? "heavy" : "light"].push(`${name} at ${width}: ${words}`);
    }
    const wide = await page.evaluate(widest);
    if (wide) found.heavy.push(`${name} at ${width}: scrolls sideways to ${wide}`);
    if (pictures) await pictures.take(page, `${name}-${width}`);
  }
  await page.setViewportSize(DESK);
  return found;
}

async function accessibility(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => {
    return globalThis.axe.run(document, { resultTypes: ["violations"], preload: false });
  });
  return violations.map(({ id, impact, help, nodes }) => {
    const where = nodes.map((node) => node.target.join(" ")).slice(0, 4).join(" | ");
    return { impact, words: `${impact} ${id}: ${help} (${where})` };
  });
}

/** Runs in the page: how far it can be scrolled sideways and by which element, or nothing. */
function widest() {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return "";
  const right = (element) => element.getBoundingClientRect().right;
  const all = [...document.body.querySelectorAll("*")].sort((left, other) => right(other) - right(left));
  const [first] = all;
  return `${document.documentElement.scrollWidth} px by <${first.tagName.toLowerCase()} class="${first.className}">`;
}
