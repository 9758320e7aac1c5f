"use strict";
/* Everything that is shown comes from the data below, as text; Plot draws the charts. */
const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const DAY = 86400000;
const AT_ONCE = 100;
const SEVERITIES = ["error", "warning", "information", "hint"];
const day = (text) => new Date(`${text.slice(0, 10)}T00:00:00Z`);
const now = new Date(data.time);

/* ---------------------------------------------------------------------------------------------------- small things */

/** An element: make("td", { class: "number" }, "12", …children). */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) if (value !== undefined && value !== null) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== undefined && child !== null && child !== ""));
  return node;
}
/** A figure of the data, marked with where in the data it stands. */
const figure = (where, shown) => make("span", { "data-figure": where }, String(shown));
const plural = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
/** Not rounded up to 100 %. */
const percent = (part) => (part === null || part === undefined ? "–" : `${Math.floor(part * 1000 + 1e-9) / 10} %`);
const chance = (part) => (part < 0.01 ? "under 1 %" : part > 0.99 ? "over 99 %" : `${Math.round(part * 100)} %`);
const tag = (word) => make("span", { class: `tag ${word}` }, word);
const said = (name) => make("p", { class: "said", "data-absent": name }, data.absent[name]);
const vscode = typeof acquireVsCodeApi === "function" ? acquireVsCodeApi() : undefined;

/** A place in the project; in VS Code it can be opened. */
function place(where) {
  if (!where) return "";
  const text = where.line ? `${where.path}:${where.line}` : where.path;
  // A long path is broken behind a slash.
  const code = make("code", { class: "path" }, ...text.split("/").flatMap((part, n) => (n ? ["/", make("wbr"), part] : [part])));
  if (!vscode) return code;
  const link = make("a", { href: "#" }, code);
  link.addEventListener("click", (event) => {
    event.preventDefault();
    vscode.postMessage({ open: where.path, line: where.line ?? 1 });
  });
  return link;
}

/** Words between backticks are code. */
function prose(text) {
  const node = document.createDocumentFragment();
  text.split("`").forEach((part, n) => node.append(n % 2 ? make("code", {}, part) : part));
  return node;
}

const share = (part) => {
  const bar = make("span", { class: "share", "aria-hidden": "true" }, make("i"));
  bar.firstChild.style.width = `${part * 100}%`;
  return bar;
};

/* ---------------------------------------------------------------------------------------------------------- tables */

/**
 * A table whose rows can be sorted by each column and that shows some rows at first.
 * columns: { title, of(row) what it is sorted by, show(row) what is shown, kind: "number" | "wide" }
 */
