// What every view uses: elements made of text alone, the filters, and the way between the views.
const DATA = JSON.parse(document.getElementById('data').textContent);
// A sign beside each word, so that colour is never alone in telling them apart.
const SIGN = {
  hit: '✓', missed: '−', spurious: '+', boundary: '↔', type: '≠', 'boundary+type': '↔≠', role: '≠', speaker: '≠',
  split: '÷', merged: '∪',
};
const MEANING = {
  hit: 'right in every point looked at', missed: 'in the gold alone', spurious: 'in the prediction alone',
  boundary: 'the right type on an overlapping span', type: 'the right span, another type',
  'boundary+type': 'an overlapping span, another type', role: 'the right filler, another role',
  speaker: 'overlapping content, another speaker', split: 'apart from the rest of its cluster',
  merged: 'put together with another cluster',
};
const NAMED = ['type', 'directness'];  // the parts of a score that the filter by type speaks of
const SVG = new Set(['svg', 'rect', 'circle', 'line', 'text', 'g']);
const ALL_VERDICTS = DATA.verdicts.filter(v => DATA.articles.some(a => a.rows.some(r => r.verdict === v)));
const filter = {layers: new Set(DATA.layers), verdicts: new Set(ALL_VERDICTS), type: '', article: ''};
// name → {title, uses: parts of the filter, without: values of no use there, draw(main, path)}; each file adds its own.
const VIEWS = {};

