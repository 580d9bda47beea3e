// The view "Scores": a summary to be read in ten seconds, then every score.

// Draw a score as a dot, its intervals as bars and the agreement of the annotators as a line, on a scale from 0 to 1.
function drawBars(score) {
  const description = [percent(score.value)];
  if (score.these) description.push(`these articles ${interval(score.these)}`);
  if (score.agreement !== undefined) description.push(`annotators agree ${percent(score.agreement)}`);
  if (score.new) description.push(`new articles ${interval(score.new)}`);
  const at = x => `${(100 * x).toFixed(3)}%`;
  const bar = (pair, kind, y, height) => pair &&
    h('rect', {class: kind, x: at(pair[0]), width: at(pair[1] - pair[0]), y, height, rx: height / 2});
  return h('svg', {class: 'bars', role: 'img', 'aria-label': description.join(', '), height: 22},
    [0, .25, .5, .75, 1].map(x => h('line', {class: 'grid', x1: at(x), x2: at(x), y1: 0, y2: 22})),
    bar(score.new, 'new', 9.5, 3), bar(score.these, 'these', 6, 10),
    score.agreement !== undefined && h('rect', {class: 'agreement', x: at(score.agreement), width: 2, y: 1, height: 20}),
    score.value !== null && h('circle', {class: 'dot', cx: at(score.value), cy: 11, r: 5}));
}

// Draw the headline score of a layer, with its counts in words.
function drawTile(score) {
  const parts = [];
  if (score.gold !== undefined) {
    parts.push(h('p', null, h('b', null, whole(score.right)), ` of ${whole(score.gold)} ${score.items} found`));
    if (score.predicted !== undefined) {
      parts.push(h('p', null, h('b', null, whole(score.predicted - score.right)), ` of ${whole(score.predicted)} predicted are wrong`));
    }
  }
  return h('li', {class: 'tile', 'data-layer': score.layer}, h('h3', null, score.layer), h('p', {class: 'sub', title: score.definition}, score.label),
    h('p', {class: 'big'}, percent(score.value), h('span', null, ' F1')), drawBars(score), parts);
}

function drawTiles(measures) {
  const primary = measures.filter(score => score.primary);
  const identity = primary.filter(score => score.layer === 'identity' && score.name.includes('.across.'));
  return h('ul', {class: 'tiles'}, primary.filter(score => score.layer !== 'identity').map(drawTile),
    identity.length ? h('li', {class: 'tile', 'data-layer': 'identity'}, h('h3', null, 'identity'),
      h('p', {class: 'sub'}, identity[0].label.split(', ')[1]), identity.map(score => [
        h('p', {class: 'middle'}, percent(score.value), h('span', null, ` ${score.name.split('.')[1]}`)), drawBars(score)])) : null);
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

// Draw one line per score on a common scale.
function drawPlot(rows) {
  return h('div', {class: 'plot'},
    h('div', {class: 'plot-row axis', 'aria-hidden': 'true'}, h('span'),
      h('span', {class: 'ticks'}, [0, 25, 50, 75, 100].map(x => h('i', null, String(x)))), h('span')),
    rows.map(score => h('div', {class: 'plot-row' + (score.primary ? ' primary' : ''), 'data-layer': score.layer},
      h('span', {title: score.definition}, score.label), drawBars(score), h('b', null, percent(score.value)))));
}

// Draw all numbers of the scores as a table; where the documents are few, with the score of each.
function drawScoreTable(rows) {
  const each = rows.some(score => score.each);
  const hasAgreement = rows.some(score => score.agreement !== undefined);
  const head = ['metric', 'F1', 'these articles', 'new articles', ...(hasAgreement ? ['A–B'] : []), 'P', 'R', 'right', 'gold', 'predicted',
    ...(each ? [...DATA.documents, 'leaving one out'] : []), 'note'];
  return h('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'All scores'}, h('table', {class: 'score-table'},
    h('thead', null, h('tr', null, head.map(x => h('th', {scope: 'col'}, x)))),
    h('tbody', null, rows.map(score => h('tr', {'data-layer': score.layer, class: score.primary ? 'primary' : null},
      h('th', {scope: 'row', title: score.definition}, score.label),
      [percent(score.value), interval(score.these), interval(score.new), ...(hasAgreement ? [score.agreement === undefined ? '' : percent(score.agreement)] : []),
        score.precision === undefined ? '' : percent(score.precision), score.recall === undefined ? '' : percent(score.recall),
        whole(score.right), whole(score.gold), whole(score.predicted),
        ...(each ? [...DATA.documents.map((_, i) => score.each ? percent(score.each[i]) : ''), interval(score.leaveOneOut)] : []),
      ].map(x => h('td', null, x)), h('td', {class: 'note'}, (score.notes || []).join('; ')))))));
}

const listFew = names => names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
const titleOfPart = score => `${score.layer} by ${score.facet}${score.recallOnly ? ' (recall)' : ''}`;

VIEWS.scores = {
  title: 'Scores', uses: ['layers', 'type', 'reset'], without: [],
  draw(main) {
    const seen = DATA.measures.filter(score => filter.layers.has(score.layer));
    const type = filter.type && JSON.parse(filter.type);
    const parts = DATA.parts.filter(score => filter.layers.has(score.layer) &&
      (!type || (TYPE_FACETS.includes(score.facet) && type[0] === score.layer && type[1] === score.label)));
    main.append(h('section', {'aria-labelledby': 'summary'}, h('h2', {id: 'summary'}, 'Summary'),
      drawTiles(seen), drawMostFrequent(),
      DATA.without.length ? h('p', {class: 'warning'}, `No prediction for ${listFew(DATA.without)}: scored as empty.`) : null,
      DATA.articles.length && DATA.articles.length < DATA.documentCount ? h('p', {class: 'warning'},
        `Scores cover ${DATA.documentCount} articles; mistakes and articles are shown for the first ${DATA.articles.length} only.`) : null,
      h('p', {class: 'key'}, h('span', {class: 'key-dot'}), ' score ', h('span', {class: 'key-these'}),
        ' 95 % interval for this system on text like these articles ', h('span', {class: 'key-new'}),
        ' 95 % interval for other articles of this kind (no bar: too few items, or no variation)',
        seen.some(score => score.agreement !== undefined) ? [h('span', {class: 'key-agreement'}), ' agreement of the annotators: this gold cannot distinguish scores above it'] : null)));
    if (!type) {
      main.append(h('section', {'aria-labelledby': 'picture'}, h('h2', {id: 'picture'}, 'Metrics'), drawPlot(seen.filter(score => score.pictured))));
    }
    for (const title of new Set(parts.map(titleOfPart))) {
      main.append(h('section', null, h('h2', null, title), drawPlot(parts.filter(score => titleOfPart(score) === title))));
    }
    const rows = [...(type ? [] : seen), ...parts.map(score => ({...score, label: `${score.layer}, ${score.label}${score.recallOnly ? ' (recall)' : ''}`}))];
    main.append(h('section', {'aria-labelledby': 'all'}, h('h2', {id: 'all'}, 'All scores'), drawScoreTable(rows)));
  },
};
