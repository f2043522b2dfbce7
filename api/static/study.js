// The study player gives the signs of life that its form gives when it is pressed, by itself, and shows what came back.
// It knows no time and no rule of its own: the page that the server answers with is what is shown (W 9).
(() => {
  'use strict';
  const one = (id, of = document) => of.getElementById(id);
  const form = one('beat');
  if (!form) return;
  const name = document.title;
  const every = form.dataset.every * 1000;
  let last = -every;    // When the server last answered; a page that was just opened is a sign of life too.
  let sent = null;      // What is under way: sent again as it was until it is answered, so that nothing is said twice.
  let answers = false;  // Something was answered while another sign was under way.
  let over = false;

  const tell = (words, look = '') => {
    const news = one('news');
    if (news.textContent.trim() !== words) news.textContent = words;
    news.className = look;
  };

  const swap = (id, page) => one(id).replaceWith(one(id, page));

  // A question stays as it is while somebody types; a new one is read out, and stands in the title of the window.
  const ask = (page) => {
    const text = (of) => one('answer', of)?.labels[0].textContent || '';
    const [former, now] = [text(document), text(page)];
    if (former === now) return;
    const inside = one('asked').contains(document.activeElement);
    swap('asked', page);
    document.title = now ? `请应答：${now}` : name;
    if (now) one('answer').focus();
    else if (inside) one('news').focus();
  };

  const show = (page) => {
    if (!one('state', page)) {
      over = true;
      tell('登录已过期，或这次学习已不能继续。已计入的时间都在，请重新登录后继续。', 'error');
      return;
    }
    const left = one('left')?.textContent;
    const news = one('news', page);
    const isFull = !!page.querySelector('#state .said');
    const goesOn = page.querySelector('#state ~ section');
    swap('state', page);
    if (!one('beat', page)) {                  // Enough was studied, another window counts now, or the session is over.
      over = true;
      const [words, look, now] = isFull ? ['学满了，可以结束学习。', 'said', '学满了'] : [news.textContent.trim(), 'error', '已停止计时'];
      const inside = form.contains(document.activeElement);
      tell(words, look);
      form.closest('section').replaceWith(goesOn);
      document.title = `${now}：${name}`;
      if (inside) one('news').focus();
      return;
    }
    swap('keys', page);
    ask(page);
    const leaves = one('left').textContent;
    if (news.textContent.trim()) tell(news.textContent.trim(), news.className);
    else if (leaves !== left) tell(leaves.trim().replace('– ', ''), 'error');
    else if (one('news').className === 'error') tell('已恢复，继续计时。', 'said');
  };

  const beat = async () => {
    if (over || sent) return;
    const body = new FormData(form);
    if (!answers) body.delete('answer');
    answers = false;
    sent = new URLSearchParams(body);
    while (sent && !over) {
      try {
        const came = await fetch(form.action, {method: 'POST', body: sent, signal: AbortSignal.timeout(20000)});
        if (came.status >= 500) throw came;
        show(new DOMParser().parseFromString(await came.text(), 'text/html'));
        last = performance.now();  // Which nobody sets back.
        sent = null;
      } catch {
        tell('连接中断，正在重试。中断太久的时间不会计入。', 'error');
        await new Promise((go) => setTimeout(go, 10000));
      }
    }
    if (answers) beat();
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    answers = true;
    beat();
  });
  // A window in the background is woken once a minute: a little early is better than a little late.
  const tick = () => { if (performance.now() - last >= every - 10000) beat(); };
  setInterval(tick, 10000);
  document.addEventListener('visibilitychange', tick);
  if (one('by-hand')) one('by-hand').hidden = true;
  tick();
})();
