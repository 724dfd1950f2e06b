// Every page of every role, in the order in which they are looked at: its name, who sees it, how one gets there.
// `statuses` are answers that the page gives on purpose.

import { fillForm } from "./pages.mjs";
import { Person } from "./person.mjs";

/** Those who have no account: whoever comes by, and a clinic with its link. */
const NOBODY = "nobody";
const CLINIC = "clinic-by-link";
export const WITHOUT_ACCOUNT = [NOBODY, CLINIC];

const at = (role, name, path, statuses = []) => ({ role, name, statuses, open: (page, world) => page.goto(path(world)) });
const page = (role, name, path, statuses) => at(role, name, () => path, statuses);
const way = (role, name, open, statuses = []) => ({ role, name, statuses, open });
const submit = (page, within = "main") => page.locator(`${within} form button.main`).first().click();

export const TOUR = [
  page(NOBODY, "sign-in", "/sign-in"),
  way(NOBODY, "sign-in-wrong", async (page) => {
    await page.goto("/sign-in");
    await page.locator("#login").fill("nobody");
    await page.locator("#password").fill("not the right one");
    await submit(page);
  }, [403]),
  page(NOBODY, "problem-not-found", "/nowhere", [404]),
  page("caremane", "home", "/"),
  page("caremane", "clients", "/clients"),
  page("caremane", "client-new", "/clients/new"),
  way("caremane", "client-change", async (page) => {
    await page.goto("/clients");
    await page.locator('.row-side a[href^="/clients/"]').first().click();
    await page.locator("#name").waitFor();
  }),
  way("caremane", "client-new-mistakes", async (page) => {
    await page.goto("/clients/new");
    await page.locator("#birth_date").fill("昨日");
    await submit(page);
  }, [422]),
  page("caremane", "new-request-client", "/requests/new"),
  way("caremane", "new-request-form", openForm),
  way("caremane", "new-request-mistakes", async (page) => {
    await openForm(page);
    await submit(page);
  }, [422]),
  way("caremane", "new-request-check", async (page) => {
    await openForm(page);
    await fillForm(new Person(page), "【見本】服薬について");
    await submit(page);
    await page.waitForURL(/\/requests\/check\//);
    // The sheet's picture is part of the page.
    await page.locator("img.sheet").first().evaluate((img) => img.decode());
  }),
  way("caremane", "new-request-by-hand", async (page) => {
    await openForm(page);
    const unverified = page.locator('[name="to"] option', { hasText: "見本耳鼻科医院" }).first();
    await page.locator('[name="to"]').selectOption(await unverified.getAttribute("value"));
    await fillForm(new Person(page), "【見本】番号の確認前");
    await submit(page);
    await page.waitForURL(/\/requests\/check\//);
    await page.locator("img.sheet").first().evaluate((img) => img.decode());
  }),
  page("caremane", "requests", "/requests"),
  page("caremane", "requests-overdue", "/requests?show=overdue"),
  at("caremane", "request-answered", (world) => `/requests/${world.answered.id}`),
  at("caremane", "request-needs-review", (world) => `/requests/${world.silent.id}`),
  way("caremane", "request-phone-answer", async (page, world) => {
    await page.goto(`/requests/${world.silent.id}`);
    await page.locator("#phone summary").click();
  }),
  page("caremane", "messages", "/messages"),
  way("caremane", "message", async (page, world) => {
    await page.goto(world.messagePath);
    await page.locator("img.sheet").first().evaluate((img) => img.decode());
  }),
  page("caremane", "blank-sheets", "/blank-sheets"),
  way("caremane", "blank-sheets-mistakes", async (page) => {
    await page.goto("/blank-sheets");
    await page.locator("main form").evaluate((form) => { form.noValidate = true; });
    await submit(page);
  }, [422]),
  page("caremane", "problem-role", "/admin/clinics", [403]),
  way("caremane", "sign-in-kept", async (page) => {
    await openForm(page);
    await page.locator('[name="f.subject"]').fill("【見本】途中の件名");
    await page.context().clearCookies({ name: "renraku-session" });
    await submit(page);
  }, [403]),
  way("caremane", "resume", async (page, world) => {
    await page.locator("#login").fill("caremane");
    await page.locator("#password").fill(world.gateway.password);
    await submit(page);
  }),

  page("manager", "home-manager", "/"),
  page("clinic", "home-clinic", "/"),

  page("association", "home-association", "/"),
  page("association", "unanswered", "/reports/unanswered"),
  page("association", "unanswered-wrong-period", "/reports/unanswered?from=2026-12-01&to=2026-11-01", [422]),

  page("reviewer", "home-reviewer", "/"),
  page("reviewer", "review-list", "/review"),
  at("reviewer", "review-sure", (world) => `/review/${world.sureItem}`),
  at("reviewer", "review-several", (world) => `/review/${world.severalItem}`),
  at("reviewer", "review-unknown", (world) => `/review/${world.unknownItem}`),
  at("reviewer", "review-assign", (world) => `/review/${world.unknownItem}?number=${world.silent.number}`),
  way("reviewer", "review-reject-mistake", async (page, world) => {
    await page.goto(`/review/${world.unknownItem}`);
    await page.locator("details summary").last().click();
    await page.locator("button.danger").click();
  }, [422]),
  way("reviewer", "review-split", async (page, world) => {
    await page.goto(`/review/${world.unknownItem}`);
    await page.locator("details summary").first().click();
  }),
  way("reviewer", "review-kept", async (page, world) => {
    await page.goto(`/review/${world.keptItem}`);
    await page.locator("img.sheet").first().evaluate((img) => img.decode());
  }),
  at("reviewer", "review-decided", (world) => `/review/${world.decidedItem}`),

  page("admin", "home-admin", "/"),
  page("admin", "clinics", "/admin/clinics"),
  page("admin", "clinic-new", "/admin/clinics/new"),
  way("admin", "clinic-new-mistakes", async (page) => {
    await page.goto("/admin/clinics/new");
    await page.locator("#fax").fill("090-0000-0000");
    await submit(page);
  }, [422]),
  at("admin", "clinic-change", (world) => world.clinicPath),
  at("admin", "clinic-verify", (world) => world.verifyPath),
  at("admin", "clinic-passphrase", (world) => `${world.clinicPath}/passphrase`),
  way("admin", "clinic-verify-sent", async (page, world) => {
    await page.goto(world.verifyPath);
    const send = page.locator('form[action$="/test-page"] button.main');
    if ((await send.count()) > 0) await send.click();
    await page.locator("#code").waitFor();
  }),
  way("admin", "clinic-verify-wrong", async (page) => {
    await page.locator("#code").fill("12345");
    await page.locator('form[action$="/verify"] button.main').click();
    await page.getByRole("alert").waitFor();
  }, [422]),
  // The practice clinic faxes the page back after a moment; the page shows it by itself.
  way("admin", "clinic-verify-returned", async (page, world) => {
    await page.goto(world.verifyPath);
    await page.locator('form[action$="/accept"]').waitFor({ timeout: 30_000 });
    const picture = page.locator("img.page-picture");
    await picture.scrollIntoViewIfNeeded();
    await picture.evaluate((image) => image.decode());
  }),
  way("admin", "user-change", async (page) => {
    await page.goto("/admin/users");
    await page.locator('a[href^="/admin/users/0"]').first().click();
    await page.locator("#new_password").waitFor();
  }),
  page("admin", "offices", "/admin/offices"),
  page("admin", "office-new", "/admin/offices/new"),
  way("admin", "office-change", async (page) => {
    await page.goto("/admin/offices");
    await page.locator('.row-side a[href*="/admin/offices/"]').first().click();
    await page.locator("#care_manager").waitFor();
  }),
  page("admin", "users", "/admin/users"),
  way("admin", "users-deactivate", async (page) => {
    await page.goto("/admin/users");
    await page.locator("details.sure summary").first().click();
  }),
  page("admin", "user-new", "/admin/users/new"),
  way("admin", "user-new-mistakes", async (page) => {
    await page.goto("/admin/users/new");
    await page.locator("#new_password").fill("short");
    await submit(page);
  }, [422]),
  page("admin", "outbox", "/admin/outbox"),
  way("admin", "outbox-held", async (page) => {
    await page.goto("/admin/outbox");
    if ((await page.locator("#why").count()) > 0) {
      await page.locator("#why").fill("見本:番号の確認が終わるまで");
      await page.locator(".switch button").click();
    }
    await page.locator(".held").waitFor();
  }),
  way("admin", "outbox-released", async (page) => {
    await page.goto("/admin/outbox");
    await page.locator(".switch button").click();
    await page.locator("#why").waitFor();
  }),

  // Last: the answer by the link ends what the other pages show.
  at(CLINIC, "link-digits", (world) => link(world)),
  way(CLINIC, "link-digits-wrong", async (page, world) => {
    await page.goto(link(world));
    await page.locator("#digits").fill("0000");
    await submit(page);
  }, [403]),
  way(CLINIC, "link-answer", openLink),
  way(CLINIC, "link-answer-mistake", async (page, world) => {
    await openLink(page, world);
    await page.locator("form.reply").evaluate((form) => { form.noValidate = true; });
    await submit(page);
  }, [422]),
  way(CLINIC, "link-thanks", async (page, world) => {
    await openLink(page, world);
    await page.locator('[name="r.answer"][value="call"]').check();
    await page.locator('[name="r.signature"]').first().check();
    await submit(page);
    await page.waitForURL(/\/thanks$/);
  }),
  page(CLINIC, "link-closed", `/a/${"A".repeat(22)}`, [410]),
];

/** What is only seen when something went wrong on the way to a clinic. */
export const TROUBLES = [
  page("caremane", "home-troubles", "/"),
  at("caremane", "request-in-doubt", (world) => `/requests/${world.inDoubt.id}`),
  at("caremane", "request-undelivered", (world) => `/requests/${world.undelivered.id}`),
  page("association", "unanswered-troubles", "/reports/unanswered"),
  page("admin", "home-admin-troubles", "/"),
  page("admin", "outbox-troubles", "/admin/outbox"),
];

function link(world) {
  return new URL(world.link).pathname;
}

async function openLink(page, world) {
  await page.goto(link(world));
  await page.locator("#digits").fill("1002");
  await submit(page);
  await page.waitForURL(/\/answer$/);
}

async function openForm(page) {
  await page.goto("/clients");
  await page.locator('a[href*="/requests/new?client="]').first().click();
  await page.locator('[name="f.subject"]').waitFor();
}
