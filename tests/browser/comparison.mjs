// SPDX-License-Identifier: MIT
//
// comparison.mjs - the page of hum compare in a real Chromium: node comparison.mjs MODULES HUM OUT
//
// MODULES is the folder of playwright-core, OUT takes screenshots.  Ends with 77 if there is no
// Chromium.
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';

import {everything_has_a_name, grouped, main, nothing_is_wider_than_the_page, open, plain}
    from './browser.mjs';

const [modules, hum, out] = process.argv.slice(2, 5).map((path) => resolve(path));
const POLICIES = ['ahead', 'driver', 'ondemand', 'chunk', 'tree', 'driver,prefetch.threshold=75',
                  'driver,evict=lfu', 'prefetch=tree,evict=lru', 'prefetch=chunk,evict=second-chance'];
const TRACES = {cyclic: ['--pages', '8192', '--passes', '3'],
                zipf: ['--pages', '8192', '-n', '60000', '--writes', '0.3'],
                'a-trace-with-a-long-name-that-says-<i>what-it-is': ['--pages', '8192'],
                tiny: ['--pages', '256', '--passes', '3']};
const RATIOS = [1, 1.25, 1.5];
const MADE = ['cyclic', 'zipf', 'sequential', 'cyclic'];

const folder = mkdtempSync(join(tmpdir(), 'hum-browser-')), html = join(folder, 'compare.html');
mkdirSync(out, {recursive: true});

// The last trace cannot be read.
function makeModel() {
    const files = Object.entries(TRACES).map(([name, options], i) => {
        const file = join(folder, `${name}.hum`);

        execFileSync(hum, ['trace', 'generate', MADE[i], ...options, '-o', file]);
        return file;
    });
    writeFileSync(join(folder, 'broken.hum'), 'no trace');
    const compared = spawnSync(hum, ['compare', '-q', '--json', '-R', html, '-p',
        POLICIES.join(';'), '-r', RATIOS.join(','), ...files,
        join(folder, 'broken.hum')], {encoding: 'utf8', maxBuffer: 1 << 26});

    assert.equal(compared.status, 1, compared.stderr);
    return JSON.parse(compared.stdout);
}

const cellOf = (model, trace, ratio, policy) =>
    model.cells[(trace * model.ratios.length + ratio) * model.policies.length + policy];
const figures = (page) => page.$$eval('[data-figure]', (nodes) => nodes.map((n) => [
    n.dataset.figure, n.dataset.value, n.textContent, n.checkVisibility()]));

async function choose(page, id, index) {
    await page.focus(`#${id}`);
    await page.keyboard.press('Home');
    for (let i = 0; i < index; i++)
        await page.keyboard.press('ArrowDown');
    assert.equal(await page.$eval(`#${id}`, (s) => s.selectedIndex), index);
}

// ---- what is tested --------------------------------------------------------------------------

async function figures_equal_those_of_json(page, model) {
    const of = (path) => path.split('.').reduce((at, key) => at[key], model);
    const shown = await figures(page);

    assert.deepEqual(await page.$eval('#model', (n) => JSON.parse(n.textContent)), model);
    assert.ok(shown.length >= model.cells.length);
    for (const [path, value] of shown)
        assert.equal(value, String(of(path)), path);
    const texts = Object.fromEntries(shown.map(([path, , text]) => [path, plain(text)]));
    for (let i = 0; i < model.cells.length; i++)
        if (model.cells[i].failed === undefined && model.cells[i].left_out === undefined)
            assert.equal(texts[`cells.${i}.far_faults`] ?? grouped(model.cells[i].far_faults),
                         grouped(model.cells[i].far_faults));
}

async function every_finding_and_policy_is_there(page, model) {
    const items = await page.$$eval('#findings-list li', (n) => n.map((li) => li.textContent));
    const names = await page.$$eval('#standings-table tbody tr', (rows) =>
        rows.map((row) => row.children[0].textContent));

    assert.deepEqual(items, model.findings.split('\n').filter((s) => s));
    assert.deepEqual(names, model.standings.map((s) => model.policies[s.policy]));
    assert.equal(await page.$$eval('#regret-table tbody tr', (rows) => rows.length),
                 model.points.length);
}

async function failed_replays_are_named(page, model) {
    const failed = model.cells.filter((c) => c.failed !== undefined).length;
    const notices = await page.textContent('#notices');

    assert.ok(failed > 0);
    assert.ok(notices.includes(`${failed} of ${model.cells.length} replays failed`), notices);
    await choose(page, 'trace', model.traces.indexOf('broken'));
    assert.equal(await page.$$eval('#traffic-table tbody tr', (rows) =>
        rows.filter((row) => row.textContent.includes('failed')).length), model.policies.length);
    await choose(page, 'trace', 0);
}

