/* Tables on paper: none is cut off and no word is broken. How wide a table must be is measured, not counted: it stands
   upright where it fits, lies across its own sheet where it does not, and takes more lines a row where even that is too
   narrow. An instruction and a form stay upright on every sheet. Without this script, wide tables lie across by their columns. */
(() => {
  "use strict";
  const MM = 96 / 25.4, UPRIGHT = 177 * MM, ACROSS = 264 * MM;
  const sum = list => list.reduce((all, one) => all + one, 0);
  const FULL = 9.5, ACROSS_FULL = 8.5, SMALL = 8, SMALLEST = 7;

  /* The least width of each column in letters of a size, in pixels. */
  const columns = (table, letters) => {
    const copy = table.cloneNode(true), place = document.createElement("div");
    for (const part of [copy, ...copy.querySelectorAll("[id]")]) part.removeAttribute("id");
    copy.dataset.emsPaper = "";
    copy.dataset.emsMeasured = "";
    copy.style.setProperty("--ems-letters", `${letters}pt`);
    place.className = `md-typeset ems-measure ${document.getElementById("ems-text").className}`;
    place.append(copy);
    document.body.append(place);
    const row = [...copy.rows].find(one => [...one.cells].every(cell => cell.colSpan === 1));
    const found = row ? [...row.cells].map(cell => Math.ceil(cell.getBoundingClientRect().width)) : [copy.offsetWidth];
    place.remove();
    return found;
  };

  /* The longest that stands in each column: what is to spare is shared by it. */
  const weights = table => {
    const found = [];
    for (const row of table.rows) [...row.cells].forEach((cell, i) => { found[i] = Math.max(found[i] || 1, cell.textContent.trim().length); });
    return found.map(one => one ** 0.8);
  };

  /* The widths that the columns have to share where a row takes so many lines. */
  const folded = (widths, lines) => {
    const each = Math.ceil(widths.length / lines);
    return Array.from({ length: each }, (_, i) => Math.max(...widths.filter((_, at) => at % each === i)));
  };

  /* The heading right above a table goes with it. */
  const headingOf = table => {
    let one = (table.closest(".md-typeset__scrollwrap") || table).previousElementSibling;
    while (one?.matches(".ems-tools, .ems-bar")) one = one.previousElementSibling;
    return one?.matches("h2, h3, h4") ? one : null;
  };

  /* The largest letters, to a tenth of a point, in which so many lines a row fit into a room; a width is a part that
     grows with the letters and one that does not. */
  const lettersIn = (room, most, large, small) => {
    const each = (sum(large) - sum(small)) / (FULL - SMALLEST), fixed = sum(small) - SMALLEST * each;
    return Math.floor(10 * Math.min(most, (room - 1 - fixed) / each)) / 10;
  };

  const fit = table => {
    const large = columns(table, FULL), small = columns(table, SMALLEST);
    const posted = ["instruction", "form"].includes(document.querySelector('meta[name="ems:type"]')?.content);
    const ways = [[1, UPRIGHT, FULL, SMALL]];
    for (let lines = 1; lines < 5; lines++) ways.push(posted ? [lines, UPRIGHT, FULL, SMALLEST] : [lines, ACROSS, ACROSS_FULL, SMALLEST]);
    const letters = ([lines, room, most]) => lettersIn(room, most, folded(large, lines), folded(small, lines));
    const way = ways.find(one => letters(one) >= one[3]) || ways.at(-1), [lines, room] = way, size = Math.max(5, letters(way));
    table.dataset.emsPaper = (room === ACROSS ? "across" : "upright") + (lines > 1 ? " folded" : "");
    const heading = headingOf(table);
    if (heading) heading.dataset.emsPaper = table.dataset.emsPaper;
    table.style.setProperty("--ems-letters", `${size}pt`);
    const part = (size - SMALLEST) / (FULL - SMALLEST), bigger = folded(large, lines);
    const shared = folded(small, lines).map((one, i) => one + (bigger[i] - one) * part);
    const heavy = folded(weights(table), lines), spare = Math.max(0, room - sum(shared)) / sum(heavy);
    table.style.setProperty("--ems-columns", shared.map((one, i) => `${(one + spare * heavy[i]).toFixed(1)}px`).join(" "));
  };

  /* A box to tick stays with its word. */
  const boxes = () => {
    const walker = document.createTreeWalker(document.getElementById("ems-text") || document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) walker.currentNode.nodeValue = walker.currentNode.nodeValue.replace(/([\u2610\u2611\u2612]) /g, "$1\u00a0");
  };

  const all = () => {
    document.querySelectorAll("#ems-text table").forEach(table => table.rows.length && fit(table));
    const list = document.querySelector(".ems-page-generated [data-ems-paper^='across']");
    document.documentElement.dataset.emsPaper = list ? "across" : "";
    boxes();
  };
  addEventListener("beforeprint", all);
  matchMedia("print").addEventListener("change", event => event.matches && all());
})();
