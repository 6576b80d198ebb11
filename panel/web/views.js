// The views of the machine, one at a time: each draws what the panel says of it.

import { octets } from "./link.js";
import { colour, element, grouped, hex, legend, prepared, short, table } from "./parts.js";

const missing = data => element("p", { class: "hint" }, data.missing);

// --- registers and devices ------------------------------------------------------------------------

class Registers {
  constructor() {
    this.cells = Array.from({ length: 64 }, () => element("td"));
    const rows = Array.from({ length: 32 }, (_, row) => element("tr", {},
      ...[row, row + 32].flatMap(n => [
        element("th", { scope: "row" }, n === 63 ? "r63 sp" : `r${n}`), this.cells[n]])));
    this.ip = element("p", { class: "mono" });
    this.node = element("div", {}, this.ip, element("table", { class: "values registers" },
      element("tbody", {}, ...rows)));
    this.before = [];
  }

  take(data) {
    this.ip.textContent = `ip ${hex(data.ip)} ${data.label} ${data.program ? `[${data.program}]` : ""}`;
    data.values.forEach((word, n) => {
      this.cells[n].textContent = hex(word);
      this.cells[n].classList.toggle("new", this.before.length > 0 && this.before[n] !== word);
    });
    this.before = data.values;
  }
}

class Devices {
  constructor() {
    this.node = element("div", { class: "cards" });
  }

  take(data) {
    if (data.missing) return this.node.replaceChildren(missing(data));
    this.node.replaceChildren(...data.list.map(device => element("table", { class: "values" },
      element("caption", {}, device.name.replaceAll("_", " ")),
      element("tbody", {}, ...device.rows.map(([name, value]) => element("tr", {},
        element("th", { scope: "row" }, name.replaceAll("_", " ")),
        element("td", {}, value > 9999 ? hex(value) : String(value))))))));
  }
}

// --- processes ------------------------------------------------------------------------------------

const LANES = ["--lane-0", "--lane-1", "--lane-2", "--lane-3", "--lane-4", "--lane-5"];

class Processes {
  constructor() {
    this.list = element("div");
    this.canvas = element("canvas", { role: "img", "aria-label": "Who ran when" });
    this.text = element("p", { class: "hint" });
    this.node = element("div", {}, this.list, element("h3", {}, "Who ran when"), this.canvas,
      this.text);
    this.run = null;
  }

  take(data) {
    if (data.missing) return this.list.replaceChildren(missing(data));
    this.list.replaceChildren(data.list.length
      ? table("Processes", ["", "pid", "name", "state", "page table"], data.list.map(one => [
        one.runs ? "▶" : one.pid === data.current ? "•" : "", one.pid, one.name, one.state,
        hex(one.base)]))
      : element("p", { class: "hint" }, "no kernel with debug information is running"));
  }

  takeRun(run) {
    this.run = run;
  }

  takeTurns(data) {
    if (data.missing) {
      this.text.textContent = data.missing;
      return;
    }
    const names = [...new Map(data.list.map(([, number, name]) => [number, name])).entries()];
    const width = Math.max(200, this.node.clientWidth), row = 20;
    const context = prepared(this.canvas, width, row * names.length + 16);
    const until = Math.max(1, data.until), left = 76, room = width - left - 4;
    context.font = "12px system-ui, sans-serif";
    names.forEach(([number, name], lane) => {
      context.fillStyle = colour("--ink");
      context.fillText(`${number ? name : "kernel, idle"}`.slice(0, 12), 0, lane * row + 14);
      context.fillStyle = colour("--line");
      context.fillRect(left, lane * row + 18, room, 1);
      context.fillStyle = colour(LANES[lane % LANES.length]);
      data.list.forEach(([cycle, one], at) => {
        if (one !== number) return;
        const end = data.list[at + 1]?.[0] ?? data.until;
        context.fillRect(left + room * cycle / until, lane * row + 3,
          Math.max(1, room * (end - cycle) / until), 13);
      });
    });
    if (this.run && this.run.cycle <= until) {
      context.fillStyle = colour("--accent-ink");
      context.fillRect(left + room * this.run.cycle / until, 0, 2, row * names.length);
    }
    this.text.textContent = `cycles 0 to ${grouped(data.until)}`
      + (this.run && data.until < this.run.frontier ? "; the rest is being counted" : "");
  }
}

