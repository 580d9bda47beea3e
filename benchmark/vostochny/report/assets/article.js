// The view "Articles": one article with gold drawn below its words and the prediction above, dashed where they differ.
const LANE_PIXELS = 5;  // from one line to the next
const MARKED = ['entities', 'events', 'quotes'];
let reading = null;  // {article, marks, segments, pinned}: the article on the page and its state

// Return one mark per item and side that passes the filter.
function marksOf(article) {
  const marks = [];
  article.rows.forEach((row, number) => {
    if (!MARKED.includes(row.layer) || !passesFilter(article, row)) return;
    for (const side of ['gold', 'predicted']) {
      if (row[side] === null) continue;
      const item = article[side][row.layer][row[side]];
      marks.push({row, number, side, item, start: item.spans[0][0], end: item.spans[item.spans.length - 1][1]});
    }
  });
  return marks;
}

// Set the lane of each mark, counted from the words outwards, and return how many lanes each side needs: [gold, predicted].
function assignLanes(marks) {
  // The shortest lie nearest to the words, so that a nested span is never drawn outside of the one around it.
  const taken = {gold: [], predicted: []};
  for (const mark of [...marks].sort((a, b) => (a.end - a.start) - (b.end - b.start) || a.start - b.start)) {
    const rows = taken[mark.side];
    mark.lane = rows.findIndex(row => row.every(other => other.end <= mark.start || mark.end <= other.start));
    if (mark.lane < 0) mark.lane = rows.push([]) - 1;
    rows[mark.lane].push(mark);
  }
  return [taken.gold.length, taken.predicted.length];
}

// Return the paragraphs and the stretches between them; without paragraphs the lines of the text.
function blocksOf(article) {
  const length = article.points.length, blocks = [];
  let at = 0;
  const add = (start, end) => { if (words(article, [start, end]).trim()) blocks.push([start, end]); };
  for (const [start, end] of article.paragraphs) { add(at, start); add(start, end); at = end; }
  if (!article.paragraphs.length) {
    article.points.forEach((point, i) => { if (point === '\n') { add(at, i); at = i + 1; } });
  }
  add(at, length);
  return blocks;
}

// Return the offsets at which the text is cut besides those of the marks: of what an event or quote links to, and of zones.
function cutsOf(article) {
  const cuts = new Set();
  for (const side of ['gold', 'predicted']) {
    for (const event of article[side].events || []) for (const [, start, end] of event.arguments) cuts.add(start).add(end);
    for (const quote of article[side].quotes || []) {
      for (const span of [quote.cue, quote.source, quote.addressee]) if (span) cuts.add(span[0]).add(span[1]);
    }
  }
  for (const zone of article.zones) cuts.add(zone[0]).add(zone[1]);
  return cuts;
}

// Return the lines of some marks as background images: CSS can underline a word only once.
function lineStyle(marks, at, end, below, above) {
  const images = [], sizes = [], places = [];
  for (const {row, side, lane, item} of marks) {
    const colour = `var(--${row.layer})`;
    images.push(row.verdict === 'hit' ? `linear-gradient(${colour},${colour})`
      : `repeating-linear-gradient(90deg,${colour} 0 5px,transparent 5px 8px)`);
    sizes.push(`${item.spans.some(span => span[1] === end) ? 'calc(100% - 2px)' : '100%'} 2.5px`);
    const from = (side === 'gold' ? below - 1 - lane : above - 1 - lane) * LANE_PIXELS;
    places.push(`left 0 ${side === 'gold' ? 'bottom' : 'top'} ${from}px`);
  }
  return {'background-image': images.join(','), 'background-size': sizes.join(','), 'background-position': places.join(',')};
}

