// Starts the built program on a folder of its own and stops it again; asks its command line. Knows nothing of
// pages.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "./wait.mjs";

/** The project's own folder. */
export const ROOT = resolve(fileURLToPath(new URL("../../../..", import.meta.url)));
const BINARY = process.env.RENRAKU_BINARY ?? join(ROOT, "target/release/renraku");
/** The demo says where it is within this time, or something is wrong. */
const START_MAX_MS = 30_000;
/** What is on its way is waited for; a demo has no more than a few mails. */
const STOP_MAX_MS = 20_000;
const run = promisify(execFile);

/** Whatever runs when the tests end, however they end, is ended with them. */
const running = new Set();
process.once("exit", endAll);
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    endAll();
    process.exit(1);
  });
}

function endAll() {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts a demo; `address` and `password` are those that it prints. */
export async function startDemo() {
  const folder = await mkdtemp(join(tmpdir(), "renraku-browser-"));
  const data = join(folder, "data");
  const gateway = await start(folder, data, ["demo"], 3);
  gateway.password = /password: (\S+)/.exec(gateway.said())[1];
  return gateway;
}

/** Starts the server on the data of a demo that was stopped, with settings that `change` makes of the demo's. */
export async function serveInstead(demo, change) {
  const settings = join(demo.data, "config.toml");
  await writeFile(settings, change(await readFile(settings, "utf8")));
  const gateway = await start(demo.folder, demo.data, ["serve", "--listen", "127.0.0.1:0"], 1);
  gateway.password = demo.password;
  return gateway;
}

/** Runs the program; it is there when it has said where it is, on the last of `lines` lines, and answers. */
async function start(folder, data, words, lines) {
  const began = performance.now();
  const child = spawn(BINARY, ["--data", data, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit");
  running.add(child);
  exit.then(() => running.delete(child));
  // A test that failed before it could stop the program does not wait for it.
  for (const part of [child, child.stdout, child.stderr]) part.unref();
  let said = "";
  const address = await new Promise((found, failed) => {
    const late = setTimeout(() => failed(new Error(`${words[0]} says nothing:\n${said}`)), START_MAX_MS);
    child.once("error", failed);
    exit.then(([code]) => failed(new Error(`${words[0]} ended with ${code}:\n${said}`)));
    const hear = (bytes) => {
      said += bytes;
      const place = /http:\/\/[\d.:]+/.exec(said);
      if (place && said.split("\n").length > lines) {
        clearTimeout(late);
        found(place[0]);
      }
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
  });
  await fetch(`${address}/sign-in`);
  const startMs = performance.now() - began;
  return new Gateway({ folder, data, child, exit, address, startMs, said: () => said });
}

class Gateway {
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** A command on the demo's data; returns what it prints. */
  async command(...words) {
    return (await run(BINARY, ["--data", this.data, ...words], { maxBuffer: 64 << 20 })).stdout;
  }

  /** Every request, as the command line lists them. */
  async requests() {
    return rows(await this.command("request", "list", "--json"));
  }

  /** The request of the sample that the practice clinic never answers: it is overdue. */
  async silentRequest() {
    const overdue = async () => (await this.requests()).find((request) => request.overdue_since);
    return until(overdue, "the overdue request of the demo");
  }

  /** Every clinic. */
  async clinics() {
    return rows(await this.command("directory", "list")).flatMap(({ clinic }) => clinic ?? []);
  }

  /** What waits for the reviewer. */
  async reviews() {
    return rows(await this.command("review", "list"));
  }

  /** A clinic's one-time link. */
  async link(request) {
    return (await this.command("link", "new", request)).trim();
  }

  /** Lays a mail into the inbox, as a mail server does: first under `tmp`, then moved. */
  async receive(mail) {
    const inbox = join(this.data, "inbox");
    for (const part of ["tmp", "new", "cur"]) await mkdir(join(inbox, part), { recursive: true });
    const name = `${Date.now()}.${process.hrtime.bigint()}.browser`;
    await writeFile(join(inbox, "tmp", name), mail);
    await rename(join(inbox, "tmp", name), join(inbox, "new", name));
  }

  /** Memory in MB of the serving process and, added up, of the processes that it started. */
  async memory() {
    const own = await status(this.child.pid);
    let children = 0;
    let count = 0;
    for (const name of await readdir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const other = await status(name).catch(() => null);
      if (other?.parent !== this.child.pid) continue;
      children += other.residentMb;
      count += 1;
    }
    return { peakMb: own.peakMb, residentMb: own.residentMb, childrenMb: children, children: count };
  }

  /** Stops it as Ctrl+C does. That it ends by itself, and without an error in its log, is part of the test. */
  async stop({ keep = false } = {}) {
    this.child.kill("SIGINT");
    const late = setTimeout(() => this.child.kill("SIGKILL"), STOP_MAX_MS);
    const [code, signal] = await this.exit;
    clearTimeout(late);
    if (!keep) await rm(this.folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`it ended with ${code ?? signal}:\n${this.said()}`);
    if (/\bERROR\b|panicked/.test(this.said())) throw new Error(`its log:\n${this.said()}`);
  }
}

function rows(lines) {
  return lines.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

async function status(pid) {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return { parent: number("PPid"), peakMb: number("VmHWM") / 1024, residentMb: number("VmRSS") / 1024 };
}