// --- memory ---------------------------------------------------------------------------------------

const KINDS = [
  ["--m-empty", "empty"], ["--m-used", "used"], ["--m-kernel", "kernel"],
  ["--m-code", "this process: code"], ["--m-data", "this process: data"],
  ["--m-others", "other processes"], ["--m-table", "page tables"],
];
const LIT = [["--m-fetched", "fetched"], ["--m-loaded", "loaded"], ["--m-stored", "stored"]];
const SIDE = 64;

class Memory {
  constructor() {
    this.canvas = element("canvas", { role: "img", class: "map", "aria-label": "Map of memory" });
    this.text = element("p", { class: "hint", role: "status" });
    this.walk = element("p", { class: "mono" });
    this.tables = element("div");
    this.heat = new Float32Array(SIDE * SIDE * 3);
    this.node = element("div", {}, this.canvas, this.text, legend([...KINDS, ...LIT]), this.walk,
      this.tables);
    this.canvas.addEventListener("pointermove", event => {
      const { left, width } = this.canvas.getBoundingClientRect();
      const { top, height } = this.canvas.getBoundingClientRect();
      const column = Math.floor((event.clientX - left) / width * SIDE);
      const row = Math.floor((event.clientY - top) / height * SIDE);
      const block = row * SIDE + column;
      if (!this.data || block < 0 || block >= SIDE * SIDE) return;
      const first = block * this.data.block;
      this.text.textContent = `${hex(first)} to ${hex(first + this.data.block - 1)}: `
        + KINDS[this.kinds[block]][1];
    });
  }

  take(data) {
    if (data.missing) return this.tables.replaceChildren(missing(data));
    this.data = data;
    this.kinds = octets(data.kinds);
    const lit = octets(data.lit);
    for (let block = 0; block < SIDE * SIDE; block++)
      for (let kind = 0; kind < 3; kind++) {
        const at = block * 3 + kind;
        this.heat[at] = lit[block] >> kind & 1 ? 1 : this.heat[at] * 0.6;
      }
    this.draw();
    this.text.textContent ||= `a square is ${grouped(data.block)} words`;
    this.walk.textContent = data.walk
      ? `a walk for ${hex(data.walk[0])} in the table at ${hex(data.walk[1])}`
        + (data.walk[2] === null ? "" : `, reading ${hex(data.walk[2])}`) : "";
    const parts = [];
    if (data.table.length)
      parts.push(table(`Page table at ${hex(data.base)}`, ["virtual", "physical", "words", ""],
        data.table.map(([virtual, physical, words, flags]) =>
          [hex(virtual), hex(physical), grouped(words), flags])));
    if (data.tlb)
      parts.push(table("TLBs", ["entry", "virtual", "physical", ""], data.tlb.map(
        ([name, first, last, physical, flags]) =>
          [name.replace("_tlb", ""), `${hex(first)}–${hex(last)}`, hex(physical), flags])));
    this.tables.replaceChildren(...parts);
  }

  draw() {
    const width = Math.min(448, Math.max(192, this.node.clientWidth)), size = width / SIDE;
    const context = prepared(this.canvas, width, width);
    const base = KINDS.map(([name]) => colour(name)), shine = LIT.map(([name]) => colour(name));
    for (let block = 0; block < SIDE * SIDE; block++) {
      const x = block % SIDE * size, y = Math.floor(block / SIDE) * size;
      context.globalAlpha = 1;
      context.fillStyle = base[this.kinds[block]];
      context.fillRect(x, y, size - 0.5, size - 0.5);
      for (let kind = 0; kind < 3; kind++) {
        const heat = this.heat[block * 3 + kind];
        if (heat < 0.1) continue;
        context.globalAlpha = heat;
        context.fillStyle = shine[kind];
        context.fillRect(x, y, size - 0.5, size - 0.5);
      }
    }
    context.globalAlpha = 1;
    const mark = (word, name) => {
      const block = Math.floor(word / this.data.block);
      context.strokeStyle = colour(name);
      context.lineWidth = 2;
      context.strokeRect(block % SIDE * size - 1, Math.floor(block / SIDE) * size - 1,
        size + 2, size + 2);
    };
    if (this.data.walk) mark(this.data.walk[2] ?? this.data.walk[1], "--accent-ink");
  }
}