function table(caption, columns, rows) {
  const body = make("tbody");
  const head = make("tr");
  const box = make("div");
  const more = make("button", { type: "button", class: "more" });
  let sorted = rows;
  let all = false;
  function fill() {
    const shown = all ? sorted : sorted.slice(0, AT_ONCE);
    body.replaceChildren(...shown.map((row) => make("tr", {}, ...columns.map((column, n) => make(n ? "td" : "th", { class: column.kind, scope: n ? null : "row" }, column.show(row))))));
    more.textContent = `Show all ${sorted.length}`;
    more.hidden = shown.length === sorted.length;
  }
  columns.forEach((column) => {
    const button = make("button", { type: "button" }, column.title);
    const cell = make("th", { scope: "col", class: column.kind === "number" ? "number" : null }, button);
    button.addEventListener("click", () => {
      const up = cell.getAttribute("aria-sort") !== "ascending";
      for (const other of head.children) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) => d3.ascending(column.of(a) ?? "", column.of(b) ?? "") || 0;
      sorted = [...rows].sort((a, b) => (up ? order(a, b) : order(b, a)));
      fill();
    });
    head.append(cell);
  });
  more.addEventListener("click", () => { all = true; fill(); });
  fill();
  box.append(make("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption }, make("table", {}, make("caption", {}, caption), make("thead", {}, head), body)), more);
  return box;
}

/* ---------------------------------------------------------------------------------------------------------- charts */

const INK = { fontSize: "12px", background: "transparent", color: "var(--fore)" };

/** A chart with its title, what it says in a sentence, a key, and for screen readers the sentence instead of the drawing. */
function chart(title, sentence, drawn, key = []) {
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", `${title}. ${sentence}`);
  const swatch = ([name, colour, fade]) => {
    const item = make("li", {}, make("i"), name);
    item.firstChild.style.setProperty("--swatch", colour);
    if (fade) item.firstChild.style.setProperty("--fade", fade);
    return item;
  };
  return make("figure", {}, make("figcaption", {}, make("strong", {}, title), " ", sentence), drawn, key.length ? make("ul", { class: "key" }, ...key.map(swatch)) : "");
}
const wide = () => Math.max(320, Math.min(1110, by("overview").clientWidth - 34));

/* --------------------------------------------------------------------------------------------------------- filters */

const state = { words: [], type: "", severity: "", folder: "" };
const inFolder = (path) => !state.folder || (path ?? "").startsWith(state.folder === "." ? "" : `${state.folder}/`);
const hasWords = (text) => { const low = text.toLowerCase(); return state.words.every((word) => low.includes(word)); };
const words = new Map();
/** All words of a row, once. */
const wordsOf = (row) => { if (!words.has(row)) words.set(row, JSON.stringify(row)); return words.get(row); };
const drifts = () => data.drifts.filter((one) => (!state.type || one.type === state.type) && (!state.severity || one.severity === state.severity)
  && (inFolder(one.spec.path) || (one.code && inFolder(one.code.path))) && hasWords(wordsOf(one)));
const documents = () => data.documents.filter((one) => inFolder(one.path) && hasWords(one.path));
const lists = () => data.lists.filter((one) => inFolder(one.path) && hasWords(`${one.path} ${one.title} ${one.risks.map((risk) => `${risk.text} ${risk.task ?? ""}`).join(" ")}`));
const decisions = () => data.decisions.filter((one) => hasWords(`${wordsOf(one)} ${one.tags.map((name) => `#${name}`).join(" ")}`) && (!state.folder || one.files.some(inFolder)));
const conflicts = () => data.conflicts.filter((one) => hasWords(wordsOf(one)));
const alerts = () => data.alerts.filter((one) => hasWords(wordsOf(one)) && (!state.severity || one.severity === state.severity));

/* -------------------------------------------------------------------------------------------------------- sections */

function overview() {
  const { summary } = data;
  document.title = `${data.name}: report`;
  by("name").textContent = data.name;
  by("h-overview").textContent = `${data.name}: does the code still do what was written down?`;
  by("when").textContent = `${data.time.slice(0, 16).replace("T", " ")} UTC${data.revision ? `, commit ${data.revision.slice(0, 10)}` : ""}`;
  const decided = summary.holds + summary.broken;
  const open = data.lists.filter((one) => one.done < one.total);
  const risky = data.lists.filter((one) => one.risk === "high" && one.done < one.total).length;
  const rows = [
    ["Compliance", figure("summary.compliance", decided ? percent(summary.compliance) : "–"), [figure("summary.holds", summary.holds), ` of ${decided} decided claims hold`], summary.broken ? "warn" : "good"],
    ["Open drifts", figure("summary.broken", summary.broken), [figure("commits.length", data.commits.length), ` known ${data.commits.length === 1 ? "commit" : "commits"} broke something`], summary.broken ? "bad" : "good"],
    ["Claims", figure("summary.claims", summary.claims), [figure("summary.unknown", summary.unknown), " cannot be decided"]],
    ["Documents", figure("summary.specs", summary.specs), ["beside ", figure("summary.files", summary.files), " Python files"]],
    ["Task lists", figure("lists.length", data.lists.length), [`${open.length} with open tasks, ${risky} at high risk`], risky ? "warn" : ""],
    ["Decisions", figure("decisions.length", data.decisions.length), [figure("conflicts.length", data.conflicts.length), data.conflicts.length === 1 ? " conflict" : " conflicts"], data.conflicts.length ? "warn" : ""],
  ];
  by("cards").replaceChildren(...rows.map(([title, value, under, kind]) => make("div", { class: `card ${kind ?? ""}` }, make("dt", {}, title), make("dd", {}, value, make("div", { class: "under" }, ...under)))));
}

function compliance() {
  const trend = by("trend");
  if (data.trend.length < 2) trend.replaceChildren(make("p", { class: "said", "data-absent": "trend" }, data.absent.trend ?? "One measurement was kept so far; the trend begins with the second one."));
  else {
    const rows = data.trend.map((one) => ({ ...one, at: new Date(one.time) }));
    const low = Math.min(...rows.map((one) => one.compliance));
    const drawn = Plot.plot({ width: wide(), height: 200, marginLeft: 48, style: INK, x: { type: "utc", label: null }, y: { domain: [Math.max(0, Math.floor(low * 20 - 1) / 20), 1], tickFormat: (part) => `${Math.round(part * 100)} %`, grid: true, label: null, ticks: 5 },
      marks: [Plot.areaY(rows, { x: "at", y1: Math.max(0, Math.floor(low * 20 - 1) / 20), y2: "compliance", fill: "var(--accent)", fillOpacity: 0.12 }), Plot.lineY(rows, { x: "at", y: "compliance", stroke: "var(--accent)", strokeWidth: 2 }), Plot.dot(rows, { x: "at", y: "compliance", r: 2.5, fill: "var(--accent)", title: (one) => `${one.time.slice(0, 16)}: ${percent(one.compliance)}, ${plural(one.broken, "drift")}` })] });
    trend.replaceChildren(chart("Trend", `From ${percent(rows[0].compliance)} on ${rows[0].time.slice(0, 10)} to ${percent(rows.at(-1).compliance)} on ${rows.at(-1).time.slice(0, 10)}.`, drawn));
  }
  if (!data.documents.length) { by("folders").replaceChildren(said("documents")); by("documents").replaceChildren(); return; }
  folderChart();
  const shown = documents();
  by("documents").replaceChildren(table(`${plural(shown.length, "document")} with claims`, [
    { title: "Document", of: (one) => one.path, show: (one) => place({ path: one.path }), kind: "path" },
    { title: "Hold", of: (one) => one.holds, show: (one) => figure(`documents.${data.documents.indexOf(one)}.holds`, one.holds), kind: "number" },
    { title: "Broken", of: (one) => one.broken, show: (one) => figure(`documents.${data.documents.indexOf(one)}.broken`, one.broken), kind: "number" },
    { title: "Not decided", of: (one) => one.unknown, show: (one) => String(one.unknown), kind: "number" },
    { title: "Compliance", of: (one) => one.compliance ?? 2, show: (one) => { const cell = document.createDocumentFragment(); cell.append(percent(one.compliance)); if (one.compliance !== null) cell.append(share(one.compliance)); return cell; }, kind: "number" },
    ...(data.documents.some((one) => one.before !== null) ? [{ title: "Change", of: change, show: (one) => changeText(one), kind: "number" }] : []),
  ], [...shown].sort((a, b) => b.broken - a.broken || (a.compliance ?? 2) - (b.compliance ?? 2) || d3.ascending(a.path, b.path))));
}

/** By how much the compliance of a document changed within thirty days, or since it was first measured. */
const change = (one) => (one.before === null || one.compliance === null ? 0 : one.compliance - one.before);
function changeText(one) {
  const points = Math.round(change(one) * 1000) / 10;
  return make("span", { class: points < 0 ? "error" : "soft" }, points > 0 ? `+${points}` : points < 0 ? `−${-points}` : "=");
}

function folderChart() {
  const rows = data.folders.filter((one) => one.holds + one.broken).sort((a, b) => b.broken - a.broken || b.holds - a.holds).slice(0, 15);
  if (rows.length < 2) { by("folders").replaceChildren(); return; }
  const name = (one) => { const path = one.path || "(top)"; return path.length > 34 ? `…${path.slice(-33)}` : path; };
  const bars = rows.flatMap((one) => [{ name: name(one), state: "broken", share: one.broken / (one.holds + one.broken) }, { name: name(one), state: "holds", share: one.holds / (one.holds + one.broken) }]);
  const left = Math.min(230, 20 + 7 * Math.max(...rows.map((one) => name(one).length)));
  const drawn = Plot.plot({ width: wide(), height: 30 + 26 * rows.length, marginTop: 4, marginLeft: left, marginRight: 110, style: INK, x: { domain: [0, 1], tickFormat: (part) => `${Math.round(part * 100)} %`, label: null, ticks: 5 }, y: { domain: rows.map(name), label: null, tickSize: 0, padding: 0.3 }, color: { domain: ["broken", "holds"], range: ["var(--bad)", "var(--good)"] },
    marks: [Plot.barX(bars, { x: "share", y: "name", fill: "state" }), Plot.text(rows, { x: 1, y: name, text: (one) => `${one.holds} of ${one.holds + one.broken}`, textAnchor: "start", dx: 8, fill: "var(--fore)" })] });
  by("folders").replaceChildren(chart("By folder", `Share of the decided claims that hold, in the ${rows.length} folders ${data.folders.length > rows.length ? "with the most drifts" : "with documents"}.`, drawn, [["broken", "var(--bad)"], ["hold", "var(--good)"]]));
}

const AGES = [["up to a week", 7], ["up to a month", 31], ["up to a year", 366], ["older", Infinity]];
const ageOf = (one) => (one.days === null ? "not known" : AGES.find(([, most]) => one.days <= most)[0]);

function driftSection() {
  if (!data.drifts.length) { by("types").replaceChildren(said("drifts")); by("drift-rows").replaceChildren(); return; }
  const shown = drifts();
  const ages = [...AGES.map(([name]) => name), "not known"];
  const colours = ["var(--info)", "var(--accent)", "var(--warn)", "var(--bad)", "var(--mute)"];
  const counts = d3.rollups(shown, (rows) => rows.length, (one) => one.type, ageOf).flatMap(([type, parts]) => parts.map(([age, number]) => ({ type, age, number })));
  const types = d3.groupSort(shown, (rows) => -rows.length, (one) => one.type);
  if (types.length) {
    const totals = types.map((type) => ({ type, number: shown.filter((one) => one.type === type).length }));
    const drawn = Plot.plot({ width: wide(), height: 30 + 26 * types.length, marginTop: 4, marginLeft: 150, marginRight: 40, style: INK, x: { label: null, ticks: Math.min(8, Math.max(...totals.map((one) => one.number))), tickFormat: (n) => (Number.isInteger(n) ? String(n) : "") }, y: { domain: types, label: null, tickSize: 0, padding: 0.3 }, color: { domain: ages, range: colours },
      marks: [Plot.barX(counts, { x: "number", y: "type", fill: "age", order: ages, title: (one) => `${one.type}: ${one.number}, ${one.age}` }), Plot.text(totals, { x: "number", y: "type", text: (one) => String(one.number), textAnchor: "start", dx: 6, fill: "var(--fore)" })] });
    const used = ages.filter((age) => counts.some((one) => one.age === age));
    by("types").replaceChildren(chart("By type and age", `${plural(shown.length, "drift")} of ${plural(types.length, "type")}; the age is that of the commit that broke the claim, else of the day on which it was first seen.`, drawn, used.map((age) => [age, colours[ages.indexOf(age)]])));
  } else by("types").replaceChildren();
  by("drift-rows").replaceChildren(table(`${shown.length} of ${plural(data.drifts.length, "open drift")}`, [
    { title: "What", of: (one) => one.details, show: (one) => prose(one.details), kind: "wide" },
    { title: "Type", of: (one) => one.type, show: (one) => one.type },
    { title: "Severity", of: (one) => SEVERITIES.indexOf(one.severity), show: (one) => tag(one.severity) },
    { title: "Written in", of: (one) => `${one.spec.path}:${String(one.spec.line).padStart(7)}`, show: (one) => place(one.spec), kind: "path" },
    { title: "Code", of: (one) => one.code?.path, show: (one) => place(one.code), kind: "path" },
    { title: "Days", of: (one) => one.days ?? -1, show: (one) => (one.days === null ? "–" : figure(`drifts.${data.drifts.indexOf(one)}.days`, one.days)), kind: "number" },
  ], [...shown].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || (b.days ?? -1) - (a.days ?? -1))));
}

function commitSection() {
  if (!data.commits.length) { by("commit-rows").replaceChildren(said("commits")); return; }
  const kept = new Set(drifts().map((one) => one.commit));
  const shown = data.commits.filter((one) => kept.has(one.commit));
  by("commit-rows").replaceChildren(table(`${plural(shown.length, "commit")} broke what is open now`, [
    { title: "Commit", of: (one) => one.commit, show: (one) => make("code", {}, one.commit.slice(0, 10)) },
    { title: "Date", of: (one) => one.date, show: (one) => one.date },
    { title: "Subject", of: (one) => one.subject, show: (one) => one.subject, kind: "wide" },
    { title: "Broke", of: (one) => one.drifts, show: (one) => figure(`commits.${data.commits.indexOf(one)}.drifts`, one.drifts), kind: "number" },
    { title: "Types", of: (one) => Object.keys(one.types).join(), show: (one) => Object.entries(one.types).map(([type, number]) => (number > 1 ? `${type} (${number})` : type)).join(", ") },
  ], shown));
}

/* -------------------------------------------------------------------------------------------------------- progress */

function progressSection() {
  if (!data.lists.length) { by("lists").replaceChildren(said("lists")); return; }
  const order = ["high", "medium", "low", "none"];
  const shown = lists().sort((a, b) => (a.done === a.total) - (b.done === b.total) || order.indexOf(a.risk) - order.indexOf(b.risk));
  const open = shown.filter((one) => one.done < one.total);
  const nodes = open.slice(0, 20).map(taskList);
  if (shown.length > nodes.length) {
    const rest = shown.slice(nodes.length);
    nodes.push(table(plural(rest.length, "further list"), [
      { title: "List", of: (one) => one.path, show: (one) => place({ path: one.path }), kind: "path" },
      { title: "Title", of: (one) => one.title, show: (one) => one.title, kind: "wide" },
      { title: "Done", of: (one) => one.done, show: (one) => `${one.done} of ${one.total}`, kind: "number" },
      { title: "Risk", of: (one) => order.indexOf(one.risk), show: (one) => (one.done < one.total ? tag(one.risk) : "done") },
    ], rest));
  }
  by("lists").replaceChildren(...nodes);
}

function taskList(one) {
  const where = `lists.${data.lists.indexOf(one)}`;
  const box = make("article", { class: "list", "aria-label": one.title }, make("h3", {}, one.title));
  const top = make("p", { class: "wide" }, place({ path: one.path }), " · ", figure(`${where}.done`, one.done), " of ", figure(`${where}.total`, one.total), " tasks done");
  if (one.doubtful) top.append(", ", figure(`${where}.doubtful`, one.doubtful), " ticked but not there");
  top.append(" · risk ", tag(one.risk));
  const words = make("div");
  if (one.refusal) words.append(make("p", { class: "soft" }, `No forecast: ${one.refusal}.`));
  else words.append(make("p", { class: "soft" }, "Chance to be done"), chances(one, where));
  if (one.soon) words.append(make("p", {}, `If it keeps moving: ${one.soon}.`));
  else if (one.no_range && !one.refusal) words.append(make("p", { class: "soft" }, `No dates: ${one.no_range}.`));
  else if (one.if_moving.length) words.append(make("p", { class: "soft" }, "If it keeps moving, done between"), make("dl", {}, ...one.if_moving.flatMap((range) => [make("dt", {}, `${range.share * 100} %`), make("dd", {}, `${range.first} and ${range.last}`)])));
  if (one.risks.length) words.append(make("ul", {}, ...one.risks.slice(0, 6).map((risk) => make("li", {}, make("span", { class: risk.level }, `${risk.level}: `), risk.task ? `“${risk.task.length > 80 ? `${risk.task.slice(0, 79)}…` : risk.task}”: ` : "", risk.text, make("span", { class: "soft" }, ` → ${risk.advice}`)))));
  if (one.risks.length > 6) words.append(make("p", { class: "soft" }, `and ${one.risks.length - 6} more risks`));
  for (const caveat of one.caveats) words.append(make("p", { class: "soft" }, `Note: ${caveat}.`));
  box.append(top, burnUp(one), words);
  if (one.parts.length) box.append(make("details", { class: "wide" }, make("summary", {}, `${plural(one.parts.length, "part")}: milestones, phases, sections`), make("ul", {}, ...one.parts.map((part) => make("li", {}, `${part.title}: ${part.done} of ${part.total} done${part.within["30"] === undefined ? "" : `, ${chance(part.within["30"])} within 30 days`}${part.due ? `, due ${part.due}` : ""}`)))));
  return box;
}

function chances(one, where) {
  const rows = Object.entries(one.within).map(([days, part]) => [`within ${days} days`, figure(`${where}.within.${days}`, chance(part))]);
  if (one.by_due !== null) rows.push([`by ${one.due}`, figure(`${where}.by_due`, chance(one.by_due))]);
  return make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

/** What was done of what was listed, and the days on which nine tenths may be reached. */
function burnUp(one) {
  const days = one.burn_up.map((row) => ({ at: day(row.date), total: row.total, done: row.done }));
  if (!days.length) return make("p", { class: "soft" }, "There is no history to draw.");
  const today = day(data.time);
  const last = days.at(-1);
  const all = last.at < today ? [...days, { ...last, at: today }] : days;
  const target = Math.max(last.done, Math.ceil(0.9 * last.total));
  const fans = [...one.if_moving].sort((a, b) => b.share - a.share);
  const half = fans.at(-1);
  const end = fans.length ? day(fans[0].last) : today;
  // A far end of the widest range would leave no room for the past.
  const past = Math.max(today - all[0].at, 7 * DAY);
  const until = new Date(Math.min(+end, +today + 3 * past));
  const from = new Date(Math.min(+all[0].at, +today - 7 * DAY));
  const cone = (range) => [{ y: last.done, x1: today, x2: today }, { y: target, x1: day(range.first), x2: day(range.last) }];
  const marks = [
    Plot.ruleY([0], { stroke: "var(--line)" }),
    Plot.areaY(all, { x: "at", y: "done", curve: "step-after", fill: "var(--good)", fillOpacity: 0.14, clip: true }),
    Plot.lineY(all, { x: "at", y: "total", curve: "step-after", stroke: "var(--soft)", strokeWidth: 1.5, clip: true }),
    Plot.lineY(all, { x: "at", y: "done", curve: "step-after", stroke: "var(--good)", strokeWidth: 2, clip: true }),
    ...fans.map((range) => Plot.areaX(cone(range), { y: "y", x1: "x1", x2: "x2", fill: "var(--fan)", fillOpacity: 0.2, clip: true })),
    fans.length ? Plot.ruleY([target], { x1: today, x2: until, stroke: "var(--fan)", strokeDasharray: "3 3", clip: true }) : null,
    Plot.ruleX([today], { stroke: "var(--mute)", strokeDasharray: "2 3" }),
    one.due && day(one.due) <= until && day(one.due) >= from ? Plot.ruleX([day(one.due)], { stroke: "var(--bad)", strokeWidth: 1.5 }) : null,
  ];
  const drawn = Plot.plot({ width: Math.max(300, Math.min(600, wide() * 0.55)), height: 220, marginTop: 8, marginLeft: 36, marginRight: 14, style: INK, x: { type: "utc", domain: [from, until], label: null, ticks: 5 }, y: { domain: [0, 1.04 * Math.max(1, d3.max(all, (row) => row.total))], label: null, ticks: 5, grid: true, tickFormat: (n) => (Number.isInteger(n) ? String(n) : "") }, marks });
  const ahead = half ? ` If it keeps moving, one half of such lists are done between ${half.first} and ${half.last}.` : "";
  const key = [["done", "var(--good)"], ["listed", "var(--soft)"]];
  if (fans.length) key.push(["if it keeps moving (50, 80, 90 %)", "var(--fan)", 0.5]);
  if (one.due) key.push(["due", "var(--bad)"]);
  return chart(`Burn-up of ${one.title}`, `${last.done} of ${last.total} on ${one.burn_up.at(-1).date}.${ahead}`, drawn, key);
}

/* ------------------------------------------------------------------------------------------------------- decisions */

function decisionSection() {
  if (!data.decisions.length) { by("timeline").replaceChildren(said("decisions")); by("decision-rows").replaceChildren(); return; }
  const shown = decisions();
  by("timeline").replaceChildren(...(shown.length ? [timeline(shown)] : []));
  by("decision-rows").replaceChildren(table(`${shown.length} of ${plural(data.decisions.length, "decision")}`, [
    { title: "Date", of: (one) => one.timestamp, show: (one) => make("span", { style: "white-space: nowrap" }, one.timestamp.slice(0, 10)) },
    { title: "Decision", of: (one) => one.title, show: (one) => decisionText(one), kind: "wide" },
    { title: "Type", of: (one) => one.decision_type, show: (one) => one.decision_type },
    { title: "Status", of: (one) => one.status, show: (one) => one.status },
    { title: "Outcome", of: (one) => String(one.success), show: (one) => ({ true: "✓ worked", false: "✗ failed" })[one.success] ?? "–" },
  ], [...shown].reverse()));
}

function decisionText(one) {
  const node = document.createDocumentFragment();
  node.append(one.title);
  const parts = [one.outcome !== one.title ? one.outcome : "", one.rationale, one.note].filter(Boolean);
  if (parts.length) node.append(make("details", {}, make("summary", {}, `Why (${one.id})`), ...parts.map((part) => make("p", {}, part))));
  return node;
}

function timeline(shown) {
  const rows = shown.map((one) => ({ ...one, at: new Date(one.timestamp) }));
  const known = new Map(rows.map((one) => [one.id, one]));
  const types = d3.groupSort(rows, (group) => -group.length, (one) => one.decision_type);
  const links = rows.flatMap((one) => one.links.filter((link) => known.has(link.target)).map((link) => ({ from: one, to: known.get(link.target), type: link.type })));
  const gone = (one) => ["superseded", "deprecated", "rejected"].includes(one.status);
  const drawn = Plot.plot({ width: wide(), height: 40 + 32 * types.length, marginTop: 8, marginLeft: 140, marginRight: 20, style: INK, x: { type: "utc", label: null, grid: true, nice: true }, y: { domain: types, label: null, tickSize: 0 },
    marks: [
      Plot.arrow(links, { x1: (one) => one.from.at, y1: (one) => one.from.decision_type, x2: (one) => one.to.at, y2: (one) => one.to.decision_type, bend: 18, headLength: 6, inset: 6, stroke: (one) => (one.type === "contradicts" ? "var(--bad)" : "var(--soft)"), strokeOpacity: 0.6, title: (one) => `${one.from.title} ${one.type} ${one.to.title}` }),
      Plot.dot(rows, { x: "at", y: "decision_type", r: 5, fill: (one) => (one.success === false ? "var(--bad)" : one.success ? "var(--good)" : "var(--accent)"), fillOpacity: (one) => (gone(one) ? 0.35 : 0.9), stroke: "var(--card)", title: (one) => `${one.timestamp.slice(0, 10)} ${one.title} (${one.status})` }),
    ] });
  return chart("Timeline", `${plural(rows.length, "decision")} from ${rows[0].timestamp.slice(0, 10)} to ${rows.at(-1).timestamp.slice(0, 10)}; arrows lead to what a decision supersedes, amends or contradicts.`, drawn,
    [["in force", "var(--accent)"], ["worked", "var(--good)"], ["failed", "var(--bad)"], ["no longer in force", "var(--accent)", 0.35]]);
}

function conflictSection() {
  if (!data.conflicts.length) { by("conflict-rows").replaceChildren(said("conflicts")); return; }
  const shown = conflicts();
  const quote = (side) => make("blockquote", {}, `“${side.quote}” `, make("code", {}, side.id));
  by("conflict-rows").replaceChildren(...shown.slice(0, AT_ONCE).map((one) => make("article", { class: `conflict ${one.severity}` }, make("p", {}, tag(one.severity), " ", one.explanation), quote(one.older), quote(one.newer), make("ul", {}, ...one.ways.map((way) => make("li", {}, way))))));
}

function alertSection() {
  if (!data.alerts.length) { by("alert-rows").replaceChildren(said("alerts")); return; }
  const shown = alerts();
  by("alert-rows").replaceChildren(table(`${shown.length} of ${plural(data.alerts.length, "alert")}`, [
    { title: "When", of: (one) => one.time, show: (one) => one.time.slice(0, 16).replace("T", " ") },
    { title: "What", of: (one) => one.message, show: (one) => prose(one.message), kind: "wide" },
    { title: "Severity", of: (one) => SEVERITIES.indexOf(one.severity), show: (one) => tag(one.severity) },
    { title: "State", of: (one) => one.state, show: (one) => one.state },
  ], shown));
}

function claudeSection() {
  const { claude } = data;
  if (!claude) { by("claude-rows").replaceChildren(said("claude")); return; }
  const card = (title, value, ...under) => make("div", { class: "card" }, make("dt", {}, title), make("dd", {}, value, make("div", { class: "under" }, ...under)));
  const count = (name) => figure(`claude.${name}`, claude[name].toLocaleString("en"));
  const cards = make("dl", { class: "cards" },
    card("Questions", count("questions"), `in ${claude.days} days, by you in all projects`),
    card("Cost", figure("claude.cost", `$${claude.cost.toFixed(2)}`), "as the provider counts"),
    card("Kept answers", count("hits"), percent(claude.hit_rate), " of the answers; saved ", count("saved_tokens"), " tokens"),
    card("Tokens", count("prompt_tokens"), "in prompts, ", count("read_from_prompt_cache"), " of them from the model's own cache; ", count("output_tokens"), " in answers"),
    card("Without a model", count("offline"), "answered by vt-lsp's own rules"));
  const days = claude.by_day.map((one) => ({ ...one, at: day(one.date) }));
  const drawn = Plot.plot({ width: wide(), height: 160, marginLeft: 48, style: INK, x: { type: "utc", interval: "day", label: null }, y: { label: null, grid: true, ticks: 4, tickFormat: (cost) => `$${cost}` }, marks: [Plot.rectY(days, { x: "at", y: "cost", interval: "day", fill: "var(--accent)", title: (one) => `${one.date}: $${one.cost.toFixed(2)}, ${plural(one.questions, "question")}` }), Plot.ruleY([0], { stroke: "var(--line)" })] });
  const dearest = d3.greatest(claude.by_day, (one) => one.cost);
  by("claude-rows").replaceChildren(cards, ...(days.length ? [make("div", { class: "spaced" }, chart("Cost by day", `$${claude.cost.toFixed(2)} in ${claude.days} days, at most $${dearest.cost.toFixed(2)} on ${dearest.date}.`, drawn))] : []));
}

/* ---------------------------------------------------------------------------------------------------------- start */

function draw() {
  compliance(); driftSection(); commitSection(); progressSection(); decisionSection(); conflictSection(); alertSection(); claudeSection();
  const isFiltered = state.words.length || state.type || state.severity || state.folder;
  by("found").textContent = isFiltered ? `${plural(drifts().length, "drift")}, ${plural(documents().length, "document")}, ${plural(lists().length, "list")}, ${plural(decisions().length, "decision")}` : "";
}
function fillFilters() {
  const add = (id, values) => by(id).append(...values.map((value) => make("option", { value }, value)));
  add("type", [...new Set(data.drifts.map((one) => one.type))].sort());
  add("severity", SEVERITIES.filter((name) => data.drifts.some((one) => one.severity === name)));
  const folders = new Set();
  for (const path of [...data.documents, ...data.lists].map((one) => one.path))
    path.split("/").slice(0, -1).slice(0, 3).forEach((_, n, parts) => folders.add(parts.slice(0, n + 1).join("/")));
  add("folder", [...folders].sort());
  const read = () => {
    state.words = by("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const id of ["type", "severity", "folder"]) state[id] = by(id).value;
    draw();
  };
  let timer;
  by("text").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(read, 120); });
  for (const id of ["type", "severity", "folder"]) by(id).addEventListener("change", read);
  by("clear").addEventListener("click", () => { for (const id of ["text", "type", "severity", "folder"]) by(id).value = ""; read(); by("text").focus(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input, select, textarea")) { event.preventDefault(); by("text").focus(); }
  });
}
function navigation() {
  const sections = [...document.querySelectorAll("main > section")].slice(1);
  by("nav").append(...sections.map((one) => make("a", { href: `#${one.id}` }, one.querySelector("h2").textContent)));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) for (const link of by("nav").children) {
      if (link.hash === `#${entry.target.id}`) link.toggleAttribute("aria-current", entry.isIntersecting);
    }
  }, { rootMargin: "-20% 0px -79% 0px" });
  sections.forEach((one) => seen.observe(one));
}
function themes() {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const host = () => (document.body.matches(".vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light)") ? "dark" : document.body.matches("[class*=vscode-]") ? "light" : dark.matches ? "dark" : "light");
  let chosen;
  const set = () => { root.dataset.theme = chosen ?? host(); by("theme").textContent = root.dataset.theme === "dark" ? "Light" : "Dark"; };
  by("theme").addEventListener("click", () => { chosen = root.dataset.theme === "dark" ? "light" : "dark"; set(); });
  dark.addEventListener("change", set);
  new MutationObserver(set).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  let before;
  addEventListener("beforeprint", () => { before = root.dataset.theme; root.dataset.theme = "light"; });
  addEventListener("afterprint", () => { root.dataset.theme = before; });
  set();
}
themes();
overview();
fillFilters();
draw();
navigation();
let resizing;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(draw, 200); });
