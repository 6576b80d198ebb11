// Small parts that all views use.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (value !== "" || key === "value") made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export const hex = (word, digits = 8) =>
  word === null ? "?".repeat(digits) : `0x${word.toString(16).padStart(digits, "0")}`;

export const grouped = number => Math.round(number).toLocaleString("en");

// A number for people: 1,234 or 1.23 million.
export const short = number =>
  number >= 1e6 ? `${(number / 1e6).toFixed(2)} million` : grouped(number);

export function table(caption, heads, rows) {
  return element("table", { class: "values" }, element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads.map(
      head => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows.map(cells => element("tr", {}, ...cells.map(
      cell => cell instanceof Node && cell.nodeName === "TD" ? cell
        : element("td", {}, cell instanceof Node ? cell : String(cell)))))));
}

// A canvas of the size of its element, and its context, in CSS pixels.
export function prepared(canvas, width, height) {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return context;
}

export const colour = name =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const legend = entries => element("ul", { class: "legend" }, ...entries.map(
  ([name, text]) => element("li", {},
    element("span", { class: "swatch", style: `background: var(${name})` }), text)));
