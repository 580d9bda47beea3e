// The view "Scores": a summary to be read in ten seconds, then every score.
// Draw a score as a dot, its intervals as bars and the agreement of the annotators as a line, on a scale from 0 to 1.
function drawBars(one) {
  const description = [percent(one.value)];
  if (one.these) description.push(`these articles ${interval(one.these)}`);
  if (one.agreement !== undefined) description.push(`annotators agree ${percent(one.agreement)}`);
  if (one.new) description.push(`new articles ${interval(one.new)}`);
  const at = x => `${(100 * x).toFixed(3)}%`;
  const bar = (pair, kind, y, height) => pair &&
    h('rect', {class: kind, x: at(pair[0]), width: at(pair[1] - pair[0]), y, height, rx: height / 2});
  return h('svg', {class: 'bars', role: 'img', 'aria-label': description.join(', '), height: 22},
    [0, .25, .5, .75, 1].map(x => h('line', {class: 'grid', x1: at(x), x2: at(x), y1: 0, y2: 22})),
    bar(one.new, 'new', 9.5, 3), bar(one.these, 'these', 6, 10),
    one.agreement !== undefined && h('rect', {class: 'agreement', x: at(one.agreement), width: 2, y: 1, height: 20}),
    one.value !== null && h('circle', {class: 'dot', cx: at(one.value), cy: 11, r: 5}));
}

function drawTile(one) {
  const parts = [];
  if (one.gold !== undefined) {
    const unit = one.layer === 'entities' ? 'names and values' : one.layer === 'events' ? 'triggers' : one.layer;
    parts.push(h('p', null, h('b', null, whole(one.right)), ` of ${whole(one.gold)} ${unit} found`));
    if (one.predicted !== undefined) {
      parts.push(h('p', null, h('b', null, whole(one.predicted - one.right)), ` of ${whole(one.predicted)} predicted are wrong`));
    }
  }
  return h('li', {class: 'tile', 'data-layer': one.layer}, h('h3', null, one.layer), h('p', {class: 'sub'}, one.label),
    h('p', {class: 'big'}, percent(one.value), h('span', null, ' F1')), drawBars(one), parts);
}

function drawTiles(measures) {
  const primary = measures.filter(one => one.primary);
  const identity = primary.filter(one => one.layer === 'identity' && one.name.includes('.across.'));
  return h('ul', {class: 'tiles'}, primary.filter(one => one.layer !== 'identity').map(drawTile),
    identity.length ? h('li', {class: 'tile', 'data-layer': 'identity'}, h('h3', null, 'identity'),
      h('p', {class: 'sub'}, 'CoNLL F1 across articles'), identity.map(one => [
        h('p', {class: 'middle'}, percent(one.value), h('span', null, ` ${one.name.split('.')[1]}`)), drawBars(one)])) : null);
}

// Draw the four most frequent kinds of mistake, with links to their lists.
function drawMostFrequent() {
  const counts = new Map();
  for (const article of DATA.articles) for (const row of article.rows) {
    if (row.verdict === 'hit') continue;
    const key = JSON.stringify([row.layer, row.verdict]);
    counts.set(key, (counts.get(key) || 0) + 1);
  }
  const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 4).map(([key, n]) => [...JSON.parse(key), n]);
  if (!top.length) return DATA.articles.length ? h('p', {class: 'most'}, 'No mistakes.') : null;
  return h('p', {class: 'most'}, 'Most frequent mistakes: ', top.map(([layer, verdict, n], i) => [i ? ', ' : '',
    h('a', {href: link('mistakes'), click: () => setFilters([layer], [verdict])}, `${n} × ${verdict} (${layer})`)]), '.');
}

function drawPlot(rows) {
  return h('div', {class: 'plot'},
    h('div', {class: 'plot-row axis', 'aria-hidden': 'true'}, h('span'),
      h('span', {class: 'ticks'}, [0, 25, 50, 75, 100].map(x => h('i', null, String(x)))), h('span')),
    rows.map(one => h('div', {class: 'plot-row' + (one.primary ? ' primary' : ''), 'data-layer': one.layer},
      h('span', null, one.label), drawBars(one), h('b', null, percent(one.value)))));
}

