// What the tests know of renraku's pages: how one signs in, how the form is filled, how one waits for an answer.
// Finds things as people do, by their names in Japanese.

import assert from "node:assert/strict";

/** Signs in as one of the demo's accounts. */
export async function signIn(person, gateway, login) {
  const { page } = person;
  if (!page.url().startsWith(gateway.address)) await page.goto("/");
  await person.type(page.getByLabel("ログイン名"), login, "login");
  await person.type(page.getByLabel("パスワード"), gateway.password, "password");
  await person.click(page.getByRole("button", { name: "サインインする" }), "sign in");
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

/** From the first page to the empty form about a client; the shortest way that the page offers. */
export async function openForm(person) {
  const { page } = person;
  const direct = page.locator('main a[href*="/requests/new?client="]');
  if ((await direct.count()) === 0) {
    await person.click(page.getByRole("link", { name: "新しい連絡票" }), "new request");
  }
  await person.click(direct.first(), "the client");
  await page.getByRole("button", { name: "内容を確認する" }).waitFor();
}

/** Fills what is required and still empty, as somebody does who is in a hurry. `subject` marks the request. */
export async function fillForm(person, subject) {
  const { page } = person;
  const empty = async (field) => (await field.inputValue()) === "";
  const unchecked = async (name) => (await page.locator(`[name="${name}"]:checked`).count()) === 0;
  const option = (name, value) => page.locator(`[name="${name}"][value="${value}"]`);
  const to = page.locator('[name="to"]');
  if (await empty(to)) await person.choose(to, { index: 1 }, "the clinic");
  if (await unchecked("f.urgency")) await person.click(option("f.urgency", "normal"), "urgency");
  if (await unchecked("f.purposes")) await person.click(option("f.purposes", "medication"), "purpose");
  await person.type(page.locator('[name="f.subject"]'), subject, "subject");
  await person.type(page.locator('[name="f.content"]'), "【見本】夕食後のお薬の飲み忘れが週に2回あります。", "content");
  const day = page.locator('[name="consent.date"]');
  if (await empty(day)) await person.type(day, "2026-11-20", "day of consent");
  if (await unchecked("consent.method")) await person.click(option("consent.method", "written"), "way of consent");
}

/** From the filled form to the page of the sent request. */
export async function checkAndSend(person) {
  const { page } = person;
  await person.click(page.getByRole("button", { name: "内容を確認する" }), "check");
  await person.click(page.getByRole("button", { name: "この番号へ送信する" }), "send");
  await page.waitForURL(isRequest);
}

/** True for the address of one request's page. */
export function isRequest(url) {
  return /^\/requests\/[0-9a-f-]{36}$/.test(url.pathname);
}

/** Waits until the answer stands on the request's page; without a script it is asked for again and again. */
export async function waitForAnswer(page, { reload = false } = {}) {
  const answer = page.locator(".answer-last .answer-field dd").first();
  for (let tries = 0; reload && tries < 60 && (await answer.count()) === 0; tries += 1) {
    await page.waitForTimeout(250);
    await page.reload();
  }
  await answer.waitFor();
  const words = (await answer.innerText()).trim();
  assert.notEqual(words, "", "the answer has words");
  return words;
}

/** The requests with this subject in the office's list. */
export async function listed(page, subject) {
  await page.goto("/requests");
  return page.locator(".rows .row", { hasText: subject }).count();
}
