// The three journeys that everything else serves: a newcomer asks and reads the answer, a clinic answers by its
// link on a telephone, a reviewer clears an unsure page. Effort is counted as a person would count it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, Visitor, openBrowser } from "./lib/browser.mjs";
import { startDemo } from "./lib/gateway.mjs";
import { checkAndSend, fillForm, openForm, signIn, waitForAnswer } from "./lib/pages.mjs";
import { Paper, boxesOfSample, print } from "./lib/paper.mjs";
import { Person } from "./lib/person.mjs";
import { until } from "./lib/wait.mjs";

/** From the demo's first page to a read answer. */
const NEWCOMER_MOST = 12;
const NEWCOMER_MOST_S = 60;
/** After the digits. */
const CLINIC_MOST_TAPS = 3;
/** From the item's page to "confirmed", where the reading is right. */
const REVIEWER_MOST_KEYS = 2;

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

/** One demo and one visitor for a test; whatever the visitor saw amiss fails it. */
async function withDemo(options, work) {
  const gateway = await startDemo();
  try {
    const visitor = await Visitor.enter(browser, gateway.address, options);
    await work(gateway, visitor);
    await visitor.leave();
  } finally {
    await gateway.stop();
  }
}

test("a newcomer fills a form, sends it and reads the answer", async (t) => {
  await withDemo({}, async (gateway, { page }) => {
    const person = new Person(page);
    const began = performance.now();
    await page.goto("/");
    await signIn(person, gateway, "caremane");
    await openForm(person);
    await fillForm(person, "【見本】服薬について");
    await checkAndSend(person);
    const words = await waitForAnswer(page);
    const seconds = (performance.now() - began) / 1000;
    t.diagnostic(`${person.count} interactions, ${seconds.toFixed(1)} s: ${person.steps.join(", ")}; answer: ${words}`);
    assert.ok(seconds <= NEWCOMER_MOST_S, `${seconds} s`);
    assert.ok(person.count <= NEWCOMER_MOST, `${person.count} interactions: ${person.steps.join(", ")}`);
  });
});

test("a clinic answers by its link on a small telephone", async (t) => {
  await withDemo({ viewport: PHONE }, async (gateway, { page }) => {
    const request = await gateway.silentRequest();
    await page.goto(await gateway.link(request.id));
    const person = new Person(page);
    await person.type(page.getByRole("textbox"), "1002", "digits");
    await person.click(page.getByRole("button", { name: "次へ" }), "on");
    await page.waitForURL(/\/answer$/);
    const before = person.count;
    await person.click(page.getByText("特に問題なし"), "no particular problem");
    const signature = page.locator('[name="r.signature"]');
    if (await signature.first().evaluate((input) => input.required)) {
      await person.click(page.getByText("医師", { exact: true }), "the doctor");
    }
    await person.click(page.getByRole("button", { name: "この内容で回答する" }), "send");
    await page.waitForURL(/\/thanks$/);
    const taps = person.count - before;
    t.diagnostic(`${taps} taps after the digits: ${person.steps.join(", ")}`);
    assert.ok(taps <= CLINIC_MOST_TAPS, `${taps} taps`);
    assert.match(await page.locator(".answer-last").innerText(), /特に問題なし/);
    const stored = (await gateway.requests()).find((other) => other.id === request.id);
    assert.equal(stored.state, "answered");
  });
});

test("a reviewer clears unsure pages by the keyboard, and takes it back", async (t) => {
  await withDemo({}, async (gateway, { page }) => {
    const request = await gateway.silentRequest();
    const boxes = await boxesOfSample(gateway);
    const person = new Person(page);
    await page.goto("/");
    await signIn(person, gateway, "caremane");
    const pdf = await (await page.request.get(`/requests/${request.id}/sheet.pdf`)).body();
    await page.context().clearCookies();
    await page.goto("/");
    await signIn(person, gateway, "reviewer");

    // The reading is right, but somebody wrote beside the boxes.
    const stray = await print(gateway, pdf);
    stray.tick(boxes["answer.no_problem"]);
    stray.tick(boxes["signature.doctor"]);
    const box = boxes["answer.by_letter"];
    stray.stroke([[box.x_mm - 9, box.y_mm + 8], [box.x_mm - 3, box.y_mm + 12], [box.x_mm - 9, box.y_mm + 14]]);
    await gateway.receive(stray.mail());
    const item = await reviewItem(gateway, []);
    await page.goto(`/review/${item.id}`);
    const sure = await confirmByKeys(page, ["Enter"]);
    t.diagnostic(`reading right: ${sure} key(s); reasons ${item.reasons.join("; ")}`);
    assert.ok(sure <= REVIEWER_MOST_KEYS);
    assert.equal(await stateOf(gateway, request), "answered");

    // Undo: the reply is no reply any more, the item waits again.
    await page.getByRole("button", { name: "取り消して確認待ちに戻す" }).first().click();
    await until(async () => (await gateway.reviews()).some((open) => open.id === item.id), "the item waits again");
    assert.equal(await stateOf(gateway, request), "needs_review");

    // Two boxes are ticked: the person chooses one; Space and Enter are enough for the first.
    const twice = await print(gateway, pdf);
    for (const name of ["answer.no_problem", "answer.meeting", "signature.doctor"]) twice.tick(boxes[name]);
    await gateway.receive(twice.mail());
    const second = await reviewItem(gateway, [item.id]);
    assert.ok(second.reasons.some((reason) => reason.startsWith("several_chosen")), second.reasons.join());
    await page.goto(`/review/${second.id}`);
    assert.equal(await page.locator('[name="r.answer"]:checked').count(), 0, "no guess is proposed");
    const corrected = await confirmByKeys(page, ["Space", "Enter"]);
    t.diagnostic(`corrected: ${corrected} keys`);
    assert.equal(await stateOf(gateway, request), "answered");

    // A page that nothing is known of waits as well, and is lost to nobody.
    await gateway.receive(Paper.blank().mail());
    await reviewItem(gateway, [item.id, second.id]);
  });
});

/** The item that has come beside those that are known. */
function reviewItem(gateway, known) {
  return until(async () => (await gateway.reviews()).find((item) => !known.includes(item.id)), "a page to review");
}

/** Presses the keys as soon as the page takes them; returns how many they were when it is confirmed. */
async function confirmByKeys(page, keys) {
  const person = new Person(page);
  // The page takes no key in its first moment, so that whoever confirms has looked.
  await page.waitForTimeout(900);
  for (const key of keys) await person.key(key);
  await page.waitForURL(/[?&]done=/);
  return person.count;
}

async function stateOf(gateway, request) {
  return (await gateway.requests()).find((other) => other.id === request.id).state;
}
