// SPDX-License-Identifier: MIT
//
// browser.mjs - what the tests of pages share: a Chromium, and a page that may not complain.
import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const SKIP = 77;
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
               '--disable-background-networking', '--disable-component-update', '--disable-sync',
               '--force-color-profile=srgb'];

function findChromium() {
    const places = [process.env.HUM_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser',
                    '/usr/bin/google-chrome'];

    return places.find((place) => place && existsSync(place));
}

function skip(reason) {
    console.log(`skipped: ${reason}`);
    process.exit(SKIP);
}

// modules: the folder of playwright-core.  Ends the process with 77 if something is missing.
export async function launch(modules) {
    const executablePath = findChromium();

    if (!executablePath)
        skip('there is no chromium (Debian: chromium; or name one in HUM_CHROMIUM)');
    if (!existsSync(join(modules, 'package.json')))
        skip('playwright-core could not be had from npm when the build was configured');
    const {chromium} = createRequire(join(modules, 'package.json'))(modules);

    return chromium.launch({executablePath, args: FLAGS});
}

// A page that fails the test by a console error, an exception or a request for anything else.
export async function open(browser, html, options = {}) {
    const context = await browser.newContext({viewport: {width: 1280, height: 900}, ...options});
    const page = await context.newPage(), problems = [];

    page.on('console', (m) => m.type() === 'error' || m.type() === 'warning'
        ? problems.push(`console: ${m.text()}`) : null);
    page.on('pageerror', (error) => problems.push(`exception: ${error.stack}`));
    page.on('request', (request) => {
        if (!request.url().startsWith('data:') && request.url() !== pathToFileURL(html).href)
            problems.push(`request: ${request.url()}`);
    });
    const start = performance.now();
    await page.goto(pathToFileURL(html).href);
    await page.waitForSelector('html[data-ready=yes]', {timeout: 30000}).catch(() => null);
    // Two frames: the first is being drawn when its callback runs.
    await page.evaluate(() => new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(done))));
    page.openMs = performance.now() - start;
    page.problems = problems;
    assert.deepEqual(problems, []);
    return page;
}

export const plain = (text) => text.replace(/[\u202f\u00a0]/g, ' ');
export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ' ');

// ---- steps that every page passes ------------------------------------------------------------

export async function everything_has_a_name(page) {
    const nameless = await page.$$eval('button, a, input, select, summary, [tabindex], canvas',
        (nodes) => nodes.filter((n) => !(n.getAttribute('aria-label') || n.textContent.trim() ||
            n.closest('label')?.textContent.trim())).map((n) => n.outerHTML));

    assert.deepEqual(nameless, []);
}

export async function nothing_is_wider_than_the_page(page) {
    const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth,
                                                    document.documentElement.clientWidth]);

    assert.ok(wide <= room, `${wide} > ${room}`);
}

// Run work(browser); the exit status is that of the process.
export async function main(modules, work) {
    const browser = await launch(modules);

    try {
        await work(browser);
    } catch (error) {
        console.error(error);
        process.exitCode = 1;
    } finally {
        await browser.close();
    }
}