// --- the pipeline ---------------------------------------------------------------------------------

const STAGES = ["fetch", "decode", "execute", "retire"];
const CAUSE = {
  FETCH: "--c-fetch", MEMORY: "--c-memory", ASLEEP: "--c-asleep", TRAP: "--c-trap",
  DIVIDER: "--c-divider", FLOAT: "--c-divider", DATA_TLB: "--c-tlb", INSN_TLB: "--c-tlb",
  LOAD_USE: "--c-use", RESULT_USE: "--c-use", USED: "--c-used", MISPREDICTED: "--c-fetch",
  WINDOW: "--c-memory", STALE: "--c-fetch", STOPPED: "--c-asleep",
};

class Pipeline {
  constructor() {
    this.now = element("div", { class: "stages" });
    this.walk = element("p", { class: "mono" });
    this.past = element("div", { class: "scroll", tabindex: "0", "aria-label": "The last cycles" });
    this.legend = element("div");
    this.node = element("div", {}, this.now, this.walk, this.past, this.legend);
  }

  take(data) {
    if (data.missing) return this.now.replaceChildren(missing(data));
    const last = data.moments.at(-1);
    this.now.replaceChildren(...last.stages.map(stage => element("div",
      { class: "stage", style: stage.cause ? `border-color: var(${CAUSE[stage.cause]})` : "" },
      element("b", {}, stage.name), element("span", { class: "mono" },
        `${stage.ip === null ? "" : `${hex(stage.ip)} `}${stage.holds || "empty"}`),
      element("span", { class: "waits" }, stage.waits))));
    this.walk.textContent = last.walk
      ? `page table walk for ${last.walk.for}: ${hex(last.walk.address)}`
        + (last.walk.entry === null ? "" : `, reading ${hex(last.walk.entry)}`) : "";
    this.past.hidden = data.moments.length < 2;
    this.past.replaceChildren(table("The last cycles", ["cycle", ...STAGES],
      data.moments.map(moment => [
        element("td", { class: "count", title: grouped(moment.cycle) },
          moment === last ? "now" : String(moment.cycle - last.cycle)), ...moment.stages.map(stage => {
        const cell = element("td", { title: stage.waits },
          stage.ip === null ? stage.holds && "…" : `${hex(stage.ip, 1)} ${stage.holds.split(" ")[0]}`);
        if (stage.cause) {
          cell.className = "stall";
          cell.style.borderColor = `var(${CAUSE[stage.cause]})`;
          cell.append(element("small", {}, ` ${stage.cause.toLowerCase().replace("_", " ")}`));
        }
        return cell;
      })])));
    this.past.scrollTop = this.past.scrollHeight;
    this.legend.replaceChildren(legend(Object.entries(data.causes).map(
      ([name, text]) => [CAUSE[name], text])));
  }
}

// --- the disk -------------------------------------------------------------------------------------

const SECTORS = [["--m-empty", "free"], ["--m-table", "system"], ["--m-kernel", "directory"],
  ["--m-data", "file"], ["--m-code", "program"]];

class Disk {
  constructor(link) {
    this.canvas = element("canvas", { role: "img", class: "map", "aria-label": "Map of the disk" });
    this.text = element("p", { class: "hint", role: "status" });
    this.keep = element("input", { type: "checkbox", id: "keep" });
    this.keep.addEventListener("change", () =>
      link.ask({ do: "keep disk", on: this.keep.checked }));
    this.files = element("div", { class: "scroll", tabindex: "0", "aria-label": "Files" });
    this.node = element("div", {}, this.canvas, this.text,
      legend([...SECTORS, ["--m-loaded", "read just now"], ["--m-stored", "written just now"]]),
      element("p", {}, this.keep, element("label", { for: "keep" },
        " keep what the machine has written when the panel ends")), this.files);
    this.heat = new Map();
  }

