// Waiting for what comes by itself, never longer than is said.

/** Asks `look` until it says yes; what it said is returned. */
export async function until(look, what, maxMs = 20_000) {
  const late = performance.now() + maxMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > late) throw new Error(`waited in vain for: ${what}`);
    await new Promise((soon) => setTimeout(soon, 150));
  }
}