// Draw a paragraph as segments: stretches of text in which no mark begins or ends.
function drawBlock(article, [start, end], marks, cuts) {
  const inside = marks.filter(mark => (mark.start < end && start < mark.end) || (mark.start === mark.end && start <= mark.start && mark.start < end));
  const [below, above] = assignLanes(inside);
  const points = new Set([start, end]);
  for (const cut of cuts) if (start < cut && cut < end) points.add(cut);
  for (const mark of inside) for (const span of mark.item.spans) for (const x of span) if (start < x && x < end) points.add(x);
  const ordered = [...points].sort((a, b) => a - b);
  const zoneAt = at => article.zones.find(zone => zone[0] <= at && at < zone[1]) || [0, 0, 'body', true];
  const children = [];
  for (let i = 0; i + 1 < ordered.length; i++) {
    const [from, to] = [ordered[i], ordered[i + 1]];
    const here = inside.filter(mark => mark.start < mark.end && mark.item.spans.some(span => span[0] <= from && to <= span[1]))
      .sort((a, b) => (a.end - a.start) - (b.end - b.start));
    const first = here.find(mark => mark.start === from || (mark.start < start && from === start));
    const wrong = here.some(mark => mark.row.verdict !== 'hit' && mark.row.layer !== 'quotes');
    const target = (first || here[0] || {}).number;
    for (const mark of inside) {
      // Predicted words that are not in the text have nothing to be drawn on: a caret stands where they are scored.
      if (mark.start === mark.end && mark.start === from) children.push(drawCaret(article, mark));
    }
    const element = h(first ? 'a' : 'span', {
      class: 'seg' + (here.length ? ' marked' : '') + (wrong ? ' wrong' : '') + (zoneAt(from)[3] ? '' : ' unscored'),
      href: first && link('articles', article.id, target), tabindex: first && -1, vars: lineStyle(here, from, to, below, above),
      ...(here.length ? {mouseenter: () => preview(here), mouseleave: leave, focus: () => preview(here),
        blur: leave, click: event => { event.preventDefault(); pin(article, target); }} : {}),
    }, article.points.slice(from, to).join(''));
    reading.segments.push({element, start: from, end: to, marks: here});
    children.push(element);
  }
  const zone = zoneAt(start);
  return h('p', {class: 'block', 'data-zone': zone[2], vars: {'--below': `${below * LANE_PIXELS}px`, '--above': `${above * LANE_PIXELS}px`},
    title: zone[3] ? null : `${zone[2]}: not scored`}, children);
}

function drawCaret(article, mark) {
  const element = h('a', {class: 'seg marked wrong caret', href: link('articles', article.id, mark.number), tabindex: -1,
    'aria-label': words(article, mark.item.spans[0]), mouseenter: () => preview([mark]), mouseleave: leave,
    focus: () => preview([mark]), blur: leave, click: event => { event.preventDefault(); pin(article, mark.number); }}, '‸');
  reading.segments.push({element, start: mark.start, end: mark.end, marks: [mark]});
  return element;
}

// Show the details of marks that are pointed at; of null those of the pinned one, if any.
function preview(marks) {
  for (const {element, marks: own} of reading.segments) {
    element.classList.toggle('hot', Boolean(marks) && own.includes(marks[0]));
  }
  if (marks) drawPanel([...new Set(marks.map(mark => mark.number))]);
  else if (reading.pinned !== null) drawPanel([reading.pinned]);
}

function leave(event) {
  // A reader who moves from the text to the panel must find there what it showed when leaving the mark.
  if (!document.getElementById('panel').contains(event.relatedTarget)) preview(null);
}

function unpin() {
  reading.pinned = null;
  for (const {element} of reading.segments) {
    element.classList.remove('pinned', 'linked', 'arrived');
    delete element.dataset.role;
  }
}

function release() {
  const {article, segments} = reading;
  const back = segments.find(segment => segment.element.classList.contains('pinned'));
  unpin();
  history.replaceState(null, '', link('articles', article.id));
  if (back && back.element.tabIndex >= 0) back.element.focus();
  drawPanel([]);
}

function pin(article, number) {
  // The address names what is pinned, so that it can be sent and the browser's way back works.
  history.replaceState(null, '', link('articles', article.id, number));
  unpin();
  reading.pinned = number;
  const row = article.rows[number];
  const over = row.layer === 'arguments' ? eventOf(article, row) : itemsOf(article, row);
  for (const item of over) for (const span of item ? item.spans : []) markSegments(span, 'pinned');
  linksOf(article, row).forEach(([span, role]) => markSegments(span, 'linked', role));
  drawPanel([number]);
}

const eventOf = (article, row) => itemsOf(article, row).map(item => item && item.event);

