// Runs last: draw the navigation, the filters and the view of the address, and follow the address from then on.
const ORDER = ['scores', 'mistakes', 'articles', 'identity'];
document.getElementById('nav').append(...ORDER.filter(name => name === 'scores' || DATA.articles.length)
  .map(name => h('a', {href: link(name), 'data-view': name}, VIEWS[name].title)));
drawFilters();
document.getElementById('filter-box').open = !matchMedia('(max-width: 40rem)').matches;
window.addEventListener('hashchange', () => {
  const main = document.getElementById('main');
  redraw();
  // A reader who followed a link by keyboard continues from the new view, not from the top of the page.
  if (!main.contains(document.activeElement)) main.focus({preventScroll: currentPath().length > 1});
  if (currentPath().length === 1) window.scrollTo(0, 0);
});
redraw();
document.querySelector('.skip').addEventListener('click', event => {
  event.preventDefault();  // its address, #main, is not a view
  document.getElementById('main').focus();
});
