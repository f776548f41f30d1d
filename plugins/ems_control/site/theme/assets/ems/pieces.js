/* Search in pieces, in place of the theme's worker: asked as that is and answering as that does, so field, keys and look of
   the theme stay. Pagefind looks through the pieces; what it gives is text here, never markup. */
const [SETUP, READY, QUERY, RESULT] = [0, 1, 2, 3];
const SHOWN = 20, FEW = 5, PAUSE = 150;  // results; milliseconds without a letter
/* As in the theme's index: a title counts a thousand times a text, type, state and old numbers twice that (engines/mkdocs.py);
   the title of a page that stands behind hardly counts (search_pieces.py). */
const RANKING = { metaWeights: { title: 1000, tags: 2000, name: 0.05 } };
const OTHERS = 0.5;  // pages in another language than this one
const BETWEEN = /\s*\u2063\s*/;

const open = async (language, root, again) => {
  const pagefind = await import(new URL(`search/${language}/pagefind.js${again ? `?${again}` : ""}`, root));
  await pagefind.options({ baseUrl: "/", excerptLength: 24, noWorker: true, ranking: RANKING });
  await pagefind.init();
  return { pagefind, weight: language === document.documentElement.lang.toLowerCase() ? 1 : OTHERS };
};

/* --- words: letters and digits, small, without accents --- */
const bare = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
const parts = word => [word, ...word.split(/[^\p{L}\p{N}]+/u), ...(word.match(/\p{N}+|\p{L}+/gu) ?? [])].map(bare);
const asWords = text => text.split(/\s+/).filter(bare);
const joined = (a, b) => {
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same;
};
/* Where nothing begins with a word, Pagefind takes what the word begins with: fair for an ending, not for another number. */
const fits = (asked, found) => found.startsWith(asked) ||
  (!/\p{N}/u.test(asked) && joined(asked, found) >= Math.max(3, Math.floor(asked.length / 2)));

/* --- results as the theme shows them --- */
const escaped = text => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);
const underlined = (title, asked) => title.split(/(\s+)/)
  .map(word => bare(word) && parts(word).some(one => asked.some(other => fits(bare(other), one))) ? `<mark>${escaped(word)}</mark>` : escaped(word))
  .join("");
/* A passage with what was found in it marked, as Pagefind gives it, without the heading that it begins with. */
const passage = (excerpt, title) => {
  const plain = text => text.replace(/<\/?mark>/g, "").replace(/[.\s]+$/, "");
  const all = excerpt.split(/\s+/), length = title.split(/\s+/).filter(Boolean).length;
  const own = plain(all.slice(0, length).join(" ")) === plain(title.replace(/</g, "&lt;").replace(/>/g, "&gt;"));
  const text = (own ? all.slice(length) : all).join(" ").split(/<\/?mark>/)
    .map((piece, i) => [i % 2, escaped(piece.replace(/&lt;/g, "<").replace(/&gt;/g, ">"))])
    .map(([marked, piece]) => marked ? `<mark>${piece}</mark>` : piece).join("");
  return text.trim() && `<p>${text}</p>`;
};

/* Which words a page has; `within` says that a number counts that has them inside. */
const heard = (page, places, asked, within) => {
  const text = page.content.split(/[\r\n\s]+/g);
  const found = [...places.map(i => text[i] ?? ""), ...Object.values(page.meta).flatMap(asWords)].flatMap(parts);
  return Object.fromEntries(asked.map(word => [word, found.some(one => fits(bare(word), one) || (within && one.includes(bare(word))))]));
};

