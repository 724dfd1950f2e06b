// Pictures of pages for people to look at, small enough to be kept beside the code. What changes with every run
// (numbers, times) is left as it is: nothing is compared with them.

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./gateway.mjs";

const run = promisify(execFile);
const FOLDER = join(ROOT, "tests/web/pictures");
/** A page longer than this is cut: its end repeats what its beginning shows. */
const LONGEST_PX = 3600;

export class Pictures {
  /** Nothing, unless pictures are asked for. */
  static async wanted() {
    if (process.env.RENRAKU_PICTURES !== "1") return null;
    await mkdir(FOLDER, { recursive: true });
    return new Pictures();
  }

  /** Writes `NAME.png` with a palette of 32 colours. */
  async take(page, name) {
    const { width } = page.viewportSize();
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    // What sticks to the window's edge belongs to the page's end here.
    const tall = { width, height: Math.min(height, LONGEST_PX) };
    if (width < 600) await page.setViewportSize(tall);
    const clip = { x: 0, y: 0, width, height: Math.min(height, LONGEST_PX) };
    const file = join(FOLDER, `${name}.png`);
    await writeFile(file, await page.screenshot({ fullPage: true, clip, animations: "disabled" }));
    await run("pngquant", ["32", "--nofs", "--speed", "1", "--strip", "--force", "--output", file, file]);
  }
}
