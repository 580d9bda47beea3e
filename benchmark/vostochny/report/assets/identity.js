// The view "Across articles": the mentions of one cluster (a person, an event, an utterance) in all articles, side by side.
const KINDS = {entities: 'People, places, things', events: 'Events', quotes: 'Utterances'};

// Return the clusters of one kind and side, those in the most articles first, then those with the most mentions.
function clustersOf(kind, side) {
  const clusters = new Map();
  for (const article of DATA.articles) {
    const verdicts = new Map(article.rows.filter(row => row.layer === kind && row[side] !== null).map(row => [row[side], row]));
    (article[side][kind] || []).forEach((item, i) => {
      if (item.cluster === undefined) return;
      if (!clusters.has(item.cluster)) clusters.set(item.cluster, []);
      clusters.get(item.cluster).push({article, item, row: verdicts.get(i)});
    });
  }
  const articles = mentions => new Set(mentions.map(m => m.article.id)).size;
  return [...clusters].map(([name, mentions]) => ({name, mentions, articles: articles(mentions), title: titleOf(kind, mentions)}))
    .sort((a, b) => b.articles - a.articles || b.mentions.length - a.mentions.length || (a.name < b.name ? -1 : 1));
}

// Return the words by which a reader knows a cluster: its most frequent name, trigger, or its shortest quote.
function titleOf(kind, mentions) {
  if (kind === 'quotes') return shorten(mentions.map(m => wording(m)).sort((a, b) => a.length - b.length)[0], 70);
  const counts = new Map();
  const named = kind === 'entities' && mentions.some(m => m.item.level === 'NAM');
  for (const {article, item} of mentions) {
    if (named && (item.level !== 'NAM' || item.demonym)) continue;
    const name = words(article, item.spans[0]);
    counts.set(name, (counts.get(name) || 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || b[0].length - a[0].length)[0] || [words(mentions[0].article, mentions[0].item.spans[0])];
  return kind === 'events' ? `${best} (${mentions[0].item.type})` : best;
}

const wording = ({article, item}) => item.spans.map(span => words(article, span)).join(' … ');
const normalise = word => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

// Return a span with some characters before and after it, cut at white space.
function context(article, span, room = 45) {
  const before = article.points.slice(Math.max(0, span[0] - room), span[0]).join('').replace(/\s+/g, ' ');
  const after = article.points.slice(span[1], span[1] + room).join('').replace(/\s+/g, ' ');
  return [before.replace(/^\S*\s/, '…'), h('mark', null, shorten(words(article, span), 160)), after.replace(/\s\S*$/, '…')];
}

// Draw the verdict of a mention, and a link to the cluster that its counterpart on the other side belongs to.
function drawOutcome(side, {article, item, row}, kind) {
  if (!row) return null;
  const other = row[side === 'gold' ? 'predicted' : 'gold'];
  const cluster = other !== null && article[side === 'gold' ? 'predicted' : 'gold'][kind][other].cluster;
  const number = row[side];
  const identityRows = article.rows.filter(r => r.layer === 'identity' && r.of === kind && r[side] === number);
  return [verdictChip(row.verdict), identityRows.map(r => [' ', verdictChip(r.verdict)]), cluster ? [' ', h('a', {class: 'cluster', href: link('identity', kind, side === 'gold' ? 'predicted' : 'gold', cluster)}, cluster)] : null];
}

function linkToPlace({article, row}, text) {
  return row ? h('a', {href: link('articles', article.id, article.rows.indexOf(row))}, text) : text;
}

function drawWordings(kind, side, mentions) {
  // Words that are in no other wording show where a translation differs from all others.
  const sets = mentions.map(m => new Set(wording(m).split(' ').map(normalise)));
  return h('div', {class: 'columns'}, mentions.map((mention, i) => {
    const {article, item} = mention;
    const own = wording(mention).split(' ').map(word => {
      const alone = normalise(word) && !sets.some((set, j) => j !== i && set.has(normalise(word)));
      return [alone && mentions.length > 1 ? h('em', {class: 'alone'}, word) : word, ' '];
    });
    const facts = [['source', item.source && words(article, item.source)], ['speaker', item.speaker], ['cue', item.cue && words(article, item.cue)],
      ['addressee', item.addressee && words(article, item.addressee)], ...DATA.attributes.quotes.map(key => [key, item[key]])];
    return h('article', {class: 'card'}, h('h4', null, linkToPlace(mention, `Article ${article.short}`)), h('blockquote', null, own),
      h('dl', null, facts.filter(f => f[1]).map(([name, value]) => [h('dt', null, name), h('dd', null, value)])), h('p', {class: 'outcome'}, drawOutcome(side, mention, kind)));
  }));
}

function drawMentions(kind, side, mentions) {
  return h('div', {class: 'columns'}, DATA.articles.map(article => {
    const here = mentions.filter(m => m.article === article);
    return h('article', {class: 'card' + (here.length ? '' : ' none')}, h('h4', null, `Article ${article.short}`),
      here.length ? h('ol', null, here.map(mention => h('li', null, h('p', {class: 'context'}, context(article, mention.item.spans[0])),
        h('p', {class: 'outcome'}, linkToPlace(mention, `${mention.item.type}${mention.item.level ? ` ${mention.item.level}` : ''}`), ' ', drawOutcome(side, mention, kind)))))
        : h('p', null, 'not mentioned'));
  }));
}

// Describe in which clusters of the other side the mentions of a cluster are.
function describeCounterparts(side, kind, mentions) {
  const counts = new Map();
  let lost = 0;
  for (const {article, row} of mentions) {
    const other = row ? row[side === 'gold' ? 'predicted' : 'gold'] : null;
    const cluster = other === null ? undefined : article[side === 'gold' ? 'predicted' : 'gold'][kind][other].cluster;
    if (other === null) lost++; else counts.set(cluster ?? 'no cluster', (counts.get(cluster ?? 'no cluster') || 0) + 1);
  }
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} × ${n}`);
  if (lost) parts.push(`${lost} ${side === 'gold' ? 'not found' : 'spurious'}`);
  return `${side === 'gold' ? 'In the prediction' : 'In the gold'}: ${parts.join(', ')}.`;
}

VIEWS.identity = {
  title: 'Across articles', uses: [], without: [],
  draw(main, [kindAsked, sideAsked, name]) {
    const kinds = Object.keys(KINDS).filter(kind => clustersOf(kind, 'gold').length || clustersOf(kind, 'predicted').length);
    if (!kinds.length) { main.append(h('p', null, 'Neither gold nor prediction has clusters.')); return; }
    const kind = kinds.includes(kindAsked) ? kindAsked : kinds[0];
    const sides = ['gold', 'predicted'].filter(side => clustersOf(kind, side).length);
    const side = sides.includes(sideAsked) ? sideAsked : sides[0];
    const clusters = clustersOf(kind, side);
    const selected = clusters.find(cluster => cluster.name === name) || clusters[0];
    main.append(h('h2', {class: 'visually-hidden'}, 'Across articles'),
      h('nav', {class: 'tabs', 'aria-label': 'Kinds'}, kinds.map(k => h('a', {href: link('identity', k, 'gold'), 'aria-current': k === kind ? 'page' : null}, KINDS[k])),
        sides.length > 1 ? sides.map(s => h('a', {class: 'side', href: link('identity', kind, s), 'aria-current': s === side ? 'true' : null}, s === 'gold' ? 'gold' : 'prediction')) : null),
      h('div', {class: 'identity'},
        h('nav', {class: 'list', 'aria-label': KINDS[kind]}, h('ul', null, clusters.map(c => h('li', null,
          h('a', {href: link('identity', kind, side, c.name), 'aria-current': c === selected ? 'true' : null}, h('span', null, c.title),
            h('small', null, `${many(c.mentions.length, 'mention')}, ${many(c.articles, 'article')}`)))))),
        h('section', {class: 'detail', 'aria-labelledby': 'cluster'}, h('h3', {id: 'cluster', tabindex: -1}, selected.title), h('p', null, h('code', null, selected.name)),
          h('p', {class: 'counterparts'}, describeCounterparts(side, kind, selected.mentions)),
          kind === 'quotes' && selected.mentions.length > 1 ? h('p', {class: 'key'}, h('em', {class: 'alone'}, 'marked'), ' words are in no other wording') : null,
          kind === 'quotes' ? drawWordings(kind, side, selected.mentions) : drawMentions(kind, side, selected.mentions))));
    if (name !== undefined) main.querySelector('#cluster').focus({preventScroll: true});
  },
};
