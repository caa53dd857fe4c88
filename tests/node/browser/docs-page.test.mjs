// Opens the documentation page in a real browser: it has to work without the internet, and call what it describes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { chromium } from 'playwright-core';

import { serve } from '../servers.mjs';

// Chromium's own errands would look like requests of the page.
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser;
let clothes;

before(async () => {
  clothes = await serve('clothes');
  browser = await chromium.launch({ args: QUIET, executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
});

after(async () => {
  await browser?.close();
  await clothes?.stop();
});

/** Opens a path of the server and keeps what the page asks for and complains of. */
async function open(path) {
  const page = await browser.newPage();
  const seen = { complaints: [], elsewhere: [] };
  page.on('pageerror', (error) => seen.complaints.push(error.message));
  page.on('console', (message) => message.type() === 'error' && seen.complaints.push(message.text()));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(clothes.url) && !url.startsWith('data:')) seen.elsewhere.push(url);
  });
  await page.goto(`${clothes.url}${path}`, { waitUntil: 'networkidle' });
  await page.locator('.opblock').first().waitFor();
  return { page, seen };
}

/** Executes an operation with the body the page suggests, and returns the answer it shows. */
async function execute(page, operation) {
  const block = page.locator('.opblock').filter({ hasText: `/api/${operation}` });
  await block.locator('.opblock-summary').click();
  await block.getByRole('button', { name: 'Execute' }).click();
  const answer = block.locator('.live-responses-table');
  await answer.waitFor();
  return answer.innerText();
}

test('the bare address leads to the page, which names the plugin', async () => {
  const { page } = await open('/');
  assert.equal(page.url(), `${clothes.url}/docs/`);
  assert.equal(await page.title(), 'Clothes');
});

test('the page needs nothing from elsewhere and calls every operation', async () => {
  const { page, seen } = await open('/docs/');
  assert.match(await execute(page, 'recommend_clothes'), /Yellow shirt/);
  assert.match(await execute(page, 'describe_clothes'), /\*\*Yellow shirt\*\*/);
  assert.deepEqual(seen, { complaints: [], elsewhere: [] });
});
