// The view "Mistakes": how many there are of each kind, and a list with a link from each to its place in the article.
// The panel beside an article is here as well: it shows the details of single rows of that list.
const ROWS_PER_STEP = 200;  // drawn at once; a button draws more

// Show the details of rows of the article in the panel beside it; without any, how to use it.
function drawPanel(numbers) {
  const panel = document.getElementById('panel');
  if (!panel) return;
  const {article} = reading;
  // Not redrawn if it would show the same: a link in it may have the focus.
  const shown = JSON.stringify([numbers, reading.pinned]);
  if (reading.shown === shown) return;
  reading.shown = shown;
  const close = h('button', {type: 'button', class: 'close', click: release}, 'Unpin');
  panel.replaceChildren(...(numbers.length ? [...numbers.map(number => drawCard(article, article.rows[number])), reading.pinned === null ? '' : close]
    : [h('p', {class: 'hint'}, 'Point at a mark, or move to it with the arrow keys, to compare gold and prediction. Click it or press Enter to pin it: an event then shows its arguments, a quote its source and cue.')]));
  panel.classList.toggle('empty', !numbers.length);
}

// Draw a table of the attributes of a row's items, gold beside prediction; what differs is marked.
function drawCard(article, row) {
  const [gold, predicted] = itemsOf(article, row);
  const of = row.layer === 'identity' ? row.of : row.layer;
  const facts = [];
  const add = (name, of) => {
    const values = [gold, predicted].map(item => item ? of(item) : undefined);
    if (values.some(v => v !== undefined && v !== null && v !== '')) facts.push([name, values]);
  };
  const who = (item, key) => item[key] && words(article, item[key]);
  if (gold && predicted && gold.spans.join() !== predicted.spans.join()) add('words', item => item.spans.map(span => words(article, span)).join(' … '));
  add(row.layer === 'arguments' ? 'role' : 'type', item => item.type);
  if (row.layer === 'arguments') add('event', item => `${words(article, item.event.spans[0])} (${item.event.type})`);
  add('source', item => who(item, 'source'));
  add('speaker', item => item.speaker);
  add('cue', item => who(item, 'cue'));
  add('addressee', item => who(item, 'addressee'));
  for (const key of DATA.attributes[of] || []) add(key, item => item[key] === true ? 'yes' : item[key]);
  add('cluster', item => item.cluster);
  const cell = (name, value, side) => name === 'cluster' && value ? h('a', {href: link('identity', of, side, value)}, value)
    : name === 'speaker' && value && articleHas('entities', value) ? h('a', {href: link('identity', 'entities', 'gold', value)}, value) : value || '–';
  const item = gold || predicted;
  return h('div', {class: 'card', 'data-layer': row.layer}, h('p', {class: 'card-head'}, verdictChip(row.verdict), h('span', null, row.layer)),
    h('p', {class: 'card-words'}, shorten(item.spans.map(span => words(article, span)).join(' … '), 180)),
    row.other ? h('p', null, row.verdict === 'split' ? `Most of its cluster is in the predicted ${row.other}.` : `Most of its predicted cluster is ${row.other} in the gold.`) : null,
    h('table', null, h('thead', null, h('tr', null, h('td'), h('th', {scope: 'col'}, 'gold'), h('th', {scope: 'col'}, 'prediction'))),
      h('tbody', null, facts.map(([name, values]) => h('tr', {class: gold && predicted && values[0] !== values[1] && name !== 'cluster' ? 'differs' : null},
        h('th', {scope: 'row'}, name), h('td', null, gold ? cell(name, values[0], 'gold') : ''), h('td', null, predicted ? cell(name, values[1], 'predicted') : ''))))),
    row.layer === 'events' ? drawArguments(article, row) : null);
}

const articleHas = (kind, cluster) => DATA.articles.some(a => (a.gold[kind] || []).some(item => item.cluster === cluster));

function drawArguments(article, row) {
  const own = article.rows.map((other, number) => [other, number]).filter(([other]) => other.layer === 'arguments' &&
    ['gold', 'predicted'].some(side => row[side] !== null && other[side] !== null && other[side][0] === row[side]));
  if (!own.length) return h('p', {class: 'hint'}, 'No arguments.');
  return h('div', null, h('h4', null, 'Arguments'), h('ul', {class: 'roles'}, own.map(([other]) => {
    const [gold, predicted] = itemsOf(article, other);
    return h('li', null, verdictChip(other.verdict), ' ', h('b', null, gold ? gold.type : predicted.type),
      gold && predicted && gold.type !== predicted.type ? ` (predicted ${predicted.type})` : '', ' ', words(article, (gold || predicted).spans[0]));
  })));
}

