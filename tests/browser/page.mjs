// SPDX-License-Identifier: MIT
//
// page.mjs - the page of hum report in a real Chromium: node page.mjs MODULES HUM MAKER OUT [EVENTS]
//
// MODULES is the folder of playwright-core, MAKER the program make_trace, OUT takes screenshots.
// Ends with 77 if there is no Chromium.  With EVENTS it measures instead how long a page of that
// many events takes to open.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

import {everything_has_a_name, grouped, main, nothing_is_wider_than_the_page, open, plain}
    from './browser.mjs';

const [modules, hum, maker, out] = process.argv.slice(2, 6).map((path) => resolve(path));
const wanted = process.argv[6];
const EVENTS = 40000, OPEN_LIMIT_MS = 3000;

const folder = mkdtempSync(join(tmpdir(), 'hum-browser-'));
const trace = join(folder, 'trace'), html = join(folder, 'report.html');
mkdirSync(out, {recursive: true});

function report(...args) {
    return execFileSync(hum, ['report', trace, ...args], {maxBuffer: 1 << 28, encoding: 'utf8'});
}

const view = (page) => page.$eval('#view', (o) => [Number(o.dataset.from), Number(o.dataset.to)]);

// ---- what is tested --------------------------------------------------------------------------

async function figures_equal_those_of_json(page, model) {
    const shown = await page.$$eval('[data-figure]', (nodes) =>
        nodes.map((n) => [n.dataset.figure, n.dataset.value, n.textContent]));
    const of = (path) => path.split('.').reduce((at, key) => at[key], model);

    assert.ok(shown.length >= 10);
    for (const [path, value] of shown)
        assert.equal(Number(value), of(path), path);
    const text = Object.fromEntries(shown.map(([path, , words]) => [path, plain(words)]));
    assert.equal(text['metrics.faults.device'], grouped(model.metrics.faults.device));
    assert.equal(text['metrics.faults.host'], grouped(model.metrics.faults.host));
    const embedded = await page.$eval('#model', (n) => JSON.parse(n.textContent));
    assert.deepEqual(embedded, model);
}

async function sums_of_the_timeline_equal_the_headline(page, model) {
    const m = model.metrics, words = plain(await page.textContent('#view'));
    const faults = m.faults.device + m.faults.host;

    assert.ok(words.includes(grouped(faults) + ' faults'), words);
    await page.click('#slices summary');
    await page.waitForSelector('#slices tbody tr'); // is made by an event that follows the click
    assert.equal(await page.$$eval('#slices tbody tr', (rows) => rows.length), 24);
    await page.click('#slices summary');
}

async function tables_name_every_region_and_kernel(page, model) {
    for (const [id, part] of [['regions', model.regions], ['kernels', model.kernels]]) {
        const names = await page.$$eval(`#${id}-table tbody th`, (n) => n.map((t) => t.textContent));

        assert.deepEqual(names, part.row.map((row) => row.name));
    }
    assert.equal(await page.$$eval('#pages-table tbody tr', (rows) => rows.length),
                 model.worst.length);
}

async function modelled_times_say_so(page, model) {
    assert.ok(model.modelled);
    const link = await page.$$eval('th, dt, figcaption, .key', (nodes) => nodes
        .filter((n) => !n.closest('#settings'))
        .filter((n) => /\blink\b/i.test(n.textContent)).map((n) => n.textContent));

    assert.ok(link.length >= 4);
    for (const text of link)
        assert.match(text, /modelled/);
}

async function the_mouse_zooms(page) {
    const over = page.locator('#chart-bytes .u-over'), all = await view(page);

    await over.scrollIntoViewIfNeeded();
    const box = await over.boundingBox();

    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, {steps: 5});
    await page.mouse.up();
    const part = await view(page);
    assert.ok(Math.abs(part[0] - all[1] * 0.25) < all[1] * 0.01, `from ${part[0]}`);
    assert.ok(Math.abs(part[1] - all[1] * 0.5) < all[1] * 0.01, `to ${part[1]}`);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -100);
    await page.keyboard.up('Control');
    await page.waitForFunction((span) => {
        const o = document.getElementById('view');
        return o.dataset.to - o.dataset.from < span;
    }, part[1] - part[0]);
    await page.mouse.dblclick(box.x + 50, box.y + 50);
    assert.deepEqual(await view(page), all);
}

async function the_keyboard_zooms_and_moves(page) {
    const all = await view(page);

    await page.focus('#chart-bytes');
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    const quarter = await view(page);
    assert.ok(Math.abs(quarter[1] - quarter[0] - all[1] / 4) < 2);
    await page.keyboard.press('ArrowRight');
    const moved = await view(page);
    assert.ok(Math.abs(moved[0] - quarter[0] - all[1] / 16) < 2);
    await page.keyboard.press('Home');
    assert.equal((await view(page))[0], 0);
    await page.keyboard.press('End');
    assert.equal((await view(page))[1], all[1]);
    await page.keyboard.press('-');
    await page.keyboard.press('0');
    assert.deepEqual(await view(page), all);
    for (let i = 0; i < 30; i++)
        await page.keyboard.press('+');
    const least = await view(page);
    assert.ok(least[1] - least[0] > 0 && least[1] - least[0] < all[1] / 1000);
    await page.keyboard.press('Escape');
}

