// The review pages in Chromium. run.py starts it with what it needs on standard input.
//
// Each page of k_pages is looked at in three languages, light and dark, wide and narrow: no error on the console, nothing
// asked of another host, no serious finding of axe, no sideways scroll, no hostile text that became more than text. Then
// what people do (k_flows), and what others may try.

import axe from 'axe-core';
import { chromium } from 'playwright-core';
import fs from 'node:fs';

const setting = JSON.parse(fs.readFileSync(0, 'utf8'));
const { base, tokens, hostile } = setting;
const person = `/recipients/${encodeURIComponent(setting.person)}`;

// ---- the pages: a line each. `role`: who looks; `click`: what else is opened there first.
const k_pages = [
  { path: '/' },
  { path: '/recipients' },
  { path: '/recipients?q=hostile' },
  { path: '/recipients?where=clicked(stage%20%3D%20BOFU)' },
  { path: '/recipients?where=scor%20%3E%201' },
  { path: person },
  { path: person, role: 'sales' },
  { path: person, role: 'admin' },
  { path: `${person}?run=1` },
  { path: `${person}?as_of=2026-02-01` },
  { path: `${person}/events` },
  { path: `${person}/history` },
  { path: '/recipients/hostile0%40example.com' },
  { path: '/recipients/nobody%40example.com', status: 404 },
  { path: '/rules' },
  { path: '/segments' },
  { path: '/segments', role: 'sales' },
  { path: '/segments/sales-calls', role: 'sales' },
  { path: '/segments/try?where=clicked(stage%20%3D%20BOFU)&use=sales' },
  { path: '/segments/try?where=clickt(x)' },
  { path: '/segments/warm', role: 'operator' },
  { path: '/plans' },
  { path: '/plans/999', status: 404 },
  { path: '/campaigns' },
  { path: '/campaigns?q=hostile' },
  { path: '/links' },
  { path: '/links?untagged=true', role: 'operator' },
  { path: '/tasks', role: 'operator' },
];
const k_looks = [
  { language: 'en', scheme: 'light', width: 1280 },
  { language: 'nl', scheme: 'dark', width: 390 },
  { language: 'fr', scheme: 'light', width: 390 },
  { language: 'en', scheme: 'dark', width: 1280 },
];

let checks = 0;
const faults = [];
function check(right, what) {
  ++checks;
  if (!right) {
    faults.push(what);
    console.log(`WRONG  ${what}`);
  }
}

const browser = await chromium.launch({ executablePath: setting.chromium, args: ['--no-sandbox', '--disable-gpu'] });

