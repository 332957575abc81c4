// SPDX-License-Identifier: Apache-2.0
"use strict";
(() => {
  const plan = JSON.parse(document.getElementById("plan").textContent);
  const symbols = { enable: "+", disable: "-", restore: "<", tune: "~", label: "~", blocked: "!", unchanged: "·" };
  const actions = Object.keys(plan.summary).filter((action) => plan.summary[action] > 0);
  const find = (id) => document.getElementById(id);
  const few = 60;

  // Text only ever becomes text: no markup is made from what the plan holds.
  const make = (tag, options = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(options)) {
      if (name === "text") element.textContent = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  const shown = (value) => (value === null ? "absent" : JSON.stringify(value));
  // A node that is let go gets back what is recorded on it, which no file here tells.
  const unknown = (node, knob) => (["disable", "restore"].includes(node.action)
    ? `the recorded original${knob === "run" ? ", else 0" : ""}` : "unknown");
  const rows = (node) => [
    ...Object.entries(node.sysfs).map(([name, change]) =>
      ["sysfs", name, change.before ?? "unknown", change.afterUnknown ? unknown(node, name) : change.after]),
    ...Object.entries(node.annotations).map(([name, change]) =>
      ["annotation", name, shown(change.before), change.afterUnknown ? "unknown" : shown(change.after)]),
    ...Object.entries(node.labels).map(([name, change]) =>
      ["label", name, shown(change.before), change.afterUnknown ? "unknown" : shown(change.after)]),
  ];
  const changes = plan.nodes.map((node) =>
    rows(node).filter(([kind]) => kind !== "sysfs").map(([, name, before, after]) => `${name.split("/").pop()}: ${before} → ${after}`));

  const state = { name: "", actions: new Set(actions), change: "", node: "" };
  const cells = [];

  const matches = (index) => {
    const node = plan.nodes[index];
    return state.actions.has(node.action) && node.name.includes(state.name) &&
      (!state.change || changes[index].includes(state.change));
  };

  const readHash = () => {
    const hash = new URLSearchParams(location.hash.slice(1));
    state.name = hash.get("name") ?? "";
    state.change = hash.get("change") ?? "";
    state.node = hash.get("node") ?? "";
    const listed = hash.get("action");
    state.actions = new Set(listed === null ? actions : actions.filter((action) => listed.split(",").includes(action)));
  };

  const writeHash = () => {
    const hash = new URLSearchParams();
    if (state.name) hash.set("name", state.name);
    if (state.actions.size < actions.length) hash.set("action", [...state.actions].join(","));
    if (state.change) hash.set("change", state.change);
    if (state.node) hash.set("node", state.node);
    history.replaceState(null, "", `#${hash}`);
  };

  const showNode = (index) => {
    const detail = find("detail");
    for (const cell of cells) if (cell.getAttribute("aria-current")) cell.removeAttribute("aria-current");
    if (index < 0) {
      detail.replaceChildren(make("p", { class: "quiet", text: "Select a node to see what changes on it, and why." }));
      return;
    }
    const node = plan.nodes[index];
    cells[index].setAttribute("aria-current", "true");
    const table = make("table", {}, make("tbody", {}, ...rows(node).map(([kind, name, before, after]) =>
      make("tr", {}, make("th", { scope: "row", text: kind }),
        make("td", {}, make("code", { text: name }), make("br"), make("span", { class: "mono", text: `${before} → ${after}` }))))));
    detail.replaceChildren(
      make("h3", { text: node.name }),
      make("p", { class: node.action }, make("span", { class: "badge", text: `${symbols[node.action]} ${node.action}` }),
        make("span", { class: "quiet", text: ` (${node.reason})` })),
      make("p", { text: node.message }),
      ...(rows(node).length ? [table] : [make("p", { class: "quiet", text: "Nothing changes." })]),
      make("p", { class: "quiet mono", text: node.uid ? `uid ${node.uid}` : "The snapshot has no uid." }));
  };

  const firstShown = () => cells.findIndex((cell) => !cell.hidden);

  const setTabStop = (index) => {
    for (const cell of cells) cell.tabIndex = -1;
    if (index >= 0) cells[index].tabIndex = 0;
  };

  const update = () => {
    let count = 0;
    cells.forEach((cell, index) => {
      cell.hidden = !matches(index);
      count += !cell.hidden;
    });
    find("name").value = state.name;
    find("change").value = state.change;
    for (const toggle of find("actions").children) toggle.setAttribute("aria-pressed", state.actions.has(toggle.value));
    find("count").textContent = `${count} of ${plan.nodes.length} nodes`;
    const selected = plan.nodes.findIndex((node) => node.name === state.node);
    showNode(selected);
    setTabStop(selected >= 0 && !cells[selected].hidden ? selected : firstShown());
  };

  const change = () => { writeHash(); update(); };

  const move = (from, step) => {
    let at = from + step;
    while (at >= 0 && at < cells.length && cells[at].hidden) at += step;
    if (at < 0 || at >= cells.length) return;
    setTabStop(at);
    cells[at].focus();
  };

  // One line up or down: the nearest cell that is shown in the next line.
  const moveLine = (from, step) => {
    const here = cells[from].getBoundingClientRect();
    let line = null;
    let best = -1;
    for (let at = from + step; at >= 0 && at < cells.length; at += step) {
      if (cells[at].hidden) continue;
      const there = cells[at].getBoundingClientRect();
      if (there.top === here.top) continue;
      line ??= there.top;
      if (there.top !== line) break;
      if (best < 0 || Math.abs(there.left - here.left) < Math.abs(cells[best].getBoundingClientRect().left - here.left)) best = at;
    }
    if (best >= 0) { setTabStop(best); cells[best].focus(); }
  };

  const keys = {
    ArrowRight: (at) => move(at, 1), ArrowLeft: (at) => move(at, -1),
    ArrowDown: (at) => moveLine(at, 1), ArrowUp: (at) => moveLine(at, -1),
    Home: () => move(-1, 1), End: () => move(cells.length, -1),
  };

  const build = () => {
    const grid = find("grid");
    if (plan.nodes.length <= few) grid.classList.add("few");
    plan.nodes.forEach((node, index) => {
      const text = plan.nodes.length <= few ? `${symbols[node.action]} ${node.name}` : symbols[node.action];
      const cell = make("button", { type: "button", class: `node ${node.action}`, title: `${node.name}: ${node.action}`,
        "aria-label": `${node.name}: ${node.action}`, text });
      cell.dataset.index = index;
      cells.push(cell);
    });
    grid.replaceChildren(...cells);
    find("actions").replaceChildren(...actions.map((action) =>
      make("button", { type: "button", class: `toggle ${action}`, value: action },
        make("b", { text: symbols[action] }), ` ${action} ${plan.summary[action]}`)));
    const distinct = [...new Set(changes.flat())].sort();
    find("change").append(...distinct.map((text) => make("option", { value: text, text })));

    grid.addEventListener("click", (event) => {
      const cell = event.target.closest(".node");
      if (!cell) return;
      state.node = plan.nodes[Number(cell.dataset.index)].name;
      change();
    });
    grid.addEventListener("keydown", (event) => {
      const cell = event.target.closest(".node");
      if (!cell || !keys[event.key]) return;
      event.preventDefault();
      keys[event.key](Number(cell.dataset.index));
    });
    find("actions").addEventListener("click", (event) => {
      const toggle = event.target.closest(".toggle");
      if (!toggle) return;
      if (!state.actions.delete(toggle.value)) state.actions.add(toggle.value);
      change();
    });
    find("name").addEventListener("input", (event) => { state.name = event.target.value.trim(); change(); });
    find("change").addEventListener("change", (event) => { state.change = event.target.value; change(); });
    window.addEventListener("hashchange", () => { readHash(); update(); });
  };

  build();
  readHash();
  update();
  find("nodes").hidden = false;
})();