const shown = (page, score, terms) => {
  const place = page.raw_url.replace(/^\//, "").split("/").map(encodeURIComponent).join("/");
  const title = page.meta.title ?? page.meta.name ?? "";
  const own = page.sub_results.find(part => !part.anchor);
  const sections = page.sub_results.filter(part => part.anchor)
    .map(part => ({ part, weight: part.weighted_locations.reduce((sum, one) => sum + one.balanced_score, 0) }))
    .sort((a, b) => b.weight - a.weight);
  const text = own || !sections.length ? passage((own ?? page).excerpt, title) : "";
  const tags = (page.meta.tags ?? "").split(BETWEEN).filter(Boolean).map(escaped);
  return [
    { location: place, title: underlined(title, Object.keys(terms)), text, terms, score, ...(tags.length && { tags }) },
    ...sections.map(({ part }, i) => ({
      location: `${place}#${part.anchor.id}`, title: underlined(part.title, Object.keys(terms)), text: passage(part.excerpt, part.title),
      terms: text || i ? {} : terms, score: text || i ? score - 1 : score + 1,  // the theme shows the best, and folds the rest
    })),
  ];
};

/* What has all words of a text, best first: result, score, where its words are. */
const having = async (indexes, text) => {
  const lists = await Promise.all(indexes.map(async ({ pagefind, weight }) =>
    (await pagefind.search(text)).results.map(result => ({ result, score: result.score * weight, places: result.words }))));
  return lists.flat().sort((a, b) => b.score - a.score || (a.result.id < b.result.id ? -1 : 1));
};
/* Where few have all of them: what has some, behind. */
const some = async (indexes, words, known) => {
  const found = new Map();
  for (const one of (await Promise.all(words.map(word => having(indexes, word)))).flat()) {
    const { id } = one.result, before = found.get(id);
    if (before) Object.assign(before, { score: before.score + one.score, places: [...before.places, ...one.places] });
    else if (!known.some(other => other.result.id === id)) found.set(id, one);
  }
  return [...found.values()].sort((a, b) => b.score - a.score);
};

/* The best results for a text. `apart` is the same with its numbers in pieces: all of it must then stand in the page as typed. */
const look = async (indexes, text, apart) => {
  const words = asWords(text), all = await having(indexes, apart ?? text), count = all.length;
  if (!apart && all.length < FEW && words.length > 1 && !/^\s*".+"\s*$/.test(text)) {  // quoted: those words, in that order
    all.push(...(await some(indexes, words, all)).map((one, i) => ({ ...one, score: -i })));
  }
  const best = await Promise.all(all.slice(0, SHOWN).map(async one => ({ ...one, page: await one.result.data() })));
  const items = best.map(({ page, places, score }) => ({ page, score, terms: heard(page, places, words, apart) }))
    .filter(({ terms }) => Object.values(terms)[apart ? "every" : "some"](Boolean));
  return { items: items.map(({ page, score, terms }) => shown(page, score, terms)), count: items.length && count };
};

/* A number without its beginning (PRO-018) is found by its parts, where nothing has it as it stands. */
const find = async (indexes, text) => {
  const found = await look(indexes, text), apart = text.replace(/(?<=[\p{L}\p{N}])\p{P}(?=[\p{L}\p{N}])/gu, " ");
  return found.items.length || apart === text ? found : look(indexes, text, apart);
};

/* Answer the theme by `say`; returns what it is to be told. `words` are those of the page's language. */
export const search = (say, words) => {
  const line = document.querySelector(".md-search-result__meta");
  const base = JSON.parse(document.getElementById("__config").textContent).base;
  const root = new URL(`${base}/`, location);
  let languages = [], indexes, newest = 0, failed = 0;
  const load = () => {
    indexes ??= Promise.all(languages.map(language => open(language, root, failed)));
    return indexes;
  };
  const forget = () => {  // the next letter tries again; a module that failed once is not asked for twice
    indexes = undefined;
    failed += 1;
  };
  const answer = (items, more) => {
    say({ type: RESULT, data: { items } });
    if (more) line.textContent = more;
  };
  const ask = async text => {
    const mine = ++newest, typed = bare(text);
    await new Promise(done => setTimeout(done, typed ? PAUSE : 0));
    if (mine !== newest) return;
    try {
      const { items, count } = typed.length > 1 ? await find(await load(), text) : { items: [], count: 0 };
      const most = items.length < count && words.best.replace("{shown}", items.length).replace("{count}", count);
      if (mine === newest) answer(items, typed.length === 1 ? line.dataset.ems : most);
    } catch (error) {
      forget();
      if (mine === newest) answer([], words.broken);
      console.warn(error);
    }
  };
  line.dataset.ems = line.textContent.trim();
  return ({ type, data }) => {
    if (type === SETUP) {
      languages = data.config.pieces;
      load().catch(forget);
      say({ type: READY });
    } else if (type === QUERY) ask(data);
  };
};
