// The time line: where the machine stands in its recording, dragged with the mouse or by arrow keys.

import { colour, grouped, prepared, short } from "./parts.js";

export class TimeLine {
  constructor(link, told) {
    this.range = document.querySelector("#when");
    this.canvas = document.querySelector("#marks");
    this.output = document.querySelector("#cycle");
    this.told = told;
    this.wanted = null;    // the cycle that the person drags to
    this.isBusy = false;
    this.marks = [];
    this.run = null;
    this.range.addEventListener("input", () => {
      this.wanted = Number(this.range.value);
      this.label(this.wanted);
      this.go();
    });
    new ResizeObserver(() => this.draw()).observe(this.range);
  }

  // Go where the person drags to; of several wishes meanwhile only the last counts.
  async go() {
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.wanted !== null) {
      const cycle = this.wanted;
      await this.told(`goto ${cycle >= this.run.frontier ? "end" : cycle}`, true);
      if (this.wanted === cycle) this.wanted = null;
    }
    this.isBusy = false;
  }

  take(run) {
    this.run = run;
    this.range.max = run.frontier;
    this.range.step = Math.max(1, Math.round(run.frontier / 2000));
    if (this.wanted === null && !this.isBusy) {
      this.range.value = run.cycle;
      this.label(run.cycle);
    }
    this.draw();
  }

  takeMarks(marks) {
    this.marks = marks;
    this.draw();
  }

  label(cycle) {
    const behind = this.run.frontier - cycle;
    this.output.textContent = `cycle ${grouped(cycle)}`
      + (behind > 0 ? `, ${short(behind)} in the past` : "");
    this.range.setAttribute("aria-valuetext", this.output.textContent);
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.range;
    if (!width || !this.run) return;
    const context = prepared(this.canvas, width, height);
    context.fillStyle = colour("--mark");
    for (const cycle of this.marks) {
      const at = 8 + (width - 16) * cycle / Math.max(1, this.run.frontier);
      context.fillRect(at, height - 5, 1, 4);
    }
  }
}
