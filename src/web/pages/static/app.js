// What the pages do beyond links and forms. The server makes all HTML; this asks it for parts of a page again.
//
//   <form data-live="#part">      as somebody types: the form is sent as it is, with X-Fragment, and its answer becomes the part
//                                 a form that has data-submits as well is sent as any other when somebody asks for it
//   <a data-into="#part">         its page becomes the part
//   <div data-load="URL">         filled once the page is there
//   <div data-poll="URL">         asked again each second, until the answer brings no data-poll any more
//   <input data-twin="#other">    two inputs with one value: a slider and a number
//   <textarea data-names="#json"> offers the names that begin with the word at the cursor
//   <button data-confirm="…">     asks first
//   <button data-part="#part">    sends its form, and the answer becomes the part
//   <input type="file" data-into="textarea">   the file's text goes into a field

const json = (selector) => JSON.parse(document.querySelector(selector)?.textContent ?? 'null');

async function ask(url, options, signal) {
  const answer = await fetch(url, { ...options, signal, credentials: 'same-origin', headers: { 'X-Fragment': '1' } });
  if (answer.redirected || answer.status === 401) location.reload();  // logged out meanwhile
  return answer.text();
}

function put(part, html) {
  // The server escaped it; no script within it runs, by the page's policy and as it is set this way.
  part.innerHTML = html;
  part.classList.remove('busy');
  wire(part);
}

const running = new WeakMap();
async function refresh(part, url, options = {}) {
  running.get(part)?.abort();
  const control = new AbortController();
  running.set(part, control);
  part.classList.add('busy');
  part.setAttribute('aria-busy', 'true');
  try {
    put(part, await ask(url, options, control.signal));
  } catch (fault) {
    if (fault.name !== 'AbortError') part.classList.remove('busy');
  } finally {
    if (running.get(part) === control) part.removeAttribute('aria-busy');
  }
}

function live(form) {
  const part = document.querySelector(form.dataset.live);
  let timer;
  const send = () => {
    const fields = new URLSearchParams(new FormData(form));
    if (form.method === 'post') {
      refresh(part, form.dataset.action ?? form.action, { method: 'POST', body: fields });
    } else {
      const address = `${form.action}?${fields}`;
      refresh(part, address);
      if (!('submits' in form.dataset)) history.replaceState(null, '', address);
    }
  };
  form.addEventListener('input', (event) => {
    if ('quiet' in event.target.dataset) return;
    clearTimeout(timer);
    timer = setTimeout(send, 180);
  });
  form.addEventListener('reset', () => setTimeout(send));
  if (form.method === 'get' && !('submits' in form.dataset)) form.addEventListener('submit', (event) => { event.preventDefault(); clearTimeout(timer); send(); });
}

function poll(part) {
  const url = part.dataset.poll;
  setTimeout(async () => {
    if (!part.isConnected) return;
    try {
      const holder = document.createElement('template');
      holder.innerHTML = await ask(url, {});
      const next = holder.content.firstElementChild;
      part.replaceWith(next);
      wire(next.parentElement);
    } catch { poll(part); }
  }, 1000);
}

function twin(input) {
  const other = document.querySelector(input.dataset.twin);
  input.addEventListener('input', () => { other.value = input.value; mark(input); });
  input.form?.addEventListener('reset', () => setTimeout(() => mark(input)));
  mark(input);
}
function mark(input) {
  input.closest('.knob')?.classList.toggle('changed', input.value !== input.defaultValue);
}

function complete(area) {
  const names = json(area.dataset.names) ?? [];
  const place = document.createElement('div');
  place.className = 'suggest';
  area.after(place);
  const show = () => {
    const before = area.value.slice(0, area.selectionStart);
    const word = /[\w."-]*$/.exec(before)[0];
    place.replaceChildren();
    if (word.length === 0) return;
    for (const name of names.filter((one) => one.startsWith(word) && one !== word).slice(0, 8)) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = name;
      button.addEventListener('click', () => {
        area.setRangeText(name, area.selectionStart - word.length, area.selectionStart, 'end');
        area.focus();
        area.dispatchEvent(new Event('input', { bubbles: true }));
        place.replaceChildren();
      });
      place.append(button);
    }
  };
  area.addEventListener('input', show);
  area.addEventListener('keyup', show);
}

function sendInto(button) {
  button.addEventListener('click', (event) => {
    event.preventDefault();
    const part = document.querySelector(button.dataset.part);
    refresh(part, button.formAction, { method: 'POST', body: new URLSearchParams(new FormData(button.form)) });
  });
}

// What scrolls sideways is reached by the keyboard, while it does.
const sized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute('tabindex');
  }
});

const once = new WeakSet();
function wire(root) {
  const each = (selector, work) => {
    for (const one of root.querySelectorAll(selector)) {
      if (!once.has(one)) { once.add(one); work(one); }
    }
  };
  each('form[data-live]', live);
  each('[data-load]', (part) => refresh(part, part.dataset.load));
  each('a[data-into]', (link) => link.addEventListener('click', (event) => {
    event.preventDefault();
    refresh(document.querySelector(link.dataset.into), link.href);
  }));
  each('.scroll, .caret, pre', (part) => sized.observe(part));
  each('[data-poll]', poll);
  each('input[data-twin]', twin);
  each('[data-names]', complete);
  each('button[data-part]', sendInto);
  each('input[data-into]', (input) => input.addEventListener('change', async () => {
    if (input.files[0]) input.form.querySelector(input.dataset.into).value = await input.files[0].text();
  }));
  each('select[data-submit]', (select) => select.addEventListener('change', () => select.form.requestSubmit()));
  each('button[data-confirm]', (button) => button.addEventListener('click', (event) => {
    if (!confirm(button.dataset.confirm)) event.preventDefault();
  }));
}
wire(document);
