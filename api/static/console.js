// Keys, and focus after a part of a page was exchanged. Nothing here is needed: every page works without it.
// Single keys can be switched off (WCAG 2.1.4), and never act in a field or while an input method composes.
(() => {
  'use strict';
  const all = (what) => [...document.querySelectorAll(what)];
  const one = (what) => document.querySelector(what);
  let went = 0;  // When `g` was pressed: the letter after it says where to.

  const typing = (event) => event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey
    || event.target.closest('input:not([type=checkbox]), select, textarea, [contenteditable]');

  const row = () => document.activeElement.closest('[data-row]') || one('[data-row][aria-current]');
  const linkIn = (of) => of.querySelector('a, input');

  const step = (by) => {
    const rows = all('[data-row]');
    const next = rows[rows.indexOf(row()) + by] || (row() ? null : rows[0]);
    if (next) (next.querySelector('th a') || linkIn(next))?.focus();
  };

  const acts = {
    j: () => step(1),
    k: () => step(-1),
    x: () => row()?.querySelector('[type=checkbox]')?.click(),
    a: () => one('[data-key=a]')?.focus(),  // To the button, not through it: what is official is pressed on purpose.
    r: () => one('[data-key=r]')?.form.querySelector('textarea')?.focus(),
    '/': () => one('main input[name=person], main input:not([type=hidden])')?.focus(),
    '?': () => location.assign('/help#keys'),
    Escape: () => row() ? linkIn(row())?.focus() : document.activeElement.blur(),
  };

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.isComposing) { acts.Escape(); return; }
    if (document.body.dataset.keys !== 'on' || typing(event)) return;
    if (Date.now() - went < 1500) {
      went = 0;
      const way = one(`[data-go="${CSS.escape(event.key)}"]`);
      if (way) { event.preventDefault(); way.click(); }
      return;
    }
    if (event.key === 'g') { went = Date.now(); return; }
    const act = Object.hasOwn(acts, event.key) && acts[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  // What was exchanged is where one goes on: the chosen claim, and its row is marked.
  document.addEventListener('htmx:afterSwap', (event) => {
    if (event.detail.target.id !== 'pane') return;
    const chosen = new URLSearchParams(location.search).get('selected');
    for (const each of all('[data-row]')) each.id === chosen
      ? each.setAttribute('aria-current', 'true') : each.removeAttribute('aria-current');
    one('#pane')?.focus({preventScroll: innerWidth > 1000});
  });

  // What is passed on: the address, which holds everything that was chosen, and the numbers that others are asked about.
  const put = async (text) => {
    if (navigator.clipboard) { await navigator.clipboard.writeText(text); return; }
    const field = document.createElement('textarea');  // Without TLS there is no clipboard to write to.
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  };
  const copies = (beside, words, text) => {
    const button = document.createElement('button');
    Object.assign(button, {type: 'button', className: 'quiet', textContent: words, ariaLive: 'polite'});
    button.addEventListener('click', async () => { await put(text()); button.textContent = '已复制'; button.focus(); });
    beside.after(' ', button);
  };
  for (const look of all('form.axes > button')) copies(look, '复制链接', () => location.href);
  for (const number of all('[data-copy]')) copies(number, '复制', () => number.textContent);

  // A number opens what it is made of, also where the browser does not do so by itself.
  const open = () => {
    const at = document.getElementById(location.hash.slice(1));
    at?.closest('details')?.setAttribute('open', '');
  };
  addEventListener('hashchange', open);
  open();
})();
