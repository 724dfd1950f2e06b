// A demo in which something of everything has happened, so that every page has something to show: an answer, an
// overdue request, pages that wait for the reviewer and one that was decided, a clinic whose number is locked.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startBadService } from "./bad-service.mjs";
import { ROOT, serveInstead, startDemo } from "./gateway.mjs";
import { signIn } from "./pages.mjs";
import { Paper, boxesOfSample, print } from "./paper.mjs";
import { Person } from "./person.mjs";
import { Visitor } from "./browser.mjs";
import { until } from "./wait.mjs";

/** A running demo with everything in it. */
export async function furnish(browser) {
  const gateway = await startDemo();
  const world = worldOf(browser, gateway);
  world.silent = await gateway.silentRequest();
  world.link = await gateway.link(world.silent.id);
  const answered = async () => (await gateway.requests()).find((request) => request.state === "answered");
  world.answered = await until(answered, "the first answer");
  await papers(world);
  await messages(world);
  await lockedClinic(world);
  return world;
}

/** The server behind a fax service that fails: one request in doubt, one undelivered. */
export async function furnishTroubles(browser) {
  const demo = await startDemo();
  await demo.silentRequest();
  await demo.stop({ keep: true });
  const [{ office_id: office }] = await demo.requests();
  const clinics = await demo.clinics();
  const service = await startBadService({ breaks: "0300001002", refuses: "0300001004" });
  const answers = join(ROOT, "tests/forms/liaison/example.json");
  for (const fax of ["0300001002", "0300001004"]) {
    const { id: clinic } = clinics.find(({ routes }) => routes.some((route) => route.address === fax));
    await demo.command("request", "new", "--form", "liaison", "--answers", answers, "--office", office, "--clinic", clinic);
  }
  const gateway = await serveInstead(demo, (settings) =>
    settings.replace(/^port = \d+/m, `port = ${service.port}`).replace(/^public_url = .*\n/m, ""));
  const world = worldOf(browser, gateway);
  const inState = (state) => async () => (await gateway.requests()).find((request) => request.state === state);
  world.inDoubt = await until(inState("in_doubt"), "a delivery in doubt");
  world.undelivered = await until(inState("undelivered"), "an undelivered request");
  world.stop = async () => {
    await gateway.stop();
    await service.stop();
  };
  return world;
}

/** Who comes to a gateway; everybody is remembered, so that what they saw amiss is told at the end. */
function worldOf(browser, gateway) {
  const world = { gateway, visitors: [], stop: () => gateway.stop() };
  world.enter = async (login, options = {}) => {
    const visitor = await Visitor.enter(browser, gateway.address, options);
    world.visitors.push(visitor);
    await visitor.page.goto("/");
    if (login) await signIn(new Person(visitor.page), gateway, login);
    return visitor;
  };
  return world;
}

/** Three pages for the reviewer: one read right with ink beside it, one with two ticks, one of nobody. */
async function papers(world) {
  const { gateway } = world;
  const careManager = await world.enter("caremane");
  const pdf = await (await careManager.page.request.get(`/requests/${world.silent.id}/sheet.pdf`)).body();
  const boxes = await boxesOfSample(gateway);
  const known = [];
  const arrive = async (paper) => {
    await gateway.receive(paper.mail());
    const fresh = async () => (await gateway.reviews()).find((item) => !known.includes(item.id));
    const item = await until(fresh, "a page to review");
    known.push(item.id);
    return item.id;
  };
  const unsure = async (names, strokes) => {
    const paper = await print(gateway, pdf);
    for (const name of names) paper.tick(boxes[name]);
    for (const stroke of strokes) paper.stroke(stroke);
    return paper;
  };
  const { x_mm: x, y_mm: y } = boxes["answer.by_letter"];
  const beside = [[x - 9, y + 8], [x - 3, y + 12], [x - 9, y + 14]];
  const stray = await unsure(["answer.no_problem", "signature.doctor"], [beside]);
  world.sureItem = await arrive(stray);
  world.severalItem = await arrive(await unsure(["answer.no_problem", "answer.call", "signature.doctor"], []));
  world.unknownItem = await arrive(letter());
  world.decidedItem = await arrive(Paper.blank());
  await gateway.command("review", "reject", world.decidedItem, "--why", "白紙");
}

/** What a clinic wrote on the sheet that it keeps: two ticks, a box that is not sure, and handwriting. */
async function messages(world) {
  const { gateway } = world;
  const [{ office_id: office }] = await gateway.requests();
  const [{ id: clinic }] = await gateway.clinics();
  const [out, layout] = ["blank.pdf", "blank.json"].map((name) => join(gateway.folder, name));
  await gateway.command("blank", "--form", "guidance", "--office", office, "--clinic", clinic, "--out", out, "--layout", layout);
  const page = JSON.parse(await readFile(layout, "utf8")).pages.at(-1);
  const box = (option) => page.boxes.find((one) => one.option === option);
  const paper = await print(gateway, await readFile(out));
  for (const option of ["food", "medication"]) paper.tick(box(option));
  const { x_mm: x, y_mm: y, size_mm: size } = box("skin");
  for (let down = -1; down <= size + 1; down += 0.5) paper.stroke([[x - 1.5, y + down], [x + size + 1.5, y + down]]);
  for (const zone of page.zones.filter(({ field }) => ["client", "condition"].includes(field))) {
    const wave = Array.from({ length: 40 }, (_, step) => [zone.x_mm + 6 + step * 1.6, zone.y_mm + 6 + 2 * Math.sin(step * 1.3)]);
    paper.stroke(wave);
  }
  await gateway.receive(paper.mail());
  const { page: desk } = await world.enter("caremane");
  const place = async () => /\/messages\/[0-9a-f-]{36}/.exec(await (await desk.request.get("/messages")).text())?.[0];
  world.messagePath = await until(place, "the message");
  // The same sheet without a stroke: nobody knows why it came.
  await gateway.receive((await print(gateway, await readFile(out))).mail());
  const kept = async () => (await gateway.reviews()).find((item) => item.reasons.includes("nothing_written"));
  world.keptItem = (await until(kept, "the sheet without a stroke")).id;
}

/** A page that is no sheet of ours, with a few lines of a pen. */
function letter() {
  const paper = Paper.blank();
  for (let y = 40; y < 120; y += 12) {
    const wave = Array.from({ length: 60 }, (_, step) => [30 + step * 2.4, y + 3 * Math.sin(step * 1.3) * Math.cos(step / 3)]);
    paper.stroke(wave);
  }
  return paper;
}

/** A clinic is added by hand; nothing can be sent to it before its number is verified. */
async function lockedClinic(world) {
  const { page } = await world.enter("admin");
  await page.goto("/admin/clinics/new");
  await page.locator("#name").fill("見本耳鼻科医院");
  await page.locator("#tel").fill("03-0000-1007");
  await page.locator("#fax").fill("03-0000-1008");
  await page.locator("[name=doctor_name]").first().fill("見本 四郎");
  await page.getByRole("button", { name: "保存する" }).click();
  const verify = page.locator('a[href*="/verify?"]');
  world.verifyPath = await verify.first().getAttribute("href");
  world.clinicPath = world.verifyPath.split("/verify")[0];
}
