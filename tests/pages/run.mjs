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
  { path: '/plans' },
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