// Return the spans that an event or a quote links to, each with its role: [[start, end], role].
function linksOf(article, row) {
  const [gold, predicted] = row.layer === 'arguments' ? eventOf(article, row) : itemsOf(article, row);
  const out = [];
  if (row.layer === 'events' || row.layer === 'arguments') {
    const known = new Set();
    for (const [role, start, end] of gold ? gold.arguments : []) {
      known.add(`${role} ${start} ${end}`);
      out.push([[start, end], role]);
    }
    for (const [role, start, end] of predicted ? predicted.arguments : []) {
      if (!known.has(`${role} ${start} ${end}`)) out.push([[start, end], `${role} (predicted)`]);
    }
  } else if (row.layer === 'quotes') {
    for (const key of ['source', 'cue', 'addressee']) {
      if (gold && gold[key]) out.push([gold[key], key]);
      const other = predicted && predicted[key];
      if (other && !(gold && gold[key] && gold[key].join() === other.join())) out.push([other, `${key} (predicted)`]);
    }
  }
  return out;
}

function markSegments(span, name, role) {
  for (const {element, start, end} of reading.segments) {
    if (start < span[0] || end > span[1]) continue;
    element.classList.add(name);
    if (!role || start !== span[0]) continue;
    element.dataset.role = [element.dataset.role, role].filter(Boolean).join(', ');
    // A label that begins far to the right would extend beyond the page.
    const room = element.closest('.text').getBoundingClientRect();
    element.classList.toggle('label-left', element.getClientRects()[0].left > room.left + room.width * .7);
  }
}

function stepByKey(event) {
  if (event.key === 'Escape' && reading.pinned !== null) release();
  const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
  const stops = [...event.currentTarget.querySelectorAll('a.seg')];
  const at = stops.indexOf(document.activeElement);
  if (at < 0 || (!step && event.key !== 'Home' && event.key !== 'End')) return;
  event.preventDefault();
  const to = event.key === 'Home' ? 0 : event.key === 'End' ? stops.length - 1 : at + step;
  if (stops[to]) focusStop(stops, stops[to]);
}

function focusStop(stops, element) {
  // The text has a single stop for the Tab key; from there the arrow keys move between the marks.
  for (const stop of stops) stop.tabIndex = stop === element ? 0 : -1;
  element.focus();
}

VIEWS.articles = {
  title: 'Articles', uses: ['layers', 'type', 'verdicts', 'reset'],
  without: ['arguments', 'identity', 'role', 'split', 'merged'],
  draw(main, [id, number]) {
    if (!DATA.articles.length) { main.append(h('p', null, 'The articles were not kept when this result was computed.')); return; }
    const article = DATA.articles[Math.max(0, articleAt(id))];
    const marks = marksOf(article), cuts = cutsOf(article);
    reading = {article, marks, segments: [], pinned: null};
    main.append(h('nav', {class: 'tabs', 'aria-label': 'Articles'}, DATA.articles.map(other =>
      h('a', {href: link('articles', other.id), 'aria-current': other === article ? 'page' : null, title: other.title}, other.short))));
    const text = h('div', {class: 'text', lang: 'en', keydown: stepByKey},
      blocksOf(article).map(block => drawBlock(article, block, marks, cuts)));
    main.append(
      h('h2', {class: 'visually-hidden'}, `Article ${article.short}`),
      h('p', {class: 'key'}, 'Below the words: gold. Above: prediction. ',
        MARKED.filter(l => DATA.layers.includes(l)).map(l => [h('span', {class: 'key-line', 'data-layer': l}), ` ${l} `]),
        h('span', {class: 'key-line broken'}), ' not a hit. The arrow keys move between the marks, Enter pins one; ',
        h('a', {href: '#panel', click: event => { event.preventDefault(); document.getElementById('panel').focus(); }}, 'skip to the details'), '.'),
      h('div', {class: 'reader'}, text,
        h('aside', {id: 'panel', tabindex: -1, 'aria-live': 'polite', 'aria-label': 'Details'})));
    const stop = text.querySelector('a.seg');
    if (stop) stop.tabIndex = 0;
    drawPanel([]);
    if (number && article.rows[Number(number)]) showAndFocus(article, Number(number), text);
  },
};

function showAndFocus(article, number, text) {
  pin(article, number);
  const row = article.rows[number], item = itemsOf(article, row).find(Boolean);
  const segments = reading.segments.filter(segment => segment.start >= item.spans[0][0] && segment.end <= item.spans[item.spans.length - 1][1]);
  const stops = [...text.querySelectorAll('a.seg')];
  const target = segments.find(segment => stops.includes(segment.element)) || segments[0];
  if (!target) return;
  if (!stops.includes(target.element)) target.element.tabIndex = -1;
  for (const {element} of segments) element.classList.add('arrived');
  focusStop(stops, target.element);
  target.element.scrollIntoView({block: 'center'});
  drawPanel([number]);
}
