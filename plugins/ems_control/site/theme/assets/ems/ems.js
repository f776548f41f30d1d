/* The one script of this site: filters, sorting, "as of", and what depends on the day of reading.
   Without it every table is whole, and right as of the day on which the site was built. */
"use strict";
(() => {
  const meta = name => document.querySelector(`meta[name="ems:${name}"]`)?.content || "";
  const iso = d => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`;
  const asOf = meta("as-of"), built = meta("built").slice(0, 10), clock = iso(new Date());
  /* A site of a chosen day stays as of that day; one of the day of its build grows older with the reader. */
  const today = asOf && (built && built !== asOf || clock < asOf) ? asOf : clock;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, facts = {}, ...inside) => {
    const element = Object.assign(document.createElement(tag), facts);
    element.append(...inside);
    return element;
  };

  /* Opened from a folder by double click, a link to a folder means the page in it. */
  const local = link => {
    if (link.protocol === "file:" && link.pathname.endsWith("/")) link.pathname += "index.html";
    return link;
  };

  /* What moved when a revision was replaced: its decisions, and what changed with it. The server gives its 404 page there. */
  const moved = location.pathname.match(/^(.*\/d\/[^/]+\/)(?:((?:r\d+|withdrawn)\/decision-\d+)|r\d+-(r\d+)|waiting-(r\d+))\/(?:index\.html)?$/);
  if (moved && document.querySelector("[data-ems-missing]")) {
    const [, home, decision, ...text] = moved;
    location.replace(decision ? `${home}decisions/#${decision.replace("/", "-")}` : `${home}${text.join("")}/#ems-changed`);
  }

  /* --- the day of reading ------------------------------------------------------------------------------- */
  const daysBetween = (a, b) => Math.round((Date.parse(b) - Date.parse(a)) / 864e5);
  const timed = () => {
    for (const e of all("[data-ems-from], [data-ems-until]")) {
      e.hidden = today < (e.dataset.emsFrom || "") || today > (e.dataset.emsUntil || "9999");
    }
    for (const e of all("[data-ems-count]")) {
      const count = daysBetween(today, e.dataset.emsCount), forms = e.dataset.forms.split("|");
      e.textContent = forms[count + 1] && Math.abs(count) < 2 ? forms[count + 1]
        : forms[count > 0 ? 3 : 4].replace("#", Math.abs(count).toLocaleString(document.documentElement.lang || "en"));
    }
  };
  const tableAfter = (place, stop) => all("#ems-text table").find(t => follows(place, t) && !(stop && follows(stop, t)));
  const follows = (a, b) => Boolean(a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING);
  const frame = table => table.closest(".md-typeset__scrollwrap") || table;

  /* Lines of the review board move to the list in which they belong on the day of reading. */
  const board = () => {
    const places = all(".ems-list");
    const lists = Object.fromEntries(places.map((place, i) => [place.dataset.list, { place, table: tableAfter(place, places[i + 1]) }]));
    const soon = iso(new Date(Date.parse(today) + 60 * 864e5));
    const fill = list => {
      if (!list.table) {
        const pattern = Object.values(lists).find(l => l.table && l.table.tHead.rows[0].cells.length === 5).table;
        list.table = make("table", {}, pattern.tHead.cloneNode(true), make("tbody"));
        list.place.nextElementSibling?.matches("p") && list.place.nextElementSibling.remove();
        list.place.after(list.table);
      }
      return list.table.tBodies[0];
    };
    for (const [name, list] of Object.entries(lists)) {
      for (const mark of list.table ? all(".ems-row[data-due]", list.table) : []) {
        const { due, late, soon: near } = mark.dataset;
        const right = due < today ? late : due <= soon ? near : "later";
        if (right && right !== name && lists[right]) {
          const body = fill(lists[right]);
          const next = [...body.rows].find(row => (row.querySelector("[data-due]")?.dataset.due || "") > due);
          body.insertBefore(mark.closest("tr"), next || null);
        }
      }
    }
    for (const list of Object.values(lists)) {
      if (list.table && !list.table.tBodies[0].rows.length) frame(list.table).replaceWith(make("p", { textContent: list.place.dataset.empty }));
    }
  };

  /* --- tables ------------------------------------------------------------------------------------------- */
  const collator = new Intl.Collator(document.documentElement.lang || "en", { numeric: true, sensitivity: "base" });
  const keyOf = cell => cell ? cell.querySelector("time")?.dateTime || cell.textContent.trim() : "";

  class Tables {
    constructor(place, tables) {
      this.place = place;
      this.tables = tables;
      this.words = JSON.parse(place.dataset.words);
      this.rows = [];
      this.add(tables.flatMap(table => [...table.tBodies[0].rows]));
      this.parts = all(".ems-parts a").map(link => link.href);
      this.facets = {};
      this.build();
      tables.forEach(table => this.sortable(table));
      this.read();
      this.show();
      addEventListener("hashchange", () => { this.read(); this.show(); });
    }

    add(rows, base = document.baseURI) {
      this.rows.push(...rows.map(row => {
        const mark = row.querySelector(".ems-row")?.dataset || row.emsMark || {};
        return { row, mark, base, text: `${row.textContent} ${mark.old || ""}`.toLowerCase(), cells: null };
      }));
    }

    /* The other pages of a long list, once somebody looks for something; a browser reads none of them from a folder, and
       the page says so. Those that cannot be read are said, and asked for again with the next word. */
    async gather() {
      const parts = this.parts.splice(0), body = this.tables[0].tBodies[0], missing = [];
      for (const base of location.protocol === "file:" ? [] : parts) {
        const answer = await fetch(base).catch(() => null);
        const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
        const rows = page ? all("#ems-text table tbody tr", page).filter(row => row.querySelector(".ems-row")) : [];
        if (!rows.length) { missing.push(base); continue; }
        for (const link of rows.flatMap(row => all("a[href]", row))) link.href = new URL(link.getAttribute("href"), base).href;
        body.append(...rows);
        this.add(rows, base);
      }
      if (!parts.length) return;
      this.parts = missing;
      this.missing = missing.length;
      this.tables.forEach(label);
      this.then = "";
      this.show();
    }

    build() {
      const { words, place } = this, bar = make("div", { className: "ems-bar" });
      bar.setAttribute("role", "group");
      bar.setAttribute("aria-label", document.querySelector("#ems-text h1")?.textContent || "");
      this.find = make("input", { type: "search", autocomplete: "off", className: "ems-find" });
      this.clear = make("button", { type: "button", className: "ems-clear", textContent: words.clear });
      this.count = make("span", { className: "ems-count" });
      this.count.setAttribute("role", "status");
      this.chips = make("span", { className: "ems-chips" });
      this.choose();
      this.open = make("button", { type: "button", className: "ems-open", textContent: words.filter });
      this.open.addEventListener("click", () => this.unfold(!this.chips.classList.contains("ems-unfolded")));
      this.unfold(false);
      bar.append(make("label", { className: "ems-room" }, words["find in table"] + " ", this.find));
      if (this.chips.children.length) bar.append(this.open);
      bar.append(this.chips, this.clear, this.count);
      place.replaceWith(bar);
      bar.addEventListener("input", () => { this.write(); this.show(); this.gather(); });
      this.clear.addEventListener("click", () => { this.reset(); this.write(); this.show(); this.find.focus(); });
      bar.addEventListener("keydown", event => this.keys(event));
      this.tables.forEach(table => table.addEventListener("keydown", event => this.keys(event)));
    }

    /* On a phone the filters unfold. */
    unfold(whether) {
      this.chips.classList.toggle("ems-unfolded", whether);
      this.open.setAttribute("aria-expanded", whether);
    }

    choose() {
      const { words, place, chips } = this;
      for (const [key, label, values] of JSON.parse(place.dataset.facets)) {
        const held = new Set(this.rows.flatMap(({ mark }) => (mark[key] || "").split(" ")));
        const known = Object.entries(values).filter(([value]) => this.parts.length || held.has(value));
        if (known.length < 2) continue;
        known.sort((a, b) => collator.compare(a[1], b[1]));
        const select = make("select", { ariaLabel: label }, make("option", { value: "", textContent: words["all of it"] }));
        for (const [value, text] of known) select.append(make("option", { value, textContent: text }));
        this.facets[key] = select;
        chips.append(make("label", { className: "ems-chip" }, label + " ", select));
      }
      if (words.overdue) {
        this.late = make("input", { type: "checkbox" });
        chips.append(make("label", { className: "ems-chip" }, this.late, " " + words.overdue));
      }
      for (const key of ["since", "as of field"]) {
        if (!words[key]) continue;
        const input = make("input", { type: "date" });
        chips.append(make("label", { className: "ems-chip" }, words[key] + " ", input));
        key === "since" ? this.since = input : this.day = input;
      }
    }

    fields() {
      const found = { find: this.find, since: this.since, day: this.day, ...this.facets };
      return Object.entries(found).filter(([, field]) => field);
    }

    reset() {
      this.fields().forEach(([, field]) => { field.value = ""; });
      if (this.late) this.late.checked = false;
    }

    /* The choice stands in the address, so that a filtered table can be linked to. */
    read() {
      if (!location.hash.includes("=")) return;
      const chosen = new URLSearchParams(location.hash.slice(1));
      this.reset();
      for (const [name, field] of this.fields()) field.value = chosen.get(name) || "";
      if (this.late) this.late.checked = chosen.has("overdue");
      this.gather();
      this.unfold(this.fields().some(([name, field]) => name !== "find" && field.value) || Boolean(this.late?.checked));
    }

    write() {
      const chosen = new URLSearchParams(this.fields().filter(([, f]) => f.value).map(([n, f]) => [n, f.value]));
      if (this.late?.checked) chosen.set("overdue", "1");
      history.replaceState(history.state, "", String(chosen) ? `#${chosen}` : location.pathname + location.search);
    }

    show() {
      const words = this.find.value.toLowerCase().split(/\s+/).filter(Boolean);
      const facets = Object.entries(this.facets).filter(([, select]) => select.value);
      const since = this.since?.value || "", day = this.day?.value || "";
      if (this.day) this.asOf(day);
      let shown = 0;
      for (const each of this.rows) {
        const { mark, text } = each;
        const fits = words.every(word => text.includes(word))
          && facets.every(([key, select]) => (key === "state" && day) || (mark[key] || "").split(" ").includes(select.value) || mark[key] === select.value)
          && (!this.late?.checked || (mark.due && mark.due < today))
          && (mark.day || "9999") >= since
          && (!day || each.then);
        each.row.hidden = !fits;
        shown += fits;
      }
      for (const table of this.tables) {
        const empty = [...table.tBodies[0].rows].every(row => row.hidden);
        frame(table).hidden = empty && this.tables.length > 1;
        const before = frame(table).previousElementSibling;
        if (before?.matches("h2") && this.tables.length > 1) before.hidden = empty;
      }
      const count = this.words["shown of"].replace("{shown}", shown).replace("{all}", this.rows.length);
      this.count.textContent = this.missing ? `${count} · ${this.words["parts missing"].replace("{count}", this.missing)}` : count;
      this.clear.hidden = !this.fields().some(([, field]) => field.value) && !this.late?.checked;
    }

    /* What was in force on a day: each line shows the revision of then and leads to it. */
    asOf(day) {
      if (day === (this.then || "")) return;
      this.then = day;
      const table = this.tables[0];
      table.toggleAttribute("data-ems-then", Boolean(day));
      for (const each of this.rows) {
        const cells = [...each.row.cells];
        each.cells ??= cells.map(cell => [...cell.childNodes]);
        cells.forEach((cell, i) => { cell.replaceChildren(...each.cells[i]); cell.hidden = Boolean(day) && i > 4; });
        const period = day && JSON.parse(each.mark.life || "[]").find(([, first, end]) => first <= day && (!end || day < end));
        each.then = Boolean(period);
        if (!period) continue;
        const [revision, first, , shown, address, title, unseen] = period;
        const link = text => address ? local(make("a", { href: new URL(address, each.base).href, textContent: text })) : text;
        cells[0].replaceChildren(link(each.mark.id));
        cells[1].replaceChildren(title || each.cells[1][0].textContent);
        cells[2].replaceChildren(make("span", { className: "ems-state ems-in-force", textContent: this.words["in force then"] }), ...(unseen ? [make("br"), make("small", { textContent: unseen })] : []));
        cells[3].replaceChildren(String(revision));
        cells[4].replaceChildren(make("time", { dateTime: first, textContent: shown }));
      }
      [...table.tHead.rows[0].cells].forEach((cell, i) => { cell.hidden = Boolean(day) && i > 4; });
      this.caption ??= frame(table).parentNode.insertBefore(make("p", { className: "ems-then" }), frame(table));
      this.caption.hidden = !day;
      if (!day) return;
      const [year, month, date] = day.split("-").map(Number);
      const long = new Date(year, month - 1, date).toLocaleDateString(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, { dateStyle: "long" });
      const back = make("button", { type: "button", textContent: this.words["back to today"] });
      back.addEventListener("click", () => { this.day.value = ""; this.write(); this.show(); this.find.focus(); });
      this.caption.replaceChildren(make("strong", { textContent: this.words["as of result"].replace("{day}", long) }), " ", back);
    }

    sortable(table) {
      label(table);
      for (const head of table.tHead.rows[0].cells) {
        const text = head.textContent.trim();
        if (!text) continue;
        const button = make("button", { type: "button", textContent: text, title: this.words["sort by"].replace("{column}", text) });
        head.replaceChildren(button);
        button.addEventListener("click", () => this.parts.length ? this.gather().then(() => this.sort(table, head)) : this.sort(table, head));
      }
    }

    sort(table, head) {
      const down = head.getAttribute("aria-sort") === "ascending";
      all("th", table).forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const keyed = [...table.tBodies[0].rows].map(row => [keyOf(row.cells[head.cellIndex]), row]);
      keyed.sort(([a], [b]) => !a - !b || (down ? collator.compare(b, a) : collator.compare(a, b)));
      table.tBodies[0].append(...keyed.map(([, row]) => row));
    }

    /* Down from the search into the lines, up and down between them, Escape back. */
    keys(event) {
      if (!["ArrowDown", "ArrowUp", "Escape"].includes(event.key) || event.target.matches("select, [type=date]")) return;
      const links = this.rows.filter(({ row }) => !row.hidden && row.isConnected).map(({ row }) => row)
        .sort((a, b) => follows(a, b) ? -1 : 1).map(row => row.querySelector("a")).filter(Boolean);
      const at = links.findIndex(link => link.closest("tr").contains(document.activeElement));
      if (event.key === "Escape") {
        if (at < 0) { if (!this.find.value) { this.find.blur(); return; } this.find.value = ""; this.write(); this.show(); }
        this.find.focus();
      } else {
        const next = at + (event.key === "ArrowDown" ? 1 : -1);
        (next < 0 ? this.find : links[Math.min(next, links.length - 1)])?.focus();
      }
      event.preventDefault();
      event.stopPropagation();
    }
  }

  const phone = matchMedia("(max-width: 44.9em)");
  /* On a phone a row is a block, and each cell says under which head it stands; of a long row the rest is a tap away. */
  const label = table => {
    const heads = [...table.tHead.rows[0].cells].map(head => head.textContent.trim());
    table.dataset.ems = heads.length > 9 ? "wide" : "";
    for (const row of table.tBodies[0].rows) [...row.cells].forEach((cell, i) => {
      if (heads[i]) cell.dataset.label = heads[i];
      cell.classList.toggle("ems-void", [...cell.childNodes].every(part => part.hidden || !part.textContent.trim()) && !cell.querySelector("img, svg"));
    });
    if (phone.matches) unfoldable(table);
  };
  const unfoldable = table => {
    for (const row of table.tBodies[0].rows) {
      const first = row.cells[0];
      if (!row.querySelector(".ems-k") || !row.querySelector("td:not(.ems-k, .ems-void)") || first.querySelector(".ems-rest")) continue;
      const button = make("button", { type: "button", className: "ems-rest" }), more = JSON.parse(meta("tools") || "{}").more;
      button.dataset.word = more;
      button.setAttribute("aria-label", `${first.textContent.trim()}: ${more}`);
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => button.setAttribute("aria-expanded", row.classList.toggle("ems-unfolded")));
      first.append(button);
    }
  };
  phone.addEventListener("change", () => phone.matches && all("table[data-ems]").forEach(unfoldable));

  /* The columns of a register by which its rows can be chosen: a few values, in words, and not nearly always the same. */
  const MOST_VALUES = 8, MOST_CHIPS = 6, LONGEST = 30;
  const facetsOf = table => {
    const rows = [...table.tBodies[0].rows], found = [];
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const cells = rows.map(row => row.cells[at]?.textContent.trim() || ""), given = cells.filter(Boolean), counts = {};
      for (const text of given) counts[text] = (counts[text] || 0) + 1;
      const values = Object.keys(counts), key = head.textContent.trim();
      const fits = at && key && values.length > 1 && values.length <= MOST_VALUES && given.length >= 0.6 * rows.length
        && Math.max(...Object.values(counts)) <= 0.85 * rows.length && values.every(text => text.length <= LONGEST && /\p{L}/u.test(text));
      if (!fits || found.length === MOST_CHIPS || ["find", "since", "day", "overdue"].includes(key)) return;
      const named = text => text.replace(/\s+/g, "_");
      rows.forEach((row, i) => { (row.emsMark ??= {})[key] = named(cells[i]); });
      found.push([key, key, Object.fromEntries(values.map(text => [named(text), text]))]);
    });
    return found;
  };

  /* A long table of a register can be searched. */
  const register = table => {
    if (!(table.tBodies[0]?.rows.length > 11) || table.closest(".ems-record")) return;
    const place = make("div", { className: "ems-tools" });
    Object.assign(place.dataset, { words: meta("tools"), facets: JSON.stringify(facetsOf(table)), one: "1" });
    frame(table).before(place);
  };

  /* Heads without words are no heads; what scrolls sideways can be reached by keyboard. */
  const legible = () => {
    for (const head of all("#ems-text thead")) {
      const empty = all("th", head).filter(cell => !cell.textContent.trim() && !cell.children.length);
      head.hidden = empty.length === all("th", head).length;
      empty.forEach(cell => cell.setAttribute("role", "presentation"));
    }
    for (const wrap of all(".md-typeset__scrollwrap")) {
      const table = wrap.querySelector("table"), fits = Boolean(table) && table.scrollWidth <= wrap.clientWidth;
      wrap.classList.toggle("ems-fits", fits && "ems" in table.dataset);
      wrap.toggleAttribute("tabindex", wrap.scrollWidth > wrap.clientWidth) && (wrap.tabIndex = 0);
    }
  };

  const start = () => {
    timed();
    board();
    all("#ems-text table").filter(t => t.tBodies[0] && t.tHead?.rows[0].cells.length > (t.closest(".ems-page-generated, .ems-record") ? 2 : 5)).forEach(label);
    for (const place of all("[data-ems-printed]")) {
      const language = place.closest("[lang]").lang, day = new Date();
      const said = day.toLocaleDateString(language === "en" ? "en-GB" : language, { dateStyle: "long" });
      place.textContent = " · " + place.dataset.emsPrinted.replace("#", said);
      place.hidden = false;
    }
    const search = document.querySelector(".md-search__input");
    if (search && meta("search")) search.placeholder = meta("search");
    document.querySelector(".md-search-result__meta")?.setAttribute("role", "status");
    legible();
    for (const moment of ["load", "resize"]) addEventListener(moment, legible);
    if (meta("type") === "register" && meta("tools")) all(".ems-page-document table").forEach(register);
    const places = all(".ems-tools");
    places.forEach((place, i) => {
      const tables = all("#ems-text table").filter(t => t.tBodies[0] && follows(place, t) && !(places[i + 1] && follows(places[i + 1], t)));
      if (tables.length) new Tables(place, place.dataset.one ? tables.slice(0, 1) : tables);
    });
    for (const button of all("[data-ems-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => print());
    }
    const hurry = () => all("img[loading=lazy]").forEach(picture => { picture.loading = "eager"; });
    for (const moment of ["scroll", "pointerdown", "keydown", "beforeprint"]) addEventListener(moment, hurry, { once: true, passive: true });
    [...document.links].forEach(local);
    if (location.hash && !location.hash.includes("=") && document.getElementById(decodeURIComponent(location.hash.slice(1)))) location.replace(location.href);
  };
  start();
})();