  take(data) {
    if (data.missing) return this.node.replaceChildren(missing(data));
    const kinds = octets(data.kinds), columns = 128, rows = Math.ceil(kinds.length / columns);
    for (const [sector, heat] of this.heat)
      heat[1] > 0.2 ? heat[1] *= 0.7 : this.heat.delete(sector);
    for (const sector of data.read) this.heat.set(sector, ["--m-loaded", 1]);
    for (const sector of data.written) this.heat.set(sector, ["--m-stored", 1]);
    const width = Math.min(512, Math.max(256, this.node.clientWidth)), size = width / columns;
    const context = prepared(this.canvas, width, rows * size);
    const paint = (sector, name) => {
      context.fillStyle = name;
      context.fillRect(sector % columns * size, Math.floor(sector / columns) * size,
        size - 0.4, size - 0.4);
    };
    const base = SECTORS.map(([name]) => colour(name));
    kinds.forEach((kind, sector) => paint(sector, base[kind]));
    for (const [sector, [name, heat]] of this.heat) {
      context.globalAlpha = heat;
      paint(sector, colour(name));
    }
    context.globalAlpha = 1;
    this.keep.checked = data.kept;
    this.text.textContent = `${grouped(kinds.length)} sectors, ${grouped(data.free)} free; `
      + `${grouped(data.changed)} written since the start`;
    if (this.shown !== data.files.length) {
      this.shown = data.files.length;
      this.files.replaceChildren(table("Files", ["path", "octets", "first sector"],
        data.files.map(([path, size_, sector]) => [path, grouped(size_), sector.join()])));
    }
  }
}

// --- the profile ----------------------------------------------------------------------------------

class Profile {
  constructor() {
    this.choice = element("select", { "aria-label": "By" },
      ...["function", "line", "process"].map(name => new Option(`by ${name}`, name)));
    this.choice.addEventListener("change", () => this.data && this.take(this.data));
    this.bars = element("div");
    this.node = element("div", {}, this.choice, this.bars);
  }

  take(data) {
    if (data.missing) return this.bars.replaceChildren(missing(data));
    this.data = data;
    const total = Math.max(1, data.cycles);
    const bar = (costs, width) => {
      const sum = costs.reduce((one, other) => one + other, 0) || 1;
      const line = element("span", { class: "bar", style: `width: ${100 * sum / width}%` });
      costs.forEach((cost, n) => {
        const [name, , text] = data.causes[n];
        if (cost) line.append(element("span", {
          style: `width: ${100 * cost / sum}%; background: var(${CAUSE[name]})`,
          title: `${text}: ${grouped(cost)} cycles` }));
      });
      return line;
    };
    const rows = data.tables[this.choice.value];
    const most = Math.max(1, ...rows.map(([, costs]) => costs.reduce((a, b) => a + b, 0)));
    this.bars.replaceChildren(
      element("p", {}, `${short(data.cycles)} cycles, ${short(data.instructions)} instructions`),
      bar(data.total, total),
      table("Where the cycles went", ["cause", "share"], data.causes.map(([, , text], n) => [
        element("td", {}, element("span", { class: "swatch",
          style: `background: var(${CAUSE[data.causes[n][0]]})` }), ` ${text}`),
        `${(100 * data.total[n] / total).toFixed(1)} %`]).filter((_, n) => data.total[n])),
      table("Dearest first", ["", "cycles", ""], rows.map(([name, costs]) => {
        const sum = costs.reduce((a, b) => a + b, 0);
        return [element("td", { class: "name" }, name), grouped(sum),
          element("td", { class: "bars" }, bar(costs, most))];
      })));
  }
}

// Each with the panel's views that it needs.
export const VIEWS = {
  Registers: { Kind: Registers, needs: ["registers"] },
  Processes: { Kind: Processes, needs: ["processes", "turns"] },
  Memory:    { Kind: Memory, needs: ["memory"] },
  Pipeline:  { Kind: Pipeline, needs: ["pipeline"] },
  Devices:   { Kind: Devices, needs: ["devices"] },
  Disk:      { Kind: Disk, needs: ["disk"] },
  Profile:   { Kind: Profile, needs: ["profile"] },
};
