// Shared by all views: the data, building of elements, the filters, and navigation between the views.
const DATA = JSON.parse(document.getElementById('data').textContent);
// A sign beside each verdict, so that verdicts are never distinguished by colour alone.
const SIGN = {
  hit: '✓', missed: '−', spurious: '+', boundary: '↔', type: '≠', 'boundary+type': '↔≠', role: '≠', speaker: '≠',
  split: '÷', merged: '∪',
};
const MEANING = {
  hit: 'right in every respect', missed: 'only in the gold', spurious: 'only in the prediction',
  boundary: 'the right type on an overlapping span', type: 'the right span, another type',
  'boundary+type': 'an overlapping span, another type', role: 'the right filler, another role',
  speaker: 'overlapping content, another speaker', split: 'separated from the rest of its cluster',
  merged: 'joined with another cluster',
};
const TYPE_FACETS = ['type', 'directness'];  // the facets whose values the filter "Type" offers
const SVG = new Set(['svg', 'rect', 'circle', 'line', 'text', 'g']);
const ALL_VERDICTS = DATA.verdicts.filter(v => DATA.articles.some(a => a.rows.some(r => r.verdict === v)));
const filter = {layers: new Set(DATA.layers), verdicts: new Set(ALL_VERDICTS), type: '', article: ''};
// name → {title, uses: parts of the filter that it shows, without: values that it hides, draw(main, path)}.
// Each file adds its own view. A view's address is #name/path.
const VIEWS = {};

// Return a new element. An attribute may be a function (an event handler) or vars (custom properties of CSS); a child
// may be a string, an element or a nested array of them.
function h(tag, attributes, ...children) {
  const element = SVG.has(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (name === 'vars') for (const [key, setting] of Object.entries(value)) element.style.setProperty(key, setting);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  // append() turns a string into a text node: nothing from the data is ever parsed as markup.
  element.append(...children.flat(9).filter(c => c !== null && c !== undefined && c !== false && c !== ''));
  return element;
}

const percent = value => value === null || value === undefined ? '–' : (100 * value).toFixed(1);
const interval = pair => pair ? `${percent(pair[0])}–${percent(pair[1])}` : '';
const whole = value => value === undefined || value === null ? '' : Number.isInteger(value) ? String(value) : value.toFixed(1);
// Half of a surrogate pair cannot be part of an address; encodeURIComponent would throw.
const link = (...path) => '#' + path.map(part => encodeURIComponent(String(part).replace(/\p{Cs}/gu, '\ufffd'))).join('/');
const many = (count, word) => `${count} ${count === 1 ? word : word.endsWith('y') ? word.slice(0, -1) + 'ies' : word + 's'}`;
// Cut by code points, so that no emoji is cut in two.
const shorten = (text, most) => text.length > most && [...text].length > most ? [...text].slice(0, most - 1).join('').trimEnd() + '…' : text;
const articleAt = id => DATA.articles.findIndex(a => a.id === id);

// Offsets count code points; the browser's strings count UTF-16 units, two for an emoji.
for (const article of DATA.articles) article.points = Array.from(article.text);
// An empty span stands for predicted words that are not in the text.
const words = (article, span) => span[0] === span[1] ? `${article.unplaced[span[0]] || '…'} (not in the text)`
  : article.points.slice(span[0], span[1]).join('').replace(/\s+/g, ' ');

// Return the items of a row, [gold, predicted], with null on a side that has none. The number of an argument is a pair:
// that of its event, and its own there.
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

function passesFilter(article, row) {
  if (!filter.layers.has(row.layer) || !filter.verdicts.has(row.verdict)) return false;
  if (filter.article && filter.article !== article.id) return false;
  if (!filter.type) return true;
  const [layer, type] = JSON.parse(filter.type);
  return layer === row.layer && itemsOf(article, row).some(item => typeOf(row, item) === type);
}

function verdictChip(verdict) {
  return h('span', {class: 'verdict', 'data-verdict': verdict, title: MEANING[verdict]},
    h('span', {'aria-hidden': 'true'}, SIGN[verdict] || '·'), ' ', verdict);
}

function checkboxes(legend, name, values, set, label) {
  return h('fieldset', {class: 'checks', 'data-part': name}, h('legend', null, legend),
    values.map(value => h('label', {class: 'check', 'data-value': value},
      h('input', {type: 'checkbox', name, value, checked: set.has(value), change: event => {
        event.target.checked ? set.add(value) : set.delete(value);
        redraw();
      }}), h('span', null, label(value)))));
}

function dropdown(legend, name, groups) {
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
  for (const part of DATA.parts) if (TYPE_FACETS.includes(part.facet)) add(part.layer, part.label);
  for (const article of DATA.articles) {
    for (const row of article.rows) {
      if (row.layer !== 'identity') for (const item of itemsOf(article, row)) add(row.layer, typeOf(row, item));
    }
  }
  const groups = DATA.layers.filter(layer => types[layer]).map(layer =>
    [layer, [...types[layer]].sort().map(type => [JSON.stringify([layer, type]), type])]);
  const form = document.getElementById('filters');
  form.replaceChildren(
    checkboxes('Layers', 'layers', DATA.layers, filter.layers, v => v),
    dropdown('Type', 'type', groups),
    checkboxes('Outcome', 'verdicts', ALL_VERDICTS, filter.verdicts, v => `${SIGN[v] || ''} ${v}`),
    dropdown('Article', 'article', [['', DATA.articles.map(a => [a.id, `${a.short} ${shorten(a.title, 50)}`])]]),
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

// Let screen readers read a text aloud. They do so for changes of an element that stays, not for a rebuilt view.
function announce(text) { document.getElementById('status').textContent = text; }

// Return the parts of the current address, or the first view if it names none.
function currentPath() {
  let path;
  try { path = location.hash.slice(1).split('/').map(decodeURIComponent); } catch { path = ['']; }
  return Object.hasOwn(VIEWS, path[0]) ? path : [Object.keys(VIEWS)[0]];
}

// Draw the view of the current address. data-drawn tells tests that it is done: the address changes before the page does.
function redraw() {
  const address = location.hash;
  const [name, ...path] = currentPath();
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
  announce('');
  main.dataset.view = name;
  main.replaceChildren();
  view.draw(main, path);
  main.dataset.drawn = address;
}
