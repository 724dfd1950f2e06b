// The clinic's paper: a sent sheet is printed, marked by pen and faxed back as a mail with a black and white
// picture. Knows where boxes are from the layout that `renraku sheet` writes for the same form.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import { ROOT } from "./gateway.mjs";

const run = promisify(execFile);
const DPI = 200;
const PX_PER_MM = DPI / 25.4;
/** A ball-point pen as a fax shows it. */
const PEN_MM = 0.7;

/** Where the boxes of the sample's sheet are: `boxes["answer.no_problem"]` in millimetres. */
export async function boxesOfSample(gateway) {
  const out = join(gateway.folder, "layout.pdf");
  const layout = join(gateway.folder, "layout.json");
  const answers = join(ROOT, "tests/forms/liaison/example.json");
  await gateway.command("sheet", "--form", "liaison", "--answers", answers, "--out", out, "--layout", layout);
  const page = JSON.parse(await readFile(layout, "utf8")).pages.at(-1);
  return Object.fromEntries(page.boxes.map((box) => [`${box.field}.${box.option}`, box]));
}

/** Prints the last page of a sheet. */
export async function print(gateway, pdf) {
  const file = join(gateway.folder, "sheet.pdf");
  await writeFile(file, pdf);
  const { stdout } = await run("pdftoppm", ["-mono", "-r", String(DPI), file], { encoding: "buffer", maxBuffer: 64 << 20 });
  return Paper.ofPbm(stdout);
}

/** A page in black and white. */
export class Paper {
  constructor(width, height, rows) {
    Object.assign(this, { width, height, rows });
  }

  /** An empty page of A4. */
  static blank() {
    const [width, height] = [210, 297].map((mm) => Math.round(mm * PX_PER_MM));
    return new Paper(width, height, Buffer.alloc(Math.ceil(width / 8) * height));
  }

  /** The last picture of a file in the raw PBM format. */
  static ofPbm(bytes) {
    let last;
    for (let at = 0; at < bytes.length;) {
      const head = /^P4\s+(\d+)\s+(\d+)\s/.exec(bytes.subarray(at, at + 64).toString("latin1"));
      const [width, height] = [Number(head[1]), Number(head[2])];
      const size = Math.ceil(width / 8) * height;
      const from = at + head[0].length;
      last = new Paper(width, height, Buffer.from(bytes.subarray(from, from + size)));
      at = from + size;
    }
    return last;
  }

  /** A tick in a box, as right-handed people make it. */
  tick(box) {
    const at = (x, y) => [box.x_mm + x * box.size_mm, box.y_mm + y * box.size_mm];
    this.stroke([at(0.2, 0.5), at(0.45, 0.8), at(0.85, 0.2)]);
  }

  /** A line of the pen through points in millimetres. */
  stroke(points) {
    for (let nth = 1; nth < points.length; nth += 1) {
      const [[fromX, fromY], [toX, toY]] = [points[nth - 1], points[nth]];
      const steps = Math.ceil(Math.hypot(toX - fromX, toY - fromY) * PX_PER_MM * 2);
      for (let step = 0; step <= steps; step += 1) {
        const part = step / steps;
        this.#dot(fromX + (toX - fromX) * part, fromY + (toY - fromY) * part);
      }
    }
  }

  #dot(xMm, yMm) {
    const radius = (PEN_MM * PX_PER_MM) / 2;
    const [centreX, centreY] = [xMm * PX_PER_MM, yMm * PX_PER_MM];
    for (let y = Math.floor(centreY - radius); y <= centreY + radius; y += 1) {
      for (let x = Math.floor(centreX - radius); x <= centreX + radius; x += 1) {
        if (Math.hypot(x - centreX, y - centreY) <= radius) this.#ink(x, y);
      }
    }
  }

  #ink(x, y) {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.rows[y * Math.ceil(this.width / 8) + (x >> 3)] |= 0x80 >> (x & 7);
  }

  /** As PNG with one bit a pixel and its resolution. */
  png() {
    const stride = Math.ceil(this.width / 8);
    const lines = Buffer.alloc((stride + 1) * this.height);
    for (let y = 0; y < this.height; y += 1) {
      for (let x = 0; x < stride; x += 1) lines[y * (stride + 1) + 1 + x] = ~this.rows[y * stride + x];
    }
    const head = Buffer.alloc(13);
    head.writeUInt32BE(this.width, 0);
    head.writeUInt32BE(this.height, 4);
    head.set([1, 0, 0, 0, 0], 8);
    const resolution = Buffer.alloc(9);
    const perMetre = Math.round(DPI / 0.0254);
    resolution.writeUInt32BE(perMetre, 0);
    resolution.writeUInt32BE(perMetre, 4);
    resolution[8] = 1;
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const parts = [chunk("IHDR", head), chunk("pHYs", resolution), chunk("IDAT", deflateSync(lines))];
    return Buffer.concat([signature, ...parts, chunk("IEND", Buffer.alloc(0))]);
  }

  /** As the mail of a fax service. */
  mail() {
    const body = this.png().toString("base64").replace(/.{76}/g, "$&\r\n");
    return [
      "From: fax@fax.practice.example", "To: gateway@gateway.example", "Subject: FAX",
      `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`, "MIME-Version: 1.0",
      'Content-Type: image/png; name="fax.png"', "Content-Transfer-Encoding: base64",
      'Content-Disposition: attachment; filename="fax.png"', "", body, "",
    ].join("\r\n");
  }
}

function chunk(kind, data) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