// Return the rows of all articles by verdict and layer.
function groupRows() {
  const table = {};
  for (const article of DATA.articles) for (const row of article.rows) {
    ((table[row.verdict] ||= {})[row.layer] ||= []).push(row);
  }
  return table;
}

function drawMatrix() {
  const table = groupRows();
  const layers = DATA.layers.filter(layer => ALL_VERDICTS.some(v => table[v] && table[v][layer]));
  return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Mistakes by kind and layer'}, h('table', {class: 'matrix'},
    h('thead', null, h('tr', null, h('td'), layers.map(layer => h('th', {scope: 'col'}, layer)))),
    h('tbody', null, ALL_VERDICTS.map(verdict => h('tr', null, h('th', {scope: 'row'}, verdictChip(verdict), h('small', null, MEANING[verdict])),
      layers.map(layer => {
        const n = table[verdict][layer] ? table[verdict][layer].length : 0;
        return h('td', null, !n ? '' : verdict === 'hit' ? String(n)
          : h('button', {type: 'button', 'aria-label': `${n} ${verdict}, ${layer}: list them`, click: () => {
            setFilters([layer], [verdict]); redraw(); document.getElementById('list').focus();
          }}, String(n)));
      }))))));
}

function describeSide(article, row, item) {
  if (!item) return '–';
  if (row.layer === 'identity') return item.cluster;
  if (row.layer === 'quotes') return [item.speaker || (item.source ? words(article, item.source) : 'no source'), item.directness].filter(Boolean).join(', ');
  if (row.layer === 'arguments') return `${item.type} of ${words(article, item.event.spans[0])}`;
  return [item.type, item.level].filter(Boolean).join(' ');
}

function mistakeRow([article, row, number]) {
  const [gold, predicted] = itemsOf(article, row);
  const span = (gold || predicted).spans[0];
  return h('tr', {'data-verdict': row.verdict}, h('td', null, verdictChip(row.verdict)), h('td', null, row.layer),
    h('td', {class: 'context'}, h('a', {class: 'jump', href: link('articles', article.id, number)}, context(article, span, 40)),
      predicted && gold && predicted.spans.join() !== gold.spans.join() ? h('small', null, 'predicted: ', shorten(words(article, predicted.spans[0]), 120)) : null),
    h('td', {'data-label': 'gold'}, describeSide(article, row, gold)), h('td', {'data-label': 'prediction'}, describeSide(article, row, predicted)),
    h('td', {'data-label': 'article'}, article.short));
}

VIEWS.mistakes = {
  title: 'Mistakes', uses: ['layers', 'type', 'verdicts', 'article', 'reset'], without: ['hit'],
  draw(main) {
    const rows = DATA.articles.flatMap(article => article.rows.map((row, number) => [article, row, number]))
      .filter(([article, row]) => row.verdict !== 'hit' && passesFilter(article, row));
    const body = h('tbody');
    const more = h('button', {type: 'button', click: () => {
      const from = body.children.length;
      show();
      body.children[from].querySelector('a').focus();
    }});
    const show = () => {
      body.append(...rows.slice(body.children.length, body.children.length + ROWS_PER_STEP).map(mistakeRow));
      const left = rows.length - body.children.length;
      more.textContent = `Show ${Math.min(ROWS_PER_STEP, left)} more of ${left}`;
      more.hidden = !left;
    };
    show();
    announce(many(rows.length, 'mistake'));
    main.append(h('section', {'aria-labelledby': 'kinds'}, h('h2', {id: 'kinds'}, 'Mistakes by kind'), drawMatrix()),
      h('section', {'aria-labelledby': 'list'}, h('h2', {id: 'list', tabindex: -1}, many(rows.length, 'mistake')),
        h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Mistakes'}, h('table', {class: 'mistakes'},
          h('thead', null, h('tr', null, ['outcome', 'layer', 'where', 'gold', 'prediction', 'article'].map(x => h('th', {scope: 'col'}, x)))), body)), more));
  },
};