function drawScoreTable(rows) {
  const each = rows.some(one => one.each);
  const hasAgreement = rows.some(one => one.agreement !== undefined);
  const head = ['metric', 'F1', 'these articles', 'new articles', ...(hasAgreement ? ['A–B'] : []), 'P', 'R', 'right', 'gold', 'predicted',
    ...(each ? [...DATA.documents, 'leaving one out'] : []), 'note'];
  return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All scores'}, h('table', {class: 'score-table'},
    h('thead', null, h('tr', null, head.map(x => h('th', {scope: 'col'}, x)))),
    h('tbody', null, rows.map(one => h('tr', {'data-layer': one.layer, class: one.primary ? 'primary' : null},
      h('th', {scope: 'row'}, one.label),
      [percent(one.value), interval(one.these), interval(one.new), ...(hasAgreement ? [one.agreement === undefined ? '' : percent(one.agreement)] : []),
        one.precision === undefined ? '' : percent(one.precision), one.recall === undefined ? '' : percent(one.recall),
        whole(one.right), whole(one.gold), whole(one.predicted),
        ...(each ? [...DATA.documents.map((_, i) => one.each ? percent(one.each[i]) : ''), interval(one.leaveOneOut)] : []),
      ].map(x => h('td', null, x)), h('td', {class: 'note'}, (one.notes || []).join('; ')))))));
}

const listFew = names => names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
const titleOfPart = one => `${one.layer} by ${one.facet}${one.recallOnly ? ' (recall)' : ''}`;

VIEWS.scores = {
  title: 'Scores', uses: ['layers', 'type', 'reset'], without: [],
  draw(main) {
    const seen = DATA.measures.filter(one => filter.layers.has(one.layer));
    const type = filter.type && JSON.parse(filter.type);
    const parts = DATA.parts.filter(one => filter.layers.has(one.layer) &&
      (!type || (TYPE_FACETS.includes(one.facet) && type[0] === one.layer && type[1] === one.label)));
    main.append(h('section', {'aria-labelledby': 'summary'}, h('h2', {id: 'summary'}, 'Summary'),
      drawTiles(seen), drawMostFrequent(),
      DATA.without.length ? h('p', {class: 'warning'}, `No prediction for ${listFew(DATA.without)}: scored as empty.`) : null,
      DATA.articles.length && DATA.articles.length < DATA.documentCount ? h('p', {class: 'warning'},
        `Scores cover ${DATA.documentCount} articles; mistakes and articles are shown for the first ${DATA.articles.length} only.`) : null,
      h('p', {class: 'key'}, h('span', {class: 'key-dot'}), ' score ', h('span', {class: 'key-these'}),
        ' 95 % interval for this system on text like these articles ', h('span', {class: 'key-new'}),
        ' 95 % interval for other articles of this kind; no bar: none can be given',
        seen.some(one => one.agreement !== undefined) ? [h('span', {class: 'key-agreement'}), ' agreement of the annotators: this gold cannot distinguish scores above it'] : null)));
    if (!type) {
      main.append(h('section', {'aria-labelledby': 'picture'}, h('h2', {id: 'picture'}, 'Metrics'), drawPlot(seen.filter(one => one.pictured))));
    }
    for (const title of new Set(parts.map(titleOfPart))) {
      main.append(h('section', null, h('h2', null, title), drawPlot(parts.filter(one => titleOfPart(one) === title))));
    }
    const rows = [...(type ? [] : seen), ...parts.map(one => ({...one, label: `${one.layer}, ${one.label}${one.recallOnly ? ' (recall)' : ''}`}))];
    main.append(h('section', {'aria-labelledby': 'all'}, h('h2', {id: 'all'}, 'All scores'), drawScoreTable(rows)));
  },
};
