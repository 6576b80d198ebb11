// The page: joins the connection to its parts. What anything means is the debugger's business.

import { Console, Display } from "./devices.js";
import { Link } from "./link.js";
import { element, short } from "./parts.js";
import { Source } from "./source.js";
import { TimeLine } from "./time.js";
import { VIEWS } from "./views.js";

const find = selector => document.querySelector(selector);
const ALWAYS = ["run", "marks", "where", "disassembly", "stops", "programs"];
const MOST_LOG = 20000;

const link = new Link(hear, changed);
const source = new Source(link, told);
const time = new TimeLine(link, told);
const console_ = new Console(link);
const display = new Display(link);
let run = null, shown = "Registers", view = null, note = "";
const latest = {};

// --- what comes -----------------------------------------------------------------------------------

function hear(kind, content) {
  if (kind === "picture") display.take(content);
  else if (kind === "text") console_.take(content);
  else for (const [name, data] of Object.entries(content)) {
    latest[name] = data;
    take(name, data);
  }
}

function take(name, data) {
  switch (name) {
    case "run": return takeRun(data);
    case "marks": return time.takeMarks(data);
    case "where": return source.takeWhere(data);
    case "disassembly": return source.takeDisassembly(data);
    case "stops": return source.takeStops(data);
    case "programs": return source.takePrograms(data);
    case "turns": return view.takeTurns?.(data);
    default: if (VIEWS[shown].needs.includes(name)) view.take(data);
  }
}

function takeRun(data) {
  run = data;
  time.take(run);
  view.takeRun?.(run);
  const isRunning = run.state === "running";
  const where = run.live ? "" : " in the past";
  const words = { running: run.waits ? "running, waits for input" : "running", paused: "paused",
    stopped: "stopped for good: its past can be visited" };
  const speed = isRunning && run.speed ? `, ${(run.speed / 1e6).toFixed(1)} MHz` : "";
  const text = `${words[run.state]}${isRunning ? "" : where}${speed}`;
  if (find("#state").textContent !== text) find("#state").textContent = text;
  document.body.dataset.state = run.state;
  document.body.dataset.past = !run.live;
  find("#go").textContent = isRunning ? "Pause" : "Run";
  const hint = find("#console-hint");
  hint.hidden = isRunning;
  hint.textContent = run.state === "stopped" ? "The machine has stopped for good."
    : run.live ? "Paused: what is typed is read when the machine runs."
      : "In the past: what is typed arrives in the present.";
  if (run.note !== note) {
    note = run.note;
    say(note);
  }
}

function changed(sentence) {
  const alert = find("#alert");
  alert.textContent = sentence;
  alert.hidden = !sentence;
  if (sentence) find("#state").textContent = "not connected";
}

// --- what is asked --------------------------------------------------------------------------------

function say(text) {
  const log = find("#log");
  if (!text) return;
  log.textContent = `${log.textContent}${log.textContent ? "\n" : ""}${text}`.slice(-MOST_LOG);
  log.scrollTop = log.scrollHeight;
}

// A line for the debugger; quiet ones are not shown.
async function told(line, isQuiet = false) {
  const answer = await link.ask({ do: "command", line });
  if (answer.error) say(`(quince) ${line}\n${answer.error}`);
  else if (!isQuiet && answer.text && answer.text !== note && answer.text !== run?.note)
    say(`(quince) ${line}\n${answer.text}`);
  return answer;
}

function goOrPause() {
  return run?.state === "running" ? link.ask({ do: "pause" }) : told("continue");
}

find("#go").addEventListener("click", goOrPause);
for (const button of document.querySelectorAll("[data-line]:not(#source *)"))
  if (button.nodeName === "BUTTON")
    button.addEventListener("click", () => told(button.dataset.line));
find("#line-form").addEventListener("submit", event => {
  event.preventDefault();
  const input = find("#line");
  if (input.value.trim()) told(input.value);
  input.select();
});

// --- views ----------------------------------------------------------------------------------------

function choose(name, isFocused = false) {
  shown = name;
  view = new VIEWS[name].Kind(link);
  find("#view").replaceChildren(view.node);
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const isChosen = tab.textContent === name;
    tab.setAttribute("aria-selected", isChosen);
    tab.tabIndex = isChosen ? 0 : -1;
    if (isChosen && isFocused) tab.focus();
  }
  find("#view").setAttribute("aria-label", name);
  if (run) view.takeRun?.(run);
  for (const need of VIEWS[name].needs) if (need in latest) take(need, latest[need]);
  link.look([...ALWAYS, ...VIEWS[name].needs]);
}

const names = Object.keys(VIEWS);
find("#tabs").append(...names.map(name => {
  const tab = element("button", { role: "tab", "aria-controls": "view" }, name);
  tab.addEventListener("click", () => choose(name));
  tab.addEventListener("keydown", event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    choose(names[(names.indexOf(name) + by + names.length) % names.length], true);
    event.preventDefault();
  });
  return tab;
}));
choose(shown);

// --- shortcuts ------------------------------------------------------------------------------------

const SHORTCUTS = [
  ["F1", "this list", () => find("#help").showModal()],
  ["F2", "back by an instruction", () => told("reverse-stepi")],
  ["shift-F2", "back by a clock cycle", () => told("reverse-cycle")],
  ["F4", "to the next instruction", () => told("stepi")],
  ["shift-F4", "a clock cycle on", () => told("cycle")],
  ["F6", "to the next part of the page", () => region(1)],
  ["shift-F6", "to the part before", () => region(-1)],
  ["F7", "to the next walk of the page table", () => told("walk")],
  ["shift-F7", "back to the walk before", () => told("reverse-walk")],
  ["F8", "run or pause", goOrPause],
  ["shift-F8", "run backwards", () => told("reverse-continue")],
  ["F9", "set or remove a breakpoint at the chosen line", () => source.toggle()],
  ["F10", "to the next line, over calls", () => told("next")],
  ["shift-F10", "back to the line before", () => told("reverse-next")],
  ["F11", "to the next line, into calls", () => told("step")],
  ["shift-F11", "until the function returns", () => told("finish")],
];

find("#shortcuts").append(...SHORTCUTS.map(([key, text]) =>
  element("tr", {}, element("th", { scope: "row" }, key), element("td", {}, text))));
find("#help-open").addEventListener("click", () => find("#help").showModal());

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || find("#help").open) return;
  const key = `${event.shiftKey ? "shift-" : ""}${event.key}`;
  const shortcut = SHORTCUTS.find(([name]) => name === key);
  if (!shortcut) return;
  event.preventDefault();
  shortcut[2]();
});

// Moves the focus to what can be focused first in the next part of the page.
function region(by) {
  const regions = [...document.querySelectorAll("[data-region]")];
  const at = regions.findIndex(one => one.contains(document.activeElement));
  const next = regions[(at + by + regions.length) % regions.length];
  next.querySelector("textarea, [tabindex='0'], select, input, button")?.focus();
}
