// Papers at the form, as a care manager adds them: chosen from the disk, looked at, taken away, sent behind the
// sheet; the key that ends a line takes nothing away, and what cannot be faxed is told at once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Visitor, openBrowser } from "./lib/browser.mjs";
import { startDemo } from "./lib/gateway.mjs";
import { look } from "./lib/look.mjs";
import { checkAndSend, fillForm, openForm, signIn, waitForAnswer } from "./lib/pages.mjs";
import { Person } from "./lib/person.mjs";

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser.close());

/** A table as an office program prints it, on lying paper. */
async function table() {
  const page = await browser.newPage();
  const row = "<tr><td>自宅で安全に入浴したい<td>訪問看護<td>週1回<td>令和8年12月1日から</tr>";
  await page.setContent(`<style>td{border:.3pt solid;padding:2mm}</style><h2>第2表(見本)</h2><table>${row.repeat(9)}</table>`);
  const buffer = await page.pdf({ landscape: true, format: "A4", margin: { top: "15mm", left: "15mm" } });
  await page.close();
  return { name: "第2表.pdf", mimeType: "application/pdf", buffer };
}

for (const script of [true, false]) {
  test(`papers go along with a request, ${script ? "with" : "without"} a script`, async () => {
    const gateway = await startDemo();
    const visitor = await Visitor.enter(browser, gateway.address, { script, statuses: [422] });
    const { page } = visitor;
    try {
      const person = new Person(page);
      await page.goto("/");
      await signIn(person, gateway, "caremane");
      await openForm(person);
      await fillForm(person, "【見本】ケアプランの件");
      await person.click(page.getByText("書類(PDF)を付ける"), "open the papers");
      const file = page.locator('input[type="file"]');
      const paper = await table();
      await file.setInputFiles([paper, { name: "メモ.txt", mimeType: "text/plain", buffer: Buffer.from("memo") }]);
      await person.click(page.getByRole("button", { name: "選んだPDFを付ける" }), "attach");
      await page.locator("#attachments .wrong").getByText("添付できるのはPDFだけ").waitFor();
      const names = page.locator(".paper-name");
      assert.deepEqual(await names.allTextContents(), ["第2表.pdf"]);
      if (script) {
        const found = await look(page, "attachments", null);
        assert.deepEqual(found.heavy, []);
      }
      // A second one is taken away again; what was typed is there all the time.
      await page.locator('input[type="file"]').setInputFiles({ ...paper, name: "第3表.pdf" });
      await person.click(page.getByRole("button", { name: "選んだPDFを付ける" }), "attach");
      assert.deepEqual(await names.allTextContents(), ["第2表.pdf", "第3表.pdf"]);
      await person.click(page.getByRole("button", { name: "第3表.pdfを外す" }), "take away");
      assert.deepEqual(await names.allTextContents(), ["第2表.pdf"]);
      assert.equal(await page.locator('[name="f.subject"]').inputValue(), "【見本】ケアプランの件");
      // The Enter key in a line is the button at the end of the form, not the first one in it.
      await page.locator('[name="f.subject"]').press("Enter");
      await page.waitForURL(/\/requests\/check\//);
      await page.getByText("第2表.pdf (1ページ)").waitFor();
      const sheets = await page.locator("img.sheet").count();
      await person.click(page.getByRole("button", { name: "修正する" }), "edit");
      assert.deepEqual(await names.allTextContents(), ["第2表.pdf"]);
      await checkAndSend(person);
      await page.getByText("第2表.pdf (1ページ)").waitFor();
      await waitForAnswer(page, { reload: !script });
      const sent = await page.request.get(`${new URL(page.url()).pathname}/sheet.pdf`);
      const pages = (await sent.body()).toString("latin1").match(/\/Type\s*\/Page\b/g);
      assert.equal(pages.length, sheets, "as many pages as were shown");
      await visitor.leave();
    } finally {
      await gateway.stop();
    }
  });
}