async function buttons_and_phases_set_the_view(page) {
    const all = await view(page);

    await page.click('[data-act=in]');
    assert.ok((await view(page))[1] < all[1]);
    await page.click('[data-act=all]');
    assert.deepEqual(await view(page), all);
    await page.click('#phases-table tbody tr:nth-child(2) button');
    const phase = await view(page);
    assert.ok(phase[0] > 0 && phase[1] < all[1]);
    await page.click('[data-act=all]');
}

async function the_map_switches_its_colours(page) {
    const seen = new Set();

    for (const layer of ['touched', 'held', 'moved']) {
        await page.focus(`#layers input[value=${layer}]`);
        await page.keyboard.press('Space');
        seen.add(await page.$eval('#chart-map canvas', (c) => c.toDataURL()));
    }
    assert.equal(seen.size, 3);
    await page.focus('#layers input[value=moved]');
    await page.keyboard.press('ArrowLeft');
    assert.ok(await page.isChecked('#layers input[value=held]'));
    await page.click('#layers label:has(input[value=touched])');
    assert.ok(await page.isChecked('#layers input[value=touched]'));
    await page.click('#rows summary');
    await page.waitForSelector('#rows tbody tr');
    assert.ok(await page.$$eval('#rows tbody tr', (rows) => rows.length) >= 4);
    await page.click('#rows summary');
}

async function everything_is_reached_by_tab_and_has_a_name(page) {
    const reached = new Set();

    await everything_has_a_name(page);
    await page.evaluate(() => document.activeElement.blur());
    for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        reached.add(await page.evaluate(() => document.activeElement.id ||
                                        document.activeElement.dataset.act ||
                                        document.activeElement.name));
    }
    for (const id of ['in', 'chart-kernels', 'chart-faults', 'chart-bytes', 'chart-map',
                      'layer'])
        assert.ok(reached.has(id), `${id} is not reached by tab`);
}

async function names_do_not_become_markup(page) {
    assert.equal(await page.$$eval('main b', (n) => n.filter((b) => !b.closest('figcaption')).length),
                 0);
}

// ---- running them ----------------------------------------------------------------------------

const steps = [figures_equal_those_of_json, sums_of_the_timeline_equal_the_headline,
               tables_name_every_region_and_kernel, modelled_times_say_so, the_mouse_zooms,
               the_keyboard_zooms_and_moves, buttons_and_phases_set_the_view,
               the_map_switches_its_colours, everything_is_reached_by_tab_and_has_a_name,
               names_do_not_become_markup, nothing_is_wider_than_the_page];

async function test(browser) {
    execFileSync(maker, [trace, String(EVENTS)]);
    report('-o', html);
    const model = JSON.parse(report('--json')), page = await open(browser, html);

    for (const step of steps) {
        await step(page, model);
        assert.deepEqual(page.problems, []);
        console.log(`ok ${step.name}`);
    }
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({path: join(out, 'report.png'), fullPage: true});
    const dark = await open(browser, html, {colorScheme: 'dark'});
    await dark.screenshot({path: join(out, 'report-dark.png'), fullPage: true});
    const narrow = await open(browser, html, {viewport: {width: 420, height: 800}});
    await nothing_is_wider_than_the_page(narrow);
    await narrow.screenshot({path: join(out, 'report-narrow.png'), fullPage: true});
    await page.pdf({path: join(out, 'report.pdf'), format: 'A4', printBackground: true});
    assert.deepEqual(page.problems, []);
    console.log(`screenshots are in ${out}`);
}

async function measure(browser, events) {
    const start = performance.now();
    const times = [];

    execFileSync(maker, [trace, String(events)]);
    const made = performance.now();
    report('-o', html);
    const reported = performance.now();
    for (let i = 0; i < 5; i++)
        times.push((await open(browser, html)).openMs);
    times.sort((a, b) => a - b);
    console.log(`events ${events}  trace ${statSync(trace).size} bytes  page ` +
                `${readFileSync(html).length} bytes  made in ${((made - start) / 1e3).toFixed(1)} s  ` +
                `hum report ${((reported - made) / 1e3).toFixed(1)} s  opens in ` +
                `${times[2].toFixed(0)} ms (${times[0].toFixed(0)} to ${times[4].toFixed(0)})`);
    assert.ok(times[2] < OPEN_LIMIT_MS);
}

await main(modules, (browser) => wanted ? measure(browser, Number(wanted)) : test(browser));
rmSync(folder, {recursive: true, force: true});
