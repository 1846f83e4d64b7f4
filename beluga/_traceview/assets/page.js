"use strict";
// Data comes from the JSON blocks; text goes into the page by textContent alone, never as markup.
const BATCH = 500;
const traces = [...document.querySelectorAll("script.trace-data")].map((block) => JSON.parse(block.textContent));
const list = document.getElementById("traces");
const search = document.getElementById("search");

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function duration(seconds) {
  if (seconds >= 1) return `${seconds >= 100 ? seconds.toFixed(0) : Number(seconds.toPrecision(3))} s`;
  if (seconds >= 1e-3) return `${Number((seconds * 1e3).toPrecision(3))} ms`;
  return `${Number((seconds * 1e6).toPrecision(3))} µs`;
}

function text(span) {
  span.text ??= JSON.stringify([span.name, span.error, span.tags, span.service, span.attributes, span.events]).toLowerCase();
  return span.text;
}

// A link may end in anything, such as a lone percent sign, and the page must be drawn all the same.
function decoded(query) {
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}

// Which rows to show: those not under a folded span; while searching, the hits and what stands above them.
function visible(trace, query) {
  const rows = [];
  if (query) {
    const path = [];
    const keep = new Set();
    trace.spans.forEach((span, at) => {
      path.length = span.depth;
      path.push(at);
      span.hit = text(span).includes(query);
      if (span.hit) path.forEach((above) => keep.add(above));
    });
    trace.spans.forEach((span, at) => keep.has(at) && rows.push(span));
    return rows;
  }
  let under = Infinity;
  for (const span of trace.spans) {
    span.hit = false;
    if (span.depth > under) continue;
    under = span.folded ? span.depth : Infinity;
    rows.push(span);
  }
  return rows;
}

function detail(span) {
  const box = make("div", "detail");
  const pairs = make("dl");
  const add = (name, value, bad) => pairs.append(make("dt", "", name), make("dd", bad ? "bad" : "", value));
  if (span.error !== null) add("error", span.error || "failed", true);
  if (span.service) add("service", span.service);
  add("span", span.id);
  for (const [name, value] of span.attributes) add(name, typeof value === "string" ? value : JSON.stringify(value));
  for (const [name, at, fields] of span.events) {
    add(`+${duration(at)} ${name}`, fields.map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`).join("  "));
  }
  box.append(pairs);
  return box;
}

function row(trace, span, redraw) {
  const line = make("div", `row ${span.kind}${span.error === null ? "" : " failed"}${span.hit ? " hit" : ""}`);
  line.setAttribute("role", "treeitem");
  line.setAttribute("aria-level", span.depth + 1);
  line.tabIndex = 0;
  const name = make("div", "name");
  name.style.paddingLeft = `${Math.min(span.depth, 20) * 14}px`;
  if (span.parent) {
    const fold = make("button", "fold", span.folded ? "▸" : "▾");
    fold.setAttribute("aria-expanded", String(!span.folded));
    fold.setAttribute("aria-label", `inside ${span.name}`);
    line.setAttribute("aria-expanded", String(!span.folded));
    fold.addEventListener("click", (event) => {
      event.stopPropagation();
      span.folded = !span.folded;
      redraw();
    });
    name.append(fold);
  } else {
    name.append(make("span", "fold"));
  }
  const label = make("span", "label", span.name);
  label.title = span.name;
  name.append(label);
  if (span.tags) {
    const tags = make("span", "tags", span.tags);
    tags.title = span.tags;
    name.append(tags);
  }
  const lane = make("div", "lane");
  const bar = make("div", "bar");
  const whole = trace.seconds || 1;
  const left = Math.min(100, (span.start / whole) * 100);
  bar.style.left = `${left}%`;
  bar.style.width = `${trace.seconds ? Math.min(100 - left, (span.seconds / whole) * 100) : 100}%`;
  lane.append(bar);
  line.append(name, lane, make("div", "time", span.open ? "open" : duration(span.seconds)));
  const toggle = () => {
    if (line.nextSibling?.className === "detail") line.nextSibling.remove();
    else line.after(detail(span));
  };
  line.addEventListener("click", toggle);
  line.addEventListener("keydown", (event) => {
    if (event.target === line && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      toggle();
    }
  });
  return line;
}

function card(trace) {
  const box = make("section", "trace");
  const head = make("button");
  head.append(make("strong", "", trace.name), make("span", `summary ${trace.failed ? "bad" : "soft"}`, trace.summary));
  head.append(make("span", "soft id", trace.id), make("span", "time", duration(trace.seconds)));
  const rows = make("div", "rows");
  rows.setAttribute("role", "tree");
  box.append(head, rows);
  let shown = BATCH;
  const draw = () => {
    const query = search.value.trim().toLowerCase();
    const wanted = visible(trace, query);
    box.hidden = wanted.length === 0;
    const open = trace.open || (query && wanted.length > 0);
    head.setAttribute("aria-expanded", String(Boolean(open)));
    rows.replaceChildren();
    rows.hidden = !open;
    if (!open) return wanted.length;
    rows.append(...wanted.slice(0, shown).map((span) => row(trace, span, draw)));
    if (wanted.length > shown) {
      const more = make("button", "more", `show ${Math.min(BATCH, wanted.length - shown)} more of ${wanted.length - shown}`);
      more.addEventListener("click", () => {
        shown += BATCH;
        draw();
      });
      rows.append(more);
    }
    return wanted.length;
  };
  head.addEventListener("click", () => {
    trace.open = !trace.open;
    draw();
  });
  return { box, draw };
}

traces.forEach((trace, at) => {
  trace.open = at === 0;
});
const cards = traces.slice().map(card);
list.append(...cards.map((made) => made.box));
function drawAll() {
  const found = cards.map((made) => made.draw()).reduce((sum, count) => sum + count, 0);
  document.getElementById("none").hidden = found > 0;
}
let waiting = 0;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(drawAll, 120);
});
if (location.hash.startsWith("#q=")) search.value = decoded(location.hash.slice(3));
drawAll();
