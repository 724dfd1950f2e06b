// What goes wrong in front of a screen: two clicks, the back button, two tabs, a session that ends in mid-form, far
// too much text, names that look like code. Nothing is lost, nothing is doubled, one clear sentence is shown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Visitor, openBrowser } from "./lib/browser.mjs";
import { startDemo } from "./lib/gateway.mjs";
import { checkAndSend, fillForm, isRequest, listed, openForm, signIn } from "./lib/pages.mjs";
import { Person } from "./lib/person.mjs";

const TEN_MB = 10 * 1024 * 1024;
/** What a form's pages answer on purpose: to sign in again, too much, mistakes in the fields. */
const STATUSES = [403, 413, 422];
/** What is said about a form that was changed after it had been sent. */
const NOT_SENT = /送信されていません/;

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

/** A test by a care manager who has signed in; what the visitor saw amiss fails it. */
function case_(name, options, work) {
  test(name, async (t) => {
    const visitor = await Visitor.enter(browser, gateway.address, { statuses: STATUSES, ...options });
    const person = new Person(visitor.page);
    await visitor.page.goto("/");
    await signIn(person, gateway, "caremane");
    await work(t, person, visitor);
    await visitor.leave();
  });
}

const sendButton = (page) => page.getByRole("button", { name: "この番号へ送信する" });
const checkButton = (page) => page.getByRole("button", { name: "内容を確認する" });

/** Fills the form and opens the check. */
async function toCheck(person, subject) {
  await openForm(person);
  await fillForm(person, subject);
  await checkButton(person.page).click();
  await sendButton(person.page).waitFor();
}

for (const script of [true, false]) {
  case_(`two clicks on "send" are one request ${script ? "with" : "without"} a script`, { script }, async (t, { page }, visitor) => {
    const subject = `【見本】二度押し ${script}`;
    await toCheck(new Person(page), subject);
    await sendButton(page).dblclick();
    await page.waitForURL(isRequest);
    assert.equal(await listed(page, subject), 1);
  });
}

case_("two posts of the same form at once are one request", {}, async (t, { page }) => {
  const subject = "【見本】同時に二つ";
  await toCheck(new Person(page), subject);
  const form = await page.locator('form[action="/requests"]').evaluate((form) => [...new FormData(form)]);
  const post = () => page.evaluate((pairs) => fetch("/requests", { method: "POST", body: new URLSearchParams(pairs) }).then((answer) => answer.url), form);
  const urls = await Promise.all([post(), post(), post()]);
  assert.equal(new Set(urls.map((url) => new URL(url).pathname)).size, 1, urls.join(", "));
  assert.ok(isRequest(new URL(urls[0])), urls[0]);
  assert.equal(await listed(page, subject), 1);
});

case_("back after sending, and sending again, is the same request", {}, async (t, { page }) => {
  const subject = "【見本】戻って再送";
  await toCheck(new Person(page), subject);
  await sendButton(page).click();
  await page.waitForURL(isRequest);
  const sent = new URL(page.url()).pathname;
  await page.goBack();
  await page.waitForURL((url) => url.pathname === sent);
  // Further back is the form as it was. It is the same request still: nothing is sent twice, and what was changed
  // was not sent, which is said.
  await page.goBack();
  const subjectField = page.locator('[name="f.subject"]');
  assert.equal(await subjectField.inputValue(), subject);
  await checkButton(page).click();
  await page.waitForURL((url) => url.pathname === sent);
  await page.goBack();
  await subjectField.fill("【見本】戻って書き換え");
  await checkButton(page).click();
  await page.waitForURL((url) => url.pathname === sent);
  assert.match(await page.locator(".notice-warn").innerText(), NOT_SENT);
  assert.equal(await listed(page, subject), 1);
  assert.equal(await listed(page, "【見本】戻って書き換え"), 0);
});

case_("two tabs with the same form are one request, and the second says so", {}, async (t, { page }, visitor) => {
  await openForm(new Person(page));
  const other = await visitor.context.newPage();
  // A duplicated tab holds the same form, not a new one.
  await fillForm(new Person(page), "【見本】一つ目のタブ");
  const html = await page.evaluate(() => {
    for (const input of document.querySelectorAll("input, textarea")) {
      if (input.type === "radio" || input.type === "checkbox") input.toggleAttribute("checked", input.checked);
      else if (input.tagName === "TEXTAREA") input.textContent = input.value;
      else input.setAttribute("value", input.value);
    }
    for (const option of document.querySelectorAll("option")) option.toggleAttribute("selected", option.selected);
    return document.documentElement.outerHTML;
  });
  await other.route("**/requests/new?*", (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: `<!doctype html>${html}` }));
  await other.goto(page.url());
  await other.locator('[name="f.subject"]').fill("【見本】二つ目のタブ");

  await checkButton(page).click();
  await checkButton(other).click();
  await sendButton(other).waitFor();
  await sendButton(page).click();
  await page.waitForURL(isRequest);
  await sendButton(other).click();
  await other.waitForURL(isRequest);
  assert.equal(new URL(other.url()).pathname, new URL(page.url()).pathname);
  assert.match(await other.locator(".notice-warn").innerText(), NOT_SENT);
  assert.equal(await listed(page, "【見本】一つ目のタブ"), 1);
  assert.equal(await listed(page, "【見本】二つ目のタブ"), 0);
});