// Some policies decide on blocks alone, and of the smallest trace single pages are replayed.
async function what_is_left_out_is_named(page, model) {
    const tiny = model.traces.indexOf('tiny'), alone = ['ahead', 'driver,prefetch.threshold=75'];
    const leftOut = model.cells.filter((c) => c.left_out !== undefined);

    assert.deepEqual(leftOut.map((c) => [model.traces[c.trace], model.policies[c.policy]]),
                     model.ratios.flatMap(() => alone.map((policy) => ['tiny', policy])));
    const notices = await page.textContent('#notices');
    assert.ok(notices.includes(`${leftOut.length} of ${model.cells.length} replays are left out`),
              notices);
    await choose(page, 'trace', tiny);
    assert.deepEqual(await page.$$eval('#traffic-table tbody tr', (rows) =>
        rows.filter((row) => row.textContent.includes('left out'))
            .map((row) => row.children[0].textContent)), alone);
    await choose(page, 'trace', 0);
}

async function choosers_work_by_keyboard(page, model) {
    for (const [trace, ratio] of [[1, 2], [2, 0], [0, 1]]) {
        await choose(page, 'trace', trace);
        await choose(page, 'ratio', ratio);
        const about = await page.textContent('#traffic-about');
        const rows = await page.$$eval('#traffic-table tbody tr', (list) => list.map((row) =>
            [...row.querySelectorAll('[data-figure]')].map((n) => [n.dataset.figure,
                                                                   n.dataset.value])));

        assert.ok(about.includes(model.traces[trace]), about);
        assert.ok(about.includes(`r = ${model.ratios[ratio]}`), about);
        rows.forEach((row, policy) => {
            const cell = cellOf(model, trace, ratio, policy);

            assert.ok(row.length >= 5);
            for (const [path, value] of row)
                assert.equal(value, String(cell[path.split('.').at(-1)]), path);
        });
        await page.click('#times-details summary');
        const times = await page.$$eval('#times-table tbody tr', (list) => list.length);
        assert.equal(times, model.policies.length + 1);
        await page.click('#times-details summary');
        const label = await page.$eval('#chart canvas', (c) => c.getAttribute('aria-label'));
        assert.ok(label.includes(model.traces[trace]), label);
    }
}

async function the_chart_differs_between_traces(page) {
    const seen = new Set();

    for (const trace of [0, 1, 2]) {
        await choose(page, 'trace', trace);
        seen.add(await page.$eval('#chart canvas', (c) => c.toDataURL()));
    }
    assert.equal(seen.size, 3);
    await choose(page, 'trace', 0);
}

// Policies and traces are named by users.
async function names_do_not_become_markup(page) {
    assert.equal(await page.$$eval('main i', (n) => n.filter((i) =>
        i.textContent.startsWith('what')).length), 0);
    assert.ok((await page.textContent('#regret-table')).includes('<i>what'));
}

async function wide_tables_scroll_by_themselves(page) {
    const wide = await page.$$eval('main table', (tables) => tables.filter((t) =>
        t.checkVisibility() && t.getBoundingClientRect().right > document.documentElement.clientWidth
        && !t.closest('.scroll')).length);

    assert.equal(wide, 0);
}

// ---- running them ----------------------------------------------------------------------------

const steps = [figures_equal_those_of_json, every_finding_and_policy_is_there,
               failed_replays_are_named, what_is_left_out_is_named, choosers_work_by_keyboard,
               the_chart_differs_between_traces, names_do_not_become_markup, everything_has_a_name,
               wide_tables_scroll_by_themselves, nothing_is_wider_than_the_page];

async function test(browser) {
    const model = makeModel(), page = await open(browser, html);

    for (const step of steps) {
        await step(page, model);
        assert.deepEqual(page.problems, []);
        console.log(`ok ${step.name}`);
    }
    await page.evaluate(() => {
        document.activeElement.blur();
        scrollTo({top: 0, behavior: 'instant'});
    });
    await page.screenshot({path: join(out, 'compare.png'), fullPage: true});
    const dark = await open(browser, html, {colorScheme: 'dark'});
    assert.notEqual(await dark.$eval('body', (b) => getComputedStyle(b).backgroundColor),
                    await page.$eval('body', (b) => getComputedStyle(b).backgroundColor));
    await dark.screenshot({path: join(out, 'compare-dark.png'), fullPage: true});
    const narrow = await open(browser, html, {viewport: {width: 420, height: 800}});
    await nothing_is_wider_than_the_page(narrow);
    await narrow.screenshot({path: join(out, 'compare-narrow.png'), fullPage: true});
    await page.pdf({path: join(out, 'compare.pdf'), format: 'A4', printBackground: true});
    assert.deepEqual([...page.problems, ...dark.problems, ...narrow.problems], []);
    console.log(`screenshots are in ${out}`);
}

await main(modules, test);
rmSync(folder, {recursive: true, force: true});