function h(tag, attributes, ...children) {
  const element = SVG.has(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (name === 'vars') for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  // A string becomes a text node: nothing from the data is ever read as markup.
  element.append(...children.flat(9).filter(c => c !== null && c !== undefined && c !== false && c !== ''));
  return element;
}

const percent = value => value === null || value === undefined ? '–' : (100 * value).toFixed(1);
const interval = pair => pair ? `${percent(pair[0])}–${percent(pair[1])}` : '';
const whole = value => value === undefined || value === null ? '' : Number.isInteger(value) ? String(value) : value.toFixed(1);
// Half of a surrogate pair cannot stand in an address.
const link = (...path) => '#' + path.map(one => encodeURIComponent(String(one).replace(/\p{Cs}/gu, '\ufffd'))).join('/');
const many = (count, word) => `${count} ${count === 1 ? word : word.endsWith('y') ? word.slice(0, -1) + 'ies' : word + 's'}`;
// By code points, so that no emoji is cut in two.
const shorten = (text, most) => text.length > most && [...text].length > most ? [...text].slice(0, most - 1).join('').trimEnd() + '…' : text;
const articleAt = id => DATA.articles.findIndex(a => a.id === id);

// Offsets count code points; the browser's strings count UTF-16 units, two for an emoji.
for (const article of DATA.articles) article.points = Array.from(article.text);
// An empty span stands for words that the prediction gives and the text does not have.
const words = (article, span) => span[0] === span[1] ? `${article.unplaced[span[0]] || '…'} (not in the text)`
  : article.points.slice(span[0], span[1]).join('').replace(/\s+/g, ' ');

function itemsOf(article, row) {
  const of = row.layer === 'identity' ? row.of : row.layer;
  return ['gold', 'predicted'].map(side => {
    const at = row[side];
    if (at === null) return null;
    if (of !== 'arguments') return article[side][of][at];
    const event = article[side].events[at[0]];
    const [role, start, end] = event.arguments[at[1]];
    return {spans: [[start, end]], type: role, event};
  });
}

const typeOf = (row, item) => item && (row.layer === 'quotes' ? item.directness : item.type) || '';

function chosen(article, row) {
  if (!filter.layers.has(row.layer) || !filter.verdicts.has(row.verdict)) return false;
  if (filter.article && filter.article !== article.id) return false;
  if (!filter.type) return true;
  const [layer, type] = JSON.parse(filter.type);
  return layer === row.layer && itemsOf(article, row).some(item => typeOf(row, item) === type);
}

function chip(verdict) {
  return h('span', {class: 'verdict', 'data-verdict': verdict, title: MEANING[verdict]},
    h('span', {'aria-hidden': 'true'}, SIGN[verdict] || '·'), ' ', verdict);
}

function checks(legend, name, values, set, label) {
  return h('fieldset', {class: 'checks', 'data-part': name}, h('legend', null, legend),
    values.map(value => h('label', {class: 'check', 'data-value': value},
      h('input', {type: 'checkbox', name, value, checked: set.has(value), change: event => {
        event.target.checked ? set.add(value) : set.delete(value);
        redraw();
      }}), h('span', null, label(value)))));
}

function choice(legend, name, groups) {
  const id = `filter-${name}`;
  return h('div', {class: 'choice', 'data-part': name}, h('label', {for: id}, legend),
    h('select', {id, name, change: event => { filter[name] = event.target.value; redraw(); }},
      h('option', {value: ''}, 'all'),
      groups.map(([title, options]) => title
        ? h('optgroup', {label: title}, options.map(([value, text]) => h('option', {value}, text)))
        : options.map(([value, text]) => h('option', {value}, text)))));
}

function drawFilters() {
  const types = {};
  const add = (layer, type) => { if (type) (types[layer] ||= new Set()).add(type); };
  for (const one of DATA.parts) if (NAMED.includes(one.facet)) add(one.layer, one.label);
  for (const article of DATA.articles) {
    for (const row of article.rows) {
      if (row.layer !== 'identity') for (const item of itemsOf(article, row)) add(row.layer, typeOf(row, item));
    }
  }
  const groups = DATA.layers.filter(layer => types[layer]).map(layer =>
    [layer, [...types[layer]].sort().map(type => [JSON.stringify([layer, type]), type])]);
  const form = document.getElementById('filters');
  form.replaceChildren(
    checks('Layers', 'layers', DATA.layers, filter.layers, v => v),
    choice('Type', 'type', groups),
    checks('What became of it', 'verdicts', ALL_VERDICTS, filter.verdicts, v => `${SIGN[v] || ''} ${v}`),
    choice('Article', 'article', [['', DATA.articles.map(a => [a.id, `${a.short} ${shorten(a.title, 50)}`])]]),
    h('button', {type: 'button', class: 'quiet', 'data-part': 'reset', click: resetFilters}, 'Reset'));
  form.addEventListener('submit', event => event.preventDefault());
}

function setFilters(layers, verdicts) {
  filter.layers = new Set(layers);
  filter.verdicts = new Set(verdicts);
  filter.type = filter.article = '';
  drawFilters();
}

function resetFilters() {
  setFilters(DATA.layers, ALL_VERDICTS);
  redraw();
  document.querySelector('#filters [data-part=reset]').focus();
}

// Read out where it stands for good: what is drawn anew is not.
function tell(text) { document.getElementById('status').textContent = text; }

function here() {
  let path;
  try { path = location.hash.slice(1).split('/').map(decodeURIComponent); } catch { path = ['']; }
  return Object.hasOwn(VIEWS, path[0]) ? path : [Object.keys(VIEWS)[0]];
}

function redraw() {
  const asked = location.hash;
  const [name, ...path] = here();
  const view = VIEWS[name];
  for (const a of document.querySelectorAll('#nav a')) {
    a.dataset.view === name ? a.setAttribute('aria-current', 'page') : a.removeAttribute('aria-current');
  }
  for (const part of document.querySelectorAll('#filters > *')) {
    part.hidden = part.dataset.part !== 'reset' && !view.uses.includes(part.dataset.part);
  }
  for (const check of document.querySelectorAll('#filters .check')) check.hidden = view.without.includes(check.dataset.value);
  document.getElementById('filter-box').hidden = !view.uses.length;
  const main = document.getElementById('main');
  tell('');
  main.dataset.view = name;
  main.replaceChildren();
  view.draw(main, path);
  main.dataset.drawn = asked;  // the address changes before the page does
}