case_("a session that ends in mid-form loses nothing", {}, async (t, { page }, visitor) => {
  const subject = "【見本】途中で時間切れ 髙様";
  const person = new Person(page);
  await openForm(person);
  await fillForm(person, subject);
  const typed = await typedIn(page);
  await visitor.context.clearCookies({ name: "renraku-session" });
  await checkButton(page).click();
  await page.locator("#password").waitFor();
  assert.match(await page.locator("main").innerText(), /入力した内容は残っています/);
  await page.locator("#login").fill("caremane");
  await page.locator("#password").fill("a wrong one first");
  await page.getByRole("button", { name: "サインインする" }).click();
  await page.getByText("ログイン名かパスワードが違います").waitFor();
  await page.locator("#password").fill(gateway.password);
  await page.getByRole("button", { name: "サインインする" }).click();
  await page.getByRole("button", { name: "続きへ進む" }).click();
  await sendButton(page).waitFor();
  assert.equal(await listed(page, subject), 0, "nothing was sent by signing in");
  await page.goBack();
  await page.getByRole("button", { name: "修正する" }).click();
  await page.locator('[name="f.subject"]').waitFor();
  assert.deepEqual(await typedIn(page), typed);
  await checkAndSend(person);
  assert.equal(await listed(page, subject), 1);
});

case_("a session that ends at the last click sends nothing and says so", {}, async (t, { page }, visitor) => {
  const subject = "【見本】送信の直前に時間切れ";
  await toCheck(new Person(page), subject);
  await visitor.context.clearCookies({ name: "renraku-session" });
  await sendButton(page).click();
  await page.locator("#password").waitFor();
  assert.match(await page.locator("main").innerText(), /まだ受け付けていません/);
  await page.locator("#login").fill("caremane");
  await page.locator("#password").fill(gateway.password);
  await page.getByRole("button", { name: "サインインする" }).click();
  await page.getByRole("button", { name: "続きへ進む" }).click();
  await sendButton(page).waitFor();
  assert.equal(await listed(page, subject), 0, "nothing was sent by signing in");
});

case_("10 MB in a field is one clear sentence, and back has everything", {}, async (t, { page }) => {
  const subject = "【見本】とても長い内容";
  const person = new Person(page);
  await openForm(person);
  await fillForm(person, subject);
  await page.locator('[name="f.content"]').evaluate((area, size) => {
    area.value = "あ".repeat(size / 3);
    area.form.requestSubmit();
  }, TEN_MB);
  const sentence = page.locator(".notice-warn");
  await sentence.waitFor({ timeout: 60_000 });
  assert.match(await sentence.innerText(), /内容が大きすぎます/);
  await page.goBack();
  assert.equal(await page.locator('[name="f.subject"]').inputValue(), subject);
  await page.locator('[name="f.content"]').fill("【見本】短くしました。");
  await checkAndSend(person);
  assert.equal(await listed(page, subject), 1);
});

case_("a text longer than its field is kept and named", {}, async (t, { page }) => {
  const person = new Person(page);
  await openForm(person);
  await fillForm(person, "【見本】長い内容");
  const long = "あ".repeat(2000);
  await page.locator('[name="f.content"]').fill(long);
  await checkButton(page).click();
  await page.locator(".wrong").waitFor();
  assert.equal(await page.locator('[name="f.content"]').inputValue(), long);
  assert.equal(await page.locator(".wrong").count(), 1);
});

for (const [name, kana] of [["見本 𠮷子", "ミホン アアア"], ['見本"><script>alert(1)</script>', "ミホン アアイ"]]) {
  case_(`a client is called ${name}`, {}, async (t, { page }) => {
    const person = new Person(page);
    await page.goto("/clients/new");
    await page.locator("#name").fill(name);
    await page.locator("#kana").fill(kana);
    await page.getByRole("button", { name: "登録する" }).click();
    await page.waitForURL((url) => url.pathname === "/clients");
    await shown(page, name);
    await page.goto("/requests/new");
    await shown(page, name);
    await page.locator("a.row", { hasText: name }).click();
    const subject = `【見本】${name.slice(3, 20)}`;
    await fillForm(person, subject);
    await checkButton(page).click();
    // Either the sheet can carry the name, or one sentence says which character it cannot; nothing is lost.
    await page.locator('img.sheet, .notice-warn').first().waitFor();
    if ((await page.locator("img.sheet").count()) > 0) {
      await sendButton(page).click();
      await page.waitForURL(isRequest);
      await shown(page, name);
      assert.equal(await listed(page, subject), 1);
    } else {
      t.diagnostic(`refused: ${(await page.locator(".notice-warn").innerText()).replace(/\s+/g, " ")}`);
      assert.equal(await page.locator('[name="f.subject"]').inputValue(), subject);
      await shown(page, name);
    }
  });
}

/** The name stands on the page letter by letter. */
async function shown(page, name) {
  assert.ok((await page.locator("main").innerText()).includes(name), `${name} on ${page.url()}`);
}

/** Everything that is typed and chosen in the form. */
async function typedIn(page) {
  const pairs = await page.locator('form[action="/requests/check"]').evaluate((form) => [...new FormData(form)]);
  return Object.fromEntries(pairs.filter(([name]) => name !== "csrf"));
}
