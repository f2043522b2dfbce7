// Forms on a slow or broken line: what was not saved is not said to be, what is on its way is not typed into or sent
// twice, and going back leads to what was saved. Nothing here is needed: without it the buttons do the same.
(() => {
  'use strict';
  const WAITS_MS = 20000, AGAIN_MS = 10000;
  const form = document.querySelector('form [name=turn]')?.form;  // Of a draft: the one that is saved as it is typed.
  const here = () => history.replaceState(history.state, '', form.getAttribute('action'));
  let sendings = 0;

  // Sendings of one page may cross on their way: which is the later is for the page to say (api/operational/claim_drafts.py).
  document.addEventListener('formdata', ({formData}) => {
    if (formData.has('turn')) formData.set('turn', ++sendings);
  });

  // An answer to what was sent is left by going back, and shown anew by reloading, as what was saved.
  if (form && location.pathname === form.getAttribute('action')) here();

  // What is on its way with its files: nothing that would be lost is typed meanwhile, and no button pressed again.
  let held = null;
  const release = () => {
    if (!held) return;
    held.nextElementSibling.remove();
    held.inert = false;
    held = null;
  };
  document.addEventListener('submit', (event) => {
    if (event.defaultPrevented || event.target.enctype !== 'multipart/form-data') return;
    held = event.target;
    held.inert = true;
    const [told, stop] = [document.createElement('p'), document.createElement('button')];
    told.className = 'said open';
    told.role = 'status';
    Object.assign(stop, {type: 'button', className: 'quiet', textContent: '停下，接着填'});
    stop.addEventListener('click', () => { window.stop(); release(); });
    held.after(told);
    told.append('正在发送，请稍候。 ', stop);
  });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') release(); });  // It stops a browser.
  addEventListener('pageshow', release);  // Come back to, as it was left.

  // What asks by itself: a part of a page that is saved, tried or shown anew.
  const on = (name, does) => document.addEventListener(`htmx:${name}`, ({target, detail}) => does(target, detail));
  document.addEventListener('htmx:beforeRequest', (event) => {
    if (event.target.closest('form')?.inert) event.preventDefault();
  });
  on('configRequest', (_, detail) => { detail.timeout = WAITS_MS; });
  on('afterOnLoad', (_, {xhr}) => { if (form && xhr.status === 200 && form.elements.version.value) here(); });

  const WHY = {
    401: '登录已过期。填写的还在本页：请在新标签页登录，再按本页的按钮接着办。',
    403: '这一页是上一次登录时打开的。填写的还在本页：请按本页的按钮接着办。',
    413: '内容过多，请删减。', 429: '操作过于频繁，稍后自动再试。', 0: '连接中断，稍后自动再试。',
  };
  const failed = (asker, {target, xhr}) => {
    const own = asker.closest('form'), status = xhr?.status || 0;
    const what = !asker.hasAttribute('hx-post') ? '没有更新' : own === form ? '没有保存' : '没有试算';
    const why = WHY[status] || (status < 500 ? '请按本页的按钮看原因。' : '服务暂时不能办理，稍后自动再试。');
    const words = `${what}：${why}`;
    let told = target.querySelector('.unsaved');
    if (told?.firstChild.data !== words) {  // Said once, however often it is tried.
      told?.remove();
      told = document.createElement('p');
      told.className = 'error unsaved';
      told.role = 'alert';
      target.prepend(told);
      told.append(words);
      if (status === 401) told.append(Object.assign(document.createElement('a'), {
        href: '/login', target: '_blank', textContent: '登录（新标签页）'}));
    }
    if (own && (!status || status === 429 || status >= 500)) {
      const wait = (xhr?.getResponseHeader('Retry-After') || 0) * 1000 || AGAIN_MS;
      setTimeout(() => { if (told.isConnected) own.dispatchEvent(new Event('input')); }, wait);
    }
  };
  for (const name of ['responseError', 'sendError', 'timeout']) on(name, failed);
})();
