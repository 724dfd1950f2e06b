// With JavaScript switched off everything essential still works: asking and reading the answer, answering by the
// link, clearing an unsure page and taking it back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PHONE, Visitor, openBrowser } from "./lib/browser.mjs";
import { startDemo } from "./lib/gateway.mjs";
import { checkAndSend, fillForm, openForm, signIn, waitForAnswer } from "./lib/pages.mjs";
import { boxesOfSample, print } from "./lib/paper.mjs";
import { Person } from "./lib/person.mjs";
import { until } from "./lib/wait.mjs";

let browser;
let gateway;
before(async () => {
  browser = await openBrowser();
  gateway = await startDemo();
});
after(async () => {
  await gateway.stop();
  await browser.close();
});

const enter = (options = {}) => Visitor.enter(browser, gateway.address, { script: false, ...options });

test("a newcomer sends a form and reads the answer", async (t) => {
  const visitor = await enter();
  const person = new Person(visitor.page);
  await visitor.page.goto("/");
  await signIn(person, gateway, "caremane");
  await openForm(person);
  await fillForm(person, "【見本】スクリプトなし");
  await checkAndSend(person);
  t.diagnostic(`answer: ${await waitForAnswer(visitor.page, { reload: true })}`);
  await visitor.leave();
});

test("a reviewer clears an unsure page and takes it back", async () => {
  const request = await gateway.silentRequest();
  const careManager = await enter();
  await careManager.page.goto("/");
  await signIn(new Person(careManager.page), gateway, "caremane");
  const pdf = await (await careManager.page.request.get(`/requests/${request.id}/sheet.pdf`)).body();
  const boxes = await boxesOfSample(gateway);
  const paper = await print(gateway, pdf);
  for (const name of ["answer.no_problem", "answer.meeting", "signature.doctor"]) paper.tick(boxes[name]);
  await gateway.receive(paper.mail());
  await until(async () => (await gateway.reviews()).length > 0, "a page to review");

  const visitor = await enter();
  const { page } = visitor;
  await page.goto("/");
  await signIn(new Person(page), gateway, "reviewer");
  await page.goto("/review");
  await page.locator("a.row").first().click();
  assert.ok(await page.locator("img.sheet").evaluate((img) => img.decode().then(() => img.naturalWidth > 500)));
  await page.locator('[name="r.answer"][value="meeting"]').check();
  await page.getByRole("button", { name: "この内容で確定する" }).click();
  await page.waitForURL(/done=/);
  assert.equal(await state(request), "answered");
  await page.getByRole("button", { name: "取り消して確認待ちに戻す" }).click();
  await page.getByRole("button", { name: "この内容で確定する" }).waitFor();
  assert.equal(await state(request), "needs_review");
  for (const each of [careManager, visitor]) await each.leave();
});

test("a clinic answers by its link", async () => {
  const request = await gateway.silentRequest();
  const visitor = await enter({ viewport: PHONE });
  const { page } = visitor;
  await page.goto(await gateway.link(request.id));
  await page.getByRole("textbox").fill("1002");
  await page.getByRole("button", { name: "次へ" }).click();
  await page.getByLabel("電話を希望").check();
  await page.getByLabel("医師", { exact: true }).check();
  await page.getByRole("button", { name: "この内容で回答する" }).click();
  await page.waitForURL(/\/thanks$/);
  assert.match(await page.locator(".answer-last").innerText(), /電話を希望/);
  await visitor.leave();
});

async function state(request) {
  return (await gateway.requests()).find((other) => other.id === request.id).state;
}