/// A window of its own, logged in; what its pages do wrong is a fault of `where`.
async function open({ language = 'en', scheme = 'light', width = 1280 }, role) {
  const context = await browser.newContext({ locale: language, colorScheme: scheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const state = { where: 'log-in', expected: 0 };
  page.on('console', (message) => {
    // A status that is wanted is told on the console as well.
    if (message.type() === 'error' && !(state.expected && message.text().includes(String(state.expected)))) {
      check(false, `${state.where}: console: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => check(false, `${state.where}: script: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`) && !request.url().startsWith('data:')) check(false, `${state.where}: asks ${request.url()}`);
  });
  await page.goto(`${base}/login`);
  await page.fill('input[name=token]', tokens[role]);
  await Promise.all([page.waitForURL((url) => url.pathname !== '/login'), page.click('button.main')]);
  return { context, page, state };
}

async function settled(page) {
  await page.waitForLoadState('networkidle');
}

async function look(page, where) {
  await page.waitForSelector('.busy', { state: 'detached' }); // what is worked out anew is dimmed meanwhile
  const found = await page.evaluate(async (source) => {
    // As the content policy forbids scripts of others, axe comes in as a function of the test's.
    if (!window.axe) (0, eval)(source); // eslint-disable-line no-eval
    const result = await window.axe.run(document, { resultTypes: ['violations'] });
    return result.violations
      .filter((one) => ['serious', 'critical'].includes(one.impact))
      .map((one) => `${one.id}: ${one.nodes.slice(0, 2).map((node) => node.html.slice(0, 140)).join(' | ')}`);
  }, axe.source);
  check(found.length === 0, `${where}: axe: ${found.join('; ')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  check(!wide, `${where}: scrolls sideways`);
  check(await page.evaluate(() => window.hurt === undefined), `${where}: a hostile text ran`);
  check(await page.evaluate(() => !document.querySelector('[onerror],[onload],[onmouseover],main script:not([type="application/json"]),a[href^="javascript:"]')),
    `${where}: a hostile text became an element`);
  const headings = await page.evaluate(() => [...document.querySelectorAll('h1,h2,h3,h4')].map((one) => Number(one.tagName[1])));
  check(headings.filter((level) => level === 1).length === 1, `${where}: one h1`);
  check(headings.every((level, i) => i === 0 || level <= headings[i - 1] + 1), `${where}: headings skip a level`);
}

for (const view of k_looks) {
  const windows = new Map();
  for (const { path, role = 'reviewer', status = 200 } of k_pages) {
    if (!windows.has(role)) windows.set(role, await open(view, role));
    const { page, state } = windows.get(role);
    state.where = `${path} (${role}, ${view.language}, ${view.scheme}, ${view.width})`;
    state.expected = status === 200 ? 0 : status;
    const answer = await page.goto(base + path);
    check(answer.status() === status, `${state.where}: status ${answer.status()}`);
    check(await page.getAttribute('html', 'lang') === view.language, `${state.where}: language`);
    await settled(page);
    await look(page, state.where);
  }
  for (const { context } of windows.values()) await context.close();
}

// ---- what people do
const k_flows = {
  async 'the keyboard reaches the menu, after a link to the content'() {
    const { context, page } = await open({}, 'reviewer');
    await page.goto(`${base}/`);
    await page.keyboard.press('Tab');
    check(await page.evaluate(() => document.activeElement.className === 'skip'), 'the first is the link to the content');
    const seen = [];
    for (let i = 0; i < 12; ++i) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement.getAttribute('href')));
    }
    check(['/', '/recipients', '/segments'].every((href) => seen.includes(href)), `the menu by keyboard: ${seen}`);
    await context.close();
  },
  async 'a count as somebody types, names that are offered, and the people on Enter'() {
    const { context, page } = await open({}, 'reviewer');
    await page.goto(`${base}/recipients`);
    const before = await page.textContent('#count');
    await page.fill('textarea[name=where]', 'clicked(stage = BOFU)');
    await page.waitForFunction((text) => document.querySelector('#count').textContent !== text, before);
    await page.fill('textarea[name=where]', 'scor > 1');
    await page.waitForSelector('#count .note.bad');
    check((await page.textContent('#count')).includes('score'), 'a mistake brings a suggestion');
    await page.fill('textarea[name=where]', '');
    await page.type('textarea[name=where]', 'sco');
    await page.click('.suggest button');
    check(await page.inputValue('textarea[name=where]') === 'score', 'a name is taken over');
    await page.fill('textarea[name=where]', '');
    await page.fill('input[name=q]', 'hostile0');
    await Promise.all([page.waitForURL(/q=hostile0/), page.press('input[name=q]', 'Enter')]);
    check(await page.locator('tbody tr').count() === 1, 'one person is found');
    await page.click('tbody a');
    check((await page.textContent('h1')) === 'hostile0@example.com', 'a row leads to the person');
    check((await page.textContent('main')).includes(hostile[0]), 'a hostile attribute is shown as it is');
    await context.close();
  },
  async 'objection and suppression'() {
    const { context, page } = await open({}, 'operator');
    await page.goto(`${base}/recipients/hostile1%40example.com`);
    await page.selectOption('select[name=from]', 'mailing');
    await page.click('form[action$="/object"] button');
    await page.waitForURL(/done=objected/);
    check(await page.locator('.note.good').count() === 1, 'it says what was done');
    check(await page.locator('.note.bad').count() >= 1, 'and that the person is suppressed');
    await page.click('form[action$="/object"] button[name=withdraw]');
    await page.waitForURL(/done=withdrawn/);
    await context.close();
  },
  async 'a cell of the matrix leads to its people'() {
    const { context, page } = await open({}, 'reviewer');
    await page.goto(`${base}/`);
    const cell = page.locator('.heat td a').first();
    const count = (await cell.locator('b').textContent()).trim();
    await Promise.all([page.waitForURL(/recipients\?where=/), cell.click()]);
    check((await page.textContent('#count')).includes(count), 'as many as the cell said');
    await context.close();
  },
  async 'a rule is turned, and who moves is there; back again; and the file'() {
    const { context, page } = await open({}, 'reviewer');
    await page.goto(`${base}/rules`);
    await page.fill('input[name="k.scoring.click.BOFU"]', '5');
    await page.waitForSelector('#result svg');
    check(await page.locator('#result tbody tr').count() > 3, 'transitions and movers');
    check(await page.locator('.knob.changed').count() === 1, 'what was turned is marked');
    const moved = await page.textContent('#result');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('button[formaction$="/download"]')]);
    check(/BOFU = 5/.test(fs.readFileSync(await download.path(), 'utf8')), 'the file says what was turned');
    await page.click('button[type=reset]');
    await page.waitForFunction((text) => document.querySelector('#result').textContent !== text, moved);
    check(await page.locator('.knob.changed').count() === 0, 'nothing is turned any more');
    await page.fill('input[name="k.scoring.click.BOFU"]', 'lots');
    await page.waitForSelector('#result .note.bad');
    await page.fill('input[name="k.scoring.click.BOFU"]', '20');
    await page.waitForSelector('#result .note.bad', { state: 'detached' });
    await page.fill('textarea[name=conversions]', `email,date\n${setting.person},2026-03-25\n`);
    await page.fill('input[name=window]', '10');
    await page.click('button[data-part]');
    await page.waitForSelector('#backtest svg');
    check(await page.locator('#backtest .note.warn').count() === 1, 'one conversion is too few, and it says so');
    await look(page, 'rules lab, turned');
    await context.close();
  },
  async 'an expression is tried, and segments overlap'() {
    const { context, page } = await open({}, 'reviewer');
    await page.goto(`${base}/segments`);
    await page.fill('textarea[name=where]', 'status = SQL');
    await page.waitForSelector('#tried tbody tr');
    check(page.url().includes('/segments/try?'), 'the address can be kept');
    await page.waitForSelector('[data-load] table, .heat');
    const [download] = await Promise.all([page.waitForEvent('download'),
      page.goto(`${base}/segments/sales-calls`).then(() => page.click('a[href$="/csv"]'))]);
    check(fs.readFileSync(await download.path(), 'utf8').includes(setting.person), 'the file has the hottest');
    await context.close();
  },
  async 'a plan is made, approved by two, and carried out'() {
    const first = await open({}, 'operator');
    await first.page.goto(`${base}/segments/warm`);
    await Promise.all([first.page.waitForURL(/\/tasks\/\d+/), first.page.click('main form button')]);
    await first.page.waitForSelector('.note.good, .note.warn, .note.bad', { timeout: 60000 });
    await first.page.goto(`${base}/plans`);
    await first.page.click('tbody a');
    await first.page.waitForURL(/\/plans\/\d+/);
    const plan = first.page.url();
    check(await first.page.locator('main form[action$="/apply"]').count() === 0, 'nothing is carried out unapproved');
    await look(first.page, 'a plan');
    await first.page.click('form[action$="/approve"] button');
    await first.page.waitForLoadState();
    check(await first.page.locator('form[action$="/approve"]').count() === 0, 'one person approves once');
    check(await first.page.locator('form[action$="/apply"]').count() === 0, 'one of two is not enough');
    const second = await open({}, 'second');
    second.page.on('dialog', (dialog) => dialog.accept());
    await second.page.goto(plan);
    await second.page.click('form[action$="/approve"] button');
    await second.page.waitForSelector('form[action$="/apply"]');
    await Promise.all([second.page.waitForURL(/\/tasks\/\d+/), second.page.click('form[action$="/apply"] button')]);
    await second.page.waitForSelector('.note.good', { timeout: 60000 });
    await second.page.goto(plan);
    await second.page.click('a[href*="/pushes/"]');
    await second.page.waitForURL(/\/pushes\/\d+/);
    check(await second.page.locator('tbody tr').count() > 3, 'what became of each member');
    await look(second.page, 'a push');
    const reviewer = await open({}, 'reviewer');
    await reviewer.page.goto(plan);
    check(await reviewer.page.locator('main form').count() === 0, 'a reviewer looks, and approves nothing');
    for (const { context } of [first, second, reviewer]) await context.close();
  },
  async 'the review of a mailing, and a stage that is set where the link stands'() {
    const { context, page } = await open({}, 'operator');
    await page.goto(`${base}/campaigns?q=peppol`);
    await Promise.all([page.waitForURL(/\/campaigns\/[^/]+\/./), page.locator('tbody a').first().click()]);
    const mailing = page.url().split('?')[0];
    for (const look_of of [{ language: 'fr', scheme: 'dark', width: 390 }, { language: 'nl', scheme: 'light', width: 1280 }]) {
      const other = await open(look_of, 'reviewer');
      await other.page.goto(mailing);
      await settled(other.page);
      await look(other.page, `a mailing (${look_of.language}, ${look_of.width})`);
      check(await other.page.locator('form.retag').count() === 0, 'a reviewer sets no stage');
      await other.context.close();
    }
    const select = page.locator('form.retag select').first();
    const now = await select.inputValue();
    const wanted = now === 'BOFU' ? 'TOFU' : 'BOFU';
    await select.selectOption(wanted);
    const told = page.locator('[role=status]').first();
    await told.waitFor();
    check(await told.locator('form').count() >= 1, 'who would move, before it is stored');
    await look(page, 'a stage, previewed');
    await page.reload();
    check(await page.locator('form.retag select').first().inputValue() === now, 'nothing is stored by looking');
    await page.locator('form.retag select').first().selectOption(wanted);
    await page.locator('[role=status] form button').first().waitFor();
    await Promise.all([page.waitForURL(/stored=/), page.locator('[role=status] form button').first().click()]);
    check(await page.locator('.note.good').count() === 1, 'it says what was stored');
    await context.close();
  },
  async 'somebody is erased, once the address is typed'() {
    const { context, page, state } = await open({}, 'admin');
    page.on('dialog', (dialog) => dialog.accept());
    const who = 'hostile2@example.com';
    await page.goto(`${base}/recipients/${encodeURIComponent(who)}`);
    const typed = page.locator('form[action$="/erase"] input:not([type=hidden])');
    state.expected = 400;
    await typed.fill('somebody@example.com');
    await page.click('form[action$="/erase"] button');
    await page.waitForLoadState();
    check(!/\/tasks\//.test(page.url()), 'another address erases nobody');
    state.expected = 0;
    await page.goto(`${base}/recipients/${encodeURIComponent(who)}`);
    await typed.fill(who);
    await Promise.all([page.waitForURL(/\/tasks\/\d+/), page.click('form[action$="/erase"] button')]);
    // The file that was imported still lies in the folder and is named: so it is done in part.
    await page.waitForSelector('.note.good, .note.warn', { timeout: 60000 });
    check(!(await page.content()).includes(who), 'the task names nobody');
    await page.goto(`${base}/recipients?q=hostile2`);
    check(await page.locator('tbody tr').count() === 0, 'nobody is found any more');
    await context.close();
  },
  async 'a task is started, watched and over'() {
    const { context, page } = await open({}, 'operator');
    await page.goto(`${base}/tasks`);
    await Promise.all([page.waitForURL(/\/tasks\/\d+/), page.click('button[value=score]')]);
    await page.waitForSelector('.note.good', { timeout: 60000 });
    check((await page.textContent('pre')).includes('score'), 'what it said');
    await look(page, 'a task');
    await context.close();
  },
  async 'the language is chosen and kept'() {
    const { context, page } = await open({}, 'reviewer');
    await page.goto(`${base}/segments`);
    await Promise.all([page.waitForNavigation(), page.selectOption('select[name=lang]', 'fr')]);
    check(page.url() === `${base}/segments`, 'the page stays');
    check(await page.getAttribute('html', 'lang') === 'fr', 'in the language chosen');
    await page.goto(`${base}/`);
    check(await page.getAttribute('html', 'lang') === 'fr', 'and so are the others');
    await context.close();
  },
  async 'without a script: links lead to the parts, and forms are sent'() {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`${base}/login`);
    await page.fill('input[name=token]', tokens.reviewer);
    await page.click('button.main');
    await page.goto(base + person);
    check(await page.locator('noscript a[href$="/events"]').count() === 1 || (await page.content()).includes('/events"'), 'a link to the events');
    await page.goto(`${base}/recipients`);
    await page.fill('input[name=q]', 'hostile0');
    await page.click('form[action$="/recipients"] button.main');
    check(page.url().includes('q=hostile0'), 'the filter is in the address');
    check(await page.locator('tbody tr').count() === 1, 'one person without a script');
    await context.close();
  },
};
for (const [name, flow] of Object.entries(k_flows)) {
  try {
    await flow();
  } catch (fault) {
    check(false, `${name}: ${fault.message.split('\n')[0]}`);
  }
}

// ---- what others may try
{
  const { context, page } = await open({}, 'admin');
  const [cookie] = (await context.cookies()).filter((one) => one.name === 'mailfunnel');
  check(cookie.httpOnly && cookie.sameSite === 'Lax', 'the cookie is HttpOnly and SameSite=Lax');
  await page.goto(base + person);
  const csrf = await page.inputValue('form[action$="/suppress"] input[name=csrf]');
  const post = (number, headers) => context.request.post(`${base}${person}/suppress`, {
    form: { csrf: number, reason: 'manual' }, headers, maxRedirects: 0,
  });
  check((await post('', { Origin: base })).status() === 403, 'a POST without the number');
  check((await post(csrf, { Origin: 'https://evil.example' })).status() === 403, 'a POST from another origin');
  check((await post(csrf, { 'Sec-Fetch-Site': 'cross-site' })).status() === 403, 'a POST that the browser says is foreign');
  const head = (await context.request.get(base + person)).headers();
  check(head['x-frame-options'] === 'DENY' && /frame-ancestors 'none'/.test(head['content-security-policy']), 'no frame');
  check(!/unsafe/.test(head['content-security-policy']), 'no inline script or style');
  check(head['cache-control'] === 'no-store' && head['x-content-type-options'] === 'nosniff', 'not kept, not guessed at');
  await context.close();
}

await browser.close();
console.log(`${checks} checks, ${faults.length} wrong`);
process.exit(faults.length === 0 ? 0 : 1);
