// The connection to the machine: one WebSocket, made anew when it breaks.

const AGAIN_MS = [300, 1000, 2000, 5000];
const STALE_CODE = 4401;

export class Link {
  // `heard` is called with each message's kind and content; `changed` with a sentence while there is
  // no connection, and with "" when there is one.
  constructor(heard, changed) {
    this.heard = heard;
    this.changed = changed;
    this.waiting = new Map();
    this.number = 0;
    this.failures = 0;
    this.views = [];
    this.open();
  }

  open() {
    const token = new URLSearchParams(location.search).get("token") ?? "";
    const socket = new WebSocket(
      `ws://${location.host}/machine?token=${encodeURIComponent(token)}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.failures = 0;
      this.changed("");
      this.look(this.views);
    };
    socket.onmessage = event => this.take(event.data);
    socket.onclose = event => {
      for (const settle of this.waiting.values()) settle({ error: "the connection was lost" });
      this.waiting.clear();
      if (event.code === STALE_CODE) {
        this.changed(event.reason);
        return;
      }
      this.changed("The panel cannot be reached: it has ended, perhaps. Trying again.");
      const pause = AGAIN_MS[Math.min(this.failures++, AGAIN_MS.length - 1)];
      setTimeout(() => this.open(), pause);
    };
    this.socket = socket;
  }

  take(data) {
    if (data instanceof ArrayBuffer) {
      this.heard("picture", data);
      return;
    }
    const message = JSON.parse(data);
    if ("reply" in message) {
      this.waiting.get(message.reply)?.(message);
      this.waiting.delete(message.reply);
      return;
    }
    if ("text" in message) this.heard("text", message);
    if (message.views) this.heard("views", message.views);
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  // Say which views are looked at.
  look(views) {
    this.views = views;
    if (this.isOpen) this.socket.send(JSON.stringify({ do: "look", views }));
  }

  // Ask for something; resolves to the answer, which has an `error` if it was refused.
  ask(request) {
    if (!this.isOpen) return Promise.resolve({ error: "there is no connection to the panel" });
    const id = ++this.number;
    return new Promise(resolve => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ ...request, id }));
    });
  }
}

export function octets(text) {
  return Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
}
