// Source with breakpoints, instructions, calls and variables.

import { element, hex } from "./parts.js";

export class Source {
  constructor(link, told) {
    this.link = link;
    this.told = told;
    this.shown = null;      // program and file
    this.answer = null;
    this.here = null;
    this.stops = [];
    this.selected = 0;
    this.list = document.querySelector("#source");
    this.program = document.querySelector("#program");
    this.file = document.querySelector("#file");
    this.programs = {};
    this.program.addEventListener("change", () => this.show(this.program.value, ""));
    this.file.addEventListener("change", () => this.show(this.program.value, this.file.value));
    document.querySelector("#to-here").addEventListener("click", () => this.toHere());
    this.list.addEventListener("keydown", event => this.key(event));
    this.list.addEventListener("click", event => {
      const row = event.target.closest("[data-line]");
      if (!row) return;
      this.select(Number(row.dataset.line));
      if (event.target.closest(".gutter")) this.toggle();
    });
  }

  takePrograms(programs) {
    this.programs = programs;
    const names = Object.keys(programs);
    if (this.shown && !names.includes(this.shown.program)) names.push(this.shown.program);
    this.program.replaceChildren(...names.map(name => new Option(name, name)));
    this.sync();
  }

  takeWhere(where) {
    const moved = !this.here || this.here.file !== where.file || this.here.line !== where.line;
    this.here = where.missing ? null : where;
    if (this.here && moved) this.toHere();
    else this.mark();
    const frames = document.querySelector("#frames");
    frames.replaceChildren(...(where.frames ?? []).flatMap((frame, number) => {
      const item = element("li", { class: number === where.selected ? "selected" : "" });
      const button = element("button", { class: "plain" }, frame.text);
      if (number === where.selected) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => this.told(`frame ${number}`));
      item.append(button);
      return frame.note ? [element("li", { class: "note" }, frame.note), item] : [item];
    }));
    const rows = (where.locals ?? []).map(([name, value, isParameter]) => element("tr", {},
      element("th", { scope: "row" }, name, isParameter ? element("small", {}, " parameter") : ""),
      element("td", {}, value)));
    document.querySelector("#locals tbody").replaceChildren(...rows);
    document.querySelector("#locals").hidden = !rows.length;
  }

  toHere() {
    if (this.here?.file) this.show(this.here.program, this.here.file, this.here.line);
  }

  async show(program, file, line = 0) {
    const isSame = this.shown && this.shown.program === program && this.shown.file === file;
    if (!isSame) {
      this.shown = { program, file };
      const answer = await this.link.ask({ do: "source", program, file });
      if (this.shown.program !== program || this.shown.file !== file) return;
      this.warn(answer.error ?? answer.edited);
      if (answer.error) {
        this.list.replaceChildren();
        this.answer = null;
        return;
      }
      this.shown.file = answer.file;
      this.answer = answer;
      const code = new Set(answer.code);
      this.list.replaceChildren(...answer.lines.map((text, at) => element("div", {
        class: code.has(at + 1) ? "row code" : "row", "data-line": at + 1, id: `line-${at + 1}`,
        role: "option", "aria-selected": "false",
      }, element("span", { class: "gutter" }, String(at + 1)), element("span", {}, text || " "))));
    }
    this.sync();
    this.mark();
    if (line) this.select(line);
  }

  warn(text) {
    const warning = document.querySelector("#edited");
    warning.textContent = text ?? "";
    warning.hidden = !text;
  }

  sync() {
    if (!this.shown) return;
    const { program, file } = this.shown;
    if (![...this.program.options].some(one => one.value === program))
      this.program.append(new Option(program, program));
    this.program.value = program;
    const files = this.programs[program] ?? [];
    const names = files.includes(file) || !file ? files : [...files, file];
    if (this.file.dataset.names !== names.join()) {
      this.file.dataset.names = names.join();
      this.file.replaceChildren(...names.map(name =>
        new Option(name.replace(/^.*\/(?=[^/]+\/[^/]+$)/, ""), name)));
    }
    this.file.value = file;
  }

  takeStops(stops) {
    this.stops = stops;
    this.mark();
    document.querySelector("#stops").replaceChildren(...stops.map(stop => {
      const remove = element("button", { "aria-label": `Remove ${stop.kind} ${stop.number}` }, "✕");
      remove.addEventListener("click", () => this.told(`delete ${stop.number}`));
      const text = `${stop.kind} ${stop.number}: ${stop.text}`
        + (stop.condition ? ` if ${stop.condition}` : "") + `, met ${stop.hits}×`;
      return element("li", {}, element("span", {}, text), remove);
    }));
  }

  mark() {
    for (const row of this.list.querySelectorAll(".here, .stop"))
      row.classList.remove("here", "stop");
    const row = line => this.list.querySelector(`#line-${line}`);
    if (!this.answer) return;
    if (this.here?.file === this.shown.file) row(this.here.line)?.classList.add("here");
    for (const stop of this.stops)
      for (const [file, line] of stop.places)
        if (file === this.shown.file) row(line)?.classList.add("stop");
  }

  select(line) {
    const rows = this.list.children;
    if (!rows.length) return;
    rows[this.selected - 1]?.setAttribute("aria-selected", "false");
    this.selected = Math.max(1, Math.min(line, rows.length));
    const row = rows[this.selected - 1];
    row.setAttribute("aria-selected", "true");
    this.list.setAttribute("aria-activedescendant", row.id);
    const inside = row.offsetTop - this.list.offsetTop;
    if (inside < this.list.scrollTop + 20
        || inside > this.list.scrollTop + this.list.clientHeight - 40)
      this.list.scrollTop = inside - this.list.clientHeight / 3;
  }

  key(event) {
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -20, PageDown: 20 }[event.key];
    if (by) this.select((this.selected || 1) + by);
    else if (event.key === "Enter") this.toggle();
    else return;
    event.preventDefault();
  }

  // Set or remove a breakpoint at the selected line.
  async toggle() {
    if (!this.shown || !this.selected) return;
    const { program, file } = this.shown;
    const stop = this.stops.find(one => one.places.some(
      ([where, line]) => where === file && line === this.selected));
    await this.told(stop ? `delete ${stop.number}` : `break ${program}:${file}:${this.selected}`);
  }

  takeDisassembly(rows) {
    const list = document.querySelector("#disassembly");
    if (rows.missing) {
      list.replaceChildren(element("p", { class: "hint" }, rows.missing));
      return;
    }
    let last = "";
    list.replaceChildren(...rows.flatMap(row => {
      const insn = element("div", { class: `row${row.here ? " here" : ""}${row.stop ? " stop" : ""}` },
        element("span", { class: "gutter" }, hex(parseInt(row.address, 16))),
        element("span", {}, row.instruction));
      const place = row.line ? `${row.symbol}, line ${row.line}` : "";
      const isNew = place && place !== last;
      last = place || last;
      return isNew ? [element("div", { class: "row place" }, place), insn] : [insn];
    }));
    const here = list.querySelector(".here");
    if (here) list.scrollTop = here.offsetTop - list.offsetTop - list.clientHeight / 3;
  }
}
