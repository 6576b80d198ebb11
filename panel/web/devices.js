// Console, display and keyboard.

import { octets } from "./link.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Console {
  constructor(link) {
    this.terminal = new Terminal({
      cols: 80, rows: 20, fontSize: 13, scrollback: 5000, cursorBlink: false,
      screenReaderMode: false, fontFamily: "ui-monospace, 'DejaVu Sans Mono', monospace",
    });
    this.fit = new FitAddon.FitAddon();
    this.terminal.loadAddon(this.fit);
    this.terminal.open(document.querySelector("#terminal"));
    this.terminal.onData(text => link.ask({ do: "type", text }));
    this.terminal.attachCustomKeyEventHandler(event => !/^F\d+$/.test(event.key));
    new ResizeObserver(() => this.fit.fit()).observe(document.querySelector("#terminal"));
    const paint = () => {
      this.terminal.options.theme = {
        background: style("--inset"), foreground: style("--ink"), cursor: style("--accent-ink"),
        selectionBackground: style("--select"),
      };
    };
    DARK.addEventListener("change", paint);
    paint();
  }

  take(message) {
    if (message.reset) this.terminal.reset();
    this.terminal.write(octets(message.text));
  }
}

// Keys that have a name on the machine.
const KEYS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", " ": "space",
  Escape: "escape", Enter: "enter", Backspace: "backspace", Delete: "delete", Shift: "shift",
  Control: "control", Alt: "alt", Meta: "meta",
};

export class Display {
  constructor(link) {
    this.canvas = document.querySelector("#screen");
    this.hint = document.querySelector("#screen-hint");
    this.held = new Map();
    this.canvas.addEventListener("keydown", event => this.key(link, event, true));
    this.canvas.addEventListener("keyup", event => this.key(link, event, false));
    this.canvas.addEventListener("blur", () => {
      this.held.clear();
      link.ask({ do: "keys up" });
    });
    this.canvas.addEventListener("pointerdown", () => this.canvas.focus());
  }

  key(link, event, down) {
    if (/^(F\d+|Tab)$/.test(event.key)) return;
    const name = down ? KEYS[event.key] ?? event.key : this.held.get(event.code);
    if (!name || name.length > 1 && !Object.values(KEYS).includes(name)) return;
    if (name.length === 1 && name.charCodeAt(0) > 126) return;
    event.preventDefault();
    if (event.repeat) return;
    if (down) this.held.set(event.code, name);
    else this.held.delete(event.code);
    link.ask({ do: "key", key: name, down });
  }

  take(buffer) {
    const [width, height, number] = new Uint32Array(buffer, 0, 3);
    this.hint.textContent = number
      ? `picture ${number}, ${width} by ${height}; with the focus here keys are the machine's (tab leaves)`
      : "no picture yet; with the focus here keys are the machine's (tab leaves)";
    this.canvas.dataset.picture = number;
    const context = this.canvas.getContext("2d");
    if (!number) {
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      return;
    }
    if (this.canvas.width !== width || this.canvas.height !== height)
      Object.assign(this.canvas, { width, height });
    context.putImageData(
      new ImageData(new Uint8ClampedArray(buffer, 12), width, height), 0, 0);
  }
}
