// A fax service that fails: it breaks off after one clinic's mail, so that nobody knows whether it took it, and
// refuses the number of another. Speaks as much SMTP as that needs.

import { createServer } from "node:net";

/** Starts it on a free port; `breaks` and `refuses` are parts of addresses. */
export async function startBadService({ breaks, refuses }) {
  const server = createServer((socket) => {
    let text = "";
    let inBody = false;
    let breaking = false;
    const say = (line) => socket.write(`${line}\r\n`);
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      if (inBody) {
        if (!text.endsWith("\r\n.\r\n")) return;
        if (breaking) socket.destroy();
        else say("250 taken");
        [text, inBody] = ["", false];
        return;
      }
      for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (/^RCPT/i.test(line) && line.includes(refuses)) say("550 no such number");
        else if (/^DATA/i.test(line)) {
          say("354 go on");
          inBody = true;
        } else if (/^QUIT/i.test(line)) say("221 bye");
        else say("250 fax.example");
        if (/^RCPT/i.test(line)) breaking = line.includes(breaks);
      }
    });
    say("220 fax.example");
  });
  // A test that fails must not wait for it.
  server.unref();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { port: server.address().port, stop: () => new Promise((done) => server.close(done)) };
}
